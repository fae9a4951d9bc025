UPDATE people SET email = email || '.invalid' WHERE id <= 3;
