"""Files out of the landing folder into bronze and silver, as Dagster makes them."""

import datetime as dt
import shutil
from pathlib import Path

import dagster as dg
import pytest

from assets.industry.definitions.attention_signals import signals_asset
from assets.industry.definitions.chart_snapshots import snapshots_asset
from assets.industry.definitions.landing_files import landing_asset
from pipelines.landing_sensors import chart_requests
from pipelines.partitions import chart_day_key
from pipelines.policies import apply_policies
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource
from tests.assets.industry.warehouse_site import WarehouseSite, chart_source, feed_source, red

TODAY = dt.datetime.now(dt.UTC).date()
CHART = b"position,title,artist\n1,A,X\n2,B,Y\n"


def dropped(source: dict[str, object]) -> dict[str, object]:
    return {**source, "cadence": "drop", "form": "csv", "url": None}


class Landing(WarehouseSite):
    """A landing folder and the assets that take files from it."""

    def __init__(self, warehouse: Warehouse, store: ObjectStore, root: Path) -> None:
        sources = [
            dropped(chart_source("own-us", "own", "chart_table")),
            dropped(chart_source("spotify-us", "spotify", "spotify_chart_csv")),
            {**dropped(feed_source("radio-plays")), "kind": "attention", "parser": "radio_plays"},
        ]
        super().__init__(warehouse, store, sources)
        self.root = root

    def drop(self, slug: str, name: str, body: bytes) -> None:
        (self.root / slug).mkdir(parents=True, exist_ok=True)
        (self.root / slug / name).write_bytes(body)

    def take(self, *, reread: bool = False) -> dg.ExecuteInProcessResult:
        result = dg.materialize(
            apply_policies([landing_asset(self.catalogue), signals_asset()], self.catalogue),
            instance=self.instance,
            resources={
                "warehouse": WarehouseResource(url=self.warehouse.url),
                "store": ObjectStoreResource(root_url=self.store.root_url),
            },
            run_config={"ops": {"industry__attention_signals": {"config": {"reread": reread}}}},
        )
        assert red(result) == {}
        return result

    def files(self) -> list[tuple[object, ...]]:
        return self.warehouse.rows(
            "SELECT file_name, day, rows, bad_rows, problem FROM raw.landing_files"
            " ORDER BY source_slug, file_name, sha256"
        )

    def letters(self) -> list[tuple[object, ...]]:
        return self.warehouse.rows("SELECT source, reference, reason FROM ops.dead_letters ORDER BY 1, 2")


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    monkeypatch.setenv("BACKBEAT_LANDING", str(tmp_path / "landing"))
    return Landing(warehouse, store, tmp_path / "landing")


def test_a_dropped_chart_ends_in_bronze_and_silver_and_again_changes_nothing(house: Landing) -> None:
    name = f"chart-{TODAY}.csv"
    house.drop("own-us", name, CHART)
    house.take()
    before = house.table("chart_snapshots")
    assert before["title"].tolist() == ["A", "B"]
    assert set(before["chart_date"]) == {TODAY}
    assert house.files() == [(name, TODAY, 2, 0, None)]
    assert house.warehouse.rows("SELECT source_slug, url FROM raw.payloads") == [("own-us", f"landing:own-us/{name}")]
    house.take()
    house.drop("own-us", f"copy-{TODAY}.csv", CHART)
    house.take()
    assert house.table("chart_snapshots")["title"].tolist() == ["A", "B"]
    assert house.warehouse.scalar("SELECT count(*) FROM raw.payloads") == 1


def test_the_partition_of_a_landed_chart_is_made_from_bronze_though_the_file_is_gone(house: Landing) -> None:
    house.drop("own-us", f"chart-{TODAY}.csv", CHART)
    house.take()
    before = house.table("chart_snapshots")
    shutil.rmtree(house.root)
    house.warehouse.execute("DELETE FROM industry.chart_snapshots")
    landed = house.warehouse.rows("SELECT source_slug, day, sha256, landed_at FROM raw.landing_files")
    (request,) = chart_requests(landed, {"own-us"}, TODAY)
    assert request.partition_key == chart_day_key("own-us", TODAY.isoformat())
    result = house.materialise(snapshots_asset(house.catalogue), str(request.partition_key))
    assert red(result) == {}
    assert house.table("chart_snapshots").equals(before)


