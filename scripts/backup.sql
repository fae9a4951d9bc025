-- The rows of the backup. Everything follows from row numbers, so that the same settings give the same rows.
-- Settings: rows (of item_datafeed), seed, canary_1 to canary_20.

-- Keys hold by construction; checking them row by row would take most of the time. A restore checks them all.
SET session_replication_role = replica;
SET TIME ZONE 'UTC';

-- A number below `below` that looks random, the same for the same row and salt.
CREATE FUNCTION pg_temp.pick(row_number bigint, salt bigint, below integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((hashint8extended(row_number, salt) & 2147483647) % below)::integer;

CREATE FUNCTION pg_temp.given(number integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{Anna,Björn,Chiara,Dmitri,Élodie,Finn,Giulia,Hannah,Ingrid,Jürgen,Karla,Łukasz,Maëlle,Noah,Oskar,Petra,Quentin,Renée,Søren,Tomáš,Ursula,Viktor,Wanda,Xenia,Yusuf,Zoë,Ada,Boris,Carmen,David,"Ng''ang''a",Ibrahim}'::text[])[1 + number];

CREATE FUNCTION pg_temp.family(number integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{Albrecht,Bauer,Castellano,Dvořák,Engström,Fischer,García,Horváth,Ivanova,Jensen,Kowalski,Lindqvist,Müller,Nowak,O''Brien,Pereira,Quist,Rossi,Schäfer,Türk,Ullmann,"van der Berg",Weiß,Xu,Yıldız,Zimmermann,"Al-Hassan",Böhm,小林,Петров,Dubois,Novák}'::text[])[1 + number];

CREATE FUNCTION pg_temp.person(row_number bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN pg_temp.given(pg_temp.pick(row_number, salt, 32)) || ' ' || pg_temp.family(pg_temp.pick(row_number, salt + 1, 32));

CREATE FUNCTION pg_temp.street(row_number bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{Lindenstraße,Hauptstraße,Rue des Lilas,Via Roma,High Street,Bahnhofstraße,Gartenweg,Am Markt,Calle Mayor,Schulgasse,Ulica Długa,Mühlweg,Ringstraße,Parkallee,Kirchplatz,Seestraße}'::text[])[1 + pg_temp.pick(row_number, salt, 16)]
    || ' ' || (1 + pg_temp.pick(row_number, salt + 1, 180));

CREATE FUNCTION pg_temp.city(row_number bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{Berlin,Hamburg,München,Köln,Wien,Zürich,Łódź,Lyon,Torino,Malmö,Aarhus,Gent,Porto,Brno,Győr,Leipzig}'::text[])[1 + pg_temp.pick(row_number, salt, 16)];

CREATE FUNCTION pg_temp.email(row_number bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{anna,bjoern,chiara,dmitri,elodie,finn,giulia,hannah,ingrid,juergen,karla,lukasz,maelle,noah,oskar,petra}'::text[])[1 + pg_temp.pick(row_number, 11, 16)]
    || '.' || row_number || '@example.' || ('{com,net,org,de}'::text[])[1 + pg_temp.pick(row_number, 12, 4)];

CREATE FUNCTION pg_temp.retail_price(product_number bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (199 + pg_temp.pick(product_number, 31, 19800))::numeric(12, 2) / 100;

SELECT 8 AS feed_count, 50000 AS product_count, 120000 AS customer_count, 600000 AS order_count, 300000 AS payment_count \gset
-- Four rows in a thousand are the duplicates that the import of 14 March left; the others are one row for each feed and item.
SELECT (:rows - :rows / 250) / :feed_count AS item_count \gset
SELECT :rows - :item_count * :feed_count AS duplicate_count \gset

INSERT INTO categories
SELECT i, CASE WHEN i > 20 THEN 1 + i % 20 END, 'Category ' || i
FROM generate_series(1, 200) AS i;

INSERT INTO products (id, category_id, sku, name, weight_kg, active, tags, created_at)
SELECT i, 21 + pg_temp.pick(i, 1, 180), 'SKU-' || lpad(i::text, 7, '0'),
    ('{Garden,Kitchen,Travel,Office,Winter,Camping,Desk,Wall}'::text[])[1 + pg_temp.pick(i, 2, 8)] || ' '
        || ('{lamp,chair,kettle,backpack,jacket,tent,clock,shelf,mug,blanket,knife,mirror}'::text[])[1 + pg_temp.pick(i, 3, 12)]
        || ' No. ' || i,
    CASE WHEN pg_temp.pick(i, 4, 10) > 0 THEN (1 + pg_temp.pick(i, 5, 20000))::numeric / 1000 END,
    pg_temp.pick(i, 6, 20) > 0,
    CASE pg_temp.pick(i, 7, 4) WHEN 0 THEN '{}'::text[] WHEN 1 THEN '{new}' WHEN 2 THEN '{sale,"last chance"}' ELSE '{"10\" wide",fragile}' END,
    timestamptz '2023-05-01 08:00Z' + i * interval '17 minutes'
FROM generate_series(1::bigint, :product_count) AS i;

INSERT INTO catalogue_prices (id, product_id, price_list, amount, valid_from)
SELECT (list.number - 1) * :product_count + i, i, list.name, round(pg_temp.retail_price(i) * list.factor, 2), date '2026-01-01'
FROM (VALUES (1, 'retail', 1.0), (2, 'wholesale', 0.7), (3, 'partner', 0.85)) AS list (number, name, factor),
    generate_series(1::bigint, :product_count) AS i;

INSERT INTO customers (id, email, full_name, phone, street, postcode, city, country, birth_date, vat_number, password_hash, last_ip,
    newsletter, profile, notes, loyalty_points, created_at)
SELECT i, pg_temp.email(i), pg_temp.person(i, :seed + 100),
    CASE WHEN pg_temp.pick(i, 102, 10) > 0 THEN '+49 1' || (50000000 + i * 37) END,
    CASE WHEN pg_temp.pick(i, 103, 25) > 0 THEN pg_temp.street(i, :seed + 104) END,
    CASE WHEN pg_temp.pick(i, 103, 25) > 0 THEN lpad(pg_temp.pick(i, 106, 99999)::text, 5, '0') END,
    CASE WHEN pg_temp.pick(i, 103, 25) > 0 THEN pg_temp.city(i, :seed + 107) END,
    ('{DE,AT,CH,FR,IT,PL,SE,DK}'::text[])[1 + pg_temp.pick(i, 108, 8)],
    CASE WHEN pg_temp.pick(i, 109, 8) > 0 THEN date '1940-01-01' + pg_temp.pick(i, :seed + 110, 24000) END,
    CASE WHEN pg_temp.pick(i, 111, 30) = 0 THEN 'DE' || (100000000 + i) END,
    '$argon2id$v=19$m=19456,t=2,p=1$' || md5('salt' || i || :seed) || '$' || md5('hash' || i || :seed),
    CASE pg_temp.pick(i, 112, 5) WHEN 0 THEN NULL WHEN 1 THEN ('2001:db8::' || to_hex(i % 65536))::inet
        ELSE ('198.51.' || pg_temp.pick(i, 113, 256) || '.' || pg_temp.pick(i, 114, 256))::inet END,
    pg_temp.pick(i, 115, 3) = 0,
    CASE pg_temp.pick(i, 116, 4) WHEN 0 THEN '{}'::jsonb
        ELSE jsonb_build_object('nickname', pg_temp.given(pg_temp.pick(i, 117, 32)), 'sizes', jsonb_build_array(36 + i % 10, 'M'), 'referrer', NULL) END,
    CASE pg_temp.pick(i, 118, 12)
        WHEN 0 THEN E'asked to be called back,\tonly after 6 pm\nspeaks French'
        WHEN 1 THEN E'path C:\\customers\\' || i || E' said "thanks" and it''s fine'
        WHEN 2 THEN 'möchte keine Werbung ☎ 🙂 ' || pg_temp.person(i, 119)
        WHEN 3 THEN E'\\N is not a null, \\. is not an end'
        WHEN 4 THEN ''
    END,
    pg_temp.pick(i, 120, 5000),
    timestamptz '2022-02-01 10:00Z' + i * interval '19 minutes'
FROM generate_series(1::bigint, :customer_count) AS i;

-- A few notes are so long that the server keeps them outside of the row.
UPDATE customers SET notes = (SELECT string_agg(md5((customers.id * 1000 + part)::text), E'\n') FROM generate_series(1, 600) AS part)
WHERE id % 20000 = 77;

INSERT INTO sessions
SELECT md5('session' || i || :seed)::uuid, 1 + pg_temp.pick(i, 201, :customer_count),
    ('203.0.113.' || pg_temp.pick(i, 202, 256))::inet, 'Mozilla/5.0 (X11; Linux x86_64; rv:' || 100 + i % 40 || '.0)',
    timestamptz '2026-03-14 00:00Z' - i * interval '41 seconds'
FROM generate_series(1::bigint, 30000) AS i;

-- Every second order is one of the old system's: delivered, without a date of delivery.
INSERT INTO orders (id, number, customer_id, status, total, ship_name, ship_address, contact_email, details, note, placed_at, fulfilled_at)
SELECT i, 'S-' || lpad(i::text, 8, '0'), customer, status,
    pg_temp.retail_price(product) * quantity,
    pg_temp.person(customer, :seed + 100),
    pg_temp.street(customer, :seed + 104) || ', ' || pg_temp.city(customer, :seed + 107),
    CASE WHEN pg_temp.pick(i, 303, 4) > 0 THEN pg_temp.email(customer) END,
    CASE WHEN pg_temp.pick(i, 304, 5) > 0 THEN '{"channel": "web"}'::jsonb
        ELSE jsonb_build_object('channel', 'app', 'gift', jsonb_build_object('for', pg_temp.given(pg_temp.pick(i, 305, 32)), 'wrap', true)) END,
    CASE WHEN pg_temp.pick(i, 306, 10) = 0 THEN E'leave it with the neighbour:\n' || pg_temp.person(i, 307) END,
    placed_at,
    CASE WHEN i % 10 = 1 THEN placed_at + interval '2 days' END
FROM (
    SELECT i,
        1 + pg_temp.pick(i, :seed + 301, :customer_count) AS customer,
        1 + pg_temp.pick(i, :seed + 302, :product_count) AS product,
        1 + pg_temp.pick(i, 308, 4) AS quantity,
        CASE WHEN i % 2 = 0 OR i % 10 = 1 THEN 'delivered'
            ELSE ('{placed,paid,packed,shipped,returned,cancelled}'::text[])[1 + pg_temp.pick(i, 309, 6)] END::order_status AS status,
        timestamptz '2024-01-01 00:00Z' + i * interval '113 seconds' AS placed_at
    FROM generate_series(1::bigint, :order_count) AS i
) AS drawn;

INSERT INTO order_lines
SELECT i, 1, product, 1 + pg_temp.pick(i, 308, 4), pg_temp.retail_price(product)
FROM (SELECT i, 1 + pg_temp.pick(i, :seed + 302, :product_count) AS product FROM generate_series(1::bigint, :order_count) AS i) AS drawn;

INSERT INTO payments (id, order_id, provider, reference, amount, cardholder, card_last4, iban, billing_address, response, paid_at)
SELECT i, 2 * i, CASE WHEN by_card THEN 'card' ELSE 'debit' END, 'ch_' || md5('payment' || i || :seed),
    pg_temp.retail_price(1 + pg_temp.pick(2 * i, :seed + 302, :product_count)) * (1 + pg_temp.pick(2 * i, 308, 4)),
    CASE WHEN by_card THEN upper(pg_temp.person(customer, :seed + 100)) END,
    CASE WHEN by_card THEN lpad(pg_temp.pick(i, 402, 10000)::text, 4, '0') END,
    CASE WHEN NOT by_card THEN 'DE' || lpad((pg_temp.pick(i, 403, 97))::text, 2, '0') || lpad((i * 7919 + 100000000)::text, 18, '5') END,
    CASE WHEN pg_temp.pick(i, 404, 6) > 0 THEN pg_temp.street(customer, :seed + 104) || E'\n' || pg_temp.city(customer, :seed + 107) END,
    CASE WHEN by_card THEN jsonb_build_object('holder', pg_temp.person(customer, :seed + 100), 'risk', pg_temp.pick(i, 405, 100)) END,
    timestamptz '2024-01-01 00:03Z' + 2 * i * interval '113 seconds'
FROM (
    SELECT i, pg_temp.pick(i, 401, 5) < 3 AS by_card, 1 + pg_temp.pick(2 * i, :seed + 301, :customer_count) AS customer
    FROM generate_series(1::bigint, :payment_count) AS i
) AS drawn;

INSERT INTO feeds
SELECT row_number() OVER (), name
FROM unnest('{compare24,pricewatch,marketbay,shopfinder,bargainhub,localshops,affiliates,newsletter}'::text[]) AS name;

-- The night's import takes the feeds in another order for each item, so that any feed may hold an item's newest row.
INSERT INTO item_datafeed (id, feed_id, item_id, product_id, title, price, availability, remarks, imported_at)
SELECT (feed - 1) * :item_count + item, feed, item, product,
    'Item ' || item || ' in ' || ('{red,blue,green,black,white,oak,steel}'::text[])[1 + pg_temp.pick(item, 501, 7)],
    pg_temp.retail_price(product),
    ('{"in stock","in stock","in stock","3 to 5 days","sold out"}'::text[])[1 + pg_temp.pick(item, 502, 5)],
    CASE WHEN (item * 8 + feed) % 2000 = 0 THEN 'ask ' || pg_temp.person(item, :seed + 503) || ', phone 030 ' || 1000000 + item END,
    timestamptz '2026-03-14 02:00Z' + (feed + item) % :feed_count * interval '7 minutes' + item % 400 * interval '1 second'
FROM generate_series(1, :feed_count) AS feed,
    generate_series(1::bigint, :item_count) AS item,
    LATERAL (SELECT 1 + item % :product_count AS product) AS drawn;

-- The first run of that import, which nobody cleaned up: the first items of the first feed, a night's work earlier.
INSERT INTO item_datafeed (id, feed_id, item_id, product_id, title, price, availability, imported_at)
SELECT :feed_count::bigint * :item_count + row_number() OVER (ORDER BY id), feed_id, item_id, product_id, title, price, availability,
    imported_at - interval '5 hours'
FROM item_datafeed
WHERE feed_id = 1 AND item_id <= :duplicate_count;

INSERT INTO receipts
SELECT 2 * i, 700000 + i, 'Receipt for ' || pg_temp.person(1 + pg_temp.pick(2 * i, :seed + 301, :customer_count), :seed + 100)
    || E'\nThank you for your order.', orders.total, orders.placed_at + interval '1 hour'
FROM generate_series(1::bigint, 20000) AS i
JOIN orders ON orders.id = 2 * i
ORDER BY i;

INSERT INTO audit_log (id, customer_id, action, payload, happened_at) OVERRIDING SYSTEM VALUE
SELECT i, 1 + pg_temp.pick(i, 601, :customer_count), 'contact changed',
    jsonb_build_object('old_email', 'old.' || pg_temp.email(i), 'new_email', pg_temp.email(i), 'old_phone', NULL),
    timestamptz '2024-06-01 00:00Z' + i * interval '15 minutes'
FROM generate_series(1::bigint, 50000) AS i;

-- Personal data that no generator would write by chance. Whoever finds one of these outside of a backup has found a leak.
UPDATE customers SET email = :'canary_1', full_name = :'canary_2', phone = :'canary_3', street = :'canary_4', vat_number = :'canary_5',
    password_hash = :'canary_6'
WHERE id = 4711;
UPDATE customers SET notes = notes || E'\t' || :'canary_16' || E'\n' || repeat('long ', 2000) WHERE id = 40077;
UPDATE orders SET ship_name = :'canary_7', ship_address = :'canary_8', contact_email = :'canary_9',
    details = jsonb_build_object('channel', 'app', 'gift', jsonb_build_object('message', :'canary_10')), note = :'canary_11'
WHERE id = 31415;
UPDATE payments SET cardholder = :'canary_12', iban = :'canary_13', billing_address = :'canary_14', reference = :'canary_15',
    response = jsonb_build_object('holder', :'canary_12')
WHERE id = 27182;
UPDATE sessions SET user_agent = :'canary_17' WHERE token = md5('session16180' || :seed)::uuid;
UPDATE audit_log SET payload = payload || jsonb_build_object('old_email', :'canary_18') WHERE id = 1123;
UPDATE receipts SET body = :'canary_19' WHERE order_id = 5772;
UPDATE item_datafeed SET remarks = :'canary_20' WHERE id = 1618;

SELECT setval('products_id_seq', :product_count), setval('customers_id_seq', :customer_count), setval('orders_id_seq', :order_count),
    setval('payments_id_seq', :payment_count), setval('item_datafeed_id_seq', :rows), setval('receipt_numbers', 720000),
    setval(pg_get_serial_sequence('catalogue_prices', 'id'), 3 * :product_count), setval(pg_get_serial_sequence('audit_log', 'id'), 50000);
