//! What the services of a stack write.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream, SelectAll};
use jiff::Timestamp;

use super::interleave::Interleaved;
use super::{instance, pick};
use crate::model::error::Result;
use crate::model::log::{LogLine, LogWindow};
use crate::model::stack::{ContainerStatus, StackName};
use crate::world::{LogLines, World};

/// How often to look whether a container that has ended was started again, while others run.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Whose lines are wanted, and which.
pub struct LogsOrder<'a> {
    /// The stack.
    pub name: &'a StackName,
    /// Its services; all if none is named.
    pub services: &'a [String],
    /// Which lines.
    pub window: LogWindow,
}

/// A line and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLine {
    /// The service.
    pub service: String,
    /// The line.
    pub line: LogLine,
}

/// The lines of a stack.
pub struct StackLogs {
    /// Every service of the stack, whether or not its lines are wanted.
    pub all: Vec<String>,
    /// The services whose lines are wanted.
    pub services: Vec<String>,
    /// The lines as they come.
    pub lines: BoxStream<'static, Result<ServiceLine>>,
}

/// The lines that the services of a stack wrote, in order of time; and if asked for, those that they write from now on, as
/// they come, until no container runs any more. Nothing is read ahead of whoever takes the lines.
pub async fn logs(world: &World, order: LogsOrder<'_>) -> Result<StackLogs> {
    let stack = instance::find(world, order.name).await?;
    let containers = pick::containers(&stack, order.services)?;
    let sources: Vec<Source> = containers
        .iter()
        .map(|(service, container)| Source {
            service: service.clone(),
            container: container.clone(),
            last: None,
        })
        .collect();
    let window = order.window;
    let lines = if window.follow && window.tail == Some(0) {
        follow(world, sources, window).boxed()
    } else {
        let past = LogWindow { follow: false, ..window };
        let read = sources.iter().map(|source| world.engine.logs(&source.container, &past));
        let past = Interleaved::new(try_join_all(read).await?);
        let telling = Telling { world: world.clone(), window, phase: Phase::Past(past, sources) };
        let lines = stream::try_unfold(telling, |mut telling| async move {
            Ok(telling.next().await?.map(|line| (line, telling)))
        });
        lines.boxed()
    };
    Ok(StackLogs {
        all: stack.containers.into_keys().collect(),
        services: containers.into_keys().collect(),
        lines,
    })
}

/// A container whose lines are told.
struct Source {
    service: String,
    container: String,
    last: Option<Told>,
}

/// Up to where lines were told: the time of the last one, and how many had it.
#[derive(Clone, Copy)]
struct Told {
    time: Timestamp,
    count: u64,
}

impl Source {
    fn tell(&mut self, line: LogLine) -> ServiceLine {
        self.last = Some(match self.last {
            Some(last) if last.time == line.time => Told { count: last.count + 1, ..last },
            // A long line is told when it ends, and is as old as its beginning.
            Some(last) if last.time > line.time => last,
            _ => Told { time: line.time, count: 1 },
        });
        ServiceLine { service: self.service.clone(), line }
    }
}

/// First what was written, in order; then, if it is to be followed, what comes.
struct Telling {
    world: World,
    window: LogWindow,
    phase: Phase,
}

enum Phase {
    Past(Interleaved, Vec<Source>),
    Coming(Coming),
}

type Coming = SelectAll<BoxStream<'static, Result<ServiceLine>>>;

impl Telling {
    async fn next(&mut self) -> Result<Option<ServiceLine>> {
        if let Phase::Past(past, sources) = &mut self.phase {
            if let Some((number, line)) = past.next().await.transpose()? {
                return Ok(Some(sources[number].tell(line)));
            }
            if !self.window.follow {
                return Ok(None);
            }
            // Whatever was not told yet is new.
            let window = LogWindow { tail: None, ..self.window };
            self.phase = Phase::Coming(follow(&self.world, std::mem::take(sources), window));
        }
        match &mut self.phase {
            Phase::Coming(coming) => coming.next().await.transpose(),
            Phase::Past(..) => Ok(None),
        }
    }
}

/// What these containers write from where they were told, as it comes.
fn follow(world: &World, sources: Vec<Source>, window: LogWindow) -> Coming {
    let all: Vec<String> = sources.iter().map(|source| source.container.clone()).collect();
    let followed = sources.into_iter().map(|source| {
        let follower =
            Follower { world: world.clone(), all: all.clone(), source, window, lines: None, skip: 0 };
        let lines = stream::try_unfold(follower, |mut follower| async move {
            Ok(follower.next().await?.map(|line| (line, follower)))
        });
        lines.boxed()
    });
    stream::select_all(followed)
}

/// Follows one container, also when it is started again.
struct Follower {
    world: World,
    all: Vec<String>,
    source: Source,
    window: LogWindow,
    lines: Option<LogLines>,
    /// How many lines are still to be passed over, which are as old as the last one that was told.
    skip: u64,
}

impl Follower {
    async fn next(&mut self) -> Result<Option<ServiceLine>> {
        let mut was_read = false;
        loop {
            if self.lines.is_none() {
                if was_read && !self.runs_again().await? {
                    return Ok(None);
                }
                self.read_on().await?;
            }
            let Some(lines) = &mut self.lines else { return Ok(None) };
            match lines.next().await.transpose()? {
                Some(line)
                    if self.source.last.is_some_and(|last| last.time == line.time) && self.skip > 0 =>
                {
                    self.skip -= 1;
                }
                Some(line) => return Ok(Some(self.source.tell(line))),
                None => (self.lines, was_read) = (None, true),
            }
        }
    }

    async fn read_on(&mut self) -> Result<()> {
        let window = match self.source.last {
            Some(last) => LogWindow { tail: None, since: Some(last.time), follow: true },
            None => self.window,
        };
        self.skip = self.source.last.map_or(0, |last| last.count);
        self.lines = Some(self.world.engine.logs(&self.source.container, &window).await?);
        Ok(())
    }

    /// Waits until the container runs again; `false` once none of all runs any more.
    async fn runs_again(&mut self) -> Result<bool> {
        loop {
            // Before the first look too: a container that is restarted does not run for a moment.
            tokio::time::sleep(LOOK_AGAIN).await;
            let found = self.world.engine.containers(&self.all).await?;
            let mut running =
                found.iter().filter(|found| found.status == ContainerStatus::Running).peekable();
            if running.peek().is_none() {
                return Ok(false);
            }
            if running.any(|found| found.name == self.source.container) {
                return Ok(true);
            }
        }
    }
}
