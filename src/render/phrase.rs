//! Sentences that several forms of the report share.

use crate::model::call::ServiceFailure;
use crate::model::change::{Change, TableChange, TableEvent};
use crate::model::comparison::Comparison;
use crate::model::egress::{Attempt, Destination};
use crate::model::guard::Finding;
use crate::model::log::LogChange;
use crate::model::lost::LostRows;
use crate::model::mail::{MailKind, MailSummary};
use crate::model::migration::Migration;
use crate::model::proof::Remains;
use crate::model::quantity::{Count, age, counted, duration, rows, size};
use crate::model::report::{MigrationReport, Report, SeedUse, Teardown, Verdict};
use crate::model::step::StepTable;
use crate::model::suite::{FailedTest, SuiteEnd, SuiteOutcome};

/// The verdict in words.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "PASSED",
        Verdict::Blocked => "BLOCKED",
        Verdict::Unverified => "COULD NOT VERIFY",
    }
}

/// The verdict's reason in one sentence, without a final period.
pub(super) fn headline(report: &Report) -> String {
    let migrations = counted(report.migrations.len(), "migration", "migrations");
    match (report.verdict, report.findings.as_slice()) {
        (Verdict::Blocked, [first, rest @ ..]) => {
            let more = match rest.len() {
                0 => String::new(),
                more => format!(" (and {})", counted(more, "more finding", "more findings")),
            };
            format!("{}{more}", finding(first))
        }
        (Verdict::Unverified, _) if doubts(report).is_empty() => {
            "not all that was pending ran, and nothing says why".to_owned()
        }
        (Verdict::Unverified, _) if doubts(report).iter().all(|(of, _)| *of == "traffic") => {
            format!("{migrations} ran, but what they would have kept waiting cannot be told for sure")
        }
        (Verdict::Unverified, _) => {
            format!("{migrations} ran, but what they did cannot be told for sure")
        }
        _ => {
            let suite = if report.suite.is_some() { "and the suite passed" } else { "there is no suite" };
            format!("{migrations} kept within every guard, {suite}")
        }
    }
}

/// Steps of a command that are named with a finding; the others are counted.
const MAX_STEPS: usize = 3;
/// Domains of recipients that are named.
const MAX_DOMAINS: usize = 3;

/// A finding with the migration that it is about.
pub(super) fn finding(finding: &Finding) -> String {
    match &finding.migration {
        Some(migration) => format!("{migration}: {}", within(finding)),
        None => finding.message.clone(),
    }
}

/// A finding under the migration that it is about: with the steps of a command that may have broken its guard.
pub(super) fn within(finding: &Finding) -> String {
    if finding.steps.is_empty() {
        return finding.message.clone();
    }
    let named = &finding.steps[..finding.steps.len().min(MAX_STEPS)];
    let more = match finding.steps.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}: {}", named.join(", "), finding.message)
}

/// What a step of a command did to a table as a whole, one phrase each.
pub(super) fn step_notes(touched: &StepTable) -> Vec<String> {
    touched.events.iter().map(|it| event(*it).to_owned()).collect()
}

fn event(event: TableEvent) -> &'static str {
    match event {
        TableEvent::Created => "created",
        TableEvent::Dropped => "dropped",
        TableEvent::Rewritten => "rewritten",
        TableEvent::Truncated => "truncated",
        TableEvent::Replaced => "dropped and made again",
    }
}

/// Every doubt with the migration that it is about.
pub(super) fn doubts(report: &Report) -> Vec<(&str, &str)> {
    let mut doubts = Vec::new();
    for MigrationReport { run, change } in &report.migrations {
        doubts.extend(change.doubts.iter().map(|doubt| (run.migration.name.as_str(), doubt.as_str())));
    }
    let of_traffic = report.traffic.iter().flat_map(|traffic| &traffic.doubts);
    doubts.extend(of_traffic.map(|doubt| ("traffic", doubt.as_str())));
    doubts
}

/// A migration as people call it: with its database where there are several.
pub(super) fn migration(report: &Report, of: &Migration) -> String {
    let has_others = report.migrations.iter().any(|it| it.run.migration.database != of.database);
    if has_others { format!("{} on {}", of.name, of.database) } else { of.name.clone() }
}

/// The migration of the report that a finding is about: two databases may each have one of that name.
pub(super) fn owner(report: &Report, finding: &Finding) -> Option<usize> {
    let name = finding.migration.as_ref()?;
    let is_named = |at: &usize| {
        let of = &report.migrations[*at].run.migration;
        &of.name == name && finding.database.as_ref().is_none_or(|database| of.database == *database)
    };
    let is_meant = |at: &usize| {
        let of = &report.migrations[*at];
        match &finding.table {
            Some(table) => of.change.tables.iter().any(|change| &change.table == table),
            None => of.run.failure.is_some(),
        }
    };
    let named: Vec<usize> = (0..report.migrations.len()).filter(is_named).collect();
    named.iter().copied().find(is_meant).or_else(|| named.first().copied())
}

