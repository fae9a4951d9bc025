//! Cases as they are written: SQL with marks between its parts, a file for each family of traps.
//!
//! `--- case NAME` begins one. `--- setup` makes what production has, `--- migration` is what runs. `--- gross` says what
//! its statements did by the very meaning of them, a table a line; what the tables hold afterwards nobody says, as every
//! row of them is compared. Optional are `--- fails` (it does not succeed), `--- runners NAME …` (not all of them can run
//! it) and `--- gross NAME …` (for these runners alone).

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Who runs a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Runner {
    /// The built-in one, in one transaction.
    Transaction,
    /// The built-in one, statement by statement.
    Statements,
    /// psql in a container, as a command.
    Psql,
}

impl Runner {
    pub const ALL: [Self; 3] = [Self::Transaction, Self::Statements, Self::Psql];

    /// As cases name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Statements => "statements",
            Self::Psql => "psql",
        }
    }
}

/// What the statements did to one table, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gross {
    pub inserted: u64,
    pub updated: u64,
    pub deleted: u64,
    /// Taken by TRUNCATE.
    pub truncated: u64,
    /// Gone to another partition, net.
    pub moved: u64,
}

/// Of each table, by name; `None` where no log tells it.
pub type GrossByTable = BTreeMap<String, Option<Gross>>;

/// One case.
#[derive(Clone, Debug, Default)]
pub struct Case {
    pub name: String,
    pub setup: String,
    pub migration: String,
    pub fails: bool,
    runners: Vec<String>,
    gross: Vec<(Vec<String>, GrossByTable)>,
}

impl Case {
    /// Whether a runner can run it.
    pub fn runs_by(&self, runner: Runner) -> bool {
        self.runners.is_empty() || self.runners.iter().any(|name| name == runner.name())
    }

    /// What its statements do where `runner` runs it.
    pub fn gross(&self, runner: Runner) -> &GrossByTable {
        let named = self.gross.iter().find(|(runners, _)| runners.iter().any(|name| name == runner.name()));
        let all = self.gross.iter().find(|(runners, _)| runners.is_empty());
        &named.or(all).unwrap_or_else(|| panic!("{}: no `--- gross` for {}", self.name, runner.name())).1
    }
}

/// All cases of a file.
pub fn read(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut part = "";
    for line in text.lines() {
        if let Some(mark) = line.strip_prefix("--- ") {
            let (word, rest) = mark.split_once(' ').unwrap_or((mark, ""));
            let words = || rest.split_whitespace().map(str::to_owned).collect();
            part = word;
            if word == "case" {
                cases.push(Case { name: rest.to_owned(), ..Case::default() });
                continue;
            }
            let case = cases.last_mut().unwrap_or_else(|| panic!("`{line}` before any case"));
            match word {
                "setup" | "migration" => {}
                "fails" => case.fails = true,
                "runners" => case.runners = words(),
                "gross" => case.gross.push((words(), BTreeMap::new())),
                _ => panic!("{}: `{line}` is no mark", case.name),
            }
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        match part {
            "setup" => writeln!(case.setup, "{line}").unwrap(),
            "migration" => writeln!(case.migration, "{line}").unwrap(),
            "gross" if !line.trim().is_empty() => {
                let (table, rows) = gross(line).unwrap_or_else(|| panic!("{}: `{line}`", case.name));
                case.gross.last_mut().unwrap().1.insert(table, rows);
            }
            _ => {}
        }
    }
    cases
}

/// `item inserted 3 deleted 1`, or `cache unknown`.
fn gross(line: &str) -> Option<(String, Option<Gross>)> {
    let mut words = line.split_whitespace();
    let table = words.next()?.to_owned();
    let mut rows = Gross::default();
    while let Some(word) = words.next() {
        if word == "unknown" {
            return Some((table, None));
        }
        let count = words.next()?.parse().ok()?;
        match word {
            "inserted" => rows.inserted = count,
            "updated" => rows.updated = count,
            "deleted" => rows.deleted = count,
            "truncated" => rows.truncated = count,
            "moved" => rows.moved = count,
            _ => return None,
        }
    }
    Some((table, Some(rows)))
}
