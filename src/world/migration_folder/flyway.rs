//! Flyway: `V1.2__name.sql` in order of version, in any folder below, then `R__name.sql`, which is repeated when changed.

use super::listing::Listing;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::flyway::{self, FlywayVersion};
use crate::model::migration::Migration;
use crate::world::postgres::statements::{self, Statement};

const BY_ITSELF: &str = "run Flyway itself, by `service` and `command` in `migrations`";
/// Statements that no transaction may hold, by their first words (`PostgreSQLParser` of Flyway).
const WITHOUT_TRANSACTION: [&str; 18] = [
    "CREATE DATABASE",
    "DROP DATABASE",
    "CREATE TABLESPACE",
    "DROP TABLESPACE",
    "CREATE SUBSCRIPTION",
    "DROP SUBSCRIPTION",
    "ALTER SYSTEM",
    "CREATE INDEX CONCURRENTLY",
    "CREATE UNIQUE INDEX CONCURRENTLY",
    "DROP INDEX CONCURRENTLY",
    "REINDEX SCHEMA",
    "REINDEX DATABASE",
    "REINDEX SYSTEM",
    "REINDEX VERBOSE SCHEMA",
    "REINDEX VERBOSE DATABASE",
    "REINDEX VERBOSE SYSTEM",
    "VACUUM",
    "DISCARD ALL",
];

/// What the name of a script says.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// `None` for one that is repeated.
    version: Option<FlywayVersion>,
    description: String,
}

/// Reads a name such as `shop/V1_2__add_index.sql`; `None` if it is no script of Flyway.
pub(super) fn script(name: &str) -> Option<Script> {
    let description = flyway::description(name)?;
    let (head, _) = name.rsplit('/').next()?.split_once("__")?;
    let version = match head.split_at_checked(1)? {
        ("R", "") => None,
        ("V", version) => Some(FlywayVersion::parse(version)?),
        _ => return None,
    };
    Some(Script { version, description })
}

/// Every script, versions first.
pub(super) fn read(listing: &Listing) -> Result<Vec<Migration>> {
    for name in listing.files().map(|(name, _)| name).chain(listing.others()) {
        refuse_unknown(listing, name)?;
    }
    let mut scripts: Vec<(Script, Migration)> = Vec::new();
    for (name, text) in listing.files() {
        let Some(script) = script(name) else { continue };
        let settings = Settings::read(listing, name)?;
        if let Some(at) = text.find("${").filter(|_| settings.has_placeholders) {
            let (line, column) = statements::place(text, at);
            let error = Error::new(ErrorKind::Config, "a placeholder, whose value only Flyway knows");
            return Err(error.at(listing.place(name, line, column)).hint(BY_ITSELF));
        }
        let version = match &script.version {
            Some(version) => version.as_str().to_owned(),
            None => format!("R__{}", script.description),
        };
        let transactional = match settings.in_transaction {
            Some(in_transaction) => in_transaction,
            None => allows_transaction(listing, name, text)?,
        };
        scripts.push((script, Migration { transactional, ..listing.migration(name, version) }));
    }
    // No version is less than any version, so that what is repeated has to be put last by itself.
    scripts.sort_by(|(one, _), (other, _)| {
        let repeated = one.version.is_none().cmp(&other.version.is_none());
        repeated
            .then_with(|| one.version.cmp(&other.version))
            .then_with(|| one.description.cmp(&other.description))
    });
    for pair in scripts.windows(2) {
        let [(one, first), (other, second)] = pair else { continue };
        if one.version.is_some() && one.version == other.version {
            let message = format!(
                "two migrations have the version {}: `{}` and `{}`",
                first.version, first.name, second.name
            );
            return Err(Error::new(ErrorKind::Config, message).hint("rename the newer one"));
        }
    }
    Ok(scripts.into_iter().map(|(_, migration)| migration).collect())
}

/// Scripts of Flyway that only Flyway can run are an error by name; any other file it reads over.
fn refuse_unknown(listing: &Listing, name: &str) -> Result<()> {
    let file = name.rsplit('/').next().unwrap_or_default();
    let Some((stem, extension)) = file.rsplit_once('.') else { return Ok(()) };
    let head = stem.split("__").next().unwrap_or_default();
    let is_version = |text: &str| FlywayVersion::parse(text).is_some();
    let why = match head.split_at_checked(1) {
        Some(("V", version)) if is_version(version) && extension != "sql" && extension != "conf" => {
            "a migration that is no SQL"
        }
        Some(("V", version)) if is_version(version) && stem == head => "a migration without a description",
        Some(("B", version)) if is_version(version) && extension == "sql" => "a baseline migration",
        _ => return Ok(()),
    };
    let message = format!("{why}, which the built-in runner does not run");
    Err(Error::new(ErrorKind::Config, message).at(listing.place(name, 1, 1)).hint(BY_ITSELF))
}

/// What `V1__name.sql.conf` says of its script.
struct Settings {
    in_transaction: Option<bool>,
    has_placeholders: bool,
}

