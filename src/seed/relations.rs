//! What ties columns together, read from the archive: the database does not have it yet when masks are made.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::{Archive, Statement, Token, statements, take_name};
use crate::model::name::TableName;

/// A column of a table.
pub(super) type ColumnName = (TableName, String);

/// Unique indexes, foreign keys and partitions of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Relations {
    /// Columns that some unique index covers, alone or among others.
    unique: BTreeSet<ColumnName>,
    /// From a referencing column to the one that it points to.
    pub(super) foreign: Vec<(ColumnName, ColumnName)>,
    /// From a partition or inheriting table to its parent.
    parents: BTreeMap<TableName, TableName>,
}

/// Chains of parents and references are short; a longer one is a circle.
const LONGEST_CHAIN: usize = 32;

impl Relations {
    /// Reads the statements of an archive.
    pub(super) fn of(archive: &Archive) -> Self {
        let mut relations = Self::default();
        for entry in &archive.entries {
            let schema = entry.namespace.as_deref().unwrap_or("public");
            for statement in statements(&entry.definition) {
                // What is none of these forms ties nothing.
                let _ = relations.alter_table(&statement, schema);
                let _ = relations.create_table(&statement, schema);
                let _ = relations.unique_index(&statement, schema);
            }
        }
        relations
    }

    /// The table whose partition a table is in the end: itself if it is none.
    pub(super) fn root<'a>(&'a self, table: &'a TableName) -> &'a TableName {
        let mut root = table;
        for _ in 0..LONGEST_CHAIN {
            let Some(parent) = self.parents.get(root) else { break };
            root = parent;
        }
        root
    }

    /// A column and those that it points to, nearest first, each in its root table.
    pub(super) fn chain(&self, table: &TableName, column: &str) -> Vec<ColumnName> {
        let mut chain = vec![(self.root(table).clone(), column.to_owned())];
        while let Some((_, to)) = self.foreign.iter().find(|(from, _)| Some(from) == chain.last()) {
            let next = (self.root(&to.0).clone(), to.1.clone());
            if chain.contains(&next) || chain.len() > LONGEST_CHAIN {
                break;
            }
            chain.push(next);
        }
        chain
    }

    /// Whether different values of a column have to stay different: it is unique, or points to what is.
    pub(super) fn is_unique(&self, table: &TableName, column: &str) -> bool {
        self.unique.contains(&(table.clone(), column.to_owned()))
            || self.chain(table, column).iter().any(|column| self.unique.contains(column))
    }

    /// `ALTER TABLE … ADD CONSTRAINT … PRIMARY KEY | UNIQUE | FOREIGN KEY` and `… ATTACH PARTITION …`.
    fn alter_table(&mut self, statement: &Statement, schema: &str) -> Option<()> {
        let mut tokens = after(&statement.tokens, &["alter", "table"])?;
        tokens = after(tokens, &["only"]).unwrap_or(tokens);
        let table = take_name(&mut tokens, schema)?;
        if let Some(mut partition) = after(tokens, &["attach", "partition"]) {
            self.parents.insert(take_name(&mut partition, schema)?, table);
            return Some(());
        }
        let constraint = after(tokens, &["add", "constraint"])?.get(1..)?;
        let group = |tokens| group(tokens).map(|(inner, rest)| (names(inner), rest));
        if let Some(tokens) = after(constraint, &["foreign", "key"]) {
            let (from, rest) = group(tokens)?;
            let mut rest = after(rest, &["references"])?;
            let referenced = take_name(&mut rest, schema)?;
            let (to, _) = group(rest)?;
            let pairs = from.into_iter().zip(to);
            self.foreign.extend(pairs.map(|(from, to)| ((table.clone(), from), (referenced.clone(), to))));
            return Some(());
        }
        if constraint.first()?.is("primary") || constraint.first()?.is("unique") {
            let (columns, _) = group(constraint)?;
            self.unique.extend(columns.into_iter().map(|column| (table.clone(), column)));
        }
        Some(())
    }

    /// `CREATE TABLE … PARTITION OF …` and `… INHERITS (…)`.
    fn create_table(&mut self, statement: &Statement, schema: &str) -> Option<()> {
        if !statement.begins(&["create"]) {
            return None;
        }
        let at = statement.tokens.iter().take(4).position(|token| token.is("table"))?;
        let mut tokens = &statement.tokens[at + 1..];
        let table = take_name(&mut tokens, schema)?;
        let mut parent = match after(tokens, &["partition", "of"]) {
            Some(parent) => parent,
            None => after(group(tokens)?.1, &["inherits"])?.get(1..)?,
        };
        self.parents.insert(table, take_name(&mut parent, schema)?);
        Some(())
    }

