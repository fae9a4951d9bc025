//! `stage logs`.

use std::io::{self, IsTerminal};
use std::time::Duration;

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::time::timeout;

use super::output::Output;
use super::{Global, session, signals};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::log::LogWindow;
use crate::model::stack::StackName;
use crate::render::{LogFace, LogPlace, LogStyle, log_json};
use crate::run::{self, LogsOrder, ServiceLine, StackLogs};

/// The engine tells one line at a time: lines that come within this time are written together, which is nearly three times as fast,
/// and nobody sees that a line waited.
const TOGETHER: Duration = Duration::from_millis(20);
const BUFFER_BYTES: usize = 64 * 1024;

/// Show what the services of a stack write, the oldest line first.
///
/// Lines of several services are in order of time, each with its service in front. With --follow they go on as they are
/// written, until Ctrl-C (exit code 130, as with `docker compose logs`) or until no service runs any more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
    stage logs pr-12                       everything, of all services
    stage logs pr-12 web worker -f         two of them, as they write
    stage logs pr-12 db --tail 50          the last 50 lines of one
    stage logs pr-12 --since 10m           what was written in the last ten minutes
    stage logs pr-12 --json | jq -r 'select(.stream == \"stderr\") | .line'")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// The stack: NAME, or ENV/NAME where two environments have one of that name.
    #[arg(value_name = "NAME")]
    name: StackName,
    /// Its services [default: all of them].
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Go on with what is written from now on.
    #[arg(long, short)]
    follow: bool,
    /// At most so many of the last lines of each service, or `all`.
    #[arg(long, short = 'n', value_name = "N", default_value = "all", value_parser = tail)]
    tail: Tail,
    /// No line that is older: a duration such as 10m or 2h, or a time such as 2026-05-01T21:23:00Z.
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Option<Since>,
    /// Show when each line was written, by the clock of the engine.
    #[arg(long, short)]
    timestamps: bool,
    /// Lines without their service in front.
    #[arg(long, alias = "no-log-prefix")]
    no_prefix: bool,
    /// Print one JSON object a line: service, stream, time and line.
    #[arg(long, conflicts_with_all = ["timestamps", "no_prefix"])]
    json: bool,
}

/// How many of the last lines; `None` for all.
#[derive(Clone, Copy, Debug)]
struct Tail(Option<u64>);

fn tail(text: &str) -> std::result::Result<Tail, &'static str> {
    if text == "all" {
        return Ok(Tail(None));
    }
    text.parse().map(|lines| Tail(Some(lines))).map_err(|_| "neither a number of lines nor `all`")
}

/// A moment.
#[derive(Clone, Copy, Debug)]
enum Since {
    Ago(SignedDuration),
    At(Timestamp),
}

fn since(text: &str) -> std::result::Result<Since, &'static str> {
    if let Some(seconds) = crate::config::seconds(text) {
        return Ok(Since::Ago(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))));
    }
    let hint = "neither a duration such as 10m or 2h, nor a time such as 2026-05-01T21:23:00Z";
    text.parse().map(Since::At).map_err(|_| hint)
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let world = session::look(global).await?;
    let (stop, _) = signals::listen_twice()?;
    let since = args.since.map(|since| match since {
        Since::Ago(ago) => world.clock.now().checked_sub(ago).unwrap_or(Timestamp::MIN),
        Since::At(time) => time,
    });
    let window = LogWindow { tail: args.tail.0, since, follow: args.follow };
    let order = LogsOrder { name: &args.name, services: &args.services, window };
    let logs = run::logs(&world, order).await?;
    match stop.or(show(logs, &args, output)).await {
        Ok(()) => Ok(0),
        // Nothing was made, so there is nothing to say.
        Err(Error { kind: ErrorKind::Interrupted(signal), .. }) => Ok(128 + signal),
        Err(error) => Err(error),
    }
}

async fn show(logs: StackLogs, args: &Args, output: Output) -> Result<()> {
    let style = LogStyle {
        prefix: !args.no_prefix,
        timestamps: args.timestamps,
        colour: output.style().colour,
        place: if io::stdout().is_terminal() { LogPlace::Terminal } else { LogPlace::Elsewhere },
    };
    let face = LogFace::new(style, &logs.all, &logs.services);
    let shown = |told: &ServiceLine| {
        if args.json {
            log_json(&told.service, &told.line).into_bytes()
        } else {
            face.line(&told.service, &told.line)
        }
    };
    let mut lines = logs.lines;
    let mut stdout = BufWriter::with_capacity(BUFFER_BYTES, tokio::io::stdout());
    loop {
        let next = match timeout(TOGETHER, lines.next()).await {
            Ok(next) => next,
            Err(_) => match stdout.flush().await {
                // Services may be silent for hours.
                Ok(()) => tokio::select! {
                    next = lines.next() => next,
                    () = output.reader_gone() => return Ok(()),
                },
                Err(cause) => return output.closed(cause),
            },
        };
        let written = match next.transpose()? {
            Some(told) => stdout.write_all(&shown(&told)).await,
            None => return stdout.flush().await.or_else(|cause| output.closed(cause)),
        };
        if let Err(cause) = written {
            return output.closed(cause);
        }
    }
}
