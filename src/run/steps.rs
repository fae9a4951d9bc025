//! The migrations of a command told apart: what is looked at before it runs, and what is made of the log behind it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::catalog::{Catalog, Column};
use crate::model::class::ClassPlace;
use crate::model::error::Result;
use crate::model::lsn::Lsn;
use crate::model::step::Step;
use crate::model::version_table::{self, VersionTableKind};
use crate::observe::step::{self, Evidence, KnownRow};
use crate::observe::wal::{Commits, Reader};
use crate::world::Database;

/// A database before a command.
pub(super) struct Outlook {
    catalog: Catalog,
    classes: Vec<ClassPlace>,
    known: Vec<KnownRow>,
    from: Lsn,
}

impl Outlook {
    /// Looks at what the log's words will be about, and makes the reader record them.
    pub async fn record(
        database: &Arc<dyn Database>,
        catalog: &Catalog,
        reader: &mut Reader,
    ) -> Result<Self> {
        let (classes, known) = tokio::try_join!(database.classes(), known_rows(database, catalog))?;
        reader.record(catalog);
        Ok(Self { catalog: catalog.clone(), classes, known, from: reader.position() })
    }

    /// The steps of the command that has ended, `after` being the catalogue since.
    pub async fn steps(
        &self,
        database: &Arc<dyn Database>,
        after: &Catalog,
        reader: &mut Reader,
    ) -> Result<Vec<Step>> {
        let commits: Commits = reader.take_commits().unwrap_or_default();
        let evidence = Evidence {
            commits: &commits,
            before: &self.catalog,
            after,
            known: &self.known,
            from: self.from,
            until: reader.position(),
        };
        let (slices, unknown) = step::steps(&evidence);
        let mut toast = toast(&self.classes);
        if unknown.iter().any(|(_, node)| !toast.contains(node)) {
            toast.extend(self::toast(&database.classes().await?));
        }
        Ok(step::settle(slices, &toast))
    }
}

/// Rows of which an UPDATE may write the differences alone.
async fn known_rows(database: &Arc<dyn Database>, catalog: &Catalog) -> Result<Vec<KnownRow>> {
    let mut known = Vec::new();
    for table in catalog.tables.values() {
        let moved = version_table::of_name(&table.name.name).filter(|it| it.kind == VersionTableKind::Moves);
        let Some(column) = moved.and_then(|moved| moved.columns.first()) else { continue };
        // Text alone lies in a row as it is read.
        let is_text = |it: &Column| it.type_name == "text" || it.type_name.starts_with("character varying");
        if let [only] = table.columns.as_slice()
            && only.name == *column
            && is_text(only)
        {
            let file = (catalog.database_oid, table.filenode);
            let texts = database.texts(&table.name, column).await?;
            known.extend(texts.into_iter().map(|(at, text)| KnownRow { file, at, text }));
        }
    }
    Ok(known)
}

fn toast(classes: &[ClassPlace]) -> BTreeSet<u32> {
    classes.iter().filter(|class| class.is_toast).map(|class| class.filenode).collect()
}
