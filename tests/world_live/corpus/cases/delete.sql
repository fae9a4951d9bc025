Rows that are deleted.

--- case some of them
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE id % 5 = 0;
--- gross
item deleted 20

--- case all of them
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item;
--- gross
item deleted 100

--- case none of them, as the condition never holds
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
DELETE FROM item WHERE v IS NULL;
--- gross

--- case by a join that matches more than was meant
--- setup
CREATE TABLE item (id int PRIMARY KEY, code text);
CREATE TABLE doomed (code text);
INSERT INTO item SELECT i, 'c' || i % 10 FROM generate_series(1, 200) i;
INSERT INTO doomed VALUES ('c1'), ('c1'), ('c2');
--- migration
DELETE FROM item USING doomed WHERE doomed.code = item.code;
--- gross
item deleted 40

--- case rows with values out of line
--- setup
CREATE TABLE item (id int PRIMARY KEY, body text);
ALTER TABLE item ALTER body SET STORAGE EXTERNAL;
INSERT INTO item SELECT i, repeat(md5(i::text), 200) FROM generate_series(1, 30) i;
--- migration
DELETE FROM item WHERE id > 20;
UPDATE item SET body = body || 'x' WHERE id = 3;
--- gross
item deleted 10 updated 1

--- case what a WITH returns goes into another table
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE archive (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
WITH gone AS (DELETE FROM item WHERE id <= 12 RETURNING *) INSERT INTO archive SELECT * FROM gone;
--- gross
item deleted 12
archive inserted 12
