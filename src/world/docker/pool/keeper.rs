//! The keeper: a container that has a place at `/pool`, and in which everything is done.

use bollard::Docker;
use bollard::errors::Error as Refusal;
use bollard::query_parameters::{CreateContainerOptionsBuilder, StartContainerOptions};

use super::HELPER_IMAGE;
use super::place::Place;
use crate::model::error::{Error, ErrorKind, Result};
use crate::world::docker::errors::{could_not, is_absent, is_conflict, says, status};
use crate::world::docker::exec::{self, Ran};

/// Looks whether `/pool` is the device that it should be, if it should be one, and makes the folders. What a dead
/// process was deleting goes at last.
const LAY_OUT: &str = r#"if [ -n "$1" ] && ! grep --quiet "^$1 /pool " /proc/self/mounts; then
    echo "/pool is not mounted from $1" >&2
    exit 1
fi
mkdir -p /pool/clones /pool/seeds /pool/partial /pool/trash || exit 1
rm -rf /pool/trash/* || true"#;

impl Place {
    /// Makes the keeper and starts it, also one that stopped with its engine, and lays the place out.
    pub(super) async fn start_keeper(&self, docker: &Docker, device: Option<&str>) -> Result<()> {
        let mut mounted = vec![(self.volume.as_str(), "/pool")];
        mounted.extend(self.back.as_deref().map(|back| (back, "/back")));
        let options = CreateContainerOptionsBuilder::new().name(&self.keeper).build();
        match docker.create_container(Some(options), self.container(&mounted)).await {
            Ok(_) => {}
            Err(refusal) if is_conflict(&refusal) => {}
            Err(refusal) => return Err(without_helper("create the pool's keeper", refusal)),
        }
        let started = docker.start_container(&self.keeper, None::<StartContainerOptions>).await;
        started.map_err(could_not("start the pool's keeper"))?;
        let command = ["sh", "-c", LAY_OUT, "stage", device.unwrap_or_default()];
        let laid_out = exec::run(docker, &self.keeper, &command).await;
        succeeded(
            "lay out the pool",
            ErrorKind::Unreachable,
            laid_out.map_err(could_not("lay out the pool"))?,
        )
        .map(|_| ())
        .map_err(|error| self.saying_if_given_up(error))
    }

    /// Runs a script in the keeper; paths come as arguments, never as text of the script.
    pub(super) async fn script(
        &self,
        docker: &Docker,
        action: &str,
        script: &str,
        arguments: &[&str],
    ) -> Result<String> {
        let command = [&["sh", "-c", script, "stage"], arguments].concat();
        let ran = self.ask(docker, &command).await?;
        succeeded(action, ErrorKind::Unreachable, ran).map_err(|error| self.saying_if_given_up(error))
    }

    /// Says what to do if the filesystem behind the loop device has turned read-only, as one does that cannot keep itself whole.
    pub(super) fn saying_if_given_up(&self, error: Error) -> Error {
        if self.back.is_none() || !error.to_string().contains("Read-only file system") {
            return error;
        }
        let Self { keeper, volume, .. } = self;
        error.hint(format!(
            "the pool's filesystem gave up writing, and the engine's kernel log says why; once no stack stands, `docker rm --force \
             {keeper} && docker volume rm {volume}` lets the next command mount it anew: no seed is in that volume"
        ))
    }

    /// Runs a command in the keeper. One that stopped with its engine is started again, and the pool attached if need be.
    pub(super) async fn ask(&self, docker: &Docker, command: &[&str]) -> Result<Ran> {
        match self.shells.run(docker, &self.keeper, command).await {
            Ok(ran) => return Ok(ran),
            // An engine that refuses has not begun; one that fell silent may still be at it, and must not do it twice at once.
            Err(refusal) if status(&refusal).is_some() => {}
            Err(refusal) => return Err(could_not("ask the pool's keeper")(refusal)),
        }
        self.prepare(docker).await?;
        self.shells.run(docker, &self.keeper, command).await.map_err(could_not("ask the pool's keeper"))
    }
}

/// What a command printed; an error of `kind` if it failed, or of kind `NoRoom` if the pool is full.
pub(super) fn succeeded(action: &str, kind: ErrorKind, ran: Ran) -> Result<String> {
    if ran.code == 0 {
        return Ok(ran.stdout);
    }
    let is_full = ran.stderr.contains("No space left") || ran.stderr.contains("quota");
    let kind = if is_full { ErrorKind::NoRoom } else { kind };
    Err(Error::new(kind, format!("could not {action}: {}", ran.why())))
}

/// A refusal that may mean that the helper image is not there.
pub(super) fn without_helper(action: &str, refusal: Refusal) -> Error {
    let is_missing = is_absent(&refusal) && says(&refusal, "No such image");
    let error = could_not(action)(refusal);
    if is_missing { error.hint(format!("`scripts/setup` builds the image {HELPER_IMAGE}")) } else { error }
}
