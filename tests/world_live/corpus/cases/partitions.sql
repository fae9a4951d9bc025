Partitions: rows that move between them, and tables that come and go as one.

--- case an UPDATE moves rows
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT i, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END FROM generate_series(1, 60) i;
--- migration
UPDATE item SET region = 'us' WHERE id <= 6;
--- gross
item_eu deleted 4 moved 4
item_us inserted 4 updated 2

--- case an UPDATE of the range moves rows and back
--- setup
CREATE TABLE item (id int, n int) PARTITION BY RANGE (n);
CREATE TABLE item_low PARTITION OF item FOR VALUES FROM (0) TO (100);
CREATE TABLE item_high PARTITION OF item FOR VALUES FROM (100) TO (200);
INSERT INTO item SELECT i, i FROM generate_series(1, 60) i;
--- migration
UPDATE item SET n = n + 100 WHERE id <= 6;
UPDATE item SET n = n - 100 WHERE id <= 3;
--- gross
item_low deleted 6 inserted 3 moved 3
item_high inserted 6 deleted 3

--- case rows go to a partition that is made for them, but some are deleted as well
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
INSERT INTO item SELECT i, 'eu' FROM generate_series(1, 60) i;
--- migration
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
UPDATE item SET region = 'us' WHERE id <= 6;
DELETE FROM item WHERE id = 1;
--- gross
item_eu deleted 6
item_us inserted 6 deleted 1

--- case rows go to a partition that is made for them
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
INSERT INTO item SELECT i, 'eu' FROM generate_series(1, 60) i;
--- migration
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
UPDATE item SET region = 'us' WHERE id <= 6;
--- gross
item_eu deleted 6 moved 6
item_us inserted 6

--- case rows go to a partition that goes
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT i, 'eu' FROM generate_series(1, 60) i;
--- migration
UPDATE item SET region = 'us' WHERE id <= 6;
DROP TABLE item_us;
--- gross
item_eu deleted 6
item_us inserted 6

--- case an INSERT falls into its partitions
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_other PARTITION OF item DEFAULT;
INSERT INTO item SELECT i, 'eu' FROM generate_series(1, 60) i;
--- migration
INSERT INTO item VALUES (100, 'eu'), (101, 'us'), (102, 'as');
DELETE FROM item WHERE id <= 5;
--- gross
item_eu inserted 1 deleted 5
item_other inserted 2

--- case a table is attached
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE loose (id int, region text NOT NULL, PRIMARY KEY (id, region));
INSERT INTO item SELECT i, 'eu' FROM generate_series(1, 60) i;
INSERT INTO loose SELECT i, 'us' FROM generate_series(1, 20) i;
--- migration
ALTER TABLE item ATTACH PARTITION loose FOR VALUES IN ('us');
--- gross

--- case a new table is filled and attached
--- setup
CREATE TABLE item (id int, region text) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
INSERT INTO item SELECT i, 'eu' FROM generate_series(1, 60) i;
--- migration
CREATE TABLE item_us (LIKE item);
INSERT INTO item_us SELECT i, 'us' FROM generate_series(1, 5) i;
ALTER TABLE item ATTACH PARTITION item_us FOR VALUES IN ('us');
--- gross
item_us inserted 5

--- case a partition is detached
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT i, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END FROM generate_series(1, 60) i;
--- migration
ALTER TABLE item DETACH PARTITION item_us;
--- gross

--- case a partition is detached, changed and attached again
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT i, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END FROM generate_series(1, 60) i;
--- migration
ALTER TABLE item DETACH PARTITION item_us;
DELETE FROM item_us WHERE id <= 30;
ALTER TABLE item ATTACH PARTITION item_us FOR VALUES IN ('us');
--- gross
item_us deleted 10

--- case a partition is detached and dropped
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT i, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END FROM generate_series(1, 60) i;
--- migration
ALTER TABLE item DETACH PARTITION item_us;
DROP TABLE item_us;
--- gross

--- case a plain table becomes a partitioned one
--- setup
CREATE TABLE item (id int, region text NOT NULL, PRIMARY KEY (id, region));
INSERT INTO item SELECT i, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END FROM generate_series(1, 60) i;
--- migration
ALTER TABLE item RENAME TO item_old;
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT * FROM item_old WHERE id > 5;
DROP TABLE item_old;
--- gross
item_eu inserted 36
item_us inserted 19

--- case a partitioned table becomes a plain one
--- setup
CREATE TABLE item (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE item_eu PARTITION OF item FOR VALUES IN ('eu');
CREATE TABLE item_us PARTITION OF item FOR VALUES IN ('us');
INSERT INTO item SELECT i, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END FROM generate_series(1, 60) i;
--- migration
CREATE TABLE item_new (id int, region text, PRIMARY KEY (id, region));
INSERT INTO item_new SELECT * FROM item WHERE id > 5;
DROP TABLE item;
ALTER TABLE item_new RENAME TO item;
--- gross
item inserted 55
