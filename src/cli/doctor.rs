//! `stage doctor`.

use super::output::Output;
use super::{Global, session};
use crate::model::error::Result;
use crate::{render, run};

/// Say what this engine can do, how clones are made on it and why, and what is missing for a check.
///
/// Makes nothing that stays. Exits 0 if a check could run; else with the code that the check would exit with, for instance
/// 5 if the engine does not answer or lacks the helper image, 7 if its disk is full.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let session = session::open(global, output).await?;
    let found = run::doctor(&session.world).await;
    session.progress.finish().await;
    let diagnosis = found?;
    let text = if args.json {
        render::diagnosis_json(&diagnosis)
    } else {
        render::diagnosis(&diagnosis, output.style())
    };
    output.result(&text)?;
    Ok(diagnosis.exit_code())
}
