//! Lines of services: each with its service in front, or as JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::paint::clean;
use crate::model::log::LogLine;

/// Colours of services, one after the other; red is left to the app.
const COLOURS: [&str; 8] = ["36", "33", "32", "35", "34", "96", "93", "95"];
const RESET: &str = "\x1b[0m";

/// How lines are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStyle {
    /// Whether the service stands in front of each line.
    pub prefix: bool,
    /// Whether the time stands in front of each line.
    pub timestamps: bool,
    /// Whether colours may be used, those of the app too.
    pub colour: bool,
    /// Where they are shown.
    pub place: LogPlace,
}

/// Where lines are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogPlace {
    /// In a file or a pipe, byte by byte as they were written.
    #[default]
    Elsewhere,
    /// On a terminal, whose cursor no line may move.
    Terminal,
}

/// The face of the lines of a stack: prefixes are aligned, and a service has the same colour whoever else is shown.
pub struct LogFace {
    style: LogStyle,
    prefixes: BTreeMap<String, String>,
}

impl LogFace {
    /// For lines of `shown`, which are some of `all` services of a stack.
    pub fn new(style: LogStyle, all: &[String], shown: &[String]) -> Self {
        let width = shown.iter().map(|service| service.width()).max().unwrap_or_default();
        let prefix = |(place, service): (usize, &String)| {
            let text = format!("{service}{:gap$}  | ", "", gap = width.saturating_sub(service.width()));
            let colour = COLOURS[place % COLOURS.len()];
            let text = if style.colour { format!("\x1b[{colour}m{text}{RESET}") } else { text };
            (service.clone(), text)
        };
        Self { style, prefixes: all.iter().enumerate().map(prefix).collect() }
    }

    /// A line as it is shown, with its end.
    pub fn line(&self, service: &str, line: &LogLine) -> Vec<u8> {
        let mut shown = Vec::with_capacity(line.bytes.len() + 64);
        if self.style.prefix
            && let Some(prefix) = self.prefixes.get(service)
        {
            shown.extend_from_slice(prefix.as_bytes());
        }
        if self.style.timestamps {
            shown.extend_from_slice(format!("{:.3} ", line.time).as_bytes());
        }
        if self.style.place == LogPlace::Terminal {
            shown.extend_from_slice(self.harmless(&line.bytes).as_bytes());
        } else {
            shown.extend_from_slice(&line.bytes);
        }
        shown.push(b'\n');
        shown
    }

    /// The text of a line for a terminal: of all control sequences only tabs and colours pass, and colours end with it.
    fn harmless(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_suffix('\r').unwrap_or(&text);
        let mut shown = String::with_capacity(text.len());
        let mut is_coloured = false;
        let mut rest = text;
        while let Some(start) = rest.find(['\x1b', '\t']) {
            shown.push_str(&clean(&rest[..start]));
            rest = &rest[start..];
            let length = colour_length(rest);
            let (special, after) = rest.split_at(length.unwrap_or(1));
            match length {
                Some(_) if self.style.colour => {
                    shown.push_str(special);
                    is_coloured = true;
                }
                Some(_) => {}
                None if special == "\t" => shown.push('\t'),
                None => shown.push_str(&clean(special)),
            }
            rest = after;
        }
        shown.push_str(&clean(rest));
        if is_coloured {
            shown.push_str(RESET);
        }
        shown
    }
}

/// The length of the colour sequence (`ESC [ 1 ; 31 m`) with which a text begins; `None` if it begins with none.
fn colour_length(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\x1b[")?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
    numbers[end..].starts_with('m').then_some("\x1b[".len() + end + 1)
}

/// A line as one JSON object in one line, with its end. Bytes that are no text are replaced.
pub fn log_json(service: &str, line: &LogLine) -> String {
    #[derive(Serialize)]
    struct Shown<'a> {
        service: &'a str,
        stream: &'a str,
        time: String,
        line: &'a str,
    }
    let text = String::from_utf8_lossy(&line.bytes);
    let shown = Shown { service, stream: line.stream.as_str(), time: line.time.to_string(), line: &text };
    // Strings always serialize.
    let json = serde_json::to_string(&shown).unwrap_or_default();
    format!("{json}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::OutputStream;

    fn line(bytes: &[u8]) -> LogLine {
        let time = "2026-01-01T08:00:00.123456789Z".parse().unwrap();
        LogLine { stream: OutputStream::Stderr, time, bytes: bytes.to_vec() }
    }

    fn face(style: LogStyle, shown: &[&str]) -> LogFace {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        LogFace::new(style, &names(&["db", "mailer", "web"]), &names(shown))
    }

    fn shown(face: &LogFace, service: &str, bytes: &[u8]) -> String {
        String::from_utf8_lossy(&face.line(service, &line(bytes))).into_owned()
    }

    #[test]
    fn prefixes_are_as_wide_as_the_widest_service_that_is_shown() {
        let style = LogStyle { prefix: true, ..LogStyle::default() };
        let some = face(style, &["db", "web"]);
        assert_eq!(shown(&some, "db", b"ready"), "db   | ready\n");
        assert_eq!(shown(&some, "web", b""), "web  | \n");
        assert_eq!(shown(&face(style, &["db", "mailer"]), "db", b"ready"), "db      | ready\n");
        let timed = LogStyle { timestamps: true, ..LogStyle::default() };
        assert_eq!(shown(&face(timed, &["db"]), "db", b"ready"), "2026-01-01T08:00:00.123Z ready\n");
    }

    #[test]
    fn a_service_keeps_its_colour_whoever_else_is_shown() {
        let style = LogStyle { prefix: true, colour: true, ..LogStyle::default() };
        assert_eq!(shown(&face(style, &["web"]), "web", b"x"), "\x1b[32mweb  | \x1b[0mx\n");
        assert_eq!(shown(&face(style, &["db", "web"]), "web", b"x"), "\x1b[32mweb  | \x1b[0mx\n");
    }

    #[test]
    fn on_a_terminal_colours_pass_and_nothing_that_moves_the_cursor() {
        let colour =
            face(LogStyle { colour: true, place: LogPlace::Terminal, ..LogStyle::default() }, &["db"]);
        let plain = face(LogStyle { place: LogPlace::Terminal, ..LogStyle::default() }, &["db"]);
        let red = b"\x1b[1;31mred\x1b[2J\tx\r";
        assert_eq!(shown(&colour, "db", red), "\x1b[1;31mred\u{fffd}[2J\tx\x1b[0m\n");
        assert_eq!(shown(&plain, "db", red), "red\u{fffd}[2J\tx\n");
        assert_eq!(shown(&plain, "db", b"\x1b["), "\u{fffd}[\n");
    }

    #[test]
    fn elsewhere_a_line_is_what_the_container_wrote() {
        let bytes = b"\x1b[31mred \xff\r";
        let passed = face(LogStyle::default(), &["db"]).line("db", &line(bytes));
        assert_eq!(passed, [bytes.as_slice(), b"\n"].concat());
    }

    #[test]
    fn a_line_of_json_is_an_object() {
        assert_eq!(
            log_json("db", &line(b"say \"hi\" \xff")),
            "{\"service\":\"db\",\"stream\":\"stderr\",\"time\":\"2026-01-01T08:00:00.123456789Z\",\
             \"line\":\"say \\\"hi\\\" \u{fffd}\"}\n"
        );
    }
}
