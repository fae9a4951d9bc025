//! The engine as it describes itself, and what it can do.

use bollard::Docker;
use bollard::models::SystemInfo;

use super::errors::could_not;
use super::images;
use super::pool::{HELPER_IMAGE, Pool};
use crate::model::error::Result;
use crate::model::survey::{HostFacts, Survey};

/// Looks at everything that `doctor` shows.
pub(super) async fn look(docker: &Docker, pool: &Pool) -> Result<Survey> {
    let (info, helper) = tokio::try_join!(
        async { docker.info().await.map_err(could_not("ask the engine about itself")) },
        images::facts(docker, HELPER_IMAGE),
    )?;
    let drivers = pool.drivers(docker, helper.is_some()).await?;
    let room = if helper.is_some() { pool.room(docker).await? } else { None };
    Ok(Survey {
        host: facts(info),
        has_helper: helper.is_some(),
        driver: drivers.driver,
        driver_why: drivers.why,
        drivers: drivers.findings,
        room,
        disk: drivers.disk,
    })
}

fn facts(info: SystemInfo) -> HostFacts {
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok()).unwrap_or_default();
    let options = info.security_options.unwrap_or_default();
    let backing = info.driver_status.unwrap_or_default().into_iter();
    let backing = backing.filter_map(|pair| <[String; 2]>::try_from(pair).ok());
    let backing = backing.filter(|[key, _]| key == "Backing Filesystem").map(|[_, value]| value).next();
    let storage = info.driver.unwrap_or_default();
    HostFacts {
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
        assert_eq!(facts(SystemInfo::default()), HostFacts::default());
    }

    #[test]
    fn an_engine_without_root_says_so() {
        let info = SystemInfo {
            security_options: Some(vec!["name=seccomp,profile=default".into(), "name=rootless".into()]),
            driver: Some("overlay2".into()),
            driver_status: Some(vec![vec!["Backing Filesystem".into(), "extfs".into()]]),
            ..SystemInfo::default()
        };
        let facts = facts(info);
        assert!(facts.is_rootless);
        assert_eq!(facts.storage, "overlay2 on extfs");
    }
}
