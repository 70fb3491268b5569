"""Asking every source of the catalogue once, to see which addresses work: ``backbeat doctor --feeds``.

Belongs here: the probe and its verdicts. Does not belong here: keeping what comes back (``definitions/payloads.py``),
printing it (the command line).
"""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from assets.industry.catalogue import DAY_PLACEHOLDER, Cadence, Catalogue, Health, Source
from assets.industry.source_fetch import Fetched, fetch_source
from resources.http_client import HttpClient

PROBE_THREADS = 8


class Verdict(StrEnum):
    """What a probe found."""

    WORKS = "works"
    FAILS = "fails"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Probe:
    """The verdict on one source.

    Attributes:
        source: the source.
        verdict: whether it answered usably.
        note: why not, or what the catalogue should say instead; one sentence, empty where there is nothing to add.
        status: HTTP status; None: no answer.
        bytes: size of the body; None: none.
        seconds: duration; None: no answer.
    """

    source: Source
    verdict: Verdict
    note: str
    status: int | None = None
    bytes: int | None = None
    seconds: float | None = None

    @property
    def is_problem(self) -> bool:
        """Whether a run would meet a failure: the source is enabled and does not work."""
        return self.source.enabled and self.verdict is Verdict.FAILS


def probe_sources(client: HttpClient, catalogue: Catalogue, day: dt.date) -> Iterator[Probe]:
    """Ask every source that has an address of its own, disabled ones too, and yield verdicts in the catalogue's order.

    Sources that need a key, a login or a decision on their terms are not asked; nor are those that are asked per
    artist or arrive as files. Nothing is kept.

    Args:
        client: the HTTP client.
        catalogue: whose sources are asked.
        day: fills in ``{day}``.
    """
    with ThreadPoolExecutor(PROBE_THREADS, thread_name_prefix="probe") as pool:
        yield from pool.map(lambda source: _probe(client, source, day), catalogue.sources)


def _probe(client: HttpClient, source: Source, day: dt.date) -> Probe:
    reason = _reason_not_to_ask(source)
    if reason:
        return Probe(source, Verdict.NOT_ASKED, reason)
    fetched = fetch_source(client, source, day)
    return Probe(
        source,
        Verdict.WORKS if fetched.error is None else Verdict.FAILS,
        _note(source, fetched),
        fetched.status,
        len(fetched.body) if fetched.body is not None else None,
        fetched.elapsed,
    )


def _reason_not_to_ask(source: Source) -> str | None:
    if source.cadence is Cadence.DROP:
        return "It arrives as a file in the landing folder."
    if source.placeholders - {DAY_PLACEHOLDER}:
        return "It is asked for single artists."
    if source.health is Health.RESTRICTED and not source.enabled:
        return source.health_note
    return None


def _note(source: Source, fetched: Fetched) -> str:
    if fetched.error is not None:
        return fetched.error
    if source.health is Health.DEAD:
        return "It answers again: its health in the catalogue can be changed to alive."
    return ""
