//! Reports of former checks, kept for a time and up to a size: one file as JSON and one as Markdown for each run.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::error::Result;
use crate::world::state::StateFiles;

const FOLDER: &str = "reports";

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// How old a report may become, in seconds.
    pub age_s: u64,
    /// How much room all of them may take, in bytes. The newest stays, whatever its size.
    pub size_bytes: u64,
}

impl Keep {
    /// The room that reports may take.
    pub const SIZE_BYTES: u64 = 200_000_000;
}

/// A report that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The run that it is of.
    pub run: String,
    /// When it was written; `None` if nobody knows, which counts as long ago.
    pub written_at: Option<Timestamp>,
    /// The room that its files take.
    pub size_bytes: u64,
}

impl Kept {
    /// The report as JSON; `None` if somebody removed it in the meantime.
    pub fn json(&self, state: &dyn StateFiles) -> Result<Option<String>> {
        state.read(&json_file(&self.run))
    }

    /// The report as Markdown; `None` if somebody removed it in the meantime.
    pub fn markdown(&self, state: &dyn StateFiles) -> Result<Option<String>> {
        state.read(&markdown_file(&self.run))
    }
}

/// Keeps the report of a run, and removes those whose time is over.
pub fn keep(
    state: &dyn StateFiles,
    run: &str,
    (json, markdown): (&str, &str),
    keep: Keep,
    now: Timestamp,
) -> Result<()> {
    state.write(&json_file(run), json)?;
    state.write(&markdown_file(run), markdown)?;
    for run in excess(&list(state)?, keep, now) {
        state.remove(&json_file(&run))?;
        state.remove(&markdown_file(&run))?;
    }
    Ok(())
}

/// The reports that are kept, the newest first.
pub fn list(state: &dyn StateFiles) -> Result<Vec<Kept>> {
    let mut by_run: BTreeMap<String, Kept> = BTreeMap::new();
    for name in state.list(FOLDER)? {
        let Some((run, "json" | "md")) = name.rsplit_once('.') else { continue };
        let file = format!("{FOLDER}/{name}");
        let (written_at, size_bytes) =
            (state.written_at(&file)?, state.size_bytes(&file)?.unwrap_or_default());
        let kept =
            by_run.entry(run.to_owned()).or_insert(Kept { run: run.to_owned(), written_at, size_bytes: 0 });
        kept.size_bytes += size_bytes;
        kept.written_at = kept.written_at.max(written_at);
    }
    let mut reports: Vec<Kept> = by_run.into_values().collect();
    reports.sort_by_key(|kept| std::cmp::Reverse(kept.written_at));
    Ok(reports)
}

/// Runs whose reports are to go. `reports` are sorted, the newest first.
fn excess(reports: &[Kept], keep: Keep, now: Timestamp) -> Vec<String> {
    let mut taken = 0_u64;
    let mut excess = Vec::new();
    for (place, report) in reports.iter().enumerate() {
        taken = taken.saturating_add(report.size_bytes);
        let age_s = report.written_at.map(|at| now.duration_since(at).as_secs());
        let is_old = age_s.is_none_or(|age_s| u64::try_from(age_s).unwrap_or_default() > keep.age_s);
        if place > 0 && (is_old || taken > keep.size_bytes) {
            excess.push(report.run.clone());
        }
    }
    excess
}

fn json_file(run: &str) -> String {
    format!("{FOLDER}/{run}.json")
}

fn markdown_file(run: &str) -> String {
    format!("{FOLDER}/{run}.md")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::state::DiskState;

    const NOW: i64 = 1_000_000;

    fn report(run: &str, age_s: i64, size_bytes: u64) -> Kept {
        let written_at = Some(Timestamp::from_second(NOW - age_s).unwrap());
        Kept { run: run.into(), written_at, size_bytes }
    }

    #[test]
    fn the_oldest_go_first_by_age_and_by_room_and_the_newest_stays() {
        let now = Timestamp::from_second(NOW).unwrap();
        let reports = [report("d", 0, 60), report("c", 10, 30), report("b", 20, 30), report("a", 30, 30)];
        let excess = |age_s, size_bytes| excess(&reports, Keep { age_s, size_bytes }, now);
        assert_eq!(excess(100, 1000), Vec::<String>::new());
        assert_eq!(excess(20, 1000), ["a"]);
        assert_eq!(excess(100, 90), ["b", "a"]);
        assert_eq!(excess(0, 1), ["c", "b", "a"]);
    }

    #[test]
    fn a_report_is_found_again_until_its_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let state = DiskState::new(folder.path().to_owned());
        let month = Keep { age_s: 30 * 86_400, size_bytes: Keep::SIZE_BYTES };
        keep(&state, "r1", ("{}", "# one"), month, Timestamp::now()).unwrap();
        let kept = list(&state).unwrap();
        assert_eq!((kept[0].run.as_str(), kept[0].size_bytes), ("r1", 7));
        assert_eq!(kept[0].markdown(&state).unwrap().as_deref(), Some("# one"));
        assert_eq!(kept[0].json(&state).unwrap().as_deref(), Some("{}"));
        let later = Timestamp::now() + jiff::SignedDuration::from_hours(31 * 24);
        keep(&state, "r2", ("{}", "# two"), month, later).unwrap();
        // Both are as old by the clock of the disk; only the newest outlives its time.
        assert_eq!(list(&state).unwrap().len(), 1);
    }
}
