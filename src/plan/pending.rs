//! Which migrations are pending, and what their tool would refuse to go on with. Both follow from its version table alone.

use crate::model::error::{Error, ErrorKind, Location};
use crate::model::flyway::{self, FlywayVersion};
use crate::model::migration::{AppliedMigration, AppliedState, Migration, MigrationLayout};

/// What a directory of migrations looks like beside its version table.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// The layout of both.
    pub layout: MigrationLayout,
    /// All migrations of the directory, in the order in which they run.
    pub all: &'a [Migration],
    /// Rows of the version table.
    pub applied: &'a [AppliedMigration],
}

impl<'a> History<'a> {
    /// What has to run, in order: what the version table lacks, and what Flyway repeats because it was changed.
    pub fn pending(&self) -> Vec<&'a Migration> {
        self.all.iter().filter(|migration| !self.is_done(migration)).collect()
    }

    /// Why the tool would run nothing at all, in its sense if not in its words; `None` if it would go on.
    pub fn refusal(&self) -> Option<Error> {
        self.failed().or_else(|| self.changed()).or_else(|| self.missing()).or_else(|| self.late())
    }

    fn is_done(&self, migration: &Migration) -> bool {
        let place = self.place(&migration.version);
        self.applied.iter().any(|row| match row.state {
            _ if self.repeats(&row.version) => {
                row.version == migration.version && row.checksum == Some(self.recorded(migration))
            }
            AppliedState::Applied | AppliedState::Failed => self.place(&row.version) == place,
            AppliedState::Reached => self.place(&row.version) >= place,
        })
    }

    fn failed(&self) -> Option<Error> {
        let row = self.applied.iter().find(|row| row.state == AppliedState::Failed)?;
        let table = self.layout.version_table();
        let message = format!("migration `{}` is marked as failed in `{table}`", self.name(&row.version));
        let error = Error::new(ErrorKind::Config, message)
            .hint(format!("{} runs nothing until that is repaired: in production, or by `stage down` and `stage up` where it failed here", self.layout));
        Some(self.at_its_file(error, &row.version))
    }

    fn changed(&self) -> Option<Error> {
        let is_changed = |row: &&AppliedMigration| {
            !self.repeats(&row.version)
                && row.checksum.is_some()
                && self.file(&row.version).is_some_and(|file| row.checksum != Some(self.recorded(file)))
        };
        let row = self.applied.iter().find(is_changed)?;
        let name = self.name(&row.version);
        let message = format!("migration `{name}` was changed after it had been applied");
        let error = Error::new(ErrorKind::Config, message)
            .hint("restore its text, and put the change into a new migration")
            .hint("if only a stack that stands has applied it: `stage down`, then `stage up`");
        Some(self.at_its_file(error, &row.version))
    }

    fn missing(&self) -> Option<Error> {
        let newest = self.all.iter().rfind(|file| !self.repeats(&file.version));
        let newest = newest.map(|file| self.place(&file.version));
        let is_missed = |row: &&AppliedMigration| match self.layout {
            MigrationLayout::Sqlx => true,
            MigrationLayout::GolangMigrate => row.state == AppliedState::Reached,
            // What is newer than every file is taken for the work of a newer release.
            MigrationLayout::Flyway => {
                row.state == AppliedState::Applied
                    && (self.repeats(&row.version) || Some(self.place(&row.version)) < newest)
            }
            _ => false,
        };
        let row = self.applied.iter().filter(is_missed).find(|row| self.file(&row.version).is_none())?;
        let message =
            format!("migration `{}` was applied in production, but its file is missing", row.version);
        Some(Error::new(ErrorKind::Config, message).hint("is this checkout older than the backup?"))
    }

    /// A pending migration that is older than one that was applied.
    fn late(&self) -> Option<Error> {
        if !matches!(self.layout, MigrationLayout::Flyway | MigrationLayout::Goose) {
            return None;
        }
        let rows = self.applied.iter().filter(|row| !self.repeats(&row.version));
        let newest = rows.map(|row| self.place(&row.version)).max()?;
        let late = self
            .pending()
            .into_iter()
            .find(|file| !self.repeats(&file.version) && self.place(&file.version) < newest)?;
        let message = format!("migration `{}` is older than one that production has applied", late.name);
        let error = Error::new(ErrorKind::Config, message)
            .hint(format!("give it a newer version: {} runs nothing out of order", self.layout));
        Some(self.at_its_file(error, &late.version))
    }

    fn file(&self, version: &str) -> Option<&'a Migration> {
        let place = self.place(version);
        self.all.iter().find(|file| self.place(&file.version) == place)
    }

    /// For people: the file's name, or the version of one that has no file.
    fn name<'n>(&self, version: &'n str) -> &'n str
    where
        'a: 'n,
    {
        self.file(version).map_or(version, |file| file.name.as_str())
    }

    fn at_its_file(&self, error: Error, version: &str) -> Error {
        let place = |file: &Migration| Location { file: file.path.clone(), line: 1, column: 1 };
        self.file(version).map(place).into_iter().fold(error, Error::at)
    }

    /// Whether Flyway runs it again whenever it was changed.
    fn repeats(&self, version: &str) -> bool {
        self.layout == MigrationLayout::Flyway && version.starts_with("R__")
    }

    /// A migration's checksum as its tool writes it.
    fn recorded(&self, migration: &Migration) -> String {
        match self.layout {
            MigrationLayout::Flyway => flyway::checksum(&migration.sql).to_string(),
            _ => migration.checksum.clone(),
        }
    }

    /// Where a version stands among the others of its layout.
    fn place<'v>(&self, version: &'v str) -> Place<'v> {
        let place = match self.layout {
            MigrationLayout::Sqlx | MigrationLayout::GolangMigrate | MigrationLayout::Goose => {
                version.parse().ok().map(Place::Number)
            }
            MigrationLayout::Flyway => FlywayVersion::parse(version).map(Place::Flyway),
            MigrationLayout::Diesel | MigrationLayout::Dbmate | MigrationLayout::Plain => None,
        };
        place.unwrap_or(Place::Text(version))
    }
}

