//! What services write before and after the migrations to what is new or far more frequent.

use std::collections::BTreeMap;

use super::tally::{Kind, Tally};
use crate::model::log::LogChange;

/// So many times as often is far more frequent,
const FACTOR: u64 = 3;
/// if it is so many lines more: a line that comes three times instead of once says nothing.
const MORE_BY: u64 = 5;

/// What services wrote, by their names.
pub type Heard = BTreeMap<String, Tally>;

/// What came of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Kinds of lines that are new or far more frequent: the worst first, then the new, then the frequent.
    pub changes: Vec<LogChange>,
    /// Services that write lines of so many kinds that nothing can be said of them.
    pub uncompared: Vec<String>,
}

/// Compares what services wrote without the migrations with what they wrote after them.
pub fn compare(before: &Heard, after: &Heard) -> Compared {
    let none = Tally::default();
    let mut compared = Compared::default();
    for (service, now) in after {
        let then = before.get(service).unwrap_or(&none);
        if then.is_cut || now.is_cut {
            compared.uncompared.push(service.clone());
            continue;
        }
        for (template, kind) in &now.kinds {
            let known = then.kinds.get(template).map_or(0, |kind| kind.count);
            if is_told(known, kind.count) {
                compared.changes.push(change(service, template, kind, known));
            }
        }
    }
    let rank = |it: &LogChange| (it.level, it.before > 0, std::cmp::Reverse(it.after));
    compared.changes.sort_by(|one, other| {
        rank(one)
            .cmp(&rank(other))
            .then_with(|| (&one.service, &one.template).cmp(&(&other.service, &other.template)))
    });
    compared
}

/// Whether it is new, or far more frequent.
fn is_told(before: u64, after: u64) -> bool {
    before == 0 || (after >= before * FACTOR && after - before >= MORE_BY)
}

fn change(service: &str, template: &str, kind: &Kind, before: u64) -> LogChange {
    LogChange {
        service: service.to_owned(),
        level: kind.level,
        template: template.to_owned(),
        example: kind.example.clone(),
        before,
        after: kind.count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::LogLevel;
    use crate::observe::logs::Secrets;

    /// A service that writes each line so many times.
    fn heard(service: &str, lines: &[(&str, u64)]) -> Heard {
        let mut tally = Tally::default();
        for (line, count) in lines {
            for _ in 0..*count {
                tally.add(line.as_bytes(), &Secrets::among([]));
            }
        }
        Heard::from([(service.to_owned(), tally)])
    }

    fn told(before: &[(&str, u64)], after: &[(&str, u64)]) -> Vec<(String, u64, u64)> {
        let compared = compare(&heard("web", before), &heard("web", after));
        compared.changes.into_iter().map(|it| (it.example, it.before, it.after)).collect()
    }

    #[test]
    fn what_was_there_before_is_told_only_if_it_is_far_more_frequent() {
        let before = [("ERROR: no order 7", 2), ("WARN: slow", 10), ("served 1", 100)];
        let after = [("ERROR: no order 8", 7), ("WARN: slow", 29), ("served 2", 150)];
        assert_eq!(told(&before, &after), [("ERROR: no order 8".to_owned(), 2, 7)]);
        assert_eq!(told(&[("ERROR: no order 7", 1)], &[("ERROR: no order 7", 5)]), []);
        assert_eq!(told(&after, &before), [], "what is less frequent is no news");
    }

    #[test]
    fn new_lines_are_told_the_worst_first() {
        let after = [("started", 1), ("WARN: old", 1), ("ERROR: a", 1), ("ERROR: b", 3), ("ERROR: c", 20)];
        let before = [("ERROR: c", 1)];
        let examples: Vec<String> = told(&before, &after).into_iter().map(|it| it.0).collect();
        assert_eq!(examples, ["ERROR: b", "ERROR: a", "ERROR: c", "WARN: old", "started"]);
    }

    #[test]
    fn a_kind_of_line_belongs_to_its_service() {
        let compared = compare(&heard("web", &[("up", 1)]), &heard("worker", &[("up", 1)]));
        assert_eq!(compared.changes[0].service, "worker");
        assert_eq!(compared.changes[0].level, LogLevel::Other);
    }

    #[test]
    fn a_service_with_too_many_kinds_of_lines_is_named() {
        let mut before = heard("web", &[]);
        before.get_mut("web").unwrap().is_cut = true;
        let compared = compare(&before, &heard("web", &[("up", 1)]));
        assert_eq!(compared, Compared { changes: Vec::new(), uncompared: vec!["web".to_owned()] });
    }
}
