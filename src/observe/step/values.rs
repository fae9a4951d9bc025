//! Values of a row of a version table, out of its bytes and the columns that the catalogue says it has.

use crate::model::catalog::Column;
use crate::observe::wal::TupleBytes;

/// A value of a row, as text where people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// NULL, or a column that the row is too short for.
    Null,
    /// Text or a number, as the server prints it.
    Text(String),
    /// A truth.
    Bool(bool),
    /// Something that is not read.
    Other,
}

/// How a type lies in a row.
enum Form {
    Integer(usize),
    Bool,
    /// Of a size, aligned to another.
    Fixed(usize, usize),
    /// Text, and whatever else has its length before it.
    Varying,
}

/// The values of `columns`, which are in order of position; those that were dropped are left out of them. Empty if the
/// bytes do not fit.
pub(super) fn read(tuple: &TupleBytes, columns: &[Column]) -> Vec<(String, Value)> {
    let mut at = 0;
    let mut values = Vec::new();
    let mut last = 0;
    for column in columns {
        let position = usize::try_from(column.position).unwrap_or_default();
        // A dropped column before it has a place in the row only if the row is older; then it cannot be read.
        let was_dropped = (last + 1..position).any(|dropped| is_present(tuple, dropped));
        if was_dropped || position == 0 {
            return Vec::new();
        }
        last = position;
        let value = if is_present(tuple, position) {
            match value(&tuple.values, &mut at, &form(&column.type_name)) {
                Some(value) => value,
                None => return Vec::new(),
            }
        } else {
            Value::Null
        };
        values.push((column.name.clone(), value));
    }
    values
}

/// A row of one column of text as the server would write it: what an UPDATE may build on.
pub(super) fn one_text(text: &str) -> Option<TupleBytes> {
    const LONGEST_SHORT: usize = 126;
    let length = text.len();
    let header = (length <= LONGEST_SHORT).then(|| u8::try_from((length + 1) << 1 | 1).ok())??;
    let values = std::iter::once(header).chain(text.bytes()).collect();
    Some(TupleBytes { attributes: 1, present: Vec::new(), values })
}

fn is_present(tuple: &TupleBytes, position: usize) -> bool {
    let bit = position - 1;
    position <= usize::from(tuple.attributes)
        && (tuple.present.is_empty()
            || tuple.present.get(bit / 8).is_some_and(|byte| byte & (1 << (bit % 8)) != 0))
}

fn form(type_name: &str) -> Form {
    match type_name {
        "smallint" => Form::Integer(2),
        "integer" => Form::Integer(4),
        "bigint" => Form::Integer(8),
        "boolean" => Form::Bool,
        "date" | "real" | "oid" => Form::Fixed(4, 4),
        "double precision" => Form::Fixed(8, 8),
        "uuid" => Form::Fixed(16, 1),
        // With a precision it has another name and the same form.
        other if other.starts_with("timestamp") => Form::Fixed(8, 8),
        _ => Form::Varying,
    }
}

fn value(bytes: &[u8], at: &mut usize, form: &Form) -> Option<Value> {
    match form {
        Form::Integer(size) => {
            let taken = fixed(bytes, at, *size, *size)?;
            let sign = if taken.last()? & 0x80 == 0 { 0 } else { 0xFF };
            let mut wide = [sign; 8];
            wide.get_mut(..*size)?.copy_from_slice(taken);
            Some(Value::Text(i64::from_le_bytes(wide).to_string()))
        }
        Form::Bool => fixed(bytes, at, 1, 1)?.first().map(|byte| Value::Bool(*byte != 0)),
        Form::Fixed(size, alignment) => fixed(bytes, at, *size, *alignment).map(|_| Value::Other),
        Form::Varying => varying(bytes, at),
    }
}

fn fixed<'a>(bytes: &'a [u8], at: &mut usize, size: usize, alignment: usize) -> Option<&'a [u8]> {
    let start = at.next_multiple_of(alignment);
    *at = start + size;
    bytes.get(start..*at)
}

