CREATE TABLE reading AS SELECT id, id % 97 AS value FROM generate_series(1, 300000) AS id;
UPDATE reading SET value = value + 1;
