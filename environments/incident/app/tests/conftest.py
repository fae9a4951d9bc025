import os

import pytest
import requests


class Shop:
    """The running shop, spoken to as a browser would."""

    def __init__(self, url):
        self.url = url
        self.session = requests.Session()

    def __getattr__(self, method):
        def call(path, **options):
            return self.session.request(method.upper(), self.url + path, timeout=10, **options)

        return call


@pytest.fixture(scope="session")
def shop():
    return Shop(os.environ.get("SHOP_URL", "http://web:8000"))


@pytest.fixture
def new_order(shop):
    answer = shop.post("/orders", json={"customer": 42, "product": 7, "quantity": 3})
    assert answer.status_code == 201
    return answer.json()
