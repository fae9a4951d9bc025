//! Watching containers: health, exit, output. What a service does is a fact, never an error.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as Refusal;
use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerStateStatusEnum as Status, HealthStatusEnum as Health,
};
use bollard::query_parameters::{LogsOptionsBuilder, WaitContainerOptions};
use futures_util::{StreamExt, TryStreamExt};
use tokio::time::{Instant, sleep, timeout_at};

use super::errors::could_not;
use super::{exec, passing};
use crate::model::call::{Performed, ServiceFailure};
use crate::model::error::Result;

const POLL: Duration = Duration::from_millis(40);
/// A probe costs the engine as much as a quarter of a container, so what takes long to get healthy is probed less and less
/// often: it is known at most a tenth of its time too late, and never later than this.
const LONGEST_POLL: Duration = Duration::from_millis(300);
const TAIL_LINES: usize = 30;
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Waits until a container is healthy, or runs if it has no healthcheck. While the engine has not decided yet the probe is
/// also run here: the engine waits a whole interval before its first one, and many Compose files say 30 s.
pub(super) async fn healthy(docker: &Docker, name: &str, timeout: Duration) -> Result<Performed> {
    let begun = Instant::now();
    let deadline = begun + timeout;
    let found = inspect(docker, name).await?;
    let test = found.config.and_then(|config| config.healthcheck).and_then(|check| check.test);
    let probe = probe_of(test.unwrap_or_default());
    loop {
        let state = state(docker, name).await?;
        match fitness(&state) {
            Fitness::Fit => return Ok(Performed::Done),
            Fitness::Unfit(reason) => return unfit(docker, name, reason).await,
            Fitness::Undecided if Instant::now() >= deadline => {
                return unfit(docker, name, format!("not healthy after {} s", timeout.as_secs())).await;
            }
            Fitness::Undecided => {}
        }
        if let Some(probe) = &probe
            && state.status == Some(Status::RUNNING)
            && passes(docker, name, probe).await
        {
            return Ok(Performed::Done);
        }
        sleep((begun.elapsed() / 10).clamp(POLL, LONGEST_POLL)).await;
    }
}

/// Whether a probe succeeds. One that cannot be run, or takes too long, is left to the engine to judge.
async fn passes(docker: &Docker, name: &str, probe: &[String]) -> bool {
    let command: Vec<&str> = probe.iter().map(String::as_str).collect();
    let ran = tokio::time::timeout(PROBE_TIMEOUT, exec::run(docker, name, &command)).await;
    matches!(ran, Ok(Ok(ran)) if ran.code == 0)
}

/// The command of a healthcheck as the engine keeps it: `CMD`, `CMD-SHELL` or `NONE` in front.
fn probe_of(test: Vec<String>) -> Option<Vec<String>> {
    let mut words = test.into_iter();
    match words.next()?.as_str() {
        "CMD" => Some(words.collect()).filter(|command: &Vec<String>| !command.is_empty()),
        "CMD-SHELL" => Some(["/bin/sh".to_owned(), "-c".to_owned()].into_iter().chain(words).collect()),
        _ => None,
    }
}

/// Waits until a container has exited with 0.
pub(super) async fn completion(docker: &Docker, name: &str, timeout: Duration) -> Result<Performed> {
    match exit_code(docker, name, timeout).await? {
        Some(0) => Ok(Performed::Done),
        Some(code) => unfit(docker, name, format!("exited with {code}")).await,
        None => unfit(docker, name, format!("still running after {} s", timeout.as_secs())).await,
    }
}

