"""Load the recorded history of the Hot 100 by COPY and compute the movers of single days, timed.

    python -m bench.movers [--set DIR] [--day 2025-06-28] [--json]

``--set`` names a folder laid out like ../shared/data (``charts/billboard/hot100_history.csv.gz``). A server of the
benchmark's own is started and removed.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from assets.industry.chart_entry import artist_key, track_key
from resources import postgres_server
from resources.database_url import warehouse_url
from resources.migrate import migrate
from resources.warehouse import Warehouse

HISTORY = "charts/billboard/hot100_history.csv.gz"
SOURCE = "billboard-us"
REPEATS = 5
"""Days that are timed, a year apart: the history behind each differs."""


def read_history(path: Path, since: date = date.min) -> pd.DataFrame:
    """Return the recorded charts from a date on, with the columns of ``industry.chart_snapshots``."""
    table = pd.read_csv(path, keep_default_na=False, na_values={"last_week": [""]})
    table = table[table["date"] >= since.isoformat()]
    names = table[["artist", "song"]].drop_duplicates()
    names["track_key"] = [track_key(artist, title) for artist, title in names.itertuples(index=False)]
    names["artist_key"] = [artist_key(artist) for artist in names["artist"]]
    table = table.merge(names, on=["artist", "song"], how="left", validate="many_to_one")
    table["date"] = pd.to_datetime(table["date"]).dt.date
    return table.rename(
        columns={
            "date": "chart_date",
            "this_week": "position",
            "song": "title",
            "last_week": "publisher_previous",
            "peak_position": "publisher_peak",
            "weeks_on_chart": "publisher_weeks_on",
        }
    ).assign(
        platform="billboard",
        chart="hot-100",
        country="us",
        source_slug=SOURCE,
        fetched_at=datetime(2025, 7, 1, tzinfo=UTC),
    )


def load_history(warehouse: Warehouse, history: pd.DataFrame) -> int:
    """Write a history by COPY in one transaction and return its rows; the source is registered first."""
    warehouse.execute(
        "INSERT INTO industry.sources (slug, name, kind, url, parser, cadence, tier, platform, country, chart, enabled,"
        " health, allowed_use, attribution, storage_limit, checked_on) VALUES (%(slug)s, 'Billboard Hot 100', 'chart',"
        " 'https://www.billboard.com/charts/hot-100/', 'billboard_page', 'day', 1, 'billboard', 'us', 'hot-100', false,"
        " 'unverified', 'Local analysis only.', 'Billboard', 'Local copies only.', '2026-11-20')"
        " ON CONFLICT (slug) DO NOTHING",
        {"slug": SOURCE},
    )
    return warehouse.replace_partition(
        "industry.chart_snapshots", history, {"platform": "billboard", "chart": "hot-100", "country": "us"}
    )


def measure(warehouse: Warehouse, history: pd.DataFrame, day: date) -> dict[str, float]:
    """Load the history, compute the movers of ``REPEATS`` days up to ``day``, and return the figures."""
    started = time.perf_counter()
    rows = load_history(warehouse, history)
    loaded = time.perf_counter() - started
    warehouse.execute("ANALYZE industry.chart_snapshots")
    seconds = []
    written = 0
    for years in reversed(range(REPEATS)):
        started = time.perf_counter()
        written = warehouse.run("transforms/chart_movers.sql", {"day": day - timedelta(days=364 * years)})
        seconds.append(time.perf_counter() - started)
    ours = warehouse.rows(
        "SELECT count(*) FILTER (WHERE m.peak <> s.publisher_peak) * 100.0 / count(*),"
        " count(*) FILTER (WHERE m.weeks_on <> s.publisher_weeks_on) * 100.0 / count(*),"
        " count(*) FILTER (WHERE m.previous_position IS DISTINCT FROM s.publisher_previous) * 100.0 / count(*)"
        " FROM industry.chart_movers m JOIN industry.chart_snapshots s"
        " USING (platform, chart, country, chart_date, position) WHERE m.window_days = 7"
    )[0]
    return {
        "history_rows.ours": rows,
        "load_seconds.ours": round(loaded, 3),
        "load_rows_per_second.ours": round(rows / loaded),
        "movers_rows.ours": written,
        "movers_seconds.ours": round(statistics.median(seconds), 3),
        "movers_seconds_max.ours": round(max(seconds), 3),
        "peak_disagreement_percent.publisher": round(float(ours[0]), 2),
        "weeks_disagreement_percent.publisher": round(float(ours[1]), 2),
        "previous_disagreement_percent.publisher": round(float(ours[2]), 2),
    }


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, default=Path("../shared/data"), dest="folder")
    parser.add_argument("--day", type=date.fromisoformat, default=date(2025, 6, 28))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="backbeat-bench-"))
    home.chmod(0o755)
    try:
        postgres_server.start(home)
        url = warehouse_url(postgres_server.url(home))
        migrate(url)
        figures = measure(Warehouse(url), read_history(options.folder / HISTORY), options.day)
    finally:
        postgres_server.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name:45} {value:>12}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
