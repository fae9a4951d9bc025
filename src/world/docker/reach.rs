//! Reaching a container from this machine: at its own address where this machine is beside its network, which costs the engine
//! no published port, and else where it is published.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use bollard::Docker;
use bollard::models::NetworkInspect;
use bollard::query_parameters::InspectNetworkOptions;

use super::errors::could_not;
use super::{networks, passing};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;

/// Where the kernel shows the interfaces of this machine, or of the container that this process runs in.
const INTERFACES: &str = "/sys/class/net";

/// Where a TCP port of a container is reached. Its own address counts only if `may_be_beside`.
pub(super) async fn reach(docker: &Docker, name: &str, port: u16, may_be_beside: bool) -> Result<SocketAddr> {
    let found = passing::inspect_container(docker, name).await;
    let found = found.map_err(could_not(&format!("look at container {name}")))?;
    let settings = found.network_settings.unwrap_or_default();
    let bindings = settings.ports.unwrap_or_default().remove(&format!("{port}/tcp")).flatten();
    let published = bindings.unwrap_or_default().into_iter().find_map(|binding| {
        let port = binding.host_port.as_deref()?.parse().ok()?;
        let ip = binding.host_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
        let ip = ip.filter(|ip| !ip.is_unspecified()).unwrap_or(Ipv4Addr::LOCALHOST.into());
        Some(SocketAddr::new(ip, port))
    });
    if let Some(published) = published {
        return Ok(published);
    }
    for endpoint in settings.networks.unwrap_or_default().into_values().filter(|_| may_be_beside) {
        let ip = endpoint.ip_address.and_then(|ip| ip.parse().ok());
        if let (Some(ip), Some(network)) = (ip, endpoint.network_id)
            && is_beside(docker, &network).await?
        {
            return Ok(SocketAddr::new(ip, port));
        }
    }
    Err(Error::new(
        ErrorKind::Unreachable,
        format!("port {port} of container {name} cannot be reached from here"),
    )
    .hint("a container has an address, and publishes its ports, only while it runs"))
}

/// Whether this machine is beside a network of ours: its interface is one of this machine's.
pub(super) async fn is_beside(docker: &Docker, network: &str) -> Result<bool> {
    let found = docker.inspect_network(network, None::<InspectNetworkOptions>).await;
    let found = found.map_err(could_not(&format!("look at network {network}")))?;
    Ok(interface(found).is_some_and(|name| Path::new(INTERFACES).join(name).exists()))
}

/// The name of a network's interface, if it is one that no other machine has: that of the engine's default bridge is the same
/// everywhere.
fn interface(network: NetworkInspect) -> Option<String> {
    network.labels?.get(label::KIND)?;
    let chosen = network.options.unwrap_or_default().remove(networks::BRIDGE);
    // The engine names it by the beginning of the network's id otherwise.
    chosen.or_else(|| Some(format!("br-{}", network.id?.get(..12)?)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[track_caller]
    fn check(labels: &[(&str, &str)], options: &[(&str, &str)], expected: Option<&str>) {
        let map = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<HashMap<_, _>>()
        };
        let network = NetworkInspect {
            id: Some("0123456789abcdef".to_owned()),
            labels: Some(map(labels)),
            options: Some(map(options)),
            ..NetworkInspect::default()
        };
        assert_eq!(interface(network).as_deref(), expected);
    }

    #[test]
    fn an_interface_is_looked_for_by_a_name_that_no_other_machine_has() {
        let ours = [(label::KIND, label::KIND_STACK)];
        check(&ours, &[(networks::BRIDGE, "stage-a1")], Some("stage-a1"));
        check(&ours, &[], Some("br-0123456789ab"));
        check(&[], &[(networks::BRIDGE, "docker0")], None);
    }
}
