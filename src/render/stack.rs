//! Stacks that stand: a table of all, one in full, and both as JSON.

use std::collections::BTreeMap;

use comfy_table::{Table, presets};
use jiff::Timestamp;
use serde::Serialize;

use super::json::egress;
use super::phrase;
use crate::model::quantity::age;
use crate::model::stack::{ContainerFacts, ContainerStatus, Health, StackView};

/// Every stack, one a line.
pub fn stacks(views: &[StackView], now: Timestamp) -> String {
    let mut table = table(&["NAME", "ENVIRONMENT", "STATE", "AGE", "LEASE", "ADDRESS"]);
    for view in views {
        let stack = &view.stack;
        let address = view.urls().into_iter().next().map_or_else(|| "-".to_owned(), |(_, url)| url);
        table.add_row([
            stack.instance.clone(),
            stack.environment.clone(),
            view.state(now).to_string(),
            age(seconds(stack.since, now)),
            lease(view, now),
            address,
        ]);
    }
    format!("{}\n", table.trim_fmt())
}

/// One stack and each of its services.
pub fn stack(view: &StackView, now: Timestamp) -> String {
    let stack = &view.stack;
    let heading = format!(
        "{} of {}: {}, stood up {} ago, lease: {} (until {}, at most {})",
        stack.instance,
        stack.environment,
        view.state(now),
        age(seconds(stack.since, now)),
        lease(view, now),
        minute(stack.until),
        minute(stack.deadline),
    );
    let mut table = table(&["SERVICE", "STATE", "ADDRESS", "CONTAINER"]);
    let (urls, dsns) = (view.urls(), view.dsns());
    for container in &view.containers {
        let addresses = urls.iter().chain(&dsns).filter(|(service, _)| *service == container.service);
        let addresses: Vec<&str> = addresses.map(|(_, address)| address.as_str()).collect();
        table.add_row([
            container.service.clone(),
            state(container),
            addresses.join("\n"),
            container.name.clone(),
        ]);
    }
    let seeds = stack.seeds.iter().map(|(service, seed)| format!("{service} is a clone of seed {seed}"));
    let attempts = view.egress.iter().flatten();
    let refused = attempts.map(|it| format!("{} {}, and was refused", it.service, phrase::attempt(it)));
    let caught =
        stack.sink.iter().map(|_| format!("its mail is caught: `stage mail {}` shows it", stack.instance));
    let lines: Vec<String> = seeds.chain(refused).chain(caught).collect();
    format!("{heading}\n\n{}\n\n{}\n", table.trim_fmt(), lines.join("\n"))
}

/// Where a stack is reached: a line a service, and last the connection string of its (first) database, alone.
pub fn addresses(view: &StackView) -> String {
    let dsns = view.dsns();
    let (first, others) = dsns.split_first().map_or((None, &[][..]), |(first, others)| (Some(first), others));
    let named: Vec<(String, String)> = view.urls().into_iter().chain(others.iter().cloned()).collect();
    let width = named.iter().map(|(service, _)| service.len()).max().unwrap_or(0);
    let lines = named.iter().map(|(service, address)| format!("{service:<width$}  {address}"));
    let lines: Vec<String> = lines.chain(first.map(|(_, dsn)| dsn.clone())).collect();
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// A stack as a value of JSON. Keys are only ever added; times are RFC 3339 in UTC.
pub fn stack_value(view: &StackView, now: Timestamp) -> serde_json::Value {
    let stack = &view.stack;
    let services = view.containers.iter().map(|container| Service {
        name: &container.service,
        container: &container.name,
        status: status(container.status),
        exit_code: match container.status {
            ContainerStatus::Exited(code) => Some(code),
            _ => None,
        },
        health: container.health.map(health),
        ports: container
            .ports
            .iter()
            .map(|port| Port {
                inside: port.container_port,
                protocol: &port.protocol,
                address: port.at.to_string(),
            })
            .collect(),
    });
    let root = Root {
        schema: 1,
        environment: &stack.environment,
        name: &stack.instance,
        run: &stack.run.0,
        state: view.state(now).to_string(),
        since: stack.since,
        until: stack.until,
        deadline: stack.deadline,
        kept: stack.kept,
        idle_s: stack.idle_s,
        services: services.collect(),
        urls: view.urls().into_iter().map(|(service, url)| Address { service, url }).collect(),
        databases: view.dsns().into_iter().map(|(service, url)| Address { service, url }).collect(),
        seeds: stack.seeds.iter().map(|(service, seed)| (service.clone(), seed.short().to_owned())).collect(),
        catches_mail: stack.sink.is_some(),
        egress: view.egress.as_ref().map(|attempts| attempts.iter().map(egress::attempt).collect()),
    };
    serde_json::to_value(root).unwrap_or_default()
}

#[derive(Serialize)]
struct Root<'a> {
    /// Always 1.
    schema: u32,
    environment: &'a str,
    name: &'a str,
    /// The run that stood it up.
    run: &'a str,
    /// `running`, `degraded`, `stopped` or `expired`.
    state: String,
    since: Timestamp,
    /// The end of its lease.
    until: Timestamp,
    /// Beyond this no lease goes.
    deadline: Timestamp,
    /// Whether its lease goes to the deadline whatever happens.
    kept: bool,
    /// After how many seconds of idleness a sweep takes it; `null` for never.
    idle_s: Option<u64>,
    services: Vec<Service<'a>>,
    /// Published ports of services that are no databases.
    urls: Vec<Address>,
    /// Connection strings of databases.
    databases: Vec<Address>,
    seeds: BTreeMap<String, String>,
    /// Whether a sink catches what its services send.
    catches_mail: bool,
    /// What services tried to reach beyond the stack and could not; `null` where that is allowed, and in lists.
    egress: Option<Vec<egress::Attempt<'a>>>,
}

