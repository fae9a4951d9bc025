//! The other databases of a server, as wholes.

/// What became of another database of the server than the one that is migrated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseChange {
    /// Its name afterwards; before, if it was dropped.
    pub name: String,
    /// What happened to it.
    pub event: DatabaseEvent,
}

/// What happened to a database as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseEvent {
    /// It did not exist before.
    Created,
    /// It no longer exists.
    Dropped {
        /// Its tables in the seed.
        tables: usize,
        /// Their rows in the seed.
        rows: u64,
    },
    /// It had another name.
    Renamed {
        /// The name before.
        from: String,
    },
}
