"""Latency of the industry's ``api`` functions on a year of synthetic data: 200,000 news items, 2,000,000 chart rows.

    python -m bench.api_latency [--news N] [--charts N] [--calls N] [--json]

A server of the benchmark's own is filled with a year up to now: news of 40 outlets, 55 charts of 100 tracks a day, the
movers of the last 90 days, releases, gear and digests. Each function is called with the arguments that people use and
with those that cost most (a whole year, the last page), as an analyst's role, over one connection;
``p95_ms.<function>`` is over all of its calls. ``seq_scans.<function>`` counts sequential scans of large tables during
them: 0 means that every plan went through an index; the table for people names the indexes.

Belongs here: the calls; their data are in ``api_latency.sql``. Does not belong here: the functions (``sql/api``).
"""

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from resources import postgres_server
from resources.database_url import conninfo, warehouse_url
from resources.migrate import migrate

NEWS: Final = 200_000
CHART_ROWS: Final = 2_000_000
CALLS: Final = 20
"""Times that each call is repeated."""

ROWS: Final = Path(__file__).with_name("api_latency.sql")

LIMIT_MS: Final = 50.0
"""What every function must keep at its 95th percentile (spec/industry.md)."""

CALLS_OF: Final[dict[str, tuple[dict[str, object], ...]]] = {
    "news": (
        {},
        {"days": 366, "limit": 500},
        {"category": "legal", "days": 30},
        {"category": "gear", "days": 366, "user_tier": "creator"},
        {"user_tier": "creator"},
        {"user_tier": "monetizer", "days": 1, "limit": 100},
        {"user_tier": "developer", "days": 30, "limit": 50},
        {"user_tier": "developer", "days": 366, "limit": 100, "offset": 10_000},
        {"days": 366, "limit": 100, "offset": 10_000},
    ),
    "charts": ({"platform": "apple", "country": "us"}, {"platform": "apple", "country": "ah", "limit": 10}),
    "chart_movers": (
        {"platform": "apple", "days": 7},
        {"platform": "apple", "days": 1, "country": "ad"},
        {"platform": "apple", "days": 28, "limit": 500, "offset": 2_000},
    ),
    "industry_digest": ({}, {"date": "2020-01-01"}),
    "releases": ({}, {"genre": "house", "days": 90}, {"days": 366, "limit": 500}),
    "gear": ({}, {"days": 366, "limit": 500}),
}
"""Arguments that each function is called with."""

LARGE: Final = ("industry_news", "news_stories", "chart_snapshots", "chart_movers", "new_releases", "gear_releases")


def fill(connection: psycopg.Connection, news: int, chart_rows: int) -> None:
    """Write a year of rows that is spread as the real ones are: by the hour, skewed in impact, 55 charts a day."""
    charts = max(1, -(-chart_rows // (365 * 100)))  # rounded up
    psycopg.ClientCursor(connection).execute(ROWS.read_text(encoding="utf-8"), {"news": news, "charts": charts})
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")


def latencies(connection: psycopg.Connection, name: str, calls: int) -> list[float]:
    """Return the milliseconds of every call of a function, each kind of call warmed up once."""
    took: list[float] = []
    for arguments in CALLS_OF[name]:
        for repeat in range(calls + 1):
            started = time.perf_counter()
            row = connection.execute("SELECT api.try(%s, %s)", [name, Jsonb(arguments)]).fetchone()
            elapsed = 1000 * (time.perf_counter() - started)
            if row is None or not (row[0]["ok"] or "date" in arguments):
                raise RuntimeError(f"api.{name}({arguments}) failed: {row}")
            if repeat:
                took.append(elapsed)
    return took


def table_scans(connection: psycopg.Connection) -> tuple[int, dict[str, int]]:
    """Return how often a large table was read whole so far, and how often each of their indexes was used."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("SELECT pg_stat_clear_snapshot()")
    whole = connection.execute(
        "SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE schemaname = 'industry' AND relname = ANY(%s)",
        [list(LARGE)],
    ).fetchone()
    indexes = connection.execute(
        "SELECT indexrelname, idx_scan FROM pg_stat_user_indexes WHERE schemaname = 'industry' AND relname = ANY(%s)",
        [list(LARGE)],
    ).fetchall()
    return int(whole[0]) if whole else 0, {str(name): int(scans) for name, scans in indexes}


def measure(url: str, news: int, chart_rows: int, calls: int) -> dict[str, float]:
    """Fill a migrated, empty warehouse and return the figures."""
    figures: dict[str, float] = {}
    with psycopg.connect(conninfo(url)) as connection:
        started = time.perf_counter()
        fill(connection, news, chart_rows)
        figures["fill_seconds"] = round(time.perf_counter() - started, 1)
        for table in ("industry_news", "chart_snapshots"):
            row = connection.execute(f"SELECT count(*) FROM industry.{table}").fetchone()  # noqa: S608 - one of two names
            figures[f"rows.{table}"] = row[0] if row else 0
        connection.execute("SET ROLE backbeat_reader")
        for name in CALLS_OF:
            whole, before = table_scans(connection)
            took = latencies(connection, name, calls)
            figures[f"p50_ms.{name}"] = round(float(np.percentile(took, 50)), 2)
            figures[f"p95_ms.{name}"] = round(float(np.percentile(took, 95)), 2)
            figures[f"max_ms.{name}"] = round(max(took), 2)
            whole_after, after = table_scans(connection)
            figures[f"seq_scans.{name}"] = whole_after - whole
            print(f"{name:16} through {', '.join(index for index in sorted(after) if after[index] > before[index])}")
    return figures


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--news", type=int, default=NEWS)
    parser.add_argument("--charts", type=int, default=CHART_ROWS)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="backbeat-bench-"))
    home.chmod(0o755)
    try:
        postgres_server.start(home)
        url = warehouse_url(postgres_server.url(home))
        migrate(url)
        figures = measure(url, options.news, options.charts, options.calls)
    finally:
        postgres_server.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    for name, value in figures.items():
        over = "  over the limit" if name.startswith("p95_ms") and value >= LIMIT_MS else ""
        print(f"{name:40} {value:>10}{over}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
