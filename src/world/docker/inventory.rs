//! The engine, seen once.

use std::collections::{BTreeMap, HashMap};

use bollard::Docker;
use bollard::models::{ContainerSummary, ContainerSummaryStateEnum as State, Network};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptions, ListVolumesOptionsBuilder,
};
use futures_util::future::try_join_all;

use super::errors::could_not;
use super::pool::Pool;
use super::{images, passing};
use crate::model::error::{Error, Result};
use crate::model::inventory::{ImageFacts, Inventory, Listed};
use crate::model::label;
use crate::model::seed::seeds_among;

/// Everything that planning needs to know of the engine, asked for at once.
pub(super) async fn look(docker: &Docker, pool: &Pool, references: &[String]) -> Result<Inventory> {
    let (containers, networks, volumes, images) = tokio::try_join!(
        containers(docker),
        networks(docker),
        volumes(docker),
        image_facts(docker, references),
    )?;
    let (seeds, unreadable_seeds) = seeds_among(&volumes);
    let by_name = volumes.iter().map(|volume| (volume.name.clone(), volume.labels.clone())).collect();
    let clones = pool.decide(&by_name)?;
    let has_pool = clones.is_some_and(|driver| {
        let place = pool.place(driver);
        let is_running = |(name, state): (&str, _)| name == place.keeper && state == Some(State::RUNNING);
        by_name.contains_key(&place.volume)
            && containers.iter().map(|it| (name_of(it), it.state)).any(is_running)
    });
    Ok(Inventory {
        containers: containers
            .into_iter()
            .map(|container| listed(Some(name_of(&container).to_owned()), container.labels))
            .collect(),
        subnets: networks.iter().flat_map(subnets).collect(),
        networks: networks
            .into_iter()
            .map(|network| listed(network.name, network.labels))
            .filter(|network| network.label(label::KIND).is_some())
            .collect(),
        seeds,
        unreadable_seeds,
        volumes,
        images,
        clones,
        has_pool,
    })
}

async fn containers(docker: &Docker) -> Result<Vec<ContainerSummary>> {
    let options = ListContainersOptionsBuilder::new().all(true).filters(&ours()).build();
    passing::list_containers(docker, &options).await.map_err(could_not("list containers"))
}

fn name_of(container: &ContainerSummary) -> &str {
    let name = container.names.as_ref().and_then(|names| names.first());
    name.map_or("", |name| name.trim_start_matches('/'))
}

/// All networks, as planning needs the subnets of everybody's.
async fn networks(docker: &Docker) -> Result<Vec<Network>> {
    docker.list_networks(None::<ListNetworksOptions>).await.map_err(could_not("list networks"))
}

async fn volumes(docker: &Docker) -> Result<Vec<Listed>> {
    let options = ListVolumesOptionsBuilder::new().filters(&ours()).build();
    let found = docker.list_volumes(Some(options)).await.map_err(could_not("list volumes"))?;
    let found = found.volumes.unwrap_or_default();
    Ok(found.into_iter().map(|volume| listed(Some(volume.name), Some(volume.labels))).collect())
}

async fn image_facts(docker: &Docker, references: &[String]) -> Result<BTreeMap<String, ImageFacts>> {
    let found = references.iter().map(async |reference| {
        Ok::<_, Error>(images::facts(docker, reference).await?.map(|facts| (reference.clone(), facts)))
    });
    Ok(try_join_all(found).await?.into_iter().flatten().collect())
}

fn ours() -> HashMap<&'static str, Vec<&'static str>> {
    HashMap::from([("label", vec![label::KIND])])
}

fn listed(name: Option<String>, labels: Option<HashMap<String, String>>) -> Listed {
    Listed { name: name.unwrap_or_default(), labels: labels.unwrap_or_default().into_iter().collect() }
}

fn subnets(network: &Network) -> Vec<String> {
    let configs = network.ipam.as_ref().and_then(|ipam| ipam.config.as_ref());
    configs.into_iter().flatten().filter_map(|config| config.subnet.clone()).collect()
}
