//! The head and the table of contents of a custom archive, as they stand.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::codec::Codec;
use super::source::corrupt;
use super::wire::{Offset, Wire};
use crate::model::error::{Error, ErrorKind, Result};

/// What the head says.
pub(super) struct Head {
    /// Major and minor version of the archive.
    pub(super) version: (u8, u8),
    /// How rows are compressed.
    pub(super) codec: Codec,
    /// When it was made.
    pub(super) created_at: Option<Timestamp>,
    /// The database.
    pub(super) database: Option<String>,
    /// The server's version.
    pub(super) server_version: Option<String>,
    /// Number of entries that follow.
    pub(super) entries: i64,
}

/// One entry as it is written.
#[derive(Clone, Debug)]
pub(super) struct RawEntry {
    pub(super) dump_id: i64,
    pub(super) has_rows: bool,
    pub(super) tag: String,
    pub(super) desc: String,
    pub(super) section: i64,
    pub(super) definition: String,
    pub(super) drop_statement: String,
    pub(super) copy_statement: String,
    pub(super) namespace: Option<String>,
    pub(super) access_method: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) offset: Offset,
}

/// Reads the head from byte 0 on.
pub(super) fn read_head(wire: &mut Wire<'_>) -> Result<Head> {
    let mut magic = [0; 5];
    wire.exact(&mut magic)?;
    let version = (wire.byte()?, wire.byte()?);
    let _revision = wire.byte()?;
    if !(version.0 == 1 && (12..=16).contains(&version.1)) {
        return Err(unknown_version(version));
    }
    wire.int_size = wire.byte()?;
    wire.offset_size = wire.byte()?;
    if !(4..=8).contains(&wire.int_size) || !(4..=8).contains(&wire.offset_size) {
        return Err(corrupt(wire.position(), "integers of an unheard-of size"));
    }
    if wire.byte()? != 1 {
        return Err(Error::new(ErrorKind::Backup, "the backup is an archive in tar or directory format")
            .hint("take the backup with `pg_dump -Fc`, or with plain `pg_dump`"));
    }
    let codec = read_codec(wire, version)?;
    let created_at = read_time(wire)?;
    let database = wire.string()?;
    let server_version = wire.string()?;
    let _dumped_by = wire.string()?;
    let entries = wire.int()?;
    if entries < 0 {
        return Err(corrupt(wire.position(), "a negative number of entries"));
    }
    Ok(Head { version, codec, created_at, database, server_version, entries })
}

fn unknown_version((major, minor): (u8, u8)) -> Error {
    Error::new(
        ErrorKind::Backup,
        format!("the backup is an archive of version {major}.{minor}, which is not read"),
    )
    .hint("versions 1.12 to 1.16 are: those of `pg_dump` 9.0 to 18")
}

fn read_codec(wire: &mut Wire<'_>, version: (u8, u8)) -> Result<Codec> {
    if version < (1, 15) {
        return Ok(Codec::from_level(wire.int()?));
    }
    let at = wire.position();
    Codec::from_byte(wire.byte()?).ok_or_else(|| corrupt(at, "an unknown compression"))
}

/// Seconds to years, and a daylight-saving flag: the dumping machine's local time, which names no zone.
fn read_time(wire: &mut Wire<'_>) -> Result<Option<Timestamp>> {
    let mut parts = [0_i64; 7];
    for part in &mut parts {
        *part = wire.int()?;
    }
    let [second, minute, hour, day, month, year, _daylight_saving] = parts;
    let small = |value: i64| i8::try_from(value).ok();
    let local = || {
        let year = i16::try_from(year + 1900).ok()?;
        // A leap second has no place in a civil time.
        let second = small(second.min(59))?;
        DateTime::new(year, small(month + 1)?, small(day)?, small(hour)?, small(minute)?, second, 0).ok()
    };
    Ok(local().and_then(|local| local.to_zoned(TimeZone::system()).ok()).map(|zoned| zoned.timestamp()))
}

/// Reads one entry.
pub(super) fn read_entry(wire: &mut Wire<'_>, version: (u8, u8)) -> Result<RawEntry> {
    let at = wire.position();
    let dump_id = wire.int()?;
    if dump_id <= 0 {
        return Err(corrupt(at, "an entry has no id"));
    }
    let has_rows = wire.int()? != 0;
    let _table_oid = wire.string()?;
    let _oid = wire.string()?;
    let tag = wire.string()?.unwrap_or_default();
    let desc = wire.string()?.unwrap_or_default();
    let section = wire.int()?;
    let definition = wire.string()?.unwrap_or_default();
    let drop_statement = wire.string()?.unwrap_or_default();
    let copy_statement = wire.string()?.unwrap_or_default();
    let namespace = wire.string()?.filter(|name| !name.is_empty());
    let _tablespace = wire.string()?;
    let access_method =
        if version >= (1, 14) { wire.string()?.filter(|name| !name.is_empty()) } else { None };
    if version >= (1, 16) {
        let _relation_kind = wire.int()?;
    }
    let owner = wire.string()?.filter(|name| !name.is_empty());
    let _with_oids = wire.string()?;
    while wire.string()?.is_some() {}
    let offset = wire.offset()?;
    Ok(RawEntry {
        dump_id,
        has_rows,
        tag,
        desc,
        section,
        definition,
        drop_statement,
        copy_statement,
        namespace,
        access_method,
        owner,
        offset,
    })
}
