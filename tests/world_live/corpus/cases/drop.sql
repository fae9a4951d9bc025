Tables and columns that are dropped.

--- case a table
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DROP TABLE item;
--- gross

--- case a table with what hangs on it
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE line (item int REFERENCES item, n int);
CREATE VIEW seen AS SELECT * FROM item;
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
INSERT INTO line SELECT i, 1 FROM generate_series(1, 40) i;
--- migration
DROP TABLE item CASCADE;
--- gross

--- case an empty table
--- setup
CREATE TABLE item (id int PRIMARY KEY);
--- migration
DROP TABLE item;
--- gross

--- case rows first, the table then
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE id <= 25;
DROP TABLE item;
--- gross
item deleted 25

--- case a table that is made again without its rows
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DROP TABLE item;
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 5) i;
--- gross
item inserted 5

--- case a table that the migration made
--- setup
CREATE TABLE item (id int PRIMARY KEY);
--- migration
CREATE TABLE scratch AS SELECT i FROM generate_series(1, 10) i;
DROP TABLE scratch;
--- gross

--- case a partition
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT i, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END FROM generate_series(1, 60) i;
--- migration
DROP TABLE item_us;
--- gross

--- case a partitioned table with all its partitions
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT i, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END FROM generate_series(1, 60) i;
--- migration
DROP TABLE item;
--- gross

--- case a column with values in some rows
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text, n int);
INSERT INTO item SELECT i, 'v' || i, CASE WHEN i <= 15 THEN i END FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item DROP COLUMN n;
--- gross

--- case a column without any value
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text, n int);
INSERT INTO item SELECT i, 'v' || i, NULL FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item DROP COLUMN n;
--- gross

--- case a column that is added again, empty
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text, n int);
INSERT INTO item SELECT i, 'v' || i, CASE WHEN i <= 15 THEN i END FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item DROP COLUMN n;
ALTER TABLE item ADD COLUMN n int;
--- gross

--- case the column of the key
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text NOT NULL);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item DROP COLUMN id;
DELETE FROM item WHERE v = 'v7';
--- gross
item deleted 1

--- case a column, and rows beside it
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text, n int);
INSERT INTO item SELECT i, 'v' || i, i FROM generate_series(1, 40) i;
--- migration
DELETE FROM item WHERE id > 38;
ALTER TABLE item DROP COLUMN n;
UPDATE item SET v = 'other' WHERE id = 1;
--- gross
item deleted 2 updated 1
