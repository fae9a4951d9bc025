//! Which large objects a stretch of log touched. They lie in two of the server's own tables, whose files are numbered like
//! themselves.

use std::collections::BTreeSet;

use crate::model::object::{ObjectCounts, WhichObjects};
use crate::model::tuples::TupleIds;
use crate::observe::wal::{TouchedRows, WalFacts};

/// `pg_largeobject`: a row for every two kilobytes.
const PAGES: u32 = 2613;
/// `pg_largeobject_metadata`: a row for every object.
const OBJECTS: u32 = 2995;
/// More places are better not listed.
const MOST_LISTED: u64 = 50_000;

/// Whether large objects of a database were touched.
pub fn are_touched(database_oid: u32, facts: &WalFacts) -> bool {
    [OBJECTS, PAGES].iter().any(|node| facts.rows.by_file.contains_key(&(database_oid, *node)))
}

/// What to ask for on both sides of the stretch; `None` if no large object was touched. `known` are those of earlier
/// stretches, whose places are not the seed's.
pub fn touched(database_oid: u32, facts: &WalFacts, known: &BTreeSet<u32>) -> Option<WhichObjects> {
    let of = |node: u32| facts.touched.get(&(database_oid, node));
    let (objects, pages) = (of(OBJECTS), of(PAGES));
    if objects.is_none() && pages.is_none() {
        return None;
    }
    let listed = |touched: Option<&TouchedRows>| match touched {
        None => Some(TupleIds::default()),
        Some(TouchedRows::At(ids)) if ids.len() <= MOST_LISTED => Some(ids.clone()),
        Some(_) => None,
    };
    Some(match (listed(objects), listed(pages)) {
        (Some(objects), Some(pages)) => WhichObjects::Touched { ids: known.clone(), objects, pages },
        _ => WhichObjects::All,
    })
}

/// Why to doubt the counts: the log has a row for every object that was made or removed.
pub fn doubt(database_oid: u32, facts: &WalFacts, counts: &ObjectCounts) -> Option<String> {
    let gross = facts.rows.by_file.get(&(database_oid, OBJECTS)).copied().unwrap_or_default();
    let more = i128::from(gross.inserted) - i128::from(gross.deleted);
    let told = i128::from(counts.made) - i128::from(counts.deleted);
    (more != told).then(|| {
        format!("large objects: the log has {more} more of them than before, and comparing them {told}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::GrossRows;

    fn facts(touched: &[(u32, TouchedRows)]) -> WalFacts {
        let touched = touched.iter().map(|(node, rows)| ((5, *node), rows.clone())).collect();
        WalFacts { touched, ..WalFacts::default() }
    }

    #[test]
    fn only_what_was_touched_is_asked_for() {
        let mut ids = TupleIds::default();
        ids.insert(0, 1..=2).unwrap();
        let known = BTreeSet::from([7]);
        assert_eq!(touched(5, &facts(&[(16_400, TouchedRows::At(ids.clone()))]), &known), None);
        let pages = TouchedRows::At(ids.clone());
        assert_eq!(touched(6, &facts(&[(PAGES, pages.clone())]), &known), None, "of another database");
        let expected = WhichObjects::Touched { ids: known.clone(), objects: TupleIds::default(), pages: ids };
        assert_eq!(touched(5, &facts(&[(PAGES, pages)]), &known), Some(expected));
        let all = touched(5, &facts(&[(OBJECTS, TouchedRows::TooMany)]), &known);
        assert_eq!(all, Some(WhichObjects::All));
    }

    #[test]
    fn the_log_and_the_comparison_agree_or_that_is_told() {
        let mut facts = WalFacts::default();
        let gross = GrossRows { inserted: 3, deleted: 1, ..GrossRows::default() };
        facts.rows.by_file.insert((5, OBJECTS), gross);
        let counts = |made, deleted| ObjectCounts { made, changed: 4, deleted, ..ObjectCounts::default() };
        assert_eq!(doubt(5, &facts, &counts(3, 1)), None);
        assert_eq!(doubt(5, &facts, &counts(2, 0)), None, "one was made and removed again");
        assert!(doubt(5, &facts, &counts(3, 0)).is_some());
    }
}
