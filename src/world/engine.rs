//! The port to the Docker Engine.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use tokio::io::AsyncWrite;

use crate::model::call::{Call, Performed, Undo};
use crate::model::clones::Room;
use crate::model::egress::Refused;
use crate::model::engine::EngineFacts;
use crate::model::error::Result;
use crate::model::exec::{ExecId, ExecOutput, ExecSpec, TerminalSize};
use crate::model::inventory::Inventory;
use crate::model::log::{LogLine, LogWindow};
use crate::model::queue::Queue;
use crate::model::stack::ContainerFacts;
use crate::model::survey::Survey;

/// Lines of a container as they come; nothing is read that nobody asks for.
pub type LogLines = BoxStream<'static, Result<LogLine>>;

/// A command that was started in a container.
pub struct Exec {
    /// Its name.
    pub id: ExecId,
    /// What it writes; ends when nobody can write any more.
    pub output: BoxStream<'static, Result<ExecOutput>>,
    /// What it reads; shutting it down is the end of its input, and its output goes on.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
}

/// A Docker Engine. Calls are idempotent: what is done already counts as done, and what is absent counts as undone.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Which engine it is, and where it stands.
    fn facts(&self) -> EngineFacts;
    /// References of the images that it has fetched for this process; they stay.
    fn pulled(&self) -> Vec<String>;
    /// Everything that carries our label, all subnets, the sealed seeds, and what is known of `images`.
    async fn inventory(&self, images: &[String]) -> Result<Inventory>;
    /// Carries out one call. An existing container of the same name that another run made is an error of kind
    /// `NoRoom` (the name is held), never silently reused.
    async fn perform(&self, call: &Call) -> Result<Performed>;
    /// Takes one call back, and returns once it is gone.
    async fn undo(&self, undo: &Undo) -> Result<()>;
    /// The stacks of the engine, as they share its memory.
    async fn queue(&self) -> Result<Queue>;
    /// How these containers are now; one that is not there is left out.
    async fn containers(&self, names: &[String]) -> Result<Vec<ContainerFacts>>;
    /// Where a TCP port of a container that runs is reached from here: its own address if this machine is beside its network,
    /// else where it is published on this machine. For an engine behind ssh that is forwarded, and ends with this process.
    async fn reach(&self, container: &str, port: u16) -> Result<SocketAddr>;
    /// Waits until a container exits; its exit code, or `None` after `timeout`.
    async fn await_exit(&self, container: &str, timeout: Duration) -> Result<Option<i64>>;
    /// The last `lines` lines of a container's output, both streams.
    async fn output_tail(&self, container: &str, lines: usize) -> Result<String>;
    /// The lines of a container's output, both streams, in the order in which they were written. With `follow` they go on
    /// until the container ends; one that does not run ends them at once. A line without an end, or of more than a
    /// mebibyte, is told in pieces.
    async fn logs(&self, container: &str, window: &LogWindow) -> Result<LogLines>;
    /// Starts a command in a container that runs, with its mark in its environment; its terminal has no size yet. A command that cannot be started says
    /// so in its output and ends with 126 or 127.
    async fn exec(&self, container: &str, spec: &ExecSpec) -> Result<Exec>;
    /// The exit code of a command; `None` while it runs.
    async fn exec_code(&self, exec: &ExecId) -> Result<Option<i64>>;
    /// Tells a command the size of its terminal, as soon as the engine has started it.
    async fn resize_exec(&self, exec: &ExecId, size: TerminalSize) -> Result<()>;
    /// Sends a signal, by its number, to a command and to all that it started, as a terminal does. The engine itself knows
    /// no way; a container without a shell has none, and a command that has ended needs none: whether it has ended is what
    /// [`Self::exec_code`] says.
    async fn signal_exec(&self, container: &str, spec: &ExecSpec, signal: u8) -> Result<()>;
    /// One file of a container, running or not; `None` if it is not there.
    async fn download(&self, container: &str, path: &str) -> Result<Option<Vec<u8>>>;
    /// What the containers of a network were refused so far, by the interface of the network and its subnet.
    async fn refused(&self, bridge: &str, subnet: &str) -> Result<Vec<Refused>>;
    /// Interfaces whose egress is denied.
    async fn denied(&self) -> Result<Vec<String>>;
    /// The addresses of hosts as the engine's machine finds them, by name; one that it does not find has none.
    async fn resolve(&self, hosts: &[String]) -> Result<BTreeMap<String, Vec<Ipv4Addr>>>;
    /// Names of the clones in the pool; none if there is no pool.
    async fn clones(&self) -> Result<Vec<String>>;
    /// Names of the frozen seeds in the pool, registered or not; none if there is no pool.
    async fn frozen(&self) -> Result<Vec<String>>;
    /// How many bytes a clone holds, shared ones counted.
    async fn clone_size_bytes(&self, clone: &str) -> Result<u64>;
    /// Room for seeds and clones, as the driver in force has it; `None` while it has no pool.
    async fn room(&self) -> Result<Option<Room>>;
    /// What the engine is and can do. Probes it, and makes nothing that stays.
    async fn survey(&self) -> Result<Survey>;
}