impl Settings {
    fn read(listing: &Listing, script: &str) -> Result<Self> {
        let file = format!("{script}.conf");
        let mut settings = Self { in_transaction: None, has_placeholders: true };
        for (line, text) in listing.text(&file).unwrap_or_default().lines().enumerate() {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let problem = |message: String| {
                let error = Error::new(ErrorKind::Config, message);
                error.at(listing.place(&file, line + 1, 1)).hint(BY_ITSELF)
            };
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            let (key, value) = (key.trim(), value.trim());
            let truth = || {
                value.parse().map_err(|_| problem(format!("`{key}` is `true` or `false`, found `{value}`")))
            };
            match key {
                "executeInTransaction" => settings.in_transaction = Some(truth()?),
                "placeholderReplacement" => settings.has_placeholders = truth()?,
                "encoding" if value.eq_ignore_ascii_case("utf-8") => {}
                _ => return Err(problem(format!("the built-in runner does not know `{key}`"))),
            }
        }
        Ok(settings)
    }
}

/// Whether the script runs in a transaction; one that mixes what must with what must not is refused, as Flyway does.
fn allows_transaction(listing: &Listing, name: &str, text: &str) -> Result<bool> {
    let statements = statements::split(text);
    let Some(first) = statements.first() else { return Ok(true) };
    let is_allowed = allows(first);
    let Some(odd) = statements.iter().find(|statement| allows(statement) != is_allowed) else {
        return Ok(is_allowed);
    };
    let message = "statements that need a transaction beside such that allow none";
    let hint = "Flyway refuses it unless `mixed` is set: put each kind into a script of its own";
    let place = listing.place(name, odd.line, odd.column);
    Err(Error::new(ErrorKind::Config, message).at(place).hint(hint))
}

fn allows(statement: &Statement<'_>) -> bool {
    let words = statements::first_words(statement.text, 4);
    !WITHOUT_TRANSACTION
        .iter()
        .any(|head| words.strip_prefix(head).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{listing, told};
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &str) {
        assert_eq!(told(read(&listing(files))), expected);
    }

    #[test]
    fn versions_run_as_numbers_and_what_is_repeated_comes_last() {
        check(
            &[
                ("R__b_view.sql", ""),
                ("V10__d.sql", ""),
                ("core/V1_2__b.sql", ""),
                ("V1.10__c.sql", ""),
                ("V1__a.sql", ""),
                ("R__a_view.sql", ""),
                ("U1__a.sql", "DROP TABLE t"),
                ("notes.sql", ""),
            ],
            "1, 1.2, 1.10, 10, R__a view, R__b view",
        );
    }

    #[test]
    fn what_no_transaction_may_hold_runs_without_one() {
        check(&[("V1__a.sql", "-- why\ncreate /* x */ unique index\n concurrently i ON t (a);")], "1 alone");
        check(&[("V1__a.sql", "VACUUM")], "1 alone");
        check(&[("V1__a.sql", "CREATE INDEX i ON t (concurrently); VACUUMED")], "1");
        let conf = |text| {
            check(&[("V1__a.sql", "SELECT 1"), ("V1__a.sql.conf", text)], "1 alone");
        };
        conf("# why\nexecuteInTransaction=false\nencoding=UTF-8");
        check(&[("V1__a.sql", "VACUUM"), ("V1__a.sql.conf", "executeInTransaction = true")], "1");
    }

    #[test]
    fn what_flyway_refuses_is_told_with_its_place() {
        check(
            &[("V1__a.sql", "SELECT 1;\n  DROP INDEX CONCURRENTLY i;")],
            "/m/V1__a.sql:2:3: statements that need a transaction beside such that allow none",
        );
        check(
            &[("V1__a.sql", ""), ("sub/V1.0__b.sql", "")],
            "two migrations have the version 1: `V1__a.sql` and `sub/V1.0__b.sql`",
        );
    }

    #[test]
    fn what_only_flyway_can_run_is_refused_by_name() {
        let cannot = "which the built-in runner does not run";
        check(&[("B2__base.sql", "")], &format!("/m/B2__base.sql:1:1: a baseline migration, {cannot}"));
        check(&[("V2.sql", "")], &format!("/m/V2.sql:1:1: a migration without a description, {cannot}"));
        check(&[("V2__x.java", "")], &format!("/m/V2__x.java:1:1: a migration that is no SQL, {cannot}"));
        check(
            &[("V1__a.sql", "SELECT 1;\nGRANT ALL ON t TO ${role};")],
            "/m/V1__a.sql:2:19: a placeholder, whose value only Flyway knows",
        );
        let no = ("V1__a.sql.conf", "placeholderReplacement=false");
        check(&[("V1__a.sql", "SELECT '${x}'"), no], "1");
        check(
            &[("V1__a.sql", ""), ("V1__a.sql.conf", "shouldExecute=a==b")],
            "/m/V1__a.sql.conf:1:1: the built-in runner does not know `shouldExecute`",
        );
    }
}
