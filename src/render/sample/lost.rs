//! Rows that were lost.

use crate::model::lost::LostRows;

/// Five of a feed, with a NULL, a value that was cut, and some that want to be more than text.
pub(super) fn feed_items() -> LostRows {
    let cut = format!("{}…", "https://feeds.example/items/".repeat(3).get(..80).expect("80 characters"));
    let row = |id: &str, sku: &str, url: Option<&str>, note: &str| {
        vec![Some(id.to_owned()), Some(sku.to_owned()), url.map(str::to_owned), Some(note.to_owned())]
    };
    LostRows {
        columns: ["id", "sku", "url", "note"].map(str::to_owned).into(),
        rows: vec![
            row("17", "FR-0017", None, "two\nlines"),
            row("18", "FR-0018", Some(&cut), "a|b <b>"),
            row("21", "FR-0021", Some("https://feeds.example/21"), ""),
            row("22", "FR-0022", None, "\u{1b}[31mred"),
            row("25", "FR-0025", None, "plain"),
        ],
    }
}
