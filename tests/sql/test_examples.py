"""The SQL that the documentation shows, run as shown, with the rights of those it is shown to."""

import re
from pathlib import Path

import psycopg
import pytest

pytestmark = pytest.mark.xdist_group("api")

ROOT = Path(__file__).resolve().parents[2]


def examples() -> list[tuple[str, str]]:
    """Return (page, statement) for every statement of every SQL block of the documentation."""
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for block in re.findall(r"^```sql\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            code = re.sub(r"--.*", "", block)
            found += [(page.name, part.strip()) for part in code.split(";") if part.strip()]
    return found


def test_there_are_examples() -> None:
    assert len(examples()) >= 5


@pytest.mark.parametrize(("page", "statement"), examples())
def test_an_example_runs(member: psycopg.Connection, page: str, statement: str) -> None:
    assert member.execute(statement).fetchall(), f"{page}: no row"
