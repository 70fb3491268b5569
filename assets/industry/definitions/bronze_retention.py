"""Letting go of old bronze: bodies older than ``BACKBEAT_BRONZE_DAYS`` leave the object store, and their rows say so.

Belongs here: which bodies, in which order. Does not belong here: when (``pipelines/retention.py``).
"""

import datetime as dt
from dataclasses import dataclass

import sql
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse

BATCH = 500
"""Bodies removed between two commits."""


@dataclass(frozen=True)
class Removed:
    """What retention removed: bodies in the object store, and the rows of ``raw.payloads`` that named them."""

    bodies: int = 0
    payloads: int = 0


def remove_old_bodies(warehouse: Warehouse, store: ObjectStore, keep_days: int, now: dt.datetime) -> Removed:
    """Remove the bodies that only payloads older than ``keep_days`` name; the rows stay and say that they are gone.

    A body goes before its rows say so: a run that is killed in between leaves rows that the next run finds again. The
    latest usable body of each source and the user's own files are kept whatever their age.

    Args:
        warehouse: where the rows are.
        store: where the bodies are.
        keep_days: age in days.
        now: the present, UTC.
    """
    before = now - dt.timedelta(days=keep_days)
    removed = Removed()
    while old := warehouse.rows(sql.text("statements/old_bodies.sql"), {"before": before, "batch": BATCH}):
        for _, uri in old:
            if store.exists(uri):
                store.delete(uri)
        rows = warehouse.execute(
            "UPDATE raw.payloads SET body_removed_at = %s WHERE sha256 = ANY(%s) AND fetched_at < %s",
            [now, [digest for digest, _ in old], before],
        )
        removed = Removed(removed.bodies + len(old), removed.payloads + rows)
    return removed
