//! Making the pool, attaching it again after a restart of the machine, and removing it.

use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as Refusal;
use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType, VolumeCreateRequest};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, InspectContainerOptions,
    StartContainerOptions,
};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep};

use super::{HELPER_IMAGE, Pool, mount_options};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;
use crate::world::docker::errors::{could_not, held, is_absent, is_conflict, says};
use crate::world::docker::{containers, exec, volumes};

const SCRIPT: &str = include_str!("setup.sh");
/// Loop devices with low numbers are what everybody else takes.
const FIRST_NUMBER: &str = "77";
const POLL: Duration = Duration::from_millis(50);
/// Between creating the setup container and starting it lie milliseconds: one that is older belongs to a dead process.
const ABANDONED: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_mins(2);

impl Pool {
    /// Makes the pool ready, whatever of it is there already. May be killed anywhere and called from several machines.
    pub(in crate::world::docker) async fn prepare(&self, docker: &Docker) -> Result<()> {
        if self.is_ready(docker).await? {
            return Ok(());
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.hold(docker, &self.back, None).await?;
            let number = self.device(docker).await?.and_then(|device| number(&device));
            let number = number.unwrap_or_else(|| FIRST_NUMBER.to_owned());
            let output = self.run_setup(docker, "attach", &number, deadline).await?;
            let device = device_of(&output)?;
            if self.mount(docker, &device).await? {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(Error::new(
                    ErrorKind::Unreachable,
                    "the pool's volume is in use on an old device",
                )
                .hint("stop the containers that `docker ps --filter label=dev.stage` lists"));
            }
            sleep(POLL).await;
        }
    }

    /// Removes the pool with everything in it.
    pub(in crate::world::docker) async fn remove(&self, docker: &Docker) -> Result<()> {
        containers::remove(docker, &self.keeper).await?;
        volumes::remove(docker, &self.volume).await?;
        if volumes::inspect(docker, &self.back).await?.is_some() {
            self.run_setup(docker, "detach", FIRST_NUMBER, Instant::now() + PATIENCE).await?;
        }
        volumes::remove(docker, &self.back).await
    }

    /// Makes the volume on `device` and starts the keeper; false if the volume is in use on another device.
    async fn mount(&self, docker: &Docker, device: &str) -> Result<bool> {
        if self.device(docker).await?.is_some_and(|old| old != device) {
            // The volume holds nothing itself: it only says where the file system is.
            containers::remove(docker, &self.keeper).await?;
            if volumes::remove(docker, &self.volume).await.is_err() {
                return Ok(false);
            }
        }
        self.hold(docker, &self.volume, Some(device)).await?;
        self.create_keeper(docker).await?;
        // Also one that stopped with its engine.
        let started = docker.start_container(&self.keeper, None::<StartContainerOptions>).await;
        started.map_err(could_not("start the pool's keeper"))?;
        let made = exec::run(docker, &self.keeper, &["mkdir", "-p", "/pool/clones", "/pool/seeds"]).await;
        let made = made.map_err(could_not("lay out the pool"))?;
        if made.code != 0 {
            let message = format!("could not lay out the pool: {}", made.stderr.trim());
            return Err(Error::new(ErrorKind::Unreachable, message));
        }
        Ok(true)
    }

