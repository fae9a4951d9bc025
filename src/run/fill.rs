//! The ports of the seed pipeline, onto the world: a backup file to read, a database to fill.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::archive::ReadSeek;
use crate::model::error::Result;
use crate::model::masking::MaskColumn;
use crate::model::migration::SqlFailure;
use crate::model::name::TableName;
use crate::seed::{Source, Target};
use crate::world::files::FileFacts;
use crate::world::{Database, Files};

/// A backup that lies in a file.
pub struct BackupFile {
    files: Arc<dyn Files>,
    path: PathBuf,
    size_bytes: u64,
}

impl BackupFile {
    /// The backup in `file`.
    pub fn new(files: Arc<dyn Files>, file: &FileFacts) -> Self {
        Self { files, path: file.path.clone(), size_bytes: file.size_bytes }
    }
}

impl Source for BackupFile {
    fn open(&self) -> Result<Box<dyn ReadSeek>> {
        Ok(Box::new(self.files.open(&self.path)?))
    }

    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

/// The database in which a seed is built.
pub struct SeedDatabase(pub Arc<dyn Database>);

#[async_trait]
impl Target for SeedDatabase {
    async fn run(&self, sql: &str) -> Result<std::result::Result<(), SqlFailure>> {
        self.0.run(sql).await
    }

    async fn columns(&self) -> Result<BTreeMap<TableName, Vec<MaskColumn>>> {
        let catalog = self.0.catalog().await?;
        Ok(catalog
            .tables
            .into_values()
            .map(|table| {
                let columns = table
                    .columns
                    .iter()
                    .filter(|column| !column.generated)
                    .map(|column| MaskColumn {
                        name: column.name.clone(),
                        type_name: column.type_name.clone(),
                        not_null: column.not_null,
                        unique: table.unique_keys.iter().any(|key| key.contains(&column.name)),
                    })
                    .collect();
                (table.name, columns)
            })
            .collect())
    }

    async fn copy_in(
        &self,
        table: &TableName,
        columns: &[String],
        rows: mpsc::Receiver<Bytes>,
    ) -> Result<std::result::Result<u64, SqlFailure>> {
        self.0.copy_in(table, columns, rows).await
    }
}
