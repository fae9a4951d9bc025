//! `stage up`.

use serde_json::json;

use super::output::Output;
use super::{Global, environments, queue, session, signals, ttl};
use crate::model::engine::EnginePlace;
use crate::model::error::Result;
use crate::model::stack::check_instance;
use crate::{render, run};

/// Stand up a stack and leave it standing: app, services, and a masked clone of production, migrated.
///
/// Prints where the services are, and as its last line the connection string of the database, so that
/// `psql "$(stage up shop | tail -1)"` works. Run again it finds the stack standing, starts what was stopped and renews
/// the lease. What the pending migrations did is told on stderr. A failing migration exits 1, and everything is taken
/// down again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
    stage up shop                      one stack, called `shop`
    stage up shop --name pr-12         another one beside it
    stage up shop --name pr-12 --ttl 8h
    stage psql pr-12                   look round in it
    stage down pr-12                   take it down")]
pub struct Args {
    /// The environment: a folder of the environments folder, or a path with a slash.
    #[arg(value_name = "ENV")]
    environment: String,
    /// The name of the stack, by which all other commands find it [default: the environment's name].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How long it may stand from now on, such as 4h or 2d [default: the environment's `lease: ttl`].
    #[arg(long, value_name = "DURATION", value_parser = ttl)]
    ttl: Option<u64>,
    /// Keep it until the most that its environment allows: no sweep takes it before, idle or not.
    #[arg(long, conflicts_with = "ttl")]
    keep: bool,
    /// Wait if another run works on the stack of this name.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    queue: queue::Queueing,
    /// Print the stack, and what the migrations did, as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let environment = environments::load(global, &args.environment)?;
    let instance = args.name.as_deref().unwrap_or(&environment.name);
    check_instance(instance)?;
    let mut session = session::open(global, output).await?;
    session.settings.queue = args.queue.terms();
    let stop = signals::listen()?;
    let now = session.world.clock.now();
    let order = run::UpOrder {
        environment: &environment,
        instance,
        ttl_s: args.ttl,
        keeps: args.keep,
        waits: args.wait,
        settings: &session.settings,
        events: session.progress.events(),
        stop,
    };
    let place = session.world.engine.facts().place;
    let result = run::up(session.world, order).await;
    session.progress.finish().await;
    let (view, report) = match result? {
        run::Up::Stands(view, report) => (Some(view), report),
        run::Up::Fell(report) => (None, Some(report)),
    };
    if args.json {
        let stack = view.as_ref().map(|view| render::stack_value(view, now));
        let report = report.as_ref().map(|report| render::value(report));
        output.json(&json!({ "stack": stack, "report": report }))?;
    } else {
        match (&view, &report) {
            (Some(_), Some(report)) => output.say(&render::migrations(report, output.talk_style())),
            (None, Some(report)) => output.say(&render::terminal(report, output.talk_style())),
            (_, None) => {}
        }
        if let Some(view) = &view {
            if place != EnginePlace::Here {
                output.say(
                    "the engine is on another machine, and so are these addresses: `ssh -L` forwards them",
                );
            }
            output.result(&render::addresses(view))?;
        }
    }
    Ok(u8::from(view.is_none()))
}
