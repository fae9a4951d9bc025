//! Finding the engine.

use bollard::Docker;

use super::DockerEngine;
use super::pool::Pool;
use crate::model::error::{Error, ErrorKind, Result};

const DEFAULT_HOST: &str = "unix:///var/run/docker.sock";

impl DockerEngine {
    /// Connects to the engine that `DOCKER_HOST` names, the local socket by default. `holder` is the id of this machine,
    /// for the labels of the pool. An error of kind `Unreachable` if nothing answers.
    pub async fn connect(holder: &str) -> Result<Self> {
        Self::connect_with_pool(holder, "stage-pool").await
    }

    /// As [`Self::connect`], with another name for the pool's objects, so that a test has a pool of its own.
    pub async fn connect_with_pool(holder: &str, pool: &str) -> Result<Self> {
        let host = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
        let host = host.unwrap_or_else(|| DEFAULT_HOST.to_owned());
        let docker = Docker::connect_with_host(&host).map_err(|error| silent(&host, error))?;
        docker.ping().await.map_err(|error| silent(&host, error))?;
        Ok(Self { docker, pool: Pool::new(pool, holder) })
    }

    /// Removes the pool with all its clones and seeds and detaches its loop device. Volumes of clones and seeds must be
    /// gone, or the engine refuses.
    pub async fn remove_pool(&self) -> Result<()> {
        self.pool.remove(&self.docker).await
    }
}

fn silent(host: &str, error: bollard::errors::Error) -> Error {
    Error::new(ErrorKind::Unreachable, format!("no Docker Engine answers at {host}"))
        .hint("`scripts/setup` installs and starts one")
        .hint("`systemctl start docker` starts an installed one")
        .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_engine_is_named_with_a_way_out() {
        let error = silent("unix:///nowhere.sock", bollard::errors::Error::RequestTimeoutError);
        assert_eq!(error.kind, ErrorKind::Unreachable);
        assert_eq!(error.to_string(), "no Docker Engine answers at unix:///nowhere.sock");
        assert!(error.hints.iter().any(|hint| hint.contains("scripts/setup")));
    }
}
