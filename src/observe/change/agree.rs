//! Whether the witnesses agree. Where they do not, nobody knows what happened, and that is never a pass.

use super::touched::Touched;
use crate::model::change::NetRows;

/// Why the witnesses do not agree on a table; empty if they do. `net` is what came of [`Touched::source`],
/// `rows_after` an exact count of the table's rows now, if one was made.
///
/// Where the comparison was confined to the rows that the log touched, the log is still not its own witness: ids are
/// kept whatever became of a transaction and counts are not, so that rows of one that was misjudged would be there, or
/// not, against the count. What escapes is a record of the log that was not read at all; `rows_after` shows that one.
pub fn agree(touched: &Touched, net: NetRows, rows_after: Option<u64>) -> Vec<String> {
    let table = &touched.change.table;
    let seed = touched.change.rows_in_seed;
    let mut doubts = touched.doubts.clone();
    if net.missing.saturating_add(net.different) > seed {
        doubts.push(format!(
            "{table}: {} rows missing and {} different, but the seed has {seed}",
            net.missing, net.different
        ));
    }
    if let Some(after) = rows_after
        && i128::from(seed) + balance(net.new, net.missing) != i128::from(after)
    {
        doubts.push(format!(
            "{table}: {seed} rows in the seed, {} missing and {} new, but {after} are there now",
            net.missing, net.new
        ));
    }
    if let Some(gross) = touched.since_seed {
        if balance(net.new, net.missing) != balance(gross.inserted, gross.deleted) {
            doubts.push(format!(
                "{table}: the log has {} rows inserted and {} deleted, but {} are new and {} missing",
                gross.inserted, gross.deleted, net.new, net.missing
            ));
        }
        // An update may change the key, which makes one row missing and another one new.
        let most_missing = gross.deleted.saturating_add(gross.updated);
        let most_new = gross.inserted.saturating_add(gross.updated);
        let most_different = gross.updated.saturating_add(gross.inserted.min(gross.deleted));
        if net.missing > most_missing || net.new > most_new || net.different > most_different {
            doubts.push(format!(
                "{table}: the log has {} rows inserted, {} updated and {} deleted, too few for {} missing, {} new \
                 and {} different",
                gross.inserted, gross.updated, gross.deleted, net.missing, net.new, net.different
            ));
        }
    }
    doubts
}

fn balance(more: u64, less: u64) -> i128 {
    i128::from(more) - i128::from(less)
}