def test_a_corrected_file_replaces_the_chart(house: Landing) -> None:
    house.drop("own-us", f"chart-{TODAY}.csv", CHART)
    house.take()
    house.drop("own-us", f"chart-{TODAY}.csv", CHART.replace(b"B,Y", b"C,Z"))
    house.take()
    assert house.table("chart_snapshots")["title"].tolist() == ["A", "C"]
    assert len(house.files()) == 2


def test_recorded_charts_older_than_every_partition_are_read(house: Landing, shared: Path) -> None:
    names = ["regional-us-daily-2017-01-01.csv", "regional-us-weekly-2019-01-04--2019-01-11.csv"]
    for name in names:
        house.drop("spotify-us", name, (shared / "data/charts/spotify" / name).read_bytes())
    house.take()
    assert house.files() == [
        (names[0], dt.date(2017, 1, 1), 200, 0, None),
        (names[1], dt.date(2019, 1, 11), 200, 0, None),
    ]
    assert len(house.table("chart_snapshots")) == 400
    landed = house.warehouse.rows("SELECT source_slug, day, sha256, landed_at FROM raw.landing_files")
    assert chart_requests(landed, {"spotify-us"}, TODAY) == []


def test_bad_rows_are_dead_letters_and_a_chart_with_a_hole_stays_out(house: Landing) -> None:
    house.drop("own-us", f"chart-{TODAY}.csv", b"position,title,artist\n1,A,X\ntwo,B,Y\n")
    house.drop("radio-plays", "week.csv", b"date,station,artist,title,plays\n2026-01-05,R,X,A,4\n2026-01-05,R,X,A,-4\n")
    house.take()
    assert house.table("chart_snapshots").empty
    assert house.files() == [
        (f"chart-{TODAY}.csv", TODAY, 0, 1, "1 lines could not be read. The row lacks its position, title or artist."),
        ("week.csv", None, 1, 1, None),
    ]
    assert house.letters() == [
        ("own-us", f"{TODAY} line 3", "The row lacks its position, title or artist."),
        ("radio-plays", "week.csv line 3", "plays is no number from 0 up: '-4'."),
    ]


def test_files_that_cannot_be_taken_are_dead_letters_and_the_others_are_taken(house: Landing, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_bytes(CHART)
    house.drop("own-us", f"chart-{TODAY}.csv", CHART)
    house.drop("own-us", "undated.csv", CHART)
    house.drop("own-us", "chart-2999-01-01.csv", CHART)
    house.drop("nosuch", "a.csv", CHART)
    (house.root / "own-us" / f"link-{TODAY}.csv").symlink_to(tmp_path / "secret.csv")
    house.take()
    assert [name for name, *_ in house.files()] == [f"chart-{TODAY}.csv"]
    assert {reference for _, reference, _ in house.letters()} == {
        "nosuch", "undated.csv", "chart-2999-01-01.csv", f"link-{TODAY}.csv",
    }  # fmt: skip


def test_the_latest_file_gives_a_number_and_reading_all_again_gives_the_same_rows(house: Landing) -> None:
    head = b"date,station,artist,title,plays\n"
    house.drop("radio-plays", "a.csv", head + b"2026-01-05,R,Band feat. Z,A,4\n2026-01-05,S,Band,A,1\n")
    house.take()
    house.drop("radio-plays", "b.csv", head + b"2026-01-05,R,BAND,A,9\n2999-01-05,R,Band,A,9\n")
    house.take()
    before = house.table("attention_signals")
    assert before["value"].tolist() == [9.0, 1.0]
    assert before["track_key"].tolist() == ["band|a", "band|a"]
    assert "is yet to come" in str(house.letters()[0][2])
    shutil.rmtree(house.root)
    house.take(reread=True)
    assert house.table("attention_signals").equals(before)


def test_without_a_landing_folder_nothing_happens(house: Landing) -> None:
    house.take()
    assert house.files() == []
