//! What is told of work on a stack that stands: no verdict over a change, as nothing is merged by it.

use crate::model::quantity::{counted, size};
use crate::model::report::{MigrationReport, Report};
use crate::render::Style;
use crate::render::paint::Tone;

use super::{Page, closing, migration};

/// What each migration did, and whether `stage check` would let it pass.
pub fn migrations(report: &Report, style: Style) -> String {
    let mut page = Page::new(style);
    for at in 0..report.migrations.len() {
        if at > 0 {
            page.blank();
        }
        migration::section(&mut page, report, at);
    }
    migration::not_run(&mut page, report);
    if report.migrations.is_empty() {
        page.line("no migration is pending");
    }
    if !report.findings.is_empty() {
        let findings = counted(report.findings.len(), "finding", "findings");
        page.blank();
        page.entry("", (Tone::Bad, &format!("{findings}:")), "`stage check` blocks this change");
    }
    if report.mail.is_some() {
        page.blank();
        closing::mail(&mut page, report);
    }
    page.text()
}

/// What came of the suite.
pub fn suite(report: &Report, style: Style) -> String {
    let mut page = Page::new(style);
    closing::outcomes(&mut page, report);
    page.text()
}

/// What happened to the databases of a stack since they were cloned.
pub fn changes(name: &str, since: &[MigrationReport], style: Style) -> String {
    let mut page = Page::new(style);
    for of in since {
        let tables = counted(of.change.tables.len(), "table", "tables");
        let database = &of.run.migration.database;
        let log = size(of.change.wal_bytes);
        let title = format!("{database} of {name} since its seed: {tables} touched, {log} of WAL");
        let title = page.paint.put(Tone::Bold, &title);
        page.line(title);
        migration::changes(&mut page, of, &[], "no row of any table was touched");
    }
    page.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    const PLAIN: Style = Style { colour: false, width: 80 };

    #[test]
    fn migrations_on_a_stack_are_told_without_a_verdict() {
        insta::assert_snapshot!("standing_migrations", migrations(&sample::incident(), PLAIN));
        let mut nothing = sample::mended();
        nothing.migrations.clear();
        assert_eq!(migrations(&nothing, PLAIN), "no migration is pending\n");
    }

    #[test]
    fn the_suite_is_told_with_what_failed() {
        insta::assert_snapshot!("standing_suite", suite(&sample::troubled(), PLAIN));
    }

    #[test]
    fn a_stack_is_told_against_its_seed() {
        let report = sample::incident();
        insta::assert_snapshot!("standing_changes", changes("pr-12", &report.migrations[..1], PLAIN));
    }
}
