//! Clones and frozen seeds: made, listed and deleted by the keeper, whatever the driver.

use std::collections::BTreeSet;

use bollard::Docker;
use futures_util::future::try_join_all;

use super::keeper::succeeded;
use super::place::Place;
use super::{Pool, folders, room, subvolumes};
use crate::model::clones::CloneDriver;
use crate::model::container::CloneOrigin;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::seed::SeedKey;
use crate::world::docker::volumes;

impl Pool {
    /// Makes `clones/CLONE`, a copy of a seed or empty; one that is there counts as made.
    pub(in crate::world::docker) async fn make_clone(
        &self,
        docker: &Docker,
        clone: &str,
        origin: &CloneOrigin,
    ) -> Result<()> {
        let place = self.place_in_force(docker).await?;
        let action = format!("make clone {clone}");
        let clone = plain(clone)?;
        let is_btrfs = place.driver == CloneDriver::Btrfs;
        let CloneOrigin::Seed(key) = origin else {
            let script = if is_btrfs { subvolumes::CREATE } else { folders::CREATE };
            return place.script(docker, &action, script, &[clone]).await.map(|_| ());
        };
        let key = plain(key.short())?;
        let (script, option) = if is_btrfs {
            (subvolumes::CLONE, None)
        } else {
            (folders::CLONE, Some(folders::copy_option(place.driver)))
        };
        let arguments: Vec<&str> = [key, clone].into_iter().chain(option).collect();
        match place.script(docker, &action, &room::measured_after(script), &arguments).await {
            Ok(measured) => {
                self.note_room(&place, &measured);
                Ok(())
            }
            Err(error) => Err(self.naming_its_place(docker, key, error).await),
        }
    }

    /// A seed that cannot be cloned here may be that of another driver: then that is the thing to say.
    async fn naming_its_place(&self, docker: &Docker, key: &str, error: Error) -> Error {
        let Ok(places) = self.existing(docker).await else { return error };
        for place in places {
            let is_there = list(&place, docker, "seeds").await.is_ok_and(|seeds| seeds.contains(key));
            if is_there && Some(place.driver) != self.known_driver() {
                return error.hint(format!("seed {key} is one of `--clones {}`", place.driver));
            }
        }
        error
    }

    /// Freezes `clones/CLONE` as `seeds/KEY`. A registered seed of this key counts as frozen.
    pub(in crate::world::docker) async fn freeze(
        &self,
        docker: &Docker,
        clone: &str,
        key: &SeedKey,
    ) -> Result<()> {
        let place = self.place_in_force(docker).await?;
        let (clone, short) = (plain(clone)?, plain(key.short())?);
        if volumes::inspect(docker, &key.volume()).await?.is_some()
            && list(&place, docker, "seeds").await?.contains(short)
        {
            return Ok(());
        }
        let is_btrfs = place.driver == CloneDriver::Btrfs;
        let script = if is_btrfs { subvolumes::FREEZE } else { folders::FREEZE };
        place.script(docker, &format!("freeze seed {key}"), script, &[clone, short]).await.map(|_| ())
    }

    /// Deletes `clones/CLONE`, in whatever place it is.
    pub(in crate::world::docker) async fn delete_clone(&self, docker: &Docker, clone: &str) -> Result<()> {
        self.delete(docker, &format!("clone {clone}"), "clones", plain(clone)?).await
    }

    /// Deletes `seeds/KEY`, in whatever place it is.
    pub(in crate::world::docker) async fn delete_seed(&self, docker: &Docker, key: &SeedKey) -> Result<()> {
        self.delete(docker, &format!("seed {key}"), "seeds", plain(key.short())?).await
    }

    /// Names of all clones of all places, unfinished ones too.
    pub(in crate::world::docker) async fn clones(&self, docker: &Docker) -> Result<Vec<String>> {
        self.list(docker, "clones").await
    }

    /// Names of all frozen seeds of all places.
    pub(in crate::world::docker) async fn frozen(&self, docker: &Docker) -> Result<Vec<String>> {
        self.list(docker, "seeds").await
    }

    async fn list(&self, docker: &Docker, folder: &str) -> Result<Vec<String>> {
        let places = self.existing(docker).await?;
        let listed = try_join_all(places.iter().map(|place| list(place, docker, folder))).await?;
        Ok(listed.into_iter().flatten().collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// How many bytes a clone holds, shared ones counted.
    pub(in crate::world::docker) async fn clone_size_bytes(
        &self,
        docker: &Docker,
        clone: &str,
    ) -> Result<u64> {
        let action = format!("measure clone {clone}");
        let path = format!("/pool/clones/{}", plain(clone)?);
        let place = self.place_in_force(docker).await?;
        let measured = place.ask(docker, &["du", "--summarize", "--block-size=1", &path]).await?;
        let text = succeeded(&action, ErrorKind::Unreachable, measured)?;
        let size = text.split_whitespace().next().and_then(|size| size.parse().ok());
        size.ok_or_else(|| Error::new(ErrorKind::Bug, format!("could not {action}: `du` said {text:?}")))
    }

    /// Looks in the place in force first, and in the others only for what is not there: a name is in one place at most.
    async fn delete(&self, docker: &Docker, what: &str, folder: &str, name: &str) -> Result<()> {
        let mut places = self.existing(docker).await?;
        places.sort_by_key(|place| Some(place.driver) != self.known_driver());
        for place in places {
            let is_btrfs = place.driver == CloneDriver::Btrfs;
            let script = if is_btrfs { subvolumes::DELETE } else { folders::DELETE };
            let ran = place.ask(docker, &["sh", "-c", script, "stage", folder, name]).await?;
            if succeeded(&format!("delete {what}"), ErrorKind::Leftover, ran)?.trim() == "deleted" {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// What is in a folder of a place; to its clones belong those that are not whole yet.
async fn list(place: &Place, docker: &Docker, folder: &str) -> Result<BTreeSet<String>> {
    const LIST: &str =
        r#"ls -1 -A "/pool/$1"; [ "$1" != clones ] || ls -1 -A /pool/partial 2>/dev/null || true"#;
    let listed = place.script(docker, &format!("list {folder}"), LIST, &[folder]).await?;
    Ok(listed.lines().map(str::to_owned).collect())
}

/// A name that is one step of a path and nothing else.
fn plain(name: &str) -> Result<&str> {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_plain {
        Ok(name)
    } else {
        Err(Error::new(ErrorKind::Bug, format!("`{name}` cannot be the name of a clone or a seed")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder() {
        assert_eq!(plain("stage-shop-4f1c-db-data").unwrap(), "stage-shop-4f1c-db-data");
        for name in ["", "..", "a/b", "-rf", "a b", "a\nb"] {
            assert!(plain(name).is_err(), "{name:?}");
        }
    }
}
