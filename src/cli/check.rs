//! `stage check`.

use std::path::PathBuf;

use super::output::Output;
use super::{Global, environments, kept, queue, session, signals};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::report::Report;
use crate::{render, run};

/// Rehearse the pending migrations on a masked clone of production, and judge what they did.
///
/// Exits 0 if nothing was found, 1 if the change is blocked. Everything that the run made is taken down again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment: a folder of the environments folder, or a path with a slash.
    #[arg(value_name = "ENV")]
    environment: String,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// Also write the report as Markdown, fit for a comment on a pull request.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Also write the report as a JUnit file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    kept: kept::KeepReports,
    #[command(flatten)]
    queue: queue::Queueing,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let environment = environments::load(global, &args.environment)?;
    let mut session = session::open(global, output).await?;
    session.settings.queue = args.queue.terms();
    let stop = signals::listen()?;
    let shelf = kept::Shelf::of(&session.world);
    let order = run::CheckOrder {
        environment: &environment,
        settings: &session.settings,
        approvals: &[],
        events: session.progress.events(),
        stop,
    };
    let result = run::check(session.world, order).await;
    session.progress.finish().await;
    let report = result?;
    shelf.keep(&args.kept, &report, output);
    write_files(&args, &report)?;
    let text = if args.json { render::json(&report) } else { render::terminal(&report, output.style()) };
    output.result(&text)?;
    Ok(report.exit_code())
}

fn write_files(args: &Args, report: &Report) -> Result<()> {
    let files = [
        (&args.markdown, render::markdown as fn(&Report) -> String),
        (&args.junit, render::junit as fn(&Report) -> String),
    ];
    for (path, render) in files {
        let Some(path) = path else { continue };
        std::fs::write(path, render(report)).map_err(|cause| {
            Error::new(ErrorKind::Usage, format!("the report could not be written to `{}`", path.display()))
                .because(cause)
        })?;
    }
    Ok(())
}
