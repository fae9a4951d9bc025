-- What the price comparison sites and marketplaces get from us: one row an item and feed, written anew by every night's import.

CREATE TABLE feeds (
    id   smallint PRIMARY KEY,
    name text NOT NULL UNIQUE
);

CREATE TABLE item_datafeed (
    id           bigserial PRIMARY KEY,
    feed_id      smallint NOT NULL REFERENCES feeds (id),
    item_id      bigint NOT NULL,
    product_id   bigint NOT NULL REFERENCES products (id),
    title        text NOT NULL,
    price        numeric(12, 2) NOT NULL,
    availability text NOT NULL,
    remarks      text,
    imported_at  timestamptz NOT NULL
);
CREATE INDEX item_datafeed_item ON item_datafeed (item_id);
