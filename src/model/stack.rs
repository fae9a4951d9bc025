//! A stack that stands: who it is, as its labels tell, and how its containers are.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::egress::Attempt;
use super::error::{Error, ErrorKind};
use super::name::RunId;
use super::seed::SeedKey;

/// A stack that was left standing under a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The environment's name.
    pub environment: String,
    /// The instance: what `--name` said, the environment's name otherwise.
    pub instance: String,
    /// The run that stood it up; the names of its parts begin with it.
    pub run: RunId,
    /// The state folder from which it was stood up.
    pub holder: String,
    /// When it was stood up.
    pub since: Timestamp,
    /// Until when it is leased.
    pub until: Timestamp,
    /// Beyond this no lease goes.
    pub deadline: Timestamp,
    /// The volumes that are its leases, renewals among them.
    pub leases: Vec<String>,
    /// Whether it is kept: its lease goes to its deadline, and idleness does not end it.
    pub kept: bool,
    /// After how many seconds in which nobody asks its databases for anything it counts as run out.
    pub idle_s: Option<u64>,
    /// What sweeps have noted of its idleness.
    pub quiet: Vec<Quiet>,
    /// The subnet of its network; `None` if the network does not say it.
    pub subnet: Option<String>,
    /// The interface of its network; `None` where its egress is not denied.
    pub bridge: Option<String>,
    /// The container that catches its mail; `None` if nothing does.
    pub sink: Option<String>,
    /// Its containers by service.
    pub containers: BTreeMap<String, String>,
    /// The seeds of its databases by service.
    pub seeds: BTreeMap<String, SeedKey>,
}

/// What a sweep notes when it finds that a stack has done something since the last one looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The empty volume on which it stands.
    pub volume: String,
    /// When that was.
    pub since: Timestamp,
    /// What its servers had done by then.
    pub work: String,
}

/// What the servers of a stack say of their work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Whether a statement or a transaction is under way.
    pub is_under_way: bool,
    /// How much they have done in all; another text means that something was asked.
    pub done: String,
}

/// How a user names a stack: `pr-12`, or `shop/pr-12` where two environments have an instance of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackName {
    /// The environment, if it was said.
    pub environment: Option<String>,
    /// The instance.
    pub instance: String,
}

/// The longest name of an instance: with the names of environment and service it must fit into the name of a container.
const LONGEST_INSTANCE: usize = 40;

/// Checks the name of an instance: lower-case letters, digits and `-`, as it becomes part of names on the engine.
pub fn check_instance(name: &str) -> Result<(), Error> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = !name.is_empty() && name.len() <= LONGEST_INSTANCE && name.bytes().all(fits);
    if is_name && !name.starts_with('-') {
        return Ok(());
    }
    let message = format!("`{name}` cannot be the name of a stack");
    Err(Error::new(ErrorKind::Usage, message)
        .hint(format!("lower-case letters, digits and `-`, at most {LONGEST_INSTANCE} of them")))
}

impl FromStr for StackName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (environment, instance) = match text.split_once('/') {
            Some((environment, instance)) => (Some(environment.to_owned()), instance),
            None => (None, text),
        };
        check_instance(instance)?;
        Ok(Self { environment, instance: instance.to_owned() })
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.environment {
            Some(environment) => write!(f, "{environment}/{}", self.instance),
            None => f.write_str(&self.instance),
        }
    }
}

/// A stack and how its containers are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackView {
    /// The stack.
    pub stack: Stack,
    /// Its containers, in order of service.
    pub containers: Vec<ContainerFacts>,
    /// What its services tried to reach beyond it; `None` where that is allowed, or nobody has asked.
    pub egress: Option<Vec<Attempt>>,
}

/// How a stack is as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackState {
    /// Every service runs or has done its work.
    Running,
    /// A service failed or is unhealthy, others run.
    Degraded,
    /// Nothing runs, as after a restart of the machine.
    Stopped,
    /// Its lease has run out: the next sweep takes it.
    Expired,
}

