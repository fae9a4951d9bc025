//! Colour, or none; and no control characters of anybody else.

use std::borrow::Cow;

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Doubt,
}

/// Puts colours on text, if there are any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    pub colour: bool,
}

impl Paint {
    /// The text in its tone, cleaned.
    pub fn put(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => "",
            Tone::Bold => "1",
            Tone::Dim => "2",
            Tone::Good => "1;32",
            Tone::Bad => "1;31",
            Tone::Doubt => "1;33",
        };
        let text = clean(text);
        if code.is_empty() || !self.colour { text.into_owned() } else { format!("\x1b[{code}m{text}\x1b[0m") }
    }
}

/// One line of text that moves no cursor and turns no direction: names of tables and tests come from elsewhere.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unsafe) {
        Cow::Owned(text.chars().map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_an_addition_only() {
        assert_eq!(Paint { colour: true }.put(Tone::Bad, "gone"), "\x1b[1;31mgone\x1b[0m");
        assert_eq!(Paint { colour: false }.put(Tone::Bad, "gone"), "gone");
    }

    #[test]
    fn nobody_else_moves_the_cursor() {
        assert_eq!(clean("a\x1b[2Jb\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}c");
        assert_eq!(clean("plain"), "plain");
    }
}
