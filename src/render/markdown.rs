//! The report as a comment on a pull request: found again by its marker, and never longer than a forge takes.

mod comparison;
mod databases;
mod locks;
mod lost;
mod objects;
mod schema;
mod sequences;
mod traffic;

use crate::model::change::{GrossRows, TableChange};
use crate::model::egress::Attempt;
use crate::model::proof::Remains;
use crate::model::quantity::{Count, counted, duration};
use crate::model::report::{Report, Verdict};

use super::paint::clean;
use super::phrase;

/// Characters of a comment that every forge takes.
const LIMIT: usize = 65_000;
/// Characters kept free for saying what was left out.
const RESERVE: usize = 500;
/// Characters of one text of somebody else.
const MAX_TEXT: usize = 600;
/// Findings that are shown.
const MAX_FINDINGS: usize = 25;
/// Characters of an output that are quoted.
const MAX_OUTPUT: usize = 6_000;

/// The comment. Begins with `<!-- stage:report:ENV -->`, by which the next run finds and replaces it.
pub fn markdown(report: &Report) -> String {
    let mut page = Page::default();
    page.add(&format!("<!-- stage:report:{} -->\n", report.environment));
    opening(&mut page, report);
    tables(&mut page, report);
    lost::section(&mut page, report);
    schema::section(&mut page, report);
    steps(&mut page, report);
    sequences::section(&mut page, report);
    objects::section(&mut page, report);
    databases::section(&mut page, report);
    locks::section(&mut page, report);
    traffic::section(&mut page, report);
    suite(&mut page, report);
    comparison::section(&mut page, report);
    egress(&mut page, report);
    mail(&mut page, report);
    provenance(&mut page, report);
    page.text
}

/// Text that stops growing before it is too long.
#[derive(Default)]
struct Page {
    text: String,
    characters: usize,
}

impl Page {
    /// Adds `text` as a whole, or says that there is no room for it.
    fn add(&mut self, text: &str) -> bool {
        self.add_within(text, LIMIT - RESERVE)
    }

    fn add_within(&mut self, text: &str, limit: usize) -> bool {
        let characters = text.chars().count();
        let has_room = self.characters + characters <= limit;
        if has_room {
            self.text.push_str(text);
            self.characters += characters;
        }
        has_room
    }

    /// Adds rows while there is room, and says how many were left out.
    fn add_rows(&mut self, rows: &[String], most: usize, what: (&str, &str)) {
        let shown = rows.iter().take(most).take_while(|row| self.add(row)).count();
        if shown < rows.len() {
            let left_out = counted(rows.len() - shown, what.0, what.1);
            self.add_within(&format!("\n… and {left_out}, all in the JSON report.\n"), LIMIT);
        }
    }
}

fn opening(page: &mut Page, report: &Report) {
    let sign = match report.verdict {
        Verdict::Passed => "✅",
        Verdict::Blocked => "⛔",
        Verdict::Unverified => "⚠️",
    };
    page.add(&format!("## {sign} {}: `{}`\n\n", phrase::verdict(report.verdict), report.environment));
    page.add(&format!("**{}**\n", prose(&phrase::headline(report))));
    if phrase::is_missed_by_tests(report) {
        page.add("\nThe tests alone would have let this change pass.\n");
    }
    if !report.findings.is_empty() {
        page.add("\n");
    }
    let finding = |it: &crate::model::guard::Finding| {
        format!("- **`{}`** {}  \n  _hint:_ {}\n", it.guard, prose(&phrase::finding(it)), prose(&it.hint))
    };
    let findings: Vec<String> = report.findings.iter().map(finding).collect();
    page.add_rows(&findings, MAX_FINDINGS, ("more finding", "more findings"));
    let doubt = |(migration, doubt): (&str, &str)| {
        format!("- **could not verify** {}: {}\n", code(migration), prose(doubt))
    };
    let doubts: Vec<String> = phrase::doubts(report).into_iter().map(doubt).collect();
    page.add_rows(&doubts, MAX_FINDINGS, ("more doubt", "more doubts"));
}

