What a statement takes with it: foreign keys that cascade, and triggers.

--- case lines go with their items
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE line (item int REFERENCES item ON DELETE CASCADE, n int, PRIMARY KEY (item, n));
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
INSERT INTO line SELECT i, n FROM generate_series(1, 40) i, generate_series(1, 3) n;
--- migration
DELETE FROM item WHERE id <= 10;
--- gross
item deleted 10
line deleted 30

--- case over three tables
--- setup
CREATE TABLE shop (id int PRIMARY KEY);
CREATE TABLE item (id int PRIMARY KEY, shop int REFERENCES shop ON DELETE CASCADE);
CREATE TABLE line (id int PRIMARY KEY, item int REFERENCES item ON DELETE CASCADE);
INSERT INTO shop SELECT generate_series(1, 4);
INSERT INTO item SELECT i, 1 + i % 4 FROM generate_series(1, 40) i;
INSERT INTO line SELECT i, 1 + i % 40 FROM generate_series(1, 200) i;
--- migration
DELETE FROM shop WHERE id = 2;
--- gross
shop deleted 1
item deleted 10
line deleted 50

--- case references are set to NULL
--- setup
CREATE TABLE item (id int PRIMARY KEY);
CREATE TABLE line (id int PRIMARY KEY, item int REFERENCES item ON DELETE SET NULL);
INSERT INTO item SELECT generate_series(1, 40);
INSERT INTO line SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
--- migration
DELETE FROM item WHERE id <= 10;
--- gross
item deleted 10
line updated 20

--- case keys change and take references along
--- setup
CREATE TABLE item (id int PRIMARY KEY);
CREATE TABLE line (id int PRIMARY KEY, item int REFERENCES item ON UPDATE CASCADE);
INSERT INTO item SELECT generate_series(1, 40);
INSERT INTO line SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
--- migration
UPDATE item SET id = id + 100 WHERE id <= 5;
--- gross
item updated 5
line updated 10

--- case a reference holds on, and nothing happens
--- setup
CREATE TABLE item (id int PRIMARY KEY);
CREATE TABLE line (id int PRIMARY KEY, item int REFERENCES item);
INSERT INTO item SELECT generate_series(1, 40);
INSERT INTO line SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
--- fails
--- migration
DELETE FROM item WHERE id <= 10;
--- gross

--- case a trigger writes down what is deleted
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item int, at timestamptz DEFAULT now());
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS
    $$ BEGIN INSERT INTO audit (item) VALUES (OLD.id); RETURN OLD; END $$;
CREATE TRIGGER note AFTER DELETE ON item FOR EACH ROW EXECUTE FUNCTION note();
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
--- migration
DELETE FROM item WHERE id <= 10;
--- gross
item deleted 10
audit inserted 10

--- case a trigger keeps rows from being deleted
--- setup
CREATE TABLE item (id int PRIMARY KEY, is_gone boolean NOT NULL DEFAULT false);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS
    $$ BEGIN UPDATE item SET is_gone = true WHERE id = OLD.id; RETURN NULL; END $$;
CREATE TRIGGER keep BEFORE DELETE ON item FOR EACH ROW EXECUTE FUNCTION keep();
INSERT INTO item SELECT generate_series(1, 40);
--- migration
DELETE FROM item WHERE id <= 10;
--- gross
item updated 10

--- case a trigger deletes elsewhere
--- setup
CREATE TABLE item (id int PRIMARY KEY, n int);
CREATE TABLE stock (id int PRIMARY KEY, item int);
CREATE FUNCTION clear() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS
    $$ BEGIN DELETE FROM stock; RETURN NULL; END $$;
CREATE TRIGGER clear AFTER UPDATE ON item FOR EACH STATEMENT EXECUTE FUNCTION clear();
INSERT INTO item SELECT i, i FROM generate_series(1, 40) i;
INSERT INTO stock SELECT i, i FROM generate_series(1, 40) i;
--- migration
UPDATE item SET n = 0 WHERE id = 1;
--- gross
item updated 1
stock deleted 40

--- case a trigger changes what is written
--- setup
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := upper(NEW.v); RETURN NEW; END $$;
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 40) i;
CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION shout();
--- migration
UPDATE item SET v = v WHERE id <= 10;
INSERT INTO item VALUES (100, 'new');
--- gross
item inserted 1 updated 10
