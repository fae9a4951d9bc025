//! `date_shift`: another day, the same time of day.

use super::calendar::{date_of, days_of};
use super::keyed::Keyed;
use super::kind::Kind;
use super::rule::{Action, FieldMask, Misfit, Parameter, Request, RuleKind, Unmaskable};

pub(super) const RULE: RuleKind = RuleKind {
    id: "date_shift",
    summary: "moves a date or timestamp by up to so many days; by the same number of days where the column is unique",
    parameters: &[Parameter { name: "days", summary: "the most days, 1 to 36500", required: true }],
    build,
};

fn build(request: &Request<'_>) -> Result<Action, Misfit> {
    let last_year = match request.kind {
        Kind::Date => 5_874_897,
        Kind::Timestamp => 294_276,
        _ => return Err(request.misfit("dates and timestamps")),
    };
    let days: Option<u32> = request.parameter("days").and_then(|days| days.parse().ok());
    let days = days.filter(|days| (1..=36_500).contains(days));
    let days = days.ok_or_else(|| Misfit::new("`days` of `date_shift` is no number from 1 to 36500"))?;
    let keyed = request.keyed();
    let constant = request.column.unique.then(|| shift(keyed.hash(b"unique"), days));
    Ok(Action::replace(DateShift { keyed, days, constant, last_year }))
}

struct DateShift {
    keyed: Keyed,
    days: u32,
    /// In a unique column all values move alike, or two could meet.
    constant: Option<i64>,
    last_year: i64,
}

/// −days to days without 0: a date that stays would be the raw one.
fn shift(bits: u128, days: u32) -> i64 {
    let magnitude = i64::try_from((bits >> 1) % u128::from(days)).unwrap_or_default() + 1;
    if bits & 1 == 0 { magnitude } else { -magnitude }
}

impl FieldMask for DateShift {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        if matches!(value, b"infinity" | b"-infinity") {
            out.extend_from_slice(value);
            return Ok(());
        }
        let (text, before_christ) = match value.strip_suffix(b" BC") {
            Some(text) => (text, true),
            None => (value, false),
        };
        let end = memchr::memchr(b' ', text).unwrap_or(text.len());
        let (date, time) = text.split_at(end);
        let days = parse(date, before_christ).ok_or(Unmaskable("is no date in ISO form"))?;
        if !time.iter().all(|byte| byte.is_ascii_digit() || b" :.+-".contains(byte)) {
            return Err(Unmaskable("is no date in ISO form"));
        }
        let by = self.constant.unwrap_or_else(|| shift(self.keyed.hash(value), self.days));
        let (year, month, day) = date_of(days + by);
        if year > self.last_year || year < -4712 {
            return Err(Unmaskable("is too near the end of the calendar to be shifted"));
        }
        push_number(if year > 0 { year } else { 1 - year }, 4, out);
        out.push(b'-');
        push_number(month, 2, out);
        out.push(b'-');
        push_number(day, 2, out);
        out.extend_from_slice(time);
        if year <= 0 {
            out.extend_from_slice(b" BC");
        }
        Ok(())
    }
}

fn parse(date: &[u8], before_christ: bool) -> Option<i64> {
    let mut parts = date.split(|byte| *byte == b'-').map(number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let year = if before_christ { 1 - year } else { year };
    if parts.next().is_some() { None } else { days_of(year, month, day) }
}

fn number(digits: &[u8]) -> Option<i64> {
    let all_digits = !digits.is_empty() && digits.len() <= 7 && digits.iter().all(u8::is_ascii_digit);
    all_digits.then(|| digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

fn push_number(number: i64, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    let mut rest = number;
    while rest > 0 || out.len() - start < width {
        out.push(b'0' + u8::try_from(rest % 10).unwrap_or_default());
        rest /= 10;
    }
    out[start..].reverse();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::{assert_unique, masked, misfit, try_masked};

    fn days(text: &str) -> i64 {
        let (text, before_christ) = text.strip_suffix(" BC").map_or((text, false), |text| (text, true));
        parse(text.split(' ').next().unwrap().as_bytes(), before_christ).unwrap()
    }

    #[test]
    fn a_date_moves_within_its_limit_and_never_stays() {
        let dates: Vec<String> = (1..=28).map(|day| format!("2024-02-{day:02}")).collect();
        let fields: Vec<&str> = dates.iter().map(String::as_str).collect();
        for (before, after) in fields.iter().zip(masked("date_shift days=10", "date", &fields)) {
            let moved = (days(&after) - days(before)).abs();
            assert!((1..=10).contains(&moved), "{before} {after}");
        }
    }

    #[test]
    fn the_time_of_day_and_the_ends_of_time_stay() {
        let kind = "timestamp with time zone";
        let fields = ["2024-03-01 12:34:56.789+05:30", "infinity", "-infinity", "\\N"];
        let out = masked("date_shift days=30", kind, &fields);
        assert!(out[0].ends_with(" 12:34:56.789+05:30"), "{}", out[0]);
        assert_eq!(out[1..], fields[1..]);
        let ancient =
            masked("date_shift days=30", kind, &["0044-03-15 10:00:00+00 BC", "0001-01-01 00:00:00+00 BC"]);
        assert!(ancient[0].ends_with(" 10:00:00+00 BC"), "{}", ancient[0]);
    }

    #[test]
    fn in_a_unique_column_all_dates_move_alike() {
        let dates: Vec<String> = (1..=28).map(|day| format!("2024-02-{day:02}")).collect();
        assert_unique("date_shift days=10", "date unique", &dates);
    }

    #[test]
    fn what_is_no_date_is_an_error_without_the_value() {
        for value in ["soon", "2024-13-01", "01/02/2024", "2024-01-01 at noon"] {
            let error = try_masked("date_shift days=3", "timestamp without time zone", &[value]).unwrap_err();
            assert!(
                error.message.contains("is no date") && !error.message.contains(value),
                "{}",
                error.message
            );
        }
        assert!(misfit("date_shift days=0", "date").contains("1 to 36500"));
        assert!(misfit("date_shift days=3", "text").contains("fits dates"));
    }
}
