//! The lines of several containers as one stream, in order of time.

use futures_util::StreamExt;
use futures_util::future::join_all;

use crate::model::error::Result;
use crate::model::log::LogLine;
use crate::world::LogLines;

/// Streams that are each in order of time. One line of each is held, never more.
pub struct Interleaved {
    sources: Vec<Source>,
}

struct Source {
    lines: LogLines,
    head: Head,
}

enum Head {
    Unknown,
    Line(LogLine),
    Ended,
}

impl Interleaved {
    /// Of these streams.
    pub fn new(sources: impl IntoIterator<Item = LogLines>) -> Self {
        let sources = sources.into_iter().map(|lines| Source { lines, head: Head::Unknown });
        Self { sources: sources.collect() }
    }

    /// The oldest line that was not told yet and the number of its stream; of two that are as old, that of the first
    /// stream. `None` after the last.
    pub async fn next(&mut self) -> Option<Result<(usize, LogLine)>> {
        // All at once: at first none is known.
        for read in join_all(self.sources.iter_mut().map(Source::read)).await {
            if let Err(error) = read {
                return Some(Err(error));
            }
        }
        let heads = self.sources.iter().enumerate().filter_map(|(number, source)| match &source.head {
            Head::Line(line) => Some((line.time, number)),
            Head::Unknown | Head::Ended => None,
        });
        let (_, number) = heads.min()?;
        match std::mem::replace(&mut self.sources[number].head, Head::Unknown) {
            Head::Line(line) => Some(Ok((number, line))),
            Head::Unknown | Head::Ended => None,
        }
    }
}

impl Source {
    /// Sees to it that the head is known.
    async fn read(&mut self) -> Result<()> {
        if matches!(self.head, Head::Unknown) {
            self.head = match self.lines.next().await {
                Some(line) => Head::Line(line?),
                None => Head::Ended,
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use jiff::Timestamp;

    use super::*;
    use crate::model::error::{Error, ErrorKind};
    use crate::model::log::OutputStream;

    fn line(second: i64) -> LogLine {
        let time = Timestamp::from_second(second).unwrap();
        LogLine { stream: OutputStream::Stdout, time, bytes: Vec::new() }
    }

    async fn told(sources: Vec<Vec<Result<LogLine>>>) -> Vec<std::result::Result<(usize, i64), String>> {
        let mut lines = Interleaved::new(sources.into_iter().map(|lines| stream::iter(lines).boxed()));
        let mut told = Vec::new();
        while let Some(next) = lines.next().await {
            let next = next.map(|(number, line)| (number, line.time.as_second()));
            told.push(next.map_err(|error| error.message));
            if told.len() > 20 {
                break;
            }
        }
        told
    }

    #[tokio::test]
    async fn the_oldest_line_comes_first_and_of_two_as_old_that_of_the_first() {
        let sources =
            vec![vec![Ok(line(1)), Ok(line(4)), Ok(line(9))], vec![], vec![Ok(line(2)), Ok(line(4))]];
        let expected = [(0, 1), (2, 2), (0, 4), (2, 4), (0, 9)].map(Ok);
        assert_eq!(told(sources).await, expected);
    }

    #[tokio::test]
    async fn a_stream_that_breaks_is_told() {
        let broken = Err(Error::new(ErrorKind::Unreachable, "gone"));
        let told = told(vec![vec![Ok(line(3))], vec![Ok(line(1)), broken]]).await;
        assert_eq!(told[..2], [Ok((1, 1)), Err("gone".to_owned())]);
    }
}