impl fmt::Display for StackState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Degraded => "degraded",
            Self::Stopped => "stopped",
            Self::Expired => "expired",
        })
    }
}

impl StackView {
    /// How it is as a whole at `now`.
    pub fn state(&self, now: Timestamp) -> StackState {
        let runs = |container: &ContainerFacts| container.status == ContainerStatus::Running;
        let is_well = |container: &ContainerFacts| match container.status {
            ContainerStatus::Running => container.health != Some(Health::Unhealthy),
            ContainerStatus::Exited(code) => code == 0,
            ContainerStatus::Created => false,
        };
        if self.stack.until < now {
            StackState::Expired
        } else if !self.containers.iter().any(runs) {
            StackState::Stopped
        } else if self.containers.iter().all(is_well) {
            StackState::Running
        } else {
            StackState::Degraded
        }
    }

    /// Where its databases are reached from this machine, by service: what a client takes as its connection string.
    pub fn dsns(&self) -> Vec<(String, String)> {
        let databases =
            self.containers.iter().filter(|container| self.stack.seeds.contains_key(&container.service));
        databases.filter_map(|container| Some((container.service.clone(), container.dsn()?))).collect()
    }

    /// Where its services are reached from this machine: every TCP port that they publish but those of databases.
    pub fn urls(&self) -> Vec<(String, String)> {
        let services =
            self.containers.iter().filter(|container| !self.stack.seeds.contains_key(&container.service));
        services
            .flat_map(|container| container.ports.iter().map(move |port| (container, port)))
            .filter(|(_, port)| port.protocol == "tcp")
            .map(|(container, port)| (container.service.clone(), port.url()))
            .collect()
    }
}

/// The port of PostgreSQL inside its container.
const POSTGRES_PORT: u16 = 5432;

/// What stands in a part of a URL as it is.
const IN_URLS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl ContainerFacts {
    /// Who reaches its database, by the variables of the official image: user, password and database.
    pub fn login(&self) -> (String, Option<String>, String) {
        let variable = |name: &str| self.environment.get(name).filter(|value| !value.is_empty()).cloned();
        let user = variable("POSTGRES_USER").unwrap_or_else(|| "postgres".to_owned());
        let database = variable("POSTGRES_DB").unwrap_or_else(|| user.clone());
        (user, variable("POSTGRES_PASSWORD"), database)
    }

    /// The connection string of its database; `None` while it publishes no port.
    fn dsn(&self) -> Option<String> {
        let at = self.ports.iter().find(|port| port.container_port == POSTGRES_PORT)?.at;
        let (user, password, database) = self.login();
        let quoted = |text: &str| utf8_percent_encode(text, IN_URLS).to_string();
        let password = password.map(|password| format!(":{}", quoted(&password))).unwrap_or_default();
        Some(format!("postgresql://{}{password}@{at}/{}", quoted(&user), quoted(&database)))
    }
}

/// A container as the engine sees it now.
#[derive(Clone, PartialEq, Eq)]
pub struct ContainerFacts {
    /// Its name.
    pub name: String,
    /// The Compose service that it stands for; empty for none.
    pub service: String,
    /// What it does.
    pub status: ContainerStatus,
    /// What its healthcheck says; `None` without one.
    pub health: Option<Health>,
    /// Ports that this machine reaches.
    pub ports: Vec<PublishedPort>,
    /// Its address in the network of its stack, whether it runs or not; `None` if the engine chose it.
    pub address: Option<Ipv4Addr>,
    /// Its environment; never printed, as it holds credentials.
    pub environment: BTreeMap<String, String>,
}

impl fmt::Debug for ContainerFacts {
    /// Names the variables, not their values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerFacts")
            .field("name", &self.name)
            .field("status", &self.status)
            .field("ports", &self.ports)
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// What a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerStatus {
    /// It was never started.
    Created,
    /// It runs.
    Running,
    /// It has ended, with this code.
    Exited(i64),
}

