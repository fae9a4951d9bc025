-- no-transaction
CREATE UNIQUE INDEX CONCURRENTLY people_half ON people ((id % 2));
