Tables that the log does not show.

--- case rows of one changed
--- setup
CREATE UNLOGGED TABLE cache (id int PRIMARY KEY, v text);
INSERT INTO cache SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
DELETE FROM cache WHERE id <= 5;
UPDATE cache SET v = 'w' WHERE id > 45;
INSERT INTO cache VALUES (100, 'new');
--- gross
cache unknown

--- case one that nobody touches
--- setup
CREATE UNLOGGED TABLE cache (id int PRIMARY KEY, v text);
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO cache SELECT i, 'v' || i FROM generate_series(1, 50) i;
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
DELETE FROM item WHERE id = 1;
--- gross
item deleted 1

--- case one emptied
--- setup
CREATE UNLOGGED TABLE cache (a int, v text);
INSERT INTO cache SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
TRUNCATE cache;
--- gross
cache unknown

--- case one dropped
--- setup
CREATE UNLOGGED TABLE cache (a int, v text);
INSERT INTO cache SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
DROP TABLE cache;
--- gross
cache unknown

--- case one made
--- setup
CREATE TABLE item (id int PRIMARY KEY);
--- migration
CREATE UNLOGGED TABLE cache AS SELECT i FROM generate_series(1, 30) i;
--- gross
cache unknown

--- case a table becomes unlogged and loses rows then
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
ALTER TABLE item SET UNLOGGED;
DELETE FROM item WHERE id <= 7;
--- gross
item unknown

--- case one becomes logged
--- setup
CREATE UNLOGGED TABLE cache (id int PRIMARY KEY, v text);
INSERT INTO cache SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
DELETE FROM cache WHERE id <= 7;
ALTER TABLE cache SET LOGGED;
--- gross
cache unknown
