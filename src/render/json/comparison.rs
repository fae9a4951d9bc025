//! What services and suite do without the migrations and what is new since, as JSON.

use serde::Serialize;

use super::suite::{Suite, suite};
use super::{ServiceFailure, service_failure};
use crate::model::{comparison, log};

#[derive(Serialize)]
pub(super) struct Comparison<'a> {
    /// A service that does not come up without the migrations either: then there is nothing to compare with.
    service_failure: Option<ServiceFailure<'a>>,
    /// The suite without the migrations; `null` if it did not run both ways.
    suite: Option<Suite<'a>>,
    /// Kinds of lines that are new or far more frequent after the migrations, the worst first.
    logs: Vec<LogChange<'a>>,
    /// Services that write lines of so many kinds that nothing is said of them.
    logs_uncompared: &'a [String],
}

#[derive(Serialize)]
struct LogChange<'a> {
    service: &'a str,
    /// `error`, `warning` or `other`.
    level: &'static str,
    /// What the lines have in common: `<n>`, `<id>`, `<time>`, `<address>`, `<email>` and `…` within quotes stand for what
    /// differs.
    template: &'a str,
    /// What the first of them says after the migrations; secrets are `***`.
    example: &'a str,
    /// How many there are without the migrations; 0 if the kind is new.
    before: u64,
    after: u64,
}

/// A comparison.
pub(super) fn comparison(of: &comparison::Comparison) -> Comparison<'_> {
    Comparison {
        service_failure: of.service_failure.as_ref().map(service_failure),
        suite: of.suite.as_ref().map(suite),
        logs: of.logs.iter().map(change).collect(),
        logs_uncompared: &of.uncompared,
    }
}

fn change(change: &log::LogChange) -> LogChange<'_> {
    LogChange {
        service: &change.service,
        level: change.level.as_str(),
        template: &change.template,
        example: &change.example,
        before: change.before,
        after: change.after,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::render::{json, sample};

    #[test]
    fn kinds_of_lines_have_their_counts() {
        let root = json::value(&sample::compared());
        let comparison = &root["comparison"];
        assert_eq!(comparison["service_failure"], json!(null));
        assert_eq!(comparison["suite"]["failed"][0]["name"], "tests.test_shop::test_old");
        assert_eq!(
            comparison["logs"][0],
            json!({
                "service": "web", "level": "error", "template": "ERROR: column \"…\" of '…' does not exist",
                "example": "ERROR: column \"note\" of 'orders' does not exist", "before": 0, "after": 12,
            })
        );
        assert_eq!(json::value(&sample::incident())["comparison"], json!(null));
    }
}
