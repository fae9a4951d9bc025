//! What a migration did to large objects, in words that several forms of the report share.

use crate::model::object::ObjectCounts;
use crate::model::quantity::Count;

/// `3 made, 1 changed, 2 deleted`; nothing where none was touched.
pub(super) fn told(of: &ObjectCounts) -> Option<String> {
    let parts = [(of.made, "made"), (of.changed, "changed"), (of.deleted, "deleted")];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = parts.map(|(count, what)| format!("{} {what}", Count(*count))).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Style, json, markdown, sample, terminal};

    #[test]
    fn large_objects_are_in_every_form_of_the_report() {
        let counts = ObjectCounts {
            made: 3,
            deleted: 1_200,
            missing: 1_199,
            in_seed: 4_000,
            ..ObjectCounts::default()
        };
        assert_eq!(told(&counts).unwrap(), "3 made, 1,200 deleted");
        assert_eq!(told(&ObjectCounts::default()), None);
        let mut report = sample::mended();
        report.migrations[0].change.objects = counts;
        let text = terminal(&report, Style { colour: false, width: 80 });
        assert!(text.contains("  large objects: 3 made, 1,200 deleted\n"), "{text}");
        let root = json::value(&report);
        let objects = &root["migrations"][0]["large_objects"];
        assert_eq!((&objects["deleted"], &objects["missing"]), (&1_200.into(), &1_199.into()));
        let row = "**Large objects** `0004_backfill_fulfilled_at.sql`: 3 made, 1,200 deleted";
        assert!(markdown(&report).contains(row), "{}", markdown(&report));
    }
}
