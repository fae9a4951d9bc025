Migrations that are taken back or that end half-way.

--- case the last statement fails
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- fails
--- migration
DELETE FROM item WHERE id <= 10;
UPDATE item SET v = 'w' WHERE id = 50;
INSERT INTO nowhere VALUES (1);
DELETE FROM item;
--- gross transaction
--- gross statements psql
item deleted 10 updated 1

--- case a key is hurt after a TRUNCATE
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE log (v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
INSERT INTO log SELECT 'v' || i FROM generate_series(1, 50) i;
--- fails
--- migration
TRUNCATE log;
INSERT INTO item VALUES (51, 'new');
INSERT INTO item VALUES (52, 'new'), (1, 'again');
--- gross transaction
--- gross statements psql
item inserted 1
log truncated 50

--- case a table is dropped before it fails
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- fails
--- migration
DROP TABLE item;
SELECT 1 / 0;
--- gross

--- case its own transaction is rolled back
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- runners statements psql
--- migration
BEGIN;
DELETE FROM item;
DROP TABLE item;
ROLLBACK;
--- gross

--- case one transaction is rolled back between two that are not
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- runners statements psql
--- migration
DELETE FROM item WHERE id <= 5;
BEGIN;
DELETE FROM item WHERE id <= 40;
UPDATE item SET v = 'lost';
ROLLBACK;
BEGIN;
UPDATE item SET v = 'w' WHERE id > 48;
COMMIT;
--- gross
item deleted 5 updated 2

--- case part of a transaction is taken back
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- runners transaction
--- migration
UPDATE item SET v = 'w' WHERE id <= 3;
SAVEPOINT a;
DELETE FROM item;
ROLLBACK TO a;
SAVEPOINT b;
DELETE FROM item WHERE id > 45;
RELEASE b;
--- gross
item updated 3 deleted 5

--- case what a block catches never was
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
DO $$ BEGIN
    UPDATE item SET v = 'w' WHERE id <= 3;
    BEGIN
        DELETE FROM item;
        INSERT INTO item VALUES (1, NULL), (1, NULL);
    EXCEPTION WHEN unique_violation THEN
        INSERT INTO item VALUES (100, 'caught');
    END;
END $$;
--- gross
item inserted 1 updated 3

--- case a loop commits as it goes
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- runners statements psql
--- migration
DO $$ BEGIN
    FOR i IN 1..50 LOOP
        DELETE FROM item WHERE id = i;
        IF i % 2 = 0 THEN COMMIT; ELSE ROLLBACK; END IF;
    END LOOP;
END $$;
--- gross
item deleted 25

--- case prepared, and committed by its name
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- runners statements psql
--- migration
BEGIN;
DELETE FROM item WHERE id <= 5;
PREPARE TRANSACTION 'corpus';
COMMIT PREPARED 'corpus';
--- gross
item deleted 5

--- case prepared, and rolled back by its name
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- runners statements psql
--- migration
BEGIN;
DELETE FROM item WHERE id <= 5;
PREPARE TRANSACTION 'corpus_back';
ROLLBACK PREPARED 'corpus_back';
--- gross
