//! `stage migrate`.

use super::output::Output;
use super::{Global, environments, session, signals};
use crate::model::error::Result;
use crate::model::stack::StackName;
use crate::{render, run};

/// Run what is pending on a stack that stands, and say what it did.
///
/// For the next migration of a branch: add the file, run this, look with `stage diff` or `stage psql`. One that was
/// applied already and is changed now takes a new stack (`stage down`, `stage up`), as its tool would refuse it or not see
/// it. Services go on running, as they do in production. Exits 1 if a migration fails or a guard is broken; the stack goes on
/// standing either way.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The stack: NAME, or ENV/NAME where two environments have one of that name.
    #[arg(value_name = "NAME")]
    name: StackName,
    /// The environment's folder, if it is not called as the environment is.
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    /// Wait if another run works on it.
    #[arg(long)]
    wait: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let session = session::open(global, output).await?;
    let stop = signals::listen()?;
    let stack = run::find_stack(&session.world, &args.name).await?;
    let environment = environments::load_for(global, &stack, args.env.as_deref())?;
    let order = run::StackOrder {
        name: &args.name,
        waits: args.wait,
        settings: &session.settings,
        events: session.progress.events(),
        stop,
    };
    let result = run::migrate(session.world, order, &environment).await;
    session.progress.finish().await;
    let report = result?;
    if args.json {
        output.result(&render::json(&report))?;
    } else {
        output.result(&render::migrations(&report, output.style()))?;
    }
    Ok(report.exit_code())
}
