//! The tables in which migration tools note what they ran: no data, and where one migration of a command ends.

/// A tool's version table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionTable {
    /// Its name, in whatever schema.
    pub name: &'static str,
    /// How its tool writes to it.
    pub kind: VersionTableKind,
    /// Columns whose values make the name that people know a migration by.
    pub columns: &'static [&'static str],
    /// What stands between them.
    pub joint: &'static str,
}

/// How a tool notes a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionTableKind {
    /// Every migration has a row; an UPDATE of it is about the same migration.
    Rows,
    /// As `Rows`, and the row is there before the migration has run: until this column has a value.
    RowsUntil(&'static str),
    /// There is one row, which every migration updates (Alembic: one for each branch).
    Moves,
    /// There is one row, written anew before the migration, when this column is true, and after it
    /// (golang-migrate). A table without the column is one of `Rows`, of another tool.
    Dirty(&'static str),
}

const fn rows(name: &'static str, columns: &'static [&'static str], joint: &'static str) -> VersionTable {
    VersionTable { name, kind: VersionTableKind::Rows, columns, joint }
}

/// The version tables that are known. `schema_migrations` is that of Rails, dbmate, Sequel and golang-migrate.
const TABLES: [VersionTable; 18] = [
    rows("__diesel_schema_migrations", &["version"], ""),
    rows("__drizzle_migrations", &["id"], ""),
    VersionTable {
        kind: VersionTableKind::RowsUntil("finished_at"),
        ..rows("_prisma_migrations", &["migration_name"], "")
    },
    rows("_sqlx_migrations", &["version", "description"], " "),
    rows("_yoyo_migration", &["migration_id"], ""),
    VersionTable { kind: VersionTableKind::Moves, ..rows("alembic_version", &["version_num"], "") },
    rows("databasechangelog", &["filename", "id", "author"], "::"),
    rows("django_migrations", &["app", "name"], "."),
    rows("flyway_schema_history", &["script"], ""),
    rows("goose_db_version", &["version_id"], ""),
    rows("gorp_migrations", &["id"], ""),
    rows("knex_migrations", &["name"], ""),
    rows("pgmigrations", &["name"], ""),
    rows("refinery_schema_history", &["version", "name"], "__"),
    VersionTable { kind: VersionTableKind::Moves, ..rows("schema_info", &["version"], "") },
    VersionTable { kind: VersionTableKind::Dirty("dirty"), ..rows("schema_migrations", &["version"], "") },
    rows("seaql_migrations", &["version"], ""),
    rows("stage_migrations", &["name"], ""),
];

/// Tables in which tools keep something else for themselves.
const OTHERS: [&str; 6] = [
    "_yoyo_log",
    "_yoyo_version",
    "ar_internal_metadata",
    "databasechangeloglock",
    "knex_migrations_lock",
    "yoyo_lock",
];

/// The version table of this name; `None` if a table is none.
pub fn of_name(table: &str) -> Option<&'static VersionTable> {
    TABLES.iter().find(|known| known.name == table)
}

/// Whether a table of this name is a tool's own, and so holds no data.
pub fn is_bookkeeping(table: &str) -> bool {
    of_name(table).is_some() || OTHERS.contains(&table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::migration::MigrationLayout;

    #[test]
    fn the_tables_of_all_layouts_are_known() {
        for layout in MigrationLayout::ALL {
            assert!(of_name(layout.version_table()).is_some(), "{layout}");
        }
    }

    #[test]
    fn a_table_of_data_is_none() {
        assert!(is_bookkeeping("ar_internal_metadata") && is_bookkeeping("alembic_version"));
        assert!(!is_bookkeeping("people") && of_name("yoyo_lock").is_none());
    }
}
