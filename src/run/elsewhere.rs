//! The other databases of the server: each is measured as the first one is, from the first migration on that did something
//! there. Until then nobody connects to it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::lost::Sides;
use super::settle::Settled;
use crate::model::catalog::Catalog;
use crate::model::class::ClassPlace;
use crate::model::database::{DatabaseChange, DatabaseEvent};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::lsn::Lsn;
use crate::observe::change::Observer;
use crate::observe::databases::{has_other_files, touched};
use crate::observe::objects;
use crate::observe::wal::{Reader, WalFacts};
use crate::world::Database;

/// How much of the log is read in one go.
const CHUNK_BYTES: usize = 4 << 20;

/// What is known so far of the other databases.
pub(super) struct Elsewhere {
    /// Their names in the seed, by oid.
    in_seed: BTreeMap<u32, String>,
    /// Those in which something was done, by oid.
    known: BTreeMap<u32, Known>,
}

/// A database in which something was done.
struct Known {
    observer: Observer,
    last: Catalog,
    tables_in_seed: usize,
    /// Of those tables that were counted: all of them, once the database is gone.
    rows_in_seed: u64,
}

/// A stretch of the log between two looks at the catalogue.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'a> {
    /// Where it begins, between two records.
    pub from: Lsn,
    /// Where it ends.
    pub until: Lsn,
    /// The size of one file of the log.
    pub segment_size_bytes: u64,
    /// What it says.
    pub facts: &'a WalFacts,
}

/// What a stretch of the log did elsewhere.
#[derive(Default)]
pub(super) struct DoneElsewhere {
    /// Databases that came, went or were renamed.
    pub databases: Vec<DatabaseChange>,
    /// Tables under the names of their databases, and doubts.
    pub settled: Settled,
    /// Where rows of `pg_class` lie now, by the oid of their database: from here on the log can be followed there.
    pub classes: Vec<(u32, Vec<ClassPlace>)>,
}

/// A database on the sides on which it is there.
struct Ends {
    before: Option<Arc<dyn Database>>,
    live: Option<Arc<dyn Database>>,
}

impl Elsewhere {
    /// Nothing was done yet; `seed` is the catalogue of the database that is migrated.
    pub fn new(seed: &Catalog) -> Self {
        Self { in_seed: seed.databases.clone(), known: BTreeMap::new() }
    }

    /// What a stretch of the log did to other databases, between two catalogues of the one that is migrated, both of whose
    /// sides are at hand. What cannot be looked at is doubted.
    pub async fn changes(
        &mut self,
        sides: Sides<'_>,
        (before, after): (&Catalog, &Catalog),
        stretch: Stretch<'_>,
    ) -> Result<DoneElsewhere> {
        let mut done = DoneElsewhere::default();
        for oid in touched(before, after, stretch.facts) {
            let (then, now) = (before.databases.get(&oid), after.databases.get(&oid));
            // One that was made and dropped in one go leaves nothing, and took nothing.
            let Some(name) = now.or(then) else { continue };
            let event = match (then, now) {
                (None, Some(_)) => Some(DatabaseEvent::Created),
                (Some(then), Some(now)) if then != now => Some(DatabaseEvent::Renamed { from: then.clone() }),
                // With what the seed has of it, which is to be asked for.
                (Some(_), None) => Some(DatabaseEvent::Dropped { tables: 0, rows: 0 }),
                _ => None,
            };
            let looked = self.look(sides, oid, now, stretch, &mut done).await;
            let settled = match looked {
                Ok(settled) => settled,
                Err(error) if matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Unverified) => {
                    let doubt = format!("what was done there could not be looked at: {}", error.message);
                    Settled { tables: Vec::new(), doubts: vec![doubt] }
                }
                Err(error) => return Err(error),
            };
            let event = match (event, self.known.get(&oid)) {
                (Some(DatabaseEvent::Dropped { .. }), Some(known)) => {
                    Some(DatabaseEvent::Dropped { tables: known.tables_in_seed, rows: known.rows_in_seed })
                }
                (event, _) => event,
            };
            done.databases.extend(event.map(|event| DatabaseChange { name: name.clone(), event }));
            done.settled
                .doubts
                .extend(settled.doubts.into_iter().map(|doubt| format!("database {name}: {doubt}")));
            let named = settled.tables.into_iter().map(|mut change| {
                change.table = change.table.elsewhere(name);
                change
            });
            done.settled.tables.extend(named);
        }
        Ok(done)
    }

    /// What was done to the tables of one database, which is called `now` unless it is gone.
    async fn look(
        &mut self,
        sides: Sides<'_>,
        oid: u32,
        now: Option<&String>,
        stretch: Stretch<'_>,
        done: &mut DoneElsewhere,
    ) -> Result<Settled> {
        let ends = Ends {
            before: beside(sides.before, self.in_seed.get(&oid)).await?,
            live: beside(sides.live, now).await?,
        };
        let settled = self.compare(sides, oid, &ends, stretch, done).await;
        // A later migration may drop it, or copy it, for which nobody may be connected.
        for end in ends.before.iter().chain(&ends.live) {
            end.close().await;
        }
        settled
    }

    async fn compare(
        &mut self,
        sides: Sides<'_>,
        oid: u32,
        ends: &Ends,
        stretch: Stretch<'_>,
        done: &mut DoneElsewhere,
    ) -> Result<Settled> {
        let mut again = None;
        let known = match self.known.entry(oid) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(entry) => {
                again = follow(sides.live, oid, ends, stretch).await?;
                entry.insert(Known::of_seed(oid, ends.before.as_ref()).await?)
            }
        };
        let (after, classes) = match &ends.live {
            Some(live) => tokio::try_join!(live.catalog(), live.classes())?,
            None => (Catalog { database_oid: oid, ..Catalog::default() }, Vec::new()),
        };
        done.classes.push((oid, classes));
        let facts = again.as_ref().unwrap_or(stretch.facts);
        known.count(ends.before.as_ref(), &after, facts).await?;
        let touched = known.observer.migration(&known.last, &after, facts);
        known.last = after;
        let (before, live) = match (&ends.before, &ends.live) {
            (Some(before), Some(live)) => (before, live),
            // Where a database is gone, or was never in the seed, nothing is asked of that side.
            (Some(only), None) | (None, Some(only)) => (only, only),
            (None, None) => return Ok(Settled::default()),
        };
        let mut settled = Sides { before, live }.settle_all(touched).await?;
        if objects::are_touched(oid, stretch.facts) {
            let doubt = "large objects were touched there, which are told of the migrated database alone";
            settled.doubts.push(doubt.to_owned());
        }
        Ok(settled)
    }
}

