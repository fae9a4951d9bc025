//! Plain files, in order of name.

use super::listing::Listing;
use crate::model::migration::Migration;

/// The comment at the beginning of a file that opts out of a transaction, as sqlx has it.
const NO_TRANSACTION: &str = "-- no-transaction";

/// Every `.sql` file of the folder itself.
pub(super) fn read(listing: &Listing) -> Vec<Migration> {
    let files = listing.sql();
    files
        .map(|(name, sql)| Migration {
            transactional: !sql.starts_with(NO_TRANSACTION),
            ..listing.migration(name, name)
        })
        .collect()
}
