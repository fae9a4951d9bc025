//! Fields of COPY's text form: escapes and NULL.

/// NULL as COPY writes it.
pub(super) const NULL: &[u8] = b"\\N";

/// Undoes the escapes of a field into `out`, which is emptied first.
pub(super) fn unescape(field: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = field;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let Some((&escaped, behind)) = rest.split_first() else { break };
        rest = behind;
        match escaped {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'0'..=b'7' => rest = push_number(escaped, 8, 2, rest, out),
            b'x' if rest.first().is_some_and(u8::is_ascii_hexdigit) => {
                rest = push_number(b'0', 16, 2, rest, out);
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
}

/// A byte as up to `more` further digits to a base.
fn push_number<'a>(first: u8, base: u32, more: usize, mut rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let digit = |byte: u8| char::from(byte).to_digit(base);
    let mut value = digit(first).unwrap_or_default();
    for _ in 0..more {
        let Some((next, behind)) =
            rest.split_first().and_then(|(&byte, behind)| Some((digit(byte)?, behind)))
        else {
            break;
        };
        value = value * base + next;
        rest = behind;
    }
    out.push(u8::try_from(value & 0xff).unwrap_or_default());
    rest
}

/// Writes a value as a field.
pub(super) fn escape(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            8 => out.extend(b"\\b"),
            12 => out.extend(b"\\f"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            11 => out.extend(b"\\v"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn undone(field: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        unescape(field, &mut out);
        out
    }

    #[test]
    fn escapes_are_undone_as_the_server_does() {
        assert_eq!(undone(b"a\\tb\\\\n\\n"), b"a\tb\\n\n");
        assert_eq!(undone(b"\\101\\x41\\x4g\\q"), b"AA\x04gq");
    }

    proptest! {
        #[test]
        fn what_was_escaped_comes_back(value: Vec<u8>) {
            let mut field = Vec::new();
            escape(&value, &mut field);
            prop_assert!(!field.contains(&b'\t') && !field.contains(&b'\n'));
            prop_assert_eq!(undone(&field), value);
        }
    }
}
