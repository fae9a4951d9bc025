//! `stage psql`.

use super::exec::with_streams;
use super::output::Output;
use super::terminal::RawTerminal;
use super::{Global, session};
use crate::model::error::Result;
use crate::model::stack::StackName;
use crate::run::{self, PsqlOrder};

/// Open psql on the database of a stack.
///
/// It is the psql of the database's own container, as the role and on the database that Compose names: nothing needs to be
/// installed here, and its version fits. The exit code is that of psql.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
    stage psql pr-12                                look round
    stage psql pr-12 -- -c 'select count(*) from orders'
    stage psql pr-12 -- --csv -c 'table orders' > orders.csv
    stage psql pr-12 -- -v ON_ERROR_STOP=1 < fix.sql
    stage psql pr-12 --database reports             where a stack has several databases
    stage psql pr-12 -- -U postgres                 as somebody else")]
pub struct Args {
    /// The stack: NAME, or ENV/NAME where two environments have one of that name.
    #[arg(value_name = "NAME")]
    name: StackName,
    /// The service of the database, if there are several.
    #[arg(long, value_name = "SERVICE")]
    database: Option<String>,
    /// No terminal, even if there is one here.
    #[arg(short = 'T', long = "no-tty")]
    no_terminal: bool,
    /// Arguments of psql.
    #[arg(value_name = "PSQL ARGS", last = true)]
    arguments: Vec<String>,
}

pub async fn run(global: &Global, args: Args, _output: Output) -> Result<u8> {
    let world = session::look(global).await?;
    with_streams(args.no_terminal, async |terminal, streams| {
        let order = PsqlOrder {
            name: &args.name,
            database: args.database.as_deref(),
            arguments: args.arguments,
            terminal: terminal.map(RawTerminal::size),
        };
        run::psql(&world, order, streams).await
    })
    .await
}
