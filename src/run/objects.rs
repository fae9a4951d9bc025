//! What became of large objects in a migration: those that the log shows as touched are compared.

use std::collections::{BTreeMap, BTreeSet};

use super::lost::Sides;
use crate::model::error::Result;
use crate::model::object::{ObjectCounts, ObjectDigests, WhichObjects};
use crate::model::tuples::TupleIds;
use crate::observe::objects::{doubt, touched};
use crate::observe::wal::WalFacts;

/// What is known so far of the large objects of one database that were ever touched: what each holds, if it is there.
#[derive(Debug, Default)]
pub(super) struct ObjectWitness {
    known: BTreeMap<u32, Option<String>>,
}

impl ObjectWitness {
    /// What became of them in a stretch of the log, and why to doubt it.
    pub async fn changes(
        &mut self,
        sides: Sides<'_>,
        database_oid: u32,
        facts: &WalFacts,
    ) -> Result<(ObjectCounts, Option<String>)> {
        let known: BTreeSet<u32> = self.known.keys().copied().collect();
        let Some(which) = touched(database_oid, facts, &known) else { return Ok(Default::default()) };
        let (seed, live) = tokio::try_join!(sides.before.objects(&which), sides.live.objects(&which))?;
        // Each side knows by the places alone those that are there; what is gone from one is asked for by its id.
        let both: BTreeSet<u32> = seed.keys().chain(live.keys()).copied().collect();
        let is_whole = both.iter().all(|id| seed.contains_key(id) && live.contains_key(id));
        let (seed, live) = if is_whole { (seed, live) } else { self.by_id(sides, &both).await? };
        let before = |id: &u32| self.known.get(id).cloned().unwrap_or_else(|| seed.get(id).cloned());
        let former: ObjectDigests =
            both.iter().chain(&known).filter_map(|id| Some((*id, before(id)?))).collect();
        let missing = seed.keys().filter(|id| !live.contains_key(id)).count() as u64;
        let in_seed = sides.before.object_count().await?;
        let counts = ObjectCounts { missing, in_seed, ..ObjectCounts::between(&former, &live) };
        for id in former.keys().chain(live.keys()) {
            self.known.insert(*id, live.get(id).cloned());
        }
        Ok((counts, doubt(database_oid, facts, &counts)))
    }

    async fn by_id(&self, sides: Sides<'_>, ids: &BTreeSet<u32>) -> Result<(ObjectDigests, ObjectDigests)> {
        let ids = ids.iter().chain(self.known.keys()).copied().collect();
        let (objects, pages) = (TupleIds::default(), TupleIds::default());
        let which = WhichObjects::Touched { ids, objects, pages };
        tokio::try_join!(sides.before.objects(&which), sides.live.objects(&which))
    }
}
