//! What lines of one kind have in common: numbers, ids, times, addresses and quoted values are taken out.

use super::fields::STATUSES;

const NUMBER: &str = "<n>";
const ID: &str = "<id>";
const TIME: &str = "<time>";
const ADDRESS: &str = "<address>";
const EMAIL: &str = "<email>";
/// Characters of a template; what differs later only is one kind.
const MAX_CHARACTERS: usize = 300;
/// A word of letters and digits that is so long is made up by a machine.
const MIN_ID: usize = 16;
/// Hexadecimal digits that are no longer a number or a word.
const MIN_HEX: usize = 8;
/// What may follow a number in its word and belongs to it: `12ms` and `1.5s` are of one kind.
const UNITS: [&str; 13] = ["ns", "us", "µs", "ms", "s", "m", "h", "B", "kB", "KB", "MB", "GB", "MiB"];

/// What a line has in common with others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template {
    /// With marks for what was taken out.
    pub text: String,
    /// The status of an answer of which it tells. It is no number among others.
    pub status: Option<u16>,
}

/// The template of a text.
pub(super) fn template(text: &str) -> Template {
    let mut writing = Writing::default();
    writing.read(text);
    if writing.text.chars().count() > MAX_CHARACTERS {
        writing.text = writing.text.chars().take(MAX_CHARACTERS).chain(['…']).collect();
    }
    Template { text: writing.text.trim_end().to_owned(), status: writing.status }
}

#[derive(Default)]
struct Writing {
    text: String,
    status: Option<u16>,
    follows: Follows,
}

/// What was read just before.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Follows {
    /// Nothing that says what a number means.
    #[default]
    Anything,
    /// A request in quotes, or the name of a status: a status follows.
    Request,
    /// A path: a status may follow, or a size.
    Path,
}

impl Writing {
    fn read(&mut self, text: &str) {
        let mut rest = text;
        let mut previous = None;
        while let Some(first) = rest.chars().next() {
            let length = if let Some(length) = quoted(rest, previous) {
                self.quoted(&rest[..length]);
                length
            } else if is_of_word(first) {
                let length = word_length(rest);
                self.word(&rest[..length]);
                length
            } else {
                self.between(first);
                first.len_utf8()
            };
            previous = rest[..length].chars().next_back();
            rest = &rest[length..];
        }
    }

    /// A piece in quotes, with them: a request keeps its method and its path, any other is a value.
    fn quoted(&mut self, piece: &str) {
        let quote = &piece[..1];
        let content = &piece[1..piece.len() - 1];
        if content.contains(" HTTP/") {
            self.text.push_str(quote);
            self.read(content);
            self.text.push_str(quote);
            self.follows = Follows::Request;
        } else {
            self.mark(&format!("{quote}…{quote}"));
            self.follows = Follows::Anything;
        }
    }

