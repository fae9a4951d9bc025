//! The engine as it describes itself, and what it can do.

use bollard::Docker;
use bollard::models::{SystemInfo, SystemVersion};

use super::errors::could_not;
use super::images;
use super::pool::{HELPER_IMAGE, Pool};
use crate::model::error::Result;
use crate::model::survey::{EngineFacts, Survey};

/// Looks at everything that `doctor` shows.
pub(super) async fn look(docker: &Docker, pool: &Pool) -> Result<Survey> {
    let (info, version, helper) = tokio::try_join!(
        async { docker.info().await.map_err(could_not("ask the engine about itself")) },
        async { docker.version().await.map_err(could_not("ask the engine for its version")) },
        images::facts(docker, HELPER_IMAGE),
    )?;
    let drivers = pool.drivers(docker, helper.is_some()).await?;
    let room = if helper.is_some() { pool.room(docker).await? } else { None };
    let host = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
    let endpoint = host.unwrap_or_else(|| "unix:///var/run/docker.sock".to_owned());
    Ok(Survey {
        engine: EngineFacts { endpoint, ..facts(info, version) },
        has_helper: helper.is_some(),
        driver: drivers.driver,
        driver_why: drivers.why,
        drivers: drivers.findings,
        room,
        disk: drivers.disk,
    })
}

fn facts(info: SystemInfo, version: SystemVersion) -> EngineFacts {
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok()).unwrap_or_default();
    let options = info.security_options.unwrap_or_default();
    // Podman names itself as the first component of its version.
    let component = version.components.and_then(|components| components.into_iter().next());
    let product = component.map_or_else(|| "Engine".to_owned(), |component| component.name);
    let backing = info.driver_status.unwrap_or_default().into_iter();
    let backing = backing.filter_map(|pair| <[String; 2]>::try_from(pair).ok());
    let backing = backing.filter(|[key, _]| key == "Backing Filesystem").map(|[_, value]| value).next();
    let storage = info.driver.unwrap_or_default();
    EngineFacts {
        endpoint: String::new(),
        product: if product.contains("Engine") && !product.contains(' ') {
            format!("Docker {product}")
        } else {
            product
        },
        version: version.version.unwrap_or_default(),
        api_version: version.api_version.unwrap_or_default(),
        storage: backing.map_or(storage.clone(), |backing| format!("{storage} on {backing}")),
        is_rootless: options.iter().any(|option| option.contains("rootless")),
        kernel: info.kernel_version.unwrap_or_default(),
        os_type: info.os_type.unwrap_or_default(),
        memory_bytes: number(info.mem_total),
        processors: number(info.ncpu),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_engine_does_not_say_is_empty() {
        let facts = facts(SystemInfo::default(), SystemVersion::default());
        assert_eq!(facts, EngineFacts { product: "Docker Engine".to_owned(), ..EngineFacts::default() });
    }

    #[test]
    fn an_engine_without_root_says_so() {
        let info = SystemInfo {
            security_options: Some(vec!["name=seccomp,profile=default".into(), "name=rootless".into()]),
            driver: Some("overlay2".into()),
            driver_status: Some(vec![vec!["Backing Filesystem".into(), "extfs".into()]]),
            ..SystemInfo::default()
        };
        let facts = facts(info, SystemVersion::default());
        assert!(facts.is_rootless);
        assert_eq!(facts.storage, "overlay2 on extfs");
    }
}
