Tables without a key, whose rows are told apart by what they hold.

--- case equal rows, some of which go
--- setup
CREATE TABLE item (a int, v text);
INSERT INTO item SELECT i % 5, 'v' FROM generate_series(1, 50) i;
--- migration
DELETE FROM item WHERE ctid IN (SELECT ctid FROM item WHERE a = 2 LIMIT 4);
--- gross
item deleted 4

--- case rows updated to what others are
--- setup
CREATE TABLE item (a int, v text);
INSERT INTO item SELECT i % 5, 'v' FROM generate_series(1, 50) i;
--- migration
UPDATE item SET a = 1 WHERE a = 2;
--- gross
item updated 10

--- case with NULLs
--- setup
CREATE TABLE item (a int, v text);
INSERT INTO item SELECT NULLIF(i % 5, 0), NULLIF('v' || i % 3, 'v1') FROM generate_series(1, 50) i;
--- migration
UPDATE item SET v = '' WHERE v IS NULL;
DELETE FROM item WHERE a IS NULL;
INSERT INTO item VALUES (NULL, NULL), (NULL, NULL);
--- gross
item inserted 2 updated 17 deleted 10

--- case with a unique key that allows NULL
--- setup
CREATE TABLE item (code text UNIQUE, v text);
INSERT INTO item SELECT CASE WHEN i <= 30 THEN 'c' || i END, 'v' FROM generate_series(1, 50) i;
--- migration
UPDATE item SET v = 'w' WHERE code = 'c3' OR code IS NULL;
--- gross
item updated 21

--- case with a unique key without NULLs
--- setup
CREATE TABLE item (code text NOT NULL UNIQUE, v text);
INSERT INTO item SELECT 'c' || i, 'v' FROM generate_series(1, 50) i;
--- migration
UPDATE item SET v = 'w' WHERE code IN ('c3', 'c4');
DELETE FROM item WHERE code = 'c5';
--- gross
item updated 2 deleted 1

--- case that gets a key
--- setup
CREATE TABLE item (id int NOT NULL, v text);
INSERT INTO item SELECT i, 'v' FROM generate_series(1, 50) i;
--- migration
ALTER TABLE item ADD PRIMARY KEY (id);
UPDATE item SET v = 'w' WHERE id <= 3;
--- gross
item updated 3

--- case that loses its key
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' FROM generate_series(1, 50) i;
--- migration
ALTER TABLE item DROP CONSTRAINT item_pkey;
UPDATE item SET v = 'w' WHERE id <= 3;
INSERT INTO item VALUES (50, 'v');
--- gross
item inserted 1 updated 3

--- case without any column
--- setup
CREATE TABLE item ();
INSERT INTO item DEFAULT VALUES;
INSERT INTO item DEFAULT VALUES;
--- migration
INSERT INTO item DEFAULT VALUES;
--- gross
item inserted 1
