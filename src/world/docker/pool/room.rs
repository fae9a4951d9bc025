//! How much room there is, seen by the keeper.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use bollard::Docker;

use super::Pool;
use super::place::Place;
use crate::model::clones::{Extent, Room};
use crate::model::error::{Error, ErrorKind, Result};

/// Where the file behind the loop device is, and with it the disk: a keeper that does not see it has a file of its own
/// that the engine keeps beside. Of btrfs `df` leaves out what was written and is still in memory, up to a fifth of the machine's
/// (`vm.dirty_ratio`): it will take its room in the pool and on the disk. The kernel tells anybody
/// (<https://btrfs.readthedocs.io/en/latest/ch-sysfs.html>).
const MEASURE: &str = r#"disk=/back
[ -d "$disk" ] || disk=/etc/hostname
df --block-size=1 --output=size,avail,source /pool "$disk" | {
    read -r _
    read -r size free source
    read -r disk_size disk_free _
    for device in /sys/fs/btrfs/*/devices/"${source##*/}"; do
        for unwritten in "${device%/devices/*}"/allocation/data/bytes_may_use "${device%/devices/*}"/allocation/data/bytes_reserved; do
            [ -r "$unwritten" ] && read -r bytes <"$unwritten" || bytes=0
            free=$((free > bytes ? free - bytes : 0))
            disk_free=$((disk_free > bytes ? disk_free - bytes : 0))
        done
    done
    echo "$size $free"
    echo "$disk_size $disk_free"
}"#;

/// How long a measure that a clone brought along is as good as one of its own.
const FRESH: Duration = Duration::from_secs(1);

/// A script that measures after its work, because a trip of its own to the keeper would cost more than it.
pub(super) fn measured_after(script: &str) -> String {
    format!("(\n{script}\n) >/dev/null || exit\n{MEASURE}")
}

impl Pool {
    /// Keeps what a script measured after its work, for the next who asks.
    pub(super) fn note_room(&self, place: &Place, measured: &str) {
        let noted = room(place, measured).map(|room| (Instant::now(), room));
        *self.noted.lock().unwrap_or_else(PoisonError::into_inner) = noted;
    }

    /// Room in the place in force; `None` while there is none.
    pub(in crate::world::docker) async fn room(&self, docker: &Docker) -> Result<Option<Room>> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((at, room)) = noted
            && at.elapsed() < FRESH
        {
            return Ok(Some(room));
        }
        let volumes = self.volume_labels(docker).await?;
        let Some(driver) = self.decide(&volumes)? else { return Ok(None) };
        let place = self.place(driver);
        if !volumes.contains_key(place.anchor()) {
            return Ok(None);
        }
        let measured = place.script(docker, "measure the pool", MEASURE, &[]).await?;
        room(&place, &measured).map(Some).ok_or_else(|| {
            Error::new(ErrorKind::Bug, format!("could not measure the pool: `df` said {measured:?}"))
        })
    }

    /// Makes the pool at least so large.
    pub(in crate::world::docker) async fn grow(&self, docker: &Docker, size_bytes: u64) -> Result<()> {
        self.place_in_force(docker).await?.grow(docker, size_bytes).await
    }
}

fn room(place: &Place, measured: &str) -> Option<Room> {
    let mut extents = measured.lines().filter_map(|line| {
        let mut numbers = line.split_whitespace().map(str::parse);
        Some(Extent { size_bytes: numbers.next()?.ok()?, free_bytes: numbers.next()?.ok()? })
    });
    let (pool, disk) = (extents.next()?, extents.next()?);
    // Without a loop device the pool is on the disk itself, which may be another than that of the engine's own files.
    let is_behind_loop = place.back.is_some();
    Some(Room {
        driver: place.driver,
        pool: is_behind_loop.then_some(pool),
        disk: if is_behind_loop { disk } else { pool },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::model::clones::CloneDriver;
    use crate::world::docker::shells::Shells;

    #[test]
    fn a_pool_is_measured_with_the_disk_below_it() {
        let place = |driver| Place::new("p", driver, HashMap::new(), Shells::default());
        let measured = "   100  40\n 1000 500\n";
        let behind_loop = room(&place(CloneDriver::Xfs), measured).unwrap();
        assert_eq!(behind_loop.pool, Some(Extent { size_bytes: 100, free_bytes: 40 }));
        assert_eq!(behind_loop.disk.free_bytes, 500);
        let plain = room(&place(CloneDriver::Copy), measured).unwrap();
        assert_eq!((plain.pool, plain.disk.free_bytes), (None, 40));
        assert_eq!(room(&place(CloneDriver::Copy), "df: no"), None);
    }
}
