//! `stage down`.

use serde_json::{Value, json};

use super::output::Output;
use super::{Global, session, signals};
use crate::model::error::{ErrorKind, Result};
use crate::model::stack::StackName;
use crate::{render, run};

/// Take a stack down, and prove that it is gone.
///
/// Works from the labels on the engine, so it needs no file of the environment and no state of the machine that stood it
/// up. What a run left that died while it stood the stack up goes as well. A stack that is gone already is no failure.
/// Seeds stay.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The stack: NAME, or ENV/NAME where two environments have one of that name.
    #[arg(value_name = "NAME")]
    name: StackName,
    /// Wait if another run works on it.
    #[arg(long)]
    wait: bool,
    /// Take it down even if another run holds its lock. Only if that run is dead: two that work on one stack at once leave
    /// it in pieces.
    #[arg(long)]
    force: bool,
    /// Print what was removed as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let session = session::open(global, output).await?;
    let stop = signals::listen()?;
    let order = run::StackOrder {
        name: &args.name,
        waits: args.wait,
        settings: &session.settings,
        events: session.progress.events(),
        stop,
    };
    let result = run::down(session.world, order, args.force).await;
    session.progress.finish().await;
    let (was_standing, teardown) = match result? {
        Some(teardown) => (true, teardown),
        None => (false, crate::model::report::Teardown::default()),
    };
    if args.json {
        let name = args.name.to_string();
        let mut told = json!({ "name": name, "was_standing": was_standing });
        if let (Some(told), Value::Object(teardown)) =
            (told.as_object_mut(), render::teardown_value(&teardown))
        {
            told.extend(teardown);
        }
        output.json(&told)?;
    } else if was_standing {
        output.say(&format!("{} is gone: {} things taken down", args.name, teardown.removed.len()));
        output.say(&render::teardown(&teardown));
    } else {
        output.say(&format!("no stack {} stands: nothing to do", args.name));
    }
    if teardown.left.is_empty() {
        return Ok(0);
    }
    for line in &teardown.left {
        output.say(&format!("left: {line}"));
    }
    Ok(ErrorKind::Leftover.exit_code())
}