    /// `CREATE UNIQUE INDEX … ON … USING … (…)`. Every name in it counts, those of functions too, which are no columns.
    fn unique_index(&mut self, statement: &Statement, schema: &str) -> Option<()> {
        let tokens = after(&statement.tokens, &["create", "unique", "index"])?;
        let on = tokens.iter().position(|token| token.is("on"))?;
        let mut tokens = &tokens[on + 1..];
        tokens = after(tokens, &["only"]).unwrap_or(tokens);
        let table = take_name(&mut tokens, schema)?;
        let (inner, _) = group(tokens)?;
        self.unique.extend(names(inner).into_iter().map(|column| (table.clone(), column)));
        Some(())
    }
}

/// What follows these words, if they come first.
fn after<'a>(tokens: &'a [Token], words: &[&str]) -> Option<&'a [Token]> {
    let matches = tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.is(word));
    matches.then(|| &tokens[words.len()..])
}

/// The first group in parentheses and what follows it.
fn group(tokens: &[Token]) -> Option<(&[Token], &[Token])> {
    let start = tokens.iter().position(|token| *token == Token::Symbol('('))? + 1;
    let mut depth = 1_usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&tokens[start..at], &tokens[at + 1..]));
        }
    }
    None
}

fn names(tokens: &[Token]) -> Vec<String> {
    tokens.iter().filter_map(Token::identifier).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::archive::{Entry, Format, Section};

    fn relations(definitions: &[&str]) -> Relations {
        let entries = definitions.iter().map(|definition| Entry {
            section: Section::PostData,
            desc: String::new(),
            tag: String::new(),
            namespace: Some("public".into()),
            owner: None,
            definition: (*definition).into(),
            settings: Arc::from(""),
        });
        Relations::of(&Archive {
            format: Format::Plain,
            created_at: None,
            server_version: None,
            database: None,
            entries: entries.collect(),
            tables: Vec::new(),
            objects: Vec::new(),
            objects_made: 0,
            declared: BTreeMap::new(),
        })
    }

    fn t(name: &str) -> TableName {
        TableName::new("public", name)
    }

    #[test]
    fn columns_of_unique_constraints_and_indexes_are_unique() {
        let relations = relations(&[
            "ALTER TABLE ONLY public.a\n    ADD CONSTRAINT a_pkey PRIMARY KEY (id, \"Odd, One\");",
            "ALTER TABLE ONLY b ADD CONSTRAINT b_u UNIQUE NULLS NOT DISTINCT (code) INCLUDE (note);",
            "CREATE UNIQUE INDEX c_email ON public.c USING btree (lower((email)::text)) WHERE (gone IS NULL);",
            "CREATE INDEX d_x ON public.d USING btree (x);",
        ]);
        for (table, column) in [("a", "id"), ("a", "Odd, One"), ("b", "code"), ("c", "email")] {
            assert!(relations.is_unique(&t(table), column), "{table}.{column}");
        }
        for (table, column) in [("b", "note"), ("c", "gone"), ("d", "x")] {
            assert!(!relations.is_unique(&t(table), column), "{table}.{column}");
        }
    }

    #[test]
    fn a_foreign_key_is_followed_to_its_end() {
        let relations = relations(&[
            "ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);",
            "ALTER TABLE ONLY public.b ADD CONSTRAINT b_a FOREIGN KEY (n, a_id) REFERENCES public.a(n, id) ON DELETE CASCADE;",
            "ALTER TABLE ONLY public.c ADD CONSTRAINT c_b FOREIGN KEY (b_a) REFERENCES public.b(a_id) DEFERRABLE;",
            "ALTER TABLE ONLY public.c ADD CONSTRAINT c_c FOREIGN KEY (self) REFERENCES public.c(self);",
        ]);
        assert_eq!(relations.chain(&t("c"), "b_a").last(), Some(&(t("a"), "id".to_owned())));
        assert!(relations.is_unique(&t("c"), "b_a"));
        assert_eq!(relations.chain(&t("c"), "self").len(), 1);
    }

    #[test]
    fn partitions_and_heirs_know_their_root() {
        let relations = relations(&[
            "ALTER TABLE ONLY public.events ATTACH PARTITION public.events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');",
            "CREATE TABLE public.events_2024_a PARTITION OF public.events_2024 FOR VALUES IN (1);",
            "CREATE TABLE public.heir (\n    x integer\n)\nINHERITS (public.elder);",
            "ALTER TABLE ONLY public.events ADD CONSTRAINT e PRIMARY KEY (id);",
        ]);
        assert_eq!(relations.root(&t("events_2024_a")), &t("events"));
        assert_eq!(relations.root(&t("heir")), &t("elder"));
        assert_eq!(relations.root(&t("other")), &t("other"));
        assert!(relations.is_unique(&t("events_2024"), "id"));
    }
}
