TRUNCATE, which says nothing about how much it takes.

--- case one table
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
TRUNCATE item;
--- gross
item truncated 100

--- case with what refers to it
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE line (item int REFERENCES item, n int, PRIMARY KEY (item, n));
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
INSERT INTO line SELECT i, n FROM generate_series(1, 40) i, generate_series(1, 3) n;
--- migration
TRUNCATE item CASCADE;
--- gross
item truncated 40
line truncated 120

--- case filled again with fewer rows
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
CREATE TEMPORARY TABLE kept AS SELECT * FROM item WHERE id <= 60;
TRUNCATE item;
INSERT INTO item SELECT * FROM kept;
INSERT INTO item VALUES (500, 'new');
UPDATE item SET v = 'other' WHERE id = 1;
--- gross
item inserted 61 updated 1 truncated 100

--- case after a DELETE
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE id <= 10;
TRUNCATE item;
--- gross
item deleted 10 truncated 90

--- case an empty table
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
--- migration
TRUNCATE item;
--- gross

--- case a partitioned table
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT i, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END FROM generate_series(1, 60) i;
--- migration
TRUNCATE item;
--- gross
item_eu truncated 40
item_us truncated 20

--- case made, filled and emptied
--- setup
CREATE TABLE item (id int PRIMARY KEY);
--- migration
CREATE TABLE made AS SELECT i FROM generate_series(1, 20) i;
DELETE FROM made WHERE i <= 3;
TRUNCATE made;
INSERT INTO made VALUES (1), (2);
--- gross
made inserted 22 deleted 3 truncated 17

--- case emptied again with what a subtransaction wrote
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
TRUNCATE item;
INSERT INTO item SELECT i, 'first' FROM generate_series(1, 10) i;
DO $$ BEGIN INSERT INTO item SELECT i, 'second' FROM generate_series(11, 15) i;
    DELETE FROM item WHERE id <= 2; EXCEPTION WHEN division_by_zero THEN NULL; END $$;
DO $$ BEGIN INSERT INTO item SELECT i, 'never' FROM generate_series(21, 25) i;
    RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END $$;
TRUNCATE item;
INSERT INTO item SELECT i, 'third' FROM generate_series(1, 4) i;
--- gross
item inserted 19 deleted 2 truncated 113

--- case packed and emptied
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE id <= 7;
CLUSTER item USING item_pkey;
TRUNCATE item;
--- gross
item deleted 7 truncated 93

--- case rewritten and emptied
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- migration
ALTER TABLE item ALTER n TYPE bigint;
INSERT INTO item VALUES (101, 101);
TRUNCATE item;
--- gross
item inserted 1 truncated 101

--- case emptied and dropped
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
TRUNCATE item;
DROP TABLE item;
--- gross
item truncated 100

--- case all deleted and given back to the disk
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- runners statements psql
--- migration
DELETE FROM item;
VACUUM (TRUNCATE) item;
INSERT INTO item VALUES (1, 'new');
--- gross
item inserted 1 deleted 100

--- case taken back to a savepoint
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- runners transaction
--- migration
SAVEPOINT s;
TRUNCATE item;
ROLLBACK TO s;
--- gross
