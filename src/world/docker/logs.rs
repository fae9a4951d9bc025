//! The output of containers, put together to lines.

use std::future::ready;
use std::str;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::query_parameters::{LogsOptions, LogsOptionsBuilder};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::errors::could_not;
use crate::model::error::Result;
use crate::model::log::{LogLine, LogWindow, OutputStream};
use crate::world::engine::LogLines;

/// A line is put together up to this size, so that what never ends its lines fills no memory.
const LONGEST_LINE_BYTES: usize = 1 << 20;

/// The lines of a container.
pub(super) fn lines(docker: &Docker, container: &str, window: &LogWindow) -> LogLines {
    let lost = could_not(&format!("read the output of container {container}"));
    let messages = docker.logs(container, Some(options(window))).map(Some).chain(stream::once(ready(None)));
    let lines = messages.scan(Assembly::default(), move |assembly, message| {
        ready(Some(match message {
            Some(Ok(message)) => assembly.take(&message).map(Ok).into_iter().collect(),
            Some(Err(refusal)) => vec![Err(lost(refusal))],
            None => assembly.rest().map(Ok).collect::<Vec<Result<LogLine>>>(),
        }))
    });
    let since = window.since.unwrap_or(Timestamp::MIN);
    let is_wanted = move |line: &Result<LogLine>| line.as_ref().map_or(true, |line| line.time >= since);
    lines.flat_map(stream::iter).filter(move |line| ready(is_wanted(line))).boxed()
}

fn options(window: &LogWindow) -> LogsOptions {
    let tail = window.tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
    let options = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .timestamps(true)
        .follow(window.follow)
        .tail(&tail);
    // Whole seconds: what is too old is dropped above. Zero means always.
    match window.since.and_then(|since| i32::try_from(since.as_second()).ok()) {
        Some(since) => options.since(since).build(),
        None => options.build(),
    }
}

/// Puts lines together. The engine tells a line of more than 16 KiB in several messages, of which only the last has an
/// end, and puts the time in front of each.
#[derive(Default)]
struct Assembly {
    stdout: Option<LogLine>,
    stderr: Option<LogLine>,
}

impl Assembly {
    /// The line that a message completes.
    fn take(&mut self, message: &LogOutput) -> Option<LogLine> {
        let (stream, slot) = match message {
            LogOutput::StdErr { .. } => (OutputStream::Stderr, &mut self.stderr),
            _ => (OutputStream::Stdout, &mut self.stdout),
        };
        let (time, text) = split(message.as_ref());
        let line = slot.get_or_insert_with(|| LogLine { stream, time, bytes: Vec::new() });
        let ended = text.strip_suffix(b"\n");
        line.bytes.extend_from_slice(ended.unwrap_or(text));
        let is_told = ended.is_some() || line.bytes.len() >= LONGEST_LINE_BYTES;
        slot.take_if(|_| is_told)
    }

    /// What never came to an end.
    fn rest(&mut self) -> impl Iterator<Item = LogLine> + use<> {
        self.stdout.take().into_iter().chain(self.stderr.take())
    }
}

/// The time in front of a message, and the message. Where there is no time the message is as old as can be.
fn split(message: &[u8]) -> (Timestamp, &[u8]) {
    let parts = message.iter().position(|byte| *byte == b' ').map(|space| message.split_at(space));
    let found = parts.and_then(|(time, rest)| {
        let time = str::from_utf8(time).ok()?.parse().ok()?;
        Some((time, rest.strip_prefix(b" ")?))
    });
    found.unwrap_or((Timestamp::UNIX_EPOCH, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stdout(text: &str) -> LogOutput {
        LogOutput::StdOut { message: text.to_owned().into() }
    }

    fn stderr(text: &str) -> LogOutput {
        LogOutput::StdErr { message: text.to_owned().into() }
    }

    fn told(messages: &[LogOutput]) -> Vec<String> {
        let mut assembly = Assembly::default();
        let mut lines: Vec<LogLine> = messages.iter().filter_map(|it| assembly.take(it)).collect();
        lines.extend(assembly.rest());
        let told = |line: LogLine| {
            format!("{} {} {}", line.stream.as_str(), line.time, String::from_utf8(line.bytes).unwrap())
        };
        lines.into_iter().map(told).collect()
    }

    #[test]
    fn a_long_line_is_one_line_again_whatever_the_other_stream_says_meanwhile() {
        let messages = [
            stdout("2026-01-01T08:00:00.000000001Z a long "),
            stderr("2026-01-01T08:00:00.000000002Z  oh\n"),
            stdout("2026-01-01T08:00:00.000000003Z line\n"),
            stdout("2026-01-01T08:00:04.000000000Z \n"),
            stdout("2026-01-01T08:00:05.000000000Z no end"),
        ];
        assert_eq!(
            told(&messages),
            [
                "stderr 2026-01-01T08:00:00.000000002Z  oh",
                "stdout 2026-01-01T08:00:00.000000001Z a long line",
                "stdout 2026-01-01T08:00:04Z ",
                "stdout 2026-01-01T08:00:05Z no end",
            ]
        );
    }

    #[test]
    fn what_never_ends_a_line_is_told_in_pieces() {
        let piece = format!("2026-01-01T08:00:00Z {}", "x".repeat(LONGEST_LINE_BYTES / 2));
        let mut assembly = Assembly::default();
        assert_eq!(assembly.take(&stdout(&piece)), None);
        let line = assembly.take(&stdout(&piece)).unwrap();
        assert_eq!((line.bytes.len(), assembly.rest().count()), (LONGEST_LINE_BYTES, 0));
    }

    #[test]
    fn a_message_without_a_time_is_kept() {
        assert_eq!(told(&[stdout("as it is\n")]), ["stdout 1970-01-01T00:00:00Z as it is"]);
    }
}
