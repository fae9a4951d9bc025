//! Clones and frozen seeds: subvolumes, made and deleted by the keeper.

use bollard::Docker;

use super::Pool;
use crate::model::container::CloneOrigin;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::seed::SeedKey;
use crate::world::docker::errors::could_not;
use crate::world::docker::exec::{self, Ran};
use crate::world::docker::volumes;

// Each is one trip to the keeper (70 ms). The text is fixed; paths come as arguments. A snapshot onto a path that exists
// would nest silently in it, so the path is looked at first; only one run ever uses a name.
const SNAPSHOT: &str = r#"[ -e "$2" ] && exit 0
[ -d "$1" ] || { echo "there is no $1" >&2; exit 3; }
exec btrfs subvolume snapshot "$1" "$2""#;
const CREATE: &str = r#"[ -e "$1" ] && exit 0
exec btrfs subvolume create "$1""#;
// A frozen leftover of the same key is deleted: nothing registered it, so nobody knows whether it is whole. A read-only
// subvolume must be made writable before an ordinary user may delete it.
const FREEZE: &str = r#"[ -d "$1" ] || { echo "there is no $1" >&2; exit 3; }
if [ -e "$2" ]; then
    btrfs property set -ts "$2" ro false && btrfs subvolume delete "$2" || exit 4
fi
exec btrfs subvolume snapshot -r "$1" "$2""#;
// Committed before it returns; the file system then frees the space by itself within moments. Waiting for that
// (`btrfs subvolume sync`) is refused to a container without privileges.
const DELETE: &str = r#"[ -e "$1" ] || exit 0
btrfs property set -ts "$1" ro false
btrfs subvolume delete --commit-after "$1" || exit 4
[ ! -e "$1" ]"#;

impl Pool {
    /// Makes `clones/CLONE`, a snapshot of a seed or empty; one that is there counts as made.
    pub(in crate::world::docker) async fn make_clone(
        &self,
        docker: &Docker,
        clone: &str,
        origin: &CloneOrigin,
    ) -> Result<()> {
        let target = clone_path(clone)?;
        let action = format!("make clone {clone}");
        match origin {
            CloneOrigin::Empty => self.script(docker, &action, CREATE, &[&target]).await,
            CloneOrigin::Seed(key) => {
                self.script(docker, &action, SNAPSHOT, &[&seed_path(key)?, &target]).await
            }
        }
        .map(|_| ())
    }

    /// Freezes `clones/CLONE` as `seeds/KEY`, read-only. A registered seed of this key counts as frozen.
    pub(in crate::world::docker) async fn freeze(
        &self,
        docker: &Docker,
        clone: &str,
        key: &SeedKey,
    ) -> Result<()> {
        let (source, target) = (clone_path(clone)?, seed_path(key)?);
        let is_registered = volumes::inspect(docker, &key.volume()).await?.is_some();
        if is_registered && self.ask(docker, &["test", "-d", &target]).await?.code == 0 {
            return Ok(());
        }
        self.script(docker, &format!("freeze seed {key}"), FREEZE, &[&source, &target]).await.map(|_| ())
    }

    /// Deletes `clones/CLONE`.
    pub(in crate::world::docker) async fn delete_clone(&self, docker: &Docker, clone: &str) -> Result<()> {
        self.delete(docker, &format!("clone {clone}"), &clone_path(clone)?).await
    }

    /// Deletes `seeds/KEY`.
    pub(in crate::world::docker) async fn delete_seed(&self, docker: &Docker, key: &SeedKey) -> Result<()> {
        self.delete(docker, &format!("seed {key}"), &seed_path(key)?).await
    }

    /// Names of all clones; none if there is no pool.
    pub(in crate::world::docker) async fn clones(&self, docker: &Docker) -> Result<Vec<String>> {
        self.list(docker, "clones").await
    }

