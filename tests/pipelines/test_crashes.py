"""`kill -9` of everything there is to kill, in mid-run, on the whole platform: the run finishes all the same."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from pytest_httpserver import HTTPServer

from assets.industry.catalogue import load_catalogue
from assets.industry.definitions import bronze
from assets.industry.source_fetch import Fetched
from pipelines.demo_site import apple_most_played
from pipelines.dev import Platform, running_platform
from pipelines.partitions import FEED_WINDOW_FORMAT, feed_window_key
from resources import postgres_server
from resources.object_store import ObjectStore
from resources.settings import Settings
from resources.warehouse import Warehouse
from tests.assets.industry.loopback_site import LoopbackSite, rss
from tests.conftest import remove_home
from tests.pipelines.graphql import Web, wait_for

FEEDS = ("music-business-worldwide", "synthtopia")
"""Recorded feeds of the shared data."""
SOURCES: Mapping[str, Mapping[str, object]] = {
    **{slug: {"url": f"/feeds/{slug}"} for slug in FEEDS},
    "sample-us": {
        "url": "/charts/us", "kind": "chart", "parser": "apple_most_played", "form": "json", "cadence": "day",
        "platform": "sample", "country": "us", "chart": "most-played",
    },
}  # fmt: skip

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]


def publish(site: LoopbackSite) -> None:
    """Serve the recorded feeds, where there are any, and today's chart."""
    shared = Path(os.environ.get("BACKBEAT_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    for slug in FEEDS:
        recorded = shared / "data" / "feeds" / "reemitted" / f"{slug}.xml"
        site.publish(f"/feeds/{slug}", recorded.read_bytes() if recorded.exists() else rss(slug, "One", "Two"))
    chart = apple_most_played("us", datetime.now(UTC).date())
    site.publish("/charts/us", chart.encode(), "application/json")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def site() -> Iterator[LoopbackSite]:
    with HTTPServer() as server:
        yield LoopbackSite(server)


def replay_chart_of_yesterday(platform: Platform) -> None:
    """Have yesterday's chart made from bronze by its job: today's movers are found against it."""
    warehouse = Warehouse(postgres_server.url(platform.settings.home_path))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    source = load_catalogue(Path(os.environ["BACKBEAT_CATALOGUE"])).source("sample-us")
    window, body = bronze.day_window(yesterday), apple_most_played("us", yesterday).encode()
    bronze.sync_sources(warehouse, load_catalogue(Path(os.environ["BACKBEAT_CATALOGUE"])))
    at, url = window.start + timedelta(hours=12), str(source.url)
    fetched = Fetched(url, at, url, 200, {}, None, None, "application/json", body)
    stored = bronze.put_body(ObjectStore(platform.settings.store_url), body)
    with warehouse.connect() as connection:
        bronze.record_payload(connection, source.slug, window, fetched, stored)
    key = f"sample-us|{yesterday.isoformat()}"
    tags = {"dagster/partition": key, "dagster/partition/chart": "sample-us", "dagster/partition/day": key[-10:]}
    Web(platform.url).launch("charts_job", "data", **tags)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, site: LoopbackSite) -> Iterator[Platform]:
    """The whole platform: a location that waits to be killed, and the real `data` location on a clock of minutes."""
    home = Path(tempfile.mkdtemp(prefix="backbeat-crash-"))
    home.chmod(0o755)
    before = dict(os.environ)
    os.environ |= {
        "RECORD_FOLDER": str(tmp_path_factory.mktemp("records")),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "BACKBEAT_DEVICES": "",
        "BACKBEAT_CPU_SLOTS": "4",
        "BACKBEAT_CATALOGUE": str(site.catalogue(home / "sources.yaml", SOURCES)),
        "BACKBEAT_ALLOW_PRIVATE_ADDRESSES": "true",
        "BACKBEAT_SPREAD_SECONDS": "0",
    }
    locations = {"crash": "tests.pipelines.crash_location", "data": "tests.pipelines.every_minute"}
    publish(site)
    try:
        with running_platform(Settings(home=home), free_port(), locations=locations) as running:
            replay_chart_of_yesterday(running)
            yield running
        assert not [p for p in psutil.process_iter() if str(home) in " ".join(_command(p))]
    finally:
        os.environ.clear()
        os.environ.update(before)
        remove_home(home)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
    except psutil.NoSuchProcess:
        return []


@pytest.fixture
def web(platform: Platform) -> Web:
    return Web(platform.url)


@dataclass(frozen=True)
class Begun:
    """A run whose second step waits: its folder of records, and the pids of the step's parent, the step, its child."""

    run: str
    folder: Path
    parent: int
    step: int
    child: int

    def attempts(self) -> tuple[int, int]:
        return len((self.folder / "first").read_text()), len((self.folder / "second").read_text())


def begin(web: Web, *jobs: str) -> list[Begun]:
    runs = [web.launch(job, "crash") for job in jobs]
    begun = []
    for run in runs:
        folder = Path(os.environ["RECORD_FOLDER"]) / run
        wait_for((folder / "pids").exists, seconds=90, what="the second step runs")
        begun.append(Begun(run, folder, *map(int, (folder / "pids").read_text().split())))
    return begun


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def wait_for_end(web: Web, begun: Begun, *expected: str) -> None:
    """Wait until a run and its automatic retries have these statuses."""
    wait_for(lambda: web.statuses(begun.run) == list(expected), seconds=60, what=f"run and retries are {expected}")


def test_whatever_is_killed_in_a_run_the_run_is_finished_within_a_minute(web: Web) -> None:
    in_process, worker, step, cancelled = begin(web, "in_process", "leased", "leased", "leased")
    os.kill(in_process.step, signal.SIGKILL)  # in this job the run worker is the step
    os.kill(worker.parent, signal.SIGKILL)
    os.kill(step.step, signal.SIGKILL)
    web.terminate(cancelled.run)

    wait_for(lambda: gone(worker.step), seconds=3, what="the step has died with its run worker")
    wait_for(lambda: gone(step.child), seconds=5, what="what the killed step had started is killed too")
    wait_for_end(web, cancelled, "CANCELED")
    wait_for(lambda: gone(cancelled.step) and gone(cancelled.child), seconds=3, what="nothing of it is left")
    wait_for_end(web, step, "SUCCESS")  # retried within the run
    wait_for_end(web, in_process, "FAILURE", "SUCCESS")  # found dead, retried from the step
    wait_for_end(web, worker, "FAILURE", "SUCCESS")
    assert [run.attempts() for run in (in_process, worker, step)] == [(1, 2)] * 3  # what was finished is not redone


def test_runs_outlive_the_daemon_and_the_database_which_are_back_within_seconds(web: Web, platform: Platform) -> None:
    home = platform.settings.home_path
    (begun,) = begin(web, "leased")
    daemon, postmaster = platform.pids()["daemon"], postgres_server.status(home).pid
    assert postmaster is not None
    os.kill(daemon, signal.SIGKILL)
    os.kill(postmaster, signal.SIGKILL)
    wait_for(lambda: platform.pids().get("daemon", daemon) != daemon, seconds=15, what="the daemon is back")
    wait_for(lambda: postgres_server.status(home).running, seconds=30, what="the database is back")
    assert not gone(begun.step)
    (begun.folder / "go").touch()
    wait_for(lambda: web.statuses(begun.run)[-1:] == ["SUCCESS"], seconds=90, what="the run, or its retry, finishes")
    assert begun.attempts()[0] == 1


@pytest.fixture(scope="module")
def warehouse(platform: Platform) -> Warehouse:
    return Warehouse(postgres_server.url(platform.settings.home_path))


def counts(warehouse: Warehouse, window: str) -> tuple[int, int, int]:
    """Rows of bronze in a window, of news, and of charts."""
    start = datetime.strptime(window, FEED_WINDOW_FORMAT).replace(tzinfo=UTC)
    bronze_rows = warehouse.scalar("SELECT count(*) FROM raw.payloads WHERE window_start = %s", [start])
    news = warehouse.scalar("SELECT count(*) FROM industry.industry_news")
    return bronze_rows, news, warehouse.scalar("SELECT count(*) FROM industry.chart_snapshots")


def test_what_is_scheduled_arrives_through_the_daemon_and_a_second_run_adds_nothing(
    web: Web, warehouse: Warehouse, site: LoopbackSite
) -> None:
    """The daemon's own ticks do it, a minute apart, after everything above has been killed under them."""
    today = datetime.now(UTC).date()

    def rows(table: str, condition: str = "true") -> int:
        return int(warehouse.scalar(f"SELECT count(*) FROM {table} WHERE {condition}"))  # noqa: S608

    wait_for(lambda: rows("industry.industry_news"), seconds=90, what="news of a scheduled run")
    wait_for(lambda: rows("industry.chart_snapshots", f"chart_date = '{today}'"), seconds=90, what="today's chart")
    wait_for(lambda: rows("industry.chart_movers", f"day = '{today}'"), seconds=120, what="movers, by automation")
    for slug in FEEDS:
        assert rows("industry.industry_news", f"source_slug = '{slug}'") > 1
    assert rows("industry.chart_snapshots", f"chart_date = '{today}'") == 50

    window = feed_window_key(datetime.now(UTC))
    before = counts(warehouse, window)
    again = web.launch("feeds_job", "data", **{"dagster/partition": window})
    wait_for(lambda: web.statuses(again) == ["SUCCESS"], seconds=60, what="a second run")
    assert counts(warehouse, window) == before

    broken, sound = FEEDS
    site.replace_by_error_page(f"/feeds/{broken}")
    once_more = web.launch("feeds_job", "data", **{"dagster/partition": window})
    wait_for(lambda: web.statuses(once_more) == ["SUCCESS"], seconds=60, what="a run with one source broken")
    assert counts(warehouse, window)[1:] == before[1:]
    health = dict(warehouse.rows("SELECT source, consecutive_failures FROM ops.source_health"))
    assert health[broken] > 0
    assert health[sound] == 0
