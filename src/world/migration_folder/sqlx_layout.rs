//! sqlx: order, kinds and checksums are its own.

use sqlx::migrate::Migrator;

use super::listing::Listing;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::Migration;

/// As sqlx itself resolves the folder.
pub(super) fn read(listing: &Listing) -> Result<Vec<Migration>> {
    let resolved = sqlx::migrate::resolve_blocking(listing.folder()).map_err(|cause| {
        let message = format!("the migrations in `{}` cannot be read", listing.folder().display());
        Error::new(ErrorKind::Config, message).because(cause)
    })?;
    let migrator = Migrator::with_migrations(resolved.into_iter().map(|(migration, _)| migration).collect());
    let mut migrations = Vec::new();
    for migration in migrator.iter().filter(|migration| migration.migration_type.is_up_migration()) {
        let is_its = |name: &str| version_of(name) == Some(migration.version) && !name.ends_with(".down.sql");
        let (name, _) = listing.sql().find(|(name, _)| is_its(name)).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("migration {} has no file of its own", migration.version))
        })?;
        migrations.push(Migration {
            sql: migration.sql.as_str().to_owned(),
            checksum: hex::encode(&migration.checksum),
            transactional: !migration.no_tx,
            ..listing.migration(name, migration.version.to_string())
        });
    }
    // Two files of one version were found under one name above, which would hide the other.
    let twin = migrations.windows(2).find(|pair| pair[0].version == pair[1].version).map(|pair| &pair[0]);
    if let Some(Migration { version, .. }) = twin {
        let is_its =
            |name: &&str| version_of(name).map(|version| version.to_string()).as_ref() == Some(version);
        let names: Vec<String> =
            listing.sql().map(|(name, _)| name).filter(is_its).map(|name| format!("`{name}`")).collect();
        let message = format!("two migrations have the version {version}: {}", names.join(" and "));
        return Err(Error::new(ErrorKind::Config, message).hint("rename the newer one"));
    }
    Ok(migrations)
}

fn version_of(name: &str) -> Option<i64> {
    name.split_once('_').and_then(|(version, _)| version.parse().ok())
}
