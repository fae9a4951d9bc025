//! Commits cut into steps by the marks of their tool.

use super::Evidence;
use super::marks::{Key, Marks, Sign};
use crate::model::lsn::Lsn;
use crate::model::step::StepName;
use crate::observe::wal::Part;

/// A step by the files that it touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawStep {
    pub name: StepName,
    pub part: Part,
    pub wal_bytes: u64,
}

/// What was committed, in steps; none if nothing was noted in a version table.
pub(super) fn cut(evidence: &Evidence<'_>, marks: &mut Marks) -> Vec<RawStep> {
    let mut cutter = Cutter { steps: Vec::new(), rest: Part::default(), from: evidence.from, open: None };
    let mut is_inside = false;
    for part in &evidence.commits.parts {
        let sign = part.mark.as_ref().map_or(Sign::Nothing, |mark| marks.read(mark));
        // A row that goes while another one comes is no migration taken back: Alembic merges branches so.
        let is_alone = !is_inside && !part.goes_on;
        is_inside = part.goes_on;
        cutter.rest.absorb(Part { mark: None, ..part.clone() });
        match sign {
            Sign::Begins(key, name) => cutter.begin(key, name),
            Sign::Ends(key, name) => cutter.end(key, name),
            Sign::TakenBack(name) if is_alone => cutter.take_back(name),
            Sign::TakenBack(_) | Sign::Nothing => {}
        }
    }
    cutter.finish(evidence.until)
}

struct Cutter {
    steps: Vec<(Option<Key>, RawStep)>,
    /// What was committed since the last step.
    rest: Part,
    /// Where that begins.
    from: Lsn,
    /// A migration that was announced.
    open: Option<(Key, String)>,
}

impl Cutter {
    fn begin(&mut self, key: Key, name: Option<String>) {
        if self.open.as_ref().is_some_and(|(open, _)| *open == key) {
            return;
        }
        self.close_open();
        self.set_aside();
        let name = self.named(name);
        self.open = Some((key, name));
    }

    fn end(&mut self, key: Key, name: Option<String>) {
        match self.steps.last_mut() {
            // A tool that writes to its row a second time: all until then belongs to it.
            Some((Some(last), step)) if *last == key && self.open.is_none() => {
                let until = self.rest.until;
                step.wal_bytes += until.0.saturating_sub(self.from.0);
                step.part.absorb(std::mem::take(&mut self.rest));
                self.from = until;
            }
            _ => {
                let opened = self.open.take_if(|(open, _)| *open == key).map(|(_, name)| name);
                self.close_open();
                let name = opened.unwrap_or_else(|| self.named(name));
                self.push(Some(key), StepName::Applied(name));
            }
        }
    }

    fn take_back(&mut self, name: Option<String>) {
        self.close_open();
        let name = self.named(name);
        self.push(None, StepName::TakenBack(name));
    }

    fn finish(mut self, until: Lsn) -> Vec<RawStep> {
        if self.steps.is_empty() && self.open.is_none() {
            return Vec::new();
        }
        self.rest.until = until;
        self.close_open();
        self.set_aside();
        let mut steps: Vec<RawStep> = self.steps.into_iter().map(|(_, step)| step).collect();
        name_what_is_between(&mut steps);
        steps
    }

    /// What was announced and not applied ends here.
    fn close_open(&mut self) {
        if let Some((key, name)) = self.open.take() {
            self.push(Some(key), StepName::Unfinished(name));
        }
    }

    /// What belongs to no migration becomes a step of its own.
    fn set_aside(&mut self) {
        if self.rest.until > self.from {
            self.push(None, StepName::Between(String::new()));
        }
    }

    fn push(&mut self, key: Option<Key>, name: StepName) {
        let part = std::mem::take(&mut self.rest);
        let wal_bytes = part.until.0.saturating_sub(self.from.0);
        self.from = self.from.max(part.until);
        self.steps.push((key, RawStep { name, part, wal_bytes }));
    }

    fn named(&self, name: Option<String>) -> String {
        let count = self.steps.iter().filter(|(_, it)| !matches!(it.name, StepName::Between(_))).count();
        name.unwrap_or_else(|| format!("step {}", count + 1))
    }
}

/// Says where what belongs to no migration was committed.
fn name_what_is_between(steps: &mut [RawStep]) {
    let own = |step: &RawStep| match &step.name {
        StepName::Applied(name) | StepName::Unfinished(name) | StepName::TakenBack(name) => {
            Some(name.clone())
        }
        StepName::Between(_) => None,
    };
    for at in 0..steps.len() {
        let before = steps[..at].iter().rev().find_map(own);
        let after = steps[at + 1..].iter().find_map(own);
        if let StepName::Between(place) = &mut steps[at].name {
            *place = match (before, after) {
                (Some(before), Some(after)) => format!("between {before} and {after}"),
                (Some(before), None) => format!("after {before}"),
                (None, Some(after)) => format!("before {after}"),
                (None, None) => "outside any migration".to_owned(),
            };
        }
    }
}
