//! Options of every command that stands a stack up: how it shares the engine with others.

use crate::model::queue::QueueTerms;

/// Seconds of a duration as people write it, or none.
fn patience(text: &str) -> Result<u64, String> {
    if matches!(text, "0" | "0s") { Ok(0) } else { super::ttl(text) }
}

/// How stacks share an engine.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Queueing {
    /// How many stacks may stand on the engine at once, whoever stood them up; another one waits for its turn. Memory is a
    /// limit in any case: what Compose lets the services have, or what is usual, fits into four fifths of the machine's.
    #[arg(long, value_name = "NUMBER", env = "STAGE_MAX_STACKS", value_parser = clap::value_parser!(u64).range(1..))]
    max_stacks: Option<u64>,
    /// How long to wait for room on the engine, such as 0s, 30m or 2h [default: 15m].
    #[arg(long, value_name = "DURATION", env = "STAGE_QUEUE_TIMEOUT", value_parser = patience)]
    queue_timeout: Option<u64>,
}

impl Queueing {
    /// As the stories take it.
    pub fn terms(self) -> QueueTerms {
        let usual = QueueTerms::default();
        QueueTerms {
            most_stacks: self.max_stacks.map(|most| usize::try_from(most).unwrap_or(usize::MAX)),
            timeout_s: self.queue_timeout.unwrap_or(usual.timeout_s),
        }
    }
}
