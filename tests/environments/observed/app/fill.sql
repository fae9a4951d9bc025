-- Who looks after tables by himself would hold up an index.
CREATE TABLE reading WITH (autovacuum_enabled = off) AS SELECT id, id % 97 AS value FROM generate_series(1, 300000) AS id;
UPDATE reading SET value = value + 1;
