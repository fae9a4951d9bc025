//! What a mail sink tells, line by line, put together to messages.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use mail_parser::decoders::base64::base64_decode;
use serde::Deserialize;

use crate::model::log::{LogLine, OutputStream};
use crate::model::mail::Caught;

/// What a sink has told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It caught a message.
    Message(Caught),
    /// A container asked for TLS, which the sink does not speak.
    WantsTls {
        /// When it did, by the clock of the engine.
        time: Timestamp,
        /// Its address.
        peer: Ipv4Addr,
    },
}

/// Puts the lines of a sink together. A long message comes in parts that follow each other.
#[derive(Default)]
pub struct Assembly {
    open: Option<Caught>,
}

/// A line of the sink. Strings have a character for each byte, of the same number.
#[derive(Deserialize)]
struct Line {
    peer: Ipv4Addr,
    #[serde(default)]
    tls: bool,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    truncated: bool,
    #[serde(default)]
    part: u64,
    #[serde(default)]
    parts: u64,
    #[serde(default)]
    raw: String,
}

impl Assembly {
    /// What a line completes. One that is none of a sink's tells nothing, and neither do the parts of a message of which the
    /// first is missing.
    pub fn take(&mut self, line: &LogLine) -> Option<Told> {
        if line.stream != OutputStream::Stdout {
            return None;
        }
        let told: Line = serde_json::from_slice(&line.bytes).ok()?;
        if told.tls {
            return Some(Told::WantsTls { time: line.time, peer: told.peer });
        }
        let raw = base64_decode(told.raw.as_bytes())?;
        if told.part == 1 {
            self.open = Some(Caught {
                time: line.time,
                peer: told.peer,
                from: text(&told.from),
                to: told.to.iter().map(|address| text(address)).collect(),
                is_truncated: told.truncated,
                raw,
            });
        } else {
            self.open.as_mut()?.raw.extend(raw);
        }
        let is_whole = told.part == told.parts;
        self.open.take_if(|_| is_whole).map(Told::Message)
    }
}

/// The text of bytes that came as a character each.
fn text(of: &str) -> String {
    let bytes: Vec<u8> = of.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(second: i64, text: &str) -> LogLine {
        let time = Timestamp::from_second(second).unwrap();
        LogLine { stream: OutputStream::Stdout, time, bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn a_message_is_whole_once_its_last_part_is_told() {
        let mut assembly = Assembly::default();
        let first = r#"{"peer":"10.213.0.4","from":"a@x.example","to":["j\u00c3\u00b6@y.example"],"truncated":true,"parts":2,"part":1,"raw":"U3ViamVjdDog"}"#;
        assert_eq!(assembly.take(&line(1, first)), None);
        let last = r#"{"peer":"10.213.0.4","parts":2,"part":2,"raw":"aGkNCg=="}"#;
        let Some(Told::Message(caught)) = assembly.take(&line(2, last)) else { panic!("not whole") };
        assert_eq!(caught.time.as_second(), 1);
        assert_eq!((caught.from.as_str(), caught.to), ("a@x.example", vec!["jö@y.example".to_owned()]));
        assert_eq!((caught.raw.as_slice(), caught.is_truncated), (&b"Subject: hi\r\n"[..], true));
    }

    #[test]
    fn who_asks_for_tls_is_told_and_what_is_no_line_of_a_sink_is_not() {
        let mut assembly = Assembly::default();
        let tls = assembly.take(&line(1, r#"{"peer":"10.213.0.4","tls":true}"#));
        assert_eq!(
            tls,
            Some(Told::WantsTls {
                time: Timestamp::from_second(1).unwrap(),
                peer: Ipv4Addr::new(10, 213, 0, 4)
            })
        );
        for nothing in ["", "port 25: in use", r#"{"peer":"10.213.0.4","parts":2,"part":2,"raw":"aGkNCg=="}"#]
        {
            assert_eq!(assembly.take(&line(1, nothing)), None, "{nothing}");
        }
        let mut of_stderr = line(1, r#"{"peer":"10.213.0.4","tls":true}"#);
        of_stderr.stream = OutputStream::Stderr;
        assert_eq!(assembly.take(&of_stderr), None);
    }
}