    fn between(&mut self, c: char) {
        if !c.is_whitespace() {
            self.text.push(c);
            let is_said = self.follows == Follows::Request && matches!(c, '=');
            self.follows = if is_said { Follows::Request } else { Follows::Anything };
        } else if !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    fn word(&mut self, word: &str) {
        let core = word.trim_end_matches(['.', ':', ',', '!', '?']);
        let follows = std::mem::take(&mut self.follows);
        if let Some(status) = status(core, follows) {
            self.status = Some(status);
            self.text.push_str(core);
        } else if let Some(mark) = mark_of(core) {
            self.mark(mark);
        } else {
            self.digits(core);
            if STATUSES.contains(&core) {
                self.follows = Follows::Request;
            } else if core.starts_with('/') {
                self.follows = Follows::Path;
            }
        }
        self.text.push_str(&word[core.len()..]);
    }

    /// A word with its numbers taken out.
    fn digits(&mut self, word: &str) {
        let is_signed = word.starts_with(['-', '+']) && word[1..].starts_with(|c: char| c.is_ascii_digit());
        let mut rest = if is_signed { &word[1..] } else { word };
        while let Some(first) = rest.chars().next() {
            if !first.is_ascii_digit() {
                self.text.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
            rest = &rest[number_length(rest)..];
            self.mark(NUMBER);
            if UNITS.contains(&rest) {
                rest = "";
            }
        }
    }

    /// A mark for what was taken out; of a list of such marks one, and one of a date beside a time.
    fn mark(&mut self, mark: &str) {
        let before = self.text.trim_end_matches([' ', ',']);
        let between = &self.text[before.len()..];
        let is_list = between.contains(',') || (mark == TIME && !between.is_empty());
        if is_list && before.ends_with(mark) {
            let length = before.len();
            self.text.truncate(length);
        } else {
            self.text.push_str(mark);
        }
    }
}

/// The length of a piece in quotes with which `text` begins. A quote after a letter is an apostrophe.
fn quoted(text: &str, previous: Option<char>) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    if quote == '\'' && previous.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => {
                let next = text[at + 1..].chars().next();
                // An apostrophe within, or a quote that was doubled to stand for itself.
                if quote == '\'' && next.is_some_and(|c| c.is_alphanumeric() || c == '\'') {
                    continue;
                }
                return Some(at + 1);
            }
            _ => {}
        }
    }
    None
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '_' | '.' | ':' | '@' | '+' | '-' | '/' | '%' | '\\' | '#' | '~' | '$' | '*')
}

/// The length of the word with which `text` begins. A comma between digits is part of a number.
fn word_length(text: &str) -> usize {
    let mut was_digit = false;
    for (at, c) in text.char_indices() {
        let next_is_digit = || text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        if !(is_of_word(c) || c == ',' && was_digit && next_is_digit()) {
            return at;
        }
        was_digit = c.is_ascii_digit();
    }
    text.len()
}

/// The length of the number with which `text` begins, separators within it included.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut length = 0;
    while is_digit(length) || (matches!(bytes.get(length), Some(b'.' | b',' | b':')) && is_digit(length + 1))
    {
        length += 1;
    }
    length
}

fn status(word: &str, follows: Follows) -> Option<u16> {
    let first = match follows {
        Follows::Anything => return None,
        Follows::Request => 100,
        // Of what follows a path, only failures are told from sizes.
        Follows::Path => 400,
    };
    let status = word.parse().ok().filter(|_| word.len() == 3)?;
    (first..600).contains(&status).then_some(status)
}

/// The mark for a word that is taken out as a whole.
fn mark_of(word: &str) -> Option<&'static str> {
    if is_uuid(word) {
        Some(ID)
    } else if is_time(word) {
        Some(TIME)
    } else if is_address(word) {
        Some(ADDRESS)
    } else if is_email(word) {
        Some(EMAIL)
    } else if is_id(word) {
        Some(ID)
    } else {
        None
    }
}

fn is_uuid(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let is_hex = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(is_hex)
}

/// A date, a time of day, or both in one word: `2026-11-22`, `10:00:00,123`, `22/Nov/2026:10:00:00`.
fn is_time(word: &str) -> bool {
    let starts = |shape: &str| {
        word.len() >= shape.len()
            && shape.bytes().zip(word.bytes()).all(|(shape, byte)| match shape {
                b'9' => byte.is_ascii_digit(),
                b'a' => byte.is_ascii_alphabetic(),
                other => byte == other,
            })
    };
    ["9999-99-99", "9999/99/99", "99:99:99", "99/aaa/9999"].iter().any(|shape| starts(shape))
}

/// An address of IPv4 or IPv6, with or without a port.
fn is_address(word: &str) -> bool {
    let host = word.rsplit_once(':').map_or(word, |(host, _)| host);
    host.parse::<std::net::Ipv4Addr>().is_ok()
        || (word.contains(':') && word.parse::<std::net::Ipv6Addr>().is_ok())
}

