from decimal import Decimal

import pytest


def test_the_shop_is_up(shop):
    assert shop.get("/health").json() == {"status": "up"}


def test_bestsellers_come_from_the_warm_cache(shop):
    bestsellers = shop.get("/bestsellers", params={"limit": 50}).json()
    assert len(bestsellers) == 50
    sold = [product["sold"] for product in bestsellers]
    assert sold == sorted(sold, reverse=True)


def test_a_category_is_read_page_by_page(shop):
    first = shop.get("/categories/30/products", params={"limit": 10}).json()
    second = shop.get("/categories/30/products", params={"limit": 10, "after": first[-1]["id"]}).json()
    assert len(first) == len(second) == 10
    assert first[-1]["id"] < second[0]["id"]


def test_a_product_has_a_price_on_every_list(shop):
    prices = shop.get("/products/7").json()["prices"]
    assert set(prices) == {"retail", "wholesale", "partner"}
    assert Decimal(prices["wholesale"]) < Decimal(prices["partner"]) < Decimal(prices["retail"])


def test_an_unknown_product_is_not_found(shop):
    assert shop.get("/products/999999999").status_code == 404


@pytest.mark.parametrize("feed", ["compare24", "marketbay", "newsletter"])
def test_a_feed_has_items(shop, feed):
    head, *items = shop.get(f"/feeds/{feed}", params={"limit": 100}).text.splitlines()
    assert head.split("\t") == ["item", "title", "price", "availability"]
    assert len(items) == 100
    assert all(Decimal(item.split("\t")[2]) > 0 for item in items)


def test_an_unknown_feed_is_not_found(shop):
    assert shop.get("/feeds/nobody").status_code == 404


def test_an_item_has_an_offer(shop):
    offer = shop.get("/items/123").json()
    assert offer["item_id"] == 123
    assert offer["availability"]
