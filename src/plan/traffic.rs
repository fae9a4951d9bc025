//! The traffic, in a stack of its own that is migrated once more: what it writes is in no clone that is measured.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::commands::{commands, needed};
use super::enclosure::Enclosure;
use super::identity::Identity;
use super::order::{Order, dependencies};
use super::services::container_of;
use crate::model::call::Call;
use crate::model::container::ContainerSpec;
use crate::model::environment::Environment;
use crate::model::plan::Plan;
use crate::model::service::{Healthcheck, Service};
use crate::model::traffic::TrafficSpec;

/// What runs a script: `pgbench` reads it from its standard input, so that no file has to get into the container. It goes on
/// until it is taken away.
const PGBENCH: &str = "printf '%s' \"$STAGE_TRAFFIC\" | exec pgbench --no-vacuum --file=- --client=\"$STAGE_CLIENTS\" \
                       --jobs=1 --time=2000000";

/// Starts what the traffic and the commands depend on, databases left out as they run already, and then the traffic. All of it
/// is made already.
pub fn start_traffic(environment: &Environment, identity: &Identity, traffic: &TrafficSpec) -> Plan {
    let mut order = Order::new(environment, identity);
    order.start_all(&beneath(environment, traffic));
    let after: Vec<usize> = (0..order.plan.steps.len()).collect();
    let name = identity.names().traffic();
    order.plan.add(Call::StartContainer { name }, format!("traffic {traffic}"), &after);
    order.plan
}

/// Where connections to databases come from that are traffic: from every container of the stack but those of migrations.
pub fn traffic_addresses(
    environment: &Environment,
    identity: &Identity,
    enclosure: &Enclosure,
) -> Vec<Ipv4Addr> {
    let names = identity.names();
    let migrating: BTreeSet<String> =
        commands(environment).map(|(number, ..)| names.migration(number)).collect();
    enclosure.addresses().filter(|(name, _)| !migrating.contains(*name)).map(|(_, at)| at).collect()
}

/// Services that run beside the databases while the traffic does.
pub(super) fn beneath<'a>(environment: &'a Environment, traffic: &TrafficSpec) -> BTreeSet<&'a str> {
    let mut names = needed(environment);
    names.extend(dependencies(environment, traffic.service()));
    names.retain(|name| !environment.databases.contains_key(*name));
    names
}

/// The container of the traffic, and the service in whose image it runs.
pub(super) fn traffic_container<'a>(
    environment: &'a Environment,
    identity: &Identity,
    traffic: &TrafficSpec,
) -> Option<(&'a Service, ContainerSpec)> {
    let service = environment.services.get(traffic.service())?;
    let mut container = container_of(identity, service);
    container.name = identity.names().traffic();
    container.runtime.healthcheck = Some(Healthcheck::Disabled);
    container.aliases.clear();
    container.ports.clear();
    match traffic {
        TrafficSpec::Command { command, .. } => container.runtime.command = Some(command.clone()),
        TrafficSpec::Script { text, clients, .. } => {
            script(&mut container, service, text, *clients);
        }
    }
    Some((service, container))
}

