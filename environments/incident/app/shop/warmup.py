"""Fills the cache from the database, once, before the shop opens."""

import json

from shop.outside import BESTSELLERS, connect_cache, connect_pool, transaction

CACHED_PRODUCTS = 500

# The newest orders say well enough what sells, and reading them costs the same in a shop of any size.
QUERY = """
    SELECT products.id, products.sku, products.name, catalogue_prices.amount::text AS price, count(*) AS sold
    FROM (SELECT id FROM orders ORDER BY id DESC LIMIT 5000) AS newest
    JOIN order_lines ON order_lines.order_id = newest.id
    JOIN products ON products.id = order_lines.product_id
    JOIN catalogue_prices ON catalogue_prices.product_id = products.id AND catalogue_prices.price_list = 'retail'
    GROUP BY products.id, catalogue_prices.amount
    ORDER BY sold DESC, products.id
    LIMIT %s
"""


def main():
    cache = connect_cache()
    with transaction(connect_pool()) as cursor:
        cursor.execute(QUERY, [CACHED_PRODUCTS])
        products = cursor.fetchall()
    filling = cache.pipeline()
    filling.delete(BESTSELLERS)
    for product in products:
        filling.rpush(BESTSELLERS, json.dumps(product))
    filling.execute()
    print(f"{len(products)} products are in the cache")


if __name__ == "__main__":
    main()
