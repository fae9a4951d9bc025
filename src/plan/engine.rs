//! What an engine cannot keep, found before anything is made on it.

use super::order::dependencies;
use super::services::started_services;
use super::stack::{holds, pgdata};
use crate::model::engine::{EngineFacts, EnginePlace};
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::inventory::ImageFacts;
use crate::model::service::{Service, VolumeOrigin};

/// Whether databases on this engine can be reached from here. Ports are published on 127.0.0.1 of the engine's machine,
/// never on an address that others see, so an engine elsewhere must be one that ssh reaches.
pub fn check_ports(engine: &EngineFacts) -> Result<()> {
    if engine.place != EnginePlace::Elsewhere {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unreachable,
        format!("databases on the engine at {} cannot be reached from here", engine.address),
    )
    .hint("`stage` publishes ports on 127.0.0.1 of the engine's machine only, as databases must not be seen by others")
    .hint("reach the engine by ssh, then ports are forwarded: `DOCKER_HOST=ssh://user@host`")
    .hint("or run `stage` on the machine of the engine"))
}

/// Whether an engine has what the Compose file takes from this machine: every bind mount of a service that will be started
/// is a path of the engine's machine, and on another one there is something else there, or nothing.
pub fn check_paths(environment: &Environment, engine: &EngineFacts) -> Result<()> {
    if engine.place == EnginePlace::Here {
        return Ok(());
    }
    let mut names = started_services(environment);
    names.extend(environment.databases.keys().map(String::as_str));
    names.extend(environment.suite.as_ref().map(|suite| suite.service.as_str()));
    if let Some(traffic) = &environment.traffic {
        names.insert(traffic.service());
        names.extend(dependencies(environment, traffic.service()));
    }
    let services = names.into_iter().filter_map(|name| environment.services.get(name));
    Error::all(services.flat_map(|service| bind_mounts(environment, service, engine)).collect())
}

fn bind_mounts<'a>(
    environment: &'a Environment,
    service: &'a Service,
    engine: &'a EngineFacts,
) -> impl Iterator<Item = Error> + 'a {
    // What Compose mounts where the data of a database is gives way to the clone.
    let is_database = environment.databases.contains_key(&service.name);
    let data = is_database.then(|| pgdata(&service.runtime, &ImageFacts::default()));
    service.volumes.iter().filter_map(move |volume| {
        let VolumeOrigin::Bind(path) = &volume.origin else { return None };
        if data.as_ref().is_some_and(|data| holds(&volume.target, data)) {
            return None;
        }
        let message = format!(
            "service `{}` mounts `{}` of this machine, and the engine at {} is on another one",
            service.name,
            path.display(),
            engine.address
        );
        Some(
            Error::new(ErrorKind::Config, message)
                .hint("put what it needs into the image, or use an engine on this machine"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service::ServiceVolume;
    use crate::plan::samples;

    fn engine(place: EnginePlace) -> EngineFacts {
        EngineFacts { address: "tcp://farm:2376".into(), place, ..EngineFacts::default() }
    }

    fn binding(service: &str, target: &str) -> Environment {
        let mut environment = samples::shop();
        let volume = ServiceVolume {
            origin: VolumeOrigin::Bind("/home/x/src".into()),
            target: target.into(),
            read_only: false,
        };
        environment.services.get_mut(service).unwrap().volumes.push(volume);
        environment
    }

    #[test]
    fn databases_elsewhere_are_reached_by_ssh_only() {
        check_ports(&engine(EnginePlace::Here)).unwrap();
        check_ports(&engine(EnginePlace::BehindSsh)).unwrap();
        let error = check_ports(&engine(EnginePlace::Elsewhere)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable);
        assert!(error.hints.iter().any(|hint| hint.contains("ssh://")), "{error:?}");
    }

    #[test]
    fn a_bind_mount_needs_the_engine_on_this_machine() {
        let environment = binding("web", "/src");
        check_paths(&environment, &engine(EnginePlace::Here)).unwrap();
        let error = check_paths(&environment, &engine(EnginePlace::BehindSsh)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config);
        assert_eq!(
            error.to_string(),
            "service `web` mounts `/home/x/src` of this machine, and the engine at tcp://farm:2376 is on another one"
        );
        check_paths(&samples::shop(), &engine(EnginePlace::BehindSsh)).unwrap();
    }

    #[test]
    fn a_mount_that_the_clone_replaces_does_not_count() {
        check_paths(&binding("db", "/var/lib/postgresql/data"), &engine(EnginePlace::BehindSsh)).unwrap();
        assert!(
            check_paths(&binding("db", "/docker-entrypoint-initdb.d"), &engine(EnginePlace::BehindSsh))
                .is_err()
        );
    }
}
