"""The warehouse as text: migrations, set-based transforms, the ``api`` schema, roles and comments.

Read as package data with :func:`sql.text`; nothing in this package connects to a database.
"""

from importlib.resources import files


def text(name: str) -> str:
    """Return the text of an SQL file of this package, e.g. ``text("transforms/chart_movers.sql")``.

    Raises:
        FileNotFoundError: no such file in the package.
    """
    return files(__name__).joinpath(*name.split("/")).read_text(encoding="utf-8")
