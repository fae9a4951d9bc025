//! What services and suite do otherwise than without the migrations, in a terminal.

use super::Page;
use crate::model::comparison::Comparison;
use crate::model::log::{LogChange, LogLevel};
use crate::model::quantity::counted;
use crate::model::report::Report;
use crate::render::paint::Tone;
use crate::render::phrase;

/// Kinds of lines that are shown; the others are counted.
const MAX_KINDS: usize = 12;

/// Services and suite before the migrations, and the lines that are new since.
pub(super) fn section(page: &mut Page, report: &Report, of: &Comparison) {
    let is_comparable = of.service_failure.is_none();
    if let Some(before) = phrase::before(report, of) {
        let tone = if is_comparable { Tone::Bold } else { Tone::Doubt };
        page.entry("", (tone, "before"), &before);
    }
    if !is_comparable {
        return;
    }
    let tone = match of.logs.first().map(|change| change.level) {
        Some(LogLevel::Error) => Tone::Bad,
        Some(LogLevel::Warning) => Tone::Doubt,
        Some(LogLevel::Other) | None => Tone::Bold,
    };
    page.entry("", (tone, "logs"), &phrase::logs(of));
    for change in of.logs.iter().take(MAX_KINDS) {
        kind(page, change);
    }
    if of.logs.len() > MAX_KINDS {
        let more = counted(of.logs.len() - MAX_KINDS, "more kind of line", "more kinds of lines");
        page.line(format!("  and {more}, all in `--json`"));
    }
}

fn kind(page: &mut Page, change: &LogChange) {
    let (tone, sign) = match change.level {
        LogLevel::Error => (Tone::Bad, "✘"),
        LogLevel::Warning => (Tone::Doubt, "!"),
        LogLevel::Other => (Tone::Dim, "·"),
    };
    let text = format!("{}, {}: {}", change.service, phrase::frequency(change), change.example);
    page.entry("  ", (tone, sign), &text);
}

#[cfg(test)]
mod tests {
    use crate::model::call::ServiceFailure;
    use crate::model::comparison::Comparison;
    use crate::render::{Style, sample, terminal};

    const PLAIN: Style = Style { colour: false, width: 80 };

    #[test]
    fn what_is_new_since_the_migrations_is_told_beside_what_was_so_before() {
        insta::assert_snapshot!("terminal_compared", terminal(&sample::compared(), PLAIN));
    }

    #[test]
    fn where_nothing_is_new_that_is_told() {
        let mut report = sample::compared();
        report.comparison = Some(Comparison::default());
        let text = terminal(&report, PLAIN);
        assert!(
            text.contains("logs no kind of line is new or far more frequent after the migrations"),
            "{text}"
        );
    }

    #[test]
    fn whether_services_come_up_before_the_migrations_is_told_if_they_do_not_after_them() {
        let mut report = sample::compared();
        let failure = ServiceFailure {
            service: "web".to_owned(),
            reason: "exited with 1".to_owned(),
            output_tail: String::new(),
        };
        report.service_failure = Some(failure.clone());
        report.comparison = Some(Comparison::default());
        let text = terminal(&report, PLAIN);
        assert!(text.contains("before the migrations all services come up\n"), "{text}");
        report.comparison = Some(Comparison { service_failure: Some(failure), ..Comparison::default() });
        let text = terminal(&report, PLAIN);
        assert!(text.contains("before the migrations web does not come up (exited with 1)"), "{text}");
        assert!(!text.contains("logs"), "{text}");
    }

    #[test]
    fn more_kinds_than_anybody_reads_are_counted() {
        let mut report = sample::compared();
        if let Some(comparison) = &mut report.comparison {
            comparison.logs = vec![comparison.logs[0].clone(); 15];
            comparison.uncompared = vec!["worker".to_owned()];
        }
        let text = terminal(&report, PLAIN);
        assert!(text.contains("and 3 more kinds of lines, all in `--json`"), "{text}");
        assert!(text.contains("could not be compared: too many kinds of lines"), "{text}");
    }
}
