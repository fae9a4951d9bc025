//! What each call makes, and what it requires to be there.

use super::objects::{Container, Content, Objects, State, absent, clone_path};
use super::script::{Fitness, Script};
use crate::model::call::{Call, Performed, ServiceFailure};
use crate::model::container::{CloneOrigin, ContainerSpec, Labels, NetworkSpec, VolumeSource, VolumeSpec};
use crate::model::egress::EgressRules;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;
use crate::model::seed::SeedKey;

impl Objects {
    pub(super) fn perform(&mut self, call: &Call, script: &Script) -> Result<Performed> {
        match call {
            Call::PullImage { reference } => {
                self.pulled.insert(reference.clone());
            }
            Call::PreparePool => self.has_pool = true,
            Call::GrowPool { size_bytes } => self.grow_pool(*size_bytes)?,
            Call::CreateNetwork(network) => self.create_network(network)?,
            Call::DenyEgress(rules) => self.deny_egress(rules)?,
            Call::CreateVolume(volume) => self.create_volume(volume)?,
            Call::MakeClone { clone, origin } => self.make_clone(clone, origin)?,
            Call::FreezeSeed { clone, key } => self.freeze(clone, key)?,
            Call::CreateContainer(container) => self.create_container(container, script)?,
            Call::StartContainer { name } => self.start(name, script)?,
            Call::RestartContainer { name } => self.restart(name)?,
            Call::StopContainer { name, .. } => self.stop(name)?,
            Call::AwaitHealthy { name, timeout_s } => {
                let container = self.container(name)?;
                return Ok(match script.fitness(container, *timeout_s) {
                    Fitness::Fit => Performed::Done,
                    Fitness::Unfit(reason) => unfit(container, script, reason),
                });
            }
            Call::AwaitCompletion { name, timeout_s } => {
                let code = self.exit(name, script)?;
                let container = self.container(name)?;
                return Ok(match code {
                    Some(0) => Performed::Done,
                    Some(code) => unfit(container, script, format!("exited with {code}")),
                    None => unfit(container, script, format!("still running after {timeout_s} s")),
                });
            }
        }
        Ok(Performed::Done)
    }

    /// The code with which a container exits; `None` if it never does, or was never started.
    pub(super) fn exit(&mut self, name: &str, script: &Script) -> Result<Option<i64>> {
        let container = self.container_mut(name)?;
        let code = match container.state {
            State::Created => None,
            State::Exited(code) => Some(code),
            State::Running => script.exit_code(container.service()),
        };
        if let Some(code) = code {
            container.state = State::Exited(code);
        }
        Ok(code)
    }

    fn grow_pool(&mut self, size_bytes: u64) -> Result<()> {
        if !self.has_pool {
            return Err(bug("a pool is grown before it is made".to_owned()));
        }
        if let Some(pool) = self.room.as_mut().and_then(|room| room.pool.as_mut()) {
            let more = size_bytes.saturating_sub(pool.size_bytes);
            pool.size_bytes += more;
            pool.free_bytes += more;
        }
        Ok(())
    }

    fn deny_egress(&mut self, rules: &EgressRules) -> Result<()> {
        let bridge = Some(&rules.bridge);
        if !self.networks.iter().any(|network| network.bridge.as_ref() == bridge) {
            return Err(bug(format!("there is no interface {}", rules.bridge)));
        }
        self.denied.insert(rules.bridge.clone());
        Ok(())
    }

    fn create_network(&mut self, spec: &NetworkSpec) -> Result<()> {
        let run = spec.labels.get(label::RUN);
        if self.networks.iter().any(|known| known.name == spec.name && known.labels.get(label::RUN) == run) {
            return Ok(());
        }
        let is_lost = self.subnets_to_lose > 0;
        self.subnets_to_lose = self.subnets_to_lose.saturating_sub(1);
        if is_lost || self.networks.iter().any(|known| known.subnet == spec.subnet) {
            let message = format!("the subnet {} overlaps with that of another network", spec.subnet);
            return Err(Error::new(ErrorKind::NoRoom, message));
        }
        self.networks.push(spec.clone());
        Ok(())
    }

    fn create_volume(&mut self, spec: &VolumeSpec) -> Result<()> {
        if let Some(known) = self.volumes.get(&spec.name) {
            let is_same = [label::KIND, label::RUN, label::SEED_KEY]
                .iter()
                .all(|key| known.labels.get(*key) == spec.labels.get(*key));
            return if is_same { Ok(()) } else { Err(held("volume", &spec.name, &known.labels)) };
        }
        if matches!(spec.source, VolumeSource::Pool { .. }) && !self.has_pool {
            return Err(bug(format!("there is no pool for volume `{}` to show a part of", spec.name)));
        }
        self.volumes.insert(spec.name.clone(), spec.clone());
        Ok(())
    }

