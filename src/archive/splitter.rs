//! Where a statement ends: as much of the language as it takes never to mistake a string, a comment or a function's body
//! for something else. It follows what `psql` splits at.

use super::sql::{Statement, Token};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Code,
    String {
        backslashes: bool,
    },
    QuotedName,
    Dollar(Vec<u8>),
    Comment(usize),
}

/// Splits SQL that arrives in whole lines.
#[derive(Default)]
pub(super) struct Splitter {
    mode: Mode,
    text: Vec<u8>,
    /// Text of the quoted token that is open.
    open: Vec<u8>,
    tokens: Vec<Token>,
    parentheses: usize,
    /// Depth of `BEGIN ATOMIC … END` and of `CASE … END` in it.
    blocks: usize,
}

impl Splitter {
    /// Whether no statement has begun.
    pub(super) fn is_between(&self) -> bool {
        self.mode == Mode::Code && self.tokens.is_empty()
    }

    /// Takes one or more whole lines; returns the statements that they end.
    pub(super) fn feed(&mut self, lines: &[u8]) -> Vec<Statement> {
        let mut ended = Vec::new();
        let mut rest = lines;
        while !rest.is_empty() {
            let taken = match self.mode.clone() {
                Mode::Code => self.code(rest, &mut ended),
                Mode::String { backslashes } => self.string(rest, backslashes),
                Mode::QuotedName => self.quoted_name(rest),
                Mode::Dollar(tag) => self.dollar(rest, &tag),
                Mode::Comment(depth) => self.comment(rest, depth),
            };
            rest = rest.get(taken.max(1)..).unwrap_or_default();
        }
        ended
    }

    fn code(&mut self, rest: &[u8], ended: &mut Vec<Statement>) -> usize {
        let first = rest[0];
        if rest.starts_with(b"--") {
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            return self.skip(rest, length);
        }
        if rest.starts_with(b"/*") {
            self.mode = Mode::Comment(1);
            return self.skip(rest, 2);
        }
        if first.is_ascii_whitespace() {
            return self.skip(rest, 1);
        }
        if let Some(tag) = dollar_tag(rest) {
            self.mode = Mode::Dollar(tag.to_vec());
            return self.take(rest, tag.len());
        }
        match first {
            b'\'' => {
                let backslashes = matches!(self.tokens.last(), Some(Token::Word(word)) if word == "e")
                    && self.text.last().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'e'));
                self.mode = Mode::String { backslashes };
                self.take(rest, 1)
            }
            b'"' => {
                self.mode = Mode::QuotedName;
                self.take(rest, 1)
            }
            b';' if self.parentheses == 0 && self.blocks == 0 => {
                ended.push(self.end());
                1
            }
            _ if is_word_byte(first) => self.word(rest),
            _ => self.symbol(rest),
        }
    }

    fn symbol(&mut self, rest: &[u8]) -> usize {
        match rest[0] {
            b'(' => self.parentheses += 1,
            b')' => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
        self.tokens.push(Token::Symbol(char::from(rest[0])));
        self.take(rest, 1)
    }

    fn word(&mut self, rest: &[u8]) -> usize {
        let length = rest.iter().position(|&byte| !is_word_byte(byte) && byte != b'$').unwrap_or(rest.len());
        let word = String::from_utf8_lossy(&rest[..length]).to_ascii_lowercase();
        if self.parentheses == 0 && self.is_routine() {
            match word.as_str() {
                "begin" => self.blocks += 1,
                "case" if self.blocks > 0 => self.blocks += 1,
                "end" => self.blocks = self.blocks.saturating_sub(1),
                _ => {}
            }
        }
        self.tokens.push(Token::Word(word));
        self.take(rest, length)
    }

    fn is_routine(&self) -> bool {
        let mut words = self.tokens.iter().take(4).filter(|token| !token.is("or") && !token.is("replace"));
        words.next().is_some_and(|token| token.is("create"))
            && words.next().is_some_and(|token| token.is("function") || token.is("procedure"))
    }

    fn string(&mut self, rest: &[u8], backslashes: bool) -> usize {
        let Some(at) = rest.iter().position(|&byte| byte == b'\'' || (backslashes && byte == b'\\')) else {
            return self.keep_open(rest, rest.len());
        };
        if rest[at] == b'\\' || rest.get(at + 1) == Some(&b'\'') {
            return self.keep_open(rest, (at + 2).min(rest.len()));
        }
        self.keep_open(rest, at);
        let text = self.close_open().replace("''", "'");
        self.tokens.push(Token::Literal(text));
        self.take(&rest[at..], 1);
        at + 1
    }

    fn quoted_name(&mut self, rest: &[u8]) -> usize {
        let Some(at) = memchr::memchr(b'"', rest) else { return self.keep_open(rest, rest.len()) };
        if rest.get(at + 1) == Some(&b'"') {
            return self.keep_open(rest, at + 2);
        }
        self.keep_open(rest, at);
        let name = self.close_open().replace("\"\"", "\"");
        self.tokens.push(Token::Quoted(name));
        self.take(&rest[at..], 1);
        at + 1
    }

    fn dollar(&mut self, rest: &[u8], tag: &[u8]) -> usize {
        let Some(at) = memchr::memmem::find(rest, tag) else { return self.take(rest, rest.len()) };
        self.mode = Mode::Code;
        self.tokens.push(Token::Body);
        self.take(rest, at + tag.len())
    }

    fn comment(&mut self, rest: &[u8], depth: usize) -> usize {
        let Some(at) = rest.windows(2).position(|pair| pair == b"*/" || pair == b"/*") else {
            return self.skip(rest, rest.len());
        };
        let depth = if rest[at] == b'*' { depth - 1 } else { depth + 1 };
        self.mode = if depth == 0 { Mode::Code } else { Mode::Comment(depth) };
        self.skip(rest, at + 2)
    }

    /// Takes text of the statement.
    fn take(&mut self, rest: &[u8], length: usize) -> usize {
        self.text.extend_from_slice(&rest[..length]);
        length
    }

    /// Takes blanks and comments, which count only inside a statement.
    fn skip(&mut self, rest: &[u8], length: usize) -> usize {
        if self.tokens.is_empty() { length } else { self.take(rest, length) }
    }

    fn keep_open(&mut self, rest: &[u8], length: usize) -> usize {
        self.open.extend_from_slice(&rest[..length]);
        self.take(rest, length)
    }

    fn close_open(&mut self) -> String {
        self.mode = Mode::Code;
        String::from_utf8_lossy(&std::mem::take(&mut self.open)).into_owned()
    }

    fn end(&mut self) -> Statement {
        let mut text = String::from_utf8_lossy(&std::mem::take(&mut self.text)).into_owned();
        // A comment on the last line would swallow the semicolon.
        if !text.trim_end().lines().last().unwrap_or_default().contains("--") {
            text.truncate(text.trim_end().len());
        }
        text.push(';');
        Statement { text, tokens: std::mem::take(&mut self.tokens) }
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// `$tag$` or `$$` at the beginning of `rest`; `$1` is a parameter.
fn dollar_tag(rest: &[u8]) -> Option<&[u8]> {
    let inner = rest.strip_prefix(b"$")?;
    let length = inner.iter().position(|&byte| !is_word_byte(byte)).unwrap_or(inner.len());
    let opens = inner.get(length) == Some(&b'$') && !inner[..length].first().is_some_and(u8::is_ascii_digit);
    opens.then(|| &rest[..length + 2])
}
