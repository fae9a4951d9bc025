//! Opens a plain dump: one pass that keeps its SQL and remembers where the rows are.

use super::allowed;
use super::copy::copy_from_stdin;
use super::declared;
use super::entry::{Archive, Entry, Format, LargeObject, RowsAt, Section, TableData};
use super::objects::{self, Step};
use super::restore::{Fate, fate, tolerate_public};
use super::scan::Scan;
use super::settings::Settings;
use super::source::{ReadSeek, corrupt, truncated};
use super::splitter::Splitter;
use super::sql::Statement;
use super::title::Title;
use crate::model::error::Result;

/// Reads the whole dump once.
pub(super) fn open(source: &mut dyn ReadSeek) -> Result<Archive> {
    let mut scan = Scan::new(source)?;
    let mut dump = Dump::default();
    let mut line = Vec::new();
    while scan.line(&mut line)? {
        if dump.splitter.is_between() && line.starts_with(b"\\") {
            dump.meta_command(&line, &scan)?;
            continue;
        }
        if dump.splitter.is_between() && line.starts_with(b"-- ") {
            dump.note(&String::from_utf8_lossy(&line[3..]));
        }
        let line_start = scan.position() - line.len() as u64;
        for statement in dump.splitter.feed(&line) {
            dump.statement(&statement, line_start, &mut scan)?;
        }
    }
    if !dump.complete || !dump.splitter.is_between() {
        return Err(truncated(scan.position(), "the line `PostgreSQL database dump complete` is missing"));
    }
    Ok(Archive {
        format: Format::Plain,
        created_at: None,
        server_version: dump.server_version,
        database: dump.database,
        declared: declared::columns(&dump.entries),
        entries: dump.entries,
        tables: dump.tables,
        objects: dump.objects,
        objects_made: dump.objects_made,
    })
}

/// What has been read so far.
#[derive(Default)]
struct Dump {
    splitter: Splitter,
    settings: Settings,
    entries: Vec<Entry>,
    tables: Vec<TableData>,
    objects: Vec<LargeObject>,
    objects_made: u64,
    /// The large object that is being written, and where its bytes begin.
    open: Option<(u32, u64)>,
    title: Title,
    /// `SET SESSION AUTHORIZATION …` that is in force: grants of others than the owner need it.
    authorization: Option<String>,
    server_version: Option<String>,
    database: Option<String>,
    complete: bool,
}

impl Dump {
    /// A comment between statements.
    fn note(&mut self, comment: &str) {
        if let Some(title) = Title::parse(comment) {
            self.title = title;
        } else if let Some(version) = comment.strip_prefix("Dumped from database version ") {
            self.server_version = Some(version.trim().to_owned());
        } else if comment.starts_with("PostgreSQL database dump complete") {
            self.complete = true;
        }
    }

    fn meta_command(&mut self, line: &[u8], scan: &Scan<'_>) -> Result<()> {
        let text = String::from_utf8_lossy(line);
        let mut words = text.split_whitespace();
        match (words.next(), words.next()) {
            (Some("\\restrict" | "\\unrestrict"), _) => Ok(()),
            (Some("\\connect" | "\\c"), Some(database))
                if self.tables.is_empty() && self.database.is_none() =>
            {
                self.database = Some(database.trim_matches('"').to_owned());
                Ok(())
            }
            _ => Err(corrupt(
                scan.position() - line.len() as u64,
                "a command of `psql` that `pg_dump` does not write",
            )),
        }
    }

    fn statement(&mut self, statement: &Statement, line_start: u64, scan: &mut Scan<'_>) -> Result<()> {
        if statement.tokens.is_empty() || self.settings.take(statement)? {
            return Ok(());
        }
        if let Some((table, columns)) = copy_from_stdin(statement, &self.settings.schema) {
            let start = scan.position();
            let end = scan.skip_rows()?;
            let rows_at = RowsAt::Slice { start, end };
            self.tables.push(TableData { table, columns, rows_at, size_bytes: end - start });
            // What follows has a comment of its own, or speaks for itself.
            self.title = Title::default();
            return Ok(());
        }
        if self.entries.is_empty() && allowed::is_drop(statement) {
            // `pg_dump --clean` drops first what an empty database does not have.
            return Ok(());
        }
        if let Some(authorization) = allowed::authorization(statement) {
            self.authorization = authorization.then(|| statement.text.clone());
            return Ok(());
        }
        let title = self.title.or_words_of(statement);
        let reached = if self.tables.is_empty() { Section::PreData } else { Section::PostData };
        let fate = fate(&title.desc, &title.tag, reached)?;
        if matches!(fate, Fate::Objects | Fate::Bytes)
            && let Some(step) = objects::step(statement)
        {
            return self.object(step, statement, (line_start, scan.position()));
        }
        allowed::check(statement, &title.tag)?;
        if !matches!(fate, Fate::Run(_)) {
            return Ok(());
        }
        // Otherwise a dump's own order stands: it is the order in which `psql` would run it.
        let section = if title.desc == "SEQUENCE SET" { Section::PostData } else { reached };
        let definition = tolerate_public(&statement.text);
        self.entries.push(Entry {
            section,
            namespace: title
                .schema
                .or_else(|| Some(self.settings.schema.clone()).filter(|name| !name.is_empty())),
            desc: title.desc,
            tag: title.tag,
            owner: title.owner,
            definition: match &self.authorization {
                Some(authorization) => {
                    format!("{authorization}\n{definition}\nRESET SESSION AUTHORIZATION;")
                }
                None => definition,
            },
            settings: self.settings.sql(),
        });
        Ok(())
    }
}

