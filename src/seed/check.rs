//! Whether the masks cover an archive, from the archive alone: so that nothing starts in vain.

use std::collections::BTreeMap;

use super::columns::columns;
use super::inherit::inherit;
use super::relations::Relations;
use crate::archive::Archive;
use crate::mask;
use crate::model::error::{Error, ErrorKind};
use crate::model::masking::{MaskColumn, Masking};
use crate::model::name::TableName;
use crate::model::quantity::Count;

/// All that is wrong with the masks as far as the archive tells: unruled tables and columns, rules for what it does not
/// have, foreign keys that would break; and rules that do not fit, where it declares the types of all its tables.
pub fn check_masking(archive: &Archive, masking: &Masking) -> Vec<Error> {
    let relations = Relations::of(archive);
    let (masking, mut errors) = inherit(masking, archive, &relations);
    errors.extend(unruled_objects(archive, &masking));
    // Whether a column may be NULL is asked of the database later.
    let column = |(name, type_name): &(String, String)| MaskColumn {
        name: name.clone(),
        type_name: type_name.clone(),
        not_null: false,
        unique: false,
    };
    let declared: BTreeMap<TableName, Vec<MaskColumn>> = archive
        .declared
        .iter()
        .map(|(table, columns)| (table.clone(), columns.iter().map(column).collect()))
        .collect();
    match columns(archive, &relations, &masking, &declared) {
        Ok(columns) => errors.extend(mask::check(&masking, &columns)),
        Err(_) => errors.extend(mask::completeness(&masking, &by_name(archive, &masking))),
    }
    errors
}

/// Large objects hold bytes of production that no rule can mask.
fn unruled_objects(archive: &Archive, masking: &Masking) -> Option<Error> {
    if archive.objects_made == 0 || masking.objects.is_some() {
        return None;
    }
    let objects = counted_objects(archive.objects_made);
    let message = format!("the backup holds {objects}, and no rule says what becomes of their bytes");
    Some(
        Error::new(ErrorKind::Masking, message)
            .hint("`large_objects: empty` in the masks leaves them out: the objects stay, without a byte")
            .hint("`large_objects: {keep: true, because: \"…\"}` keeps them as they are in production"),
    )
}

/// `1 large object`, `2 large objects`.
fn counted_objects(objects: u64) -> String {
    format!("{} large object{}", Count(objects), if objects == 1 { "" } else { "s" })
}

/// Columns by name alone, where some table is declared in a form that is not read.
fn by_name(archive: &Archive, masking: &Masking) -> BTreeMap<TableName, Vec<(String, String)>> {
    let of_rows = archive.tables.iter().map(|data| {
        (data.table.clone(), data.columns.iter().map(|name| (name.clone(), String::new())).collect())
    });
    let without_rows = masking.tables.keys().filter_map(|table| {
        let declared = archive.declared.get(table)?;
        let crate::model::masking::TableMasking::Columns(rules) = &masking.tables[table] else {
            return Some((table.clone(), Vec::new()));
        };
        let named = declared.iter().filter(|(name, _)| rules.contains_key(name));
        Some((table.clone(), named.cloned().collect()))
    });
    without_rows.chain(of_rows).collect()
}
