//! `stage extend`.

use super::output::Output;
use super::{Global, session, signals, ttl};
use crate::model::error::Result;
use crate::model::stack::StackName;
use crate::{render, run};

/// Let a stack stand longer: its lease is renewed from now on.
///
/// A lease is never cut short, and none goes beyond the most that the environment allows (`lease: max`), counted from when the stack was stood up.
/// The renewal is on the engine, so that every machine sees it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The stack: NAME, or ENV/NAME where two environments have one of that name.
    #[arg(value_name = "NAME")]
    name: StackName,
    /// How long it may stand from now on, such as 8h or 2d.
    #[arg(long, value_name = "DURATION", value_parser = ttl, default_value = "4h")]
    ttl: u64,
    /// Keep it until the most that its environment allows: no sweep takes it before, idle or not.
    #[arg(long, conflicts_with = "ttl")]
    keep: bool,
    /// Wait if another run works on it.
    #[arg(long)]
    wait: bool,
    /// Print the stack as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let session = session::open(global, output).await?;
    let stop = signals::listen()?;
    let now = session.world.clock.now();
    let order = run::StackOrder {
        name: &args.name,
        waits: args.wait,
        settings: &session.settings,
        events: session.progress.events(),
        stop,
    };
    let extended =
        run::extend(session.world, order, run::LeaseWish { ttl_s: args.ttl, keeps: args.keep }).await;
    session.progress.finish().await;
    let view = extended?;
    let until = view.stack.until.strftime("%Y-%m-%d %H:%M UTC");
    let is_capped = view.stack.until == view.stack.deadline;
    let stands = if view.stack.kept { "is kept" } else { "stands" };
    if args.json {
        output.json(&render::stack_value(&view, now))?;
    } else if is_capped {
        output.result(&format!(
            "{} {stands} until {until}, the most that its environment allows\n",
            args.name
        ))?;
    } else {
        output.result(&format!("{} stands until {until}\n", args.name))?;
    }
    Ok(0)
}
