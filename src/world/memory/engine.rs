//! The engine's port.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::task::yield_now;

use super::MemoryWorld;
use super::objects::{Container, State, absent, clone_path};
use crate::model::call::{Call, Performed, Undo};
use crate::model::clones::{CloneDriver, Extent, Room};
use crate::model::egress::Refused;
use crate::model::engine::EngineFacts;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::exec::{ExecId, ExecSpec, TerminalSize};
use crate::model::inventory::Inventory;
use crate::model::label;
use crate::model::log::LogWindow;
use crate::model::queue::{Place, Queue};
use crate::model::stack::{ContainerFacts, ContainerStatus, PublishedPort};
use crate::model::survey::Survey;
use crate::world::engine::{Engine, Exec, LogLines};

/// What every clone is said to hold.
const CLONE_BYTES: u64 = 1 << 20;
/// Room for everything.
const PLENTY: Room = Room {
    driver: CloneDriver::Btrfs,
    pool: Some(Extent { size_bytes: 1 << 40, free_bytes: 1 << 40 }),
    disk: Extent { size_bytes: 1 << 42, free_bytes: 1 << 41 },
};

impl MemoryWorld {
    /// Passes the gate, lets what else is ready begin, and acts.
    pub(super) async fn numbered<T>(&self, effect: impl FnOnce() -> Result<T>) -> Result<T> {
        let passage = self.inner.gate.enter()?;
        yield_now().await;
        passage.act(effect)
    }

    fn twice_if_asked<T>(&self, mut effect: impl FnMut() -> Result<T>) -> Result<T> {
        let first = effect();
        if self.inner.gate.repeats() { effect() } else { first }
    }

    fn hangs(&self, container: &str) -> bool {
        let (objects, script) = (self.objects(), self.script());
        objects
            .containers
            .get(container)
            .is_some_and(|container| script.hanging.contains(container.service()))
    }
}

#[async_trait]
impl Engine for MemoryWorld {
    fn facts(&self) -> EngineFacts {
        self.script().engine.clone()
    }

    fn pulled(&self) -> Vec<String> {
        self.objects().pulled.iter().cloned().collect()
    }

    async fn inventory(&self, images: &[String]) -> Result<Inventory> {
        self.numbered(|| Ok(self.look(images))).await
    }

    async fn perform(&self, call: &Call) -> Result<Performed> {
        let passage = self.inner.gate.enter()?;
        yield_now().await;
        if let Call::AwaitHealthy { name, .. } | Call::AwaitCompletion { name, .. } = call
            && self.hangs(name)
        {
            return pending().await;
        }
        passage.act(|| {
            self.objects().done.push(call.to_string());
            self.twice_if_asked(|| self.objects().perform(call, &self.script()))
        })
    }

    async fn undo(&self, undo: &Undo) -> Result<()> {
        self.numbered(|| {
            self.objects().done.push(format!("undo {undo}"));
            self.twice_if_asked(|| self.objects().undo(undo, &self.script()))
        })
        .await
    }

