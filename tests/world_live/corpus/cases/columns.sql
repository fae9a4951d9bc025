Columns that are added, renamed or given another type, and labels of enums.

--- case added with a constant default
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item ADD COLUMN n int NOT NULL DEFAULT 7;
--- gross

--- case added with a default of each row's own
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
--- gross

--- case added and filled
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item ADD COLUMN n int;
UPDATE item SET n = id;
--- gross
item updated 40

--- case added as generated
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item ADD COLUMN n int GENERATED ALWAYS AS (id * 2) STORED;
--- gross

--- case renamed
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item RENAME COLUMN v TO name;
--- gross

--- case renamed, the key too, and updated
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item RENAME COLUMN id TO number;
ALTER TABLE item RENAME COLUMN v TO id;
UPDATE item SET id = 'other' WHERE number <= 3;
--- gross
item updated 3

--- case that change their names among each other
--- setup
CREATE TABLE item (id int PRIMARY KEY, a text, b text);
INSERT INTO item SELECT i, 'a' || i, 'b' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item RENAME COLUMN a TO c;
ALTER TABLE item RENAME COLUMN b TO a;
ALTER TABLE item RENAME COLUMN c TO b;
--- gross

--- case to a wider type
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int, v varchar(10));
INSERT INTO item SELECT i, i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item ALTER n TYPE bigint, ALTER v TYPE text;
--- gross

--- case to a type that rounds
--- setup
CREATE TABLE item (id int PRIMARY KEY, n numeric);
INSERT INTO item SELECT i, i / 4.0 FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item ALTER n TYPE int;
--- gross

--- case to a text that is cut off
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, repeat('x', i) FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item ALTER v TYPE varchar(10) USING left(v, 10);
--- gross

--- case to a type that leaves the values of none
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item ALTER v TYPE int USING NULL;
--- gross

--- case of the key, to another type
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
ALTER TABLE item ALTER id TYPE text;
DELETE FROM item WHERE id = '4';
--- gross
item deleted 1

--- case rewritten between two statements
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 40) i;
--- migration
DELETE FROM item WHERE id <= 3;
ALTER TABLE item ALTER n TYPE bigint;
INSERT INTO item VALUES (100, 1);
UPDATE item SET n = 0 WHERE id = 9;
--- gross
item inserted 1 updated 1 deleted 3

--- case a label of an enum renamed
--- setup
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE item (id int PRIMARY KEY, m mood);
INSERT INTO item SELECT i, (ARRAY['sad', 'ok', 'happy']::mood[])[1 + i % 3] FROM generate_series(1, 40) i;
--- migration
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
--- gross

--- case a label that no row has
--- setup
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE item (id int PRIMARY KEY, m mood);
INSERT INTO item SELECT i, 'ok' FROM generate_series(1, 40) i;
--- migration
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
--- gross

--- case a label in an array, and rows beside it
--- setup
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE item (id int PRIMARY KEY, m mood[]);
INSERT INTO item SELECT i, CASE WHEN i % 2 = 0 THEN ARRAY['sad', 'ok']::mood[] ELSE ARRAY['ok']::mood[] END
    FROM generate_series(1, 40) i;
--- migration
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
DELETE FROM item WHERE id <= 4;
--- gross
item deleted 4

--- case a label added
--- setup
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE item (id int PRIMARY KEY, m mood);
INSERT INTO item SELECT i, 'ok' FROM generate_series(1, 40) i;
--- migration
ALTER TYPE mood ADD VALUE 'happy' BEFORE 'ok';
--- gross
