Tables whose name goes to another one, and rows that are deleted and inserted again.

--- case a copy takes the place and loses rows
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
CREATE TABLE item_new AS SELECT * FROM item WHERE id <= 10;
DROP TABLE item;
ALTER TABLE item_new RENAME TO item;
ALTER TABLE item ADD PRIMARY KEY (id);
--- gross
item inserted 10

--- case a copy takes the place and loses nothing
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
CREATE TABLE item_new (LIKE item INCLUDING ALL);
INSERT INTO item_new SELECT * FROM item;
DROP TABLE item;
ALTER TABLE item_new RENAME TO item;
--- gross
item inserted 100

--- case a copy without the key, with other values
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
CREATE TABLE item_new AS SELECT id, CASE WHEN id > 95 THEN 'other' ELSE v END AS v FROM item;
DROP TABLE item;
ALTER TABLE item_new RENAME TO item;
--- gross
item inserted 100

--- case a copy takes the place and the old one stays beside it
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
CREATE TABLE item_new (LIKE item INCLUDING ALL);
INSERT INTO item_new SELECT * FROM item WHERE id <= 90;
ALTER TABLE item RENAME TO item_old;
ALTER TABLE item_new RENAME TO item;
--- gross
item inserted 90

--- case a copy with fewer columns
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text, n int);
INSERT INTO item SELECT i, 'v' || i, i FROM generate_series(1, 100) i;
--- migration
CREATE TABLE item_new (id int PRIMARY KEY, v text, extra text);
INSERT INTO item_new SELECT id, v, 'x' FROM item;
DROP TABLE item;
ALTER TABLE item_new RENAME TO item;
--- gross
item inserted 100

--- case two tables change their names
--- setup
CREATE TABLE a (id int PRIMARY KEY, v text);
CREATE TABLE b (id int PRIMARY KEY, v text);
INSERT INTO a SELECT i, 'a' || i FROM generate_series(1, 30) i;
INSERT INTO b SELECT i, 'b' || i FROM generate_series(21, 60) i;
--- migration
ALTER TABLE a RENAME TO c;
ALTER TABLE b RENAME TO a;
ALTER TABLE c RENAME TO b;
--- gross

--- case a table renamed
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
ALTER TABLE item RENAME TO product;
--- gross

--- case a table renamed and changed
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE id <= 10;
ALTER TABLE item RENAME TO product;
UPDATE product SET v = 'other' WHERE id > 95;
--- gross
product deleted 10 updated 5

--- case a view takes the name
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
ALTER TABLE item RENAME TO item_table;
CREATE VIEW item AS SELECT * FROM item_table;
--- gross

--- case rows deleted and inserted again as they were
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
CREATE TEMPORARY TABLE kept AS SELECT * FROM item WHERE id <= 40;
DELETE FROM item WHERE id <= 40;
INSERT INTO item SELECT * FROM kept;
--- gross
item inserted 40 deleted 40

--- case rows deleted and inserted again, some otherwise and some not
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
CREATE TEMPORARY TABLE kept AS SELECT * FROM item;
DELETE FROM item;
INSERT INTO item SELECT id, CASE WHEN id % 10 = 0 THEN 'other' ELSE v END FROM kept WHERE id <= 70;
--- gross
item inserted 70 deleted 100

--- case rows of a table without a key deleted and inserted again
--- setup
CREATE TABLE item (a int, v text);
INSERT INTO item SELECT i % 10, 'v' FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE a = 3;
INSERT INTO item SELECT 3, 'v' FROM generate_series(1, 8);
--- gross
item inserted 8 deleted 10

--- case VACUUM FULL changes no row
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- runners statements psql
--- migration
DELETE FROM item WHERE id <= 10;
VACUUM FULL item;
--- gross
item deleted 10

--- case CLUSTER changes no row
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
CLUSTER item USING item_pkey;
--- gross
