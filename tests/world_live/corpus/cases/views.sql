Materialized views, whose rows are made of others.

--- case refreshed
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i % 7 FROM generate_series(1, 70) i;
CREATE MATERIALIZED VIEW total AS SELECT n, count(*) AS items FROM item GROUP BY n;
--- migration
DELETE FROM item WHERE n = 3 OR id = 1;
REFRESH MATERIALIZED VIEW total;
--- gross
item deleted 11

--- case refreshed without any change
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i % 7 FROM generate_series(1, 70) i;
CREATE MATERIALIZED VIEW total AS SELECT n, count(*) AS items FROM item GROUP BY n;
--- migration
REFRESH MATERIALIZED VIEW total;
--- gross

--- case refreshed row by row
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i % 7 FROM generate_series(1, 70) i;
CREATE MATERIALIZED VIEW total AS SELECT n, count(*) AS items FROM item GROUP BY n;
CREATE UNIQUE INDEX ON total (n);
--- migration
DELETE FROM item WHERE n = 3 OR id = 1;
REFRESH MATERIALIZED VIEW CONCURRENTLY total;
--- gross
item deleted 11
total inserted 1 deleted 2

--- case made
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i % 7 FROM generate_series(1, 70) i;
--- migration
CREATE MATERIALIZED VIEW total AS SELECT n, count(*) AS items FROM item GROUP BY n;
--- gross
total inserted 7

--- case dropped
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i % 7 FROM generate_series(1, 70) i;
CREATE MATERIALIZED VIEW total AS SELECT n, count(*) AS items FROM item GROUP BY n;
--- migration
DROP MATERIALIZED VIEW total;
--- gross

--- case emptied
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
INSERT INTO item SELECT i, i % 7 FROM generate_series(1, 70) i;
CREATE MATERIALIZED VIEW total AS SELECT n, count(*) AS items FROM item GROUP BY n;
--- migration
REFRESH MATERIALIZED VIEW total WITH NO DATA;
--- gross
