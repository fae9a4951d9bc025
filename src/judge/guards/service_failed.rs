//! A service that does not come up on the migrated database.

use crate::judge::evidence::Evidence;
use crate::judge::guard::Guard;
use crate::model::guard::Finding;

/// A service that exits or never becomes healthy after the migrations.
pub(super) static GUARD: Guard = Guard {
    id: "service_failed",
    summary: "a service does not come up after the migrations",
    why: "the deployment would end with the app down",
    hint: "read the last lines of its output in the report",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    let failed = |failure: &crate::model::call::ServiceFailure| Finding {
        guard: GUARD.id,
        migration: None,
        database: None,
        steps: Vec::new(),
        table: None,
        message: format!("service `{}` did not come up: {}", failure.service, failure.reason),
        hint: GUARD.hint.to_owned(),
    };
    evidence.service_failure.map(failed).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::Sample;
    use crate::model::call::ServiceFailure;

    #[test]
    fn a_service_that_does_not_come_up_is_named_with_the_reason() {
        let failure = ServiceFailure {
            service: "web".to_owned(),
            reason: "not healthy after 60 s".to_owned(),
            output_tail: "KeyError".to_owned(),
        };
        let mut sample = Sample::default();
        sample.service_failure = Some(failure);
        assert_eq!(
            sample.findings("service_failed"),
            [": service `web` did not come up: not healthy after 60 s"]
        );
        assert!(Sample::default().findings("service_failed").is_empty());
    }
}
