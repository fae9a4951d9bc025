//! Whose turn it is: an engine takes as many stacks as its memory holds, in the order in which their networks were made.

use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::quantity::{age, counted, size};
use crate::model::queue::{Place, Queue};
use crate::model::service::Service;

const MIB: u64 = 1 << 20;

/// What a container is reckoned with whose memory Compose does not limit. Once the incident's stack stood, the engine told 45
/// MiB of its web, 18 of its worker and 4 of its cache, and 409 of its database: with the pages that the kernel keeps for it as
/// long as nobody else wants them.
const SERVICE_BYTES: u64 = 128 * MIB;
const DATABASE_BYTES: u64 = 256 * MIB;
const TWIN_BYTES: u64 = 64 * MIB;
const SINK_BYTES: u64 = 32 * MIB;
/// A server that restores a dump and builds its indexes.
pub(super) const BUILDER_BYTES: u64 = 512 * MIB;
/// Names of stacks in one message.
const SHOWN: usize = 5;

/// The memory that a stack is reckoned with, in bytes: what Compose lets its containers have, and for one that is not
/// limited what such a container usually takes.
pub fn memory_wanted(environment: &Environment) -> u64 {
    let of_service = |(name, service): (&String, &Service)| {
        let limit = service.runtime.memory_bytes.and_then(|bytes| u64::try_from(bytes).ok());
        let is_database = environment.databases.contains_key(name);
        limit.filter(|bytes| *bytes > 0).unwrap_or(if is_database { DATABASE_BYTES } else { SERVICE_BYTES })
    };
    let twins = environment.databases.keys().filter(|name| environment.migrates(name));
    let services = environment.services.iter().map(of_service);
    let sink = environment.mail.iter().map(|_| SINK_BYTES);
    services.chain(twins.map(|_| TWIN_BYTES)).chain(sink).fold(0, u64::saturating_add)
}

/// Whether a stack may start its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There is room for it.
    Now,
    /// Those that came before it have the room.
    After {
        /// Them, as users name them, in the order in which they came.
        ahead: Vec<String>,
    },
}

/// Whether it is the turn of the stack that `network` belongs to, of which `wanted` bytes are reckoned. Whoever came first
/// goes first, so a large stack is not passed by small ones for ever. An error of kind `NoRoom` if its turn never comes.
pub fn turn(queue: &Queue, network: &str, wanted: u64, most_stacks: Option<usize>) -> Result<Turn> {
    let usable = usable(queue.memory_bytes);
    if wanted > usable {
        return Err(too_large(wanted, queue.memory_bytes));
    }
    let key = |place: &Place| (place.made_at, place.network.clone());
    let own = queue.places.iter().find(|place| place.network == network).map(key);
    let mut ahead: Vec<&Place> = queue
        .places
        .iter()
        .filter(|place| place.network != network)
        .filter(|place| own.as_ref().is_none_or(|own| key(place) < *own))
        .collect();
    ahead.sort_by_key(|place| key(place));
    let taken = ahead.iter().map(|place| place.memory_bytes).fold(0, u64::saturating_add);
    let fits = taken.saturating_add(wanted) <= usable;
    if fits && most_stacks.is_none_or(|most| ahead.len() < most) {
        return Ok(Turn::Now);
    }
    Ok(Turn::After { ahead: ahead.into_iter().map(|place| place.instance.clone()).collect() })
}

/// What stacks may have of a machine's memory: a fifth stays for the engine and everything else. Anything if the engine
/// does not say how much there is.
fn usable(memory_bytes: u64) -> u64 {
    if memory_bytes == 0 { u64::MAX } else { memory_bytes / 5 * 4 }
}

fn too_large(wanted: u64, memory_bytes: u64) -> Error {
    let message = format!(
        "the stack is reckoned with {} of memory, and the engine's machine lets stacks have {} of its {}",
        size(wanted),
        size(usable(memory_bytes)),
        size(memory_bytes),
    );
    Error::new(ErrorKind::NoRoom, message).hint("lower `mem_limit` of its services in the Compose file")
}

