//! Addresses: each stack gets a /28 of a pool of our own, as the engine's default pools end at about 31 networks.

use std::net::Ipv4Addr;

use crate::model::error::{Error, ErrorKind, Result};
use crate::model::name::RunId;

/// All addresses: 10.213.0.0/16.
const POOL_START: u32 = u32::from_be_bytes([10, 213, 0, 0]);
const POOL_SIZE: u32 = 1 << 16;
/// A network is not smaller than this, and a power of two: there is room for 4096 that are no larger.
const NETWORK_SIZE: u32 = 16;

/// A subnet with at least so many addresses that none of `taken` overlaps. Where the search begins depends on the run and the try, so that runs that
/// plan at once seldom meet.
pub fn free_subnet(taken: &[String], addresses: usize, run: &RunId, attempt: u32) -> Result<String> {
    let size =
        u32::try_from(addresses).unwrap_or(u32::MAX).clamp(NETWORK_SIZE, POOL_SIZE).next_power_of_two();
    let networks = POOL_SIZE / size;
    let taken: Vec<(u32, u32)> = taken.iter().filter_map(|subnet| range(subnet)).collect();
    let seed = run.0.bytes().fold(attempt.wrapping_mul(2_654_435_761), |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    });
    (0..networks)
        .map(|step| POOL_START + (seed.wrapping_add(step) % networks) * size)
        .find(|&first| is_free(first, size, &taken))
        .map(|first| format!("{}/{}", Ipv4Addr::from(first), u32::BITS - size.trailing_zeros()))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NoRoom,
                "all addresses of 10.213.0.0/16 are taken by networks of this engine",
            )
            .hint("see what stands with `docker network ls`, and run `stage sweep`")
        })
}

/// How many networks of the usual size none of `taken` overlaps.
pub fn free_subnets(taken: &[String]) -> usize {
    let taken: Vec<(u32, u32)> = taken.iter().filter_map(|subnet| range(subnet)).collect();
    (0..POOL_SIZE / NETWORK_SIZE)
        .filter(|n| is_free(POOL_START + n * NETWORK_SIZE, NETWORK_SIZE, &taken))
        .count()
}

fn is_free(first: u32, size: u32, taken: &[(u32, u32)]) -> bool {
    let last = first + (size - 1);
    taken.iter().all(|&(taken_first, taken_last)| last < taken_first || taken_last < first)
}

/// The first and the last address of a subnet.
pub(super) fn range(subnet: &str) -> Option<(u32, u32)> {
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
        let first = free_subnet(&["172.17.0.0/16".into(), "fd00::/64".into()], 14, &run(), 0).unwrap();
        let second = free_subnet(std::slice::from_ref(&first), 14, &run(), 0).unwrap();
        assert_ne!(first, second);
        assert!(first.ends_with("/28"));
    }

    #[test]
    fn a_pool_that_is_taken_as_a_whole_is_no_room() {
        let error = free_subnet(&["10.0.0.0/8".into()], 14, &run(), 0).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoRoom);
    }

    #[test]
    fn networks_of_others_leave_fewer() {
        assert_eq!(free_subnets(&["172.17.0.0/16".into()]), 4096);
        assert_eq!(free_subnets(&["10.213.0.0/24".into(), "10.213.1.0/28".into()]), 4096 - 17);
    }

    #[test]
    fn another_try_begins_elsewhere() {
        assert_ne!(free_subnet(&[], 14, &run(), 0).unwrap(), free_subnet(&[], 14, &run(), 1).unwrap());
    }

    #[test]
    fn a_large_stack_gets_a_large_subnet() {
        let bits =
            |addresses| free_subnet(&[], addresses, &run(), 0).unwrap().split_once('/').unwrap().1.to_owned();
        assert_eq!([bits(5), bits(16), bits(17), bits(70)], ["28", "28", "27", "25"]);
    }
}
