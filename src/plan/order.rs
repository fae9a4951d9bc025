//! The order in which services start, and what each waits for, as Compose says it.

use std::collections::{BTreeMap, BTreeSet};

use super::identity::Identity;
use crate::model::call::Call;
use crate::model::environment::Environment;
use crate::model::plan::{Plan, StepId};
use crate::model::service::{DependencyCondition, Healthcheck};

/// How long a service may take to become healthy, or a one-shot job to complete.
pub(super) const READY_TIMEOUT_S: u64 = 120;

/// Names of all services that `service` depends on, directly or not.
pub(super) fn dependencies<'a>(environment: &'a Environment, service: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![service.to_owned()];
    while let Some(name) = open.pop() {
        let Some(service) = environment.services.get(&name) else { continue };
        for dependency in &service.depends_on {
            if found.insert(dependency.service.as_str()) {
                open.push(dependency.service.clone());
            }
        }
    }
    found
}

/// Services in the order that Compose asks for.
pub(super) struct Order<'a> {
    environment: &'a Environment,
    identity: &'a Identity,
    pub(super) plan: Plan,
    /// Services that run already, so that only their condition is waited for.
    pub(super) running: BTreeSet<String>,
    /// Whether containers that ran before are started again.
    starts_again: bool,
    started: BTreeMap<String, StepId>,
    awaited: BTreeMap<(String, &'static str), StepId>,
}

impl<'a> Order<'a> {
    /// Nothing is started yet, but the databases run.
    pub(super) fn new(environment: &'a Environment, identity: &'a Identity) -> Self {
        Self {
            environment,
            identity,
            plan: Plan::default(),
            running: environment.databases.keys().cloned().collect(),
            starts_again: false,
            started: BTreeMap::new(),
            awaited: BTreeMap::new(),
        }
    }

    /// As [`Self::new`], of containers that ran before.
    pub(super) fn again(environment: &'a Environment, identity: &'a Identity) -> Self {
        Self { starts_again: true, ..Self::new(environment, identity) }
    }

    /// Starts all of these; the plan ends when each is well.
    pub(super) fn start_all(&mut self, names: &BTreeSet<&str>) {
        for name in names {
            self.start(name);
        }
        for name in names {
            let condition = if is_one_shot(self.environment, name) {
                DependencyCondition::CompletedSuccessfully
            } else {
                DependencyCondition::Healthy
            };
            self.await_condition(name, condition);
        }
    }

    /// The step after which a service runs; `None` for one that does already.
    pub(super) fn start(&mut self, name: &str) -> Option<StepId> {
        if self.running.contains(name) {
            return None;
        }
        if let Some(&step) = self.started.get(name) {
            return Some(step);
        }
        let service = self.environment.services.get(name)?;
        let mut after = Vec::new();
        for dependency in &service.depends_on {
            after.extend(match dependency.condition {
                DependencyCondition::Started => self.start(&dependency.service),
                condition => self.await_condition(&dependency.service, condition),
            });
        }
        let container = self.identity.names().container(name);
        let call = if self.starts_again {
            Call::RestartContainer { name: container }
        } else {
            Call::StartContainer { name: container }
        };
        let started = self.plan.add(call, format!("service {name}"), &after);
        self.started.insert(name.to_owned(), started);
        Some(started)
    }

    /// The step after which a condition holds of a service.
    fn await_condition(&mut self, name: &str, condition: DependencyCondition) -> Option<StepId> {
        let kind = match condition {
            DependencyCondition::Started => return self.start(name),
            DependencyCondition::Healthy => "healthy",
            DependencyCondition::CompletedSuccessfully => "completed",
        };
        // What was done before the stack stopped is done.
        if self.starts_again && kind == "completed" && self.running.contains(name) {
            return None;
        }
        let key = (name.to_owned(), kind);
        if let Some(&step) = self.awaited.get(&key) {
            return Some(step);
        }
        let after: Vec<StepId> = self.start(name).into_iter().collect();
        let container = self.identity.names().container(name);
        let call = if condition == DependencyCondition::Healthy {
            Call::AwaitHealthy { name: container, timeout_s: READY_TIMEOUT_S }
        } else {
            Call::AwaitCompletion { name: container, timeout_s: READY_TIMEOUT_S }
        };
        let step = self.plan.add(call, format!("service {name}"), &after);
        self.awaited.insert(key, step);
        Some(step)
    }
}

/// A one-shot job is one whose completion somebody waits for, and that has no healthcheck.
pub(super) fn is_one_shot(environment: &Environment, name: &str) -> bool {
    let awaited = environment.services.values().any(|service| {
        service.depends_on.iter().any(|dependency| {
            dependency.service == name && dependency.condition == DependencyCondition::CompletedSuccessfully
        })
    });
    let probed = environment
        .services
        .get(name)
        .is_some_and(|service| matches!(service.runtime.healthcheck, Some(Healthcheck::Probe { .. })));
    awaited && !probed
}
