Rows that are updated, with or without another value.

--- case some of them
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text, n int);
INSERT INTO item SELECT i, 'v' || i, i FROM generate_series(1, 100) i;
--- migration
UPDATE item SET v = v || '!' WHERE id <= 30;
--- gross
item updated 30

--- case all of them, without a condition
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text, n int);
INSERT INTO item SELECT i, 'v' || i, i FROM generate_series(1, 100) i;
--- migration
UPDATE item SET n = 0;
--- gross
item updated 100

--- case the same rows twice
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- migration
UPDATE item SET n = n + 1 WHERE id <= 10;
UPDATE item SET n = n + 1 WHERE id <= 20;
--- gross
item updated 30

--- case there and back again
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i FROM generate_series(1, 100) i;
--- migration
UPDATE item SET n = -n;
UPDATE item SET n = -n;
--- gross
item updated 200

--- case the same value
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i;
--- migration
UPDATE item SET v = v;
--- gross
item updated 100

--- case the same value for some, and out of line
--- setup
CREATE TABLE item (id int PRIMARY KEY, body text, n int);
ALTER TABLE item ALTER body SET STORAGE EXTERNAL;
INSERT INTO item SELECT i, repeat(md5(i::text), 200), i FROM generate_series(1, 20) i;
--- migration
UPDATE item SET body = repeat(md5(id::text), 200) WHERE id <= 5;
UPDATE item SET n = n + 0 WHERE id > 15;
--- gross
item updated 10

--- case of numbers that are equal and print differently
--- setup
CREATE TABLE item (id int PRIMARY KEY, n numeric, long interval, f float8);
INSERT INTO item SELECT i, i, interval '1 day', 0 FROM generate_series(1, 30) i;
--- migration
UPDATE item SET n = n + 0.00 WHERE id <= 10;
UPDATE item SET long = interval '24 hours' WHERE id BETWEEN 11 AND 20;
UPDATE item SET f = '-0' WHERE id > 20;
--- gross
item updated 30

--- case of the key
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
UPDATE item SET id = id + 1000 WHERE id <= 7;
--- gross
item updated 7

--- case of keys that change places
--- setup
CREATE TABLE item (id int PRIMARY KEY DEFERRABLE INITIALLY IMMEDIATE, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
UPDATE item SET id = 51 - id;
--- gross
item updated 50

--- case by INSERT with a conflict
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
INSERT INTO item SELECT i, 'w' FROM generate_series(41, 60) i ON CONFLICT (id) DO UPDATE SET v = excluded.v;
INSERT INTO item SELECT i, 'x' FROM generate_series(1, 9) i ON CONFLICT DO NOTHING;
--- gross
item inserted 10 updated 10

--- case by MERGE
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
MERGE INTO item USING (SELECT i FROM generate_series(46, 55) i) AS s ON s.i = item.id
    WHEN MATCHED AND s.i > 48 THEN DELETE
    WHEN MATCHED THEN UPDATE SET v = 'merged'
    WHEN NOT MATCHED THEN INSERT VALUES (s.i, 'new');
--- gross
item inserted 5 updated 3 deleted 2
