//! `stage show`.

use super::output::Output;
use super::{Global, session};
use crate::model::error::Result;
use crate::model::stack::StackName;
use crate::{render, run};

/// Show a stack: its services and where they are reached, its lease, its seeds, and what was refused to it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The stack: NAME, or ENV/NAME where two environments have one of that name.
    #[arg(value_name = "NAME")]
    name: StackName,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let session = session::open(global, output).await?;
    let now = session.world.clock.now();
    let shown = run::show_stack(&session.world, &args.name).await;
    session.progress.finish().await;
    let view = shown?;
    if args.json {
        output.json(&render::stack_value(&view, now))?;
    } else {
        output.result(&render::stack(&view, now))?;
    }
    Ok(0)
}
