//! The reader against archives of `pg_dump` 15 and against forged ones.

use std::io::Cursor;

use proptest::prelude::*;

use super::codec::Codec;
use super::forge::Forge;
use super::{Archive, Section, open, rows, statements};
use crate::model::error::{Error, ErrorKind};
use crate::model::name::TableName;

const GZIP: &[u8] = include_bytes!("../../tests/fixtures/archives/gzip.dump");
const NONE: &[u8] = include_bytes!("../../tests/fixtures/archives/none.dump");
const PIPED: &[u8] = include_bytes!("../../tests/fixtures/archives/piped.dump");
const PLAIN: &[u8] = include_bytes!("../../tests/fixtures/archives/plain.sql");

const LARGE: &[u8] = include_bytes!("../../tests/fixtures/archives/large.dump");
const LARGE_PIPED: &[u8] = include_bytes!("../../tests/fixtures/archives/large_piped.dump");
const LARGE_PLAIN: &[u8] = include_bytes!("../../tests/fixtures/archives/large.sql");

fn read(bytes: &[u8]) -> Archive {
    open(&mut Cursor::new(bytes)).unwrap()
}

fn text_of(bytes: &'static [u8], archive: &Archive, table: &TableName) -> Result<Vec<u8>, Error> {
    let found = archive.tables.iter().find(|found| found.table == *table).unwrap();
    drain(bytes.to_vec(), found)
}

fn drain(bytes: Vec<u8>, table: &super::TableData) -> Result<Vec<u8>, Error> {
    let mut rows = rows(table, Box::new(Cursor::new(bytes)))?;
    let mut text = Vec::new();
    while let Some(lines) = rows.next_lines()? {
        assert!(lines.ends_with(b"\n"), "a chunk holds whole lines");
        text.extend_from_slice(lines);
    }
    Ok(text)
}

#[test]
fn every_form_of_a_dump_holds_the_same_rows() {
    let plain = read(PLAIN);
    assert_eq!(plain.tables.len(), 6);
    for bytes in [GZIP, NONE, PIPED] {
        let archive = read(bytes);
        let names =
            |archive: &Archive| archive.tables.iter().map(|table| table.table.clone()).collect::<Vec<_>>();
        assert_eq!(names(&archive), names(&plain));
        for (table, other) in archive.tables.iter().zip(&plain.tables) {
            assert_eq!(table.columns, other.columns);
            let text = text_of(bytes, &archive, &table.table).unwrap();
            assert_eq!(text, text_of(PLAIN, &plain, &table.table).unwrap(), "{}", table.table);
        }
    }
    let odd = text_of(PLAIN, &plain, &TableName::new("feed", "odd Name")).unwrap();
    assert_eq!(odd, b"x\t1\n\\N\t\\N\n\t3\n");
    assert_eq!(plain.tables[0].columns, ["a \"b", "select"]);
}

#[test]
fn the_custom_format_restores_the_statements_that_a_plain_dump_writes() {
    // A plain dump is what `pg_restore` makes of an archive: it is the oracle for definitions and owners.
    let sorted = |archive: &Archive, section: Section| {
        let all: String = archive.section(section).map(|entry| entry.definition.as_str()).collect();
        let plain = |text: String| text.replace('"', "").replace("IF NOT EXISTS ", "");
        let mut texts: Vec<String> =
            statements(&all).into_iter().map(|statement| plain(statement.text)).collect();
        texts.sort();
        texts
    };
    let plain = read(PLAIN);
    for bytes in [GZIP, NONE, PIPED] {
        let archive = read(bytes);
        let both = |archive| [sorted(archive, Section::PreData), sorted(archive, Section::PostData)].concat();
        let (mut own, mut oracle) = (both(&archive), both(&plain));
        own.sort();
        oracle.sort();
        assert_eq!(own, oracle);
    }
}

#[test]
fn an_archive_tells_where_it_comes_from() {
    let archive = read(GZIP);
    assert_eq!(archive.database.as_deref(), Some("shop"));
    assert!(archive.server_version.unwrap().starts_with("15.18"));
    assert!(archive.created_at.is_some());
    let customers = &archive.declared[&TableName::new("public", "customers")];
    assert_eq!(customers[1], ("email".to_owned(), "character varying(60)".to_owned()));
}

