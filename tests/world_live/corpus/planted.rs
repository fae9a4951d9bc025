//! Planted wrongs: one row more or less, on either side, and the proof fails.

use stage::model::change::Change;

use super::case::{Gross, GrossByTable, Runner};
use super::independent::{Snapshot, differences};
use super::{contradictions, with_server};

const SETUP: &str = "CREATE SCHEMA s00; SET search_path TO s00;
    CREATE TABLE item (id int PRIMARY KEY, v text); INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
    CREATE TABLE log (v text); INSERT INTO log SELECT 'v' || i FROM generate_series(1, 9) i;
    RESET search_path";
const MIGRATION: &str = "DELETE FROM item WHERE id <= 5; UPDATE item SET v = 'other' WHERE id <= 8;
    INSERT INTO item VALUES (99, 'new'); INSERT INTO log VALUES ('new')";

fn rows_of<'s>(snapshot: &'s mut Snapshot, table: &str) -> &'s mut Vec<Vec<Option<String>>> {
    &mut snapshot.get_mut(table).unwrap().rows
}

/// What every figure of a change would be if it were one too many.
fn one_too_many(change: &Change) -> Vec<Change> {
    let mut wrong = Vec::new();
    for table in 0..change.tables.len() {
        for figure in 0..7 {
            let mut change = change.clone();
            let table = &mut change.tables[table];
            let gross = table.gross.as_mut().unwrap();
            let figures = [
                &mut table.net.missing,
                &mut table.net.new,
                &mut table.net.different,
                &mut table.rows_in_seed,
                &mut gross.inserted,
                &mut gross.updated,
                &mut gross.deleted,
            ];
            *figures.into_iter().nth(figure).unwrap() += 1;
            wrong.push(change);
        }
    }
    wrong
}

#[tokio::test]
async fn one_row_or_one_figure_that_is_wrong_is_a_contradiction() {
    with_server(|server| async move {
        let mut metered = server.metered("planted", SETUP).await;
        let report = metered.run(Runner::Transaction, "s00", MIGRATION).await;
        let (seed, now) = (metered.seed.clone(), metered.now().await);
        let gross =
            |inserted, updated, deleted| Some(Gross { inserted, updated, deleted, truncated: 0, moved: 0 });
        let expected: GrossByTable =
            [("item".to_owned(), gross(1, 3, 5)), ("log".to_owned(), gross(1, 0, 0))].into();
        let of = |change: &Change, seed: &Snapshot, now: &Snapshot| {
            let mut found = contradictions::of_rows("s00", change, &differences(seed, now));
            found.extend(contradictions::of_gross("s00", change, &expected));
            found
        };
        assert_eq!(of(&report.change, &seed, &now), [""; 0]);

        for table in ["s00.item", "s00.log"] {
            let (mut less, mut more, mut other) = (now.clone(), now.clone(), now.clone());
            rows_of(&mut less, table).pop();
            let row = rows_of(&mut more, table)[0].clone();
            rows_of(&mut more, table).push(row);
            rows_of(&mut other, table)[0].iter_mut().last().unwrap().replace("planted".to_owned());
            for altered in [&less, &more, &other] {
                let found = of(&report.change, &seed, altered);
                assert!(found.len() == 1 && found[0].starts_with(table), "{table}: {found:?}");
            }
            let mut less = seed.clone();
            rows_of(&mut less, table).pop();
            assert_eq!(of(&report.change, &less, &now).len(), 1, "{table}");
        }
        for change in one_too_many(&report.change) {
            assert_eq!(of(&change, &seed, &now).len(), 1, "{change:?}");
        }
        for untold in 0..report.change.tables.len() {
            let mut change = report.change.clone();
            change.tables.remove(untold);
            assert_eq!(of(&change, &seed, &now).len(), 2, "{change:?}");
        }
        metered.close().await;
    })
    .await;
}
