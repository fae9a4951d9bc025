//! Images: whether they are there, what they say of themselves, and fetching them.

use std::collections::BTreeMap;

use bollard::Docker;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::TryStreamExt;

use super::errors::{could_not, is_absent};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::inventory::ImageFacts;

/// Fetches an image that is not there, and says whether it had to; one that is there needs no registry.
pub(super) async fn pull(docker: &Docker, reference: &str) -> Result<bool> {
    if facts(docker, reference).await?.is_some() {
        return Ok(false);
    }
    let options = CreateImageOptionsBuilder::new().from_image(&with_tag(reference)).build();
    let pulled = docker.create_image(Some(options), None, None).try_for_each(|_| async { Ok(()) }).await;
    pulled.map(|()| true).map_err(|refusal| {
        Error::new(ErrorKind::Unreachable, format!("could not pull image {reference}"))
            .hint("`scripts/setup` builds the images of the demo where no registry answers")
            .hint(format!("build it yourself with `docker build -t {reference} …`"))
            .because(refusal)
    })
}

/// What an image says of itself; `None` if it is not there.
pub(super) async fn facts(docker: &Docker, reference: &str) -> Result<Option<ImageFacts>> {
    let image = match docker.inspect_image(reference).await {
        Ok(image) => image,
        Err(refusal) if is_absent(&refusal) => return Ok(None),
        Err(refusal) => return Err(could_not(&format!("look at image {reference}"))(refusal)),
    };
    let config = image.config.unwrap_or_default();
    let probes = config.healthcheck.and_then(|healthcheck| healthcheck.test).unwrap_or_default();
    Ok(Some(ImageFacts {
        id: image.id.unwrap_or_default(),
        environment: variables(config.env.unwrap_or_default()),
        volumes: config.volumes.unwrap_or_default(),
        has_healthcheck: probes.first().is_some_and(|first| first != "NONE"),
    }))
}

fn variables(lines: Vec<String>) -> BTreeMap<String, String> {
    lines
        .into_iter()
        .filter_map(|line| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect()
}

/// Without a tag the engine would fetch every tag there is.
fn with_tag(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    if name.contains([':', '@']) { reference.to_owned() } else { format!("{reference}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_a_tag_means_the_latest_only() {
        assert_eq!(with_tag("redis"), "redis:latest");
        assert_eq!(with_tag("registry:5000/redis"), "registry:5000/redis:latest");
        assert_eq!(with_tag("postgres:15"), "postgres:15");
        assert_eq!(with_tag("postgres@sha256:ab"), "postgres@sha256:ab");
    }
}