/// What happened to a table as a whole, one phrase each.
pub(super) fn notes(change: &TableChange) -> Vec<String> {
    let told = |it: &TableEvent| match (it, change.truncated, change.rewritten_bytes) {
        (TableEvent::Truncated, Some(taken), _) => format!("truncated: {}", rows(taken)),
        (TableEvent::Rewritten, _, Some(bytes)) => format!("rewritten: {}", size(bytes)),
        _ => event(*it).to_owned(),
    };
    let mut notes: Vec<String> = change.events.iter().map(told).collect();
    if change.moved > 0 {
        notes.push(format!("{} moved to another partition", rows(change.moved)));
    }
    notes.extend(other_values(change));
    notes.extend(columns(&change.columns_dropped, "dropped"));
    notes.extend(change.values_lost.iter().map(|(column, values)| {
        let word = if *values == 1 { "value" } else { "values" };
        format!("{} {word} of {column} lost", Count(*values))
    }));
    notes.extend(columns(&change.columns_added, "added"));
    if change.gross.is_none() {
        notes.push("its statements leave no trace in the log".to_owned());
    }
    notes
}

/// In which columns rows differ.
fn other_values(change: &TableChange) -> Option<String> {
    let names = &change.columns_changed;
    (!names.is_empty()).then(|| format!("other values in {}", names.join(", ")))
}

fn columns(names: &[String], what: &str) -> Option<String> {
    let word = if names.len() == 1 { "column" } else { "columns" };
    (!names.is_empty()).then(|| format!("{word} {} {what}", names.join(", ")))
}

/// Rows that a finding is about, and what they are called; `None` if it is about none, or none is known.
pub(super) fn lost<'a>(change: &'a Change, finding: &Finding) -> Option<(&'static str, &'a LostRows)> {
    let table = change.tables.iter().find(|it| Some(&it.table) == finding.table.as_ref())?;
    let (what, lost) = match finding.guard {
        "rows_lost" | "table_dropped" => ("lost rows", &table.lost_rows),
        "values_lost" => ("rows that lost values", &table.lost_values),
        _ => return None,
    };
    (!lost.is_empty()).then_some((what, lost))
}

/// Whether the suite passed although a guard was broken.
pub(super) fn is_missed_by_tests(report: &Report) -> bool {
    report.suite.as_ref().is_some_and(SuiteOutcome::is_passed) && !report.findings.is_empty()
}

/// What came of the suite, after the word `suite`.
pub(super) fn suite(suite: &SuiteOutcome) -> String {
    let mut parts = Vec::new();
    let failed = (!suite.failed.is_empty()).then_some(suite.failed.len() as u64);
    for (count, word) in
        [(failed, "failed"), (suite.passed, "passed"), (suite.skipped.filter(|&n| n > 0), "skipped")]
    {
        parts.extend(count.map(|count| format!("{} {word}", Count(count))));
    }
    let counts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let took = duration(suite.duration_s);
    match suite.end {
        SuiteEnd::TimedOut { .. } => format!("not finished after {took}{counts}"),
        SuiteEnd::Exited(_) if suite.is_passed() => format!("passed in {took}{counts}"),
        SuiteEnd::Exited(code) => format!("failed in {took} with exit code {code}{counts}"),
    }
}

/// Where the data came from, after the word `seed`.
pub(super) fn seed(used: &SeedUse, report: &Report) -> String {
    let seed = &used.seed;
    let old = report.started_at.duration_since(seed.backup_taken_at).as_secs();
    let made = if used.reused { "reused".to_owned() } else { format!("built in {}", duration(seed.build_s)) };
    format!(
        "{} of {}: {} in {}, {}, {made}; backup of {}, {} old",
        seed.key,
        seed.database,
        rows(seed.rows_total()),
        counted(seed.rows.len(), "table", "tables"),
        size(seed.size_bytes),
        seed.backup_taken_at.strftime("%Y-%m-%d %H:%M UTC"),
        age(u64::try_from(old).unwrap_or(0)),
    )
}

/// What one service tried to reach (`looked up api.example.com twice`).
pub(super) fn attempt(attempt: &Attempt) -> String {
    let times = times(attempt.count);
    let verb = if matches!(attempt.to, Destination::Name(_)) { "looked up" } else { "tried to reach" };
    format!("{verb} {} {times}", attempt.to)
}

/// How many messages were caught, after the word `mail`.
pub(super) fn mail(mail: &MailSummary) -> String {
    let caught = match mail.messages() {
        0 => "no message was sent".to_owned(),
        1 => "1 message caught, none has left the stack".to_owned(),
        count => format!("{} messages caught, none has left the stack", Count(count)),
    };
    match mail.sink_ended {
        Some(code) => format!("{caught}; the sink exited with {code}, and took nothing from then on"),
        None => caught,
    }
}

