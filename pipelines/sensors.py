"""What starts runs when something arrives: audio files, intake batches, mix requests.

Each sensor is a thin shell around a pure function of what is and what was seen. A read that fails skips the tick: it is
never taken for "nothing there".

Belongs here: sensors and their decisions. Does not belong here: schedules; scanning itself (a job of the library).
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import dagster as dg
import psycopg

from pipelines.dagster_internals import UnresolvedAssetJobDefinition
from pipelines.jobs import LIBRARY_JOB, MIX_JOB, SCAN_JOB
from pipelines.partitions import INTAKE_BATCHES, MIX_REQUESTS
from resources.settings import load_settings
from resources.warehouse import Warehouse, WarehouseResource

_TICK_SECONDS = 15
_LISTING_SECONDS = 60
_WAITING_BATCHES = """
SELECT batch_key FROM library.intake_batches
WHERE NOT EXISTS (
    SELECT FROM library.tracks JOIN library.track_states USING (track_id)
    WHERE tracks.batch_key = intake_batches.batch_key AND stage = 'analysis'
)
ORDER BY batch_key"""
_WAITING_MIXES = "SELECT request_id FROM mixes.mix_requests WHERE status = 'pending' ORDER BY requested_at"
_KEYS_PER_TICK = 200
"""Runs that one tick asks for at most; the rest waits for the next tick, so that no tick comes near its time-out."""


@dataclass(frozen=True)
class MusicCursor:
    """What the music watch remembers.

    Attributes:
        listed: fingerprint at the last tick.
        scanned: fingerprint for which a scan was last asked for.
    """

    listed: str = ""
    scanned: str = ""

    def to_text(self) -> str:
        """Write the cursor."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str | None) -> "MusicCursor":
        """Read the cursor; nothing, or what cannot be read, is the beginning."""
        try:
            return cls(**json.loads(text or "{}"))
        except (ValueError, TypeError):
            return cls()


def fingerprint(files: Iterable[Mapping[str, Any]]) -> str:
    """Digest of a listing: changes when a file comes, goes, grows or is written again.

    Args:
        files: entries as fsspec gives them: ``name``, ``size``, and a time or tag of change where the store has one.
    """
    digest = hashlib.sha256()
    for name, size, change in sorted(
        (str(f["name"]), str(f.get("size")), str(f.get("mtime") or f.get("LastModified") or f.get("ETag")))
        for f in files
    ):
        digest.update(f"{name}\0{size}\0{change}\n".encode())
    return digest.hexdigest()


def watch_step(cursor: MusicCursor, listed: str) -> tuple[MusicCursor, bool]:
    """Decide whether to scan: when the listing has changed since the last scan and has been still for one tick.

    Files that are still being copied change from tick to tick, and half a file is no track.
    """
    if listed == cursor.scanned:
        return MusicCursor(listed, listed), False
    still = listed == cursor.listed
    return MusicCursor(listed, listed if still else cursor.scanned), still


def list_music(url: str) -> list[Mapping[str, Any]]:
    """List every file under a folder or fsspec URL.

    Raises:
        OSError: the folder cannot be read.
    """
    import fsspec

    system, path = fsspec.core.url_to_fs(url)
    if not system.isdir(path):
        raise FileNotFoundError(f"{url} is not a folder")
    return list(system.find(path, detail=True).values())


def requests_for(
    partitions: dg.DynamicPartitionsDefinition, waiting: Sequence[str], existing: Collection[str]
) -> dg.SensorResult | dg.SkipReason:
    """Give every waiting key its partition and its run.

    A run is asked for as long as its key waits, not only when the partition is new: a daemon that is killed between the
    two would leave a partition that nobody makes. Dagster starts one run for each run key however often it is asked. No
    partition is ever taken away, as its rows remain.

    Args:
        partitions: the dynamic set.
        waiting: keys whose work has not begun, in order.
        existing: keys that have a partition.
    """
    if not waiting:
        return dg.SkipReason(f"Nothing waits in {partitions.name}.")
    batch = sorted(waiting, key=lambda key: key in existing)[:_KEYS_PER_TICK]  # the new ones first
    return dg.SensorResult(
        dynamic_partitions_requests=[partitions.build_add_request([key for key in batch if key not in existing])],
        run_requests=[dg.RunRequest(run_key=f"{partitions.name}-{key}", partition_key=key) for key in batch],
    )


def _keys(warehouse: Warehouse, statement: str) -> list[str] | dg.SkipReason:
    """Read keys from the warehouse; a database that does not answer is no empty table."""
    try:
        return [key for (key,) in warehouse.rows(statement)]
    except psycopg.Error as error:
        return dg.SkipReason(f"The warehouse could not be read ({type(error).__name__}); the next tick tries again.")


def audio_sensors(jobs: Mapping[str, UnresolvedAssetJobDefinition]) -> list[dg.SensorDefinition]:
    """The sensors of the `audio` location."""

    @dg.sensor(
        name="music_watch",
        description="Starts a scan when files under BACKBEAT_MUSIC have changed and have then been still.",
        job=jobs[SCAN_JOB.name],
        minimum_interval_seconds=_LISTING_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def music_watch(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        music = load_settings().music
        if not music:
            return dg.SkipReason("BACKBEAT_MUSIC names no folder to watch.")
        try:
            listed = fingerprint(list_music(music))
        except OSError as error:
            return dg.SkipReason(f"{music} could not be listed ({error}); the next tick tries again.")
        cursor, scan = watch_step(MusicCursor.from_text(context.cursor), listed)
        requests = [dg.RunRequest()] if scan else []  # no run key: a folder may come to look as it did before
        return dg.SensorResult(run_requests=requests, cursor=cursor.to_text())

    @dg.sensor(
        name="intake",
        description="Gives each new intake batch its partition and its analysis.",
        job=jobs[LIBRARY_JOB.name],
        minimum_interval_seconds=_TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def intake(context: dg.SensorEvaluationContext, warehouse: WarehouseResource) -> dg.SensorResult | dg.SkipReason:
        keys = _keys(warehouse.warehouse(), _WAITING_BATCHES)
        if isinstance(keys, dg.SkipReason):
            return keys
        return requests_for(INTAKE_BATCHES, keys, context.instance.get_dynamic_partitions(INTAKE_BATCHES.name or ""))

    @dg.sensor(
        name="mix_requests",
        description="Gives each new mix request its partition and its run.",
        job=jobs[MIX_JOB.name],
        minimum_interval_seconds=_TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def mix_requests(
        context: dg.SensorEvaluationContext, warehouse: WarehouseResource
    ) -> dg.SensorResult | dg.SkipReason:
        keys = _keys(warehouse.warehouse(), _WAITING_MIXES)
        if isinstance(keys, dg.SkipReason):
            return keys
        return requests_for(MIX_REQUESTS, keys, context.instance.get_dynamic_partitions(MIX_REQUESTS.name or ""))

    return [music_watch, intake, mix_requests]
