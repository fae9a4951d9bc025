//! The hot path: lines of COPY text in, masked lines out.

use std::collections::BTreeMap;

use super::check::built;
use super::field::{NULL, unescape};
use super::kind::Kind;
use super::rule::{Action, FieldMask, Unmaskable};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::masking::{MaskColumn, MaskKey, MaskRule};
use crate::model::name::TableName;

/// Masks the rows of one table.
pub struct RowMasker {
    table: TableName,
    columns: Vec<Column>,
    rows: u64,
    scratch: Vec<u8>,
}

struct Column {
    name: String,
    /// `None`: the bytes pass as they are.
    mask: Option<Box<dyn FieldMask>>,
    /// Blanks at the end do not count.
    padded: bool,
}

/// Makes the masker of a table whose rows have these columns in this order.
///
/// The first column without a rule, or whose rule does not fit, is an error of kind `Masking`; [`super::check`] tells
/// all of them at once.
pub fn compile(
    table: &TableName,
    rules: &BTreeMap<String, MaskRule>,
    columns: &[MaskColumn],
    key: &MaskKey,
) -> Result<RowMasker> {
    let compiled = columns.iter().map(|column| {
        let rule = rules.get(&column.name).ok_or_else(|| {
            Error::new(ErrorKind::Masking, format!("column `{table}.{}` has no mask", column.name))
        })?;
        let mask = match built(table, column, rule, key)? {
            Action::Keep => None,
            Action::Replace(mask) => Some(mask),
        };
        let padded = matches!(Kind::parse(&column.type_name), Kind::Text { padded: true, .. });
        Ok(Column { name: column.name.clone(), mask, padded })
    });
    Ok(RowMasker {
        table: table.clone(),
        columns: compiled.collect::<Result<_>>()?,
        rows: 0,
        scratch: Vec::new(),
    })
}

impl RowMasker {
    /// Appends the masked rows of `lines`, which are whole, to `out`; returns how many rows they were.
    ///
    /// A row with another number of fields, or a value that its rule does not understand, is an error of kind
    /// `Masking` that shows neither; `out` is then of no use.
    pub fn mask(&mut self, lines: &[u8], out: &mut Vec<u8>) -> Result<u64> {
        out.reserve(lines.len());
        // A table without columns has rows all the same, each an empty line.
        let last = self.columns.len().max(1) - 1;
        let before = self.rows;
        // Fields that are kept side by side are copied as one run, over the ends of rows too.
        let mut run = 0;
        let mut field = 0;
        let mut start = 0;
        for end in memchr::memchr2_iter(b'\t', b'\n', lines) {
            let ends_row = lines[end] == b'\n';
            if ends_row != (field == last) {
                return Err(self.wrong_fields());
            }
            if let Some(Column { mask: Some(mask), padded, .. }) = self.columns.get(field) {
                let raw = &lines[start..end];
                if raw != NULL {
                    out.extend_from_slice(&lines[run..start]);
                    let masked = mask.mask(value_of(raw, *padded, &mut self.scratch), out);
                    masked.map_err(|unmaskable| self.unmaskable(field, unmaskable))?;
                    run = end;
                }
            }
            start = end + 1;
            if ends_row {
                field = 0;
                self.rows += 1;
            } else {
                field += 1;
            }
        }
        if start != lines.len() {
            return Err(self.wrong_fields());
        }
        out.extend_from_slice(&lines[run..]);
        Ok(self.rows - before)
    }

    fn wrong_fields(&self) -> Error {
        let (table, row, count) = (&self.table, self.rows + 1, self.columns.len());
        Error::new(ErrorKind::Masking, format!("row {row} of `{table}` does not have {count} fields"))
            .hint("the backup may be damaged, or edited by hand: take a new one")
    }

    fn unmaskable(&self, field: usize, Unmaskable(why): Unmaskable) -> Error {
        let column = self.columns.get(field).map_or("", |column| column.name.as_str());
        let (table, row) = (&self.table, self.rows + 1);
        Error::new(ErrorKind::Masking, format!("row {row} of `{table}`: the value of `{column}` {why}"))
            .hint(format!("give `{table}.{column}` another rule, `redact` or `null`"))
    }
}

fn value_of<'a>(raw: &'a [u8], padded: bool, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let value = if memchr::memchr(b'\\', raw).is_some() {
        unescape(raw, scratch);
        scratch.as_slice()
    } else {
        raw
    };
    let blanks = if padded { value.iter().rev().take_while(|byte| **byte == b' ').count() } else { 0 };
    &value[..value.len() - blanks]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mask::testing::{column, key, rule};

    fn masker(rules: &[(&str, &str)]) -> RowMasker {
        let columns: Vec<MaskColumn> =
            rules.iter().map(|(name, _)| MaskColumn { name: (*name).into(), ..column("text") }).collect();
        let rules = rules.iter().map(|(name, text)| ((*name).to_owned(), rule(text))).collect();
        compile(&TableName::new("public", "t"), &rules, &columns, &key(1)).unwrap()
    }

    fn run(rules: &[(&str, &str)], lines: &str) -> Result<String> {
        let mut out = Vec::new();
        masker(rules).mask(lines.as_bytes(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    const MIXED: [(&str, &str); 3] = [("a", "keep"), ("b", "constant value=X"), ("c", "keep")];

    #[test]
    fn kept_fields_and_nulls_pass_between_masked_ones() {
        assert_eq!(run(&MIXED, "1\tb\t3\n\\N\t\\N\t\\N\n\t\t\n").unwrap(), "1\tX\t3\n\\N\t\\N\t\\N\n\tX\t\n");
    }

    #[test]
    fn a_row_with_other_fields_is_an_error_that_does_not_show_it() {
        for lines in ["1\tsecret\n", "1\tsecret\t3\t4\n", "1\tsecret\t3", "\n"] {
            let error = run(&MIXED, lines).unwrap_err();
            assert_eq!(error.message, "row 1 of `t` does not have 3 fields");
        }
    }

    #[test]
    fn rows_are_counted_over_chunks() {
        let mut masker = masker(&MIXED);
        let mut out = Vec::new();
        assert_eq!(masker.mask(b"1\t2\t3\n4\t5\t6\n", &mut out).unwrap(), 2);
        assert_eq!(masker.mask(b"", &mut out).unwrap(), 0);
        assert!(masker.mask(b"7\n", &mut out).unwrap_err().message.starts_with("row 3 of"));
    }

    #[test]
    fn a_table_without_columns_keeps_its_rows() {
        let mut masker = masker(&[]);
        let mut out = Vec::new();
        assert_eq!(masker.mask(b"\n\n", &mut out).unwrap(), 2);
        assert_eq!(out, b"\n\n");
    }

    #[test]
    fn an_escaped_value_is_masked_as_the_value_it_stands_for() {
        let rules = [("a", "hash")];
        assert_eq!(run(&rules, "A\n").unwrap(), run(&rules, "\\x41\n").unwrap());
    }

    proptest! {
        #[test]
        fn no_raw_value_survives_and_no_kept_one_changes(
            rows in proptest::collection::vec(("[a-z]{0,6}", "[0-9]{6,12}", "[a-z]{0,6}"), 1..20),
        ) {
            let lines = rows.iter().map(|(a, b, c)| format!("{a}\t{b}\t{c}\n")).collect::<Vec<_>>().concat();
            let out = run(&MIXED, &lines).unwrap();
            let expected = rows.iter().map(|(a, _, c)| format!("{a}\tX\t{c}\n")).collect::<Vec<_>>().concat();
            prop_assert_eq!(out, expected);
        }
    }
}