    /// Makes a volume of the pool, unless it is there; one that is not ours is never touched.
    async fn hold(&self, docker: &Docker, name: &str, device: Option<&str>) -> Result<()> {
        if let Some(volume) = volumes::inspect(docker, name).await? {
            let is_pool = volume.labels.get(label::KIND).map(String::as_str) == Some(label::KIND_POOL);
            return if is_pool { Ok(()) } else { Err(held("volume", name, None)) };
        }
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            driver: Some("local".to_owned()),
            driver_opts: device.map(|device| mount_options(device, None)),
            labels: Some(self.labels.clone()),
            ..VolumeCreateRequest::default()
        };
        docker.create_volume(request).await.map(|_| ()).map_err(could_not(&format!("create volume {name}")))
    }

    async fn create_keeper(&self, docker: &Docker) -> Result<()> {
        let body = self.helper(&self.volume, "/pool");
        let options = CreateContainerOptionsBuilder::new().name(&self.keeper).build();
        match docker.create_container(Some(options), body).await {
            Ok(_) => Ok(()),
            Err(refusal) if is_conflict(&refusal) => Ok(()),
            Err(refusal) => Err(without_helper("create the pool's keeper", refusal)),
        }
    }

    /// A container of the helper image with one volume of the pool and no network.
    fn helper(&self, volume: &str, target: &str) -> ContainerCreateBody {
        let mount = Mount {
            typ: Some(MountType::VOLUME),
            source: Some(volume.to_owned()),
            target: Some(target.to_owned()),
            ..Mount::default()
        };
        ContainerCreateBody {
            image: Some(HELPER_IMAGE.to_owned()),
            labels: Some(self.labels.clone()),
            host_config: Some(HostConfig {
                network_mode: Some("none".to_owned()),
                mounts: Some(vec![mount]),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        }
    }

    /// Runs the setup script in a container of which there can be only one, and returns what it printed.
    async fn run_setup(
        &self,
        docker: &Docker,
        verb: &str,
        number: &str,
        deadline: Instant,
    ) -> Result<String> {
        let mut body = self.helper(&self.back, "/back");
        body.cmd = Some(["sh", "-c", SCRIPT, "stage", verb, number].map(str::to_owned).to_vec());
        if let Some(host) = &mut body.host_config {
            host.auto_remove = Some(true);
            host.device_cgroup_rules = Some(vec!["b 7:* rwm".to_owned()]);
        }
        let options = CreateContainerOptionsBuilder::new().name(&self.setup).build();
        loop {
            match docker.create_container(Some(options.clone()), body.clone()).await {
                Ok(_) => match self.setup_output(docker).await {
                    Ok(output) => return Ok(output),
                    // Somebody slower took it for abandoned and removed it before it started.
                    Err(refusal) if is_absent(&refusal) && Instant::now() < deadline => {}
                    Err(refusal) => {
                        containers::remove(docker, &self.setup).await?;
                        return Err(could_not("set up the pool")(refusal));
                    }
                },
                Err(refusal) if is_conflict(&refusal) && Instant::now() < deadline => {
                    self.await_other_setup(docker, deadline).await?;
                }
                Err(refusal) => return Err(without_helper("set up the pool", refusal)),
            }
        }
    }

    async fn setup_output(&self, docker: &Docker) -> std::result::Result<String, Refusal> {
        // Attached before it starts, as it is gone with its log as soon as it ends.
        let options = AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true).build();
        let mut attached = docker.attach_container(&self.setup, Some(options)).await?;
        docker.start_container(&self.setup, None::<StartContainerOptions>).await?;
        let mut output = String::new();
        while let Some(chunk) = attached.output.next().await {
            let chunk: LogOutput = chunk?;
            output.push_str(&chunk.to_string());
        }
        Ok(output)
    }

    /// Waits until the setup of somebody else has ended; one that was never started is removed.
    async fn await_other_setup(&self, docker: &Docker, deadline: Instant) -> Result<()> {
        let seen = Instant::now();
        loop {
            let found = docker.inspect_container(&self.setup, None::<InspectContainerOptions>).await;
            let state = match found {
                Ok(found) => found.state.unwrap_or_default(),
                Err(refusal) if is_absent(&refusal) => return Ok(()),
                Err(refusal) => return Err(could_not("look at the pool's setup")(refusal)),
            };
            let is_running = state.running == Some(true);
            if !is_running && seen.elapsed() >= ABANDONED {
                return containers::remove(docker, &self.setup).await;
            }
            if Instant::now() >= deadline {
                return Err(Error::new(ErrorKind::Unreachable, "the pool is being set up and does not end")
                    .hint(format!("`docker rm -f {}` gives it up", self.setup)));
            }
            sleep(POLL).await;
        }
    }
}

fn without_helper(action: &str, refusal: Refusal) -> Error {
    let is_missing = is_absent(&refusal) && says(&refusal, "No such image");
    let error = could_not(action)(refusal);
    if is_missing { error.hint(format!("`scripts/setup` builds the image {HELPER_IMAGE}")) } else { error }
}

/// The device that the setup script names.
fn device_of(output: &str) -> Result<String> {
    if let Some(device) = output.lines().find_map(|line| line.strip_prefix("device: ")) {
        return Ok(device.trim().to_owned());
    }
    let why = output.lines().find_map(|line| line.strip_prefix("failed: ")).unwrap_or(output).trim();
    let is_full = why.starts_with("no room") || why.contains("No space left");
    let kind = if is_full { ErrorKind::NoRoom } else { ErrorKind::Unreachable };
    Err(Error::new(kind, format!("could not set up the pool: {why}")))
}

/// The number of a loop device.
fn number(device: &str) -> Option<String> {
    device.strip_prefix("/dev/loop").filter(|number| number.parse::<u32>().is_ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setup_tells_its_device_or_why_there_is_none() {
        assert_eq!(device_of("noise\ndevice: /dev/loop78\n").unwrap(), "/dev/loop78");
        let error = device_of("failed: no room: 4 GiB are needed, 1 MiB may be used\n").unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoRoom);
        assert_eq!(device_of("sh: not found").unwrap_err().kind, ErrorKind::Unreachable);
    }

    #[test]
    fn only_loop_devices_have_a_number() {
        assert_eq!(number("/dev/loop77").as_deref(), Some("77"));
        assert_eq!(number("/dev/sda"), None);
        assert_eq!(number("/dev/loop7; rm"), None);
    }
}
