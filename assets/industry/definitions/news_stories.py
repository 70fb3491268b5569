"""The asset ``industry.news_stories``: which story each item of a window tells, with those that are grouped already.

Belongs here: reading what a window's items must be compared with, writing what changed. Does not belong here: comparing
(``assets.industry.story_grouping``).
"""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import dagster as dg
import pandas as pd

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.catalogue import Catalogue
from assets.industry.definitions.industry_news import KEY as NEWS_KEY
from assets.industry.definitions.industry_news import WINDOW_FORMAT
from assets.industry.story_grouping import METHOD, Key, Link, links, outlet_names, story_ids
from assets.industry.story_words import StoryItem
from assets.materialisation import result
from resources.warehouse import UpsertCounts, Warehouse, WarehouseResource

KEY = ["industry", "news_stories"]
TABLE = ".".join(KEY)
LINKED = "linked"
GIANT = "no_giant"

GIANT_ITEMS = 40
"""A story with more items than this is a chain of different ones: some twenty outlets are fetched."""

_COLUMNS = [
    "source_slug",
    "guid",
    "story_id",
    "current_at",
    "linked_source",
    "linked_guid",
    "similarity",
    "method",
    "content",
]


@dataclass(frozen=True)
class _Row:
    """An item's row before its story is known."""

    at: dt.datetime
    link: Link | None
    content: str


def stories_asset(catalogue: Catalogue) -> dg.AssetsDefinition:
    """Return the asset ``industry.news_stories``; headlines lose the names of the catalogue's outlets."""
    outlets = outlet_names(source.name for source in catalogue.sources)

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(NEWS_KEY)],
        description="Which story each news item tells: near-duplicates across outlets share one, and none is deleted.",
        kinds={"postgres", "silver"},
        owners=["team:industry"],
        code_version=METHOD,
        check_specs=[*contract_specs(KEY), *_check_specs()],
    )
    def news_stories(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database = warehouse.warehouse()
        keys = sorted(context.partition_keys)
        windows = [dt.datetime.strptime(key, WINDOW_FORMAT).replace(tzinfo=dt.UTC) for key in keys]
        counts = group_windows(database, windows, outlets)
        items, stories, shared, largest, wrong = _totals(database, windows)
        rows = {key: _totals(database, [window])[0] for key, window in zip(keys, windows, strict=True)}
        checks = [*contract_results(database, KEY, items // len(keys), partition_key=keys[0]), *_checks(largest, wrong)]
        metadata = {
            "stories": stories,
            "stories_of_several_outlets": shared,
            "changed": counts.inserted + counts.updated,
        }
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=metadata)

    return news_stories


def group_windows(warehouse: Warehouse, windows: Sequence[dt.datetime], outlets: frozenset[str]) -> UpsertCounts:
    """Group the items of windows with everything that is grouped already; rows that stay the same are left alone."""
    with warehouse.connect() as turn:
        # two windows at once would each miss the other's items; the lock lasts as long as this block
        turn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [TABLE])
        parameters = {"windows": list(windows), "method": METHOD}
        near = warehouse.rows(sql.text("statements/story_neighbourhood.sql"), parameters)
        rows = _relinked(near, outlets)
        stored = _members(warehouse, rows)
        parents = {key: row.link.key if row.link else None for key, row in {**stored, **rows}.items()}
        stories = story_ids(parents)
        return warehouse.upsert(TABLE, _frame({**stored, **rows}, stories), ["source_slug", "guid"])


def _relinked(near: Sequence[tuple[Any, ...]], outlets: frozenset[str]) -> dict[Key, _Row]:
    """Return the rows of a neighbourhood, those of targets with the links found now."""
    items: list[StoryItem] = []
    rows: dict[Key, _Row] = {}
    targets: set[Key] = set()
    for slug, guid, title, text, tags, url, language, at, content, *stored, is_target in near:
        key = (slug, guid)
        items.append(StoryItem(key, at, title, text, tuple(tags), url, language))
        rows[key] = _Row(at, _link(*stored), content)
        if is_target:
            targets.add(key)
    found = links(items, outlets, targets)
    return {key: replace(row, link=found[key]) if key in found else row for key, row in rows.items()}


def _members(warehouse: Warehouse, rows: dict[Key, _Row]) -> dict[Key, _Row]:
    """Return every stored item of the stories that the rows belong to."""
    parameters = {"sources": [source for source, _ in rows], "guids": [guid for _, guid in rows]}
    return {
        (source, guid): _Row(at, _link(linked_source, linked_guid, similarity), content)
        for source, guid, linked_source, linked_guid, similarity, _, at, content in warehouse.rows(
            sql.text("statements/story_members.sql"), parameters
        )
    }


def _link(source: str | None, guid: str | None, similarity: float | None) -> Link | None:
    return (
        Link((source, guid), similarity) if source is not None and guid is not None and similarity is not None else None
    )


def _frame(rows: dict[Key, _Row], stories: dict[Key, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (*key, stories[key], row.at, *(row.link.key if row.link else (None, None)),
             row.link.similarity if row.link else None, METHOD, row.content)
            for key, row in sorted(rows.items())
        ],
        columns=list(_COLUMNS),
    )  # fmt: skip


def _totals(warehouse: Warehouse, windows: Sequence[dt.datetime]) -> tuple[int, int, int, int, int]:
    ((items, stories, shared, largest, wrong),) = warehouse.rows(
        sql.text("statements/story_totals.sql"), {"windows": list(windows)}
    )
    return items, stories, shared, largest, wrong


def _check_specs() -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            LINKED,
            asset=dg.AssetKey(KEY),
            blocking=True,
            description="Every link leads to an item of the same story, at most 3 days earlier.",
        ),
        dg.AssetCheckSpec(
            GIANT,
            asset=dg.AssetKey(KEY),
            description=f"No story has more than {GIANT_ITEMS} items: that would be a chain.",
        ),
    ]


def _checks(largest: int, wrong: int) -> list[dg.AssetCheckResult]:
    key = dg.AssetKey(KEY)
    return [
        dg.AssetCheckResult(
            check_name=LINKED, asset_key=key, passed=wrong == 0, metadata={"wrong_links": wrong},
            description=f"{wrong} links lead to another story, too far back, or nowhere." if wrong else None,
        ),
        dg.AssetCheckResult(
            check_name=GIANT, asset_key=key, passed=largest <= GIANT_ITEMS, severity=dg.AssetCheckSeverity.WARN,
            metadata={"largest_story": largest},
        ),
    ]  # fmt: skip
