//! A stack that stands against its seed: everything that happened to its databases since.

use super::beside;
use super::instance::{self, StackOrder};
use crate::model::environment::Environment;
use crate::model::error::Result;
use crate::model::report::MigrationReport;
use crate::world::World;

/// What happened to each database since it was cloned: by migrations, by the app, by hand. One entry a database, in
/// order of service.
pub async fn diff(
    world: World,
    order: StackOrder<'_>,
    environment: &Environment,
) -> Result<Vec<MigrationReport>> {
    let work = instance::hold(&world, order, "diff", async |run, identity, stack| {
        let (meters, since) = beside::open_meters(run, environment, identity, stack).await?;
        for meter in meters.into_values() {
            meter.close().await;
        }
        Ok(since)
    });
    Ok(work.await?.0)
}
