//! `stage sweep`.

use serde_json::json;

use super::output::Output;
use super::{Global, session};
use crate::model::error::{ErrorKind, Result};
use crate::run;

/// Take down what crashed runs left, and what is past its deadline.
///
/// Works from the journals of this machine and from labels, so it touches nothing that `stage` did not make, and no
/// run that lives. Seeds and the pool stay.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only say what would be taken down.
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
    if args.dry_run {
        let preview = run::preview_sweep(&session.world, &session.settings).await;
        session.progress.finish().await;
        let lines = preview?;
        if args.json {
            output.json(&json!({ "would_remove": lines }))?;
        } else {
            output.result(&lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>())?;
        }
        output.say(&format!("{} would be taken down", count(lines.len())));
        return Ok(0);
    }
    let events = session.progress.events();
    let swept = run::sweep(&session.world, &session.settings, &events).await;
    drop(events);
    session.progress.finish().await;
    let teardown = swept?;
    if args.json {
        output.json(&json!({ "removed": teardown.removed, "left": teardown.left }))?;
    } else {
        output.result(&teardown.removed.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>())?;
    }
    output.say(&format!("{} taken down", count(teardown.removed.len())));
    if teardown.left.is_empty() {
        return Ok(0);
    }
    for line in &teardown.left {
        output.say(&format!("left: {line}"));
    }
    Ok(ErrorKind::Leftover.exit_code())
}

fn count(things: usize) -> String {
    match things {
        0 => "nothing".to_owned(),
        1 => "1 thing".to_owned(),
        many => format!("{many} things"),
    }
}