    fn make_clone(&mut self, clone: &str, origin: &CloneOrigin) -> Result<()> {
        if !self.volumes.contains_key(clone) {
            // On the real engine it would be made, and any sweep would take it for garbage.
            return Err(bug(format!("clone `{clone}` is made before its volume")));
        }
        let path = clone_path(clone);
        if self.subvolumes.contains_key(&path) {
            return Ok(());
        }
        let content = match origin {
            CloneOrigin::Empty => Content::default(),
            CloneOrigin::Seed(key) => {
                let seed = self.subvolumes.get(&seed_path(key));
                seed.cloned().ok_or_else(|| absent("seed", key.short()))?
            }
        };
        self.subvolumes.insert(path, content);
        Ok(())
    }

    fn freeze(&mut self, clone: &str, key: &SeedKey) -> Result<()> {
        let path = clone_path(clone);
        let (target, is_registered) = (seed_path(key), self.volumes.contains_key(&key.volume()));
        if is_registered && self.subvolumes.contains_key(&target) {
            return Ok(());
        }
        if let Some(user) = self.mounting(&path).iter().find(|user| user.state == State::Running) {
            return Err(bug(format!("clone `{clone}` is frozen while `{}` writes to it", user.spec.name)));
        }
        let content = self.subvolumes.get(&path).cloned().ok_or_else(|| absent("clone", clone))?;
        // A leftover that nobody registered is replaced: nobody knows whether it is whole.
        self.subvolumes.insert(target, content);
        Ok(())
    }

    fn create_container(&mut self, spec: &ContainerSpec, script: &Script) -> Result<()> {
        if let Some(known) = self.containers.get(&spec.name) {
            let run = known.spec.labels.get(label::RUN);
            let is_ours = run.is_some() && run == spec.labels.get(label::RUN);
            return if is_ours { Ok(()) } else { Err(held("container", &spec.name, &known.spec.labels)) };
        }
        if !script.has_image(&spec.runtime.image) && !self.pulled.contains(&spec.runtime.image) {
            return Err(absent("image", &spec.runtime.image));
        }
        if let Some(network) = &spec.network
            && !self.networks.iter().any(|known| known.name == *network)
        {
            return Err(absent("network", network));
        }
        self.newest += 1;
        let container = Container {
            spec: spec.clone(),
            state: State::Created,
            number: self.newest,
            own_content: Content::default(),
        };
        if let Some(volume) = container.volumes().find(|volume| !self.volumes.contains_key(*volume)) {
            // The real engine would make one without a label, which no sweep finds.
            return Err(bug(format!("container `{}` is made before its volume `{volume}`", spec.name)));
        }
        self.containers.insert(spec.name.clone(), container);
        Ok(())
    }

    fn start(&mut self, name: &str, script: &Script) -> Result<()> {
        let container = self.container(name)?;
        if container.state != State::Created {
            return Ok(());
        }
        if let Some(path) =
            self.subvolumes_of(container).iter().find(|path| !self.subvolumes.contains_key(*path))
        {
            return Err(absent("subvolume", path));
        }
        if let Some(bridge) = self.open_bridge(container) {
            return Err(bug(format!("container `{name}` is started before egress of {bridge} is denied")));
        }
        let container = self.container_mut(name)?;
        container.state = script.state_once_started(container.service());
        self.started.push(name.to_owned());
        Ok(())
    }

    /// The interface of a container's network, if egress is to be denied there and is not.
    fn open_bridge(&self, container: &Container) -> Option<String> {
        let network = container.spec.network.as_ref()?;
        let network = self.networks.iter().find(|known| known.name == *network)?;
        network.bridge.clone().filter(|bridge| !self.denied.contains(bridge))
    }

    fn restart(&mut self, name: &str) -> Result<()> {
        if let Some(bridge) = self.open_bridge(self.container(name)?) {
            return Err(bug(format!(
                "container `{name}` is started again before egress of {bridge} is denied"
            )));
        }
        self.container_mut(name)?.state = State::Running;
        Ok(())
    }

    fn stop(&mut self, name: &str) -> Result<()> {
        let container = self.container_mut(name)?;
        if container.state == State::Running {
            container.state = State::Exited(0);
        }
        Ok(())
    }
}

pub(super) fn seed_path(key: &SeedKey) -> String {
    format!("seeds/{}", key.short())
}

fn unfit(container: &Container, script: &Script, reason: String) -> Performed {
    let service = container.spec.name.clone();
    let output_tail = script.output_of(container.service());
    Performed::Unfit(ServiceFailure { service, reason, output_tail })
}

fn held(what: &str, name: &str, labels: &Labels) -> Error {
    let by = labels.get(label::RUN).map_or("something that is not of stage", String::as_str);
    Error::new(ErrorKind::NoRoom, format!("the name of {what} `{name}` is held by {by}"))
}

fn bug(message: String) -> Error {
    Error::new(ErrorKind::Bug, message)
}