fn tables(page: &mut Page, report: &Report) {
    let row = |name: &str, took: &str, change: Option<&TableChange>| {
        let figures = change.map_or_else(|| "– |  |  |  |  |  |  |  | ".to_owned(), figures);
        format!("| {} | {took} | {figures} |\n", code(name))
    };
    let mut rows = Vec::new();
    for of in &report.migrations {
        let how = if of.run.failure.is_some() { "failed, " } else { "" };
        let took = format!("{how}{}", duration(of.run.duration_s));
        let name = &phrase::migration(report, &of.run.migration);
        if of.change.tables.is_empty() {
            rows.push(row(name, &took, None));
        }
        rows.extend(of.change.tables.iter().map(|change| row(name, &took, Some(change))));
    }
    rows.extend(report.not_run.iter().map(|name| row(name, "did not run", None)));
    if rows.is_empty() {
        page.add("\nNo migration was pending.\n");
        return;
    }
    page.add(
        "\n| migration | time | table | in seed | inserted | updated | deleted | missing | new | different | |\n\
         |---|--:|---|--:|--:|--:|--:|--:|--:|--:|---|\n",
    );
    page.add_rows(&rows, usize::MAX, ("more row", "more rows"));
    page.add(
        "\nInserted, updated and deleted count what the statements did; missing, new and different compare the table \
         with the seed afterwards.\n",
    );
}

/// The migrations that commands ran.
fn steps(page: &mut Page, report: &Report) {
    let mut rows = Vec::new();
    for of in &report.migrations {
        let name = code(&of.run.migration.name);
        for step in &of.change.steps {
            let step_name = code(&step.name.to_string());
            let row = |table: &str, rows: GrossRows, notes: &str| {
                let [inserted, updated, deleted] = [rows.inserted, rows.updated, rows.deleted].map(count);
                format!("| {name} | {step_name} | {table} | {inserted} | {updated} | {deleted} | {notes} |\n")
            };
            if step.is_silent() {
                rows.push(row("–", step.unplaced, ""));
            }
            rows.extend(step.tables.iter().map(|touched| {
                let notes = prose(&phrase::step_notes(touched).join("; "));
                row(&code(&touched.table.to_string()), touched.gross, &notes)
            }));
            if !step.unplaced.is_zero() {
                rows.push(row("a table that is there no more", step.unplaced, ""));
            }
        }
    }
    if !rows.is_empty() {
        page.add("\nStep by step:\n\n| command | step | table | inserted | updated | deleted | |\n|---|---|---|--:|--:|--:|---|\n");
        page.add_rows(&rows, usize::MAX, ("more row", "more rows"));
    }
}

fn count(count: u64) -> String {
    if count == 0 { "·".to_owned() } else { Count(count).to_string() }
}

/// The cells from the table's name on.
fn figures(change: &TableChange) -> String {
    let gross = match change.gross {
        Some(rows) => [count(rows.inserted), count(rows.updated), count(rows.deleted)],
        None => ["?", "?", "?"].map(str::to_owned),
    };
    let net = [count(change.net.missing), count(change.net.new), count(change.net.different)];
    format!(
        "{} | {} | {} | {} | {}",
        code(&change.table.to_string()),
        count(change.rows_in_seed),
        gross.join(" | "),
        net.join(" | "),
        prose(&phrase::notes(change).join("; ")),
    )
}

fn suite(page: &mut Page, report: &Report) {
    for run in report.migrations.iter().map(|of| &of.run) {
        if let Some(output) = &run.output_tail {
            let title = format!("Output of migration {}", prose(&run.migration.name));
            page.add(&details(&title, &quote(output)));
        }
    }
    if let Some(failure) = &report.service_failure {
        let title = format!("Output of service {}", prose(&failure.service));
        page.add(&details(&title, &quote(&failure.output_tail)));
    }
    let Some(outcome) = &report.suite else { return };
    page.add(&format!("\n**Suite** {}\n", prose(&phrase::suite(outcome))));
    if outcome.is_passed() {
        return;
    }
    let test = |test: &crate::model::suite::FailedTest| {
        format!("- {}: {}\n", code(&test.name), prose(&phrase::failed_test(report, test)))
    };
    let tests: Vec<String> = outcome.failed.iter().map(test).collect();
    page.add("\n");
    page.add_rows(&tests, MAX_FINDINGS, ("more failed test", "more failed tests"));
    page.add(&details("Output of the suite", &quote(&outcome.output_tail)));
}

