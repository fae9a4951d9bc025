//! The network of a stack: the address of each of its containers, chosen beforehand, and what they may reach beyond it.
//!
//! An address belongs to one container for as long as the stack stands, whether that runs or not: so what was refused to an
//! address is known to be the doing of one service.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::commands::commands;
use super::identity::Identity;
use super::queue::{BUILDER_BYTES, memory_wanted};
use super::sink;
use super::subnet::range;
use crate::model::call::Call;
use crate::model::container::{ContainerSpec, NetworkSpec};
use crate::model::egress::{Attempt, EgressPolicy, EgressRules, Refused};
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;
use crate::model::plan::{Lifetime, Plan, StepId};
use crate::model::stack::Stack;

/// Who answers lookups of names of other hosts, with a refusal: an address that is nobody's (RFC 5737, TEST-NET-1).
pub const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 53);
/// Addresses of a subnet that no container can have: its first and last, and the engine's own.
const TAKEN: usize = 3;

/// Addresses of allowed hosts by name; one that was not found has none.
pub type Hosts = BTreeMap<String, Vec<Ipv4Addr>>;

/// The network of one stack.
#[derive(Clone, Debug)]
pub struct Enclosure {
    subnet: String,
    /// Its interface; `None` where egress is allowed.
    bridge: Option<String>,
    /// What may be reached beyond it.
    allowed: Vec<String>,
    /// As a file of hosts has them, `NAME:ADDRESS`.
    hosts: Vec<String>,
    /// Names that lead to the mail sink, whatever a file of hosts says.
    caught: Vec<String>,
    addresses: BTreeMap<String, Ipv4Addr>,
    services: BTreeMap<Ipv4Addr, String>,
    /// What its containers are reckoned with.
    memory_bytes: u64,
}

impl Enclosure {
    /// The network of a stack that is to stand in `subnet`. An error of kind `Config` if an allowed host was not found.
    pub fn new(environment: &Environment, identity: &Identity, subnet: &str, found: &Hosts) -> Result<Self> {
        let bridge = match environment.egress {
            EgressPolicy::Deny { .. } => Some(identity.names().bridge()),
            EgressPolicy::Allow => None,
        };
        Self::with(environment, identity, subnet, bridge, found)
    }

    /// The network in which a seed is built: nothing may be reached from there.
    pub(super) fn of_builder(identity: &Identity, subnet: &str) -> Self {
        Self {
            subnet: subnet.to_owned(),
            bridge: Some(identity.names().bridge()),
            allowed: Vec::new(),
            hosts: Vec::new(),
            caught: Vec::new(),
            addresses: BTreeMap::new(),
            services: BTreeMap::new(),
            memory_bytes: BUILDER_BYTES,
        }
    }

    /// The network in which a stack stands; `None` if it does not say which: then another version of `stage` has made it.
    pub fn of(
        environment: &Environment,
        identity: &Identity,
        stack: &Stack,
        found: &Hosts,
    ) -> Result<Option<Self>> {
        let Some(subnet) = &stack.subnet else { return Ok(None) };
        Self::with(environment, identity, subnet, stack.bridge.clone(), found).map(Some)
    }

    fn with(
        environment: &Environment,
        identity: &Identity,
        subnet: &str,
        bridge: Option<String>,
        found: &Hosts,
    ) -> Result<Self> {
        let caught = environment.mail.iter().flat_map(|sink| sink.names.clone()).collect();
        let memory_bytes = memory_wanted(environment);
        let mut enclosure = Self { bridge, caught, memory_bytes, ..Self::of_builder(identity, subnet) };
        if enclosure.bridge.is_some() {
            enclosure.allow(&environment.egress, found)?;
        }
        if let Some((first, last)) = range(subnet) {
            // Its own address and that of the engine come first, that for everybody comes last.
            enclosure.give(residents(environment, identity), (first + 2)..last);
            enclosure.give(visitors(environment, identity), ((first + 2)..last).rev());
        }
        Ok(enclosure)
    }

