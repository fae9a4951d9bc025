"""Takes jobs from the queue, one after the other: writes the receipts that customers asked for."""

import signal
import sys

from shop.outside import RECEIPT_QUEUE, connect_cache, connect_pool, transaction

WAIT_S = 5


def write_receipt(cursor, order_id):
    cursor.execute(
        """
        SELECT orders.number, orders.ship_name, order_lines.line, order_lines.quantity, order_lines.unit_price, products.name
        FROM orders
        JOIN order_lines ON order_lines.order_id = orders.id
        JOIN products ON products.id = order_lines.product_id
        WHERE orders.id = %s
        ORDER BY order_lines.line
        """,
        [order_id],
    )
    lines = cursor.fetchall()
    if not lines:
        print(f"order {order_id} is unknown or empty", flush=True)
        return
    total = sum(line["quantity"] * line["unit_price"] for line in lines)
    body = [f"Receipt for order {lines[0]['number']}", lines[0]["ship_name"], ""]
    body += [f"{line['quantity']} x {line['name']} at {line['unit_price']}" for line in lines]
    body += ["", f"Total {total}"]
    # A job may be delivered twice: the second receipt is the first one.
    cursor.execute(
        "INSERT INTO receipts (order_id, body, total) VALUES (%s, %s, %s) ON CONFLICT (order_id) DO NOTHING",
        [order_id, "\n".join(body), total],
    )
    print(f"receipt of order {order_id} written", flush=True)


def main():
    # As the first process of a container it would otherwise not hear that it should stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    cache = connect_cache()
    pool = connect_pool(1)
    print("waiting for jobs", flush=True)
    while True:
        job = cache.brpop(RECEIPT_QUEUE, timeout=WAIT_S)
        if job is None:
            continue
        try:
            with transaction(pool) as cursor:
                write_receipt(cursor, int(job[1]))
        except Exception as error:
            print(f"job {job[1]} failed: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
