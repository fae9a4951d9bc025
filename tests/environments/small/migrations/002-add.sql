INSERT INTO people (id, email, born) SELECT n, 'new' || n || '@example.com', '2000-01-01' FROM generate_series(101, 105) AS n;
