//! A small stack as a plan, and the world in which it is stood up.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::call::Call;
use crate::model::container::{
    CloneOrigin, ContainerSpec, Labels, Mount, MountSource, NetworkSpec, VolumeSource, VolumeSpec,
};
use crate::model::label;
use crate::model::plan::Plan;
use crate::model::seed::{SeedKey, SeedRecord};
use crate::model::service::Runtime;
use crate::world::memory::MemoryWorld;

/// The run that carries the plan out.
pub(super) const RUN: &str = "000000000001";
/// The volume that stays when the plan succeeds.
pub(super) const CACHE: &str = "cache";

fn labels(service: &str) -> Labels {
    Labels::from([
        (label::KIND.into(), label::KIND_STACK.into()),
        (label::RUN.into(), RUN.into()),
        (label::SERVICE.into(), service.into()),
    ])
}

fn key() -> SeedKey {
    SeedKey("0123456789abcdef".into())
}

/// A world with a seed and an engine that is otherwise empty.
pub(super) fn world() -> MemoryWorld {
    let seed = SeedRecord {
        key: key(),
        environment: "shop".into(),
        database: "db".into(),
        backup_taken_at: Timestamp::UNIX_EPOCH,
        sealed_at: Timestamp::UNIX_EPOCH,
        size_bytes: 1,
        build_s: 0.5,
        rows: BTreeMap::new(),
    };
    MemoryWorld::new().with_seed(&seed).unwrap()
}

fn container(name: &str, volume: Option<&str>) -> Call {
    let mounts = volume.map(|volume| Mount {
        source: MountSource::Volume(volume.into()),
        target: "/data".into(),
        read_only: false,
    });
    Call::CreateContainer(Box::new(ContainerSpec {
        name: name.into(),
        runtime: Runtime { image: "shop".into(), ..Runtime::default() },
        network: Some("net".into()),
        aliases: Vec::new(),
        address: None,
        name_server: None,
        mounts: mounts.into_iter().collect(),
        ports: Vec::new(),
        reached_at: None,
        labels: labels(name),
    }))
}

fn start(name: &str) -> Call {
    Call::StartContainer { name: name.into() }
}

fn volume(name: &str, source: VolumeSource) -> Call {
    Call::CreateVolume(VolumeSpec { name: name.into(), source, labels: labels(name) })
}

/// A database on a clone of the seed, a job that runs once, a web server that waits for both and fills a
/// volume that stays.
pub(super) fn plan() -> Plan {
    let mut plan = Plan::default();
    let network =
        NetworkSpec { name: "net".into(), subnet: "10.0.0.0/28".into(), bridge: None, labels: labels("net") };
    let net = plan.add(Call::CreateNetwork(network), "network", &[]);
    let data =
        plan.add(volume("data", VolumeSource::Pool { subvolume: "clones/data".into() }), "database", &[]);
    let origin = CloneOrigin::Seed(key());
    let clone = plan.add(Call::MakeClone { clone: "data".into(), origin }, "database", &[data]);
    let db = plan.add(container("db", Some("data")), "database", &[net, clone]);
    let db = plan.add(start("db"), "database", &[db]);
    let healthy = plan.add(Call::AwaitHealthy { name: "db".into(), timeout_s: 9 }, "database", &[db]);
    let cache = plan.add_kept(volume(CACHE, VolumeSource::Plain), "cache", &[healthy]);
    let job = plan.add(container("job", None), "job", &[net]);
    let job = plan.add(start("job"), "job", &[job, healthy]);
    let done = plan.add(Call::AwaitCompletion { name: "job".into(), timeout_s: 9 }, "job", &[job]);
    let web = plan.add(container("web", Some(CACHE)), "web", &[net, cache]);
    plan.add(start("web"), "web", &[web, done]);
    plan
}