/// Waits until a container has exited; its code, or `None` after `timeout`.
pub(super) async fn exit_code(docker: &Docker, name: &str, timeout: Duration) -> Result<Option<i64>> {
    let deadline = Instant::now() + timeout;
    loop {
        let state = state(docker, name).await?;
        if has_exited(&state) {
            return Ok(Some(state.exit_code.unwrap_or(-1)));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        // The engine's own wait returns at once for a container that was never started.
        if state.status == Some(Status::RUNNING) {
            let mut end = docker.wait_container(name, None::<WaitContainerOptions>);
            // How it ended is for the next look to tell.
            match timeout_at(deadline, end.next()).await {
                Ok(Some(Ok(_) | Err(Refusal::DockerContainerWaitError { .. }))) | Err(_) => continue,
                Ok(_) => {}
            }
        }
        sleep(POLL).await;
    }
}

/// The last lines of a container's output, both streams.
pub(super) async fn output_tail(docker: &Docker, name: &str, lines: usize) -> Result<String> {
    let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&lines.to_string()).build();
    let chunks = docker.logs(name, Some(options)).try_fold(Vec::new(), |mut text, chunk| async move {
        text.extend_from_slice(chunk.as_ref());
        Ok(text)
    });
    let text = chunks.await.map_err(could_not(&format!("read the output of container {name}")))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

async fn state(docker: &Docker, name: &str) -> Result<ContainerState> {
    Ok(inspect(docker, name).await?.state.unwrap_or_default())
}

async fn inspect(docker: &Docker, name: &str) -> Result<ContainerInspectResponse> {
    passing::inspect_container(docker, name).await.map_err(could_not(&format!("look at container {name}")))
}

async fn unfit(docker: &Docker, name: &str, reason: String) -> Result<Performed> {
    let output_tail = output_tail(docker, name, TAIL_LINES).await?;
    Ok(Performed::Unfit(ServiceFailure { service: name.to_owned(), reason, output_tail }))
}

fn has_exited(state: &ContainerState) -> bool {
    matches!(state.status, Some(Status::EXITED | Status::DEAD))
}

#[derive(Debug, PartialEq, Eq)]
enum Fitness {
    Fit,
    Unfit(String),
    Undecided,
}

fn fitness(state: &ContainerState) -> Fitness {
    let health = state.health.as_ref().and_then(|health| health.status);
    let has_probe = !matches!(health, None | Some(Health::NONE | Health::EMPTY));
    let code = state.exit_code.unwrap_or(-1);
    if has_exited(state) {
        // A one-shot that is done before anybody looked did run.
        let is_done = code == 0 && !has_probe;
        return if is_done { Fitness::Fit } else { Fitness::Unfit(format!("exited with {code}")) };
    }
    match health {
        Some(Health::UNHEALTHY) => Fitness::Unfit("unhealthy".to_owned()),
        Some(Health::HEALTHY) => Fitness::Fit,
        _ if !has_probe && state.status == Some(Status::RUNNING) => Fitness::Fit,
        _ => Fitness::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::Health as HealthState;

    use super::*;

    fn check(status: Status, exit_code: i64, health: Option<Health>, expected: &Fitness) {
        let health = health.map(|status| HealthState { status: Some(status), ..HealthState::default() });
        let state = ContainerState {
            status: Some(status),
            exit_code: Some(exit_code),
            health,
            ..ContainerState::default()
        };
        assert_eq!(&fitness(&state), expected);
    }

    #[test]
    fn a_probe_is_the_command_that_the_engine_would_run() {
        let probe = |test: &[&str]| probe_of(test.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(probe(&["CMD", "redis-cli", "ping"]).unwrap(), ["redis-cli", "ping"]);
        assert_eq!(
            probe(&["CMD-SHELL", "curl -f x || exit 1"]).unwrap(),
            ["/bin/sh", "-c", "curl -f x || exit 1"]
        );
        assert_eq!((probe(&["NONE"]), probe(&["CMD"]), probe(&[])), (None, None, None));
    }

    #[test]
    fn running_is_enough_without_a_healthcheck() {
        check(Status::RUNNING, 0, None, &Fitness::Fit);
        check(Status::RUNNING, 0, Some(Health::NONE), &Fitness::Fit);
        check(Status::RUNNING, 0, Some(Health::STARTING), &Fitness::Undecided);
        check(Status::CREATED, 0, None, &Fitness::Undecided);
    }

    #[test]
    fn a_one_shot_that_is_already_done_is_fit_and_a_failed_one_is_not() {
        check(Status::EXITED, 0, None, &Fitness::Fit);
        check(Status::EXITED, 1, None, &Fitness::Unfit("exited with 1".to_owned()));
    }

    #[test]
    fn a_server_with_a_healthcheck_must_stay_up() {
        check(Status::EXITED, 0, Some(Health::UNHEALTHY), &Fitness::Unfit("exited with 0".to_owned()));
        check(Status::RUNNING, 0, Some(Health::UNHEALTHY), &Fitness::Unfit("unhealthy".to_owned()));
        check(Status::RUNNING, 0, Some(Health::HEALTHY), &Fitness::Fit);
    }
}