#[test]
fn an_entry_carries_its_settings_with_it() {
    let archive = read(GZIP);
    let entry = archive.entries.iter().find(|entry| entry.title() == "TABLE orders").unwrap();
    assert!(entry.sql().contains("SELECT pg_catalog.set_config('search_path', '', false);\n"));
    assert!(entry.sql().contains("SET default_table_access_method = \"heap\";\n"));
    assert!(entry.definition.ends_with("ALTER TABLE \"public\".\"orders\" OWNER TO \"shop_app\";\n"));
}

#[test]
fn every_version_and_compression_gives_the_rows_back() {
    let text: Vec<u8> = (0..60_000).flat_map(|row| format!("{row}\tvalue {row}\n").into_bytes()).collect();
    for minor in 12..=16 {
        for codec in [Codec::Raw, Codec::Gzip, Codec::Lz4, Codec::Zstd] {
            if minor < 15 && matches!(codec, Codec::Lz4 | Codec::Zstd) {
                continue;
            }
            for offsets in [true, false] {
                let forge = Forge { version: (1, minor), codec, offsets, ..Forge::default() };
                let bytes = forge.with_rows(b"1\n").with_rows(&text).with_rows(b"").bytes();
                let archive = read(&bytes);
                let all: Vec<_> =
                    archive.tables.iter().map(|table| drain(bytes.clone(), table).unwrap()).collect();
                assert!(all == [b"1\n".to_vec(), text.clone(), Vec::new()], "1.{minor} {codec:?} {offsets}");
            }
        }
    }
}

#[test]
fn an_archive_from_the_future_is_refused_by_its_version() {
    let error = open(&mut Cursor::new(Forge { version: (1, 17), ..Forge::default() }.bytes())).unwrap_err();
    assert!(error.message.contains("version 1.17"), "{}", error.message);
}

#[test]
fn every_form_of_a_dump_holds_the_same_large_objects() {
    let long: Vec<u8> = [0, 255, 92, 39].repeat(5_000);
    let with_codecs = [Codec::Raw, Codec::Gzip, Codec::Lz4, Codec::Zstd].map(|codec| {
        let version = if matches!(codec, Codec::Lz4 | Codec::Zstd) { (1, 15) } else { (1, 14) };
        forged_objects(Forge { version, codec, ..Forge::default() }.with_rows(b"1\n"), &long)
    });
    let unsought = forged_objects(Forge { offsets: false, ..Forge::default() }.with_rows(b"1\n"), &long);
    let forged: Vec<&[u8]> = with_codecs.iter().chain([&unsought]).map(Vec::as_slice).collect();
    for bytes in [&[LARGE, LARGE_PIPED, LARGE_PLAIN][..], &forged].concat() {
        let archive = read(bytes);
        assert_eq!(archive.objects_made, 3);
        let held: Vec<(u32, Vec<u8>)> = archive
            .objects
            .iter()
            .map(|object| {
                let mut found =
                    super::ObjectBytes::of(object, Box::new(Cursor::new(bytes.to_vec()))).unwrap();
                let all = std::iter::from_fn(|| Some(found.next(7_000).unwrap()).filter(|it| !it.is_empty()));
                (object.id, all.collect::<Vec<_>>().concat())
            })
            .filter(|(_, bytes)| !bytes.is_empty())
            .collect();
        assert!(held == [(4711, vec![1, 2, 3]), (4712, long.clone())], "{} bytes", bytes.len());
        let made = archive.entries.iter().find(|entry| entry.desc == "LARGE OBJECTS").unwrap();
        assert_eq!(made.section, Section::PreData);
        for id in [4711, 4712, 4713] {
            assert_eq!(
                made.definition.matches(&format!("lo_create('{id}')")).count(),
                1,
                "{}",
                made.definition
            );
        }
        assert_eq!(made.definition.matches("ALTER LARGE OBJECT").count(), 3, "{}", made.definition);
        assert_eq!(archive.tables.len(), 1);
    }
    for bytes in [LARGE, LARGE_PLAIN] {
        let granted = read(bytes).entries.iter().any(|it| it.definition.contains("ON LARGE OBJECT 4712 TO"));
        assert!(granted);
    }
}

/// An archive with the objects of the fixtures, as `pg_dump` 15 has them.
fn forged_objects(mut forge: Forge, long: &[u8]) -> Vec<u8> {
    for id in ["4711", "4712", "4713"] {
        forge.entries.push(("BLOB", 2, id, "SELECT pg_catalog.lo_create('…');\n"));
    }
    forge.objects = vec![(4711, vec![1, 2, 3]), (4712, long.to_vec()), (4713, Vec::new())];
    forge.bytes()
}

