//! What a stack has for whoever looks at it, and what one is spared that goes before anybody could.

use super::stack::POSTGRES_PORT;
use crate::model::environment::Environment;
use crate::model::service::{Healthcheck, Port};

/// A probe costs the engine about 80 ms of processor (version 20.10, two cores), and a run probes by itself until a service
/// is well: the engine's own probes are left to find what gets unwell afterwards.
const INTERVAL_NS: i64 = 5_000_000_000;
/// What the engine takes where neither Compose nor the image says how many failures make a service unhealthy.
const RETRIES: i64 = 3;

/// The environment of a stack that stands: its databases are reached from outside, whatever else Compose publishes.
pub fn attended(environment: &Environment) -> Environment {
    let mut environment = environment.clone();
    for name in environment.databases.keys() {
        let Some(service) = environment.services.get_mut(name) else { continue };
        if !service.ports.iter().any(|port| port.container_port == POSTGRES_PORT) {
            service.ports.push(Port { container_port: POSTGRES_PORT, protocol: "tcp".to_owned() });
        }
    }
    environment
}

/// The environment of a stack that goes at the end of its run: it publishes nothing, and the engine probes its services
/// seldom. One that stays unwell counts as unhealthy after the time that its Compose file gives it, rounded up to the next
/// probe.
pub fn unattended(environment: &Environment) -> Environment {
    let mut environment = environment.clone();
    for service in environment.services.values_mut() {
        service.ports.clear();
        if let Some(healthcheck) = &mut service.runtime.healthcheck {
            probe_seldom(healthcheck);
        }
    }
    environment
}

/// No single failure decides where Compose asks for several: half of the time that it gives is the longest pause.
fn probe_seldom(healthcheck: &mut Healthcheck) {
    if let Healthcheck::Probe { interval_ns: Some(interval_ns), retries, .. } = healthcheck
        && (1..INTERVAL_NS).contains(interval_ns)
    {
        let patience_ns = interval_ns.saturating_mul(retries.filter(|it| *it > 0).unwrap_or(RETRIES));
        let seldom_ns = (patience_ns / 2).clamp(*interval_ns, INTERVAL_NS);
        *retries = Some(patience_ns.saturating_add(seldom_ns - 1) / seldom_ns);
        *interval_ns = seldom_ns;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    #[track_caller]
    fn check((interval_ns, retries): (Option<i64>, Option<i64>), expected: (Option<i64>, Option<i64>)) {
        let mut environment = samples::shop();
        let web = environment.services.get_mut("web").unwrap();
        let probe = |interval_ns, retries| Healthcheck::Probe {
            test: vec!["CMD".to_owned(), "true".to_owned()],
            interval_ns,
            timeout_ns: Some(1),
            start_period_ns: Some(2),
            retries,
        };
        web.runtime.healthcheck = Some(probe(interval_ns, retries));
        let found = unattended(&environment);
        assert_eq!(found.services["web"].runtime.healthcheck, Some(probe(expected.0, expected.1)));
    }

    #[test]
    fn a_stack_that_stands_publishes_its_databases_and_one_that_goes_nothing() {
        let environment = samples::shop();
        let ports = |environment: &Environment, name: &str| {
            environment.services[name].ports.iter().map(|port| port.container_port).collect::<Vec<_>>()
        };
        let standing = attended(&environment);
        assert_eq!(ports(&standing, "db"), [5432]);
        assert_eq!(ports(&standing, "web"), ports(&environment, "web"));
        assert_eq!(attended(&standing), standing);
        let going = unattended(&standing);
        assert!(going.services.values().all(|service| service.ports.is_empty()));
    }

    #[test]
    fn a_service_is_probed_every_five_seconds_and_has_as_long_to_get_well() {
        let s = 1_000_000_000;
        check((Some(s / 2), Some(60)), (Some(5 * s), Some(6)));
        check((Some(s), Some(12)), (Some(5 * s), Some(3)));
    }

    #[test]
    fn one_failure_does_not_decide_where_several_are_asked_for() {
        let s = 1_000_000_000;
        check((Some(s), None), (Some(3 * s / 2), Some(2)));
        check((Some(2 * s), Some(3)), (Some(3 * s), Some(2)));
        check((Some(2 * s), Some(1)), (Some(2 * s), Some(1)));
    }

    #[test]
    fn what_is_probed_seldom_already_stays() {
        let s = 1_000_000_000;
        check((Some(5 * s), Some(2)), (Some(5 * s), Some(2)));
        check((Some(30 * s), None), (Some(30 * s), None));
        // The engine's default is half a minute.
        check((None, Some(2)), (None, Some(2)));
        check((Some(0), Some(2)), (Some(0), Some(2)));
    }
}