    fn allow(&mut self, policy: &EgressPolicy, found: &Hosts) -> Result<()> {
        let EgressPolicy::Deny { allowed } = policy else { return Ok(()) };
        for host in allowed {
            if is_address(host) {
                self.allowed.push(host.clone());
                continue;
            }
            let addresses = found.get(host).map(Vec::as_slice).unwrap_or_default();
            let Some(first) = addresses.first() else {
                let message = format!("`{host}` may be reached, and the engine's machine does not find it");
                return Err(Error::new(ErrorKind::Config, message)
                    .hint("`egress:` in stage.yaml names it; an address needs no lookup"));
            };
            self.hosts.push(format!("{host}:{first}"));
            self.allowed.extend(addresses.iter().map(ToString::to_string));
        }
        Ok(())
    }

    /// Gives each container the next address that nobody has; where there are too few, the engine chooses.
    fn give(&mut self, containers: Vec<(String, String)>, free: impl Iterator<Item = u32>) {
        let free: Vec<Ipv4Addr> =
            free.map(Ipv4Addr::from).filter(|address| !self.services.contains_key(address)).collect();
        for ((container, service), address) in containers.into_iter().zip(free) {
            self.addresses.insert(container, address);
            self.services.insert(address, service);
        }
    }

    /// The network.
    pub(super) fn network(&self, identity: &Identity) -> NetworkSpec {
        let mut labels = identity.labels(None);
        labels.insert(label::SUBNET.to_owned(), self.subnet.clone());
        labels.insert(label::MEMORY.to_owned(), self.memory_bytes.to_string());
        labels.extend(self.bridge.iter().map(|bridge| (label::BRIDGE.to_owned(), bridge.clone())));
        NetworkSpec {
            name: identity.names().network(),
            subnet: self.subnet.clone(),
            bridge: self.bridge.clone(),
            labels,
        }
    }

    /// Adds the step that denies egress, where it is denied; nothing may start in the network before it.
    pub(super) fn deny(&self, plan: &mut Plan, after: &[StepId]) -> Option<StepId> {
        let bridge = self.bridge.clone()?;
        let (subnet, allowed) = (self.subnet.clone(), self.allowed.clone());
        let call = Call::DenyEgress(EgressRules { bridge, subnet, allowed });
        Some(plan.add(call, "a copy of production must not act", after))
    }

    /// As [`Self::deny`], for a stack that stands and goes on standing.
    pub(super) fn deny_again(&self, plan: &mut Plan) -> Option<StepId> {
        let id = self.deny(plan, &[])?;
        plan.steps[id].lifetime = Lifetime::Kept;
        Some(id)
    }

    /// Gives a container its address, and whom it asks for names.
    pub(super) fn enclose(&self, container: &mut ContainerSpec) {
        container.address = self.addresses.get(&container.name).copied();
        container.runtime.extra_hosts.retain(|line| {
            let name = line.split([':', '=']).next().unwrap_or_default().to_lowercase();
            !self.caught.contains(&name)
        });
        if self.bridge.is_some() {
            container.name_server = Some(NAME_SERVER);
            container.runtime.extra_hosts.extend(self.hosts.iter().cloned());
        }
    }

    /// The interface and the subnet whose refusals are counted; `None` where egress is allowed.
    pub fn counted(&self) -> Option<(&str, &str)> {
        Some((self.bridge.as_deref()?, &self.subnet))
    }

    /// The services by their addresses.
    pub fn services(&self) -> &BTreeMap<Ipv4Addr, String> {
        &self.services
    }

    /// The addresses of the containers by their names.
    pub fn addresses(&self) -> impl Iterator<Item = (&str, Ipv4Addr)> {
        self.addresses.iter().map(|(name, address)| (name.as_str(), *address))
    }

    /// Whose doing what was refused is, by service.
    pub fn attempts(&self, refused: Vec<Refused>) -> Vec<Attempt> {
        Attempt::of(refused, &self.services)
    }
}

/// How many addresses the stack of an environment takes.
pub fn addresses_wanted(environment: &Environment, identity: &Identity) -> usize {
    residents(environment, identity).len() + visitors(environment, identity).len() + TAKEN
}

/// Hosts that may be reached and have to be looked up.
pub fn hosts_to_find(environment: &Environment) -> Vec<String> {
    match &environment.egress {
        EgressPolicy::Deny { allowed } => allowed.iter().filter(|host| !is_address(host)).cloned().collect(),
        EgressPolicy::Allow => Vec::new(),
    }
}

