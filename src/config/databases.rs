//! The `databases` of `stage.yaml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::fields::{self, Fields};
use super::loader::resolve;
use super::masks;
use super::node::{Node, Value};
use super::problems::{Problems, problem};
use super::stage_file::{Context, UNSUPPORTED};
use super::suite;
use crate::model::environment::{BackupSource, DatabaseSpec};
use crate::model::masking::Masking;

/// Databases by service; `None` for one that is too broken to be used, but is there to be named.
pub type Databases = BTreeMap<String, Option<DatabaseSpec>>;

/// All databases.
pub fn read(node: &Node, context: &Context<'_>, problems: &mut Problems) -> Databases {
    let entries =
        fields::map(node, "a map of Compose services to their backups", problems).unwrap_or_default();
    entries
        .iter()
        .map(|entry| {
            context.check_service(&entry.key, &entry.key_location, problems);
            (entry.key.clone(), database(&entry.key, &entry.value, context, problems))
        })
        .collect()
}

fn database(
    service: &str,
    node: &Node,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<DatabaseSpec> {
    let file = Fields::of(node, "a map with `backup`, `masks` …", problems)?;
    let of = format!("database `{service}`");
    let pattern = file.require("backup", &of, problems).and_then(|node| backup(node, context, problems));
    let max_age_s = file.take("max_age").and_then(|node| suite::duration(node, problems));
    let masking = file.require("masks", &of, problems).and_then(|node| masking(node, context, problems));
    let prepare = file.take("prepare").and_then(|node| fields::list(node, "a list of SQL files", problems));
    let prepare =
        prepare.unwrap_or_default().iter().filter_map(|node| context.file(node, problems)).collect();
    file.finish(problems);
    Some(DatabaseSpec {
        service: service.to_owned(),
        backup: BackupSource { pattern: pattern?, max_age_s },
        masking: masking?,
        prepare,
    })
}

fn backup(node: &Node, context: &Context<'_>, problems: &mut Problems) -> Option<PathBuf> {
    if let Value::Map(_) = node.value {
        problems.push(problem(&node.location, format!("a backup that a `command` makes {UNSUPPORTED}")));
        return None;
    }
    let text = fields::text(node, "the path of a backup, which may have `*`", problems)?;
    if text.contains("://") {
        // The text is left out: a DSN may hold a password.
        problems.push(problem(&node.location, format!("a backup from a live server {UNSUPPORTED}")));
        return None;
    }
    let path = resolve(context.folder, &text);
    if context.loader.is_directory(&path) {
        problems.push(
            problem(&node.location, format!("a backup in directory format {UNSUPPORTED}"))
                .hint("make it with `pg_dump --format=custom`, or name the files as `DIRECTORY/*.dump`"),
        );
        return None;
    }
    if let Err(error) = glob::Pattern::new(&path.to_string_lossy()) {
        problems.push(problem(&node.location, format!("`{text}` is no pattern of paths: {error}")));
        return None;
    }
    Some(path)
}

fn masking(node: &Node, context: &Context<'_>, problems: &mut Problems) -> Option<Masking> {
    let (path, text) = context.file(node, problems)?;
    masks::read(&path, &text, context.catalogs, problems)
}
