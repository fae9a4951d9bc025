//! A stack that stays: stood up as a check does it, and kept under a lease.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::report::{Subject, report};
use super::seed::SeedStory;
use super::stand::{self, Stood};
use super::stopwatch::Stopwatch;
use super::{Settings, egress, ending, images, instance, mail, pick, sweep, wake};
use crate::execute::{self, Run};
use crate::model::call::Undo;
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::event::Event;
use crate::model::name::instance_lock;
use crate::model::report::Report;
use crate::model::stack::{Stack, StackName, StackView};
use crate::plan::{self, Identity, LeaseTerms};
use crate::store::journal::Journal;
use crate::world::{Events, Stop, World, tell};

/// What is to stand, and for how long.
pub struct UpOrder<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The instance, by which the stack is named afterwards.
    pub instance: &'a str,
    /// How long the lease is to be, in seconds; as the environment says if not said.
    pub ttl_s: Option<u64>,
    /// Whether it is kept until its deadline, whatever its lease.
    pub keeps: bool,
    /// Whether to wait for another run that works on the instance.
    pub waits: bool,
    /// This machine and its user.
    pub settings: &'a Settings,
    /// Its listeners.
    pub events: Events,
    /// Whether it should end.
    pub stop: Stop,
}

/// What came of it.
pub enum Up {
    /// It stands; the report tells what the migrations did, unless it stood already.
    Stands(Box<StackView>, Option<Box<Report>>),
    /// A migration failed or a service did not come up: everything was taken down again.
    Fell(Box<Report>),
}

/// Stands a stack up, or finds it standing: then its lease is renewed and what was stopped is started again.
pub async fn up(world: World, order: UpOrder<'_>) -> Result<Up> {
    let order = UpOrder { environment: &plan::attended(order.environment), ..order };
    let begun = Instant::now();
    let started_at = world.clock.now();
    sweep::recover(&world, &order.events).await?;
    let id = world.clock.fresh_run_id();
    let mut identity = super::identity(order.environment, order.settings, &id, started_at);
    order.instance.clone_into(&mut identity.instance);
    let journal = Journal::open(Arc::clone(&world.state), &id, "up", started_at)?;
    let mut stopwatch = Stopwatch::new(order.events.clone());
    let run = Run { world: world.clone(), journal, events: order.events.clone(), stop: order.stop.clone() };
    let result = story(&run, &order, &identity, &mut stopwatch).await;
    stopwatch.enter("teardown");
    let teardown = ending::end(run).await;
    let phases = stopwatch.into_phases();
    let stood = ending::or_left(result, &teardown)?;
    let stood = match stood {
        Found::Already => None,
        Found::New(stood) => Some(stood),
    };
    let is_whole = stood.as_ref().is_none_or(|stood| stood.is_whole());
    let report = stood.map(|stood| {
        let subject = Subject {
            environment: order.environment,
            run: id,
            started_at,
            begun,
            approvals: &[],
            since: &[],
        };
        Box::new(report(subject, *stood, None, teardown, phases))
    });
    match report {
        Some(report) if !is_whole => Ok(Up::Fell(report)),
        report => {
            let name = StackName {
                environment: Some(order.environment.name.clone()),
                instance: order.instance.to_owned(),
            };
            Ok(Up::Stands(Box::new(instance::show(&world, &name).await?), report))
        }
    }
}

enum Found {
    Already,
    New(Box<Stood>),
}

async fn story(
    run: &Run,
    order: &UpOrder<'_>,
    identity: &Identity,
    stopwatch: &mut Stopwatch,
) -> Result<Found> {
    // The lock is a container of the helper image.
    let seeding = SeedStory {
        environment: order.environment,
        settings: order.settings,
        events: &run.events,
        stop: &run.stop,
    };
    let helper = [plan::HELPER_IMAGE.to_owned()];
    let seen = images::inventory_with(&run.world, &seeding, &helper, None).await?;
    instance::lock(run, identity, order.waits, Some(seen)).await?;
    let inventory = run.world.engine.inventory(&plan::images(order.environment)).await?;
    let name =
        StackName { environment: Some(identity.environment.clone()), instance: identity.instance.clone() };
    let now = run.world.clock.now();
    let ttl_s = order.wish().ttl_s;
    if let Some(stack) = plan::find(&inventory, &name)? {
        stopwatch.enter("stack");
        tell(&run.events, Event::Note { text: format!("{} stands already", stack.instance) });
        let identity = instance::identity_on(&stack, order.settings, run.journal.run());
        pick::whole(order.environment, &stack)?;
        let terms = lease_terms(now, &order.wish(), &stack)?;
        wake::wake(run, order.environment, &identity, &stack, inventory.has_pool).await?;
        renew(run, &identity, &stack, &terms).await?;
        return Ok(Found::Already);
    }
    let (mut stood, enclosure) =
        stand::stand(run, order.environment, order.settings, identity, None, stopwatch, Some(inventory))
            .await?;
    if stood.is_whole() {
        let asked = if order.keeps { Timestamp::MAX } else { later(run.world.clock.now(), ttl_s) };
        let until = asked.min(identity.deadline);
        let idle_s = order.environment.lease.idle_s;
        let terms = LeaseTerms { since: now, until, kept: order.keeps, idle_s };
        let lease = plan::lease(identity, &terms);
        let (leased, attempts, mail) = tokio::join!(
            execute::apply(run, &lease),
            egress::attempts(run, &enclosure),
            mail::summary(run, order.environment, identity, &enclosure),
        );
        leased?;
        (stood.egress, stood.mail) = (attempts?, mail?);
        keep(run, order.environment, identity)?;
    } else {
        (stood.egress, stood.mail) = tokio::try_join!(
            egress::attempts(run, &enclosure),
            mail::summary(run, order.environment, identity, &enclosure),
        )?;
    }
    Ok(Found::New(Box::new(stood)))
}

