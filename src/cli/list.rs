//! `stage list`.

use super::output::Output;
use super::{Global, session};
use crate::model::error::Result;
use crate::{render, run};

/// List the stacks that stand on this engine, whoever stood them up.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print them as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let session = session::open(global, output).await?;
    let now = session.world.clock.now();
    let listed = run::list_stacks(&session.world).await;
    session.progress.finish().await;
    let views = listed?;
    if args.json {
        let values: Vec<_> = views.iter().map(|view| render::stack_value(view, now)).collect();
        output.json(&serde_json::Value::Array(values))?;
    } else if views.is_empty() {
        output.say("no stack stands; `stage up ENV` stands one up");
    } else {
        output.result(&render::stacks(&views, now))?;
    }
    Ok(0)
}