/// What services tried to reach beyond the stack.
fn egress(page: &mut Page, report: &Report) {
    let attempts = report.egress.as_deref().unwrap_or_default();
    if attempts.is_empty() {
        return;
    }
    let attempt = |it: &Attempt| format!("- {} {}\n", code(&it.service), prose(&phrase::attempt(it)));
    let attempts: Vec<String> = attempts.iter().map(attempt).collect();
    page.add("\n**Egress** refused:\n\n");
    page.add_rows(&attempts, MAX_FINDINGS, ("more destination", "more destinations"));
}

/// What mail services have sent.
fn mail(page: &mut Page, report: &Report) {
    let Some(mail) = &report.mail else { return };
    page.add(&format!("\n**Mail** {}\n\n", phrase::mail(mail)));
    let row = |service: &str, what: &str| format!("- {} {}\n", code(service), prose(what));
    let kinds: Vec<String> = mail.kinds.iter().map(|it| row(&it.service, &phrase::mail_kind(it))).collect();
    page.add_rows(&kinds, MAX_FINDINGS, ("more kind of message", "more kinds of messages"));
    for (service, count) in &mail.tls {
        page.add(&row(service, &phrase::wanted_tls(*count)));
    }
}

/// Seeds, times, and what was cleaned up.
fn provenance(page: &mut Page, report: &Report) {
    let mut lines = Vec::new();
    lines.extend(report.seeds.iter().map(|seed| format!("- seed {}\n", prose(&phrase::seed(seed, report)))));
    let times = report.phases.iter().map(|phase| format!("{} {}", phase.phase, duration(phase.duration_s)));
    let times = times.collect::<Vec<_>>().join(", ");
    lines.push(format!("- {} in all: {times}\n", duration(report.duration_s)));
    lines.push(format!(
        "- run `{}`, began {}\n",
        report.run,
        report.started_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    ));
    let gone = phrase::teardown(&report.teardown);
    if report.teardown.left.is_empty() {
        lines.push(format!("- {gone}\n"));
    } else {
        page.add(&format!("\n**{}**; `stage sweep` removes it\n\n", prose(&gone)));
        let left: Vec<String> =
            report.teardown.left.iter().map(|left| format!("- {}\n", prose(left))).collect();
        page.add_rows(&left, MAX_FINDINGS, ("more object", "more objects"));
    }
    lines
        .extend(phrase::images_kept(&report.teardown).map(|images| format!("- images {}\n", prose(&images))));
    if !report.teardown.proof.is_empty() {
        lines.push("\n| made by this run | before | after |\n|---|--:|--:|\n".to_owned());
        let row = |it: &Remains| format!("| {} | {} | {} |\n", it.kind.words().1, it.before, it.after);
        lines.extend(report.teardown.proof.iter().map(row));
    }
    page.add(&details("Seed, times, teardown", &lines.concat()));
}

fn details(title: &str, body: &str) -> String {
    format!("\n<details><summary>{title}</summary>\n\n{}\n\n</details>\n", body.trim_end())
}

/// The end of an output in a fence that it cannot close.
fn quote(output: &str) -> String {
    let length = output.chars().count();
    let tail: String = output.trim_end().chars().skip(length.saturating_sub(MAX_OUTPUT)).collect();
    let lines = tail.lines().map(clean).collect::<Vec<_>>().join("\n");
    let longest = lines.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{lines}\n{fence}")
}

/// A name as code, in a table or out of it.
fn code(name: &str) -> String {
    format!("`{}`", cut(name).replace('`', "'").replace('|', "\\|"))
}

