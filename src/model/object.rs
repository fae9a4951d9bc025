//! Large objects, which are in no table of the user's.

use std::collections::{BTreeMap, BTreeSet};

use super::tuples::TupleIds;

/// Which large objects are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichObjects {
    /// All.
    All,
    /// Those with these ids, and those that have a row in the server's own tables where others were touched.
    Touched {
        /// Ids.
        ids: BTreeSet<u32>,
        /// Places in the table of objects.
        objects: TupleIds,
        /// Places in the table of their pages.
        pages: TupleIds,
    },
}

/// Digests of what large objects hold, by id.
pub type ObjectDigests = BTreeMap<u32, String>;

/// How many large objects a migration made, changed and removed, rolled-back ones left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectCounts {
    /// Objects that were not there before it.
    pub made: u64,
    /// Objects whose bytes are others than before it.
    pub changed: u64,
    /// Objects that are there no more.
    pub deleted: u64,
    /// Objects of the seed that are there no more, earlier migrations included. 0, as the next one, where this one touched
    /// none.
    pub missing: u64,
    /// Objects in the seed.
    pub in_seed: u64,
}

impl ObjectCounts {
    /// How two states differ, for the ids that either knows; what became of those of the seed is left open.
    pub fn between(before: &ObjectDigests, after: &ObjectDigests) -> Self {
        let mut counts = Self::default();
        for (id, digest) in after {
            match before.get(id) {
                None => counts.made += 1,
                Some(former) if former != digest => counts.changed += 1,
                Some(_) => {}
            }
        }
        counts.deleted = before.keys().filter(|id| !after.contains_key(id)).count() as u64;
        counts
    }

    /// Whether none was touched, or left as it was before.
    pub fn is_none(&self) -> bool {
        [self.made, self.changed, self.deleted] == [0; 3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_known_by_their_ids_and_what_they_hold() {
        let state = |objects: &[(u32, &str)]| {
            objects.iter().map(|(id, digest)| (*id, (*digest).to_owned())).collect::<ObjectDigests>()
        };
        let before = state(&[(1, "a"), (2, "b"), (3, "c")]);
        let counts = ObjectCounts::between(&before, &state(&[(1, "a"), (2, "x"), (4, "c"), (5, "d")]));
        assert_eq!(counts, ObjectCounts { made: 2, changed: 1, deleted: 1, missing: 0, in_seed: 0 });
        assert!(ObjectCounts::between(&before, &before).is_none());
    }
}
