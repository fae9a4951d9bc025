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
use crate::model::stack::{ContainerStatus, Stack, StackName};
use crate::observe::mail::{Assembly, Tally, Told, read};
use crate::plan::{self, Enclosure, Identity};
use crate::world::World;

/// All mail that a stack has sent, in the order in which it was caught, without headers and texts. An error of kind `Usage` if
/// nothing catches its mail.
pub async fn list(world: &World, name: &StackName) -> Result<Vec<Mail>> {
    let sink = Sink::of(world, &instance::find(world, name).await?).await?;
    let mut mails = Vec::new();
    each(world, &sink.container, |told| {
        if let Told::Message(caught) = told {
            let mail = sink.opened(mails.len() as u64, &caught);
            mails.push(Mail { headers: Vec::new(), text: String::new(), links: Vec::new(), ..mail });
        }
    })
    .await?;
    Ok(mails)
}

/// One message of a stack by its number, and its bytes. An error of kind `Usage` if there is none of that number.
pub async fn one(world: &World, name: &StackName, id: u64) -> Result<(Mail, Vec<u8>)> {
    let stack = instance::find(world, name).await?;
    let sink = Sink::of(world, &stack).await?;
    let (mut count, mut found) = (0, None);
    each(world, &sink.container, |told| {
        if let Told::Message(caught) = told {
            if count + 1 == id {
                found = Some((sink.opened(count, &caught), caught.raw));
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
    let sink = Sink { container: identity.names().sink(), ..Sink::default() };
    sink.summary(run, environment, Some(enclosure), None).await.map(Some)
}

/// As [`summary`], of what the sink of a stack that stands has told after a mark.
pub async fn summary_of_standing(
    run: &Run,
    environment: &Environment,
    stack: &Stack,
    enclosure: Option<&Enclosure>,
    mark: Option<Timestamp>,
) -> Result<Option<MailSummary>> {
    let Some(container) = &stack.sink else { return Ok(None) };
    let sink = Sink { container: container.clone(), ..Sink::default() };
    sink.summary(run, environment, enclosure, mark).await.map(Some)
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

/// The sink of a stack.
#[derive(Default)]
struct Sink {
    container: String,
    /// Services by their addresses.
    senders: BTreeMap<Ipv4Addr, String>,
    /// Its exit code, once it has ended.
    ended: Option<i64>,
}

impl Sink {
    /// That of a stack that stands. An error of kind `Usage` if there is none.
    async fn of(world: &World, stack: &Stack) -> Result<Self> {
        let Some(container) = &stack.sink else {
            let (instance, environment) = (&stack.instance, &stack.environment);
            let hint = format!(
                "`mail: sink` in stage.yaml of `{environment}` catches it, once `stage down {instance}` and `stage up` have \
                 stood a new one up"
            );
            return Err(
                Error::new(ErrorKind::Usage, format!("nothing catches the mail of {instance}")).hint(hint)
            );
        };
        Self { container: container.clone(), ..Self::default() }.looked_at(world).await
    }

    /// With what the engine says of it.
    async fn looked_at(mut self, world: &World) -> Result<Self> {
        if let Some(found) = world.engine.containers(std::slice::from_ref(&self.container)).await?.pop() {
            self.senders.extend(plan::senders(&found));
            self.ended = match found.status {
                ContainerStatus::Exited(code) => Some(code),
                ContainerStatus::Created | ContainerStatus::Running => None,
            };
        }
        Ok(self)
    }

    /// What it has caught after a mark. Containers that came later than it are known to the enclosure.
    async fn summary(
        mut self,
        run: &Run,
        environment: &Environment,
        enclosure: Option<&Enclosure>,
        mark: Option<Timestamp>,
    ) -> Result<MailSummary> {
        self.senders = enclosure.map(|enclosure| enclosure.services().clone()).unwrap_or_default();
        let sink = run.stop.or(self.looked_at(&run.world)).await?;
        let secrets = heard::secrets(environment);
        let mut tally = Tally::default();
        let is_new = |time| mark.is_none_or(|mark| time > mark);
        let count = |told| match told {
            Told::Message(caught) if is_new(caught.time) => tally.add(&sink.opened(0, &caught), &secrets),
            Told::WantsTls { time, peer } if is_new(time) => tally.add_tls(&sink.sender(peer)),
            _ => {}
        };
        run.stop.or(each(&run.world, &sink.container, count)).await?;
        Ok(MailSummary { sink_ended: sink.ended, ..tally.summary() })
    }

    /// The message after `before` others.
    fn opened(&self, before: u64, caught: &Caught) -> Mail {
        read(before + 1, &self.sender(caught.peer), caught)
    }

    fn sender(&self, peer: Ipv4Addr) -> String {
        self.senders.get(&peer).cloned().unwrap_or_else(|| peer.to_string())
    }
}
