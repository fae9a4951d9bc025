//! Steps of commands whose commits are written down by hand.

use std::collections::{BTreeMap, BTreeSet};

use super::marks::KnownRow;
use super::{Evidence, settle, steps, values};
use crate::model::catalog::{Catalog, Column, Table};
use crate::model::change::{GrossRows, TableEvent};
use crate::model::lsn::Lsn;
use crate::model::step::{Step, StepTable};
use crate::model::tuples::TupleId;
use crate::observe::wal::{ClassRow, Commits, File, Mark, Part, PartRows, Touch, TupleBytes};

const DATABASE: u32 = 5;
const PEOPLE: u32 = 16_500;
const ORDERS: u32 = 16_600;
const VERSIONS: u32 = 16_700;

fn table(name: &str, oid: u32, columns: &[(&str, &str)]) -> Table {
    let column = |(at, (name, type_name)): (usize, &(&str, &str))| Column {
        name: (*name).to_owned(),
        type_name: (*type_name).to_owned(),
        position: i16::try_from(at + 1).unwrap(),
        not_null: false,
        generated: false,
        default: None,
    };
    Table { columns: columns.iter().enumerate().map(column).collect(), ..Table::bare(name, oid) }
}

fn catalog(tables: impl IntoIterator<Item = Table>) -> Catalog {
    Catalog::of_tables(DATABASE, tables)
}

/// What a command committed.
struct Story {
    version_table: Table,
    parts: Vec<Part>,
    made: BTreeMap<File, ClassRow>,
    known: Vec<KnownRow>,
}

impl Story {
    fn of(version_table: &str, columns: &[(&str, &str)]) -> Self {
        let version_table = table(version_table, VERSIONS, columns);
        Self { version_table, parts: Vec::new(), made: BTreeMap::new(), known: Vec::new() }
    }

    fn part(&mut self) -> &mut Part {
        let until = Lsn(100 * (self.parts.len() as u64 + 2));
        self.parts.push(Part { until, ..Part::default() });
        self.parts.last_mut().unwrap()
    }

    fn rows(mut self, node: u32, gross: GrossRows) -> Self {
        self.part().rows.insert((DATABASE, node), PartRows { gross, copied: 0 });
        self
    }

    /// What the last part ends with.
    fn notes(mut self, touch: Touch) -> Self {
        let file = (DATABASE, VERSIONS);
        self.parts.last_mut().unwrap().mark = Some(Mark { table: file, file, touch });
        self
    }

    fn goes_on(mut self) -> Self {
        self.parts.last_mut().unwrap().goes_on = true;
        self
    }

    fn steps_until(self, after: &Catalog) -> Vec<Step> {
        let before =
            catalog([table("people", PEOPLE, &[]), table("orders", ORDERS, &[]), self.version_table]);
        let version_tables =
            before.tables.values().filter(|table| table.oid == VERSIONS).map(|it| it.name.name.clone());
        let version_tables = version_tables.map(|name| ((DATABASE, VERSIONS), name)).collect();
        let commits = Commits {
            parts: self.parts,
            made: self.made,
            version_tables,
            passed: BTreeMap::from([((DATABASE, 16_950), PEOPLE)]),
            version_files: BTreeSet::from([(DATABASE, 17_100)]),
        };
        let (from, until) = (Lsn(100), Lsn(9_000));
        let (slices, unknown) =
            steps(&Evidence { commits: &commits, before: &before, after, known: &self.known, from, until });
        settle(slices, &unknown.into_iter().map(|(_, node)| node).filter(|node| *node == 17_000).collect())
    }

    /// Of a command that dropped and made nothing.
    fn steps(self) -> Vec<Step> {
        let after =
            catalog([table("people", PEOPLE, &[]), table("orders", ORDERS, &[]), self.version_table.clone()]);
        self.steps_until(&after)
    }
}

fn row(at: u16, text: &str) -> Touch {
    Touch::Inserted { at: Some(TupleId { block: 0, offset: at }), tuple: values::one_text(text) }
}

fn deleted(deleted: u64) -> GrossRows {
    GrossRows { deleted, ..GrossRows::default() }
}

/// `name: table inserted/updated/deleted, …` of every step.
fn told(steps: &[Step]) -> Vec<String> {
    let table = |it: &StepTable| {
        let GrossRows { inserted, updated, deleted } = it.gross;
        let events: Vec<String> = it.events.iter().map(|event| format!(" {event:?}")).collect();
        format!("{} {inserted}/{updated}/{deleted}{}", it.table, events.concat())
    };
    let tables = |step: &Step| step.tables.iter().map(table).collect::<Vec<_>>().join(", ");
    steps.iter().map(|step| format!("{}: {}", step.name, tables(step))).collect()
}

#[test]
fn every_note_ends_a_migration_and_the_rest_is_between() {
    let steps = Story::of("gorp_migrations", &[("id", "text")])
        .rows(PEOPLE, deleted(5))
        .notes(row(1, "001"))
        .rows(ORDERS, deleted(7))
        .rows(PEOPLE, deleted(1))
        .notes(row(2, "002"))
        .rows(VERSIONS, deleted(3))
        .rows(ORDERS, deleted(2))
        .steps();
    assert_eq!(
        told(&steps),
        ["001: people 0/0/5", "002: orders 0/0/7, people 0/0/1", "after 002: orders 0/0/2"]
    );
    assert_eq!(steps.iter().map(|step| step.wal_bytes).sum::<u64>(), 8_900, "no byte is dropped");
}

