CREATE ROLE app;
CREATE SCHEMA audit;
CREATE EXTENSION pg_trgm VERSION '1.3';
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE TYPE state AS ENUM ('new', 'paid');
CREATE DOMAIN share AS integer CHECK (VALUE <= 100);
CREATE TYPE place AS (x integer, y integer);
CREATE SEQUENCE ticket;
CREATE TABLE orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person integer NOT NULL,
    total integer DEFAULT 0,
    state state,
    note text
);
ALTER TABLE people ADD CONSTRAINT people_key UNIQUE (id);
ALTER TABLE people ADD COLUMN nick text;
CREATE TABLE visits (at date, shard integer) PARTITION BY LIST (shard);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES IN (1);
CREATE FOREIGN TABLE lines (line text) SERVER files OPTIONS (filename '/dev/null');
CREATE INDEX orders_total ON orders (total);
CREATE VIEW large AS SELECT id FROM orders WHERE total > 100;
CREATE MATERIALIZED VIEW largest AS SELECT max(total) AS total FROM orders;
CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql AS $$ SELECT n + n $$;
CREATE PROCEDURE forget() LANGUAGE sql AS $$ DELETE FROM orders $$;
CREATE AGGREGATE together (integer) (SFUNC = int4pl, STYPE = integer);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER noted BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note();
CREATE RULE kept AS ON DELETE TO orders DO INSTEAD NOTHING;
CREATE POLICY own ON orders FOR SELECT USING (person = 1);
CREATE STATISTICS together ON person, state FROM orders;
CREATE FUNCTION heard() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER hears ON ddl_command_end EXECUTE FUNCTION heard();
ALTER DEFAULT PRIVILEGES IN SCHEMA audit GRANT SELECT ON TABLES TO app;
