CREATE TABLE audit (note text);
INSERT INTO audit VALUES ('marked'), ('purged');
