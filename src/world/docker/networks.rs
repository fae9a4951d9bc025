//! Networks: made with a subnet of our own, removed by label.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::models::{Ipam, IpamConfig, Network, NetworkCreateRequest};
use bollard::query_parameters::{InspectContainerOptions, InspectNetworkOptions, ListNetworksOptionsBuilder};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::errors::{could_not, is_absent, left, says};
use crate::model::container::NetworkSpec;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;
use crate::model::queue::{Place, Queue};

/// The option that names a network's interface.
pub(super) const BRIDGE: &str = "com.docker.network.bridge.name";
const POLL: Duration = Duration::from_millis(40);
const DETACHING: Duration = Duration::from_secs(5);

/// Makes a network; one of the same name that the same run has made already counts as made.
pub(super) async fn create(docker: &Docker, spec: &NetworkSpec) -> Result<()> {
    let run = spec.labels.get(label::RUN).map_or("", String::as_str);
    if !find(docker, &spec.name, run).await?.is_empty() {
        return Ok(());
    }
    let request = NetworkCreateRequest {
        name: spec.name.clone(),
        driver: Some("bridge".to_owned()),
        ipam: Some(Ipam {
            config: Some(vec![IpamConfig { subnet: Some(spec.subnet.clone()), ..IpamConfig::default() }]),
            ..Ipam::default()
        }),
        options: spec.bridge.as_ref().map(|bridge| HashMap::from([(BRIDGE.to_owned(), bridge.clone())])),
        labels: Some(spec.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect()),
        ..NetworkCreateRequest::default()
    };
    docker.create_network(request).await.map(|_| ()).map_err(|refusal| {
        if says(&refusal, "Pool overlaps") {
            return Error::new(
                ErrorKind::NoRoom,
                format!("the subnet {} overlaps with that of another network", spec.subnet),
            );
        }
        could_not(&format!("create network {}", spec.name))(refusal)
    })
}

/// Removes every network of this name and run, waiting while containers still detach from it. One that runs and is none of
/// ours does not: it is named at once.
pub(super) async fn remove(docker: &Docker, name: &str, run: &str) -> Result<()> {
    let deadline = Instant::now() + DETACHING;
    for network in find(docker, name, run).await? {
        let Some(id) = network.id else { continue };
        loop {
            match docker.remove_network(&id).await {
                Ok(()) => break,
                Err(refusal) if is_absent(&refusal) => break,
                Err(refusal) if says(&refusal, "active endpoints") => {
                    let stranger = stranger(docker, &id).await;
                    if stranger.is_none() && Instant::now() < deadline {
                        sleep(POLL).await;
                        continue;
                    }
                    return Err(match stranger {
                        Some(stranger) => Error::new(
                            ErrorKind::Leftover,
                            format!("could not remove network {name}: `{stranger}` is in it, which is not of stage"),
                        )
                        .hint(format!("`docker rm --force {stranger}`, then `stage sweep`")),
                        None => left(&format!("network {name}"), refusal),
                    });
                }
                Err(refusal) => return Err(left(&format!("network {name}"), refusal)),
            }
        }
    }
    Ok(())
}

/// Every network of ours, with what its containers are reckoned with.
pub(super) async fn queue(docker: &Docker) -> Result<Queue> {
    let filters = HashMap::from([("label", vec![label::KIND.to_owned()])]);
    let options = ListNetworksOptionsBuilder::new().filters(&filters).build();
    let (networks, info) = tokio::join!(docker.list_networks(Some(options)), docker.info());
    let memory = info.map_err(could_not("ask the engine for its memory"))?.mem_total;
    let places = networks.map_err(could_not("list networks"))?.into_iter().map(|network| {
        let labels = network.labels.unwrap_or_default().into_iter().collect();
        // One that does not say when it was made was there before.
        let made_at = network.created.and_then(|created| created.parse().ok());
        Place::of(&network.name.unwrap_or_default(), &labels, made_at.unwrap_or(Timestamp::UNIX_EPOCH))
    });
    let memory_bytes = memory.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default();
    Ok(Queue { memory_bytes, places: places.collect() })
}

/// The name of a container in this network that runs and is of no run of ours, if the engine tells of one.
async fn stranger(docker: &Docker, network: &str) -> Option<String> {
    let found = docker.inspect_network(network, None::<InspectNetworkOptions>).await.ok()?;
    for container in found.containers.unwrap_or_default().into_keys() {
        let Ok(found) = docker.inspect_container(&container, None::<InspectContainerOptions>).await else {
            continue;
        };
        let is_running = found.state.and_then(|state| state.running) == Some(true);
        let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
        if is_running && !labels.contains_key(label::KIND) {
            return found.name.map(|name| name.trim_start_matches('/').to_owned());
        }
    }
    None
}

/// Networks of exactly this name that carry the label of this run.
async fn find(docker: &Docker, name: &str, run: &str) -> Result<Vec<Network>> {
    let filters = HashMap::from([
        ("name", vec![name.to_owned()]),
        ("label", vec![label::KIND.to_owned(), format!("{}={run}", label::RUN)]),
    ]);
    let options = ListNetworksOptionsBuilder::new().filters(&filters).build();
    let found = docker.list_networks(Some(options)).await.map_err(could_not("list networks"))?;
    // The engine's filter by name matches parts of names.
    Ok(found.into_iter().filter(|network| network.name.as_deref() == Some(name)).collect())
}