/// An address, or a subnet.
fn is_address(host: &str) -> bool {
    host.split('/').next().is_some_and(|address| address.parse::<Ipv4Addr>().is_ok())
}

/// The containers that stay as long as the stack stands, each with its service.
fn residents(environment: &Environment, identity: &Identity) -> Vec<(String, String)> {
    let names = identity.names();
    let stay = environment.services.keys().filter(|name| !is_suite(environment, name));
    let sink = environment.mail.iter().map(|_| (names.sink(), sink::NAME.to_owned()));
    // The sink comes last: no service has another address because of it.
    stay.map(|name| (names.container(name), name.clone())).chain(sink).collect()
}

/// The containers that come and go beside them: they have addresses of their own, so that an environment that has changed
/// since its stack stands takes none away from it.
fn visitors(environment: &Environment, identity: &Identity) -> Vec<(String, String)> {
    let names = identity.names();
    let suite = environment.services.keys().filter(|name| is_suite(environment, name));
    let suite = suite.map(|name| (names.container(name), name.clone()));
    let before = environment.databases.keys().map(|name| (names.before(name), name.clone()));
    let commands =
        commands(environment).map(|(number, _, service)| (names.migration(number), service.name.clone()));
    let traffic = environment.traffic.iter().map(|it| (names.traffic(), it.service().to_owned()));
    suite.chain(before).chain(commands).chain(traffic).collect()
}

fn is_suite(environment: &Environment, service: &str) -> bool {
    environment.suite.as_ref().is_some_and(|suite| suite.service == service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::egress::Destination;
    use crate::plan::samples;

    fn enclosure(environment: &Environment) -> Enclosure {
        Enclosure::new(environment, &samples::identity(), "10.213.4.16/28", &Hosts::new()).unwrap()
    }

    #[test]
    fn every_container_has_an_address_of_its_own_that_names_its_service() {
        let environment = samples::shop();
        let enclosure = enclosure(&environment);
        assert_eq!(enclosure.addresses.len() + TAKEN, addresses_wanted(&environment, &samples::identity()));
        assert_eq!(enclosure.addresses.len(), enclosure.services.len());
        assert!(enclosure.services.contains_key(&Ipv4Addr::new(10, 213, 4, 18)), "the first is the engine's");
        assert_eq!(enclosure.services[&Ipv4Addr::new(10, 213, 4, 30)], "tests");
        let (address, service) = enclosure.services.first_key_value().unwrap();
        let to = Destination::Name("api.example.com".into());
        let refused = vec![Refused { from: *address, to: to.clone(), count: 3 }];
        assert_eq!(enclosure.attempts(refused), [Attempt { service: service.clone(), to, count: 3 }]);
    }

    #[test]
    fn an_allowed_host_is_reached_by_name_and_one_that_is_not_found_is_refused() {
        let mut environment = samples::shop();
        let allowed = vec!["10.2.0.0/16".to_owned(), "pay.example.com".to_owned()];
        environment.egress = EgressPolicy::Deny { allowed };
        assert_eq!(hosts_to_find(&environment), ["pay.example.com"]);
        let of = |hosts: &Hosts| Enclosure::new(&environment, &samples::identity(), "10.213.4.16/28", hosts);
        assert_eq!(of(&Hosts::new()).unwrap_err().kind, ErrorKind::Config);
        let found = Hosts::from([("pay.example.com".to_owned(), vec![Ipv4Addr::new(203, 0, 113, 7)])]);
        let mut plan = Plan::default();
        of(&found).unwrap().deny(&mut plan, &[]);
        let Call::DenyEgress(rules) = &plan.steps[0].call else { panic!("{plan}") };
        assert_eq!(rules.allowed, ["10.2.0.0/16", "203.0.113.7"]);
        assert_eq!(of(&found).unwrap().hosts, ["pay.example.com:203.0.113.7"]);
    }

    #[test]
    fn where_egress_is_allowed_nothing_is_denied_or_counted() {
        let mut environment = samples::shop();
        environment.egress = EgressPolicy::Allow;
        let enclosure = enclosure(&environment);
        assert_eq!(enclosure.deny(&mut Plan::default(), &[]), None);
        assert_eq!(enclosure.counted(), None);
        assert!(!enclosure.network(&samples::identity()).labels.contains_key(label::BRIDGE));
    }
}