    async fn queue(&self) -> Result<Queue> {
        self.numbered(|| {
            // One a second, in the order in which they were made.
            let objects = self.objects();
            let places = objects.networks.iter().zip(0..).map(|(network, second)| {
                let made_at = Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_secs(second));
                Place::of(&network.name, &network.labels, made_at.unwrap_or(Timestamp::MAX))
            });
            let places = places.collect();
            Ok(Queue { memory_bytes: self.script().survey.host.memory_bytes, places })
        })
        .await
    }

    async fn containers(&self, names: &[String]) -> Result<Vec<ContainerFacts>> {
        self.numbered(|| {
            let objects = self.objects();
            Ok(names.iter().filter_map(|name| objects.containers.get(name)).map(facts).collect())
        })
        .await
    }

    async fn reach(&self, container: &str, port: u16) -> Result<SocketAddr> {
        self.numbered(|| {
            let objects = self.objects();
            let found = objects.container(container)?;
            let is_published = found.spec.ports.iter().any(|published| published.container_port == port);
            let is_reached = is_published || found.spec.reached_at == Some(port);
            if found.state == State::Running && is_reached {
                return Ok(SocketAddr::new(address(found), port));
            }
            let message = format!("container {container} does not publish port {port}");
            Err(Error::new(ErrorKind::Unreachable, message))
        })
        .await
    }

    async fn await_exit(&self, container: &str, _timeout: Duration) -> Result<Option<i64>> {
        let passage = self.inner.gate.enter()?;
        yield_now().await;
        if self.hangs(container) {
            return pending().await;
        }
        passage.act(|| self.objects().exit(container, &self.script()))
    }

    async fn output_tail(&self, container: &str, lines: usize) -> Result<String> {
        self.numbered(|| {
            let service = self.objects().container(container)?.service().to_owned();
            let output = self.script().output_of(&service);
            let all: Vec<&str> = output.lines().collect();
            Ok(all[all.len().saturating_sub(lines)..].join("\n"))
        })
        .await
    }

    async fn logs(&self, container: &str, window: &LogWindow) -> Result<LogLines> {
        self.numbered(|| self.lines_of(container, window)).await
    }

    async fn exec(&self, container: &str, spec: &ExecSpec) -> Result<Exec> {
        self.numbered(|| self.start_command(container, spec)).await
    }

    async fn exec_code(&self, exec: &ExecId) -> Result<Option<i64>> {
        self.numbered(|| self.code_of(exec)).await
    }

    async fn resize_exec(&self, exec: &ExecId, _size: TerminalSize) -> Result<()> {
        self.numbered(|| self.code_of(exec).map(drop)).await
    }

    async fn signal_exec(&self, _container: &str, spec: &ExecSpec, signal: u8) -> Result<()> {
        self.numbered(|| {
            self.signal_command(spec, signal);
            Ok(())
        })
        .await
    }

    async fn download(&self, container: &str, path: &str) -> Result<Option<Vec<u8>>> {
        self.numbered(|| {
            let objects = self.objects();
            let service = objects.container(container)?.service();
            Ok(self.script().written.get(&(service.to_owned(), path.to_owned())).cloned())
        })
        .await
    }

    async fn refused(&self, bridge: &str, _subnet: &str) -> Result<Vec<Refused>> {
        self.numbered(|| {
            let is_denied = self.objects().denied.contains(bridge);
            Ok(if is_denied { self.script().refused.clone() } else { Vec::new() })
        })
        .await
    }

    async fn denied(&self) -> Result<Vec<String>> {
        self.numbered(|| Ok(self.objects().denied.iter().cloned().collect())).await
    }

    async fn resolve(&self, hosts: &[String]) -> Result<BTreeMap<String, Vec<Ipv4Addr>>> {
        self.numbered(|| {
            let known = &self.script().hosts;
            let found = |host: &String| (host.clone(), known.get(host).copied().into_iter().collect());
            Ok(hosts.iter().map(found).collect())
        })
        .await
    }

    async fn clones(&self) -> Result<Vec<String>> {
        self.numbered(|| {
            let objects = self.objects();
            let clones = objects.subvolumes.keys().filter_map(|path| path.strip_prefix("clones/"));
            Ok(clones.map(str::to_owned).collect())
        })
        .await
    }

    async fn frozen(&self) -> Result<Vec<String>> {
        self.numbered(|| {
            let objects = self.objects();
            let frozen = objects.subvolumes.keys().filter_map(|path| path.strip_prefix("seeds/"));
            Ok(frozen.map(str::to_owned).collect())
        })
        .await
    }

    async fn clone_size_bytes(&self, clone: &str) -> Result<u64> {
        self.numbered(|| {
            let is_there = self.objects().subvolumes.contains_key(&clone_path(clone));
            if is_there { Ok(CLONE_BYTES) } else { Err(absent("clone", clone)) }
        })
        .await
    }

    async fn room(&self) -> Result<Option<Room>> {
        self.numbered(|| {
            let objects = self.objects();
            Ok(objects.has_pool.then(|| objects.room.unwrap_or(PLENTY)))
        })
        .await
    }

    async fn survey(&self) -> Result<Survey> {
        self.numbered(|| {
            let objects = self.objects();
            let survey = self.script().survey.clone();
            Ok(Survey { room: objects.has_pool.then(|| objects.room.unwrap_or(PLENTY)), ..survey })
        })
        .await
    }
}

fn facts(container: &Container) -> ContainerFacts {
    let status = match container.state {
        State::Created => ContainerStatus::Created,
        State::Running => ContainerStatus::Running,
        State::Exited(code) => ContainerStatus::Exited(code),
    };
    let published = container.spec.ports.iter().map(|port| PublishedPort {
        container_port: port.container_port,
        protocol: port.protocol.clone(),
        at: SocketAddr::new(address(container), port.container_port),
    });
    ContainerFacts {
        name: container.spec.name.clone(),
        service: container.spec.labels.get(label::SERVICE).cloned().unwrap_or_default(),
        status,
        health: None,
        ports: if status == ContainerStatus::Running { published.collect() } else { Vec::new() },
        address: container.spec.address,
        environment: container.spec.runtime.environment.clone(),
    }
}

/// An address of this machine that says which container it is: 127.0.0.1 is the first that was made.
pub(super) fn address(container: &Container) -> IpAddr {
    let [_, high, middle, low] = container.number.to_be_bytes();
    Ipv4Addr::new(127, high, middle, low).into()
}
