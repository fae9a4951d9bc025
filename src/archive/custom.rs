//! Opens `pg_dump -Fc`.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{self, BLOCK_BLOBS, BLOCK_DATA};
use super::codec::Codec;
use super::copy::copy_from_stdin;
use super::declared;
use super::entry::{Archive, Entry, Format, LargeObject, RowsAt, Section, TableData};
use super::objects;
use super::owner::alter_owner;
use super::restore::{Fate, Pass, fate, tolerate_public};
use super::settings::Settings;
use super::source::{ReadSeek, corrupt, truncated};
use super::sql::{Statement, Token, statements};
use super::toc::{self, RawEntry};
use super::wire::{Offset, Wire};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::name::quote_identifier;

/// Reads head and table of contents, and finds the blocks.
pub(super) fn open(source: &mut dyn ReadSeek) -> Result<Archive> {
    let mut wire = Wire::new(source)?;
    let head = toc::read_head(&mut wire)?;
    let mut raw = Vec::new();
    for _ in 0..head.entries {
        raw.push(toc::read_entry(&mut wire, head.version)?);
    }
    let contents = Contents::sort(raw)?;
    let (blocks, objects) = find_blocks(&mut wire, &contents)?;
    let int_size = wire.int_size;
    let objects = objects.into_iter().map(|(id, position)| LargeObject {
        id,
        bytes_at: RowsAt::Block { position, codec: head.codec, int_size },
    });
    let objects = objects.collect();
    let mut tables = Vec::new();
    for entry in &contents.rows {
        tables.extend(table_data(entry, &blocks, head.codec, int_size, &contents.settings)?);
    }
    Ok(Archive {
        format: Format::Custom(head.version.0, head.version.1),
        created_at: head.created_at,
        server_version: head.server_version,
        database: head.database,
        declared: declared::columns(&contents.entries),
        entries: contents.entries,
        tables,
        objects,
        objects_made: contents.objects_made,
    })
}

/// The table of contents, sorted by what becomes of it.
struct Contents {
    entries: Vec<Entry>,
    rows: Vec<RawEntry>,
    /// Those that stand for the bytes of large objects.
    bytes: Vec<RawEntry>,
    objects_made: u64,
    settings: Settings,
}

impl Contents {
    fn sort(raw: Vec<RawEntry>) -> Result<Self> {
        let mut settings = Settings::default();
        let mut passes: Vec<(Pass, Entry)> = Vec::new();
        let (mut rows, mut bytes) = (Vec::new(), Vec::new());
        let mut objects: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut reached = Section::PreData;
        for entry in raw {
            reached = match entry.section {
                2 => Section::PreData,
                3 => Section::Data,
                4 => Section::PostData,
                _ => reached,
            };
            match fate(&entry.desc, &entry.tag, reached)? {
                Fate::Run(pass) if entry.tag.starts_with("LARGE OBJECTS ") => {
                    let group = entry.tag.strip_prefix("LARGE OBJECTS ").and_then(|group| objects.get(group));
                    let ids = group.map(Vec::as_slice).unwrap_or_default();
                    let definition = objects::privileges(&entry.definition, ids);
                    passes.push((pass, runnable(&RawEntry { definition, ..entry }, pass, &settings)?));
                }
                Fate::Run(pass) => passes.push((pass, runnable(&entry, pass, &settings)?)),
                Fate::Setting => {
                    for statement in statements(&entry.definition) {
                        settings.take(&statement)?;
                    }
                }
                Fate::Rows => rows.push(entry),
                Fate::Objects => {
                    let ids = objects::ids(&entry).ok_or_else(no_id)?;
                    for id in &ids {
                        let sql = objects::making(*id, entry.owner.as_deref());
                        let entries = passes.iter_mut().map(|(_, entry)| entry);
                        let new = objects::add(entries, &sql, &settings);
                        passes.extend(new.map(|entry| (Pass::PreData, entry)));
                    }
                    objects.insert(entry.tag, ids);
                }
                Fate::Bytes => bytes.push(entry),
                Fate::Leave => {}
            }
        }
        // Stable: within a pass the archive's own order is the order of dependencies.
        passes.sort_by_key(|(pass, _)| *pass);
        let entries =
            passes.into_iter().map(|(_, entry)| entry).filter(|entry| !is_blank(&entry.definition)).collect();
        let objects_made = objects.values().map(|ids| ids.len() as u64).sum();
        Ok(Self { entries, rows, bytes, objects_made, settings })
    }
}

fn no_id() -> Error {
    Error::new(ErrorKind::Backup, "the backup's table of contents names a large object without an id")
        .hint("copy the backup again and compare its size with the original's, or take a new one")
}

fn is_blank(definition: &str) -> bool {
    statements(definition).is_empty()
}

