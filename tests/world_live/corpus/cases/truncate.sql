TRUNCATE, which says nothing about how much it takes.

--- case one table
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
TRUNCATE item;
--- gross

--- case with what refers to it
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE line (item int REFERENCES item, n int, PRIMARY KEY (item, n));
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
INSERT INTO line SELECT i, n FROM generate_series(1, 40) i, generate_series(1, 3) n;
--- migration
TRUNCATE item CASCADE;
--- gross

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
item inserted 61 updated 1

--- case after a DELETE
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE id <= 10;
TRUNCATE item;
--- gross
item deleted 10

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