/// Who is waited for, for people.
pub fn waiting_for(ahead: &[String]) -> String {
    let shown = ahead.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = ahead.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{} before it: {shown}{more}", counted(ahead.len(), "stack", "stacks"))
}

/// The error of a stack whose turn did not come in time.
pub fn turn_missed(ahead: &[String], timeout_s: u64) -> Error {
    let message = format!("no room for another stack on this engine: {}", waiting_for(ahead));
    let error = Error::new(ErrorKind::NoRoom, message)
        .hint("`stage list` shows what stands, and `stage down NAME` makes room");
    error.hint(format!(
        "it waited {}; --queue-timeout waits longer, --max-stacks is how many may stand",
        age(timeout_s)
    ))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::plan::samples;

    const GIB: u64 = 1 << 30;

    fn queue(memory_bytes: u64, places: &[(&str, u64)]) -> Queue {
        let place = |(number, (name, bytes)): (usize, &(&str, u64))| Place {
            made_at: Timestamp::from_second(i64::try_from(number).unwrap()).unwrap(),
            network: (*name).to_owned(),
            instance: (*name).to_owned(),
            memory_bytes: *bytes,
        };
        Queue { memory_bytes, places: places.iter().enumerate().map(place).collect() }
    }

    #[test]
    fn who_came_first_goes_first_and_what_does_not_fit_waits() {
        let queue =
            queue(10 * GIB, &[("first", 3 * GIB), ("second", 4 * GIB), ("third", GIB), ("fourth", 1)]);
        let turn = |name: &str, bytes| turn(&queue, name, bytes, None).unwrap();
        assert_eq!(turn("first", 3 * GIB), Turn::Now);
        assert_eq!(turn("second", 4 * GIB), Turn::Now);
        assert_eq!(turn("third", GIB), Turn::Now, "eight of ten are for stacks");
        let ahead = ["first", "second", "third"].map(str::to_owned).to_vec();
        assert_eq!(turn("fourth", 1), Turn::After { ahead });
    }

    #[test]
    fn a_cap_counts_stacks_whatever_they_take() {
        let queue = queue(0, &[("first", 1), ("second", 1)]);
        assert_eq!(turn(&queue, "first", 1, Some(1)).unwrap(), Turn::Now);
        assert_eq!(turn(&queue, "second", 1, Some(1)).unwrap(), Turn::After { ahead: vec!["first".into()] });
        assert_eq!(turn(&queue, "second", 1, Some(2)).unwrap(), Turn::Now);
        assert!(matches!(turn(&queue, "unlisted", 1, Some(2)).unwrap(), Turn::After { .. }));
    }

    #[test]
    fn what_never_fits_is_told_at_once() {
        let error = turn(&queue(GIB, &[]), "first", GIB, None).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoRoom);
        assert!(error.to_string().contains("of memory"), "{error}");
    }

    #[test]
    fn a_stack_is_reckoned_with_its_limits_and_with_what_is_usual_otherwise() {
        let mut environment = samples::shop();
        let usual = memory_wanted(&environment);
        let web = environment.services.get_mut("web").unwrap();
        web.runtime.memory_bytes = Some(1 << 30);
        assert_eq!(memory_wanted(&environment), usual - SERVICE_BYTES + GIB);
        let database = environment.databases.keys().next().unwrap().clone();
        assert!(usual >= DATABASE_BYTES + TWIN_BYTES, "{database} and its twin");
    }

    #[test]
    fn many_are_not_all_named() {
        let ahead: Vec<String> = (1..=7).map(|number| format!("pr-{number}")).collect();
        assert_eq!(waiting_for(&ahead), "7 stacks before it: pr-1, pr-2, pr-3, pr-4, pr-5 and 2 more");
    }
}