fn is_email(word: &str) -> bool {
    let parts = word.split_once('@').filter(|_| !word.contains(['/', ':']));
    parts.is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
}

fn is_id(word: &str) -> bool {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let all = |allowed: fn(&u8) -> bool| word.bytes().all(|byte| allowed(&byte));
    let hex = word.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let is_long = (word.len() >= MIN_HEX && all(u8::is_ascii_hexdigit))
        || (word.len() >= MIN_ID && all(u8::is_ascii_alphanumeric));
    has_digit && has_letter && (hex || is_long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(template(line).text, expected);
    }

    #[test]
    fn what_differs_from_line_to_line_is_taken_out() {
        for (line, expected) in [
            ("order 7 was paid in 12ms", "order <n> was paid in <n>"),
            ("order 1,204 was paid in 1.5s.", "order <n> was paid in <n>."),
            ("balance -3.50 of 70%", "balance <n> of <n>%"),
            ("worker-3: job 9f86d081884c done", "worker-<n>: job <id> done"),
            ("request 7d444840-9dc0-11d1-b245-5ffdce74fad2 ended", "request <id> ended"),
            ("session dGhpc2lzYXRlc3Q0Mg is new", "session <id> is new"),
            ("2026-11-22 10:00:00.123 UTC [45] LOG:  up", "<time> UTC [<n>] LOG: up"),
            ("2026-11-22T10:00:00Z up", "<time> up"),
            (
                "mail to ada@masked.example from 10.2.0.7:5432 (::1)",
                "mail to <email> from <address> (<address>)",
            ),
            ("at 0x7f3a20 in main", "at <id> in main"),
            ("deadline of facade", "deadline of facade"),
        ] {
            check(line, expected);
        }
    }

    #[test]
    fn quoted_values_are_taken_out_and_apostrophes_are_not_quotes() {
        check(
            "column \"note\" of `orders` isn't 'it''s mine' or 'b'",
            "column \"…\" of `…` isn't '…' or '…'",
        );
        check("can't open \"never closed", "can't open \"never closed");
        check("said \"a \\\" b\" twice", "said \"…\" twice");
    }

    #[test]
    fn lists_of_any_length_are_of_one_kind() {
        for line in ["ids (1)", "ids (1, 22, 333)", "ids (1,22)"] {
            check(line, "ids (<n>)");
        }
        check("names 'a', 'b', 'c' are gone", "names '…' are gone");
    }

    #[test]
    fn the_status_of_an_answer_is_no_number_among_others() {
        for (line, expected, status) in [
            (
                "10.2.0.7 - - [22/Nov/2026:10:00:00 +0000] \"GET /orders/7 HTTP/1.1\" 500 1204",
                "<address> - - [<time> <n>] \"GET /orders/<n> HTTP/<n>\" 500 <n>",
                Some(500),
            ),
            ("GET /orders/7 404 12.3 ms", "GET /orders/<n> 404 <n> ms", Some(404)),
            ("GET /orders/7 200 512", "GET /orders/<n> <n> <n>", None),
            ("answered (status=503)", "answered (status=503)", Some(503)),
            ("status 503 rows", "status 503 rows", Some(503)),
            ("took 503", "took <n>", None),
        ] {
            assert_eq!(template(line), Template { text: expected.to_owned(), status }, "{line}");
        }
    }

    #[test]
    fn long_texts_are_of_the_kind_of_their_beginning() {
        let long = "word ".repeat(200);
        let cut = template(&long).text;
        assert_eq!(cut.chars().count(), MAX_CHARACTERS + 1);
        assert_eq!(template(&format!("{long}7")).text, cut);
    }

    #[test]
    fn any_text_has_a_template() {
        for text in ["", "'", "\"\"", "日本 \"語\" 12", "-", "+1", "a'b'c", "\\", "1,", "1,a", "µ1µs"] {
            template(text);
        }
    }
}
