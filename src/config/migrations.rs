//! The `migrations` of `stage.yaml`: directories of SQL files, and commands.

use super::databases::Databases;
use super::fields::{self, Fields};
use super::loader::resolve;
use super::node::Node;
use super::problems::{Problems, problem};
use super::stage_file::Context;
use super::suggest;
use super::suite;
use crate::model::environment::{MigrationCommand, MigrationFolder, MigrationSource};
use crate::model::migration::MigrationLayout;

/// How long a command may take that does not say, in seconds: a backfill takes its time.
const TIMEOUT_S: u64 = 3600;
/// Keys that only one of both kinds has.
const OF_FOLDERS: [&str; 1] = ["layout"];
const OF_COMMANDS: [&str; 3] = ["service", "name", "timeout"];

/// The migrations in their order.
pub fn read(
    node: &Node,
    databases: &Databases,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Vec<MigrationSource> {
    let expected = "a list of `{database: …, sql: DIRECTORY}` or `{database: …, service: …, command: …}`";
    let items = fields::list(node, expected, problems).unwrap_or_default();
    items.iter().filter_map(|item| migration(item, databases, context, problems)).collect()
}

fn migration(
    node: &Node,
    databases: &Databases,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<MigrationSource> {
    let file = Fields::of(node, "a map with `database` and `sql` or `command`", problems)?;
    let database = file.require("database", "the migration", problems);
    let database = database.and_then(|node| self::database(node, databases, problems));
    let (sql, command) = (file.take("sql"), file.entry("command"));
    let source = match (sql, command) {
        (Some(_), Some(command)) => {
            let message = "a migration is either `sql` or a `command`: make two entries of it";
            problems.push(problem(&command.key_location, message));
            file.ignore(&OF_FOLDERS);
            file.ignore(&OF_COMMANDS);
            None
        }
        (Some(sql), None) => {
            file.refuse(&OF_COMMANDS.map(|key| (key, "goes with a `command`, not with `sql`")), problems);
            folder(&file, database, sql, context, problems).map(MigrationSource::Folder)
        }
        (None, Some(entry)) => {
            file.refuse(&OF_FOLDERS.map(|key| (key, "goes with `sql`, not with a `command`")), problems);
            let of = Described { file: &file, database, databases };
            command_of(&of, &entry.value, context, problems).map(MigrationSource::Command)
        }
        (None, None) => {
            problems.push(problem(file.location, "the migration has neither `sql` nor `command`"));
            file.ignore(&OF_FOLDERS);
            file.ignore(&OF_COMMANDS);
            None
        }
    };
    file.finish(problems);
    source
}

/// The name of a database that must exist.
pub fn database(node: &Node, databases: &Databases, problems: &mut Problems) -> Option<String> {
    let name = fields::text(node, "the name of a database", problems)?;
    if !databases.contains_key(&name) {
        problems.push(
            problem(&node.location, format!("database `{name}` is not among `databases`"))
                .hint(suggest::hint(&name, databases.keys().map(String::as_str))),
        );
    }
    Some(name)
}

fn folder(
    file: &Fields<'_>,
    database: Option<String>,
    sql: &Node,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<MigrationFolder> {
    let layout = file.take("layout").and_then(|node| layout(node, problems));
    let directory = resolve(context.folder, &fields::text(sql, "the path of a directory", problems)?);
    if !context.loader.is_directory(&directory) {
        problems.push(problem(&sql.location, format!("`{}` is no directory", directory.display())));
    }
    Some(MigrationFolder { database: database?, directory, layout })
}

fn layout(node: &Node, problems: &mut Problems) -> Option<MigrationLayout> {
    let text = fields::text(node, "the name of a layout", problems)?;
    let found = MigrationLayout::ALL.into_iter().find(|layout| layout.id() == text);
    if found.is_none() {
        problems.push(
            problem(&node.location, format!("there is no layout `{text}`"))
                .hint(suggest::hint(&text, MigrationLayout::ALL.map(MigrationLayout::id))),
        );
    }
    found
}

/// What was read of a command so far.
struct Described<'a> {
    file: &'a Fields<'a>,
    database: Option<String>,
    databases: &'a Databases,
}

fn command_of(
    of: &Described<'_>,
    command: &Node,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<MigrationCommand> {
    let file = of.file;
    let service = file.require("service", "the migration", problems).and_then(|node| {
        let service = context.service(node, problems)?;
        if of.databases.contains_key(&service) {
            let message = format!("service `{service}` is a database: it runs already, on its clone");
            let hint = "name the service whose image holds the migration tool";
            problems.push(problem(&node.location, message).hint(hint));
        }
        Some(service)
    });
    let words = suite::command(command, problems);
    if words.as_ref().is_some_and(Vec::is_empty) {
        problems.push(problem(&command.location, "the command has no words"));
    }
    let name = file.take("name").and_then(|node| fields::text(node, "a name for the report", problems));
    let timeout_s = file.take("timeout").and_then(|node| suite::duration(node, problems));
    let command = words?;
    Some(MigrationCommand {
        database: of.database.clone()?,
        service: service?,
        name: name.unwrap_or_else(|| command.join(" ")),
        command,
        timeout_s: timeout_s.unwrap_or(TIMEOUT_S),
    })
}
