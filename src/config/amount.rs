//! Durations, sizes and command lines as people write them in YAML.

use jiff::{Span, SpanRelativeTo, Unit};

/// Nanoseconds of `4h`, `1m30s`, `500ms`, `3d` or `2h 30m`; a day has 24 hours. `None` for anything else, less than nothing included.
pub fn nanoseconds(text: &str) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    // ISO 8601 (`PT1H`) and `1h ago` are spans to the parser, but nobody means them here.
    if text.starts_with(['P', 'p', '-', '+']) || text.contains("ago") {
        return None;
    }
    let span: Span = text.parse().ok()?;
    let total = span.total((Unit::Nanosecond, SpanRelativeTo::days_are_24_hours())).ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "casts of floats saturate, and the range is checked")]
    (total.is_finite() && (0.0..9.2e18).contains(&total)).then(|| total.round() as i64)
}

/// Whole seconds of a duration of at least one second.
pub fn seconds(text: &str) -> Option<u64> {
    let nanoseconds = nanoseconds(text)?;
    u64::try_from(nanoseconds / 1_000_000_000).ok().filter(|seconds| *seconds > 0)
}

/// Bytes of `64m`, `1.5g`, `2 GiB` or `1024`, each unit 1024 of the one below, as Docker counts.
pub fn bytes(text: &str) -> Option<i64> {
    let text = text.trim().to_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..)?;
    let power = match unit.trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    let number: f64 = digits.trim_end().parse().ok()?;
    let total = number * 1024_f64.powi(power);
    #[expect(clippy::cast_possible_truncation, reason = "casts of floats saturate, and the range is checked")]
    (number >= 0.0 && total < 9.0e18).then_some(total as i64)
}

/// Billionths of a CPU of `0.5` or `2`.
pub fn nano_cpus(text: &str) -> Option<i64> {
    let cpus: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "casts of floats saturate, and the range is checked")]
    (0.0..1e6).contains(&cpus).then(|| (cpus * 1e9).round() as i64)
}

/// The words of a command line as a POSIX shell splits it, without running anything; `None` for an open quote.
pub fn words(text: &str) -> Option<Vec<String>> {
    shlex::split(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let cases = [
            ("500ms", Some(500_000_000)),
            ("1m30s", Some(90_000_000_000)),
            ("2h 30m", Some(9_000_000_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("10us", Some(10_000)),
            ("3d", Some(259_200_000_000_000)),
            ("0", Some(0)),
            ("0s", Some(0)),
            ("5", None),
            ("-1h", None),
            ("1h ago", None),
            ("PT1H", None),
            ("2 years", None),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(nanoseconds(text), expected, "{text}");
        }
        assert_eq!(seconds("90m"), Some(5400));
        assert_eq!(seconds("10ms"), None);
    }

    #[test]
    fn sizes_count_in_1024s_as_docker_does() {
        let cases = [
            ("1024", Some(1024)),
            ("64m", Some(64 << 20)),
            ("64MB", Some(64 << 20)),
            ("1.5g", Some(3 << 29)),
            ("2 GiB", Some(2 << 30)),
            ("12b", Some(12)),
            ("m", None),
            ("-1m", None),
            ("1x", None),
            ("inf", None),
            ("nan", None),
        ];
        for (text, expected) in cases {
            assert_eq!(bytes(text), expected, "{text}");
        }
        assert_eq!(nano_cpus("0.5"), Some(500_000_000));
        assert_eq!(nano_cpus("lots"), None);
    }

    #[test]
    fn a_command_line_is_split_like_a_shell_does() {
        assert_eq!(words(r#"sh -c "a 'b' $C""#).unwrap(), ["sh", "-c", "a 'b' $C"]);
        assert_eq!(words("open 'quote"), None);
    }
}
