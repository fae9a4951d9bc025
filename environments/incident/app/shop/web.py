"""The shop over HTTP."""

import json

from flask import Flask, Response, abort, jsonify, request

from shop.outside import BESTSELLERS, RECEIPT_QUEUE, connect_cache, connect_pool, transaction

PAGE_MAX = 100

app = Flask(__name__)
cache = connect_cache()
pool = connect_pool()


def rows(query, parameters=()):
    with transaction(pool) as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def row_or_404(query, parameters):
    found = rows(query, parameters)
    if not found:
        abort(404)
    return found[0]


def page_size():
    return max(1, min(request.args.get("limit", 20, type=int), PAGE_MAX))


@app.errorhandler(400)
@app.errorhandler(404)
def as_json(error):
    return jsonify(error=error.description), error.code


@app.get("/health")
def health():
    rows("SELECT 1")
    cache.ping()
    return jsonify(status="up")


@app.get("/bestsellers")
def bestsellers():
    return jsonify([json.loads(product) for product in cache.lrange(BESTSELLERS, 0, page_size() - 1)])


@app.get("/categories/<int:category>/products")
def products_of(category):
    return jsonify(
        rows(
            "SELECT id, sku, name FROM products WHERE category_id = %s AND active AND id > %s ORDER BY id LIMIT %s",
            [category, request.args.get("after", 0, type=int), page_size()],
        )
    )


@app.get("/products/<int:product>")
def product(product):
    found = row_or_404("SELECT id, sku, name, tags, active FROM products WHERE id = %s", [product])
    prices = rows("SELECT price_list, amount::text FROM catalogue_prices WHERE product_id = %s", [product])
    return jsonify({**found, "prices": {price["price_list"]: price["amount"] for price in prices}})


@app.get("/feeds/<name>")
def feed(name):
    """What a price comparison site fetches: tab-separated lines under a head line."""
    found = row_or_404("SELECT id FROM feeds WHERE name = %s", [name])
    items = rows(
        "SELECT item_id, title, price::text, availability FROM item_datafeed WHERE feed_id = %s AND id > %s ORDER BY id LIMIT %s",
        [found["id"], request.args.get("after", 0, type=int), page_size()],
    )
    lines = ["item\ttitle\tprice\tavailability"]
    lines += ["\t".join(str(value) for value in item.values()) for item in items]
    return Response("\n".join(lines) + "\n", mimetype="text/tab-separated-values")


@app.get("/items/<int:item>")
def item(item):
    """The newest offer of an item, whichever feed it stands in."""
    return jsonify(
        row_or_404(
            "SELECT item_id, title, price::text, availability FROM item_datafeed WHERE item_id = %s ORDER BY imported_at DESC LIMIT 1",
            [item],
        )
    )


@app.get("/customers/<int:customer>/orders")
def orders_of(customer):
    row_or_404("SELECT id FROM customers WHERE id = %s", [customer])
    return jsonify(
        rows(
            "SELECT id, number, status, total::text, lines FROM order_overview WHERE customer_id = %s ORDER BY id DESC LIMIT %s",
            [customer, page_size()],
        )
    )


@app.patch("/customers/<int:customer>")
def change_contact(customer):
    asked = request.get_json(silent=True) or {}
    if "@" not in str(asked.get("email", "")):
        abort(400, "an e-mail address is needed")
    with transaction(pool) as cursor:
        cursor.execute("UPDATE customers SET email = %s WHERE id = %s", [asked["email"], customer])
        if cursor.rowcount == 0:
            abort(404)
        cursor.execute("SELECT count(*) AS changes FROM audit_log WHERE customer_id = %s", [customer])
        return jsonify(cursor.fetchone())


@app.post("/orders")
def place_order():
    asked = request.get_json(silent=True) or {}
    quantity = asked.get("quantity", 1)
    if not isinstance(quantity, int) or quantity < 1:
        abort(400, "the quantity must be a positive number")
    with transaction(pool) as cursor:
        cursor.execute("SELECT full_name, coalesce(street, '') AS street FROM customers WHERE id = %s", [asked.get("customer")])
        customer = cursor.fetchone()
        cursor.execute(
            "SELECT amount FROM catalogue_prices WHERE product_id = %s AND price_list = 'retail'",
            [asked.get("product")],
        )
        price = cursor.fetchone()
        if customer is None or price is None:
            abort(400, "the customer or the product is unknown")
        cursor.execute(
            """
            INSERT INTO orders (number, customer_id, total, ship_name, ship_address)
            VALUES ('W-' || nextval('orders_id_seq'), %s, %s, %s, %s)
            RETURNING id, number, status, total::text
            """,
            [asked["customer"], price["amount"] * quantity, customer["full_name"], customer["street"]],
        )
        order = cursor.fetchone()
        cursor.execute(
            "INSERT INTO order_lines VALUES (%s, 1, %s, %s, %s)",
            [order["id"], asked["product"], quantity, price["amount"]],
        )
    return jsonify(order), 201


@app.get("/orders/<int:order>")
def order(order):
    return jsonify(row_or_404("SELECT id, number, status, total::text, lines FROM order_overview WHERE id = %s", [order]))


@app.post("/orders/<int:order>/receipt")
def ask_for_receipt(order):
    row_or_404("SELECT id FROM orders WHERE id = %s", [order])
    cache.lpush(RECEIPT_QUEUE, order)
    return jsonify(queued=order), 202


@app.get("/orders/<int:order>/receipt")
def receipt(order):
    return jsonify(row_or_404("SELECT order_id, number, body, total::text FROM receipts WHERE order_id = %s", [order]))
