import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import psycopg
import pytest

from resources.database_url import warehouse_url
from resources.warehouse import DeadLetter, UpsertCounts, Warehouse


@pytest.fixture
def scratch(warehouse: Warehouse) -> Warehouse:
    """A warehouse with one table that has every kind of column."""
    warehouse.execute("DROP TABLE IF EXISTS public.scratch")
    warehouse.execute(
        "CREATE TABLE public.scratch ("
        " day date NOT NULL, chart text NOT NULL, position integer NOT NULL CHECK (position >= 1),"
        " title text, streams bigint, score double precision, details jsonb, tags text[], embedding vector(3),"
        " seen_at timestamptz, source text NOT NULL DEFAULT 'unknown', PRIMARY KEY (day, chart, position))"
    )
    return warehouse


def chart(positions: int, day: str = "2026-03-01") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": pd.to_datetime([day] * positions).date,
            "chart": "us",
            "position": range(1, positions + 1),
            "title": [f"Song {n}" for n in range(positions)],
        }
    )


def test_replacing_a_partition_twice_leaves_the_rows_of_once(scratch: Warehouse) -> None:
    where = {"day": chart(1).day[0], "chart": "us"}
    assert scratch.replace_partition("public.scratch", chart(3), where) == 3
    assert scratch.replace_partition("public.scratch", chart(2), where) == 2
    assert scratch.rows("SELECT position, title FROM scratch ORDER BY 1") == [(1, "Song 0"), (2, "Song 1")]


def test_an_empty_frame_empties_only_its_partition(scratch: Warehouse) -> None:
    for day in ("2026-03-01", "2026-03-02"):
        scratch.replace_partition("public.scratch", chart(2, day), {"day": chart(1, day).day[0]})
    scratch.replace_partition("public.scratch", chart(0), {"day": chart(1, "2026-03-01").day[0]})
    assert scratch.rows("SELECT DISTINCT day::text FROM scratch") == [("2026-03-02",)]


def test_a_refused_row_leaves_the_old_partition(scratch: Warehouse) -> None:
    where = {"day": chart(1).day[0]}
    scratch.replace_partition("public.scratch", chart(3), where)
    bad = chart(2).assign(position=[1, 0])
    with pytest.raises(Exception, match="position"):
        scratch.replace_partition("public.scratch", bad, where)
    assert scratch.scalar("SELECT count(*) FROM scratch") == 3


KILLED_WRITER = """
import sys, os, signal
import pandas as pd
from resources import warehouse

prepared = warehouse._prepared

def dying(series, type_name):
    values = prepared(series, type_name)
    if series.name == "title":
        # the rows go over the wire one by one: this one never does
        def until_death():
            yield from values[:-1]
            os.kill(os.getpid(), signal.SIGKILL)
        return until_death()
    return values

warehouse._prepared = dying
frame = pd.DataFrame({"day": pd.to_datetime(["2026-03-01"] * 5000).date, "chart": "us",
                      "position": range(1, 5001), "title": "x" * 500})
warehouse.Warehouse(sys.argv[1]).replace_partition("public.scratch", frame, {"chart": "us"})
"""


def test_a_writer_killed_while_it_copies_leaves_the_old_partition(scratch: Warehouse) -> None:
    scratch.replace_partition("public.scratch", chart(3), {"chart": "us"})
    killed = subprocess.run([sys.executable, "-c", KILLED_WRITER, scratch.url], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert scratch.rows("SELECT position, title FROM scratch ORDER BY 1") == [
        (1, "Song 0"),
        (2, "Song 1"),
        (3, "Song 2"),
    ]
    assert scratch.replace_partition("public.scratch", chart(4), {"chart": "us"}) == 4


def test_runs_of_one_partition_at_once_leave_one_of_them(scratch: Warehouse) -> None:
    with ThreadPoolExecutor(4) as pool:
        written = list(
            pool.map(
                lambda rows: scratch.replace_partition("public.scratch", chart(rows), {"chart": "us"}), [5, 6, 7, 8]
            )
        )
    assert written == [5, 6, 7, 8]
    assert scratch.scalar("SELECT count(*) FROM scratch") in written


def test_upserts_of_the_same_rows_at_once_do_not_deadlock(scratch: Warehouse) -> None:
    key = ["day", "chart", "position"]
    frames = [chart(400).assign(title=str(n)).sample(frac=1, random_state=n) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda frame: scratch.upsert("public.scratch", frame, key), frames))
    assert sum(count.inserted for count in counts) == 400
    assert sum(count.total for count in counts) == 1600


def test_rows_outside_the_partition_are_refused(scratch: Warehouse) -> None:
    with pytest.raises(ValueError, match="outside the partition"):
        scratch.replace_partition("public.scratch", chart(2), {"chart": "de"})


