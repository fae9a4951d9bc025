//! Containers: made, started, stopped, removed.

use std::time::Duration;

use bollard::Docker;
use bollard::models::ContainerStateStatusEnum as Status;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
    StopContainerOptionsBuilder,
};
use tokio::time::{Instant, sleep};

use super::errors::{could_not, held, is_absent, is_conflict, left, refused};
use super::{passing, spec};
use crate::model::container::{ContainerSpec, Labels};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;

const POLL: Duration = Duration::from_millis(40);
const REMOVAL: Duration = Duration::from_mins(1);
/// What the engine reports of a process that it had to kill (128 + SIGKILL).
const KILLED: i64 = 137;

/// Makes a container; one that the same run has made already counts as made. Where this machine `is_beside` its network, it
/// publishes no port for `stage` itself.
pub(super) async fn create(docker: &Docker, spec: &ContainerSpec, is_beside: bool) -> Result<()> {
    let action = format!("create container {}", spec.name);
    let options = CreateContainerOptionsBuilder::new().name(&spec.name).build();
    // A second attempt is for a name that was held when we created and free when we looked.
    for _ in 0..2 {
        let created = docker.create_container(Some(options.clone()), spec::body(spec, is_beside)).await;
        let Err(refusal) = created else { return Ok(()) };
        if !is_conflict(&refusal) {
            return Err(refused(&action, refusal, spec.runtime.environment.values()));
        }
        if let Some(labels) = labels_of(docker, &spec.name).await? {
            let holder = labels.get(label::RUN).map(String::as_str);
            let is_ours = holder.is_some() && holder == spec.labels.get(label::RUN).map(String::as_str);
            return if is_ours { Ok(()) } else { Err(held("container", &spec.name, holder)) };
        }
    }
    Err(held("container", &spec.name, None))
}

/// The labels of a container; `None` if there is none of this name.
async fn labels_of(docker: &Docker, name: &str) -> Result<Option<Labels>> {
    match passing::inspect_container(docker, name).await {
        Ok(found) => {
            Ok(Some(found.config.and_then(|config| config.labels).unwrap_or_default().into_iter().collect()))
        }
        Err(refusal) if is_absent(&refusal) => Ok(None),
        Err(refusal) => Err(could_not(&format!("look at container {name}"))(refusal)),
    }
}

/// Starts a container that was never started; one that runs, or ran, counts as started: a job must not run twice.
pub(super) async fn start(docker: &Docker, name: &str) -> Result<()> {
    let action = format!("start container {name}");
    let found = passing::inspect_container(docker, name).await;
    let state = found.map_err(could_not(&action))?.state.unwrap_or_default();
    if state.status != Some(Status::CREATED) {
        return Ok(());
    }
    docker.start_container(name, None::<StartContainerOptions>).await.map_err(could_not(&action))
}

/// Starts a container again that ran before; one that runs counts as started.
pub(super) async fn restart(docker: &Docker, name: &str) -> Result<()> {
    let started = docker.start_container(name, None::<StartContainerOptions>).await;
    started.map_err(could_not(&format!("start container {name} again")))
}

/// Asks a container to stop and waits for it. One that has to be killed is an error: what it was writing may be torn.
pub(super) async fn stop(docker: &Docker, name: &str, timeout_s: u64) -> Result<()> {
    let action = format!("stop container {name}");
    let t = i32::try_from(timeout_s).unwrap_or(i32::MAX);
    let options = StopContainerOptionsBuilder::new().t(t).build();
    let patient = docker.clone().with_timeout(Duration::from_secs(timeout_s) + REMOVAL);
    patient.stop_container(name, Some(options)).await.map_err(could_not(&action))?;
    let found = passing::inspect_container(docker, name).await;
    let state = found.map_err(could_not(&action))?.state.unwrap_or_default();
    if state.exit_code == Some(KILLED) {
        return Err(Error::new(
            ErrorKind::Unreachable,
            format!("container {name} did not stop within {timeout_s} s"),
        ));
    }
    Ok(())
}

/// Removes a container that `run` made; one of that name that another run made is left alone, as ours is then absent.
pub(super) async fn remove_made_by(docker: &Docker, name: &str, run: &str) -> Result<()> {
    let labels = labels_of(docker, name).await?.unwrap_or_default();
    if labels.get(label::RUN).map(String::as_str) != Some(run) {
        return Ok(());
    }
    remove(docker, name).await
}

/// Removes a container with its anonymous volumes, running or not, and returns once it is gone.
pub(super) async fn remove(docker: &Docker, name: &str) -> Result<()> {
    let deadline = Instant::now() + REMOVAL;
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    loop {
        match docker.remove_container(name, Some(options.clone())).await {
            Ok(()) => return Ok(()),
            Err(refusal) if is_absent(&refusal) => return Ok(()),
            // Somebody else is removing it, or its process needs a moment to die.
            Err(refusal) if super::errors::status(&refusal).is_some() && Instant::now() < deadline => {
                sleep(POLL).await;
            }
            Err(refusal) => return Err(left(&format!("container {name}"), refusal)),
        }
    }
}
