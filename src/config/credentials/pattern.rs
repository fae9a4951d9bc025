//! What a live credential looks like, and whether a text has one.

/// One kind of credential, as data.
pub struct Pattern {
    /// Its id, which messages name.
    pub id: &'static str,
    /// What it is, as it fits behind "looks like".
    pub what: &'static str,
    /// What it begins with: any of these.
    pub prefixes: &'static [&'static str],
    /// What its name must have in it, in lower case, all of them; for credentials that begin with nothing of their own.
    pub names: &'static [&'static str],
    /// What follows is made of.
    pub alphabet: Alphabet,
    /// How much follows, at least and at most.
    pub length: (usize, usize),
    /// What follows in an example. It is apart from the prefix, so that this table is no find of a scanner itself.
    #[cfg_attr(not(test), expect(dead_code, reason = "every pattern is tested by its own example"))]
    pub example: &'static str,
}

/// Characters of a credential.
#[derive(Clone, Copy)]
pub enum Alphabet {
    /// `0-9a-f`, either case.
    Hex,
    /// Letters and digits.
    Letters,
    /// Letters, digits and `_`.
    Words,
    /// Letters, digits, `_` and `-`.
    Dashes,
    /// Letters, digits, `_`, `-` and `.`.
    Dots,
    /// Letters, digits, `_`, `-` and `:`.
    Colons,
    /// Letters, digits, `+`, `/` and `=`, or `_` and `-` instead.
    Base64,
    /// Letters, digits, `_`, `-`, `/` and `$`.
    Paths,
}

impl Alphabet {
    fn has(self, c: char) -> bool {
        let further = match self {
            Self::Hex => return c.is_ascii_hexdigit(),
            Self::Letters => "",
            Self::Words => "_",
            Self::Dashes => "_-",
            Self::Dots => "_-.",
            Self::Colons => "_-:",
            Self::Base64 => "+/=_-",
            Self::Paths => "_-/$",
        };
        c.is_ascii_alphanumeric() || further.contains(c)
    }
}

/// What stands in credentials of examples and emulators, in lower case.
const HARMLESS: &[&str] =
    &["example", "xxxx", "placeholder", "changeme", "change_me", "your", "dummy", "redacted"];
/// The key of the storage emulator Azurite, which its vendor publishes.
const OF_EMULATORS: &[&str] = &["Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"];
/// Fewer different characters than these are a placeholder.
const FEWEST_CHARACTERS: usize = 6;

impl Pattern {
    /// Whether `text`, which is said under `name`, has such a credential in it.
    pub fn finds(&self, name: &str, text: &str) -> bool {
        let name = name.to_lowercase();
        if !self.names.iter().all(|part| name.contains(part)) {
            return false;
        }
        if self.prefixes.is_empty() {
            return self.fits(text.trim(), text.trim());
        }
        self.prefixes.iter().any(|prefix| {
            text.match_indices(prefix).any(|(at, _)| {
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                let begins = before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
                let rest = text.get(at + prefix.len()..).unwrap_or_default();
                let end = rest.find(|c| !self.alphabet.has(c)).unwrap_or(rest.len());
                begins && self.fits(rest.get(..end).unwrap_or_default(), rest)
            })
        })
    }

    /// Whether `tail` is a whole one, and none that only shows what one looks like.
    fn fits(&self, tail: &str, rest: &str) -> bool {
        let (least, most) = self.length;
        let lower = tail.to_lowercase();
        let mut characters: Vec<char> = tail.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        (least..=most).contains(&tail.len())
            && tail.chars().all(|c| self.alphabet.has(c))
            && characters.len() >= FEWEST_CHARACTERS.min(least)
            && !HARMLESS.iter().any(|harmless| lower.contains(harmless))
            && !OF_EMULATORS.iter().any(|key| rest.starts_with(key))
    }
}