#[test]
fn objects_that_were_cut_anywhere_are_an_error() {
    for whole in [LARGE, LARGE_PIPED, LARGE_PLAIN] {
        let end = memchr::memmem::find(whole, b"database dump complete").unwrap_or(whole.len() - 1);
        for length in (0..end).step_by(41) {
            let cut = &whole[..length];
            let failed = match open(&mut Cursor::new(cut)) {
                Err(error) => error.kind == ErrorKind::Backup,
                Ok(archive) => archive.objects.iter().any(|object| {
                    let found = super::ObjectBytes::of(object, Box::new(Cursor::new(cut.to_vec())));
                    found.and_then(|mut found| found.next(1 << 20)).is_err()
                }),
            };
            assert!(failed, "cut at {length} of {}", whole.len());
        }
    }
}

#[test]
fn a_group_of_large_objects_is_made_one_by_one_and_granted_each() {
    let mut forge = Forge { version: (1, 16), ..Forge::default() };
    forge.entries.push(("BLOB METADATA", 3, "7..9", "7\n8\n9\n"));
    forge.entries.push(("ACL", 3, "LARGE OBJECTS 7..9", "GRANT SELECT ON LARGE OBJECT 7 TO reader;\n"));
    let archive = read(&forge.bytes());
    assert_eq!(archive.objects_made, 3);
    let all: String = archive.entries.iter().map(|entry| entry.definition.as_str()).collect();
    for id in 7..=9 {
        assert!(all.contains(&format!("ALTER LARGE OBJECT {id} OWNER TO \"shop_app\";")), "{all}");
        assert!(all.contains(&format!("GRANT SELECT ON LARGE OBJECT {id} TO reader;")), "{all}");
    }
}

#[test]
fn rows_as_inserts_are_refused() {
    let mut forge = Forge::default();
    forge.tables.push(("t".into(), String::new(), b"INSERT INTO t VALUES (1);\n".to_vec()));
    let error = open(&mut Cursor::new(forge.bytes())).unwrap_err();
    assert!(error.message.contains("INSERT"), "{}", error.message);
}

/// Opens and reads everything: some error has to come, and never fewer rows.
fn first_error(bytes: &[u8]) -> Option<Error> {
    let archive = match open(&mut Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(error) => return Some(error),
    };
    archive.tables.iter().find_map(|table| drain(bytes.to_vec(), table).err())
}

#[test]
fn an_archive_that_was_cut_anywhere_is_an_error_with_a_position() {
    for whole in [GZIP, NONE, PIPED, PLAIN] {
        assert!(first_error(whole).is_none());
        // Behind its last comment a plain dump has nothing that could be missed.
        let end = memchr::memmem::find(whole, b"database dump complete").unwrap_or(whole.len() - 1);
        for length in (0..end).step_by(97) {
            let error = first_error(&whole[..length]).unwrap_or_else(|| panic!("cut at {length}"));
            assert_eq!(error.kind, ErrorKind::Backup);
            assert!(!error.hints.is_empty(), "{}", error.message);
        }
    }
}

#[test]
fn a_cut_archive_with_offsets_is_found_at_once() {
    for length in [GZIP.len() - 1, GZIP.len() - 100, GZIP.len() / 2] {
        assert!(open(&mut Cursor::new(&GZIP[..length])).is_err(), "cut at {length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_byte_never_panics(at in 0..GZIP.len(), value: u8) {
        for whole in [GZIP, NONE, PIPED] {
            let mut bytes = whole.to_vec();
            let at = at.min(bytes.len() - 1);
            bytes[at] = value;
            let _ = first_error(&bytes);
        }
    }

    #[test]
    fn any_rows_come_back_whole(
        rows in proptest::collection::vec("[a-z\\\\\t.]{0,40}", 0..50), chunk in 1_usize..50,
    ) {
        let rows = rows.iter().filter(|row| *row != "\\.").map(|row| format!("{row}\n")).collect::<Vec<_>>().concat();
        let bytes = Forge { chunk, codec: Codec::Raw, offsets: false, ..Forge::default() }.with_rows(rows.as_bytes()).bytes();
        let archive = read(&bytes);
        prop_assert_eq!(drain(bytes.clone(), &archive.tables[0]).unwrap(), rows.as_bytes());
    }
}
