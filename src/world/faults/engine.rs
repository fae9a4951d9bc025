//! The engine, with a fault.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Counter;
use crate::model::call::{Call, Performed, Undo};
use crate::model::clones::Room;
use crate::model::egress::Refused;
use crate::model::engine::EngineFacts;
use crate::model::error::Result;
use crate::model::exec::{ExecId, ExecSpec, TerminalSize};
use crate::model::inventory::Inventory;
use crate::model::log::LogWindow;
use crate::model::queue::Queue;
use crate::model::stack::ContainerFacts;
use crate::model::survey::Survey;
use crate::world::{Engine, Exec, LogLines};

pub(super) struct Faulty {
    pub(super) inner: Arc<dyn Engine>,
    pub(super) counter: Arc<Counter>,
}

impl Faulty {
    async fn numbered<T>(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let numbered = self.counter.begin(name);
        let result = call.await;
        numbered.end();
        result
    }
}

#[async_trait]
impl Engine for Faulty {
    fn facts(&self) -> EngineFacts {
        self.inner.facts()
    }

    fn pulled(&self) -> Vec<String> {
        self.inner.pulled()
    }

    async fn inventory(&self, images: &[String]) -> Result<Inventory> {
        self.numbered("inventory", self.inner.inventory(images)).await
    }

    async fn perform(&self, call: &Call) -> Result<Performed> {
        self.numbered("perform", self.inner.perform(call)).await
    }

    async fn undo(&self, undo: &Undo) -> Result<()> {
        self.numbered("undo", self.inner.undo(undo)).await
    }

    async fn queue(&self) -> Result<Queue> {
        self.numbered("queue", self.inner.queue()).await
    }

    async fn containers(&self, names: &[String]) -> Result<Vec<ContainerFacts>> {
        self.numbered("containers", self.inner.containers(names)).await
    }

    async fn reach(&self, container: &str, port: u16) -> Result<SocketAddr> {
        self.numbered("reach", self.inner.reach(container, port)).await
    }

    async fn await_exit(&self, container: &str, timeout: Duration) -> Result<Option<i64>> {
        self.numbered("await_exit", self.inner.await_exit(container, timeout)).await
    }

    async fn output_tail(&self, container: &str, lines: usize) -> Result<String> {
        self.numbered("output_tail", self.inner.output_tail(container, lines)).await
    }

    async fn logs(&self, container: &str, window: &LogWindow) -> Result<LogLines> {
        self.numbered("logs", self.inner.logs(container, window)).await
    }

    async fn exec(&self, container: &str, spec: &ExecSpec) -> Result<Exec> {
        self.numbered("exec", self.inner.exec(container, spec)).await
    }

    async fn exec_code(&self, exec: &ExecId) -> Result<Option<i64>> {
        self.numbered("exec_code", self.inner.exec_code(exec)).await
    }

    async fn resize_exec(&self, exec: &ExecId, size: TerminalSize) -> Result<()> {
        self.numbered("resize_exec", self.inner.resize_exec(exec, size)).await
    }

    async fn signal_exec(&self, container: &str, spec: &ExecSpec, signal: u8) -> Result<()> {
        self.numbered("signal_exec", self.inner.signal_exec(container, spec, signal)).await
    }

    async fn download(&self, container: &str, path: &str) -> Result<Option<Vec<u8>>> {
        self.numbered("download", self.inner.download(container, path)).await
    }

    async fn refused(&self, bridge: &str, subnet: &str) -> Result<Vec<Refused>> {
        self.numbered("refused", self.inner.refused(bridge, subnet)).await
    }

    async fn denied(&self) -> Result<Vec<String>> {
        self.numbered("denied", self.inner.denied()).await
    }

    async fn resolve(&self, hosts: &[String]) -> Result<BTreeMap<String, Vec<Ipv4Addr>>> {
        self.numbered("resolve", self.inner.resolve(hosts)).await
    }

    async fn clones(&self) -> Result<Vec<String>> {
        self.numbered("clones", self.inner.clones()).await
    }

    async fn frozen(&self) -> Result<Vec<String>> {
        self.numbered("frozen", self.inner.frozen()).await
    }

    async fn clone_size_bytes(&self, clone: &str) -> Result<u64> {
        self.numbered("clone_size_bytes", self.inner.clone_size_bytes(clone)).await
    }

    async fn room(&self) -> Result<Option<Room>> {
        self.numbered("room", self.inner.room()).await
    }

    async fn survey(&self) -> Result<Survey> {
        self.numbered("survey", self.inner.survey()).await
    }
}
