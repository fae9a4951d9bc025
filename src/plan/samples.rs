//! A small environment for the tests of this room.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Identity;
use crate::model::egress::EgressPolicy;
use crate::model::environment::{BackupSource, DatabaseSpec, Environment, LeaseSpec};
use crate::model::guard::GuardLimits;
use crate::model::inventory::{ImageFacts, Inventory};
use crate::model::masking::Masking;
use crate::model::name::RunId;
use crate::model::seed::SeedKey;
use crate::model::service::{
    Dependency, DependencyCondition, Healthcheck, Runtime, Service, ServiceVolume, VolumeOrigin,
};
use crate::model::stack::Stack;
use crate::model::suite::SuiteSpec;

fn service(name: &str, image: &str, depends_on: &[(&str, DependencyCondition)]) -> Service {
    Service {
        name: name.into(),
        runtime: Runtime { image: image.into(), ..Runtime::default() },
        volumes: Vec::new(),
        ports: Vec::new(),
        depends_on: depends_on
            .iter()
            .map(|&(service, condition)| Dependency { service: service.into(), condition })
            .collect(),
        aliases: Vec::new(),
        profiles: Vec::new(),
    }
}

/// A database, a one-shot job that loads a cache, a web service behind both, a worker, and a suite.
pub fn shop() -> Environment {
    let mut db = service("db", "postgres:15", &[]);
    db.runtime.environment.insert("POSTGRES_USER".into(), "shop".into());
    db.volumes.push(ServiceVolume {
        origin: VolumeOrigin::Named("data".into()),
        target: "/var/lib/postgresql/data".into(),
        read_only: false,
    });
    let warmup = service("warmup", "shop:1", &[("db", DependencyCondition::Healthy)]);
    let mut web = service("web", "shop:1", &[("warmup", DependencyCondition::CompletedSuccessfully)]);
    web.runtime.healthcheck = Some(Healthcheck::Probe {
        test: vec!["CMD".into(), "true".into()],
        interval_ns: None,
        timeout_ns: None,
        start_period_ns: None,
        retries: None,
    });
    web.volumes.push(ServiceVolume {
        origin: VolumeOrigin::Named("files".into()),
        target: "/files".into(),
        read_only: false,
    });
    let worker = service("worker", "shop:1", &[("warmup", DependencyCondition::CompletedSuccessfully)]);
    let mut tests = service(
        "tests",
        "shop:1",
        &[("web", DependencyCondition::Healthy), ("worker", DependencyCondition::Started)],
    );
    tests.profiles.push("test".into());
    let services = [db, warmup, web, worker, tests];
    Environment {
        name: "shop".into(),
        folder: "/environments/shop".into(),
        services: services.into_iter().map(|service| (service.name.clone(), service)).collect(),
        databases: BTreeMap::from([(
            "db".into(),
            DatabaseSpec {
                service: "db".into(),
                backup: BackupSource { pattern: "/backups/*.dump".into(), max_age_s: None },
                masking: Masking::default(),
                prepare: Vec::new(),
            },
        )]),
        migrations: Vec::new(),
        suite: Some(SuiteSpec { service: "tests".into(), command: None, junit: None, timeout_s: 60 }),
        compares: false,
        traffic: None,
        guards: GuardLimits::default(),
        lease: LeaseSpec::default(),
        egress: EgressPolicy::default(),
        mail: None,
    }
}

/// Run `r1` of it.
pub fn identity() -> Identity {
    Identity {
        environment: "shop".into(),
        instance: "r1".into(),
        stack: RunId("r1".into()),
        run: RunId("r1".into()),
        holder: "here".into(),
        deadline: Timestamp::UNIX_EPOCH,
    }
}

/// An engine on which all its images are.
pub fn inventory() -> Inventory {
    let images = ["postgres:15", "shop:1", super::HELPER_IMAGE];
    Inventory {
        images: images.iter().map(|image| ((*image).to_owned(), ImageFacts::default())).collect(),
        has_pool: true,
        ..Inventory::default()
    }
}

/// A stack of the shop that stands.
pub(crate) fn standing() -> Stack {
    Stack {
        environment: "shop".into(),
        instance: "pr-1".into(),
        run: RunId("r1".into()),
        holder: "me".into(),
        since: Timestamp::UNIX_EPOCH,
        until: Timestamp::MAX,
        deadline: Timestamp::MAX,
        leases: Vec::new(),
        kept: false,
        idle_s: None,
        quiet: Vec::new(),
        subnet: None,
        bridge: None,
        sink: None,
        containers: BTreeMap::new(),
        seeds: BTreeMap::from([("db".to_owned(), SeedKey("4f1c".into()))]),
    }
}
