//! Whether there is room, before anything starts: real free bytes of the pool and of the disk below it decide.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::clones::{CloneDriver, Extent, Room};
use crate::model::error::{Error, ErrorKind};
use crate::model::quantity;
use crate::model::seed::{SeedKey, SeedRecord};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A cluster without rows, with its first segments of log.
const EMPTY_CLUSTER_BYTES: u64 = 256 * MIB;
/// What a database of a compressed dump takes with its indexes, as a multiple of the dump: 7.3 was measured.
const OF_COMPRESSED_DUMP: u64 = 8;
/// The same of a dump in plain text: 2.1 was measured.
const OF_PLAIN_DUMP: u64 = 3;
/// Log and catalogue that a server writes on a clone, however little it does, and its untouched twin.
const CLONE_BYTES: u64 = 96 * MIB;
/// A pool is never filled to the brim: btrfs needs room even to delete.
const SPARE_BYTES: u64 = 512 * MIB;

/// Growing takes a second, on a busy machine two: more than a server writes meanwhile.
const HEADROOM_BYTES: u64 = 4 * GIB;
/// Less is not worth the second.
const LEAST_GROWTH_BYTES: u64 = 256 * MIB;
/// What a fast disk takes, or a server that writes into memory, in a second.
const WRITTEN_BYTES_PER_S: u64 = 2 * GIB;

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What for, as users read it (`a seed of db`).
    pub what: String,
    /// How much, in bytes, by estimate.
    pub bytes: u64,
}

/// What the facts mean for a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomDecision {
    /// It fits.
    Enough,
    /// It fits once the pool is larger; the disk has that.
    Grow {
        /// How large the pool is to be.
        size_bytes: u64,
    },
    /// The disk does not have it.
    Refuse(Shortage),
}

/// By how much something does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// What was to be written.
    pub need: Need,
    /// Free bytes of the disk.
    pub free_bytes: u64,
    /// Bytes of the disk that stay free, whatever happens.
    pub reserve_bytes: u64,
}

/// How much the seed of a database needs. What an earlier one of the same database took tells more than the dump.
pub fn seed_need(database: &str, dump_bytes: u64, is_plain_text: bool, earlier: &[&SeedRecord]) -> Need {
    let largest = earlier.iter().map(|seed| seed.size_bytes).max();
    let factor = if is_plain_text { OF_PLAIN_DUMP } else { OF_COMPRESSED_DUMP };
    let rows = largest.map_or(dump_bytes.saturating_mul(factor), |size| size / 4 * 5);
    Need { what: format!("a seed of {database}"), bytes: rows.saturating_add(EMPTY_CLUSTER_BYTES) }
}

/// How much the clones of `seeds` need: each database twice, as it is migrated and as it was.
pub fn clones_need<'a>(seeds: impl IntoIterator<Item = &'a SeedRecord>, driver: CloneDriver) -> Need {
    let of_seed = |seed: &SeedRecord| {
        let copied = if driver.shares_blocks() { 0 } else { seed.size_bytes.saturating_mul(2) };
        // A tenth is what a migration changes that does not rewrite the largest table.
        copied.saturating_add(seed.size_bytes / 10).saturating_add(CLONE_BYTES)
    };
    let bytes = seeds.into_iter().map(of_seed).fold(0, u64::saturating_add);
    Need { what: "the clones".to_owned(), bytes }
}

/// How large a pool that is written to is to be, if it is to be larger: beside `spoken_for_bytes`, what is free is to last until the
/// next look and for as long as growing takes. Nobody depends on it: that the disk has no more is told by whoever writes.
pub fn grow_room_in_time(room: &Room, spoken_for_bytes: u64) -> Option<u64> {
    let pool = room.pool?;
    let wanted_free = spoken_for_bytes.saturating_add(HEADROOM_BYTES).saturating_add(SPARE_BYTES);
    if pool.free_bytes >= wanted_free {
        return None;
    }
    let used = pool.size_bytes.saturating_sub(pool.free_bytes);
    let wanted = pool.size_bytes.saturating_mul(2).max(used.saturating_add(wanted_free));
    let size_bytes = wanted.min(most_bytes(room, pool)) / MIB * MIB;
    (size_bytes >= pool.size_bytes.saturating_add(LEAST_GROWTH_BYTES)).then_some(size_bytes)
}

/// How long a pool that is written to may be left alone. Not even the fastest server writes what is free beyond the headroom
/// before the next look; what it writes within the shortest pause is a part of the headroom.
pub fn look_at_room_in(room: &Room) -> Duration {
    const SELDOM: Duration = Duration::from_secs(2);
    const OFTEN: Duration = Duration::from_millis(250);
    let Some(pool) = room.pool else { return SELDOM };
    if most_bytes(room, pool) < pool.size_bytes.saturating_add(LEAST_GROWTH_BYTES) {
        // It cannot grow, however full it is.
        return SELDOM;
    }
    let beyond = pool.free_bytes.saturating_sub(HEADROOM_BYTES.saturating_add(SPARE_BYTES));
    Duration::from_millis(beyond / (WRITTEN_BYTES_PER_S / 1000)).clamp(OFTEN, SELDOM)
}

