//! Calls that stand up one database.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::call::Call;
use crate::model::container::{
    CloneOrigin, ContainerSpec, Labels, Mount, MountSource, NetworkSpec, VolumeSource, VolumeSpec,
};
use crate::model::label;
use crate::model::seed::{SeedKey, SeedRecord};
use crate::model::service::{Port, Runtime};

fn labels(run: &str) -> Labels {
    Labels::from([
        (label::KIND.into(), label::KIND_STACK.into()),
        (label::RUN.into(), run.into()),
        (label::SERVICE.into(), "db".into()),
    ])
}

pub(super) fn network(run: &str) -> Call {
    Call::CreateNetwork(NetworkSpec {
        name: "net".into(),
        subnet: format!("10.0.0.{run}/28"),
        bridge: None,
        labels: labels(run),
    })
}

fn volume(name: &str, source: VolumeSource) -> Call {
    Call::CreateVolume(VolumeSpec { name: name.into(), source, labels: labels("1") })
}

pub(super) fn in_pool(name: &str) -> Call {
    volume(name, VolumeSource::Pool { subvolume: format!("clones/{name}") })
}

pub(super) fn empty_clone(name: &str) -> Call {
    Call::MakeClone { clone: name.into(), origin: CloneOrigin::Empty }
}

fn spec(run: &str) -> ContainerSpec {
    ContainerSpec {
        name: "db".into(),
        runtime: Runtime {
            image: "postgres:15".into(),
            environment: BTreeMap::from([("POSTGRES_USER".into(), "shop".into())]),
            ..Runtime::default()
        },
        network: Some("net".into()),
        aliases: Vec::new(),
        address: None,
        name_server: None,
        mounts: vec![Mount {
            source: MountSource::Volume("data".into()),
            target: "/var/lib/postgresql/data".into(),
            read_only: false,
        }],
        ports: vec![Port { container_port: 5432, protocol: "tcp".into() }],
        reached_at: None,
        labels: labels(run),
    }
}

pub(super) fn container(run: &str) -> Call {
    Call::CreateContainer(Box::new(spec(run)))
}

pub(super) fn start() -> Call {
    Call::StartContainer { name: "db".into() }
}

pub(super) fn key() -> SeedKey {
    SeedKey("0123456789abcdef".into())
}

pub(super) fn seed() -> SeedRecord {
    SeedRecord {
        key: key(),
        environment: "shop".into(),
        database: "db".into(),
        backup_taken_at: Timestamp::UNIX_EPOCH,
        sealed_at: Timestamp::UNIX_EPOCH,
        size_bytes: 1,
        build_s: 0.5,
        rows: BTreeMap::from([("people".into(), 3)]),
    }
}
