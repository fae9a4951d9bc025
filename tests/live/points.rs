//! Faults around every call of a command: many runs at once, each with a fault of its own.

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::stage::{Ran, Stage, tell};

/// How many runs share the engine: twice as many at the same time take a third more of the processor.
const AT_ONCE: usize = 10;
/// What happens around a call: SIGKILL, SIGINT and SIGTERM, before and after it.
const AROUND: [&str; 6] =
    ["kill-before", "kill-after", "int-before", "int-after", "term-before", "term-after"];

/// The faults around every call of a command.
pub struct Points {
    command: &'static str,
    faults: Vec<String>,
    reached: usize,
}

impl Points {
    /// Carries a command out to learn its calls.
    pub fn of(command: &'static str, mut traced: Command) -> Self {
        let ran = Ran::from(traced.env("STAGE_FAULT", "trace").output().unwrap()).exits(0);
        let calls = ran.stderr.lines().filter_map(|line| line.strip_prefix("call ")?.split_once(": "));
        let faults = calls.flat_map(|(_, call)| AROUND.map(|moment| format!("{moment}:{call}")));
        Self { command, faults: faults.collect(), reached: 0 }
    }

    /// The faults in batches of at most so many, those of early and late calls in each, so that all batches take as long. One
    /// sweep follows a batch: it waits for late arrivals, however many runs died, and what those left must find room meanwhile.
    pub fn batches(&self, at_most: usize) -> Vec<Vec<String>> {
        let calls = self.faults.chunks(AROUND.len());
        let number = calls.len().div_ceil(at_most / AROUND.len());
        (0..number)
            .map(|first| calls.clone().skip(first).step_by(number).flatten().cloned().collect())
            .collect()
    }

    /// Runs a command for each fault of a batch, all at once; `command` makes it for the number of the run. Each must end
    /// as its fault demands.
    pub fn happen(&mut self, batch: &[String], command: impl Fn(usize) -> Command) {
        let commands = batch.iter().enumerate().map(|(number, fault)| {
            let mut command = command(number);
            command.env("STAGE_FAULT", fault);
            command
        });
        for (fault, ran) in batch.iter().zip(at_once(commands)) {
            self.reached += usize::from(ended_as_it_should(fault, &ran));
        }
    }

    /// Tells how many points there were. Which calls a run makes depends on the order in which things answer, so a few
    /// may not be reached.
    #[track_caller]
    pub fn tell(self, at_least: usize) {
        let Self { command, faults, reached } = self;
        let points = faults.len();
        let killed = faults.iter().filter(|fault| fault.starts_with("kill")).count();
        tell(&format!("points of `stage {command}`: {reached} of {points} reached; {killed} are kill -9"));
        assert!(points >= at_least, "`stage {command}` makes more calls than that");
        assert!(reached * 20 >= points * 19, "too many points were not reached");
    }
}

/// Whether the fault happened. A run that was interrupted when all was known ends as if it had not been.
fn ended_as_it_should(fault: &str, ran: &Ran) -> bool {
    let happened = ran.stderr.contains("fault: ");
    let codes: &[Option<i32>] = match fault.split_once('-') {
        _ if !happened => &[Some(0)],
        Some(("kill", _)) => &[None],
        Some(("int", _)) => &[Some(130), Some(0)],
        _ => &[Some(143), Some(0)],
    };
    assert!(codes.contains(&ran.code), "{fault}: {:?}\n{}\n{}", ran.code, ran.stdout, ran.stderr);
    happened
}

/// Runs commands, so many of them at once that the engine has work all the time. How each ended, in their order.
pub fn at_once(commands: impl IntoIterator<Item = Command>) -> Vec<Ran> {
    let (waiting, next) = (commands.into_iter().map(Mutex::new).collect::<Vec<_>>(), AtomicUsize::new(0));
    let worked = || {
        let mut ended = Vec::new();
        while let (place, Some(command)) = take(&waiting, &next) {
            ended.push((place, Ran::from(command.lock().unwrap().output().unwrap())));
        }
        ended
    };
    let mut ended: Vec<(usize, Ran)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE.min(waiting.len())).map(|_| scope.spawn(worked)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    ended.sort_by_key(|(place, _)| *place);
    ended.into_iter().map(|(_, ran)| ran).collect()
}

fn take<'c>(waiting: &'c [Mutex<Command>], next: &AtomicUsize) -> (usize, Option<&'c Mutex<Command>>) {
    let place = next.fetch_add(1, Ordering::Relaxed);
    (place, waiting.get(place))
}

/// A stack under a lease that has nothing to do with what happens around it.
pub struct Bystander {
    shown: serde_json::Value,
}

const BYSTANDER: &str = "bystander";

impl Bystander {
    pub fn stand_up(stage: &Stage) -> Self {
        stage.run(&["up", "tiny", "--name", BYSTANDER]).exits(0);
        Self { shown: stage.run(&["show", BYSTANDER, "--json"]).exits(0).json() }
    }

    /// Asserts that it stands as it stood, and that its database answers; then takes it down.
    #[track_caller]
    pub fn assert_untouched(self, stage: &Stage) {
        assert_eq!(stage.run(&["show", BYSTANDER, "--json"]).exits(0).json(), self.shown);
        let asked = stage.run(&["psql", BYSTANDER, "--", "-Atc", "SELECT count(*) FROM people"]).exits(0);
        assert_eq!(asked.stdout.trim(), "100");
        stage.run(&["down", BYSTANDER]).exits(0);
    }
}

/// Takes down all stacks that stand but the bystander; each of them must be whole.
pub fn take_down_what_stands(stage: &Stage) {
    let names = standing(stage);
    for ran in at_once(names.iter().map(|name| stage.command(&["down", name]))) {
        ran.exits(0);
    }
}

/// Stands up those of some stacks of `tiny` that do not stand.
pub fn stand_up_missing(stage: &Stage, names: &[String]) {
    let standing = standing(stage);
    let missing = names.iter().filter(|name| !standing.contains(name));
    for ran in at_once(missing.map(|name| stage.command(&["up", "tiny", "--name", name]))) {
        ran.exits(0);
    }
}

/// Names of the stacks that stand, without the bystander; each of them must be whole.
fn standing(stage: &Stage) -> Vec<String> {
    let stacks = stage.run(&["list", "--json"]).exits(0).json();
    let stacks = stacks.as_array().unwrap();
    for stack in stacks {
        assert_eq!(stack["state"], "running", "{stack:#}");
    }
    let names = stacks.iter().map(|stack| stack["name"].as_str().unwrap().to_owned());
    names.filter(|name| name != BYSTANDER).collect()
}
