//! A PostgreSQL server of a test's own.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use stage::model::call::{Call, Undo};
use stage::model::container::ContainerSpec;
use stage::model::migration::SqlFailure;
use stage::model::service::{Port, Runtime};
use stage::world::database::{Address, Database, Databases};
use stage::world::postgres::PostgresServers;
use stage::world::{Engine, docker::DockerEngine};

use crate::stand::{container, done, engine, name, tidy, undone};

/// Starts a server, runs the test on its database and removes it.
pub async fn with_database<F: Future<Output = ()> + Send + 'static>(
    test: impl FnOnce(Arc<dyn Database>, Address) -> F + Send + 'static,
) {
    let (engine, name) = (engine().await, name("postgres"));
    let undo = Undo::RemoveContainer { name: name.clone(), run: "r1".into() };
    let e = engine.clone();
    let test = async move {
        let at = start(&e, made(&name)).await;
        let database = PostgresServers.connect(&at, Duration::from_mins(1)).await.unwrap();
        test(Arc::clone(&database), at).await;
        database.close().await;
    };
    tidy(test, undone(&engine, &[undo])).await;
}

/// A server in a container that publishes its port; it makes its cluster when it starts.
pub fn spec(name: &str) -> ContainerSpec {
    let environment = [("POSTGRES_USER", "shop"), ("POSTGRES_PASSWORD", "secret"), ("POSTGRES_DB", "shop")];
    let runtime = Runtime {
        image: "postgres:15".to_owned(),
        environment: environment.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        ..Runtime::default()
    };
    let ports = vec![Port { container_port: 5432, protocol: "tcp".to_owned() }];
    ContainerSpec { runtime, network: Some("bridge".to_owned()), ports, ..container(name, "r1", "") }
}

/// The same server, whose cluster is in its image: it need not be made first.
fn made(name: &str) -> ContainerSpec {
    let runtime = Runtime { image: "stage-test-cluster:1".to_owned(), ..Runtime::default() };
    ContainerSpec { runtime, ..spec(name) }
}

/// Starts it, and says where it will answer.
pub async fn start(engine: &DockerEngine, spec: ContainerSpec) -> Address {
    let name = spec.name.clone();
    done(engine, Call::CreateContainer(Box::new(spec))).await;
    done(engine, Call::StartContainer { name: name.clone() }).await;
    Address {
        socket: engine.reach(&name, 5432).await.unwrap(),
        user: "shop".to_owned(),
        password: "secret".into(),
        database: "shop".to_owned(),
    }
}

/// Runs SQL that must succeed.
pub async fn sql(database: &Arc<dyn Database>, sql: &str) {
    assert_eq!(database.run(sql).await.unwrap(), Ok(()), "{sql}");
}

/// Runs SQL that must fail.
pub async fn fails(database: &Arc<dyn Database>, sql: &str) -> SqlFailure {
    database.run(sql).await.unwrap().unwrap_err()
}
