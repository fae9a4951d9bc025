Tables whose file is made anew several times in one migration, with rows written between.

--- case rewritten twice
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int, v text);
INSERT INTO item SELECT i, i, 'v' || i FROM generate_series(1, 100) i;
--- migration
ALTER TABLE item ALTER n TYPE bigint;
INSERT INTO item SELECT i, i, 'new' FROM generate_series(201, 207) i;
UPDATE item SET v = 'between' WHERE id <= 5;
DELETE FROM item WHERE id BETWEEN 11 AND 13;
ALTER TABLE item ALTER n TYPE numeric;
DELETE FROM item WHERE id = 201;
--- gross
item inserted 7 updated 5 deleted 4

--- case rewritten three times, and others meanwhile
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
CREATE TABLE other (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
INSERT INTO other SELECT i, i FROM generate_series(1, 100) i;
--- migration
ALTER TABLE item ALTER n TYPE bigint;
ALTER TABLE other ALTER n TYPE bigint;
DELETE FROM item WHERE id <= 2;
DELETE FROM other WHERE id <= 3;
ALTER TABLE other ALTER n TYPE text;
ALTER TABLE item ALTER n TYPE numeric;
UPDATE item SET n = 0 WHERE id BETWEEN 11 AND 15;
UPDATE other SET n = '0' WHERE id BETWEEN 11 AND 16;
ALTER TABLE item ALTER n TYPE text;
INSERT INTO item VALUES (300, 'new');
--- gross
item inserted 1 updated 5 deleted 2
other updated 6 deleted 3

--- case emptied twice
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE id <= 10;
TRUNCATE item;
INSERT INTO item SELECT i, 'between' FROM generate_series(1, 20) i;
UPDATE item SET v = 'other' WHERE id <= 6;
TRUNCATE item;
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 3) i;
--- gross
item inserted 23 updated 6 deleted 10 truncated 110

--- case emptied three times with what refers to it
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE line (item int REFERENCES item, n int, PRIMARY KEY (item, n));
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
INSERT INTO line SELECT i, n FROM generate_series(1, 40) i, generate_series(1, 3) n;
--- migration
TRUNCATE item CASCADE;
INSERT INTO item VALUES (1, 'a'), (2, 'b');
INSERT INTO line VALUES (1, 1);
TRUNCATE line;
INSERT INTO line VALUES (2, 1), (2, 2);
TRUNCATE line, item;
INSERT INTO item VALUES (3, 'c');
--- gross
item inserted 3 truncated 42
line inserted 3 truncated 123

--- case emptied and rewritten
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- migration
TRUNCATE item;
INSERT INTO item SELECT i, i FROM generate_series(1, 30) i;
ALTER TABLE item ALTER n TYPE bigint;
DELETE FROM item WHERE id <= 4;
INSERT INTO item VALUES (101, 101);
--- gross
item inserted 31 deleted 4 truncated 100

--- case rewritten, emptied and rewritten
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- migration
ALTER TABLE item ALTER n TYPE bigint;
UPDATE item SET n = 0 WHERE id <= 8;
TRUNCATE item;
INSERT INTO item SELECT i, i FROM generate_series(1, 30) i;
ALTER TABLE item ALTER n TYPE numeric;
DELETE FROM item WHERE id <= 4;
--- gross
item inserted 30 updated 8 deleted 4 truncated 100

--- case made, filled, rewritten and filled
--- setup
CREATE TABLE item (id int PRIMARY KEY);
--- migration
CREATE TABLE made (id int PRIMARY KEY, n int);
INSERT INTO made SELECT i, i FROM generate_series(1, 20) i;
DELETE FROM made WHERE id <= 3;
ALTER TABLE made ALTER n TYPE text;
INSERT INTO made SELECT i, i FROM generate_series(21, 24) i;
ALTER TABLE made ALTER n TYPE bigint USING n::bigint;
UPDATE made SET n = 0 WHERE id = 24;
--- gross
made inserted 24 updated 1 deleted 3

--- case rewritten, changed and dropped
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE id = 1;
ALTER TABLE item ALTER n TYPE bigint;
UPDATE item SET n = 0 WHERE id <= 8;
ALTER TABLE item ALTER n TYPE numeric;
INSERT INTO item VALUES (101, 101);
DROP TABLE item;
--- gross
item inserted 1 updated 7 deleted 1

--- case rewritten, then another table takes its place
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- migration
ALTER TABLE item ALTER n TYPE bigint;
DELETE FROM item WHERE id <= 8;
ALTER TABLE item ALTER n TYPE numeric;
CREATE TABLE item_new AS SELECT * FROM item WHERE id <= 50;
ALTER TABLE item_new ALTER n TYPE text;
UPDATE item_new SET n = 'x' WHERE id <= 10;
ALTER TABLE item_new ALTER n TYPE varchar(4);
DROP TABLE item;
ALTER TABLE item_new RENAME TO item;
--- gross
item inserted 42 updated 2 deleted 8

--- case what was rolled back between
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- migration
ALTER TABLE item ALTER n TYPE bigint;
DELETE FROM item WHERE id <= 8;
DO $$ BEGIN TRUNCATE item; INSERT INTO item VALUES (500, 1); RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN NULL; END $$;
DO $$ BEGIN ALTER TABLE item ALTER n TYPE text; DELETE FROM item; RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN NULL; END $$;
UPDATE item SET n = 0 WHERE id <= 10;
ALTER TABLE item ALTER n TYPE numeric;
INSERT INTO item VALUES (101, 101);
--- gross
item inserted 1 updated 2 deleted 8

--- case what was rolled back together
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- runners statements psql
--- migration
BEGIN; TRUNCATE item; INSERT INTO item VALUES (500, 1); ROLLBACK;
TRUNCATE item;
BEGIN; INSERT INTO item VALUES (501, 1); ALTER TABLE item ALTER n TYPE text; ROLLBACK;
INSERT INTO item SELECT i, i FROM generate_series(1, 5) i;
TRUNCATE item;
--- gross
item inserted 5 truncated 105

--- case packed again and again
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- runners statements psql
--- migration
VACUUM FULL item;
DELETE FROM item WHERE id <= 8;
VACUUM FULL item;
INSERT INTO item VALUES (101, 101);
CLUSTER item USING item_pkey;
UPDATE item SET n = 0 WHERE id = 101;
--- gross
item inserted 1 updated 1 deleted 8

--- case moved to another place on the disk and back
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- runners statements psql
--- migration
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE elsewhere LOCATION '';
ALTER TABLE item SET TABLESPACE elsewhere;
DELETE FROM item WHERE id <= 8;
ALTER TABLE item SET TABLESPACE pg_default;
UPDATE item SET n = 0 WHERE id = 100;
DROP TABLESPACE elsewhere;
--- gross
item updated 1 deleted 8

--- case a materialized view filled twice
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i % 7 FROM generate_series(1, 70) i;
CREATE MATERIALIZED VIEW total AS SELECT n, count(*) AS items FROM item GROUP BY n;
--- migration
DELETE FROM item WHERE n = 3 OR id = 1;
REFRESH MATERIALIZED VIEW total;
DELETE FROM item WHERE n = 4;
REFRESH MATERIALIZED VIEW total;
--- gross
item deleted 21
