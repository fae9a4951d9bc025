//! Reports of checks are kept in the state folder for a time, so that they can be read again.

use std::sync::Arc;

use super::output::Output;
use crate::config;
use crate::model::report::Report;
use crate::render;
use crate::store::reports::{self, Keep};
use crate::world::{Clock, StateFiles, World};

/// How long reports are kept.
#[derive(Debug, clap::Args)]
pub struct KeepReports {
    /// How long reports are kept in the state folder, where `stage report` finds them again; all of them together take 200 MB
    /// at most, and the newest always stays.
    #[arg(long, value_name = "TIME", default_value = "30d", env = "STAGE_KEEP_REPORTS", value_parser = age_s)]
    keep_reports: u64,
}

/// The state folder and the clock of a world that a story takes away.
pub struct Shelf {
    state: Arc<dyn StateFiles>,
    clock: Arc<dyn Clock>,
}

impl Shelf {
    /// That of `world`.
    pub fn of(world: &World) -> Self {
        Self { state: Arc::clone(&world.state), clock: Arc::clone(&world.clock) }
    }

    /// Keeps a report and removes those whose time is over. A report that cannot be kept was still made: that is only said.
    pub fn keep(&self, args: &KeepReports, report: &Report, output: Output) {
        let texts = (render::json(report), render::markdown(report));
        let keep = Keep { age_s: args.keep_reports, size_bytes: Keep::SIZE_BYTES };
        let (state, now) = (self.state.as_ref(), self.clock.now());
        if let Err(error) = reports::keep(state, &report.run.0, (&texts.0, &texts.1), keep, now) {
            output.say(&format!("the report was not kept: {error}"));
        }
    }
}

fn age_s(text: &str) -> Result<u64, String> {
    config::duration_s(text).ok_or_else(|| "a time is written as `30d`, `12h` or `0`".to_owned())
}
