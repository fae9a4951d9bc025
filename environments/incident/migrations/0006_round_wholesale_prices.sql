-- Wholesale prices are multiples of five cents from now on. The list is written anew, as the nightly price import does it.
WITH former AS (
    DELETE FROM catalogue_prices
    WHERE price_list = 'wholesale'
    RETURNING id, product_id, price_list, amount, valid_from
)
INSERT INTO catalogue_prices (id, product_id, price_list, amount, valid_from)
SELECT id, product_id, price_list, ceil(amount * 20) / 20, valid_from
FROM former;
