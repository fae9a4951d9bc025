//! What a seed is made from and made in, and what is told meanwhile.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::archive::{ReadSeek, Section};
use crate::model::error::Result;
use crate::model::masking::MaskColumn;
use crate::model::migration::SqlFailure;
use crate::model::name::TableName;

/// The backup's bytes.
pub trait Source: Send + Sync {
    /// A new handle, independent of the others: tables are read side by side.
    fn open(&self) -> Result<Box<dyn ReadSeek>>;
    /// Size in bytes.
    fn size_bytes(&self) -> u64;
}

/// The empty database that becomes the seed. Used from several tasks at once.
#[async_trait]
pub trait Target: Send + Sync {
    /// Runs SQL of one or more statements, as one transaction; failing is a fact.
    async fn run(&self, sql: &str) -> Result<std::result::Result<(), SqlFailure>>;
    /// Columns of all user tables in order of position. Types are those of the columns, uniqueness is not asked for.
    async fn columns(&self) -> Result<BTreeMap<TableName, Vec<MaskColumn>>>;
    /// Copies rows, which end when the channel does, into a table, in a transaction of their own; returns how many the
    /// server counted. Dropping the future before it is done must leave none of them.
    async fn copy_in(
        &self,
        table: &TableName,
        columns: &[String],
        rows: mpsc::Receiver<Bytes>,
    ) -> Result<std::result::Result<u64, SqlFailure>>;
}

/// What just happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A piece of SQL is about to run.
    Entry {
        /// Before or after the rows.
        section: Section,
        /// What it is: `INDEX users_email_key`.
        title: String,
        /// How many of its section were run before it.
        done: usize,
        /// How many its section has.
        total: usize,
    },
    /// Rows of a table were read, masked and handed over.
    Rows {
        /// The table.
        table: TableName,
        /// Its rows so far.
        rows: u64,
        /// Bytes of the backup read so far, of all tables together.
        bytes_read: u64,
        /// Size of the backup in bytes.
        bytes_total: u64,
    },
}
