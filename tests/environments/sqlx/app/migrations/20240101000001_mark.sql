UPDATE people SET born = NULL WHERE id <= 7;
