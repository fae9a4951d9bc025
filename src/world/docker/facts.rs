//! How containers are now.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bollard::Docker;
use bollard::models::{
    ContainerInspectResponse, ContainerStateStatusEnum as Status, HealthStatusEnum, PortBinding,
};
use bollard::query_parameters::InspectContainerOptions;
use futures_util::future::try_join_all;

use super::errors::{could_not, is_absent};
use crate::model::error::Result;
use crate::model::label;
use crate::model::stack::{ContainerFacts, ContainerStatus, Health, PublishedPort};

/// How these containers are, in the order in which they were named; one that is not there is left out.
pub(super) async fn of(docker: &Docker, names: &[String]) -> Result<Vec<ContainerFacts>> {
    let found = names.iter().map(async |name| {
        match docker.inspect_container(name, None::<InspectContainerOptions>).await {
            Ok(found) => Ok(Some(facts(name, found))),
            Err(refusal) if is_absent(&refusal) => Ok(None),
            Err(refusal) => Err(could_not(&format!("look at container {name}"))(refusal)),
        }
    });
    Ok(try_join_all(found).await?.into_iter().flatten().collect())
}

fn facts(name: &str, found: ContainerInspectResponse) -> ContainerFacts {
    let state = found.state.unwrap_or_default();
    let config = found.config.unwrap_or_default();
    let status = match state.status {
        Some(Status::EXITED | Status::DEAD) => ContainerStatus::Exited(state.exit_code.unwrap_or(-1)),
        Some(Status::CREATED) | None => ContainerStatus::Created,
        Some(_) => ContainerStatus::Running,
    };
    let health = match state.health.and_then(|health| health.status) {
        Some(HealthStatusEnum::STARTING) => Some(Health::Starting),
        Some(HealthStatusEnum::HEALTHY) => Some(Health::Healthy),
        Some(HealthStatusEnum::UNHEALTHY) => Some(Health::Unhealthy),
        _ => None,
    };
    let network = found.network_settings.unwrap_or_default();
    let endpoints = network.networks.unwrap_or_default().into_values();
    let chosen = endpoints.filter_map(|endpoint| endpoint.ipam_config?.ipv4_address?.parse().ok());
    let (address, ports) = (chosen.into_iter().next(), network.ports.unwrap_or_default());
    ContainerFacts {
        name: name.to_owned(),
        service: config.labels.and_then(|mut labels| labels.remove(label::SERVICE)).unwrap_or_default(),
        status,
        health,
        ports: published(ports),
        address,
        environment: environment(config.env.unwrap_or_default()),
    }
}

/// One address a port: the engine tells those of IPv4 and of IPv6.
fn published(ports: HashMap<String, Option<Vec<PortBinding>>>) -> Vec<PublishedPort> {
    let mut published: Vec<PublishedPort> = ports
        .into_iter()
        .filter_map(|(port, bindings)| {
            let (number, protocol) = port.split_once('/')?;
            let at = bindings?.into_iter().find_map(address)?;
            Some(PublishedPort { container_port: number.parse().ok()?, protocol: protocol.to_owned(), at })
        })
        .collect();
    published.sort();
    published
}

fn address(binding: PortBinding) -> Option<SocketAddr> {
    let port = binding.host_port?.parse().ok()?;
    let ip = binding.host_ip.and_then(|ip| ip.parse::<IpAddr>().ok()).filter(|ip| !ip.is_unspecified());
    Some(SocketAddr::new(ip.unwrap_or(Ipv4Addr::LOCALHOST.into()), port))
}

fn environment(variables: Vec<String>) -> BTreeMap<String, String> {
    let pair =
        |variable: String| variable.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    variables.into_iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_told_once_with_the_address_that_this_machine_reaches() {
        let binding = |ip: &str, port: &str| PortBinding {
            host_ip: Some(ip.to_owned()),
            host_port: Some(port.to_owned()),
        };
        let ports = HashMap::from([
            ("8000/tcp".to_owned(), Some(vec![binding("127.0.0.1", "32768"), binding("::1", "32768")])),
            ("5432/tcp".to_owned(), None),
        ]);
        let told: Vec<String> =
            published(ports).iter().map(|port| format!("{} {}", port.container_port, port.at)).collect();
        assert_eq!(told, ["8000 127.0.0.1:32768"]);
    }
}
