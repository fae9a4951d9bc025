//! `stage diff`.

use super::output::Output;
use super::{Global, environments, session, signals};
use crate::model::error::{ErrorKind, Result};
use crate::model::stack::StackName;
use crate::{render, run};

/// Show what happened to the databases of a stack since they were cloned.
///
/// Compares the stack with its seed, row by row where that is needed: by migrations, by the app, by hand.
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
    /// Print the differences as JSON.
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
    let result = run::diff(session.world, order, &environment).await;
    session.progress.finish().await;
    let since = result?;
    if args.json {
        output.json(&render::changes_value(&since))?;
    } else {
        output.result(&render::changes(&args.name.to_string(), &since, output.style()))?;
    }
    let is_certain = since.iter().all(|of| of.change.doubts.is_empty());
    Ok(if is_certain { 0 } else { ErrorKind::Unverified.exit_code() })
}
