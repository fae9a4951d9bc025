//! The Docker Engine, through bollard.
//!
//! One file a kind of object; [`pool`] holds everything about copy-on-write clones. Calls are idempotent by looking at the
//! labels of what already exists: the same run's is done, another one's is an error.

mod attach;
mod connect;
mod containers;
mod download;
mod errors;
mod exec;
mod facts;
mod firewall;
mod images;
mod inventory;
mod logs;
mod networks;
mod passing;
mod pool;
mod reach;
mod shells;
mod spec;
mod survey;
mod volumes;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

pub use pool::HELPER_IMAGE;

use super::engine::{Engine, Exec, LogLines};
use crate::model::call::{Call, Performed, Undo};
use crate::model::clones::{ClonesChoice, Room};
use crate::model::egress::Refused;
use crate::model::engine::EngineFacts;
use crate::model::error::Result;
use crate::model::exec::{ExecId, ExecSpec, TerminalSize};
use crate::model::inventory::Inventory;
use crate::model::log::LogWindow;
use crate::model::name::is_instance_lock;
use crate::model::queue::Queue;
use crate::model::stack::ContainerFacts;
use crate::model::survey::Survey;
use connect::Tunnel;
use pool::Pool;
use shells::Shells;

/// A Docker Engine that answers.
#[derive(Clone)]
pub struct DockerEngine {
    docker: bollard::Docker,
    pool: Pool,
    facts: EngineFacts,
    /// Holds the connection to an engine behind ssh.
    tunnel: Option<Tunnel>,
    /// Those in the firewall's container.
    shells: Shells,
    /// Images that were fetched.
    pulled: Arc<Mutex<BTreeSet<String>>>,
}

impl DockerEngine {
    /// The same engine, on which clones are made as the user wants.
    #[must_use]
    pub fn with_clones(self, choice: ClonesChoice) -> Self {
        Self { pool: self.pool.with_choice(choice), ..self }
    }

    /// Whether networks of the engine may be networks of this machine. What is behind ssh is reached through it alone.
    fn may_be_beside(&self) -> bool {
        self.tunnel.is_none()
    }
}

#[async_trait]
impl Engine for DockerEngine {
    fn facts(&self) -> EngineFacts {
        self.facts.clone()
    }

