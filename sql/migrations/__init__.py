"""Alembic migrations: a numbered revision in ``versions/`` applies the ``.sql`` file of the same name beside it."""

from alembic import op

import sql


def apply(name: str) -> None:
    """Run a file of this folder as it stands, within the migration's transaction.

    Past SQLAlchemy on purpose: it would take every ``:name`` in the text for a parameter.
    """
    connection = op.get_bind().connection.driver_connection
    if connection is None:
        raise RuntimeError("Alembic runs without a database connection; migrations here have no offline mode.")
    connection.execute(sql.text(f"migrations/{name}.sql"))
