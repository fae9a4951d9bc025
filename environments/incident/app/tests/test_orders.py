import time
from decimal import Decimal

RECEIPT_WAIT_S = 20


def receipt_of(shop, order):
    """The worker needs a moment: asks until the receipt is there."""
    deadline = time.monotonic() + RECEIPT_WAIT_S
    while time.monotonic() < deadline:
        answer = shop.get(f"/orders/{order}/receipt")
        if answer.status_code == 200:
            return answer.json()
        time.sleep(0.05)
    raise AssertionError(f"the worker wrote no receipt of order {order} in {RECEIPT_WAIT_S} s")


def test_an_order_can_be_placed_and_read(shop, new_order):
    assert new_order["status"] == "placed"
    read = shop.get(f"/orders/{new_order['id']}").json()
    assert read["number"] == new_order["number"]
    assert read["lines"] == 1


def test_the_total_is_price_times_quantity(shop, new_order):
    price = Decimal(shop.get("/products/7").json()["prices"]["retail"])
    assert Decimal(new_order["total"]) == 3 * price


def test_an_order_without_a_customer_is_refused(shop):
    answer = shop.post("/orders", json={"product": 7})
    assert answer.status_code == 400
    assert "unknown" in answer.json()["error"]


def test_an_order_of_nothing_is_refused(shop):
    assert shop.post("/orders", json={"customer": 42, "product": 7, "quantity": 0}).status_code == 400


def test_a_customer_sees_the_newest_order_first(shop, new_order):
    orders = shop.get("/customers/42/orders").json()
    assert orders[0]["id"] == new_order["id"]


def test_a_receipt_goes_through_the_queue_and_the_worker(shop, new_order):
    path = f"/orders/{new_order['id']}/receipt"
    assert shop.get(path).status_code == 404
    assert shop.post(path).status_code == 202
    receipt = receipt_of(shop, new_order["id"])
    assert receipt["total"] == new_order["total"]
    assert new_order["number"] in receipt["body"]
    assert receipt["number"] > 720000


def test_a_receipt_asked_for_twice_is_written_once(shop, new_order):
    path = f"/orders/{new_order['id']}/receipt"
    shop.post(path)
    first = receipt_of(shop, new_order["id"])
    shop.post(path)
    assert receipt_of(shop, new_order["id"]) == first


def test_a_change_of_address_is_audited(shop):
    first = shop.patch("/customers/43", json={"email": "first@example.com"}).json()["changes"]
    second = shop.patch("/customers/43", json={"email": "second@example.com"}).json()["changes"]
    assert second == first + 1
