//! The schema of one database from migration to migration, read only when it was touched.

use std::sync::Arc;
use std::time::Instant;

use crate::model::error::Result;
use crate::model::schema::Schema;
use crate::model::schema_change::SchemaChange;
use crate::observe::schema::compare;
use crate::world::Database;

/// The schema as it was last seen.
#[derive(Default)]
pub struct SchemaWitness {
    /// `None` as long as it is the seed's.
    last: Option<Schema>,
}

impl SchemaWitness {
    /// What happened to the schema of `live` since the last call; at first since the seed, which `seed` serves.
    pub async fn changes(
        &mut self,
        seed: &Arc<dyn Database>,
        live: &Arc<dyn Database>,
    ) -> Result<Vec<SchemaChange>> {
        let begun = Instant::now();
        let (before, after) = match self.last.take() {
            Some(last) => (last, live.schema().await?),
            None => tokio::try_join!(seed.schema(), live.schema())?,
        };
        let changes = compare(&before, &after);
        let (objects, took_ms) = (after.objects.len(), begun.elapsed().as_millis());
        tracing::debug!(objects, changes = changes.len(), took_ms, "schema compared");
        self.last = Some(after);
        Ok(changes)
    }
}
