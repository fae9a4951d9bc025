//! What the log says of `ACCESS EXCLUSIVE` locks joined with what samples saw of them: the log has every one of them and
//! when it ended, samples know when it began.

use std::collections::BTreeMap;

use crate::observe::wal::ExclusiveHold;

/// From when to when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the unit comes last")]
pub(super) struct Span {
    pub since_us: i64,
    pub until_us: i64,
    /// A moment at which it surely was: most of the rest may be the pause between two samples.
    pub certain_us: i64,
}

/// A lock that samples saw.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenExclusive {
    pub relation: u32,
    /// Before this it was not held.
    pub since_us: i64,
    /// The first sample that has it.
    pub first_us: i64,
    /// The last sample that has it.
    pub seen_us: i64,
    /// The first that has not.
    pub gone_us: i64,
}

impl Span {
    /// Of what samples alone have seen, one of them at `seen_us`.
    pub fn sampled(since_us: i64, until_us: i64, seen_us: i64) -> Self {
        Self { since_us, until_us, certain_us: seen_us.clamp(since_us, until_us) }
    }

    pub fn length_us(self) -> i64 {
        self.until_us - self.since_us
    }

    /// From the beginning of both to their end.
    pub fn with(self, other: Self) -> Self {
        Self {
            since_us: self.since_us.min(other.since_us),
            until_us: self.until_us.max(other.until_us),
            certain_us: self.certain_us.max(other.certain_us),
        }
    }
}

/// Every lock with its relation, the transaction if the log has it, and the time that it was held; where nobody saw it,
/// the longest that it can have been. `times_us` are those of all samples, in order.
pub(super) fn join<'a>(
    times_us: &[i64],
    seen: &[SeenExclusive],
    holds: impl Iterator<Item = &'a ExclusiveHold>,
) -> Vec<(u32, Option<u32>, Span)> {
    let mut by_relation: BTreeMap<u32, Vec<&ExclusiveHold>> = BTreeMap::new();
    for hold in holds {
        by_relation.entry(hold.relation.1).or_default().push(hold);
    }
    for holds in by_relation.values_mut() {
        holds.sort_by_key(|hold| hold.until_us);
    }
    let mut joined = Vec::new();
    for it in seen {
        let hold = by_relation.get_mut(&it.relation).and_then(|holds| take(holds, it));
        let until_us = hold.map_or(it.gone_us, |hold| hold.until_us.max(it.seen_us));
        let sampled = Span::sampled(it.since_us.min(until_us), until_us, it.seen_us);
        // A sample's own time may come after the lock has gone.
        let span = Span { certain_us: hold.map_or(sampled.certain_us, |hold| hold.until_us), ..sampled };
        joined.push((it.relation, hold.map(|hold| hold.xid), span));
    }
    for (relation, holds) in by_relation {
        for hold in holds {
            let sampled = times_us[..times_us.partition_point(|at| *at < hold.until_us)].last().copied();
            let since_us = sampled.max(hold.after_us).map_or(hold.until_us, |since| since.min(hold.until_us));
            joined.push((
                relation,
                Some(hold.xid),
                Span { since_us, until_us: hold.until_us, certain_us: hold.until_us },
            ));
        }
    }
    joined
}

/// Takes the one that a lock that was seen is. A server notes the end of a transaction before it lets go of its locks, and may
/// be held up in between: what ended between the first and the last sample that have the lock is this one, as no other
/// transaction can have had it meanwhile. Else it is the first that ended behind them, unless it began behind the first of
/// them, else the last before, when it may have been held.
fn take<'a>(holds: &mut Vec<&'a ExclusiveHold>, seen: &SeenExclusive) -> Option<&'a ExclusiveHold> {
    let behind = holds.partition_point(|hold| hold.until_us < seen.seen_us);
    let before_since = |since_us| behind.checked_sub(1).filter(|&at| holds[at].until_us >= since_us);
    let is_next = |hold: &&ExclusiveHold| {
        hold.until_us <= seen.gone_us && hold.after_us.is_none_or(|after| after <= seen.first_us)
    };
    let next = || Some(behind).filter(|&at| holds.get(at).is_some_and(is_next));
    let at = before_since(seen.first_us).or_else(next).or_else(|| before_since(seen.since_us))?;
    Some(holds.remove(at))
}