/// A value behind its length: one byte of it if that is odd, else four, aligned; a byte of 1 stands for a value that lies
/// elsewhere.
fn varying(bytes: &[u8], at: &mut usize) -> Option<Value> {
    const ELSEWHERE: u8 = 1;
    const ELSEWHERE_BYTES: usize = 18;
    let first = *bytes.get(*at)?;
    if first == ELSEWHERE {
        *at += ELSEWHERE_BYTES;
        return (*at <= bytes.len()).then_some(Value::Other);
    }
    if first & 1 == 1 {
        let end = *at + usize::from(first >> 1);
        let text = bytes.get(*at + 1..end)?;
        *at = end;
        return Some(text_or_other(text));
    }
    let start = at.next_multiple_of(4);
    let word = bytes.get(start..start + 4)?.first_chunk::<4>().copied().map(u32::from_le_bytes)?;
    let end = start + usize::try_from(word >> 2).ok()?;
    let is_compressed = word & 2 != 0;
    let text = bytes.get(start + 4..end)?;
    *at = end;
    Some(if is_compressed { Value::Other } else { text_or_other(text) })
}

fn text_or_other(bytes: &[u8]) -> Value {
    std::str::from_utf8(bytes).map_or(Value::Other, |text| Value::Text(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(position: i16, type_name: &str) -> Column {
        Column {
            name: format!("c{position}"),
            type_name: type_name.to_owned(),
            position,
            not_null: false,
            generated: false,
            default: None,
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[track_caller]
    fn check(tuple: &TupleBytes, columns: &[Column], expected: &[Value]) {
        let values: Vec<Value> = read(tuple, columns).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, expected);
    }

    #[test]
    fn values_lie_where_their_types_want_them() {
        let columns = [
            column(1, "boolean"),
            column(2, "integer"),
            column(3, "character varying(32)"),
            column(4, "timestamp(3) with time zone"),
            column(5, "bigint"),
        ];
        let mut values = vec![1, 0, 0, 0];
        values.extend((-7_i32).to_le_bytes());
        values.extend(b"\x07ab");
        values.resize(16, 0);
        values.extend(9_i64.to_le_bytes());
        values.extend(20_240_101_000_000_i64.to_le_bytes());
        let tuple = TupleBytes { attributes: 5, present: Vec::new(), values };
        check(
            &tuple,
            &columns,
            &[Value::Bool(true), text("-7"), text("ab"), Value::Other, text("20240101000000")],
        );
    }

    #[test]
    fn nulls_take_no_room_and_short_rows_end_in_them() {
        let columns = [column(1, "text"), column(2, "text"), column(3, "text")];
        let tuple = TupleBytes { attributes: 2, present: vec![0b10], values: b"\x05x".to_vec() };
        check(&tuple, &columns, &[Value::Null, text("x"), Value::Null]);
    }

    #[test]
    fn long_text_has_its_length_in_four_bytes() {
        let long = "a".repeat(200);
        let mut values = b"\x05x\0\0".to_vec();
        values.extend((204_u32 << 2).to_le_bytes());
        values.extend(long.bytes());
        let tuple = TupleBytes { attributes: 2, present: Vec::new(), values };
        check(&tuple, &[column(1, "text"), column(2, "text")], &[text("x"), text(&long)]);
    }

    #[test]
    fn what_does_not_fit_has_no_values() {
        let tuple = TupleBytes { attributes: 1, present: Vec::new(), values: b"\x0Fab".to_vec() };
        check(&tuple, &[column(1, "text")], &[]);
        let dropped = TupleBytes { attributes: 2, present: Vec::new(), values: b"\x05x\x05y".to_vec() };
        check(&dropped, &[column(2, "text")], &[]);
    }

    #[test]
    fn one_text_is_as_the_server_writes_it() {
        check(&one_text("e3a1f2").unwrap(), &[column(1, "character varying(32)")], &[text("e3a1f2")]);
        assert!(one_text(&"x".repeat(200)).is_none());
    }
}
