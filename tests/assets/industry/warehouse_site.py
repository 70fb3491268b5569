"""The industry assets over a catalogue, a real database and a real store, with bronze written by the test.

Used by the tests of the assets behind bronze; those of fetching serve their payloads over HTTP instead.
"""

import datetime as dt
from collections.abc import Sequence

import dagster as dg
import pandas as pd

from assets.industry.catalogue import Catalogue
from assets.industry.definitions import bronze
from assets.industry.definitions.bronze import Window
from assets.industry.source_fetch import Fetched
from pipelines.partitions import FEED_WINDOW
from pipelines.policies import apply_policies
from resources.http_client import HttpResource
from resources.llm.resource import LanguageModelResource
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource

TERMS = {"allowed_use": "Any.", "attribution": "Ours.", "storage_limit": "None.", "checked_on": "2026-11-20"}


def feed_source(slug: str, tier: int = 1) -> dict[str, object]:
    """A catalogue entry of a feed."""
    return {
        "slug": slug, "name": slug.title(), "kind": "rss", "url": f"https://{slug}.example/feed", "parser": "feed",
        "cadence": "window", "tier": tier, "enabled": True, "health": "alive", "terms": TERMS,
    }  # fmt: skip


def chart_source(slug: str, platform: str, parser: str, country: str = "us", chart: str = "songs") -> dict[str, object]:
    """A catalogue entry of a chart."""
    return {
        **feed_source(slug), "kind": "chart", "parser": parser, "form": "json", "cadence": "day", "platform": platform,
        "country": country, "chart": chart,
    }  # fmt: skip


class WarehouseSite:
    """Bronze that can be written, and the assets behind it."""

    def __init__(self, warehouse: Warehouse, store: ObjectStore, sources: Sequence[dict[str, object]]) -> None:
        self.warehouse = warehouse
        self.store = store
        self.catalogue = Catalogue.model_validate({"sources": sources})
        self.instance = dg.DagsterInstance.ephemeral()
        bronze.sync_sources(warehouse, self.catalogue)

    def keep(self, slug: str, window: Window, body: bytes, *, late: bool = False, error: str | None = None) -> None:
        """Write one payload into bronze, fetched at the start of the window, or an hour later."""
        at = window.start + dt.timedelta(hours=1 if late else 0)
        url = str(self.catalogue.source(slug).url)
        fetched = Fetched(url, at, url, 200, {}, None, None, "text/xml", body, error=error)
        stored = bronze.put_body(self.store, body)
        with self.warehouse.connect() as connection:
            bronze.record_payload(connection, slug, window, fetched, stored)

    def keep_feed(self, slug: str, key: str, body: bytes, *, late: bool = False, error: str | None = None) -> None:
        """Write one feed payload into the window of a partition key."""
        window = FEED_WINDOW.time_window_for_partition_key(key)
        self.keep(slug, Window(window.start, window.end), body, late=late, error=error)

    def materialise(self, asset: dg.AssetsDefinition, key: str) -> dg.ExecuteInProcessResult:
        """Materialise one partition of an asset as the location would."""
        return dg.materialize(
            apply_policies([asset], self.catalogue),
            partition_key=key,
            instance=self.instance,
            resources={
                "warehouse": WarehouseResource(url=self.warehouse.url),
                "store": ObjectStoreResource(root_url=self.store.root_url),
                "http": HttpResource(allow_private_addresses=True),
                "language_models": LanguageModelResource(),
            },
            raise_on_error=False,
        )

    def table(self, name: str) -> pd.DataFrame:
        """Every row of a table of `industry`, in the order of its key."""
        return self.warehouse.frame(f"SELECT * FROM industry.{name} ORDER BY 1, 2, 3, 4, 5, 6")  # noqa: S608


def red(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Checks that failed, with what they say."""
    evaluations = result.get_asset_check_evaluations()
    assert evaluations
    return {one.check_name: one.description or "" for one in evaluations if not one.passed}
