//! Where sequences stand behind a migration, and whether they are behind the columns that they give values to.

use std::collections::{BTreeMap, BTreeSet};

use super::lost::Sides;
use crate::model::catalog::Catalog;
use crate::model::error::Result;
use crate::model::name::TableName;
use crate::model::sequence::{Behind, Sequence, SequenceChange};
use crate::observe::sequences::{column_in_seed, held_against, in_seed, looked_at};
use crate::observe::wal::WalFacts;
use crate::world::Database;

/// What is known of the sequences of one database so far. Values are read only of sequences that may have changed.
#[derive(Debug)]
pub(super) struct SequenceWitness {
    seed: Catalog,
    /// Files that the log ever shows as written.
    written: BTreeSet<u32>,
    /// What each would give next, by its oid, as it was read last.
    next: BTreeMap<u32, i64>,
    /// Those that were last told to be behind, by their oids.
    behind: BTreeMap<u32, TableName>,
}

impl SequenceWitness {
    /// A witness that knows the seed's catalogue.
    pub fn new(seed: Catalog) -> Self {
        Self { seed, written: BTreeSet::new(), next: BTreeMap::new(), behind: BTreeMap::new() }
    }

    /// What became of sequences between two catalogues; `facts` are those of the log between them, and `touched` the tables
    /// that the migration touched.
    pub async fn changes(
        &mut self,
        sides: Sides<'_>,
        (before, after): (&Catalog, &Catalog),
        facts: &WalFacts,
        touched: &BTreeSet<TableName>,
    ) -> Result<Vec<SequenceChange>> {
        let own = facts.sequences.iter().filter(|(database, _)| *database == after.database_oid);
        self.written.extend(own.map(|(_, node)| *node));
        let sequences = looked_at((before, after), &self.written, touched);
        let next = next(&**sides.live, &sequences).await?;
        let mut changes = Vec::new();
        for (sequence, next) in sequences.into_iter().zip(next) {
            let next_before = self.next_before(sides, sequence).await?;
            self.next.insert(sequence.oid, next);
            let behind = self.behind(sides, sequence, next, after).await?;
            let was_behind = match &behind {
                Some(_) => self.behind.insert(sequence.oid, sequence.name.clone()),
                None => self.behind.remove(&sequence.oid),
            };
            let has_moved = next_before.is_some_and(|before| before != next);
            if has_moved || behind.is_some() != was_behind.is_some() {
                let (sequence, next_after) = (sequence.name.clone(), Some(next));
                changes.push(SequenceChange { sequence, next_before, next_after, behind });
            }
        }
        let is_gone = |oid: &u32, _: &mut TableName| after.sequences.iter().all(|it| it.oid != *oid);
        for (oid, sequence) in self.behind.extract_if(.., is_gone) {
            let next_before = self.next.get(&oid).copied();
            changes.push(SequenceChange { sequence, next_before, next_after: None, behind: None });
        }
        changes.sort_by(|one, other| one.sequence.cmp(&other.sequence));
        Ok(changes)
    }

    /// What a sequence would have given next before the migration: what nobody wrote to stands where the seed's does.
    async fn next_before(&self, sides: Sides<'_>, sequence: &Sequence) -> Result<Option<i64>> {
        if let Some(known) = self.next.get(&sequence.oid) {
            return Ok(Some(*known));
        }
        let Some(seed) = in_seed(sequence, &self.seed) else { return Ok(None) };
        Ok(next(&**sides.before, &[seed]).await?.first().copied())
    }

    /// The column that the sequence is behind, unless the seed's was behind it already: what production lives with is no
    /// doing of the migration.
    async fn behind(
        &self,
        sides: Sides<'_>,
        sequence: &Sequence,
        next: i64,
        now: &Catalog,
    ) -> Result<Option<Behind>> {
        let is_down = sequence.increment < 0;
        for (fed, held) in held_against(sequence, now) {
            let Some(reach) = sides.live.reach(&held.table, &held.column, is_down).await? else { continue };
            if !sequence.is_behind(next, reach) {
                continue;
            }
            let seed = in_seed(sequence, &self.seed).zip(column_in_seed(fed, now, &self.seed));
            if let Some((seed, held)) = seed
                && let Some(reach) = sides.before.reach(&held.table, &held.column, is_down).await?
                && self::next(&**sides.before, &[seed]).await?.iter().all(|next| seed.is_behind(*next, reach))
            {
                continue;
            }
            return Ok(Some(Behind { table: held.table, column: held.column, reach }));
        }
        Ok(None)
    }
}

/// What each sequence gives next.
async fn next(database: &dyn Database, sequences: &[&Sequence]) -> Result<Vec<i64>> {
    if sequences.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<TableName> = sequences.iter().map(|sequence| sequence.name.clone()).collect();
    let states = database.sequences(&names).await?;
    Ok(sequences.iter().zip(states).map(|(sequence, state)| sequence.next(state)).collect())
}
