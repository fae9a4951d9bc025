//! Who makes something: the labels that everything made by one run carries.

use jiff::Timestamp;

use crate::model::container::Labels;
use crate::model::label;
use crate::model::name::{RunId, StackNames};

/// One run of one environment, as it appears on labels and in names.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The environment's name.
    pub environment: String,
    /// The instance; that of a check is its run.
    pub instance: String,
    /// The run that stood the stack up, which its names begin with.
    pub stack: RunId,
    /// The run that makes something, which labels carry; the same one until somebody works on a stack that stands.
    pub run: RunId,
    /// The state folder that holds its journal.
    pub holder: String,
    /// When any machine may sweep what it made.
    pub deadline: Timestamp,
}

impl Identity {
    /// The names of what it makes.
    pub fn names(&self) -> StackNames {
        StackNames::new(&self.environment, &self.stack)
    }

    /// Labels of a part of the stack, of a service if it stands for one.
    pub fn labels(&self, service: Option<&str>) -> Labels {
        let mut labels = Labels::from([
            (label::KIND.to_owned(), label::KIND_STACK.to_owned()),
            (label::FORMAT.to_owned(), label::FORMAT_VERSION.to_owned()),
            (label::ENVIRONMENT.to_owned(), self.environment.clone()),
            (label::INSTANCE.to_owned(), self.instance.clone()),
            (label::RUN.to_owned(), self.run.0.clone()),
            (label::HOLDER.to_owned(), self.holder.clone()),
            (label::DEADLINE.to_owned(), self.deadline.to_string()),
        ]);
        if let Some(service) = service {
            labels.insert(label::SERVICE.to_owned(), service.to_owned());
        }
        labels
    }
}
