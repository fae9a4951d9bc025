//! Answers with a word that passes: Podman calls a container that has just ended `stopped` for some tenths of a second,
//! which Docker's API does not know, and then `exited`, which it does.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as Refusal;
use bollard::models::{ContainerInspectResponse, ContainerSummary};
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptions};
use tokio::time::sleep;

const TRIES: usize = 50;
const POLL: Duration = Duration::from_millis(40);

/// What the engine knows of one container.
pub(super) async fn inspect_container(
    docker: &Docker,
    name: &str,
) -> Result<ContainerInspectResponse, Refusal> {
    understood(POLL, || docker.inspect_container(name, None::<InspectContainerOptions>)).await
}

/// The containers that `options` ask for.
pub(super) async fn list_containers(
    docker: &Docker,
    options: &ListContainersOptions,
) -> Result<Vec<ContainerSummary>, Refusal> {
    understood(POLL, || docker.list_containers(Some(options.clone()))).await
}

/// Asks again while the answer is not understood. One that never is comes back as it is.
async fn understood<T, Answer>(poll: Duration, ask: impl Fn() -> Answer) -> Result<T, Refusal>
where
    Answer: Future<Output = Result<T, Refusal>>,
{
    for _ in 1..TRIES {
        match ask().await {
            Err(Refusal::JsonDataError { .. }) => sleep(poll).await,
            answer => return answer,
        }
    }
    ask().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_word_that_passes_is_waited_out_and_one_that_stays_is_told() {
        let asked = Cell::new(0);
        let strange = || Refusal::JsonDataError { message: "unknown variant `stopped`".into(), column: 1 };
        let ask = |until: usize| {
            let asked = &asked;
            move || async move {
                asked.set(asked.get() + 1);
                if asked.get() < until { Err(strange()) } else { Ok("exited") }
            }
        };
        assert_eq!(understood(Duration::ZERO, ask(3)).await.unwrap(), "exited");
        assert_eq!(asked.get(), 3);
        assert!(matches!(
            understood(Duration::ZERO, ask(usize::MAX)).await,
            Err(Refusal::JsonDataError { .. })
        ));
    }
}
