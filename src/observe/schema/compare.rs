//! Two schemas to what happened between them.

use super::follow::{Wholes, introduced, is_within, own};
use super::pairs::pair;
use super::renames::Renames;
use crate::model::schema::{ObjectKind, Schema, SchemaObject};
use crate::model::schema_change::{FacetChange, SchemaChange, SchemaEvent};
use crate::model::version_table::is_bookkeeping;

/// What was added, dropped, altered or renamed, in the order of kinds, then of names. Tables in which tools note what
/// they ran are left out, with all that is theirs.
pub fn compare(before: &Schema, after: &Schema) -> Vec<SchemaChange> {
    let pairs = pair(before, after);
    let renames = Renames::of(&pairs.both);
    let mut changes: Vec<(SchemaChange, bool)> = Vec::new();
    let gone = Wholes::among(&pairs.dropped);
    let orphans = Wholes::left_alone(&pairs.both);
    for object in pairs.dropped {
        if (!object.is_inherited || orphans.contain(object)) && !gone.contain(object) {
            changes.push((change(object, SchemaEvent::Dropped(own(object).collect())), false));
        }
    }
    let new = Wholes::among(&pairs.added);
    for object in &pairs.added {
        let is_told_with_table = new.contain(object) && is_within(object.kind);
        if !object.is_inherited && !is_told_with_table {
            let facets = introduced(object, &pairs.added);
            changes.push((change(object, SchemaEvent::Added(facets)), false));
        }
    }
    for (then, now) in pairs.both {
        if let Some(event) = altered(then, now, &renames) {
            changes.push((change(now, event), now.is_inherited));
        }
    }
    let followed: Vec<SchemaChange> = without_followers(changes);
    let mut told: Vec<SchemaChange> = followed.into_iter().filter(|it| !is_of_a_tool(it)).collect();
    told.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    told
}

fn change(object: &SchemaObject, event: SchemaEvent) -> SchemaChange {
    SchemaChange { kind: object.kind, name: object.to_string(), table: object.table.clone(), event }
}

/// How one object differs; `None` if it does not.
fn altered(then: &SchemaObject, now: &SchemaObject, renames: &Renames) -> Option<SchemaEvent> {
    let is_renamed = renames.name(then, now);
    let mut names: Vec<&str> = now.facets.iter().map(|facet| facet.name.as_str()).collect();
    names.extend(then.facets.iter().map(|facet| facet.name.as_str()).filter(|it| now.facet(it).is_none()));
    let mut facets = Vec::new();
    for name in names {
        let (before, after) = (then.facet(name), now.facet(name));
        let is_followed = then.oid == now.oid
            && before.zip(after).is_some_and(|(before, after)| renames.explain(now.kind, before, after));
        if before != after && !is_followed {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            facets.push(FacetChange { name: name.to_owned(), before: owned(before), after: owned(after) });
        }
    }
    let renamed_from = is_renamed.then(|| then.to_string());
    (is_renamed || !facets.is_empty()).then_some(SchemaEvent::Altered { renamed_from, facets })
}

/// Leaves out what happened to an inherited object because it happened to the one that it follows: the same, to an
/// object of the same kind.
fn without_followers(changes: Vec<(SchemaChange, bool)>) -> Vec<SchemaChange> {
    let told = |event: &SchemaEvent| match event {
        SchemaEvent::Altered { renamed_from, facets } => Some((renamed_from.is_some(), facets.clone())),
        _ => None,
    };
    let leaders: Vec<_> =
        changes.iter().filter(|(_, follows)| !follows).map(|(it, _)| (it.kind, told(&it.event))).collect();
    let is_told = |(change, follows): &(SchemaChange, bool)| {
        !follows || !leaders.contains(&(change.kind, told(&change.event)))
    };
    changes.into_iter().filter(is_told).map(|(change, _)| change).collect()
}

fn is_of_a_tool(change: &SchemaChange) -> bool {
    let own = match change.kind {
        ObjectKind::Table => change.name.rsplit('.').next(),
        _ => None,
    };
    let of = change.table.as_ref().map(|table| table.name.as_str());
    own.into_iter().chain(of).any(is_bookkeeping)
}