/// How large a pool can be without promising more than the disk has.
fn most_bytes(room: &Room, pool: Extent) -> u64 {
    let spendable = room.disk.free_bytes.saturating_sub(reserve_bytes(room));
    pool.size_bytes.saturating_sub(pool.free_bytes).saturating_add(spendable)
}

/// Enough, larger, or not at all. The file of a pool is sparse: what the pool promises is worth what the disk below has,
/// less a reserve, so that no pool runs its host out of disk.
pub fn decide(room: &Room, need: &Need) -> RoomDecision {
    let reserve_bytes = reserve_bytes(room);
    let free_bytes = room.disk.free_bytes;
    let spendable = free_bytes.saturating_sub(reserve_bytes);
    if need.bytes > spendable {
        return RoomDecision::Refuse(Shortage { need: need.clone(), free_bytes, reserve_bytes });
    }
    let Some(pool) = room.pool else { return RoomDecision::Enough };
    let wanted_free = need.bytes.saturating_add(SPARE_BYTES);
    if wanted_free <= pool.free_bytes {
        return RoomDecision::Enough;
    }
    let at_least = pool.size_bytes.saturating_add(wanted_free - pool.free_bytes);
    // Twice as large, with room for what a migration writes, is seldom asked for again, though btrfs sets up to a quarter of it aside;
    // more than the disk holds is never promised.
    let generous = pool.size_bytes.saturating_mul(2).max(at_least.saturating_add(HEADROOM_BYTES));
    let size_bytes = generous.min(most_bytes(room, pool)).max(at_least);
    RoomDecision::Grow { size_bytes: size_bytes.next_multiple_of(MIB) }
}

/// What stays free on the disk below: a twentieth of it, but never less than 1 GiB nor more than 8.
fn reserve_bytes(room: &Room) -> u64 {
    (room.disk.size_bytes / 20).clamp(GIB, 8 * GIB)
}