/// What one service has sent (`sent 3 messages to shop.example: Your order`).
pub(super) fn mail_kind(kind: &MailKind) -> String {
    let messages =
        if kind.count == 1 { "1 message".to_owned() } else { format!("{} messages", Count(kind.count)) };
    let named: Vec<&str> = kind.domains.iter().take(MAX_DOMAINS).map(String::as_str).collect();
    let to = match kind.domains.len() - named.len() {
        0 if named.is_empty() => String::new(),
        0 => format!(" to {}", named.join(", ")),
        more => format!(" to {} and {more} more", named.join(", ")),
    };
    let subject = if kind.subject.is_empty() { "(no subject)" } else { &kind.subject };
    format!("sent {messages}{to}: {subject}")
}

/// What a service wanted that the sink cannot do.
pub(super) fn wanted_tls(count: u64) -> String {
    format!("asked for TLS {}, which the sink does not speak: tell it to send without", times(count))
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{} times", Count(count)),
    }
}

/// What is new in the logs, after the word `logs`.
pub(super) fn logs(comparison: &Comparison) -> String {
    let told = match comparison.logs.len() {
        0 => "no kind of line is new or far more frequent after the migrations".to_owned(),
        1 => "1 kind of line is new or far more frequent after the migrations".to_owned(),
        kinds => format!("{kinds} kinds of lines are new or far more frequent after the migrations"),
    };
    if comparison.uncompared.is_empty() {
        return told;
    }
    let services = comparison.uncompared.join(", ");
    format!("{told}; {services} could not be compared: too many kinds of lines")
}

/// How often lines of one kind are written (`new, twice`).
pub(super) fn frequency(change: &LogChange) -> String {
    if change.before == 0 {
        return format!("new, {}", times(change.after));
    }
    format!("{}, before the migrations {}", times(change.after), times(change.before))
}

/// How services and suite do without the migrations, after the word `before`.
pub(super) fn before(report: &Report, comparison: &Comparison) -> Option<String> {
    if let Some(ServiceFailure { service, reason, .. }) = &comparison.service_failure {
        return Some(format!(
            "the migrations {service} does not come up ({reason}): nothing to compare with"
        ));
    }
    let services =
        || report.service_failure.as_ref().map(|_| "the migrations all services come up".to_owned());
    let suite =
        comparison.suite.as_ref().map(|outcome| format!("the migrations the suite {}", suite(outcome)));
    suite.or_else(services)
}

/// A failed test's first line, and whether it fails without the migrations, too.
pub(super) fn failed_test(report: &Report, test: &FailedTest) -> String {
    let message = test.message.lines().next().unwrap_or_default();
    let is_known = report.comparison.as_ref().is_some_and(|it| it.fails(&test.name));
    if is_known { format!("{message} (fails before the migrations, too)") } else { message.to_owned() }
}

/// What was cleaned up, in one line: by kind where somebody looked.
pub fn teardown(teardown: &Teardown) -> String {
    let made: Vec<String> = teardown.proof.iter().filter(|it| it.before > 0).map(gone).collect();
    if !made.is_empty() && teardown.left.is_empty() {
        return format!("nothing left behind: {} gone", made.join(", "));
    }
    let objects = |count| counted(count, "object", "objects");
    match (teardown.removed.len(), teardown.left.len()) {
        (0, 0) => "nothing left behind: nothing was made".to_owned(),
        (removed, 0) => format!("nothing left behind: {} removed", objects(removed)),
        (removed, left) => format!("left behind: {}; {} removed", objects(left), objects(removed)),
    }
}

fn gone(remains: &Remains) -> String {
    let (one, several) = remains.kind.words();
    counted(remains.before, one, several)
}

/// One kind of what there was before and after (`containers 5 → 0`).
pub(super) fn remains(remains: &Remains) -> String {
    format!("{} {} → {}", remains.kind.words().1, remains.before, remains.after)
}

/// Images that were fetched; `None` for none.
pub(super) fn images_kept(teardown: &Teardown) -> Option<String> {
    (!teardown.images.is_empty()).then(|| format!("fetched and kept: {}", teardown.images.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn a_finding_belongs_to_the_migration_that_touched_its_table() {
        let mut report = sample::incident();
        let same_name = report.findings[0].migration.clone().unwrap();
        report.migrations[0].run.migration.name = same_name;
        assert_eq!(owner(&report, &report.findings[0]), Some(1));
        report.findings[0].migration = Some("elsewhere".to_owned());
        assert_eq!(owner(&report, &report.findings[0]), None);
    }

    #[test]
    fn what_is_left_is_never_hidden_behind_what_is_gone() {
        let left = Teardown {
            removed: vec!["network a".to_owned()],
            left: vec!["volume b: busy".to_owned()],
            ..Teardown::default()
        };
        assert_eq!(teardown(&left), "left behind: 1 object; 1 object removed");
        assert_eq!(teardown(&Teardown::default()), "nothing left behind: nothing was made");
    }
}