#[test]
fn a_command_that_notes_nothing_has_no_steps() {
    assert!(Story::of("gorp_migrations", &[("id", "text")]).rows(PEOPLE, deleted(5)).steps().is_empty());
}

#[test]
fn one_row_that_moves_ends_a_migration_with_every_move() {
    let moves = |old, new| Touch::Updated {
        old: TupleId { block: 0, offset: old },
        new: TupleId { block: 0, offset: new },
        patch: None,
    };
    let steps = Story::of("alembic_version", &[("version_num", "character varying(32)")])
        .rows(PEOPLE, deleted(1))
        .notes(row(1, "a1"))
        .goes_on()
        .rows(PEOPLE, deleted(2))
        .notes(moves(1, 2))
        .goes_on()
        .rows(ORDERS, deleted(3))
        .notes(moves(2, 3))
        .steps();
    let names = ["a1: people 0/0/1", "step 2: people 0/0/2", "step 3: orders 0/0/3"];
    assert_eq!(told(&steps), names, "a name that the log leaves out is a number");
}

#[test]
fn a_migration_that_is_announced_begins_there_and_may_stay_unfinished() {
    let version = |number: i64, is_dirty: bool| {
        let values = [&number.to_le_bytes()[..], &[u8::from(is_dirty)]].concat();
        let tuple = Some(TupleBytes { attributes: 2, present: Vec::new(), values });
        Touch::Inserted { at: None, tuple }
    };
    let steps = Story::of("schema_migrations", &[("version", "bigint"), ("dirty", "boolean")])
        .rows(PEOPLE, deleted(9))
        .rows(17_100, deleted(1))
        .notes(version(1, true))
        .rows(PEOPLE, deleted(1))
        .rows(VERSIONS, deleted(1))
        .notes(version(1, false))
        .rows(VERSIONS, deleted(1))
        .notes(version(2, true))
        .rows(ORDERS, deleted(2))
        .rows(16_950, deleted(4))
        .steps();
    assert_eq!(
        told(&steps),
        ["before 1: people 0/0/9", "1: people 0/0/1", "2 (not finished): orders 0/0/2, people 0/0/4"]
    );
    assert!(
        steps.iter().all(|step| step.unplaced.is_zero()),
        "a file that the version table had is nobody's"
    );
}

#[test]
fn a_row_that_goes_alone_is_a_migration_taken_back() {
    let mut story = Story::of("gorp_migrations", &[("id", "text")]);
    let at = TupleId { block: 0, offset: 4 };
    story.known.push(KnownRow { file: (DATABASE, VERSIONS), at, text: "004".to_owned() });
    let steps = story.rows(PEOPLE, deleted(2)).notes(Touch::Deleted(at)).steps();
    assert_eq!(told(&steps), ["004 (taken back): people 0/0/2"]);
}

#[test]
fn whose_a_file_is_follows_from_both_catalogues_and_from_what_was_made() {
    let mut story = Story::of("gorp_migrations", &[("id", "text")])
        .rows(16_800, GrossRows { inserted: 4, ..GrossRows::default() })
        .notes(row(1, "copies"))
        .rows(17_000, deleted(3))
        .notes(row(2, "long values alone"));
    for (oid, name, holds_rows) in [(16_800, "copy", true), (16_801, "copy_index", false)] {
        let class = ClassRow { oid, name: name.to_owned(), filenode: oid, tablespace: 0, holds_rows };
        story.made.insert((DATABASE, oid), class);
        story.parts[0].made.insert((DATABASE, oid));
    }
    let first = &mut story.parts[0];
    first.classes_dropped.insert((DATABASE, ORDERS));
    first.classes_dropped.insert((DATABASE, VERSIONS));
    let steps = story.steps_until(&catalog([table("people", PEOPLE, &[])]));
    let expected = ["copies: orders 0/0/0 Dropped, copy 4/0/0 Created", "long values alone: "];
    assert_eq!(told(&steps), expected);
    assert!(steps.iter().all(|step| step.unplaced.is_zero()), "a TOAST table's rows are nobody's");
}

#[test]
fn a_file_that_is_made_for_no_new_table_empties_one() {
    let mut story = Story::of("gorp_migrations", &[("id", "text")])
        .rows(16_900, GrossRows { inserted: 1, ..GrossRows::default() })
        .notes(row(1, "empties"));
    story.parts[0].made = BTreeSet::from([(DATABASE, 16_900)]);
    story.parts[0].dropped = BTreeSet::from([(DATABASE, PEOPLE)]);
    let emptied = Table { filenode: 16_900, ..table("people", PEOPLE, &[]) };
    let steps = story.steps_until(&catalog([emptied]));
    assert_eq!(told(&steps), ["empties: people 1/0/0 Truncated"]);
    let touched = &steps[0].tables[0];
    assert!(touched.may_lose() && !touched.events.contains(&TableEvent::Rewritten));
}