impl Known {
    /// As the seed has it; without anything if it has not. Nothing is counted yet: only what is touched has to be.
    async fn of_seed(oid: u32, before: Option<&Arc<dyn Database>>) -> Result<Self> {
        let last = match before {
            Some(before) => before.catalog().await?,
            None => Catalog { database_oid: oid, ..Catalog::default() },
        };
        let tables_in_seed = last.tables.len();
        Ok(Self {
            observer: Observer::new(last.clone(), BTreeMap::new()),
            last,
            tables_in_seed,
            rows_in_seed: 0,
        })
    }

    /// Counts in the seed what has to be known of the next migration.
    async fn count(
        &mut self,
        before: Option<&Arc<dyn Database>>,
        after: &Catalog,
        facts: &WalFacts,
    ) -> Result<()> {
        let tables = self.observer.uncounted(after, facts);
        let (Some(before), false) = (before, tables.is_empty()) else { return Ok(()) };
        let counts = before.count(&tables).await?;
        self.rows_in_seed += counts.iter().sum::<u64>();
        self.observer.count(tables.into_iter().zip(counts).collect());
        Ok(())
    }
}

async fn beside(of: &Arc<dyn Database>, name: Option<&String>) -> Result<Option<Arc<dyn Database>>> {
    match name {
        Some(name) => of.beside(name).await.map(Some),
        None => Ok(None),
    }
}

/// The log could not be followed from file to file in a database of which nothing was known: now that it is known whose file
/// is whose, it is read once more. `None` where that is not needed, or the log is gone by now.
async fn follow(
    live: &Arc<dyn Database>,
    oid: u32,
    ends: &Ends,
    stretch: Stretch<'_>,
) -> Result<Option<WalFacts>> {
    let Some(before) = ends.before.as_ref().filter(|_| has_other_files(oid, stretch.facts)) else {
        return Ok(None);
    };
    let classes = before.classes().await?;
    Ok(read_again(live, stretch, oid, &classes).await.ok())
}

/// A stretch of the log with knowledge of where rows of `pg_class` lay at its beginning.
async fn read_again(
    live: &Arc<dyn Database>,
    stretch: Stretch<'_>,
    oid: u32,
    classes: &[ClassPlace],
) -> Result<WalFacts> {
    let mut reader = Reader::new(stretch.from, stretch.segment_size_bytes);
    reader.know(oid, classes);
    while reader.position() < stretch.until {
        let bytes = live.read_wal(reader.position(), stretch.until, CHUNK_BYTES).await?;
        if bytes.is_empty() {
            break;
        }
        let unreadable =
            |cause| Error::new(ErrorKind::Unverified, "the write-ahead log could not be read").because(cause);
        reader.feed(&bytes).map_err(unreadable)?;
    }
    Ok(reader.finish())
}
