//! Numbers as people read them: counts with separators, shares, durations, ages and sizes.

use std::fmt;

/// A count, with a comma between each three digits (`1,000,000`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

/// A whole number that may be negative, with separators as a count has them (`-1,000`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole(pub i64);

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", Count(self.0.unsigned_abs()))
    }
}

/// A count and the word for what is counted (`1 row`, `2,000 rows`).
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", Count(count as u64), if count == 1 { one } else { many })
}

/// A number of rows (`1 row`, `2,000 rows`).
pub fn rows(count: u64) -> String {
    format!("{} {}", Count(count), if count == 1 { "row" } else { "rows" })
}

/// A part of a whole, printed as percent with one decimal. What is not nothing never reads as `0 %`, and what is not all
/// never as `100 %`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The part.
    pub part: u64,
    /// The whole.
    pub whole: u64,
}

impl Share {
    /// The share in percent; 0 of an empty whole.
    #[expect(clippy::cast_precision_loss, reason = "a share of a count needs no more than 53 bits")]
    pub fn percent(self) -> f64 {
        if self.whole == 0 { 0.0 } else { self.part as f64 * 100.0 / self.whole as f64 }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.percent();
        if self.part > 0 && percent < 0.1 {
            return f.write_str("less than 0.1 %");
        }
        if self.part < self.whole && percent > 99.9 {
            return f.write_str("more than 99.9 %");
        }
        let text = format!("{percent:.1}");
        write!(f, "{} %", text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// A duration for people: `0.04 s`, `3.41 s`, `27.6 s`, `2 min 5 s`, `1 h 3 min`.
pub fn duration(seconds: f64) -> String {
    if seconds < 9.995 {
        return format!("{:.2} s", seconds.max(0.0));
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    age(whole_seconds(seconds))
}

/// Whole seconds in their two largest units: `45 s`, `2 min 5 s`, `18 h`, `2 d 3 h`.
pub fn age(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let Some(first) = UNITS.iter().position(|(size, _)| seconds >= *size) else { return "0 s".to_owned() };
    let (size, unit) = UNITS[first];
    let large = format!("{} {unit}", Count(seconds / size));
    match UNITS.get(first + 1).map(|(next, unit)| (seconds % size / next, unit)) {
        Some((rest, unit)) if rest > 0 => format!("{large} {rest} {unit}"),
        _ => large,
    }
}

/// A size in bytes: `512 B`, `1.4 MB`, `212 MB`; powers of ten.
#[expect(clippy::cast_precision_loss, reason = "printed with three digits at most")]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut scaled = bytes as f64 / 1000.0;
    let mut unit = 0;
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(scaled < 9.95);
    format!("{scaled:.decimals$} {}", UNITS[unit])
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a duration of a run, never negative here"
)]
fn whole_seconds(seconds: f64) -> u64 {
    seconds.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (873_511, "873,511"), (1_000_000, "1,000,000")];
        for (count, text) in cases {
            assert_eq!(Count(count).to_string(), text);
        }
        assert_eq!(format!("{:>7}", Count(1000)), "  1,000");
        assert_eq!(rows(1), "1 row");
        assert_eq!(counted(2, "table", "tables"), "2 tables");
    }

    #[test]
    fn a_share_never_pretends_to_be_nothing_or_all() {
        let share = |part, whole| Share { part, whole }.to_string();
        assert_eq!(share(873_511, 1_000_000), "87.4 %");
        assert_eq!(share(120, 1000), "12 %");
        assert_eq!(share(1, 1_000_000), "less than 0.1 %");
        assert_eq!(share(999_999, 1_000_000), "more than 99.9 %");
        assert_eq!(share(5, 5), "100 %");
        assert_eq!(share(0, 5), "0 %");
        assert_eq!(share(0, 0), "0 %");
    }

    #[test]
    fn durations_and_ages_have_the_precision_that_people_need() {
        let cases =
            [(0.0, "0.00 s"), (3.414, "3.41 s"), (9.996, "10.0 s"), (27.64, "27.6 s"), (125.2, "2 min 5 s")];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(age(18 * 3600), "18 h");
        assert_eq!(age(2 * 86_400 + 3 * 3600 + 59), "2 d 3 h");
        assert_eq!(age(0), "0 s");
    }

    #[test]
    fn sizes_are_in_powers_of_ten() {
        let cases = [(999, "999 B"), (1400, "1.4 kB"), (212_000_000, "212 MB"), (999_900_000, "1.0 GB")];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }
}
