DELETE FROM people WHERE id > 80;
