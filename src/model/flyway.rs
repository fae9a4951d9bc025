//! What Flyway writes of a script: its version, and the checksum by which it knows that one was changed.

use std::cmp::Ordering;

use flate2::Crc;

/// A version of Flyway: numbers between dots or underscores, compared one by one; `1` and `1.0` are the same.
#[derive(Clone, Debug)]
pub struct FlywayVersion {
    text: String,
    parts: Vec<u128>,
}

impl FlywayVersion {
    /// Reads `1.2` or `1_2`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace('_', ".");
        let mut parts = text.split('.').map(number).collect::<Option<Vec<u128>>>()?;
        while parts.last() == Some(&0) {
            parts.pop();
        }
        Some(Self { text, parts })
    }

    /// As the history has it: parts between dots, zeros kept.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn number(part: &str) -> Option<u128> {
    // Rust would also read a sign.
    if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
}

impl PartialEq for FlywayVersion {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for FlywayVersion {}

impl PartialOrd for FlywayVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FlywayVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts)
    }
}

/// What a script is called in the history: what stands behind `__` in its name, blanks for underscores.
pub fn description(script: &str) -> Option<String> {
    let file = script.rsplit('/').next()?.strip_suffix(".sql")?;
    let (_, description) = file.split_once("__")?;
    (!description.is_empty()).then(|| description.replace('_', " "))
}

/// CRC-32 over the lines without what ends them, as a signed number, so that a checkout with other line ends is the same
/// script (`ChecksumCalculator` of Flyway).
pub fn checksum(text: &str) -> i32 {
    let mut crc = Crc::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // A CR alone ends a line as well; as nothing stands for a line's end, only the characters need to go.
    for line in text.split(['\n', '\r']) {
        crc.update(line.as_bytes());
    }
    i32::from_ne_bytes(crc.sum().to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> FlywayVersion {
        FlywayVersion::parse(text).unwrap()
    }

    #[test]
    fn versions_are_compared_number_by_number() {
        let sorted = ["0.9", "1", "1.0.1", "1.2", "1.10", "2", "20240101120000"].map(version);
        assert!(sorted.is_sorted_by(|one, other| one < other));
        assert_eq!(version("1_2"), version("1.2.0"));
        assert_eq!(version("1_02").as_str(), "1.02", "the history keeps what was written");
    }

    #[test]
    fn anything_else_is_no_version() {
        for text in ["", "1.", "a", "1.b", "-1", "+1", "1..2"] {
            assert!(FlywayVersion::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_checksum_does_not_depend_on_line_ends_or_a_byte_order_mark() {
        // The check value of CRC-32/ISO-HDLC, cut into lines.
        assert_eq!(checksum("123456789"), 0xCBF4_3926_u32.cast_signed());
        assert_eq!(checksum("1234\n56\r\n789\n"), checksum("123456789"));
        assert_eq!(checksum("\u{feff}123456789"), checksum("123456789"));
        assert_ne!(checksum("1234 56789"), checksum("123456789"));
    }
}
