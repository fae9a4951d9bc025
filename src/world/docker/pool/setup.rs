//! Making a place, attaching it again after a restart of the machine, growing and removing it.

use bollard::Docker;
use bollard::models::VolumeCreateRequest;
use tokio::time::{Instant, sleep};

use super::once::{self, PATIENCE};
use super::place::Place;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;
use crate::world::docker::errors::{could_not, held};
use crate::world::docker::{containers, volumes};

const SCRIPT: &str = include_str!("setup.sh");
/// Loop devices with low numbers are what everybody else takes.
const FIRST_NUMBER: &str = "77";
const POLL: std::time::Duration = std::time::Duration::from_millis(50);

impl Place {
    /// Makes the place ready, whatever of it is there already. May be killed anywhere and called from several machines.
    pub(super) async fn prepare(&self, docker: &Docker) -> Result<()> {
        if self.is_ready(docker).await? {
            return Ok(());
        }
        let Some(back) = &self.back else {
            self.hold(docker, &self.volume, None).await?;
            return self.start_keeper(docker, None).await;
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.hold(docker, back, None).await?;
            let number = self.device(docker).await?.and_then(|device| number(&device));
            let number = number.unwrap_or_else(|| FIRST_NUMBER.to_owned());
            let device = self.run_setup(docker, "attach", &number).await?;
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

    /// Removes the place with everything in it.
    pub(super) async fn remove(&self, docker: &Docker) -> Result<()> {
        containers::remove(docker, &self.keeper).await?;
        volumes::remove(docker, &self.volume).await?;
        let Some(back) = &self.back else { return Ok(()) };
        if volumes::inspect(docker, back).await?.is_some() {
            self.setup_output(docker, "detach", "").await?;
        }
        volumes::remove(docker, back).await
    }

    /// Makes the file behind the loop device at least so large, and the filesystem as large as the file. Nothing for a
    /// place on the engine's own disk.
    pub(super) async fn grow(&self, docker: &Docker, size_bytes: u64) -> Result<()> {
        if self.back.is_none() {
            return Ok(());
        }
        self.prepare(docker).await?;
        self.run_setup(docker, "grow", &size_bytes.to_string()).await.map(|_| ()).map_err(|error| {
            let error = self.saying_if_given_up(error);
            if error.hints.is_empty() {
                return error.hint(
                    "an engine that refuses CAP_SYS_ADMIN to containers cannot grow a pool: use `--clones copy`",
                );
            }
            error
        })
    }

    /// Makes the volume on `device` and starts the keeper; false if the volume is in use on another device.
    async fn mount(&self, docker: &Docker, device: &str) -> Result<bool> {
        let old = volumes::inspect(docker, &self.volume).await?;
        let old_options = old.map(|volume| volume.options).filter(|options| options.contains_key("device"));
        if let Some(old) = old_options.filter(|old| *old != self.mount_options(device)) {
            // The volume holds nothing itself: it only says where the filesystem is, and how it is mounted.
            containers::remove(docker, &self.keeper).await?;
            let removed = volumes::remove(docker, &self.volume).await;
            if removed.is_err() && old.get("device").map(String::as_str) != Some(device) {
                return Ok(false);
            }
        }
        self.hold(docker, &self.volume, Some(device)).await?;
        self.start_keeper(docker, Some(device)).await?;
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
            driver_opts: device.map(|device| self.mount_options(device)),
            labels: Some(self.labels.clone()),
            ..VolumeCreateRequest::default()
        };
        docker.create_volume(request).await.map(|_| ()).map_err(could_not(&format!("create volume {name}")))
    }

    /// Runs the setup script, and returns the device that it names.
    async fn run_setup(&self, docker: &Docker, verb: &str, argument: &str) -> Result<String> {
        device_of(&self.setup_output(docker, verb, argument).await?)
    }

    async fn setup_output(&self, docker: &Docker, verb: &str, argument: &str) -> Result<String> {
        let mut mounted: Vec<(&str, &str)> = self.back.iter().map(|back| (back.as_str(), "/back")).collect();
        let grows = verb == "grow";
        if grows {
            mounted.push((&self.volume, "/pool"));
        }
        let mut body = self.container(&mounted);
        let command = ["sh", "-c", SCRIPT, "stage", verb, self.driver.name(), argument];
        body.cmd = Some(command.map(str::to_owned).to_vec());
        if let Some(host) = &mut body.host_config {
            host.device_cgroup_rules = Some(vec!["b 7:* rwm".to_owned()]);
            host.cap_add = grows.then(|| vec!["SYS_ADMIN".to_owned()]);
        }
        once::run(docker, &self.setup, body).await
    }
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
        let error = device_of("failed: no room: 1 GiB is needed, 1 MiB may be used\n").unwrap_err();
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
