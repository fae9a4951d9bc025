-- A snapshot that anybody holds is waited for: by this index as long as a lock may take, and no longer.
SET lock_timeout = '400ms';
CREATE INDEX CONCURRENTLY reading_value ON reading (value);
CREATE INDEX CONCURRENTLY people_born ON people (born);
REINDEX INDEX CONCURRENTLY reading_value;
