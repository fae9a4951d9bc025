//! What the live tests stand on: an engine, names that nobody else has, and a clean-up that runs even if a test fails.

use std::collections::BTreeMap;
use std::future::Future;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use stage::model::call::{Call, Performed, Undo};
use stage::model::clones::{CloneDriver, ClonesChoice};
use stage::model::container::{ContainerSpec, Labels};
use stage::model::label;
use stage::model::service::Runtime;
use stage::world::Engine;
use stage::world::docker::{DockerEngine, HELPER_IMAGE};

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A name that no other test has, also not one of another process.
pub fn name(what: &str) -> String {
    let n = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("stage-test-{}-{n}-{what}", std::process::id())
}

/// The engine, with a pool that is this test's own (made only if the test asks for it).
pub async fn engine() -> DockerEngine {
    DockerEngine::connect_with_pool("test", &name("pool")).await.unwrap()
}

/// An engine on which clones are made so, with a pool that is this test's own.
pub async fn forced(driver: CloneDriver, pool: &str) -> DockerEngine {
    let engine = DockerEngine::connect_with_pool("test", pool).await.unwrap();
    engine.with_clones(ClonesChoice::Forced(driver))
}

/// What the engine's own command line prints; it must succeed.
pub fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Labels of a run.
pub fn labels(run: &str) -> Labels {
    [(label::KIND, "test"), (label::FORMAT, label::FORMAT_VERSION), (label::RUN, run)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// A container of the helper image that runs `script`.
pub fn container(name: &str, run: &str, script: &str) -> ContainerSpec {
    ContainerSpec {
        name: name.to_owned(),
        runtime: Runtime {
            image: HELPER_IMAGE.to_owned(),
            command: Some(["sh", "-c", script].map(str::to_owned).to_vec()),
            environment: BTreeMap::new(),
            ..Runtime::default()
        },
        network: None,
        aliases: Vec::new(),
        address: None,
        name_server: None,
        mounts: Vec::new(),
        ports: Vec::new(),
        reached_at: None,
        labels: labels(run),
    }
}

/// Creates and starts a container.
pub async fn run(engine: &DockerEngine, spec: ContainerSpec) {
    let name = spec.name.clone();
    done(engine, Call::CreateContainer(Box::new(spec))).await;
    done(engine, Call::StartContainer { name }).await;
}

/// Performs a call, twice, as every call may be repeated.
pub async fn done(engine: &DockerEngine, call: Call) {
    assert_eq!(engine.perform(&call).await.unwrap(), Performed::Done, "{call}");
    assert_eq!(engine.perform(&call).await.unwrap(), Performed::Done, "{call}, repeated");
}

/// Takes calls back, each twice, as what is absent counts as undone.
pub async fn undone(engine: &DockerEngine, undos: &[Undo]) {
    for undo in undos {
        engine.undo(undo).await.unwrap();
        engine.undo(undo).await.unwrap();
    }
}

/// Runs a test and then its clean-up, whatever came of the test.
pub fn tidy<'a>(
    test: impl Future<Output = ()> + Send + 'static,
    clean: impl Future<Output = ()> + 'a,
) -> impl Future<Output = ()> + 'a {
    // Tests are long: their futures would fill the stack.
    let (test, clean) = (Box::pin(test), Box::pin(clean));
    async move {
        let outcome = tokio::spawn(test).await;
        clean.await;
        if let Err(failed) = outcome {
            std::panic::resume_unwind(failed.into_panic());
        }
    }
}