/// A client in the image of a database: it mounts nothing and starts no server.
fn script(container: &mut ContainerSpec, service: &Service, text: &str, clients: u16) {
    let runtime = &mut container.runtime;
    let said = |name: &str| runtime.environment.get(name).filter(|value| !value.is_empty()).cloned();
    let user = said("POSTGRES_USER").unwrap_or_else(|| "postgres".to_owned());
    let database = said("POSTGRES_DB").unwrap_or_else(|| user.clone());
    let password = said("POSTGRES_PASSWORD").unwrap_or_default();
    runtime.environment = [
        ("PGHOST", service.name.clone()),
        ("PGUSER", user),
        ("PGDATABASE", database),
        ("PGPASSWORD", password),
        ("STAGE_TRAFFIC", text.to_owned()),
        ("STAGE_CLIENTS", clients.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    runtime.entrypoint = Some(vec!["sh".to_owned(), "-c".to_owned()]);
    runtime.command = Some(vec![PGBENCH.to_owned()]);
    runtime.tmpfs.clear();
    container.mounts.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::MountSource;
    use crate::model::environment::{MigrationCommand, MigrationSource};
    use crate::plan::enclosure::Hosts;
    use crate::plan::{make_traffic, samples};

    fn script_of_shop() -> TrafficSpec {
        TrafficSpec::Script {
            database: "db".into(),
            file: "/environments/shop/traffic.sql".into(),
            text: "SELECT 1;".into(),
            clients: 3,
        }
    }

    fn command(service: &str) -> TrafficSpec {
        TrafficSpec::Command { service: service.into(), command: vec!["hammer".into(), "--fast".into()] }
    }

    fn shop(traffic: TrafficSpec) -> (Environment, TrafficSpec) {
        let mut environment = samples::shop();
        environment.migrations.push(MigrationSource::Command(MigrationCommand {
            database: "db".into(),
            service: "web".into(),
            command: vec!["migrate".into()],
            name: "migrate".into(),
            timeout_s: 60,
        }));
        environment.traffic = Some(traffic.clone());
        (environment, traffic)
    }

    fn enclosure(environment: &Environment) -> Enclosure {
        Enclosure::new(environment, &samples::identity(), "10.213.4.16/28", &Hosts::new()).unwrap()
    }

    #[test]
    fn a_script_is_run_by_a_client_in_the_image_of_its_database() {
        let (environment, traffic) = shop(script_of_shop());
        let (_, container) = traffic_container(&environment, &samples::identity(), &traffic).unwrap();
        assert_eq!((container.name.as_str(), container.mounts.len()), ("stage-shop-r1.traffic", 0));
        let said = |name: &str| container.runtime.environment.get(name).map(String::as_str);
        assert_eq!(
            (said("PGHOST"), said("PGUSER"), said("PGDATABASE")),
            (Some("db"), Some("shop"), Some("shop"))
        );
        assert_eq!((said("STAGE_TRAFFIC"), said("STAGE_CLIENTS")), (Some("SELECT 1;"), Some("3")));
        assert_eq!(said("POSTGRES_USER"), None, "it is no server");
        let (environment, identity) = (shop(script_of_shop()).0, samples::identity());
        let plan = start_traffic(&environment, &identity, &traffic);
        assert_eq!(plan.to_string(), "  1 start stage-shop-r1.traffic — traffic pgbench traffic.sql\n");
    }

    #[test]
    fn a_command_starts_once_what_it_depends_on_is_well() {
        let (environment, traffic) = shop(command("tests"));
        let plan = start_traffic(&environment, &samples::identity(), &traffic).to_string();
        let last = plan.lines().last().unwrap();
        assert!(last.contains("start stage-shop-r1.traffic — traffic hammer --fast after 1 2"), "{plan}");
        assert!(plan.contains("await health of stage-shop-r1-web"), "{plan}");
        assert!(!plan.contains("start stage-shop-r1-db"), "{plan}");
    }

    #[test]
    fn everything_that_is_made_for_it_is_undone_and_nothing_else_is_made() {
        let (environment, traffic) = shop(command("web"));
        let identity = samples::identity();
        let enclosure = enclosure(&environment);
        let plan = make_traffic(&environment, &identity, &samples::inventory(), &traffic, &enclosure);
        let made: Vec<String> = plan.steps.iter().map(|step| step.call.to_string()).collect();
        let undone: Vec<String> =
            plan.steps.iter().filter_map(|it| it.call.undo(&identity.run)).map(|it| it.to_string()).collect();
        assert_eq!(
            made,
            [
                "create volume stage-shop-r1.files",
                "create container stage-shop-r1-migration-1 of shop:1",
                "create container stage-shop-r1-warmup of shop:1",
                "create container stage-shop-r1.traffic of shop:1",
            ]
        );
        assert_eq!(undone.len(), made.len(), "{undone:#?}");
        let Call::CreateContainer(container) = &plan.steps[3].call else { panic!("{plan}") };
        assert_eq!(
            container.runtime.command.as_deref(),
            Some(&["hammer".to_owned(), "--fast".to_owned()][..])
        );
        assert_eq!(container.mounts[0].source, MountSource::Volume("stage-shop-r1.files".into()));
        assert_eq!((container.aliases.len(), container.ports.len()), (0, 0));
    }

    #[test]
    fn connections_of_migrations_are_no_traffic() {
        let (environment, _) = shop(command("web"));
        let (identity, enclosure) = (samples::identity(), enclosure(&environment));
        let traffic = traffic_addresses(&environment, &identity, &enclosure);
        let of = |name: &str| enclosure.addresses().find(|(it, _)| *it == name).unwrap().1;
        assert!(traffic.contains(&of("stage-shop-r1.traffic")));
        assert!(traffic.contains(&of("stage-shop-r1-web")));
        assert!(!traffic.contains(&of("stage-shop-r1-migration-1")));
    }
}
