//! Scripts that only one may run at a time: the name of their container is the lock.

use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as Refusal;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, InspectContainerOptions,
    StartContainerOptions,
};
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use super::keeper::without_helper;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;
use crate::world::docker::containers;
use crate::world::docker::errors::{could_not, is_absent, is_conflict};

const POLL: Duration = Duration::from_millis(50);
/// Between creating such a container and starting it lie milliseconds: one that is older belongs to a dead process.
const ABANDONED: Duration = Duration::from_secs(2);
/// After this any sweep may remove it. A script ends within seconds.
const LIFETIME: SignedDuration = SignedDuration::from_mins(1);
/// How long to wait for somebody else's.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

/// Runs `body` as the container `name`, which removes itself, and returns what it printed. Whoever finds the name held
/// waits; one that was created and never started is removed.
pub(super) async fn run(docker: &Docker, name: &str, mut body: ContainerCreateBody) -> Result<String> {
    let deadline = Instant::now() + PATIENCE;
    let labels = body.labels.get_or_insert_default();
    let over = Timestamp::now().checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
    labels.insert(label::DEADLINE.to_owned(), over.to_string());
    labels.insert(label::RUN.to_owned(), label::RUN_OF_SETUP.to_owned());
    if let Some(host) = &mut body.host_config {
        host.auto_remove = Some(true);
    }
    let options = CreateContainerOptionsBuilder::new().name(name).build();
    loop {
        match docker.create_container(Some(options.clone()), body.clone()).await {
            Ok(made) => match output(docker, name).await {
                Ok(output) => {
                    // By its id: under its name somebody else may already have made the next one.
                    containers::remove(docker, &made.id).await?;
                    return Ok(output);
                }
                // Somebody slower took it for abandoned and removed it before it started.
                Err(refusal) if is_absent(&refusal) && Instant::now() < deadline => {}
                Err(refusal) => {
                    containers::remove(docker, &made.id).await?;
                    return Err(could_not("set up the pool")(refusal));
                }
            },
            Err(refusal) if is_conflict(&refusal) && Instant::now() < deadline => {
                await_other(docker, name, deadline).await?;
            }
            Err(refusal) => return Err(without_helper("set up the pool", refusal)),
        }
    }
}

async fn output(docker: &Docker, name: &str) -> std::result::Result<String, Refusal> {
    // Attached before it starts, as it is gone with its log as soon as it ends.
    let options = AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true).build();
    let mut attached = docker.attach_container(name, Some(options)).await?;
    docker.start_container(name, None::<StartContainerOptions>).await?;
    let mut output = String::new();
    while let Some(chunk) = attached.output.next().await {
        let chunk: LogOutput = chunk?;
        output.push_str(&chunk.to_string());
    }
    Ok(output)
}

/// Waits until that of somebody else has ended; one that was never started is removed.
async fn await_other(docker: &Docker, name: &str, deadline: Instant) -> Result<()> {
    let seen = Instant::now();
    loop {
        let found = docker.inspect_container(name, None::<InspectContainerOptions>).await;
        let state = match found {
            Ok(found) => found.state.unwrap_or_default(),
            Err(refusal) if is_absent(&refusal) => return Ok(()),
            Err(refusal) => return Err(could_not("look at the pool's setup")(refusal)),
        };
        let is_running = state.running == Some(true);
        if !is_running && seen.elapsed() >= ABANDONED {
            return containers::remove(docker, name).await;
        }
        if Instant::now() >= deadline {
            return Err(Error::new(ErrorKind::Unreachable, "the pool is being set up and does not end")
                .hint(format!("`docker rm -f {name}` gives it up")));
        }
        sleep(POLL).await;
    }
}
