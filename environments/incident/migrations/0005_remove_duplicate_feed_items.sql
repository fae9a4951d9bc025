-- The import of 14 March ran twice, and some items stand in a feed two times.
-- Keep the newest row of every item, and make sure that it cannot happen again.
DELETE FROM item_datafeed AS old
WHERE EXISTS (
    SELECT 1
    FROM item_datafeed AS newer
    WHERE newer.item_id = old.item_id
      AND newer.imported_at > old.imported_at
);

CREATE UNIQUE INDEX item_datafeed_feed_item ON item_datafeed (feed_id, item_id);
