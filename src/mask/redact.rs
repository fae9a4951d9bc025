//! `redact`: a value that says only that there was one.

use super::keyed::{Keyed, push_letters};
use super::kind::Kind;
use super::name::APART_ALONE;
use super::rule::{Action, FieldMask, Misfit, Request, RuleKind, Unmaskable};

pub(super) const RULE: RuleKind = RuleKind {
    id: "redact",
    summary: "replaces a value by `[redacted]`, or by an empty value of its type",
    parameters: &[],
    build,
};

const TEXT: &str = "[redacted]";

fn build(request: &Request<'_>) -> Result<Action, Misfit> {
    let empty: &[u8] = match request.kind {
        Kind::Text { limit, .. } => return text(request, limit.unwrap_or(usize::MAX)),
        Kind::Integer(_) | Kind::Number => b"0",
        Kind::Boolean => b"f",
        Kind::Date => b"1970-01-01",
        Kind::Timestamp => b"1970-01-01 00:00:00",
        Kind::Time | Kind::Interval => b"00:00:00",
        Kind::Uuid => b"00000000-0000-0000-0000-000000000000",
        Kind::Bytes => b"\\\\x",
        Kind::Json | Kind::Array => b"{}",
        Kind::Xml => b"<redacted/>",
        Kind::Inet => b"0.0.0.0",
        Kind::Cidr => b"0.0.0.0/32",
        Kind::MacAddress => b"00:00:00:00:00:00",
        Kind::TextSearch => b"",
        Kind::Other => {
            return Err(request
                .misfit("built-in types")
                .hint("`null`, `keep`, or `constant` with a value of its type"));
        }
    };
    if request.column.unique { Err(request.not_unique()) } else { Ok(Action::replace(Empty(empty.to_vec()))) }
}

fn text(request: &Request<'_>, limit: usize) -> Result<Action, Misfit> {
    if !request.column.unique {
        return Ok(Action::replace(Empty(TEXT.bytes().take(limit).collect())));
    }
    if limit < APART_ALONE {
        return Err(request.too_narrow(APART_ALONE));
    }
    Ok(Action::replace(Apart { keyed: request.keyed(), limit }))
}

struct Empty(Vec<u8>);

impl FieldMask for Empty {
    fn mask(&self, _: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        out.extend_from_slice(&self.0);
        Ok(())
    }
}

/// `[redacted]` with letters that keep values apart.
struct Apart {
    keyed: Keyed,
    limit: usize,
}

impl FieldMask for Apart {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let bits = self.keyed.hash(value);
        if TEXT.len() + 1 + APART_ALONE <= self.limit {
            out.extend_from_slice(TEXT.as_bytes());
            out.push(b' ');
        }
        push_letters(bits, APART_ALONE, out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::mask::testing::{assert_unique, masked, misfit};

    #[test]
    fn an_empty_value_of_the_type_remains() {
        for (kind, value, out) in [
            ("text", "raw", "[redacted]"),
            ("character varying(4)", "raw", "[red"),
            ("jsonb", "{\"a\": 1}", "{}"),
            ("text[]", "{a,b}", "{}"),
            ("numeric(10,2)", "12.5", "0"),
            ("inet", "10.0.0.1", "0.0.0.0"),
            ("bytea", "\\\\x00", "\\\\x"),
            ("boolean", "t", "f"),
        ] {
            assert_eq!(masked("redact", kind, &[value, "\\N"]), [out, "\\N"], "{kind}");
        }
        assert!(misfit("redact", "public.status").contains("built-in"));
    }

    #[test]
    fn unique_text_stays_apart_and_other_unique_columns_refuse() {
        let fields: Vec<String> = (0..20_000).map(|at| format!("raw {at}")).collect();
        assert_unique("redact", "text unique", &fields);
        assert_unique("redact", "character varying(15) unique", &fields);
        assert!(misfit("redact", "integer unique").contains("unique"));
    }
}
