"""A small shop: catalogue, orders, product feeds, receipts."""