fn runnable(entry: &RawEntry, pass: Pass, settings: &Settings) -> Result<Entry> {
    let mut settings = settings.clone();
    if let Some(method) = &entry.access_method {
        let sql = format!("SET default_table_access_method = {};", quote_identifier(method));
        let tokens = ["set", "default_table_access_method"].map(|word| Token::Word(word.into())).to_vec();
        let tokens = [tokens, vec![Token::Symbol('='), Token::Quoted(method.clone())]].concat();
        settings.take(&Statement { text: sql, tokens })?;
    }
    // Archives from before 10.3 set the path entry by entry.
    let path = entry.namespace.as_ref().filter(|_| !settings.sql().contains("search_path"));
    let path = path.map(|schema| format!("SET search_path = {}, pg_catalog;\n", quote_identifier(schema)));
    let owner = alter_owner(entry).unwrap_or_default();
    Ok(Entry {
        section: pass.section(),
        desc: entry.desc.clone(),
        tag: entry.tag.clone(),
        namespace: entry.namespace.clone(),
        owner: entry.owner.clone(),
        definition: format!("{}{owner}", tolerate_public(&entry.definition)),
        settings: format!("{}{}", settings.sql(), path.unwrap_or_default()).into(),
    })
}

/// By dump id: first chunk and size in bytes.
type Blocks = BTreeMap<i64, (u64, u64)>;

/// By id: the first chunk of every large object that has bytes.
type Objects = Vec<(u32, u64)>;

fn find_blocks(wire: &mut Wire<'_>, contents: &Contents) -> Result<(Blocks, Objects)> {
    let first = wire.position();
    let of_rows = contents.rows.iter().map(|entry| (entry, BLOCK_DATA));
    let of_bytes = contents.bytes.iter().map(|entry| (entry, BLOCK_BLOBS));
    let all: Vec<(&RawEntry, u8)> = of_rows.chain(of_bytes).collect();
    let written = || all.iter().filter(|(entry, _)| entry.has_rows && entry.offset != Offset::None);
    if written().any(|(entry, _)| entry.offset == Offset::Unknown) {
        let mut objects = Objects::new();
        let mut blocks = Blocks::new();
        for block in block::scan(wire, first)? {
            objects.extend(block.objects);
            blocks.insert(block.dump_id, (block.position, block.size_bytes));
        }
        return Ok((blocks, objects));
    }
    let offsets = written().filter_map(|(entry, kind)| match entry.offset {
        Offset::At(offset) => Some((entry.dump_id, offset, *kind)),
        _ => None,
    });
    let offsets: Vec<(i64, u64, u8)> = offsets.collect();
    let begins: BTreeSet<u64> = offsets.iter().map(|(_, offset, _)| *offset).collect();
    let (mut blocks, mut objects) = (Blocks::new(), Objects::new());
    for (dump_id, offset, kind) in offsets {
        wire.seek(offset)?;
        if block::read_head(wire)? != (kind, dump_id) {
            return Err(corrupt(offset, "another table's rows begin here than the table of contents says"));
        }
        let (begin, next) = (wire.position(), begins.range(offset + 1..).next().copied());
        blocks.insert(dump_id, (begin, next.unwrap_or(wire.size()).saturating_sub(begin)));
        if kind == BLOCK_BLOBS {
            objects.extend(block::skip_objects(wire)?);
        }
    }
    if !blocks.is_empty() {
        check_end(wire)?;
    }
    Ok((blocks, objects))
}

/// The last block ends in a chunk of length 0, and nothing follows: a cheap way to notice a cut copy before any work.
fn check_end(wire: &mut Wire<'_>) -> Result<()> {
    let size = wire.size();
    wire.seek(size.saturating_sub(u64::from(wire.int_size) + 1))?;
    match wire.int() {
        Ok(0) => Ok(()),
        _ => Err(truncated(size, "its last block of rows has no end")),
    }
}

fn table_data(
    entry: &RawEntry,
    blocks: &Blocks,
    codec: Codec,
    int_size: u8,
    settings: &Settings,
) -> Result<Option<TableData>> {
    if !entry.has_rows || entry.offset == Offset::None {
        return Ok(None);
    }
    let schema = entry.namespace.as_deref().unwrap_or(&settings.schema);
    let copy = statements(&entry.copy_statement);
    let Some((table, columns)) = copy.first().and_then(|statement| copy_from_stdin(statement, schema)) else {
        return Err(inserts(&entry.tag));
    };
    let Some(&(position, size_bytes)) = blocks.get(&entry.dump_id) else {
        return Err(Error::new(
            ErrorKind::Backup,
            format!("the backup is truncated: the rows of `{table}` are missing"),
        )
        .hint("copy the backup again and compare its size with the original's, or take a new one"));
    };
    Ok(Some(TableData { table, columns, rows_at: RowsAt::Block { position, codec, int_size }, size_bytes }))
}

/// Rows that are SQL cannot be masked as rows.
pub(super) fn inserts(table: &str) -> Error {
    Error::new(ErrorKind::Backup, format!("the backup holds the rows of `{table}` as INSERT statements"))
        .hint("take the backup without `--inserts` and `--column-inserts`")
}
