//! What an environment says to its containers.

use crate::config::node::{Node, Value};
use crate::model::error::Location;

/// One text that would reach a container. Has no `Debug`, as it may be a credential.
#[derive(Clone)]
pub struct Said {
    /// The service; `None` for what `stage.yaml` itself says.
    pub service: Option<String>,
    /// The variable, the secret or config, the mounted file, or the key of the Compose file that says it.
    pub name: String,
    /// The text.
    pub text: String,
    /// Where it is written.
    pub location: Location,
}

/// Every scalar of `node` under one name: the words of a command, wherever they stand.
pub fn words(service: Option<&str>, name: &str, node: &Node) -> Vec<Said> {
    match &node.value {
        Value::Scalar { text, .. } => vec![Said {
            service: service.map(str::to_owned),
            name: name.to_owned(),
            text: text.clone(),
            location: node.location.clone(),
        }],
        Value::List(items) => items.iter().flat_map(|item| words(service, name, item)).collect(),
        Value::Map(entries) => entries.iter().flat_map(|entry| words(service, name, &entry.value)).collect(),
    }
}
