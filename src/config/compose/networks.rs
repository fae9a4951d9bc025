//! `networks` of a service. All networks of a project collapse into the stack's one; the aliases stay.

use super::short_forms;
use crate::config::fields::{self, Fields};
use crate::config::problems::{Problems, problem};
use crate::config::suggest;

/// Further names of the service, each once.
pub fn aliases(file: &Fields<'_>, known: &[String], problems: &mut Problems) -> Vec<String> {
    let mut aliases: Vec<String> = Vec::new();
    let Some(node) = file.take("networks") else { return aliases };
    let networks = short_forms::keyed(node);
    for network in fields::map(&networks, "a list or map of networks", problems).unwrap_or_default() {
        if !known.contains(&network.key) {
            let message = format!("network `{}` is not among `networks`", network.key);
            let hint = suggest::hint(&network.key, known.iter().map(String::as_str));
            problems.push(problem(&network.key_location, message).hint(hint));
        }
        if network.value.is_null() {
            continue;
        }
        let Some(file) = Fields::of(&network.value, "a map with `aliases`", problems) else { continue };
        for alias in
            file.take("aliases").map(|node| fields::texts(node, "a host name", problems)).unwrap_or_default()
        {
            if !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        // Addresses and order of networks mean nothing where there is one with addresses of its own.
        file.ignore(&[
            "ipv4_address",
            "ipv6_address",
            "link_local_ips",
            "mac_address",
            "priority",
            "gw_priority",
            "driver_opts",
            "interface_name",
        ]);
        file.finish(problems);
    }
    aliases
}
