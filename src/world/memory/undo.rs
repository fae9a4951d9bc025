//! What each undo removes, and what stands in its way.

use super::objects::{Container, Objects, clone_path};
use super::perform::seed_path;
use super::script::Script;
use crate::model::call::Undo;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;

impl Objects {
    pub(super) fn undo(&mut self, undo: &Undo, script: &Script) -> Result<()> {
        if script.stays.contains(&undo.to_string()) {
            return Err(left(undo, "the engine refuses"));
        }
        match undo {
            Undo::RemoveContainer { name, run } => {
                let made_by = |container: &Container| container.spec.labels.get(label::RUN) == Some(run);
                if self.containers.get(name).is_some_and(made_by) {
                    self.containers.remove(name);
                }
            }
            Undo::RemoveNetwork { name, run } => self.remove_network(undo, name, run)?,
            Undo::ForgetEgress { bridge } => drop(self.denied.remove(bridge)),
            Undo::RemoveVolume { name } => {
                let user = self.containers.values().find(|user| user.volumes().any(|used| used == name));
                if let Some(user) = user.filter(|_| self.volumes.contains_key(name)) {
                    return Err(left(undo, &format!("container {} uses it", user.spec.name)));
                }
                self.volumes.remove(name);
            }
            Undo::DeleteClone { clone } => self.delete(undo, &clone_path(clone))?,
            Undo::DeleteSeed { key } => self.delete(undo, &seed_path(key))?,
        }
        Ok(())
    }

    fn remove_network(&mut self, undo: &Undo, name: &str, run: &str) -> Result<()> {
        let is_meant =
            |known: &str, of: Option<&String>| known == name && of.is_some_and(|of| of.as_str() == run);
        let place =
            self.networks.iter().position(|known| is_meant(&known.name, known.labels.get(label::RUN)));
        let Some(place) = place else { return Ok(()) };
        // A container joins by name, and in the run that made both.
        let member = self.containers.values().find(|member| {
            member
                .spec
                .network
                .as_deref()
                .is_some_and(|joined| is_meant(joined, member.spec.labels.get(label::RUN)))
        });
        if let Some(member) = member {
            return Err(left(undo, &format!("container {} is in it", member.spec.name)));
        }
        self.networks.remove(place);
        Ok(())
    }

    fn delete(&mut self, undo: &Undo, path: &str) -> Result<()> {
        if let Some(user) = self.mounting(path).first().filter(|_| self.subvolumes.contains_key(path)) {
            return Err(left(undo, &format!("container {} mounts it", user.spec.name)));
        }
        self.subvolumes.remove(path);
        Ok(())
    }
}

fn left(undo: &Undo, reason: &str) -> Error {
    Error::new(ErrorKind::Leftover, format!("could not remove {undo}: {reason}"))
}
