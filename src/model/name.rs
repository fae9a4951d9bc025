//! Names: of tables as users write them, and of everything that a run makes on the engine.
//!
//! Names are chosen when planning, so that an undo needs nothing that only the step's result would tell.

use std::fmt;

/// A table, always with its schema. Ordered by database, schema, then name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The database, unquoted, if that is another one of the server than the one that is spoken of.
    pub database: Option<String>,
    /// The schema, unquoted.
    pub schema: String,
    /// The table, unquoted.
    pub name: String,
}

impl TableName {
    /// A table in a schema, both unquoted.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { database: None, schema: schema.into(), name: name.into() }
    }

    /// The same in another database of the server.
    #[must_use]
    pub fn elsewhere(self, database: &str) -> Self {
        Self { database: Some(database.to_owned()), ..self }
    }

    /// As SQL in its own database: `"schema"."name"`, quotes doubled.
    pub fn quoted(&self) -> String {
        format!("{}.{}", quote_identifier(&self.schema), quote_identifier(&self.name))
    }
}

impl fmt::Display for TableName {
    /// As users write it: without `public.`, unless it is in another database (`audit.public.log`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(database) = &self.database {
            write!(f, "{database}.{}.{}", self.schema, self.name)
        } else if self.schema == "public" {
            f.write_str(&self.name)
        } else {
            write!(f, "{}.{}", self.schema, self.name)
        }
    }
}

/// An identifier as SQL, in double quotes.
pub fn quote_identifier(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// A string as an SQL literal, whatever `standard_conforming_strings` says.
pub fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// One run of `stage`, unique on every machine that reaches the engine: 12 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the names of locks of instances begin with; no part of a stack is called so, as no environment has a `.`.
const INSTANCE_LOCK: &str = "stage-lock.";

/// The container that one run holds while it works on an instance: created, never started.
pub fn instance_lock(environment: &str, instance: &str) -> String {
    // Neither name can hold a `.`, so no two instances share a lock.
    format!("{INSTANCE_LOCK}{environment}.{instance}")
}

/// Whether a container is the lock of an instance.
pub fn is_instance_lock(container: &str) -> bool {
    container.starts_with(INSTANCE_LOCK)
}

/// The names of everything that one run makes. All begin with `stage-`, then environment, then run.
#[derive(Clone, Debug)]
pub struct StackNames {
    prefix: String,
}

impl StackNames {
    /// Names for `run` of `environment`, which must be a valid Docker name part.
    pub fn new(environment: &str, run: &RunId) -> Self {
        Self { prefix: format!("stage-{environment}-{run}") }
    }

    /// The stack's network.
    pub fn network(&self) -> String {
        self.prefix.clone()
    }

    /// The interface of the stack's network on the engine's machine: 15 characters are all that Linux takes.
    pub fn bridge(&self) -> String {
        let run = self.prefix.rsplit('-').next().unwrap_or_default();
        format!("stage-{}", &run[run.len().saturating_sub(9)..])
    }

    /// The container of a Compose service.
    pub fn container(&self, service: &str) -> String {
        format!("{}-{service}", self.prefix)
    }

    /// The container that serves the untouched seed of a database, for comparison.
    pub fn before(&self, service: &str) -> String {
        format!("{}-{service}-before", self.prefix)
    }

    /// The container that catches the mail of the stack; `.` keeps it apart from a service that is called so.
    pub fn sink(&self) -> String {
        format!("{}.mail", self.prefix)
    }

    /// The lease of the stack until `until_s`, in seconds since 1970: an empty volume.
    pub fn lease(&self, until_s: i64) -> String {
        format!("{}-lease-{until_s}", self.prefix)
    }

    /// The lease of a stack that is kept.
    pub fn kept_lease(&self, until_s: i64) -> String {
        format!("{}-lease-{until_s}-kept", self.prefix)
    }

    /// What a sweep notes of idleness since `since_s`, in seconds since 1970: an empty volume.
    pub fn quiet(&self, since_s: i64) -> String {
        format!("{}-quiet-{since_s}", self.prefix)
    }

    /// The container of a command, by its number among the environment's migrations.
    pub fn migration(&self, number: usize) -> String {
        format!("{}-migration-{number}", self.prefix)
    }

    /// The container of the traffic; `.` keeps it apart from a service that is called so.
    pub fn traffic(&self) -> String {
        format!("{}.traffic", self.prefix)
    }

    /// A named volume of the Compose file; `.` keeps it apart from clones, leases and whatever it may be called like.
    pub fn volume(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    /// The clone on which a database service runs, and its volume.
    pub fn clone(&self, service: &str) -> String {
        format!("{}-{service}-data", self.prefix)
    }

    /// The clone that stays as the seed was, and its volume.
    pub fn before_clone(&self, service: &str) -> String {
        format!("{}-{service}-before-data", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_read_table_names_without_public() {
        assert_eq!(TableName::new("public", "item_datafeed").to_string(), "item_datafeed");
        assert_eq!(TableName::new("feed", "items").to_string(), "feed.items");
        assert_eq!(TableName::new("public", "log").elsewhere("audit").to_string(), "audit.public.log");
        assert_eq!(TableName::new("a\"b", "c").quoted(), "\"a\"\"b\".\"c\"");
    }

    #[test]
    fn literals_survive_quotes_and_backslashes() {
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal("a\\b"), "E'a\\\\b'");
    }
}
