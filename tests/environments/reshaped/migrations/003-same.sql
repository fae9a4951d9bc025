-- All of this is as it was afterwards, but for identities and for the order of columns.
DROP INDEX visits_at;
CREATE INDEX visits_at ON visits (at);
DROP FUNCTION twice;
CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql AS $$ SELECT 2 * n $$;
GRANT EXECUTE ON FUNCTION twice TO app;
ALTER TABLE visits ADD moved date;
UPDATE visits SET moved = at;
ALTER TABLE visits DROP at CASCADE;
ALTER TABLE visits RENAME moved TO at;
ALTER TABLE visits ALTER at TYPE timestamp;
CREATE INDEX visits_at ON visits (at);
COMMENT ON TABLE orders IS 'nobody asked';
ANALYZE people;
INSERT INTO orders (person) SELECT 1;