/// How somebody wants a stack to stand on.
#[derive(Clone, Copy, Debug)]
pub struct LeaseWish {
    /// For how many seconds from now on.
    pub ttl_s: u64,
    /// Whether until its deadline, whatever happens.
    pub keeps: bool,
}

impl UpOrder<'_> {
    fn wish(&self) -> LeaseWish {
        LeaseWish { ttl_s: self.ttl_s.unwrap_or(self.environment.lease.ttl_s), keeps: self.keeps }
    }
}

/// The terms of a stack whose lease is renewed now: never beyond its deadline, and never before the end that it has.
pub fn lease_terms(now: Timestamp, wish: &LeaseWish, stack: &Stack) -> Result<LeaseTerms> {
    if stack.deadline <= now {
        let message = format!("{} has stood as long as its environment allows", stack.instance);
        return Err(Error::new(ErrorKind::Usage, message)
            .hint(format!("`stage down {}`, and `stage up` stands a new one up", stack.instance)));
    }
    let kept = wish.keeps || stack.kept;
    let asked = if kept { stack.deadline } else { later(now, wish.ttl_s) };
    let until = asked.min(stack.deadline).max(stack.until);
    Ok(LeaseTerms { since: stack.since, until, kept, idle_s: stack.idle_s })
}

fn later(now: Timestamp, ttl_s: u64) -> Timestamp {
    let ttl = SignedDuration::from_secs(i64::try_from(ttl_s).unwrap_or(i64::MAX));
    now.checked_add(ttl).unwrap_or(Timestamp::MAX)
}

/// Lets the stack and its lease stay, in one line of the journal. What served the run alone goes at its end.
fn keep(run: &Run, environment: &Environment, identity: &Identity) -> Result<()> {
    let names = identity.names();
    let mut passing =
        BTreeSet::from([format!("container {}", instance_lock(&identity.environment, &identity.instance))]);
    for database in environment.databases.keys() {
        let clone = names.before_clone(database);
        passing.extend([
            format!("container {}", names.before(database)),
            format!("clone {clone}"),
            format!("volume {clone}"),
        ]);
    }
    // The containers of commands have done their work.
    let numbers = 1..=environment.migrations.len();
    passing.extend(numbers.map(|number| format!("container {}", names.migration(number))));
    let remaining = run.journal.remaining();
    let stays = remaining.iter().filter(|(_, undo)| !passing.contains(&undo.to_string()));
    run.journal.kept(&stays.map(|(id, _)| *id).collect::<Vec<_>>())
}

/// Leases a stack anew and lets its former leases go, and what sweeps noted of its idleness: somebody wants it.
pub async fn renew(run: &Run, identity: &Identity, stack: &Stack, terms: &LeaseTerms) -> Result<()> {
    let name = terms.volume(identity);
    if !stack.leases.contains(&name) {
        execute::apply(run, &plan::lease(identity, terms)).await?;
        let_stay(run, &name)?;
    }
    let quiet = stack.quiet.iter().map(|quiet| &quiet.volume);
    let former = stack.leases.iter().filter(|lease| **lease != name).chain(quiet);
    let former: Vec<_> = former.map(|lease| Undo::RemoveVolume { name: lease.clone() }).collect();
    run.journal.intend_together(&former)
}

/// Lets a volume of the stack stay that was just made.
pub fn let_stay(run: &Run, volume: &str) -> Result<()> {
    let text = format!("volume {volume}");
    let remaining = run.journal.remaining();
    let made = remaining.iter().filter(|(_, undo)| undo.to_string() == text);
    run.journal.kept(&made.map(|(id, _)| *id).collect::<Vec<_>>())
}
