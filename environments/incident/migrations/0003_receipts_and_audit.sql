-- Receipts are written by the worker; changes of a customer's address of contact are kept for the auditors.

CREATE SEQUENCE receipt_numbers START WITH 700001;

CREATE TABLE receipts (
    order_id   bigint PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    number     bigint NOT NULL UNIQUE DEFAULT nextval('receipt_numbers'),
    body       text NOT NULL,
    total      numeric(12, 2) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
ALTER SEQUENCE receipt_numbers OWNED BY receipts.number;

CREATE TABLE audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL,
    action      text NOT NULL,
    payload     jsonb NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION log_contact_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (customer_id, action, payload)
    VALUES (new.id, 'contact changed', jsonb_build_object('old_email', old.email, 'new_email', new.email, 'old_phone', old.phone));
    RETURN new;
END
$$;

CREATE TRIGGER customers_contact_change
AFTER UPDATE OF email, phone ON customers
FOR EACH ROW WHEN (old.email IS DISTINCT FROM new.email OR old.phone IS DISTINCT FROM new.phone)
EXECUTE FUNCTION log_contact_change();
