ALTER TABLE people RENAME COLUMN born TO birth;