impl Dump {
    /// A statement about large objects, on a line from where to where.
    fn object(&mut self, step: Step, statement: &Statement, (start, end): (u64, u64)) -> Result<()> {
        match (step, self.open) {
            (Step::Creates(_) | Step::Gives, None) => {
                self.objects_made += u64::from(matches!(step, Step::Creates(_)));
                let sql = format!("{}\n", statement.text);
                let new = objects::add(self.entries.iter_mut(), &sql, &self.settings);
                self.entries.extend(new);
            }
            (Step::Opens(id), None) => self.open = Some((id, end)),
            (Step::Closes, Some((id, begin))) => {
                self.open = None;
                let bytes_at = RowsAt::Slice { start: begin, end: start };
                if begin < start {
                    self.objects.push(LargeObject { id, bytes_at });
                }
            }
            (Step::Writes, Some(_)) | (Step::Brackets, None) => {}
            _ => return Err(corrupt(start, "the bytes of a large object have no beginning or no end")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(body: &str) -> Result<Archive> {
        let text =
            format!("--\n-- PostgreSQL database dump\n--\n\n{body}\n-- PostgreSQL database dump complete\n");
        open(&mut Cursor::new(text.into_bytes()))
    }

    #[test]
    fn statements_between_rows_come_after_all_rows() {
        let archive = read(
            "CREATE TABLE a (x int);\nCOPY public.a (x) FROM stdin;\n1\n\\.\nSELECT pg_catalog.setval('s', 3, true);\n\
             COPY public.b (x) FROM stdin;\n\\.\nCREATE INDEX i ON a (x);\n",
        )
        .unwrap();
        let titles: Vec<_> =
            archive.section(Section::PostData).map(|entry| entry.definition.as_str()).collect();
        assert_eq!(titles, ["SELECT pg_catalog.setval('s', 3, true);", "CREATE INDEX i ON a (x);"]);
        assert_eq!(archive.tables.len(), 2);
        assert_eq!(archive.section(Section::PreData).count(), 1);
    }

    #[test]
    fn whatever_could_carry_rows_past_the_masks_is_refused() {
        for body in [
            "INSERT INTO a VALUES ('raw');",
            "UPDATE a SET x = 'raw';",
            "SELECT lo_create(1);",
            "DO $$ BEGIN INSERT INTO a VALUES ('raw'); END $$;",
            "\\i other.sql",
            "CREATE TABLE a AS SELECT 'raw';",
            "CREATE ROLE a PASSWORD 'secret';",
            "CREATE USER MAPPING FOR a SERVER b OPTIONS (password 'secret');",
        ] {
            let error = read(body).unwrap_err();
            assert!(!error.message.contains("raw") && !error.message.contains("secret"), "{}", error.message);
        }
    }

    #[test]
    fn a_clean_dump_drops_nothing_of_an_empty_database() {
        let archive = read(
            "ALTER TABLE ONLY public.a DROP CONSTRAINT a_pkey;\nDROP TABLE public.a;\nCREATE TABLE public.a (x int);\n",
        )
        .unwrap();
        let texts: Vec<_> = archive.entries.iter().map(|entry| entry.definition.as_str()).collect();
        assert_eq!(texts, ["CREATE TABLE public.a (x int);"]);
    }

    #[test]
    fn a_grant_in_the_name_of_another_role_carries_it_along() {
        let archive = read(
            "CREATE TABLE a (x int);\nSET SESSION AUTHORIZATION boss;\nGRANT SELECT ON a TO b;\n\
             RESET SESSION AUTHORIZATION;\nGRANT SELECT ON a TO c;\n",
        )
        .unwrap();
        let texts: Vec<_> = archive.entries.iter().map(|entry| entry.definition.as_str()).collect();
        assert_eq!(
            texts[1..],
            [
                "SET SESSION AUTHORIZATION boss;\nGRANT SELECT ON a TO b;\nRESET SESSION AUTHORIZATION;",
                "GRANT SELECT ON a TO c;",
            ]
        );
    }

    #[test]
    fn a_dump_without_its_last_line_is_truncated() {
        let text = b"--\n-- PostgreSQL database dump\n--\nCREATE TABLE a (x int);\n".to_vec();
        let error = open(&mut Cursor::new(text)).unwrap_err();
        assert!(error.message.starts_with("the backup is truncated at byte"), "{}", error.message);
    }
}
