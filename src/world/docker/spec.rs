//! What the engine is told of a container.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig,
    Mount as EngineMount, MountType, NetworkingConfig, PortBinding,
};

use crate::model::container::{ContainerSpec, Mount, MountSource};
use crate::model::service::{Healthcheck, Port};

/// Between 0, as everything else is, and 1000, which is killed whatever it takes.
const FIRST_TO_GO: i64 = 500;

/// The body of the request that creates a container. Where this machine `is_beside` its network, no port is published for
/// `stage` itself.
pub(super) fn body(spec: &ContainerSpec, is_beside: bool) -> ContainerCreateBody {
    let runtime = &spec.runtime;
    let mut ports = spec.ports.clone();
    if let Some(reached_at) = spec.reached_at.filter(|_| !is_beside)
        && !ports.iter().any(|port| port.container_port == reached_at)
    {
        ports.push(Port { container_port: reached_at, protocol: "tcp".to_owned() });
    }
    // Labels of `stage` win: a user's label cannot make a container look like another run's.
    let labels = runtime.labels.iter().chain(&spec.labels);
    ContainerCreateBody {
        image: Some(runtime.image.clone()),
        cmd: runtime.command.clone(),
        entrypoint: runtime.entrypoint.clone(),
        env: Some(runtime.environment.iter().map(|(name, value)| format!("{name}={value}")).collect()),
        user: runtime.user.clone(),
        working_dir: runtime.working_dir.clone(),
        hostname: runtime.hostname.clone(),
        stop_signal: runtime.stop_signal.clone(),
        healthcheck: runtime.healthcheck.as_ref().map(healthcheck),
        labels: Some(labels.map(|(key, value)| (key.clone(), value.clone())).collect()),
        exposed_ports: Some(ports.iter().map(port).collect()),
        host_config: Some(host_config(spec, &ports)),
        networking_config: spec.network.as_ref().map(|network| NetworkingConfig {
            endpoints_config: Some(HashMap::from([(
                network.clone(),
                EndpointSettings {
                    aliases: Some(spec.aliases.clone()),
                    ipam_config: spec.address.map(|address| EndpointIpamConfig {
                        ipv4_address: Some(address.to_string()),
                        ..EndpointIpamConfig::default()
                    }),
                    ..EndpointSettings::default()
                },
            )])),
        }),
        ..ContainerCreateBody::default()
    }
}

fn host_config(spec: &ContainerSpec, ports: &[Port]) -> HostConfig {
    let runtime = &spec.runtime;
    HostConfig {
        network_mode: Some(spec.network.clone().unwrap_or_else(|| "none".to_owned())),
        mounts: Some(spec.mounts.iter().map(mount).collect()),
        port_bindings: Some(ports.iter().map(|p| (port(p), Some(vec![loopback()]))).collect()),
        tmpfs: Some(runtime.tmpfs.iter().map(|(path, options)| (path.clone(), options.clone())).collect()),
        shm_size: runtime.shm_size_bytes,
        memory: runtime.memory_bytes,
        nano_cpus: runtime.nano_cpus,
        // Should the machine run out of memory all the same, a stack goes before anything else there.
        oom_score_adj: Some(FIRST_TO_GO),
        init: runtime.init.then_some(true),
        readonly_rootfs: Some(runtime.read_only),
        cap_add: Some(runtime.cap_add.clone()),
        cap_drop: Some(runtime.cap_drop.clone()),
        dns: spec.name_server.map(|server| vec![server.to_string()]),
        extra_hosts: Some(runtime.extra_hosts.clone()),
        // Whatever the engine's default driver is, the output must be readable afterwards.
        log_config: Some(HostConfigLogConfig { typ: Some("json-file".to_owned()), config: None }),
        ..HostConfig::default()
    }
}

fn port(port: &Port) -> String {
    format!("{}/{}", port.container_port, port.protocol)
}

/// A free port of 127.0.0.1, which the engine chooses.
fn loopback() -> PortBinding {
    PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(String::new()) }
}

fn mount(mount: &Mount) -> EngineMount {
    let (typ, source) = match &mount.source {
        MountSource::Volume(name) => (MountType::VOLUME, Some(name.clone())),
        MountSource::Bind(path) => (MountType::BIND, Some(path.display().to_string())),
        MountSource::Anonymous => (MountType::VOLUME, None),
    };
    EngineMount {
        target: Some(mount.target.clone()),
        source,
        typ: Some(typ),
        read_only: Some(mount.read_only),
        ..EngineMount::default()
    }
}

fn healthcheck(healthcheck: &Healthcheck) -> HealthConfig {
    match healthcheck {
        Healthcheck::Disabled => {
            HealthConfig { test: Some(vec!["NONE".to_owned()]), ..HealthConfig::default() }
        }
        Healthcheck::Probe { test, interval_ns, timeout_ns, start_period_ns, retries } => HealthConfig {
            test: Some(test.clone()),
            interval: *interval_ns,
            timeout: *timeout_ns,
            start_period: *start_period_ns,
            retries: *retries,
            ..HealthConfig::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service::Runtime;

    fn spec() -> ContainerSpec {
        ContainerSpec {
            name: "stage-shop-web".to_owned(),
            runtime: Runtime { image: "shop".to_owned(), ..Runtime::default() },
            network: Some("stage-shop".to_owned()),
            aliases: vec!["web".to_owned()],
            address: Some(std::net::Ipv4Addr::new(10, 213, 0, 2)),
            name_server: None,
            mounts: Vec::new(),
            ports: vec![Port { container_port: 8000, protocol: "tcp".to_owned() }],
            reached_at: None,
            labels: [("dev.stage".to_owned(), "stack".to_owned())].into(),
        }
    }

    #[test]
    fn ports_are_published_on_loopback_only_and_the_engine_chooses_the_number() {
        let ports = body(&spec(), true).host_config.unwrap().port_bindings.unwrap();
        let binding = &ports["8000/tcp"].as_ref().unwrap()[0];
        assert_eq!(binding.host_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(binding.host_port.as_deref(), Some(""));
    }

    #[test]
    fn a_port_for_stage_itself_is_published_once_and_only_from_afar() {
        let published = |spec: &ContainerSpec, is_beside| {
            let ports = body(spec, is_beside).host_config.unwrap().port_bindings.unwrap();
            ports.into_keys().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        };
        let spec = ContainerSpec { reached_at: Some(5432), ..spec() };
        assert_eq!(published(&spec, true), ["8000/tcp"]);
        assert_eq!(published(&spec, false), ["5432/tcp", "8000/tcp"]);
        let at_the_users = ContainerSpec { reached_at: Some(8000), ..spec };
        assert_eq!(published(&at_the_users, false), ["8000/tcp"]);
    }

    #[test]
    fn a_users_label_cannot_replace_one_of_stage() {
        let mut spec = spec();
        spec.runtime.labels.insert("dev.stage".to_owned(), "pool".to_owned());
        assert_eq!(body(&spec, true).labels.unwrap()["dev.stage"], "stack");
    }

    #[test]
    fn a_container_without_a_network_has_none_at_all() {
        let mut spec = spec();
        spec.network = None;
        let body = body(&spec, true);
        assert_eq!(body.host_config.unwrap().network_mode.as_deref(), Some("none"));
        assert!(body.networking_config.is_none());
    }
}
