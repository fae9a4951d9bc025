//! `stage sweep`.

use serde_json::json;

use super::output::Output;
use super::{Global, session};
use crate::model::error::{ErrorKind, Result};
use crate::model::report::Teardown;
use crate::model::stack::StackName;
use crate::model::sweep::SweepBounds;
use crate::run::{self, Preview, Swept};

/// Take down what crashed runs left, and what is past its deadline, its lease, or idle for longer than it may be.
///
/// Works from the journals of this machine and from labels, so it touches nothing that `stage` did not make, and no
/// run that lives. Seeds and the pool stay. With NAME or --environment, only stacks of that name are looked at. A stack
/// whose databases cannot be asked is never taken for idle.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this stack: NAME, or ENV/NAME.
    #[arg(value_name = "NAME")]
    name: Option<StackName>,
    /// Only stacks of this environment.
    #[arg(long, value_name = "ENV", conflicts_with = "name")]
    environment: Option<String>,
    /// At most so many stacks at once; the others are named and left for the next sweep.
    #[arg(long, value_name = "STACKS", default_value_t = SweepBounds::default().limit)]
    limit: usize,
    /// Only say what would be taken down, and why.
    #[arg(long)]
    dry_run: bool,
    /// Print what was taken down, and what was left, as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let session = session::open(global, output).await?;
    for line in run::left_alone(&session.world).await? {
        output.say(&format!("left alone: {line}"));
    }
    let named = args.name.as_ref().and_then(|name| name.environment.clone());
    let bounds = SweepBounds {
        environment: named.or(args.environment),
        instance: args.name.map(|name| name.instance),
        limit: args.limit,
    };
    if args.dry_run {
        let preview = run::preview_sweep(&session.world, &session.settings, &bounds).await;
        session.progress.finish().await;
        let Preview { going, postponed } = preview?;
        if args.json {
            let would_remove: Vec<&String> = going.keys().collect();
            output.json(&json!({ "would_remove": would_remove, "why": going, "postponed": postponed }))?;
        } else {
            let lines = going.iter().map(|(what, why)| format!("{what}: {why}\n"));
            output.result(&lines.collect::<String>())?;
        }
        tell_postponed(&postponed, output);
        output.say(&format!("{} would be taken down", count(going.len())));
        return Ok(0);
    }
    let events = session.progress.events();
    let swept = run::sweep(&session.world, &session.settings, &events, &bounds).await;
    drop(events);
    session.progress.finish().await;
    let Swept { teardown, postponed } = swept?;
    if args.json {
        let Teardown { removed, left, .. } = &teardown;
        output.json(&json!({ "removed": removed, "left": left, "postponed": postponed }))?;
    } else {
        output.result(&teardown.removed.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>())?;
    }
    tell_postponed(&postponed, output);
    output.say(&format!("{} taken down", count(teardown.removed.len())));
    if teardown.left.is_empty() {
        return Ok(0);
    }
    for line in &teardown.left {
        output.say(&format!("left: {line}"));
    }
    Ok(ErrorKind::Leftover.exit_code())
}

fn tell_postponed(postponed: &[String], output: Output) {
    if !postponed.is_empty() {
        output.say(&format!("left for the next sweep, as --limit has it: {}", postponed.join(", ")));
    }
}

fn count(things: usize) -> String {
    match things {
        0 => "nothing".to_owned(),
        1 => "1 thing".to_owned(),
        many => format!("{many} things"),
    }
}
