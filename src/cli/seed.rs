//! `stage seed build`, `list` and `remove`.

use bytesize::ByteSize;
use comfy_table::{Table, presets};

use super::output::Output;
use super::{Global, environments, session, signals};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::seed::SeedRecord;
use crate::run;

/// Masked, ready databases, each made of one backup and kept until it is removed.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Build the seeds of an environment, or find them built already.
    Build {
        /// The environment: a folder of the environments folder, or a path with a slash.
        #[arg(value_name = "ENV")]
        environment: String,
        /// Print the seeds as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the seeds on this engine.
    List {
        /// Print the seeds as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove a seed. Stacks that stand on clones of it go on.
    Remove {
        /// The first digits of its key, as `stage seed list` shows it.
        #[arg(value_name = "KEY")]
        key: String,
        /// Print the seed that was removed as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(global: &Global, command: Command, output: Output) -> Result<u8> {
    match command {
        Command::Build { environment, json } => build(global, &environment, json, output).await,
        Command::List { json } => list(global, json, output).await,
        Command::Remove { key, json } => remove(global, &key, json, output).await,
    }
}

async fn build(global: &Global, name: &str, json: bool, output: Output) -> Result<u8> {
    let environment = environments::load(global, name)?;
    let session = session::open(global, output).await?;
    let stop = signals::listen()?;
    let events = session.progress.events();
    run::recover(&session.world, &events).await?;
    let story = run::SeedStory {
        environment: &environment,
        settings: &session.settings,
        events: &events,
        stop: &stop,
    };
    let result = run::build_seeds(&session.world, &story).await;
    drop(events);
    session.progress.finish().await;
    let seeds: Vec<SeedRecord> = result?.into_values().map(|used| used.seed).collect();
    show(&seeds, json, output)
}

async fn list(global: &Global, json: bool, output: Output) -> Result<u8> {
    let session = session::open(global, output).await?;
    let (seeds, unreadable) =
        tokio::join!(run::list_seeds(&session.world), run::unreadable_seeds(&session.world));
    session.progress.finish().await;
    for seed in unreadable? {
        output.say(&format!("unreadable: {seed}; `docker volume rm {}` removes it", seed.volume));
    }
    show(&seeds?, json, output)
}

async fn remove(global: &Global, key: &str, json: bool, output: Output) -> Result<u8> {
    let session = session::open(global, output).await?;
    let events = session.progress.events();
    let result = run::remove_seed(&session.world, key, &events).await;
    drop(events);
    session.progress.finish().await;
    let seed = result?;
    if json {
        return show(std::slice::from_ref(&seed), json, output);
    }
    output.say(&format!("removed seed {} of {}", seed.key, seed.database));
    Ok(0)
}

fn show(seeds: &[SeedRecord], json: bool, output: Output) -> Result<u8> {
    if json {
        let text = serde_json::to_string_pretty(seeds)
            .map_err(|cause| Error::new(ErrorKind::Bug, "seeds do not serialize").because(cause))?;
        output.result(&format!("{text}\n"))?;
        return Ok(0);
    }
    if seeds.is_empty() {
        output.say("no seeds yet; `stage seed build ENV` makes one");
        return Ok(0);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "KEY",
        "ENVIRONMENT",
        "DATABASE",
        "BACKUP OF",
        "ROWS",
        "SIZE",
    ]);
    for seed in seeds {
        table.add_row([
            seed.key.short().to_owned(),
            seed.environment.clone(),
            seed.database.clone(),
            seed.backup_taken_at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            seed.rows_total().to_string(),
            ByteSize(seed.size_bytes).to_string(),
        ]);
    }
    output.result(&format!("{}\n", table.trim_fmt()))?;
    Ok(0)
}
