//! One story a file: the only files that know a whole order.

mod backup;
mod beside;
mod check;
mod command;
mod compare;
mod comparison;
mod database;
mod diff;
mod doctor;
mod down;
mod egress;
mod elsewhere;
mod ending;
mod exec;
mod extend;
mod fill;
mod heard;
mod idle;
mod images;
mod instance;
mod interleave;
mod logs;
mod lookout;
mod lost;
mod mail;
mod meter;
mod migrate;
mod migrations;
mod objects;
mod pick;
mod proof;
mod psql;
mod queue;
mod report;
mod room;
mod schema;
mod seed;
mod seeds;
mod sequences;
mod settle;
mod stand;
mod steps;
mod stopwatch;
mod subnet;
mod suite;
mod sweep;
mod test;
#[cfg(test)]
mod tests;
mod traffic;
mod up;
mod wake;

pub use check::{CheckOrder, check};
pub use diff::diff;
pub use doctor::doctor;
pub use down::down;
pub use exec::{ExecOrder, Streams, exec};
pub use extend::extend;
#[cfg(test)]
pub(crate) use instance::hold as hold_stack;
pub use instance::{StackOrder, find as find_stack, list as list_stacks, look as show_stack};
pub use logs::{LogsOrder, ServiceLine, StackLogs, logs};
pub use mail::{list as list_mail, one as one_mail};
pub use meter::Meter;
pub use migrate::migrate;
pub use psql::{PsqlOrder, psql};
pub use seed::{SeedStory, build_all as build_seeds};
pub use seeds::{list as list_seeds, remove as remove_seed, unreadable as unreadable_seeds};
pub use sweep::{Preview, Swept, left_alone, preview as preview_sweep, recover, sweep};
pub use test::test;
pub use up::{LeaseWish, Up, UpOrder, up};

use jiff::{SignedDuration, Timestamp};

use crate::model::call::ServiceFailure;
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::masking::MaskKey;
use crate::model::name::RunId;
use crate::model::queue::QueueTerms;
use crate::plan::Identity;

/// What stories need to know of this machine and its user.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The id of this state folder.
    pub holder: String,
    /// The key under which values are masked.
    pub mask_key: MaskKey,
    /// How its user wants stacks to share an engine.
    pub queue: QueueTerms,
}

/// Who a run is on the engine.
fn identity(environment: &Environment, settings: &Settings, run: &RunId, now: Timestamp) -> Identity {
    let lease = SignedDuration::from_secs(i64::try_from(environment.lease.max_s).unwrap_or(i64::MAX));
    Identity {
        environment: environment.name.clone(),
        instance: run.0.clone(),
        stack: run.clone(),
        run: run.clone(),
        holder: settings.holder.clone(),
        deadline: now.checked_add(lease).unwrap_or(Timestamp::MAX),
    }
}

/// When any machine may take away the lock of a run that began now and stands nothing up.
fn lock_deadline(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
}

/// A container that `stage` itself needs did not come up: then the change was never tried.
fn unfit(failure: &ServiceFailure) -> Error {
    Error::new(ErrorKind::Unreachable, format!("{} {}", failure.service, failure.reason))
        .hint(format!("its last lines:\n{}", failure.output_tail))
}

/// Work that blocks a thread, away from those that serve everything else.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|cause| Err(Error::new(ErrorKind::Bug, "a blocking task panicked").because(cause)))
}