#[derive(Serialize)]
struct Service<'a> {
    #[serde(rename = "service")]
    name: &'a str,
    container: &'a str,
    /// `created`, `running` or `exited`.
    status: &'static str,
    exit_code: Option<i64>,
    /// `starting`, `healthy` or `unhealthy`; `null` without a healthcheck.
    health: Option<&'static str>,
    ports: Vec<Port<'a>>,
}

#[derive(Serialize)]
struct Port<'a> {
    #[serde(rename = "container_port")]
    inside: u16,
    protocol: &'a str,
    /// `127.0.0.1:32768`.
    address: String,
}

#[derive(Serialize)]
struct Address {
    service: String,
    url: String,
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().copied());
    table
}

fn lease(view: &StackView, now: Timestamp) -> String {
    match seconds(now, view.stack.until) {
        left if view.stack.kept && left > 0 => format!("kept, {} left", age(left)),
        0 => "run out".to_owned(),
        left => format!("{} left", age(left)),
    }
}

fn state(container: &ContainerFacts) -> String {
    match (container.status, container.health) {
        (ContainerStatus::Exited(0), _) => "done".to_owned(),
        (ContainerStatus::Exited(code), _) => format!("exited with {code}"),
        (ContainerStatus::Running, Some(seen)) => format!("running, {}", health(seen)),
        (status, _) => self::status(status).to_owned(),
    }
}

fn status(status: ContainerStatus) -> &'static str {
    match status {
        ContainerStatus::Created => "created",
        ContainerStatus::Running => "running",
        ContainerStatus::Exited(_) => "exited",
    }
}

fn health(health: Health) -> &'static str {
    match health {
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Whole seconds from one time to a later one; 0 if it is not later.
fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::egress::{Attempt, Destination};
    use crate::model::name::RunId;
    use crate::model::seed::SeedKey;
    use crate::model::stack::{PublishedPort, Stack};

    fn view() -> StackView {
        let at = |second| Timestamp::from_second(second).unwrap();
        let container = |service: &str, status, port: Option<u16>| ContainerFacts {
            name: format!("stage-shop-4f1c00aa2210-{service}"),
            service: service.into(),
            status,
            health: port.map(|_| Health::Healthy),
            ports: port
                .map(|port| PublishedPort {
                    container_port: port,
                    protocol: "tcp".into(),
                    at: format!("127.0.0.1:{}", 30_000 + u32::from(port)).parse().unwrap(),
                })
                .into_iter()
                .collect(),
            address: None,
            environment: BTreeMap::from([
                ("POSTGRES_USER".into(), "shop".into()),
                ("POSTGRES_PASSWORD".into(), "dev".into()),
            ]),
        };
        StackView {
            stack: Stack {
                environment: "shop".into(),
                instance: "pr-12".into(),
                run: RunId("4f1c00aa2210".into()),
                holder: "me".into(),
                since: at(0),
                until: at(4 * 3600),
                deadline: at(3 * 86_400),
                leases: Vec::new(),
                kept: false,
                idle_s: None,
                quiet: Vec::new(),
                subnet: None,
                bridge: None,
                sink: Some("stage-shop-4f1c00aa2210.mail".into()),
                containers: BTreeMap::new(),
                seeds: BTreeMap::from([("db".into(), SeedKey("38f302243d24ffff".into()))]),
            },
            containers: vec![
                container("db", ContainerStatus::Running, Some(5432)),
                container("warmup", ContainerStatus::Exited(0), None),
                container("web", ContainerStatus::Running, Some(8000)),
            ],
            egress: Some(vec![Attempt {
                service: "web".into(),
                to: Destination::Name("api.payments.example".into()),
                count: 3,
            }]),
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_second(600).unwrap()
    }

    #[test]
    fn the_connection_string_is_the_last_line() {
        assert_eq!(
            addresses(&view()),
            "web  http://127.0.0.1:38000\npostgresql://shop:dev@127.0.0.1:35432/shop\n"
        );
    }

    #[test]
    fn a_stack_tells_its_state_its_lease_and_where_each_service_is() {
        insta::assert_snapshot!("stack", stack(&view(), now()));
    }

    #[test]
    fn all_stacks_are_told_a_line_each() {
        insta::assert_snapshot!("stacks", stacks(&[view()], now()));
    }

    #[test]
    fn a_stack_is_told_to_machines() {
        let value = stack_value(&view(), now());
        assert_eq!(value["state"], "running");
        assert_eq!(value["databases"][0]["url"], "postgresql://shop:dev@127.0.0.1:35432/shop");
        assert_eq!(value["services"][1]["exit_code"], 0);
        assert_eq!(value["until"], "1970-01-01T04:00:00Z");
    }
}