    /// Names of all frozen seeds; none if there is no pool.
    pub(in crate::world::docker) async fn frozen(&self, docker: &Docker) -> Result<Vec<String>> {
        self.list(docker, "seeds").await
    }

    async fn list(&self, docker: &Docker, folder: &str) -> Result<Vec<String>> {
        if !self.exists(docker).await? {
            return Ok(Vec::new());
        }
        let listed = self.ask(docker, &["ls", "-1", "-A", &format!("/pool/{folder}")]).await?;
        let listed = succeeded(&format!("list {folder}"), ErrorKind::Unreachable, listed)?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// How many bytes a clone holds, shared ones counted.
    pub(in crate::world::docker) async fn clone_size_bytes(
        &self,
        docker: &Docker,
        clone: &str,
    ) -> Result<u64> {
        let action = format!("measure clone {clone}");
        let path = clone_path(clone)?;
        let measured = self.ask(docker, &["du", "--summarize", "--block-size=1", &path]).await?;
        let text = succeeded(&action, ErrorKind::Unreachable, measured)?;
        let size = text.split_whitespace().next().and_then(|size| size.parse().ok());
        size.ok_or_else(|| Error::new(ErrorKind::Bug, format!("could not {action}: `du` said {text:?}")))
    }

    async fn delete(&self, docker: &Docker, what: &str, path: &str) -> Result<()> {
        if !self.exists(docker).await? {
            return Ok(());
        }
        let ran = self.ask(docker, &["sh", "-c", DELETE, "stage", path]).await?;
        succeeded(&format!("delete {what}"), ErrorKind::Leftover, ran).map(|_| ())
    }

    /// Whether there is a pool at all, attached or not.
    async fn exists(&self, docker: &Docker) -> Result<bool> {
        Ok(volumes::inspect(docker, &self.back).await?.is_some())
    }

    async fn script(&self, docker: &Docker, action: &str, script: &str, paths: &[&str]) -> Result<String> {
        let command = [&["sh", "-c", script, "stage"], paths].concat();
        succeeded(action, ErrorKind::Unreachable, self.ask(docker, &command).await?)
    }

    /// Runs a command in the keeper. One that stopped with its engine is started again, and the pool attached if need be.
    async fn ask(&self, docker: &Docker, command: &[&str]) -> Result<Ran> {
        if let Ok(ran) = exec::run(docker, &self.keeper, command).await {
            return Ok(ran);
        }
        self.prepare(docker).await?;
        exec::run(docker, &self.keeper, command).await.map_err(could_not("ask the pool's keeper"))
    }
}

fn succeeded(action: &str, kind: ErrorKind, ran: Ran) -> Result<String> {
    if ran.code == 0 {
        return Ok(ran.stdout);
    }
    let is_full = ran.stderr.contains("No space left") || ran.stderr.contains("quota");
    let kind = if is_full { ErrorKind::NoRoom } else { kind };
    Err(Error::new(kind, format!("could not {action}: {}", ran.stderr.trim())))
}

fn clone_path(clone: &str) -> Result<String> {
    Ok(format!("/pool/clones/{}", plain(clone)?))
}

fn seed_path(key: &SeedKey) -> Result<String> {
    Ok(format!("/pool/seeds/{}", plain(key.short())?))
}

/// A name that is one step of a path and nothing else.
fn plain(name: &str) -> Result<&str> {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_plain {
        Ok(name)
    } else {
        Err(Error::new(ErrorKind::Bug, format!("`{name}` cannot be the name of a subvolume")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder() {
        assert_eq!(clone_path("stage-shop-4f1c-db-data").unwrap(), "/pool/clones/stage-shop-4f1c-db-data");
        for name in ["", "..", "a/b", "-rf", "a b", "a\nb"] {
            assert!(clone_path(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_seed_is_found_by_the_start_of_its_key() {
        let key = SeedKey("0123456789abcdef".to_owned());
        assert_eq!(seed_path(&key).unwrap(), "/pool/seeds/0123456789ab");
    }
}