/// Text with words that may be somebody else's: it formats nothing but what stands in backticks, links nothing and calls nobody.
fn prose(text: &str) -> String {
    let line = cut(text);
    let parts: Vec<&str> = line.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(&line);
    }
    let part = |(at, part): (usize, &&str)| match at % 2 {
        1 if !part.trim().is_empty() => code(part),
        1 => plain(&format!("`{part}`")),
        _ => plain(part),
    };
    parts.iter().enumerate().map(part).collect()
}

fn plain(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '\\' | '|' | '`' | '*' | '<' | '[' | ']' | '~' => safe.extend(['\\', c]),
            '@' => safe.push_str("@\u{200b}"),
            c => safe.push(c),
        }
    }
    safe
}

/// One line of at most [`MAX_TEXT`] characters.
fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = clean(&line);
    if line.chars().count() <= MAX_TEXT {
        return line.into_owned();
    }
    line.chars().take(MAX_TEXT).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::suite::FailedTest;
    use crate::render::sample;

    #[test]
    fn a_pull_request_sees_the_verdict_first() {
        let comment = markdown(&sample::incident());
        assert!(comment.starts_with("<!-- stage:report:incident -->\n## ⛔ BLOCKED"), "{comment}");
        insta::assert_snapshot!("markdown_incident", comment);
    }

    #[test]
    fn the_other_verdicts_have_their_comments() {
        insta::assert_snapshot!("markdown_mended", markdown(&sample::mended()));
        insta::assert_snapshot!("markdown_syntax_error", markdown(&sample::syntax_error()));
    }

    #[test]
    fn a_command_that_failed_is_told_with_its_last_words() {
        let comment = markdown(&sample::failed_command());
        assert!(comment.contains("Output of migration bin/rails db:migrate"), "{comment}");
        assert!(comment.contains("PG::UndefinedTable"), "{comment}");
        insta::assert_snapshot!("markdown_troubled", markdown(&sample::troubled()));
    }

    #[test]
    fn the_steps_of_a_command_have_a_table() {
        let comment = markdown(&sample::in_one_go());
        let row = "| `0005_remove_duplicate_feed_items.sql` | `shop.0001_purge` | `item_datafeed` | · | · | 873,511 |  |";
        assert!(comment.contains(row), "{comment}");
        assert!(comment.contains("| `visits` | · | · | · | truncated |"), "{comment}");
        assert!(comment.contains("items.sql: shop.0001_purge: 873,511 of"), "{comment}");
    }

    #[test]
    fn a_comment_is_never_too_long_and_says_what_it_leaves_out() {
        let mut report = sample::troubled();
        let long = "x|".repeat(5_000);
        let finding = report.findings[0].clone();
        report.findings.extend((0..200).map(|_| {
            let mut finding = finding.clone();
            finding.message.clone_from(&long);
            finding
        }));
        let change = report.migrations[0].change.tables[0].clone();
        report.migrations[0].change.tables = vec![change; 3_000];
        let outcome = report.suite.as_mut().unwrap();
        outcome.failed = vec![FailedTest { name: long.clone(), message: long.clone() }; 500];
        outcome.output_tail = "```\n".repeat(20_000);
        let comment = markdown(&report);
        assert!(comment.chars().count() <= LIMIT, "{} characters", comment.chars().count());
        assert!(comment.contains("more findings, all in the JSON report"));
        assert!(comment.contains("more rows, all in the JSON report"));
    }

    #[test]
    fn text_of_others_formats_nothing_and_calls_nobody() {
        assert_eq!(prose("a|b <img> @ada *y*\nz"), "a\\|b \\<img> @\u{200b}ada \\*y\\* z");
        assert_eq!(prose("see `stage.yaml`, `a|b`"), "see `stage.yaml`, `a\\|b`");
        assert_eq!(prose("one ` alone, `` none"), "one \\` alone, \\`\\` none");
        assert_eq!(code("a`b|c"), "`a'b\\|c`");
        assert!(quote("```\nend").starts_with("````text\n"));
    }
}
