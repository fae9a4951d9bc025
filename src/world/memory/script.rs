//! What was said beforehand: which images and files there are, how services behave, what databases answer.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::Timestamp;

use super::MemoryWorld;
use super::answers::Answers;
use super::exec::ScriptedCommand;
use super::inventory::image;
use super::objects::{Container, Content, SINK, State};
use super::perform::seed_path;
use crate::model::clones::Room;
use crate::model::container::{Labels, VolumeSource, VolumeSpec};
use crate::model::egress::Refused;
use crate::model::engine::EngineFacts;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::inventory::ImageFacts;
use crate::model::label;
use crate::model::migration::{Migration, MigrationLayout};
use crate::model::seed::SeedRecord;
use crate::model::service::Healthcheck;
use crate::model::stack::Work;
use crate::model::survey::Survey;

#[derive(Default)]
pub(super) struct Script {
    /// `None`: every image that is asked for is there.
    pub(super) images: Option<BTreeMap<String, ImageFacts>>,
    pub(super) files: BTreeMap<PathBuf, ScriptedFile>,
    pub(super) migrations: BTreeMap<PathBuf, (MigrationLayout, Vec<Migration>)>,
    /// By service; what is not here exits with 0 when somebody waits for it.
    exits: BTreeMap<String, Exit>,
    unhealthy: BTreeSet<String>,
    pub(super) hanging: BTreeSet<String>,
    /// What every server says of its work.
    pub(super) work: Work,
    /// By their number inside.
    pub(super) stuck_ports: BTreeSet<u16>,
    output: BTreeMap<String, String>,
    /// What services write beside a migrated database.
    output_once_migrated: BTreeMap<String, String>,
    pub(super) commands: BTreeMap<String, ScriptedCommand>,
    /// By service and path.
    pub(super) written: BTreeMap<(String, String), Vec<u8>>,
    /// What cannot be removed, as an undo names it.
    pub(super) stays: BTreeSet<String>,
    pub(super) survey: Survey,
    /// What every stack is refused.
    pub(super) refused: Vec<Refused>,
    /// Addresses of other hosts.
    pub(super) hosts: BTreeMap<String, Ipv4Addr>,
    pub(super) answers: Answers,
    pub(super) engine: EngineFacts,
}

pub(super) struct ScriptedFile {
    pub(super) bytes: Bytes,
    pub(super) modified_at: Timestamp,
}

#[derive(Clone, Copy)]
enum Exit {
    With(i64),
    Never,
}

/// Whether a service is well.
pub(super) enum Fitness {
    Fit,
    Unfit(String),
}

impl Script {
    pub(super) fn has_image(&self, reference: &str) -> bool {
        self.images.as_ref().is_none_or(|images| images.contains_key(reference))
    }

    pub(super) fn output_of(&self, service: &str) -> String {
        self.output.get(service).cloned().unwrap_or_default()
    }

    /// As [`Self::output_of`], beside a database that was migrated.
    pub(super) fn output_once_migrated(&self, service: &str) -> String {
        self.output_once_migrated.get(service).cloned().unwrap_or_else(|| self.output_of(service))
    }

    /// A service of which it was said that it exits does so at once; any other runs.
    pub(super) fn state_once_started(&self, service: &str) -> State {
        match self.exits.get(service) {
            Some(Exit::With(code)) => State::Exited(*code),
            Some(Exit::Never) | None => State::Running,
        }
    }

    /// The code with which a service that runs will exit; `None` if it never does.
    pub(super) fn exit_code(&self, service: &str) -> Option<i64> {
        match self.exits.get(service) {
            Some(Exit::With(code)) => Some(*code),
            Some(Exit::Never) => None,
            None => Some(0),
        }
    }

    pub(super) fn fitness(&self, container: &Container, timeout_s: u64) -> Fitness {
        let is_probed = matches!(container.spec.runtime.healthcheck, Some(Healthcheck::Probe { .. }));
        match container.state {
            // A one-shot that is done before anybody looked did run.
            State::Exited(0) if !is_probed => Fitness::Fit,
            State::Exited(code) => Fitness::Unfit(format!("exited with {code}")),
            State::Running if !self.unhealthy.contains(container.service()) => Fitness::Fit,
            State::Running | State::Created => Fitness::Unfit(format!("not healthy after {timeout_s} s")),
        }
    }
}

#[expect(clippy::return_self_not_must_use, reason = "returns a handle of the same world, for chaining")]
impl MemoryWorld {
    /// An image that is there; once one was named, those that were not are missing until they are pulled.
    pub fn with_image(&self, reference: &str) -> Self {
        self.with_image_facts(reference, image(reference))
    }

    /// As [`Self::with_image`], with what the image says of itself.
    pub fn with_image_facts(&self, reference: &str, facts: ImageFacts) -> Self {
        self.script().images.get_or_insert_default().insert(reference.to_owned(), facts);
        self.clone()
    }

    /// What every server says of its work from now on; nothing at first.
    pub fn works(&self, is_under_way: bool, done: &str) -> Self {
        self.script().work = Work { is_under_way, done: done.to_owned() };
        self.clone()
    }