/// The error of a shortage, with the seeds that could go, the largest first; `used` are those that are about to be cloned.
pub fn no_room(shortage: &Shortage, seeds: &[SeedRecord], used: &[&SeedKey], now: Timestamp) -> Error {
    const SHOWN: usize = 5;
    let Shortage { need, free_bytes, reserve_bytes } = shortage;
    let message = format!(
        "no room for {}: it needs about {}, and the engine's disk has {} free, of which {} stay free",
        need.what,
        quantity::size(need.bytes),
        quantity::size(*free_bytes),
        quantity::size(*reserve_bytes),
    );
    let mut error = Error::new(ErrorKind::NoRoom, message);
    let mut prunable: Vec<&SeedRecord> = seeds.iter().filter(|seed| !used.contains(&&seed.key)).collect();
    prunable.sort_by_key(|seed| (std::cmp::Reverse(seed.size_bytes), seed.sealed_at));
    for seed in prunable.iter().take(SHOWN) {
        let age = now.duration_since(seed.sealed_at).as_secs();
        error = error.hint(format!(
            "`stage seed remove {}` frees {} ({} of {}, {} old)",
            seed.key,
            quantity::size(seed.size_bytes),
            seed.database,
            seed.environment,
            quantity::age(u64::try_from(age).unwrap_or_default()),
        ));
    }
    if prunable.is_empty() {
        error = error.hint("no other seed is there to remove: free disk where the engine keeps its volumes");
    }
    error.hint("`docker system df` shows what else is on the engine's disk")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn room(pool: Option<(u64, u64)>, disk: (u64, u64)) -> Room {
        let extent = |(size, free): (u64, u64)| Extent { size_bytes: size * GIB, free_bytes: free * GIB };
        Room { driver: CloneDriver::Btrfs, pool: pool.map(extent), disk: extent(disk) }
    }

    fn need(gib: u64) -> Need {
        Need { what: "a seed of db".into(), bytes: gib * GIB }
    }

    #[track_caller]
    fn grown(room: &Room, gib: u64) -> u64 {
        match decide(room, &need(gib)) {
            RoomDecision::Grow { size_bytes } => size_bytes / GIB,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_fits_needs_nothing_and_what_would_not_lets_the_pool_grow() {
        let pool = room(Some((8, 6)), (200, 100));
        assert_eq!(decide(&pool, &need(5)), RoomDecision::Enough);
        assert_eq!(grown(&pool, 6), 16, "twice as large");
        assert_eq!(
            grown(&pool, 20),
            26,
            "and larger if that is not enough: 20.5 and 4 must be free beside 2"
        );
    }

    #[test]
    fn a_pool_never_promises_more_than_the_disk_has_and_never_fills_it() {
        // 8 of the 30 free stay free; the pool holds 2 already.
        let pool = room(Some((16, 14)), (200, 30));
        assert_eq!(grown(&pool, 15), 24);
        assert_eq!(grown(&pool, 22), 24);
        assert!(matches!(decide(&pool, &need(23)), RoomDecision::Refuse(_)));
        // What the pool says is free is worth nothing if the disk below is not.
        let promised = room(Some((100, 90)), (200, 9));
        assert!(matches!(decide(&promised, &need(2)), RoomDecision::Refuse(_)));
    }

    #[test]
    fn beside_what_is_spoken_for_there_is_room_to_write_as_far_as_the_disk_has_it() {
        let grown = |free, gib| {
            grow_room_in_time(&room(Some((8, 6)), (200, free)), gib * GIB).map(|bytes| bytes / GIB)
        };
        assert_eq!(grown(100, 1), None);
        // That would fit, but then too little would be left for what a migration writes.
        assert_eq!(grown(100, 2), Some(16));
        // 8 of what the disk has stay free.
        assert_eq!(grown(15, 2), Some(9));
        assert_eq!(grown(14, 2), None);
    }

    #[test]
    fn a_pool_grows_before_it_is_full_as_far_as_the_disk_goes() {
        let grown =
            |pool, free| grow_room_in_time(&room(Some(pool), (200, free)), 0).map(|bytes| bytes / GIB);
        assert_eq!(grown((8, 5), 100), None);
        assert_eq!(grown((8, 4), 100), Some(16));
        assert_eq!(grown((1, 1), 100), Some(4), "twice as large would still be too little");
        assert_eq!(grown((8, 4), 13), Some(9));
        assert_eq!(grown((8, 4), 12), None, "the disk has no more than the pool promises");
    }

    #[test]
    fn a_pool_is_looked_at_the_more_often_the_less_is_free() {
        let look = |free, of_disk| look_at_room_in(&room(Some((100, free)), (200, of_disk))).as_millis();
        assert_eq!([50, 6, 5, 2].map(|free| look(free, 100)), [2_000, 750, 250, 250]);
        assert_eq!([5, 2].map(|free| look(free, 10)), [2_000, 2_000], "the disk has no more");
        assert_eq!(look_at_room_in(&room(None, (200, 1))).as_millis(), 2_000);
    }

    #[test]
    fn without_a_pool_the_disk_alone_decides() {
        assert_eq!(decide(&room(None, (20, 5)), &need(4)), RoomDecision::Enough);
        assert!(matches!(decide(&room(None, (20, 5)), &need(5)), RoomDecision::Refuse(_)));
    }

    fn seed(key: &str, size_bytes: u64, sealed_at: &str) -> SeedRecord {
        SeedRecord {
            key: SeedKey(key.into()),
            environment: "shop".into(),
            database: "db".into(),
            backup_taken_at: Timestamp::UNIX_EPOCH,
            sealed_at: sealed_at.parse().unwrap(),
            size_bytes,
            build_s: 1.0,
            rows: BTreeMap::new(),
        }
    }

    #[test]
    fn a_refusal_names_what_could_go_the_largest_first_and_never_what_is_used() {
        let seeds = [
            seed("aaaaaaaaaaaa", 645_000_000, "2026-01-02T00:00:00Z"),
            seed("bbbbbbbbbbbb", 5_200_000_000, "2026-01-03T00:00:00Z"),
            seed("cccccccccccc", 9_000_000_000, "2026-01-03T00:00:00Z"),
        ];
        let RoomDecision::Refuse(shortage) = decide(&room(None, (100, 6)), &need(4)) else { panic!() };
        let now = "2026-01-04T06:00:00Z".parse().unwrap();
        let error = no_room(&shortage, &seeds, &[&seeds[2].key], now);
        assert_eq!(error.kind.exit_code(), 7);
        assert_eq!(
            error.to_string(),
            "no room for a seed of db: it needs about 4.3 GB, and the engine's disk has 6.4 GB free, \
             of which 5.4 GB stay free"
        );
        assert_eq!(
            error.hints[..2],
            [
                "`stage seed remove bbbbbbbbbbbb` frees 5.2 GB (db of shop, 1 d 6 h old)",
                "`stage seed remove aaaaaaaaaaaa` frees 645 MB (db of shop, 2 d 6 h old)"
            ]
        );
    }

    #[test]
    fn a_seed_needs_what_the_last_one_took_else_a_multiple_of_its_dump() {
        let earlier = seed("a", 800 * MIB, "2026-01-02T00:00:00Z");
        assert_eq!(seed_need("db", 10, false, &[&earlier]).bytes, 1256 * MIB);
        assert_eq!(seed_need("db", 100 * MIB, false, &[]).bytes, 1056 * MIB);
        assert_eq!(seed_need("db", 100 * MIB, true, &[]).bytes, 556 * MIB);
    }

    #[test]
    fn full_copies_need_their_whole_size_twice() {
        let seeds = [seed("a", 1000 * MIB, "2026-01-02T00:00:00Z")];
        assert_eq!(clones_need(&seeds, CloneDriver::Btrfs).bytes, 196 * MIB);
        assert_eq!(clones_need(&seeds, CloneDriver::Copy).bytes, 2196 * MIB);
    }
}
