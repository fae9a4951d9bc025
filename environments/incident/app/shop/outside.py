"""What the shop talks to: its database and its cache."""

import os
from contextlib import contextmanager

import psycopg2
import psycopg2.extras
import psycopg2.pool
import redis

RECEIPT_QUEUE = "jobs:receipts"
BESTSELLERS = "catalogue:bestsellers"


def connect_cache():
    return redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def connect_pool(connections=4):
    return psycopg2.pool.ThreadedConnectionPool(0, connections, os.environ["DATABASE_URL"])


@contextmanager
def transaction(pool):
    """A cursor whose work is committed at the end, or undone by an error."""
    connection = pool.getconn()
    try:
        with connection, connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            yield cursor
    finally:
        # A connection that the server closed must not serve anyone again.
        pool.putconn(connection, close=bool(connection.closed))