    /// An engine that says this of itself; without it, a nameless one on this machine.
    pub fn with_engine(&self, facts: EngineFacts) -> Self {
        self.script().engine = facts;
        self.clone()
    }

    /// A file.
    pub fn with_file(&self, path: impl AsRef<Path>, bytes: impl Into<Bytes>, modified_at: Timestamp) -> Self {
        let file = ScriptedFile { bytes: bytes.into(), modified_at };
        self.script().files.insert(path.as_ref().to_owned(), file);
        self.clone()
    }

    /// What a directory of migrations holds.
    pub fn with_migrations(
        &self,
        directory: impl AsRef<Path>,
        layout: MigrationLayout,
        migrations: Vec<Migration>,
    ) -> Self {
        self.script().migrations.insert(directory.as_ref().to_owned(), (layout, migrations));
        self.clone()
    }

    /// A pool with a frozen and registered seed, as a run before this one left it.
    pub fn with_seed(&self, record: &SeedRecord) -> Result<Self> {
        let json = serde_json::to_string(record).map_err(|cause| {
            Error::new(ErrorKind::Bug, "a seed's record does not serialize").because(cause)
        })?;
        let labels = Labels::from([
            (label::KIND.to_owned(), label::KIND_SEED.to_owned()),
            (label::FORMAT.to_owned(), label::FORMAT_VERSION.to_owned()),
            (label::ENVIRONMENT.to_owned(), record.environment.clone()),
            (label::SEED_KEY.to_owned(), record.key.0.clone()),
            (label::SEED_RECORD.to_owned(), json),
        ]);
        let (name, subvolume) = (record.key.volume(), seed_path(&record.key));
        let mut objects = self.objects();
        objects.has_pool = true;
        objects
            .subvolumes
            .insert(subvolume.clone(), Content { rows: record.rows.clone(), applied: Vec::new() });
        let source = VolumeSource::Pool { subvolume };
        objects.volumes.insert(name.clone(), VolumeSpec { name, source, labels });
        drop(objects);
        Ok(self.clone())
    }

    /// How much room there is once there is a pool; a pool that is grown has more.
    pub fn with_room(&self, room: Room) -> Self {
        self.objects().room = Some(room);
        self.clone()
    }

    /// The next networks are refused, so many of them, for others that are gone by the time anybody looks.
    pub fn with_subnets_lost(&self, number: u32) -> Self {
        self.objects().subnets_to_lose = number;
        self.clone()
    }

    /// What every stack whose egress is denied has tried to reach.
    pub fn with_refused(&self, refused: Vec<Refused>) -> Self {
        self.script().refused = refused;
        self.clone()
    }

    /// A host that the engine's machine finds.
    pub fn with_host(&self, name: &str, address: Ipv4Addr) -> Self {
        self.script().hosts.insert(name.to_owned(), address);
        self.clone()
    }

    /// What the engine says of itself; room apart.
    pub fn with_survey(&self, survey: Survey) -> Self {
        self.script().survey = survey;
        self.clone()
    }

    /// A service that exits with this code as soon as it is started.
    pub fn service_exits(&self, service: &str, code: i64) -> Self {
        self.script().exits.insert(service.to_owned(), Exit::With(code));
        self.clone()
    }

    /// A service that still runs when the time of whoever waits for its exit is over.
    pub fn service_never_exits(&self, service: &str) -> Self {
        self.script().exits.insert(service.to_owned(), Exit::Never);
        self.clone()
    }

    /// A service that runs but is not healthy when the time of whoever waits for it is over.
    pub fn service_never_healthy(&self, service: &str) -> Self {
        self.script().unhealthy.insert(service.to_owned());
        self.clone()
    }

    /// A service for which waiting never ends, not even when the time is over: only a signal ends such a run.
    pub fn service_hangs(&self, service: &str) -> Self {
        self.script().hanging.insert(service.to_owned());
        self.clone()
    }

    /// What a service writes to its output.
    pub fn service_says(&self, service: &str, output: &str) -> Self {
        self.script().output.insert(service.to_owned(), output.to_owned());
        self.clone()
    }

    /// What the mail sink of every stack tells, as its own program would.
    pub fn sink_tells(&self, output: &str) -> Self {
        self.service_says(SINK, output)
    }

    /// A mail sink that ends with this code as soon as it is started.
    pub fn sink_exits(&self, code: i64) -> Self {
        self.service_exits(SINK, code)
    }

    /// What a service writes instead where a database of its stack was migrated.
    pub fn service_says_once_migrated(&self, service: &str, output: &str) -> Self {
        self.script().output_once_migrated.insert(service.to_owned(), output.to_owned());
        self.clone()
    }

    /// A file that a service writes in its container.
    pub fn service_writes(&self, service: &str, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.script().written.insert((service.to_owned(), path.to_owned()), bytes.into());
        self.clone()
    }

    /// What cannot be removed, as an undo names it (`network stage-shop-…`), until [`Self::can_remove`].
    pub fn cannot_remove(&self, what: &str) -> Self {
        self.script().stays.insert(what.to_owned());
        self.clone()
    }

    /// Ends [`Self::cannot_remove`].
    pub fn can_remove(&self, what: &str) -> Self {
        self.script().stays.remove(what);
        self.clone()
    }
}
