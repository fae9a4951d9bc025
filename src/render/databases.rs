//! Databases of the server that came and went, in words that several forms of the report share.

use crate::model::database::{DatabaseChange, DatabaseEvent};
use crate::model::quantity::{counted, rows};

/// `audit dropped, with 3 tables and 12,345 rows`.
pub(super) fn told(of: &DatabaseChange) -> String {
    let name = &of.name;
    match &of.event {
        DatabaseEvent::Created => format!("{name} created"),
        DatabaseEvent::Dropped { tables: 0, .. } => {
            format!("{name} dropped, which held no table of production")
        }
        DatabaseEvent::Dropped { tables, rows: held } => {
            format!("{name} dropped, with {} and {}", counted(*tables, "table", "tables"), rows(*held))
        }
        DatabaseEvent::Renamed { from } => format!("{from} is called {name} now"),
    }
}

/// All of them; nothing where there are none.
pub(super) fn all(of: &[DatabaseChange]) -> Option<String> {
    (!of.is_empty()).then(|| of.iter().map(told).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::TableName;
    use crate::render::{Style, json, markdown, sample, terminal};

    #[test]
    fn other_databases_of_the_server_are_in_every_form_of_the_report() {
        let dropped = DatabaseEvent::Dropped { tables: 3, rows: 12_345 };
        let change = |name: &str, event| DatabaseChange { name: name.to_owned(), event };
        let renamed = DatabaseEvent::Renamed { from: "old".to_owned() };
        let mut report = sample::mended();
        let first = &mut report.migrations[0].change;
        first.databases = vec![change("audit", dropped), change("new", renamed)];
        let elsewhere = TableName::new("public", "log").elsewhere("audit");
        let there = crate::model::change::TableChange { table: elsewhere, ..first.tables[0].clone() };
        first.tables.push(there);
        let text = terminal(&report, Style { colour: false, width: 100 });
        let told = "databases: audit dropped, with 3 tables and 12,345 rows; old is called new now";
        assert!(text.contains(told), "{text}");
        assert!(text.contains("audit.public.log  600,000"), "{text}");
        let migration = &json::value(&report)["migrations"][0];
        assert_eq!(migration["databases"][0]["event"], "dropped");
        assert_eq!(migration["databases"][0]["rows"], 12_345);
        assert_eq!(migration["databases"][1]["from"], "old");
        assert_eq!(migration["tables"][0]["elsewhere"], serde_json::Value::Null);
        assert_eq!(migration["tables"][1]["elsewhere"], "audit");
        let comment = markdown(&report);
        assert!(
            comment.contains("**Databases** `0004_backfill_fulfilled_at.sql`: audit dropped, with"),
            "{comment}"
        );
        assert!(comment.contains("`audit.public.log`"), "{comment}");
    }
}
