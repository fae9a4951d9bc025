//! Large objects, every byte of them, before and after: what the meter says of them is held against it.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;
use stage::model::change::Change;

/// All large objects of a database by their ids.
pub type Objects = BTreeMap<i64, Vec<u8>>;

/// Every byte of every large object.
pub async fn read(connection: &mut PgConnection) -> Objects {
    let sql = "SELECT oid::int8, lo_get(oid) FROM pg_largeobject_metadata";
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as(sql).persistent(false).fetch_all(connection).await.unwrap();
    rows.into_iter().collect()
}

/// Where what is told of one migration is not so.
pub fn contradictions(change: &Change, seed: &Objects, before: &Objects, after: &Objects) -> Option<String> {
    let made = after.keys().filter(|id| !before.contains_key(id)).count() as u64;
    let deleted = before.keys().filter(|id| !after.contains_key(id)).count() as u64;
    let other = |(id, bytes): &(&i64, &Vec<u8>)| after.get(id).is_some_and(|now| now != *bytes);
    let changed = before.iter().filter(other).count() as u64;
    let told = change.objects;
    let is_told = (told.made, told.changed, told.deleted) == (made, changed, deleted);
    let missing = seed.keys().filter(|id| !after.contains_key(id)).count() as u64;
    // Since the seed, only by a migration that touched any.
    let is_net = told.is_none() || (told.missing, told.in_seed) == (missing, seed.len() as u64);
    (!is_told || !is_net).then(|| {
        format!(
            "large objects: told {told:?}, but {made} made, {changed} changed, {deleted} deleted, {missing} of {} missing",
            seed.len()
        )
    })
}
