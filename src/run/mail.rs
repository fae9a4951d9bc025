//! The mail that a stack has sent: read off the output of its sink, which is all the store there is.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use futures_util::TryStreamExt;
use jiff::Timestamp;

use super::{heard, instance};
use crate::execute::Run;
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::log::LogWindow;
use crate::model::mail::{Caught, Mail, MailSummary};
use crate::model::stack::{Stack, StackName};
use crate::observe::mail::{Assembly, Tally, Told, read};
use crate::plan::{Enclosure, Identity};
use crate::world::World;

/// Services by their addresses.
type Senders = BTreeMap<Ipv4Addr, String>;

/// All mail that a stack has sent, in the order in which it was caught, without headers and texts. An error of kind `Usage` if
/// nothing catches its mail.
pub async fn list(world: &World, name: &StackName) -> Result<Vec<Mail>> {
    let (sink, senders) = sink_of(world, &instance::find(world, name).await?).await?;
    let mut mails = Vec::new();
    each(world, &sink, |told| {
        if let Told::Message(caught) = told {
            let mail = opened(mails.len(), &senders, &caught);
            mails.push(Mail { headers: Vec::new(), text: String::new(), ..mail });
        }
    })
    .await?;
    Ok(mails)
}

/// One message of a stack by its number, and its bytes. An error of kind `Usage` if there is none of that number.
pub async fn one(world: &World, name: &StackName, id: u64) -> Result<(Mail, Vec<u8>)> {
    let stack = instance::find(world, name).await?;
    let (sink, senders) = sink_of(world, &stack).await?;
    let (mut count, mut found) = (0, None);
    each(world, &sink, |told| {
        if let Told::Message(caught) = told {
            if count + 1 == id {
                found = Some((
                    opened(usize::try_from(count).unwrap_or(usize::MAX), &senders, &caught),
                    caught.raw,
                ));
            }
            count += 1;
        }
    })
    .await?;
    found.ok_or_else(|| {
        let instance = &stack.instance;
        let error = Error::new(ErrorKind::Usage, format!("{instance} has no mail {id}"));
        match count {
            0 => error.hint("none was caught yet"),
            1 => error.hint("there is only mail 1"),
            count => error.hint(format!("there are 1 to {count}: `stage mail {instance}` lists them")),
        }
    })
}

/// Up to where the sink of a stack has told; `None` if it has told nothing, or there is none.
pub async fn mark(run: &Run, stack: &Stack) -> Result<Option<Timestamp>> {
    let Some(sink) = &stack.sink else { return Ok(None) };
    let window = LogWindow { tail: Some(1), ..LogWindow::default() };
    let last: Vec<_> = run.stop.or(run.world.engine.logs(sink, &window).await?.try_collect()).await?;
    Ok(last.last().map(|line| line.time))
}

/// What services have sent; `None` without a sink.
pub async fn summary(
    run: &Run,
    environment: &Environment,
    identity: &Identity,
    enclosure: &Enclosure,
) -> Result<Option<MailSummary>> {
    if environment.mail.is_none() {
        return Ok(None);
    }
    let sink = identity.names().sink();
    summary_since(run, environment, &sink, enclosure.services(), None).await.map(Some)
}

/// As [`summary`], of what the sink of a stack that stands has told after a mark.
pub async fn summary_of_standing(
    run: &Run,
    environment: &Environment,
    stack: &Stack,
    enclosure: Option<&Enclosure>,
    mark: Option<Timestamp>,
) -> Result<Option<MailSummary>> {
    let Some(sink) = &stack.sink else { return Ok(None) };
    let senders = enclosure.map(|enclosure| enclosure.services().clone()).unwrap_or_default();
    summary_since(run, environment, sink, &senders, mark).await.map(Some)
}

async fn summary_since(
    run: &Run,
    environment: &Environment,
    sink: &str,
    senders: &Senders,
    mark: Option<Timestamp>,
) -> Result<MailSummary> {
    let secrets = heard::secrets(environment);
    let mut tally = Tally::default();
    let count = |told| match told {
        Told::Message(caught) => {
            if mark.is_none_or(|mark| caught.time > mark) {
                tally.add(&opened(0, senders, &caught), &secrets);
            }
        }
        Told::WantsTls { time, peer } => {
            if mark.is_none_or(|mark| time > mark) {
                tally.add_tls(&sender(senders, peer));
            }
        }
    };
    run.stop.or(each(&run.world, sink, count)).await?;
    Ok(tally.summary())
}

/// Takes what a sink has told, one at a time: nobody holds all of it.
async fn each(world: &World, sink: &str, mut take: impl FnMut(Told)) -> Result<()> {
    let mut lines = world.engine.logs(sink, &LogWindow::default()).await?;
    let mut assembly = Assembly::default();
    while let Some(line) = lines.try_next().await? {
        if let Some(told) = assembly.take(&line) {
            take(told);
        }
    }
    Ok(())
}

/// The container that catches the mail of a stack, and who may have sent it.
async fn sink_of(world: &World, stack: &Stack) -> Result<(String, Senders)> {
    let Some(sink) = &stack.sink else {
        let (instance, environment) = (&stack.instance, &stack.environment);
        return Err(Error::new(ErrorKind::Usage, format!("nothing catches the mail of {instance}")).hint(format!(
            "`mail: sink` in stage.yaml of `{environment}` catches it, once `stage down {instance}` and `stage up` have stood a \
             new one up"
        )));
    };
    let view = instance::view(world, stack.clone()).await?;
    let senders = view.containers.into_iter().filter_map(|it| Some((it.address?, it.service)));
    Ok((sink.clone(), senders.collect()))
}

/// The message after `before` others.
fn opened(before: usize, senders: &Senders, caught: &Caught) -> Mail {
    read(before as u64 + 1, &sender(senders, caught.peer), caught)
}

fn sender(senders: &Senders, peer: Ipv4Addr) -> String {
    senders.get(&peer).cloned().unwrap_or_else(|| peer.to_string())
}
