//! `stage test`.

use super::output::Output;
use super::{Global, environments, session, signals};
use crate::model::error::Result;
use crate::model::stack::StackName;
use crate::{render, run};

/// Run the suite of the environment against a stack that stands.
///
/// Exits 1 if it fails. What the tests write stays in the stack.
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
    let result = run::test(session.world, order, &environment).await;
    session.progress.finish().await;
    let report = result?;
    if args.json {
        output.result(&render::json(&report))?;
    } else {
        output.result(&render::suite(&report, output.style()))?;
    }
    Ok(report.exit_code())
}
