//! What a migration did to the schema, in a terminal: one line an object.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Page;
use super::migration::INDENT;
use crate::model::quantity::counted;
use crate::model::schema_change::SchemaChange;
use crate::render::paint::{Tone, clean};
use crate::render::schema::{Line, line};

/// Objects that are shown; the others are counted.
const MAX_OBJECTS: usize = 40;

/// The lines; nothing where the schema is what it was.
pub(super) fn section(page: &mut Page, changes: &[SchemaChange]) {
    let shown = &changes[..changes.len().min(MAX_OBJECTS)];
    for change in shown {
        object(page, &line(change));
    }
    let more = changes.len() - shown.len();
    if more > 0 {
        let more = counted(more, "more object of the schema", "more objects of the schema");
        page.line(format!("{INDENT}and {more}, all in `--json`"));
    }
}

/// `+ index orders_total: ON orders (total)`, cut at the end of the line. What is invalid has a sign of its own, so that it
/// stands out without colour, too.
fn object(page: &mut Page, line: &Line) {
    let tone = match line.sign {
        '+' => Tone::Good,
        '-' => Tone::Bad,
        _ => Tone::Doubt,
    };
    let (sign, tone) = if line.is_invalid {
        (format!("{} ✘", line.sign), Tone::Bad)
    } else {
        (line.sign.to_string(), tone)
    };
    let text = if line.detail.is_empty() {
        line.object.clone()
    } else {
        format!("{}: {}", line.object, line.detail)
    };
    let room = page.width.saturating_sub(INDENT.len() + sign.width() + 1);
    let words = if line.is_invalid { Tone::Bad } else { Tone::Plain };
    let (sign, text) = (page.paint.put(tone, &sign), page.paint.put(words, &cut(&text, room)));
    page.line(format!("{INDENT}{sign} {text}"));
}

/// As much of a text as there is room for.
fn cut(text: &str, columns: usize) -> String {
    let text = clean(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < columns
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use crate::render::{Style, sample, terminal};

    #[test]
    fn every_object_has_a_line_and_an_invalid_index_stands_out() {
        let text = terminal(&sample::reshaped(), Style { colour: false, width: 80 });
        let lines: Vec<&str> =
            text.lines().filter(|line| ["  +", "  -", "  ~"].iter().any(|it| line.starts_with(it))).collect();
        assert_eq!(
            lines,
            [
                "  ~ type order_state: ENUM ('new', 'paid') → ENUM ('new', 'paid', 'sent')",
                "  ~ column orders.total: renamed from orders.amount; type integer → bigint; now…",
                "  + ✘ index orders_total_key: INVALID, UNIQUE ON orders (total)",
                "  - view open_orders: SELECT * FROM orders",
            ]
        );
        assert!(lines.iter().all(|line| line.width() <= 80));
    }

    #[test]
    fn more_objects_than_anybody_reads_are_counted() {
        let mut report = sample::reshaped();
        let change = report.migrations[1].change.schema[0].clone();
        report.migrations[1].change.schema = vec![change; 43];
        let text = terminal(&report, Style { colour: false, width: 80 });
        assert!(text.contains("and 3 more objects of the schema, all in `--json`"), "{text}");
    }
}