    fn pulled(&self) -> Vec<String> {
        self.pulled.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    async fn inventory(&self, images: &[String]) -> Result<Inventory> {
        inventory::look(&self.docker, &self.pool, images).await
    }

    async fn perform(&self, call: &Call) -> Result<Performed> {
        let docker = &self.docker;
        match call {
            Call::PullImage { reference } => {
                if images::pull(docker, reference).await? {
                    let mut pulled = self.pulled.lock().unwrap_or_else(PoisonError::into_inner);
                    pulled.insert(reference.clone());
                }
            }
            Call::PreparePool => {
                self.pool
                    .prepare(docker)
                    .await
                    .map_err(|error| connect::without_devices(error, &self.facts))?;
            }
            Call::GrowPool { size_bytes } => self.pool.grow(docker, *size_bytes).await?,
            Call::CreateNetwork(network) => {
                if network.bridge.is_some() {
                    // Its egress is denied next.
                    firewall::open_beforehand(docker, &self.shells);
                }
                networks::create(docker, network).await?;
            }
            Call::DenyEgress(rules) => {
                firewall::deny(docker, &self.shells, self.pool.holder(), rules).await?;
            }
            Call::CreateVolume(volume) => volumes::create(docker, &self.pool, volume).await?,
            Call::MakeClone { clone, origin } => self.pool.make_clone(docker, clone, origin).await?,
            Call::FreezeSeed { clone, key } => self.pool.freeze(docker, clone, key).await?,
            Call::CreateContainer(container) => {
                if is_instance_lock(&container.name) {
                    // Whoever takes it goes on to clone and to deny egress, or to take both back.
                    self.pool.open_beforehand(docker);
                    firewall::open_beforehand(docker, &self.shells);
                }
                let is_beside = match (&container.network, container.reached_at) {
                    (Some(network), Some(_)) if self.may_be_beside() => {
                        reach::is_beside(docker, network).await?
                    }
                    _ => false,
                };
                containers::create(docker, container, is_beside).await?;
            }
            Call::StartContainer { name } => containers::start(docker, name).await?,
            Call::RestartContainer { name } => containers::restart(docker, name).await?,
            Call::StopContainer { name, timeout_s } => containers::stop(docker, name, *timeout_s).await?,
            Call::AwaitHealthy { name, timeout_s } => {
                return watch::healthy(docker, name, Duration::from_secs(*timeout_s)).await;
            }
            Call::AwaitCompletion { name, timeout_s } => {
                return watch::completion(docker, name, Duration::from_secs(*timeout_s)).await;
            }
        }
        Ok(Performed::Done)
    }

    async fn undo(&self, undo: &Undo) -> Result<()> {
        let docker = &self.docker;
        match undo {
            Undo::RemoveNetwork { name, run } => networks::remove(docker, name, run).await,
            Undo::ForgetEgress { bridge } => firewall::forget(docker, &self.shells, bridge).await,
            Undo::RemoveVolume { name } => volumes::remove(docker, name).await,
            Undo::DeleteClone { clone } => self.pool.delete_clone(docker, clone).await,
            Undo::DeleteSeed { key } => self.pool.delete_seed(docker, key).await,
            Undo::RemoveContainer { name, run } => containers::remove_made_by(docker, name, run).await,
        }
    }

    async fn queue(&self) -> Result<Queue> {
        networks::queue(&self.docker).await
    }

    async fn containers(&self, names: &[String]) -> Result<Vec<ContainerFacts>> {
        facts::of(&self.docker, names).await
    }

    async fn reach(&self, container: &str, port: u16) -> Result<SocketAddr> {
        let address = reach::reach(&self.docker, container, port, self.may_be_beside()).await?;
        match &self.tunnel {
            Some(tunnel) => tunnel.forward(address).await,
            None => Ok(address),
        }
    }

    async fn await_exit(&self, container: &str, timeout: Duration) -> Result<Option<i64>> {
        watch::exit_code(&self.docker, container, timeout).await
    }

    async fn output_tail(&self, container: &str, lines: usize) -> Result<String> {
        watch::output_tail(&self.docker, container, lines).await
    }

    async fn logs(&self, container: &str, window: &LogWindow) -> Result<LogLines> {
        Ok(logs::lines(&self.docker, container, window))
    }

    async fn exec(&self, container: &str, spec: &ExecSpec) -> Result<Exec> {
        attach::start(&self.docker, container, spec).await
    }

    async fn exec_code(&self, exec: &ExecId) -> Result<Option<i64>> {
        attach::code(&self.docker, exec).await
    }

    async fn resize_exec(&self, exec: &ExecId, size: TerminalSize) -> Result<()> {
        attach::resize(&self.docker, exec, size).await
    }

    async fn signal_exec(&self, container: &str, spec: &ExecSpec, signal: u8) -> Result<()> {
        attach::signal(&self.docker, container, spec, signal).await
    }

    async fn download(&self, container: &str, path: &str) -> Result<Option<Vec<u8>>> {
        download::file(&self.docker, container, path).await
    }

    async fn refused(&self, bridge: &str, subnet: &str) -> Result<Vec<Refused>> {
        firewall::refused(&self.docker, &self.shells, bridge, subnet).await
    }

    async fn denied(&self) -> Result<Vec<String>> {
        firewall::denied(&self.docker, &self.shells).await
    }

    async fn resolve(&self, hosts: &[String]) -> Result<BTreeMap<String, Vec<Ipv4Addr>>> {
        firewall::resolve(&self.docker, &self.shells, self.pool.holder(), hosts).await
    }

    async fn clones(&self) -> Result<Vec<String>> {
        self.pool.clones(&self.docker).await
    }

    async fn frozen(&self) -> Result<Vec<String>> {
        self.pool.frozen(&self.docker).await
    }

    async fn clone_size_bytes(&self, clone: &str) -> Result<u64> {
        self.pool.clone_size_bytes(&self.docker, clone).await
    }

    async fn room(&self) -> Result<Option<Room>> {
        self.pool.room(&self.docker).await
    }

    async fn survey(&self) -> Result<Survey> {
        survey::look(&self.docker, &self.pool).await
    }
}
