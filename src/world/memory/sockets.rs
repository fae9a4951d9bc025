//! Listeners: whatever a container publishes that runs.

use std::net::SocketAddr;

use async_trait::async_trait;

use super::MemoryWorld;
use super::engine::address;
use super::objects::State;
use crate::world::sockets::Sockets;

#[async_trait]
impl Sockets for MemoryWorld {
    async fn answers(&self, at: SocketAddr) -> bool {
        let (objects, script) = (self.objects(), self.script());
        let is_published = objects.containers.values().any(|container| {
            let is_it = |port: u16| SocketAddr::new(address(container), port) == at;
            let runs = container.state == State::Running;
            runs && container.spec.ports.iter().any(|port| is_it(port.container_port))
        });
        is_published || script.stuck_ports.contains(&at.port())
    }
}

#[expect(clippy::return_self_not_must_use, reason = "returns a handle of the same world, for chaining")]
impl MemoryWorld {
    /// A port, by its number inside, that goes on answering on this machine when its container is gone.
    pub fn port_sticks(&self, port: u16) -> Self {
        self.script().stuck_ports.insert(port);
        self.clone()
    }
}
