"""What a host's robots.txt lets us fetch (RFC 9309), read by Protego and kept for a day.

Belongs here: asking for the file through a given fetch, caching it on disk, answering for one URL. Does not belong
here: HTTP itself (``http_client.py``).
"""

import datetime as dt
import hashlib
import os
import uuid
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from protego import Protego
from pydantic import BaseModel, ConfigDict, ValidationError

from resources.http_errors import (
    AddressRefusedError,
    FetchError,
    HttpStatusError,
    RobotsRefusedError,
    RobotsUnreachableError,
    UrlRefusedError,
)

KEPT_FOR = dt.timedelta(hours=24)
"""RFC 9309 2.4: no longer, unless the file is unreachable."""
UNREACHABLE_KEPT_FOR = dt.timedelta(seconds=30)
"""A host that failed is asked again by the next attempt of the step, but not by each of the URLs waiting for it."""
PRODUCT = "Backbeat"
"""Our product token: the name that robots.txt files address us by."""


class Answer(StrEnum):
    """What asking for a robots.txt brought: rules, no file (all allowed), or nothing (all disallowed)."""

    RULES = "rules"
    NONE = "none"
    UNREACHABLE = "unreachable"


class _Copy(BaseModel):
    model_config = ConfigDict(frozen=True)

    answer: Answer
    asked_at: dt.datetime
    text: str = ""
    reason: str = ""

    def is_fresh(self, now: dt.datetime) -> bool:
        kept_for = UNREACHABLE_KEPT_FOR if self.answer is Answer.UNREACHABLE else KEPT_FOR
        return dt.timedelta(0) <= now - self.asked_at < kept_for


class _Body(Protocol):
    @property
    def body(self) -> bytes: ...


class Robots:
    """The robots.txt files of all hosts, cached in a folder that all processes share."""

    def __init__(self, folder: Path, fetch: Callable[[str], _Body]) -> None:
        """Keep copies in ``folder``; ``fetch`` gets the text of a URL or raises :class:`FetchError`."""
        self._folder = folder
        self._fetch = fetch

    def require(self, url: str) -> float:
        """Return the Crawl-delay in seconds (0 where none is asked for) if we may fetch ``url``.

        Raises:
            RobotsRefusedError: the rules disallow it.
            RobotsUnreachableError: the host gave a server error or no answer for them.
            AddressRefusedError, UrlRefusedError: the host itself is refused.
        """
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.netloc}/robots.txt"
        copy = self._copy(address)
        if copy.answer is Answer.NONE:
            return 0.0
        if copy.answer is Answer.UNREACHABLE:
            raise RobotsUnreachableError(
                url, f"{address} could not be read, which counts as a refusal until it can: {copy.reason}"
            )
        rules = Protego.parse(copy.text)
        if not rules.can_fetch(url, PRODUCT):
            raise RobotsRefusedError(url, f"{address} does not allow {PRODUCT} to fetch {parts.path or '/'}.")
        return float(rules.crawl_delay(PRODUCT) or 0.0)

    def _copy(self, address: str) -> _Copy:
        now = dt.datetime.now(dt.UTC)
        kept = self._read(address)
        if kept is not None and kept.is_fresh(now):
            return kept
        asked = self._ask(address, now)
        if asked.answer is Answer.UNREACHABLE and kept is not None and kept.answer is not Answer.UNREACHABLE:
            # RFC 9309 2.4 lets an older copy stand in while the file is unreachable; it is asked for again next time
            return kept
        self._write(address, asked)
        return asked

    def _ask(self, address: str, now: dt.datetime) -> _Copy:
        try:
            body = self._fetch(address).body
        except (AddressRefusedError, UrlRefusedError):
            raise
        except HttpStatusError as error:
            # RFC 9309 2.3.1.3: a client error means there is no file; 429 asks us to go away and so counts as a 5xx
            if error.status is not None and 400 <= error.status < 500 and error.status != 429:
                return _Copy(answer=Answer.NONE, asked_at=now)
            return _Copy(answer=Answer.UNREACHABLE, asked_at=now, reason=str(error))
        except FetchError as error:
            return _Copy(answer=Answer.UNREACHABLE, asked_at=now, reason=str(error))
        return _Copy(answer=Answer.RULES, asked_at=now, text=body.decode("utf-8-sig", errors="replace"))

    def _path(self, address: str) -> Path:
        return self._folder / f"{hashlib.sha256(address.encode()).hexdigest()[:32]}.json"

    def _read(self, address: str) -> _Copy | None:
        try:
            return _Copy.model_validate_json(self._path(address).read_bytes())
        except (OSError, ValidationError):
            return None

    def _write(self, address: str, copy: _Copy) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f"{uuid.uuid4().hex}.part"
        temporary.write_text(copy.model_dump_json(), encoding="utf-8")
        os.replace(temporary, self._path(address))  # noqa: PTH105
