//! What the user wants staged.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::egress::EgressPolicy;
use super::guard::GuardLimits;
use super::mail::MailSink;
use super::masking::Masking;
use super::migration::MigrationLayout;
use super::service::Service;
use super::suite::SuiteSpec;
use super::traffic::TrafficSpec;

/// Where the backups of a database are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSource {
    /// A path or a glob pattern, absolute; of several matches the newest is taken.
    pub pattern: PathBuf,
    /// An older backup is refused; in seconds.
    pub max_age_s: Option<u64>,
}

/// One database of an environment. The Compose service that serves it says user, password and name by the variables of
/// the official image (`POSTGRES_USER`, `POSTGRES_PASSWORD`, `POSTGRES_DB`).
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseSpec {
    /// The Compose service that serves it.
    pub service: String,
    /// Its backup.
    pub backup: BackupSource,
    /// Its masks.
    pub masking: Masking,
    /// SQL that is run on the masked seed, part of its key: file and text, in order.
    pub prepare: Vec<(PathBuf, String)>,
}

/// Where pending changes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MigrationSource {
    /// SQL files, run one by one as their tool would.
    Folder(MigrationFolder),
    /// A command in the image of a service, measured as one migration.
    Command(MigrationCommand),
}

impl MigrationSource {
    /// The service whose database it changes.
    pub fn database(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.database,
            Self::Command(command) => &command.database,
        }
    }
}

/// A directory of SQL files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationFolder {
    /// The service whose database they change.
    pub database: String,
    /// The directory, absolute.
    pub directory: PathBuf,
    /// Whose layout it has; found by looking at it if it is not said.
    pub layout: Option<MigrationLayout>,
}

/// A command that migrates, such as `bin/rails db:migrate`; it always counts as pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationCommand {
    /// The service whose database it changes.
    pub database: String,
    /// The service in whose image, with whose environment and volumes, it runs.
    pub service: String,
    /// It, in words; replaces the command of the service, not its entrypoint.
    pub command: Vec<String>,
    /// What the report calls it.
    pub name: String,
    /// How long it may take, in seconds.
    pub timeout_s: u64,
}

/// How long a stack may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseSpec {
    /// Until it is renewed, in seconds.
    pub ttl_s: u64,
    /// In all, in seconds; after that any machine may sweep it.
    pub max_s: u64,
    /// After how many seconds in which nobody asks its databases for anything it counts as run out.
    pub idle_s: Option<u64>,
}

impl Default for LeaseSpec {
    fn default() -> Self {
        Self { ttl_s: 4 * 3600, max_s: 3 * 24 * 3600, idle_s: None }
    }
}

/// An environment: a folder with `stage.yaml`, read and found to be free of contradictions.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Its name: lower-case letters, digits and `-`.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// Services of the Compose file by name.
    pub services: BTreeMap<String, Service>,
    /// Databases by service.
    pub databases: BTreeMap<String, DatabaseSpec>,
    /// Migrations in the order in which they run.
    pub migrations: Vec<MigrationSource>,
    /// The suite, if there is one.
    pub suite: Option<SuiteSpec>,
    /// Whether services and suite run without the migrations, too, so that the report can tell what is new in what they say.
    pub compares: bool,
    /// What runs while the migrations do once more, so that the report can tell how long it waits for them.
    pub traffic: Option<TrafficSpec>,
    /// Limits on changes.
    pub guards: GuardLimits,
    /// How long a stack may stand.
    pub lease: LeaseSpec,
    /// What its services may reach beyond it.
    pub egress: EgressPolicy,
    /// What catches its mail; `None` if nothing does.
    pub mail: Option<MailSink>,
}

impl Environment {
    /// Whether anything is said to change the database of `service`: only then is there something to measure.
    pub fn migrates(&self, service: &str) -> bool {
        self.migrations.iter().any(|source| source.database() == service)
    }
}
