//! Addresses: each stack gets a /28 of a pool of our own, as the engine's default pools end at about 31 networks.

use std::net::Ipv4Addr;

use crate::model::error::{Error, ErrorKind, Result};
use crate::model::name::RunId;

/// 4096 networks of 14 addresses each: 10.213.0.0/16.
const POOL_START: u32 = u32::from_be_bytes([10, 213, 0, 0]);
const POOL_NETWORKS: u32 = 4096;
const NETWORK_SIZE: u32 = 16;

/// A subnet that none of `taken` overlaps. Where the search begins depends on the run and the try, so that runs that
/// plan at once seldom meet.
pub fn free_subnet(taken: &[String], run: &RunId, attempt: u32) -> Result<String> {
    let taken: Vec<(u32, u32)> = taken.iter().filter_map(|subnet| range(subnet)).collect();
    let seed = run.0.bytes().fold(attempt.wrapping_mul(2_654_435_761), |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    });
    (0..POOL_NETWORKS)
        .map(|step| POOL_START + (seed.wrapping_add(step) % POOL_NETWORKS) * NETWORK_SIZE)
        .find(|&first| is_free(first, &taken))
        .map(|first| format!("{}/28", Ipv4Addr::from(first)))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NoRoom,
                "all addresses of 10.213.0.0/16 are taken by networks of this engine",
            )
            .hint("see what stands with `docker network ls`, and run `stage sweep`")
        })
}

/// How many networks none of `taken` overlaps.
pub fn free_subnets(taken: &[String]) -> usize {
    let taken: Vec<(u32, u32)> = taken.iter().filter_map(|subnet| range(subnet)).collect();
    (0..POOL_NETWORKS).filter(|n| is_free(POOL_START + n * NETWORK_SIZE, &taken)).count()
}

fn is_free(first: u32, taken: &[(u32, u32)]) -> bool {
    let last = first + NETWORK_SIZE - 1;
    taken.iter().all(|&(taken_first, taken_last)| last < taken_first || taken_last < first)
}

fn range(subnet: &str) -> Option<(u32, u32)> {
    let (address, bits) = subnet.split_once('/')?;
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
    let hosts = u32::MAX.checked_shr(bits).unwrap_or(0);
    Some((address & !hosts, address | hosts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunId {
        RunId("4f1c9a0b7d22".into())
    }

    #[test]
    fn a_subnet_is_free_of_everything_that_is_taken() {
        let first = free_subnet(&["172.17.0.0/16".into(), "fd00::/64".into()], &run(), 0).unwrap();
        let second = free_subnet(std::slice::from_ref(&first), &run(), 0).unwrap();
        assert_ne!(first, second);
        assert!(first.ends_with("/28"));
    }

    #[test]
    fn a_pool_that_is_taken_as_a_whole_is_no_room() {
        let error = free_subnet(&["10.0.0.0/8".into()], &run(), 0).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoRoom);
    }

    #[test]
    fn networks_of_others_leave_fewer() {
        assert_eq!(free_subnets(&["172.17.0.0/16".into()]), 4096);
        assert_eq!(free_subnets(&["10.213.0.0/24".into(), "10.213.1.0/28".into()]), 4096 - 17);
    }

    #[test]
    fn another_try_begins_elsewhere() {
        assert_ne!(free_subnet(&[], &run(), 0).unwrap(), free_subnet(&[], &run(), 1).unwrap());
    }
}
