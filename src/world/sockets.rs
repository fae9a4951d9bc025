//! The port to listeners on this machine: whether somebody answers at an address.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a listener may take to answer; those asked are on this machine.
const PATIENCE: Duration = Duration::from_millis(500);

/// Listeners on this machine.
#[async_trait]
pub trait Sockets: Send + Sync {
    /// Whether somebody takes a TCP connection at an address.
    async fn answers(&self, at: SocketAddr) -> bool;
}

/// This machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalSockets;

#[async_trait]
impl Sockets for LocalSockets {
    async fn answers(&self, at: SocketAddr) -> bool {
        let Ok(Ok(stream)) = timeout(PATIENCE, TcpStream::connect(at)).await else { return false };
        // The kernel may choose the very port that is asked as that of the one who asks, which then meets itself.
        stream.local_addr().is_ok_and(|own| own != at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_listener_answers_until_it_is_closed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        assert!(LocalSockets.answers(at).await);
        drop(listener);
        assert!(!LocalSockets.answers(at).await);
    }
}
