//! `stage mail`.

use super::output::Output;
use super::{Global, session};
use crate::model::error::Result;
use crate::model::stack::StackName;
use crate::{render, run};

/// Show the mail that a stack has sent, none of which has left it.
///
/// `mail: sink` in stage.yaml catches it. Without ID every message is listed, the oldest first; with one it is shown: its
/// headers and its text, decoded, or the text of its HTML if it has no other. It is gone when the stack is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
    stage mail pr-12                      what was sent, by whom and to whom
    stage mail pr-12 3                    the third message
    stage mail pr-12 3 --raw > 3.eml      its bytes, for a mail reader
    stage mail pr-12 --json | jq -r '.[] | select(.service == \"web\") | .subject'")]
pub struct Args {
    /// The stack: NAME, or ENV/NAME where two environments have one of that name.
    #[arg(value_name = "NAME")]
    name: StackName,
    /// The number of one message, as the list has it.
    #[arg(value_name = "ID")]
    id: Option<u64>,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
    /// Print the bytes of one message as they were sent.
    #[arg(long, requires = "id", conflicts_with = "json")]
    raw: bool,
}

pub async fn run(global: &Global, args: Args, output: Output) -> Result<u8> {
    let world = session::look(global).await?;
    let Some(id) = args.id else {
        let mails = run::list_mail(&world, &args.name).await?;
        if args.json {
            output.json(&render::mails_value(&mails))?;
        } else if mails.is_empty() {
            output.say(&format!("{} has sent no mail", args.name));
        } else {
            output.result(&render::mails(&mails))?;
        }
        return Ok(0);
    };
    let (mail, raw) = run::one_mail(&world, &args.name, id).await?;
    if args.raw {
        output.bytes(&raw)?;
    } else if args.json {
        output.json(&render::mail_value(&mail))?;
    } else {
        output.result(&render::mail(&mail))?;
    }
    Ok(0)
}
