//! The lines of a journal, and what they come to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::IntentId;
use crate::model::call::Undo;
use crate::model::error::{Error, ErrorKind, Result};

/// The version that this build writes.
pub(super) const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    Opened { format: u32, run: String, story: String, at: Timestamp },
    Intent { id: usize, undo: Undo },
    Undone { id: usize },
    Kept { ids: Vec<usize> },
}

/// What is still to be undone.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) next: IntentId,
    pub(super) undos: Vec<(IntentId, Undo)>,
    /// What this process let stay.
    pub(super) kept: Vec<Undo>,
}

/// What the lines of a journal come to. An error of kind `Config` names a journal of another format, or a damaged one.
pub(super) fn fold(text: &str, file: &str) -> Result<Pending> {
    let mut pending = Pending::default();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let is_unfinished = lines.peek().is_none() && !text.ends_with('\n');
        let entries = match entries(line) {
            Ok(entries) => entries,
            // The last line may have been cut by the crash; its call was then never made.
            Err(_) if is_unfinished => break,
            Err(cause) => return Err(of_newer(line, file).unwrap_or_else(|| damaged(file).because(cause))),
        };
        for entry in entries {
            pending.take(entry, file)?;
        }
    }
    Ok(pending)
}

/// The entries of a line: one, or, where a full disk cut a line short, also what was written behind it. A cut entry does
/// not count, as its call was never made.
fn entries(line: &str) -> std::result::Result<Vec<Entry>, serde_json::Error> {
    let mut entries = Vec::new();
    let mut rest = line;
    loop {
        let cause = match first(rest) {
            Ok((entry, behind)) => {
                entries.push(entry);
                if behind.is_empty() {
                    return Ok(entries);
                }
                rest = behind;
                continue;
            }
            Err(cause) => cause,
        };
        let is_cut =
            |end: usize| rest.get(..end).is_some_and(|cut| first(cut).is_err_and(|cause| cause.is_eof()));
        let mut starts = rest.match_indices("{\"").map(|(start, _)| start).filter(|&start| start > 0);
        let next = starts
            .find(|&start| rest.get(start..).is_some_and(|behind| first(behind).is_ok()) && is_cut(start));
        rest = next.and_then(|start| rest.get(start..)).ok_or(cause)?;
    }
}

/// The first entry of a text, and what stands behind it.
fn first(text: &str) -> std::result::Result<(Entry, &str), serde_json::Error> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Entry>();
    match stream.next() {
        Some(Ok(entry)) => Ok((entry, text.get(stream.byte_offset()..).unwrap_or_default())),
        Some(Err(cause)) => Err(cause),
        // An empty line is as little an entry as any other text that is none.
        None => serde_json::from_str(text).map(|entry| (entry, "")),
    }
}

/// A line that this build cannot read because it is of a newer format: the opening line tells.
fn of_newer(line: &str, file: &str) -> Option<Error> {
    #[derive(Deserialize)]
    struct Opened {
        opened: Version,
    }
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let format = serde_json::from_str::<Opened>(line).ok()?.opened.format;
    (format != FORMAT).then(|| other_format(file, format))
}

impl Pending {
    fn take(&mut self, entry: Entry, file: &str) -> Result<()> {
        match entry {
            Entry::Opened { format, .. } if format != FORMAT => return Err(other_format(file, format)),
            Entry::Opened { .. } => {}
            Entry::Intent { id, undo } => {
                self.next = self.next.max(id + 1);
                self.undos.push((id, undo));
            }
            Entry::Undone { id } => self.end(id, file)?,
            Entry::Kept { ids } => ids.into_iter().try_for_each(|id| self.end(id, file))?,
        }
        Ok(())
    }

    fn end(&mut self, id: IntentId, file: &str) -> Result<()> {
        let before = self.undos.len();
        self.undos.retain(|(known, _)| *known != id);
        if self.undos.len() == before {
            return Err(damaged(file).hint(format!("it ends intent {id}, which was never begun")));
        }
        Ok(())
    }
}

fn other_format(file: &str, format: u32) -> Error {
    let writer = if format > FORMAT { "a newer stage" } else { "an older stage" };
    Error::new(
        ErrorKind::Config,
        format!(
            "the journal `{file}` was written by {writer}: it has format {format}, this build reads {FORMAT}"
        ),
    )
    .hint("`stage sweep` of the version that wrote it ends it")
}

fn damaged(file: &str) -> Error {
    Error::new(ErrorKind::Config, format!("the journal `{file}` of the state folder cannot be read"))
        .hint("what its run made is found by its labels: `stage sweep`, then remove the file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(id: usize) -> String {
        format!(r#"{{"intent":{{"id":{id},"undo":{{"RemoveContainer":{{"name":"c{id}","run":"r1"}}}}}}}}"#)
    }

    fn left(text: &str) -> Vec<String> {
        fold(text, "j").unwrap().undos.iter().map(|(_, undo)| undo.to_string()).collect()
    }

    #[test]
    fn a_line_that_the_crash_cut_is_no_intent_but_a_broken_one_inside_is_an_error() {
        let whole = intent(0);
        assert_eq!(left(&format!("{whole}\n{{\"inte")), ["container c0"]);
        assert!(fold(&format!("{{\"inte\n{whole}\n"), "j").is_err());
    }

    #[test]
    fn a_line_that_a_full_disk_cut_hides_nothing_of_what_was_written_behind_it() {
        let (first, second) = (intent(0), intent(1));
        for cut in 1..second.len() {
            let text = format!("{first}\n{}{}\n", &second[..cut], r#"{"undone":{"id":0}}"#);
            assert_eq!(left(&text), Vec::<String>::new(), "cut at {cut}");
            let text = format!("{first}\n{}{}\n", &second[..cut], intent(2));
            assert_eq!(left(&text), ["container c0", "container c2"], "cut at {cut}");
        }
        // Only its end of line is missing: undoing what was never made does no harm.
        let text = format!("{first}\n{second}{}\n", r#"{"undone":{"id":0}}"#);
        assert_eq!(left(&text), ["container c1"]);
    }

    #[test]
    fn what_no_full_disk_writes_is_refused_by_name() {
        for text in ["garbage\n", "{\"intent\":7}{\"undone\":{\"id\":0}}\n", "\u{0}\u{0}\n", "{}\n"] {
            let error = fold(text, "journals/r1.jsonl").err().unwrap();
            assert_eq!(
                error.to_string(),
                "the journal `journals/r1.jsonl` of the state folder cannot be read"
            );
        }
    }

    #[test]
    fn another_format_is_named_even_if_nothing_else_of_it_is_known() {
        let error = fold("{\"opened\":{\"format\":2,\"who\":\"x\"}}\n", "j").err().unwrap();
        assert_eq!(
            error.to_string(),
            "the journal `j` was written by a newer stage: it has format 2, this build reads 1"
        );
    }

    #[test]
    fn ending_what_was_never_begun_is_an_error() {
        assert!(fold("{\"undone\":{\"id\":3}}\n", "j").is_err());
    }
}
