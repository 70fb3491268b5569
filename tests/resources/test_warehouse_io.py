"""The IO manager through Dagster itself, on real tables."""

import dagster as dg
import pandas as pd
import pytest
from pydantic import ValidationError

from resources.warehouse import Warehouse, WarehouseResource
from resources.warehouse_io import WarehouseIOManager, WriteRule

DAYS = dg.DailyPartitionsDefinition("2026-03-01", end_date="2026-03-10")
CHARTS = dg.MultiPartitionsDefinition({"chart": dg.StaticPartitionsDefinition(["songs", "albums"]), "day": DAYS})


@pytest.fixture
def resources(warehouse: Warehouse) -> dict[str, object]:
    warehouse.execute(
        "INSERT INTO industry.sources (slug, name, kind, url, parser, cadence, tier, platform, country, chart, enabled,"
        " health, allowed_use, attribution, storage_limit, checked_on) VALUES"
        " ('apple-us', 'Apple', 'chart', 'https://example.org', 'apple', 'day', 1, 'apple', 'us', 'songs', true,"
        " 'alive', 'any', 'Apple', 'none', '2026-01-01')"
    )
    resource = WarehouseResource(url=warehouse.url)
    return {"warehouse": resource, "warehouse_io": WarehouseIOManager(warehouse=resource)}


def chart(positions: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "platform": "apple",
            "country": "us",
            "position": range(1, positions + 1),
            "source_slug": "apple-us",
            "title": "Song",
            "artist": "Singer",
            "track_key": [f"t{n}" for n in range(positions)],
            "artist_key": "singer",
            "fetched_at": pd.Timestamp("2026-03-02T00:00:00Z"),
        }
    )


def assets(positions: int) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=["industry", "chart_snapshots"],
        partitions_def=CHARTS,
        io_manager_key="warehouse_io",
        metadata={"write": "replace", "partition_column": {"chart": "chart", "day": "chart_date"}},
    )
    def chart_snapshots() -> pd.DataFrame:
        return chart(positions)

    @dg.asset(partitions_def=CHARTS, ins={"charts": dg.AssetIn(["industry", "chart_snapshots"])})
    def counted(charts: pd.DataFrame) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"rows": len(charts), "dates": str(sorted(set(charts.chart_date)))})

    return [chart_snapshots, counted]


def make(key: str, positions: int, resources: dict[str, object]) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        assets(positions),
        partition_key=dg.MultiPartitionKey(dict([part.split("=") for part in key.split()])),
        resources=resources,
    )


def test_a_partition_is_replaced_and_read_back(warehouse: Warehouse, resources: dict[str, object]) -> None:
    for key, positions in (
        ("chart=songs day=2026-03-01", 3),
        ("chart=songs day=2026-03-02", 2),
        ("chart=albums day=2026-03-01", 4),
    ):
        make(key, positions, resources)
    run = make("chart=songs day=2026-03-01", 1, resources)
    assert warehouse.rows(
        "SELECT chart, chart_date::text, count(*) FROM industry.chart_snapshots GROUP BY 1, 2 ORDER BY 1, 2"
    ) == [("albums", "2026-03-01", 4), ("songs", "2026-03-01", 1), ("songs", "2026-03-02", 2)]
    events = {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in run.get_asset_materialization_events()
    }
    assert events["industry/chart_snapshots"]["dagster/partition_row_count"].value == 1
    assert events["counted"]["rows"].value == 1
    assert events["counted"]["dates"].value == "[datetime.date(2026, 3, 1)]"


def test_an_upsert_asset_says_what_changed(warehouse: Warehouse, resources: dict[str, object]) -> None:
    @dg.asset(key=["ops", "source_health"], io_manager_key="warehouse_io", metadata={"write": "upsert"})
    def source_health() -> pd.DataFrame:
        return pd.DataFrame({"source": ["a", "b"], "state": "healthy"})

    warehouse.execute("INSERT INTO ops.source_health (source, state) VALUES ('a', 'failing')")
    for inserted, updated in ((1, 1), (0, 0)):
        run = dg.materialize([source_health], resources=resources)
        (event,) = run.get_asset_materialization_events()
        assert event.materialization.metadata["inserted"].value == inserted
        assert event.materialization.metadata["updated"].value == updated
        assert event.materialization.metadata["dagster/row_count"].value == 2


def test_a_time_window_in_a_timestamp_column_is_its_start(warehouse: Warehouse, resources: dict[str, object]) -> None:
    windows = dg.TimeWindowPartitionsDefinition(
        cron_schedule="0 */4 * * *", start="2026-03-01-00:00", fmt="%Y-%m-%d-%H:%M", end="2026-03-05-00:00"
    )

    @dg.asset(
        key=["ops", "source_health"],
        partitions_def=windows,
        io_manager_key="warehouse_io",
        metadata={"write": "replace", "partition_column": "last_attempt_at"},
    )
    def source_health(context: dg.AssetExecutionContext) -> pd.DataFrame:
        return pd.DataFrame({"source": [context.partition_key]})

    for key in ("2026-03-01-04:00", "2026-03-01-08:00", "2026-03-01-04:00"):
        dg.materialize([source_health], partition_key=key, resources=resources)
    assert warehouse.rows("SELECT source, to_char(last_attempt_at, 'HH24') FROM ops.source_health ORDER BY 1") == [
        ("2026-03-01-04:00", "04"),
        ("2026-03-01-08:00", "08"),
    ]


def test_replacing_needs_a_partition_column() -> None:
    with pytest.raises(ValidationError, match="needs `partition_column`"):
        WriteRule(write="replace")