/// What is repeated comes after all versions.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'v> {
    Number(u64),
    Flyway(FlywayVersion),
    Text(&'v str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use AppliedState::{Applied, Failed, Reached};
    use MigrationLayout::{Dbmate, Flyway, GolangMigrate, Goose, Sqlx};

    fn files(versions: &[&str]) -> Vec<Migration> {
        let file = |version: &&str| Migration {
            database: "db".into(),
            version: (*version).into(),
            name: format!("{version}.sql"),
            path: format!("/m/{version}.sql").into(),
            sql: (*version).into(),
            checksum: format!("sum-of-{version}"),
            transactional: true,
        };
        versions.iter().map(file).collect()
    }

    fn row(version: &str, checksum: Option<&str>, state: AppliedState) -> AppliedMigration {
        AppliedMigration { version: version.into(), checksum: checksum.map(str::to_owned), state }
    }

    /// Names of what is pending, or why nothing would run.
    fn told(layout: MigrationLayout, versions: &[&str], applied: &[AppliedMigration]) -> String {
        let all = files(versions);
        let history = History { layout, all: &all, applied };
        if let Some(refusal) = history.refusal() {
            return refusal.to_string();
        }
        history.pending().iter().map(|migration| migration.version.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_the_version_table_lacks_is_pending_in_the_order_of_the_directory() {
        let versions = ["1", "2", "10"];
        assert_eq!(told(Dbmate, &versions, &[]), "1 2 10");
        assert_eq!(told(Dbmate, &versions, &[row("2", None, Applied)]), "1 10");
        assert_eq!(told(Sqlx, &versions, &[row("2", Some("sum-of-2"), Applied)]), "1 10");
    }

    #[test]
    fn the_one_row_of_golang_migrate_stands_for_all_before_it() {
        let versions = ["1", "2", "10"];
        assert_eq!(told(GolangMigrate, &versions, &[row("2", None, Reached)]), "10");
        assert_eq!(told(GolangMigrate, &versions, &[row("10", None, Reached)]), "");
        assert_eq!(
            told(GolangMigrate, &versions, &[row("3", None, Reached)]),
            "migration `3` was applied in production, but its file is missing"
        );
        assert_eq!(
            told(GolangMigrate, &versions, &[row("2", None, Failed)]),
            "/m/2.sql:1:1: migration `2.sql` is marked as failed in `schema_migrations`"
        );
    }

    #[test]
    fn flyway_repeats_what_was_changed_and_nothing_else() {
        let versions = ["1", "R__views"];
        let same = flyway::checksum("R__views").to_string();
        let one = || row("1", Some(&flyway::checksum("1").to_string()), Applied);
        assert_eq!(told(Flyway, &versions, &[one()]), "R__views");
        assert_eq!(told(Flyway, &versions, &[one(), row("R__views", Some(&same), Applied)]), "");
        assert_eq!(told(Flyway, &versions, &[one(), row("R__views", Some("7"), Applied)]), "R__views");
    }

    #[test]
    fn flyway_begins_at_its_baseline_and_compares_versions_as_numbers() {
        assert_eq!(told(Flyway, &["1", "1.5", "2.0", "2.1"], &[row("2", None, Reached)]), "2.1");
    }

    #[test]
    fn a_script_that_was_changed_since_is_told_by_name() {
        assert_eq!(
            told(Sqlx, &["1"], &[row("1", Some("other"), Applied)]),
            "/m/1.sql:1:1: migration `1.sql` was changed after it had been applied"
        );
        assert!(told(Flyway, &["1"], &[row("1.0", Some("7"), Applied)]).contains("`1.sql` was changed"));
    }

    #[test]
    fn flyway_takes_a_newer_version_for_a_newer_release_and_misses_any_other() {
        assert_eq!(told(Flyway, &["1"], &[row("1", None, Applied), row("4", None, Applied)]), "");
        assert_eq!(
            told(Flyway, &["1", "3"], &[row("2", None, Applied)]),
            "migration `2` was applied in production, but its file is missing"
        );
    }

    #[test]
    fn flyway_and_goose_run_nothing_out_of_order() {
        let applied = [row("2", None, Applied)];
        for layout in [Flyway, Goose] {
            assert_eq!(
                told(layout, &["1", "2", "3"], &applied),
                "/m/1.sql:1:1: migration `1.sql` is older than one that production has applied"
            );
        }
        assert_eq!(told(Dbmate, &["1", "2", "3"], &applied), "1 3");
    }
}