def test_a_partition_needs_a_condition(scratch: Warehouse) -> None:
    with pytest.raises(ValueError, match="whole table"):
        scratch.replace_partition("public.scratch", chart(2), {})


def test_missing_partition_columns_are_filled_in(scratch: Warehouse) -> None:
    scratch.replace_partition("public.scratch", chart(2).drop(columns="chart"), {"chart": "de"})
    assert scratch.rows("SELECT DISTINCT chart, source FROM scratch") == [("de", "unknown")]


def test_every_kind_of_value_survives(scratch: Warehouse) -> None:
    frame = chart(2).assign(
        streams=[5.0, float("nan")],
        score=[float("nan"), 0.5],
        details=[{"a": [1, None]}, None],
        tags=[["x", 'quo"te'], []],
        embedding=[[0.25, 1, 2], None],
        seen_at=pd.to_datetime(["2026-03-01T10:00:00+02:00", None]),
    )
    scratch.replace_partition("public.scratch", frame, {"chart": "us"})
    rows = scratch.rows("SELECT streams, score, details, tags, embedding::text FROM scratch ORDER BY position")
    assert rows == [(5, None, {"a": [1, None]}, ["x", 'quo"te'], "[0.25,1,2]"), (None, 0.5, None, [], None)]
    seen = scratch.frame("SELECT seen_at, 1.5::numeric AS n FROM scratch ORDER BY position")
    assert seen.seen_at[0] == pd.Timestamp("2026-03-01T08:00:00Z")
    assert seen.n.dtype == float


def test_a_fraction_is_not_cut_to_an_integer(scratch: Warehouse) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        scratch.replace_partition("public.scratch", chart(1).assign(streams=1.5), {"chart": "us"})


def test_an_unknown_column_is_named(scratch: Warehouse) -> None:
    with pytest.raises(ValueError, match="no column `colour`"):
        scratch.replace_partition("public.scratch", chart(1).assign(colour="red"), {"chart": "us"})


def test_upsert_counts_what_it_did(scratch: Warehouse) -> None:
    key = ["day", "chart", "position"]
    assert scratch.upsert("public.scratch", chart(3), key) == UpsertCounts(3, 0, 0)
    changed = chart(4).assign(title=["Song 0", "Song 1", "Other", "New"])
    assert scratch.upsert("public.scratch", changed, key) == UpsertCounts(1, 1, 2)
    assert scratch.upsert("public.scratch", changed, key) == UpsertCounts(0, 0, 4)
    assert scratch.scalar("SELECT count(*) FROM scratch") == 4


def test_upsert_does_not_rewrite_equal_rows(scratch: Warehouse) -> None:
    key = ["day", "chart", "position"]
    scratch.upsert("public.scratch", chart(3), key)
    before = scratch.rows("SELECT ctid, xmin::text FROM scratch ORDER BY position")
    scratch.upsert("public.scratch", chart(3), key)
    assert scratch.rows("SELECT ctid, xmin::text FROM scratch ORDER BY position") == before


def test_upsert_of_a_repeated_key_is_refused(scratch: Warehouse) -> None:
    with pytest.raises(ValueError, match="repeat the key"):
        scratch.upsert("public.scratch", chart(2).assign(position=1), ["day", "chart", "position"])


def test_a_dead_letter_is_counted_not_repeated(warehouse: Warehouse) -> None:
    letter = DeadLetter("nme", "guid-1", "No title.", "industry.industry_news", "2026-03-01-04:00", "<item>")
    other = DeadLetter("nme", "guid-2", "No title.", "industry.industry_news")
    warehouse.dead_letters([letter, other, letter])
    warehouse.dead_letters([letter])
    assert warehouse.rows("SELECT reference, occurrences FROM ops.dead_letters ORDER BY 1") == [
        ("guid-1", 2),
        ("guid-2", 1),
    ]


def write_two_rows(warehouse: Warehouse, second_position: int) -> None:
    with warehouse.connect() as connection:
        for position in (1, second_position):
            connection.execute("INSERT INTO scratch (day, chart, position) VALUES ('2026-03-01', 'us', %s)", [position])


def test_connect_is_one_transaction(scratch: Warehouse) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        write_two_rows(scratch, 0)
    assert scratch.scalar("SELECT count(*) FROM scratch") == 0
    write_two_rows(scratch, 2)
    assert scratch.scalar("SELECT count(*) FROM scratch") == 2


def test_a_database_that_does_not_exist_is_not_waited_for(warehouse: Warehouse) -> None:
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        Warehouse(warehouse_url(warehouse.url, "no_such_database")).scalar("SELECT 1")


def test_sessions_are_in_utc(warehouse: Warehouse) -> None:
    assert warehouse.scalar("SHOW timezone") == "UTC"
