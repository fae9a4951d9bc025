//! Runs the SQL of an archive, in order.

use std::collections::BTreeSet;

use super::ports::{Progress, Target};
use crate::archive::{Archive, Entry, Section};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::SqlFailure;
use crate::model::name::quote_identifier;

/// Runs all entries of a section. Roles that the server lacks are created, without login; any other failure is an
/// error of kind `Backup` that names the entry.
pub(super) async fn restore(
    archive: &Archive,
    section: Section,
    target: &dyn Target,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<()> {
    let entries: Vec<&Entry> = archive.section(section).collect();
    for (done, entry) in entries.iter().enumerate() {
        progress(Progress::Entry { section, title: entry.title(), done, total: entries.len() });
        run(entry, target).await?;
    }
    Ok(())
}

async fn run(entry: &Entry, target: &dyn Target) -> Result<()> {
    let sql = entry.sql();
    let mut created = BTreeSet::new();
    loop {
        let Err(failure) = target.run(&sql).await? else { return Ok(()) };
        match missing_role(&failure) {
            Some(role) if created.insert(role.to_owned()) => create_role(role, entry, target).await?,
            _ => return Err(refused(&entry.title(), &failure)),
        }
    }
}

async fn create_role(role: &str, entry: &Entry, target: &dyn Target) -> Result<()> {
    match target.run(&format!("CREATE ROLE {} NOLOGIN", quote_identifier(role))).await? {
        Ok(()) => Ok(()),
        // Somebody else was faster.
        Err(failure) if failure.code == "42710" => Ok(()),
        Err(failure) => Err(refused(&format!("role {role}, which {} needs", entry.title()), &failure)),
    }
}

/// The role in `role "x" does not exist`.
fn missing_role(failure: &SqlFailure) -> Option<&str> {
    // 22023: a role that SET SESSION AUTHORIZATION names.
    let about_role = matches!(failure.code.as_str(), "42704" | "22023");
    let role = failure.message.strip_prefix("role \"")?.strip_suffix("\" does not exist")?;
    about_role.then_some(role)
}

/// The server refused a part of the backup.
pub(super) fn refused(what: &str, failure: &SqlFailure) -> Error {
    let said = without_value(failure);
    let error =
        Error::new(ErrorKind::Backup, format!("`{what}` of the backup could not be restored: {said}"));
    let error = match &failure.hint {
        Some(hint) => error.hint(hint.clone()),
        None => error,
    };
    error.hint("check that the database image has the server version and the extensions of production")
}

/// Data exceptions quote the value at fault behind a colon: it may be raw.
fn without_value(failure: &SqlFailure) -> String {
    let message = match failure.message.split_once(": \"") {
        Some((front, _)) if failure.code.starts_with("22") => front,
        _ => failure.message.as_str(),
    };
    if failure.code.is_empty() {
        message.to_owned()
    } else {
        format!("{message} (SQLSTATE {})", failure.code)
    }
}
