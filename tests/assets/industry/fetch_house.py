"""Everything that fetching needs, on loopback: a site, a catalogue of it, and runs of ``raw.payloads``."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from assets.industry.catalogue import Catalogue, load_catalogue
from assets.industry.definitions.bronze import read_payloads
from assets.industry.definitions.payloads import payloads_asset
from pipelines.partitions import FEED_WINDOW, feed_window_key
from resources.failures import PermanentFailure
from resources.http_client import HttpResource
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource
from tests.assets.industry.loopback_site import LoopbackSite, rss

WINDOW_HOURS = dt.timedelta(hours=4)


def today() -> dt.date:
    """The UTC day."""
    return dt.datetime.now(dt.UTC).date()


class House:
    """One catalogue on the loopback site, and runs of the asset over it."""

    def __init__(self, site: LoopbackSite, warehouse: Warehouse, store: ObjectStore, folder: Path) -> None:
        self.site, self.warehouse, self.store, self.folder = site, warehouse, store, folder
        self.instance = dg.DagsterInstance.ephemeral()
        self.http = HttpResource(
            allow_private_addresses=True, state_folder=str(folder / "http"), host_interval_seconds=0
        )
        self.catalogue: Catalogue = load_catalogue()

    def write_catalogue(self, sources: Mapping[str, Mapping[str, Any]]) -> Path:
        file = self.site.catalogue(self.folder / "catalogue.yaml", sources)
        self.catalogue = load_catalogue(file)
        return file

    def open(self, *slugs: str) -> None:
        """Publish a feed for each slug and list them in the catalogue."""
        for slug in slugs:
            self.site.publish(f"/{slug}", rss(slug, f"{slug} one", f"{slug} two"))
        self.write_catalogue({slug: {"url": f"/{slug}"} for slug in slugs})

    def run(
        self, key: str | None = None, sources: list[str] | None = None, tags: Mapping[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        asset = payloads_asset(self.catalogue).map_asset_specs(
            lambda spec: spec.replace_attributes(partitions_def=FEED_WINDOW)
        )
        return dg.materialize(
            [asset],
            partition_key=key or feed_window_key(dt.datetime.now(dt.UTC)),
            instance=self.instance,
            resources={
                "warehouse": WarehouseResource(url=self.warehouse.url),
                "store": ObjectStoreResource(root_url=self.store.root_url),
                "http": self.http,
            },
            run_config={"ops": {"raw__payloads": {"config": {"sources": sources or []}}}},
            tags=dict(tags or {}),
            raise_on_error=False,
        )

    def rows(self) -> pd.DataFrame:
        return self.warehouse.frame("SELECT * FROM raw.payloads ORDER BY source_slug, window_start, fetched_at")

    def read(self) -> dict[str, bytes]:
        """Latest usable body of each source in the current window."""
        start = FEED_WINDOW.time_window_for_partition_key(feed_window_key(dt.datetime.now(dt.UTC))).start
        return {one.source_slug: one.body for one in read_payloads(self.warehouse, self.store, start)}

    def age(self, by: dt.timedelta = WINDOW_HOURS) -> None:
        """Let everything that was fetched have been fetched earlier."""
        self.warehouse.execute(
            "UPDATE raw.payloads SET window_start = window_start - %(by)s, window_end = window_end - %(by)s,"
            " fetched_at = fetched_at - %(by)s",
            {"by": by},
        )


def red(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Checks that failed, with what they say."""
    evaluations = result.get_asset_check_evaluations()
    assert evaluations
    return {one.check_name: one.description or "" for one in evaluations if not one.passed}


def permanent_failure(result: dg.ExecuteInProcessResult) -> str:
    """What the only step failed with, for good."""
    assert not result.success
    (event,) = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data
    assert data.error.cls_name == PermanentFailure.__name__
    return str(data.user_failure_data.description)
