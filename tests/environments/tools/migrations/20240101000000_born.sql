-- migrate:up
UPDATE people SET born = '2000-01-01' WHERE id <= 7;

-- migrate:down
