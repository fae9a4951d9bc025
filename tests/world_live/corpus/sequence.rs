//! Random sequences of statements over a small schema of every kind of table: the same number gives the same sequence.

use std::collections::BTreeSet;

use super::case::Runner;

/// What a sequence begins with. Unlogged tables are looked at whatever happens, so that only some have one.
pub fn setup(number: u64) -> String {
    let unlogged = if number.is_multiple_of(4) { "UNLOGGED" } else { "" };
    format!("{SETUP} CREATE {unlogged} TABLE cache (k text PRIMARY KEY, v int); {CACHE}")
}

const CACHE: &str = "INSERT INTO cache SELECT 'k' || i, i FROM generate_series(1, 20) i;";
const SETUP: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TABLE item (id int PRIMARY KEY, code text NOT NULL, price numeric(9, 2), mood mood, note text);
    INSERT INTO item SELECT i, 'c' || i, i / 4.0, (ARRAY['sad', 'ok', 'happy']::mood[])[1 + i % 3],
        CASE WHEN i % 4 > 0 THEN repeat('n', i) END FROM generate_series(1, 40) i;
    CREATE TABLE line (item int REFERENCES item ON DELETE CASCADE, n int, qty int, PRIMARY KEY (item, n));
    INSERT INTO line SELECT 1 + i % 40, i / 40, i FROM generate_series(0, 79) i;
    CREATE TABLE log (a int, b text);
    INSERT INTO log SELECT i % 6, CASE WHEN i % 5 > 0 THEN 'b' || i % 2 END FROM generate_series(1, 40) i;
    CREATE TABLE part (id int, region text, v text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
    CREATE TABLE part_eu PARTITION OF part FOR VALUES IN ('eu');
    CREATE TABLE part_us PARTITION OF part FOR VALUES IN ('us');
    CREATE TABLE part_other PARTITION OF part DEFAULT;
    INSERT INTO part SELECT i, (ARRAY['eu', 'us', 'as'])[1 + i % 3], 'v' || i FROM generate_series(1, 40) i;
    CREATE TABLE audit (id serial PRIMARY KEY, item int);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS
        $$ BEGIN INSERT INTO audit (item) VALUES (OLD.id); RETURN NULL; END $$;
    CREATE TRIGGER note AFTER DELETE ON item FOR EACH ROW EXECUTE FUNCTION note();
    CREATE MATERIALIZED VIEW total AS SELECT region, count(*) AS rows FROM part GROUP BY region;";

/// The statements of one sequence.
pub fn statements(number: u64, runner: Runner) -> Vec<String> {
    let mut sequence = Sequence { chance: Chance(number), names: 0, standing: Standing::new() };
    let count = 2 + sequence.chance.below(8);
    let mut statements = Vec::new();
    while statements.len() < usize::try_from(count).unwrap() {
        statements.extend(sequence.next(runner));
    }
    if sequence.chance.below(12) == 0 {
        let place = sequence.chance.below(statements.len() as u64 + 1);
        statements.insert(usize::try_from(place).unwrap(), "SELECT 1 / 0".to_owned());
    }
    statements
}

/// Numbers that look like chance and are the same every time (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// What is still there of the schema, so that most statements mean something.
#[derive(Clone)]
struct Standing {
    tables: BTreeSet<&'static str>,
    /// Columns of `item` beside its key.
    columns: BTreeSet<&'static str>,
    labels: [String; 3],
}

impl Standing {
    fn new() -> Self {
        Self {
            tables: ["item", "line", "log", "part", "part_us", "cache", "total"].into(),
            columns: ["code", "price", "mood", "note"].into(),
            labels: ["sad", "ok", "happy"].map(str::to_owned),
        }
    }

    fn has(&self, table: &str) -> bool {
        self.tables.contains(table)
    }
}

struct Sequence {
    chance: Chance,
    names: u32,
    standing: Standing,
}

impl Sequence {
    /// A name that nothing has yet.
    fn name(&mut self) -> String {
        self.names += 1;
        format!("made_{}", self.names)
    }

    /// The next statement; `None` if what it is about is gone.
    fn next(&mut self, runner: Runner) -> Option<String> {
        match self.chance.below(20) {
            0 => self.taken_back(),
            1 if runner != Runner::Transaction => {
                let (standing, inner) = (self.standing.clone(), self.plain()?);
                self.standing = standing;
                Some(format!("BEGIN;\n{inner};\nROLLBACK"))
            }
            _ => self.plain(),
        }
    }

    /// A statement in a block that catches the error behind it.
    fn taken_back(&mut self) -> Option<String> {
        let (standing, inner) = (self.standing.clone(), self.plain()?);
        self.standing = standing;
        Some(format!(
            "DO $b$ BEGIN {inner}; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END $b$"
        ))
    }

    fn plain(&mut self) -> Option<String> {
        match self.chance.below(10) {
            0..4 => self.of_item(),
            4..6 => self.of_log(),
            6..8 => self.of_partitions(),
            8 => self.of_whole_tables(),
            _ => self.of_columns(),
        }
    }

    fn of_item(&mut self) -> Option<String> {
        if !self.standing.has("item") {
            return None;
        }
        let (id, few) = (1 + self.chance.below(45), self.chance.below(12));
        let range = format!("BETWEEN {id} AND {}", id + few);
        let has = |column: &str| self.standing.columns.contains(column);
        let code = if has("code") { "code" } else { "id::text" };
        Some(match self.chance.below(9) {
            0 => format!("DELETE FROM item WHERE id {range}"),
            1 if has("note") => format!("UPDATE item SET note = note || '!' WHERE id {range}"),
            2 if has("price") => format!("UPDATE item SET price = price WHERE id {range}"),
            3 => format!(
                "UPDATE item SET id = id + 500 WHERE id {range} AND id NOT IN (SELECT id - 500 FROM item) \
                 AND NOT EXISTS (SELECT FROM pg_constraint WHERE confrelid = 'item'::regclass AND contype = 'f')"
            ),
            4 if has("code") => {
                format!(
                    "INSERT INTO item (id, code) SELECT i, 'new' FROM generate_series({id}, {id} + {few}) i ON CONFLICT DO NOTHING"
                )
            }
            5 if has("code") => format!(
                "INSERT INTO item (id, code) SELECT i, 'again' FROM generate_series({id}, {id} + {few}) i \
                 ON CONFLICT (id) DO UPDATE SET code = excluded.code"
            ),
            6 => {
                let kept = self.name();
                format!(
                    "CREATE TEMPORARY TABLE {kept} AS SELECT * FROM item WHERE id {range}; \
                     DELETE FROM item WHERE id {range}; INSERT INTO item SELECT * FROM {kept} WHERE id % 3 > 0"
                )
            }
            7 => {
                let copy = self.name();
                format!("CREATE TABLE {copy} AS SELECT id, {code} AS code FROM item WHERE id {range}")
            }
            8 if self.standing.has("line") => match self.chance.below(3) {
                0 => format!("UPDATE line SET qty = qty + 1 WHERE item {range}"),
                1 => format!("UPDATE line SET n = n + 7 WHERE item {range}"),
                _ => format!("DELETE FROM line WHERE item {range}"),
            },
            _ => return None,
        })
    }

    fn of_log(&mut self) -> Option<String> {
        let (one, other) = (self.chance.below(7), self.chance.below(7));
        if self.chance.below(3) == 0 && self.standing.has("cache") {
            return Some(match self.chance.below(3) {
                0 => format!("DELETE FROM cache WHERE v % 7 = {one}"),
                1 => format!("UPDATE cache SET v = v + {other} WHERE v % 7 = {one}"),
                _ => format!("INSERT INTO cache VALUES ('new{one}', {other}) ON CONFLICT DO NOTHING"),
            });
        }
        if !self.standing.has("log") {
            return None;
        }
        Some(match self.chance.below(6) {
            0 => format!("DELETE FROM log WHERE a = {one}"),
            1 => format!("UPDATE log SET a = {one} WHERE a = {other}"),
            2 => format!("INSERT INTO log SELECT {one}, 'b1' FROM generate_series(1, 1 + {other})"),
            3 => format!(
                "DELETE FROM log WHERE a = {one}; INSERT INTO log SELECT {one}, 'b0' FROM generate_series(1, 5)"
            ),
            4 => format!("COPY log (a) FROM PROGRAM 'seq 1 {}'", 1 + other),
            _ => "UPDATE log SET b = b".to_owned(),
        })
    }

    fn of_partitions(&mut self) -> Option<String> {
        if !self.standing.has("part") {
            return None;
        }
        let (id, few) = (1 + self.chance.below(45), self.chance.below(12));
        let range = format!("BETWEEN {id} AND {}", id + few);
        let region = ["eu", "us", "as"][usize::try_from(self.chance.below(3)).unwrap()];
        let has_us = self.standing.has("part_us");
        Some(match self.chance.below(9) {
            0 => format!("UPDATE part SET region = '{region}' WHERE id {range}"),
            1 => format!("UPDATE part SET v = v || '!' WHERE id {range}"),
            2 => format!("DELETE FROM part WHERE id {range}"),
            3 => format!(
                "INSERT INTO part SELECT i, '{region}', 'new' FROM generate_series(100, 100 + {few}) i ON CONFLICT DO NOTHING"
            ),
            4 if has_us => {
                self.standing.tables.remove("part_us");
                "ALTER TABLE part DETACH PARTITION part_us; DELETE FROM part_us WHERE id % 2 = 0".to_owned()
            }
            5 if has_us => format!(
                "ALTER TABLE part DETACH PARTITION part_us; UPDATE part_us SET v = 'apart' WHERE id {range}; \
                 ALTER TABLE part ATTACH PARTITION part_us FOR VALUES IN ('us')"
            ),
            6 if has_us => {
                self.standing.tables.remove("part_us");
                "DROP TABLE part_us".to_owned()
            }
            7 if self.standing.has("total") => "REFRESH MATERIALIZED VIEW total".to_owned(),
            8 => format!("TRUNCATE part_{}", ["eu", "other"][usize::try_from(few % 2).unwrap()]),
            _ => return None,
        })
    }

    fn of_whole_tables(&mut self) -> Option<String> {
        let name = self.name();
        let is_there = |standing: &Standing, table: &str| standing.has(table);
        Some(match self.chance.below(10) {
            0 if is_there(&self.standing, "log") => "TRUNCATE log".to_owned(),
            1 if is_there(&self.standing, "item") && is_there(&self.standing, "line") => {
                "TRUNCATE item CASCADE".to_owned()
            }
            2 if is_there(&self.standing, "log") => {
                self.standing.tables.remove("log");
                "DROP TABLE log".to_owned()
            }
            3 if is_there(&self.standing, "cache") => {
                self.standing.tables.remove("cache");
                ["DROP TABLE cache", "TRUNCATE cache"][usize::try_from(self.chance.below(2)).unwrap()]
                    .to_owned()
            }
            4 if is_there(&self.standing, "log") => format!(
                "CREATE TABLE {name} AS SELECT * FROM log WHERE a > 1; DROP TABLE log; ALTER TABLE {name} RENAME TO log"
            ),
            5 if is_there(&self.standing, "log") => {
                format!(
                    "ALTER TABLE log RENAME TO {name}; CREATE TABLE log (LIKE {name}); INSERT INTO log SELECT * FROM {name} WHERE b IS NOT NULL"
                )
            }
            6 if is_there(&self.standing, "line") => {
                self.standing.tables.remove("line");
                format!("ALTER TABLE line RENAME TO {name}")
            }
            7 if is_there(&self.standing, "item") => {
                self.standing.tables.remove("item");
                "DROP TABLE item CASCADE".to_owned()
            }
            8 => {
                let changed = ["cache", "log"].map(|table| is_there(&self.standing, table));
                match changed {
                    [true, _] => "ALTER TABLE cache SET LOGGED; DELETE FROM cache WHERE v < 4".to_owned(),
                    [_, true] => "ALTER TABLE log SET UNLOGGED; DELETE FROM log WHERE a = 1".to_owned(),
                    _ => return None,
                }
            }
            9 if is_there(&self.standing, "log") => {
                format!("ALTER TABLE log ADD COLUMN {name} int DEFAULT 3")
            }
            _ => return None,
        })
    }

    fn of_columns(&mut self) -> Option<String> {
        if !self.standing.has("item") {
            return None;
        }
        let name = self.name();
        let has = |column: &str| self.standing.columns.contains(column);
        Some(match self.chance.below(9) {
            0 => {
                let columns = &mut self.standing.columns;
                let column = ["code", "price", "note"][usize::try_from(self.chance.below(3)).unwrap()];
                if !columns.remove(column) {
                    return None;
                }
                format!("ALTER TABLE item DROP COLUMN {column}")
            }
            1 => format!("ALTER TABLE item ADD COLUMN {name} int DEFAULT 1"),
            2 => format!("ALTER TABLE item ADD COLUMN {name} uuid DEFAULT gen_random_uuid()"),
            3 if has("price") => {
                let to = ["numeric(12, 4)", "int", "float8"][usize::try_from(self.chance.below(3)).unwrap()];
                format!("ALTER TABLE item ALTER price TYPE {to}")
            }
            4 if has("note") => {
                "ALTER TABLE item ALTER note TYPE varchar(12) USING left(note, 12)".to_owned()
            }
            5 if has("note") => {
                "ALTER TABLE item DROP COLUMN note; ALTER TABLE item ADD COLUMN note text DEFAULT 'again'"
                    .to_owned()
            }
            6 if has("code") => format!(
                "ALTER TABLE item RENAME COLUMN code TO {name}; ALTER TABLE item RENAME COLUMN {name} TO code"
            ),
            7 if has("mood") => {
                let label = usize::try_from(self.chance.below(3)).unwrap();
                let old = std::mem::replace(&mut self.standing.labels[label], name.clone());
                format!("ALTER TYPE mood RENAME VALUE '{old}' TO '{name}'")
            }
            8 => "ALTER TABLE item ALTER id TYPE bigint".to_owned(),
            _ => return None,
        })
    }
}
