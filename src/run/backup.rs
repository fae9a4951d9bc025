//! Which backup: the newest that matches, not too old, and what identifies its content.

use crate::model::environment::{BackupSource, DatabaseSpec};
use crate::model::error::{Error, ErrorKind, Result};
use crate::store::fingerprints;
use crate::world::World;
use crate::world::files::FileFacts;

/// A backup that was chosen: the file and its fingerprint.
#[derive(Clone, Debug)]
pub struct ChosenBackup {
    /// The file.
    pub file: FileFacts,
    /// Hexadecimal BLAKE3 of its bytes.
    pub fingerprint: String,
    /// Whether all its bytes had to be read for that, which may have taken minutes.
    pub was_read: bool,
}

/// The newest file that matches the database's pattern, and its fingerprint, computed only when it is not remembered.
pub async fn choose(world: &World, database: &DatabaseSpec) -> Result<ChosenBackup> {
    let source = &database.backup;
    let file = newest(source, world.files.matches(&source.pattern).await?)?;
    if let Some(max_age_s) = source.max_age_s {
        check_age(&file, max_age_s, world.clock.now())?;
    }
    if let Some(fingerprint) = fingerprints::recall(world.state.as_ref(), &file)? {
        return Ok(ChosenBackup { file, fingerprint, was_read: false });
    }
    let fingerprint = world.files.fingerprint(&file.path).await?;
    fingerprints::remember(world.state.as_ref(), &file, &fingerprint)?;
    Ok(ChosenBackup { file, fingerprint, was_read: true })
}

fn newest(source: &BackupSource, files: Vec<FileFacts>) -> Result<FileFacts> {
    files.into_iter().max_by(|a, b| (a.modified_at, &a.path).cmp(&(b.modified_at, &b.path))).ok_or_else(
        || {
            Error::new(ErrorKind::Backup, format!("no backup matches `{}`", source.pattern.display()))
                .hint("`backup:` in stage.yaml names a file or a pattern, relative to its folder")
        },
    )
}

fn check_age(file: &FileFacts, max_age_s: u64, now: jiff::Timestamp) -> Result<()> {
    let age_s = u64::try_from(now.as_second() - file.modified_at.as_second()).unwrap_or(0);
    if age_s <= max_age_s {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Backup,
        format!(
            "the newest backup `{}` is {} h old, `max_age` allows {} h",
            file.path.display(),
            age_s / 3600,
            max_age_s / 3600
        ),
    )
    .hint("fetch a newer backup, or raise `max_age` in stage.yaml"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn file(path: &str, second: i64) -> FileFacts {
        FileFacts { path: path.into(), size_bytes: 1, modified_at: Timestamp::from_second(second).unwrap() }
    }

    #[test]
    fn the_newest_match_is_taken_and_none_is_an_error_about_the_backup() {
        let source = BackupSource { pattern: "/b/*.dump".into(), max_age_s: None };
        let chosen = newest(&source, vec![file("/b/z", 1), file("/b/a", 9)]).unwrap();
        assert_eq!(chosen.path.to_str(), Some("/b/a"));
        assert_eq!(newest(&source, Vec::new()).unwrap_err().kind, ErrorKind::Backup);
    }

    #[test]
    fn an_old_backup_is_refused() {
        let now = Timestamp::from_second(100_000).unwrap();
        assert!(check_age(&file("/b/a", 90_000), 26 * 3600, now).is_ok());
        assert!(check_age(&file("/b/a", 0), 26 * 3600, now).is_err());
    }
}
