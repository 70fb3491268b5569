"""Alembic migrations: a numbered revision in ``versions/`` applies the ``.sql`` file of the same name beside it."""
