Names that need quotes, several schemas, and inheritance.

--- case quotes and capitals
--- setup
CREATE TABLE "Item-""x""" ("The Id" int PRIMARY KEY, "select" text);
INSERT INTO "Item-""x""" SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
DELETE FROM "Item-""x""" WHERE "The Id" <= 5;
UPDATE "Item-""x""" SET "select" = 'w' WHERE "The Id" = 9;
--- gross
Item-"x" deleted 5 updated 1

--- case a table moves to another schema and back
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
--- migration
CREATE SCHEMA elsewhere;
ALTER TABLE item SET SCHEMA elsewhere;
DELETE FROM elsewhere.item WHERE id <= 4;
DO $$ BEGIN EXECUTE format('ALTER TABLE elsewhere.item SET SCHEMA %I', current_schema()); END $$;
DROP SCHEMA elsewhere;
--- gross
item deleted 4

--- case children of a table that is inherited from
--- setup
CREATE TABLE item (id int, v text);
CREATE TABLE special (extra int) INHERITS (item);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 50) i;
INSERT INTO special SELECT i, 'v' || i, 0 FROM generate_series(41, 60) i;
--- migration
DELETE FROM item WHERE id BETWEEN 38 AND 45;
UPDATE ONLY item SET v = 'w' WHERE id <= 2;
--- gross
item deleted 8 updated 2
special deleted 5
