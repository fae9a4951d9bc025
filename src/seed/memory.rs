//! A database in memory, and a backup in it, for tests of the pipeline.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Source, Target};
use crate::archive::{Archive, ReadSeek};
use crate::model::error::Result;
use crate::model::masking::MaskColumn;
use crate::model::migration::SqlFailure;
use crate::model::name::TableName;

pub(super) struct Fixture(pub(super) &'static [u8]);

impl Source for Fixture {
    fn open(&self) -> Result<Box<dyn ReadSeek>> {
        Ok(Box::new(Cursor::new(self.0)))
    }

    fn size_bytes(&self) -> u64 {
        self.0.len() as u64
    }
}

/// Says why SQL, or a COPY, is refused, given what ran before.
type Refuses = Box<dyn Fn(&str, &[String]) -> Option<SqlFailure> + Send + Sync>;

/// A database that believes everything but what `refuses` says.
pub(super) struct Memory {
    pub(super) described: BTreeMap<TableName, Vec<MaskColumn>>,
    pub(super) refuses: Refuses,
    /// Rows that it counts less than it got.
    pub(super) loses: u64,
    pub(super) ran: Mutex<Vec<String>>,
    pub(super) copied: Mutex<BTreeMap<TableName, String>>,
}

impl Memory {
    pub(super) fn new(archive: &Archive) -> Self {
        let describe = |(name, type_name): &(String, String)| MaskColumn {
            name: name.clone(),
            type_name: type_name.clone(),
            not_null: name == "id",
            unique: false,
        };
        let described = archive.declared.iter();
        let described =
            described.map(|(table, columns)| (table.clone(), columns.iter().map(describe).collect()));
        Self {
            described: described.collect(),
            refuses: Box::new(|_, _| None),
            loses: 0,
            ran: Mutex::default(),
            copied: Mutex::default(),
        }
    }

    pub(super) fn ran(&self) -> Vec<String> {
        self.ran.lock().unwrap().clone()
    }

    pub(super) fn copied(&self, table: &str) -> String {
        self.copied.lock().unwrap().get(&TableName::new("public", table)).cloned().unwrap_or_default()
    }
}

#[async_trait]
impl Target for Memory {
    async fn run(&self, sql: &str) -> Result<std::result::Result<(), SqlFailure>> {
        let mut ran = self.ran.lock().unwrap();
        if let Some(failure) = (self.refuses)(sql, &ran) {
            return Ok(Err(failure));
        }
        ran.push(sql.to_owned());
        Ok(Ok(()))
    }

    async fn columns(&self) -> Result<BTreeMap<TableName, Vec<MaskColumn>>> {
        Ok(self.described.clone())
    }

    async fn copy_in(
        &self,
        table: &TableName,
        columns: &[String],
        mut rows: mpsc::Receiver<Bytes>,
    ) -> Result<std::result::Result<u64, SqlFailure>> {
        let heading = format!("COPY {} ({})", table.quoted(), columns.join(", "));
        if let Some(failure) = (self.refuses)(&heading, &[]) {
            return Ok(Err(failure));
        }
        let mut text = Vec::new();
        while let Some(chunk) = rows.recv().await {
            assert!(chunk.ends_with(b"\n"), "a chunk holds whole lines");
            text.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(text).unwrap();
        let count = text.lines().count() as u64 - self.loses;
        self.ran.lock().unwrap().push(heading);
        self.copied.lock().unwrap().insert(table.clone(), text);
        Ok(Ok(count))
    }
}

pub(super) fn failure(code: &str, message: &str) -> SqlFailure {
    SqlFailure { message: message.into(), code: code.into(), line: None, column: None, hint: None }
}
