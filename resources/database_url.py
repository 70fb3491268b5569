"""Database URLs in the three spellings that their readers need.

Belongs here: turning one URL into another. Does not belong here: connecting, or which server is meant.
SQLAlchemy's default driver for ``postgresql://`` changed between versions, so a driver is always named.
"""

from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url

WAREHOUSE_DATABASE = "backbeat"
"""Database of the warehouse on the embedded server."""

DAGSTER_DATABASE = "dagster"
"""Database of Dagster's own storage, beside the warehouse unless a setting names another."""


def _with(url: str, driver: str, database: str | None) -> str:
    parsed: URL = make_url(url).set(drivername=driver)
    if database is not None:
        parsed = parsed.set(database=database)
    return parsed.render_as_string(hide_password=False)


def warehouse_url(url: str, database: str | None = None) -> str:
    """Return a PostgreSQL URL with the psycopg driver named, optionally of another database: ours."""
    return _with(url, "postgresql+psycopg", database)


def dagster_url(url: str, database: str | None = None) -> str:
    """Return a PostgreSQL URL with the psycopg2 driver named, optionally of another database: dagster-postgres's."""
    return _with(url, "postgresql+psycopg2", database)


def conninfo(url: str, database: str | None = None) -> str:
    """Return the libpq connection string of a database URL, for psycopg: sessions in UTC, named `backbeat`."""
    parsed = make_url(url)
    given: dict[str, str | int | None] = {
        "user": parsed.username,
        "password": parsed.password,
        "host": parsed.host,
        "port": parsed.port,
        "dbname": database or parsed.database,
    }
    defaults = {"application_name": "backbeat", "connect_timeout": "10", "options": "-c timezone=UTC"}
    # a name given several times (hosts to fall back on) arrives as a tuple
    query = {name: value if isinstance(value, str) else ",".join(value) for name, value in parsed.query.items()}
    present = {name: value for name, value in given.items() if value is not None}
    return make_conninfo("", **{**present, **defaults, **query})


def database_name(url: str) -> str:
    """Return the database that a URL names; PostgreSQL's rule is the user's name where the URL has none."""
    parsed = make_url(url)
    return parsed.database or parsed.username or "postgres"


def shown(url: str) -> str:
    """Return a URL fit for logs and messages: the password is hidden."""
    return make_url(url).render_as_string(hide_password=True)