/// What a healthcheck says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It has not decided yet.
    Starting,
    /// It passed.
    Healthy,
    /// It failed too often.
    Unhealthy,
}

impl PublishedPort {
    /// What a browser takes, where the port inside is one that web servers listen on by custom; the address otherwise.
    fn url(&self) -> String {
        match self.container_port {
            443 | 8443 => format!("https://{}", self.at),
            80 | 3000..=3005 | 4000 | 4200 | 5000 | 5173 | 8000..=8099 | 8888 | 9000 => {
                format!("http://{}", self.at)
            }
            _ => self.at.to_string(),
        }
    }
}

/// A port of a container, and where this machine reaches it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublishedPort {
    /// The port inside.
    pub container_port: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// The address on this machine.
    pub at: SocketAddr,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_named_by_its_instance_and_its_environment_where_need_be() {
        let name: StackName = "pr-12".parse().unwrap();
        assert_eq!((name.environment.as_deref(), name.instance.as_str()), (None, "pr-12"));
        let name: StackName = "shop/pr-12".parse().unwrap();
        assert_eq!(name.to_string(), "shop/pr-12");
    }

    fn view(status: ContainerStatus, health: Option<Health>) -> StackView {
        let at = "127.0.0.1:32768".parse().unwrap();
        let port = |container_port| PublishedPort { container_port, protocol: "tcp".into(), at };
        let environment = [("POSTGRES_USER", "shop"), ("POSTGRES_PASSWORD", "p@ss/word")];
        let container = |service: &str, port| ContainerFacts {
            name: format!("stage-shop-r1-{service}"),
            service: service.into(),
            status,
            health,
            ports: vec![port],
            address: None,
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        };
        StackView {
            stack: Stack {
                environment: "shop".into(),
                instance: "pr-1".into(),
                run: RunId("r1".into()),
                holder: "me".into(),
                since: Timestamp::UNIX_EPOCH,
                until: Timestamp::from_second(100).unwrap(),
                deadline: Timestamp::from_second(200).unwrap(),
                leases: Vec::new(),
                kept: false,
                idle_s: None,
                quiet: Vec::new(),
                subnet: None,
                bridge: None,
                sink: None,
                containers: BTreeMap::new(),
                seeds: BTreeMap::from([("db".to_owned(), SeedKey("4f1c".into()))]),
            },
            containers: vec![container("db", port(5432)), container("web", port(8000))],
            egress: None,
        }
    }

    #[test]
    fn a_client_takes_the_connection_string_as_it_is() {
        let view = view(ContainerStatus::Running, None);
        let dsn = "postgresql://shop:p%40ss%2Fword@127.0.0.1:32768/shop";
        assert_eq!(view.dsns(), [("db".to_owned(), dsn.to_owned())]);
        assert_eq!(view.urls(), [("web".to_owned(), "http://127.0.0.1:32768".to_owned())]);
        assert!(!format!("{view:?}").contains("p@ss"), "credentials are never printed by accident");
    }

    #[test]
    fn a_stack_is_as_well_as_its_containers_and_no_longer_than_its_lease() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(view(ContainerStatus::Running, Some(Health::Healthy)).state(at(50)), StackState::Running);
        assert_eq!(
            view(ContainerStatus::Running, Some(Health::Unhealthy)).state(at(50)),
            StackState::Degraded
        );
        assert_eq!(view(ContainerStatus::Exited(137), None).state(at(50)), StackState::Stopped);
        assert_eq!(view(ContainerStatus::Running, None).state(at(101)), StackState::Expired);
    }

    #[test]
    fn a_name_that_the_engine_would_refuse_is_refused_before() {
        for name in ["", "-x", "PR 12", "pr_12", "shop/", &"x".repeat(41)] {
            assert_eq!(name.parse::<StackName>().unwrap_err().kind, ErrorKind::Usage, "{name}");
        }
    }
}
