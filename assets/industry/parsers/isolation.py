"""Parsing in a process of its own, so that a payload which hangs or bloats a parser costs one payload.

Belongs here: the process, its limits, its protocol. Does not belong here: any format.

Requests and replies are JSON lines, a request's line being followed by the payload's bytes: what comes back from a
process that has read hostile input is validated data, never code.
"""

import json
import resource
import subprocess
import sys
import threading
from types import TracebackType
from typing import BinaryIO, Self

from pydantic import TypeAdapter, ValidationError

from assets.industry.chart_entry import ParsedChart
from assets.industry.parsers import CHART_PARSERS, RELEASE_PARSERS, PayloadError
from assets.industry.parsers.feed import ParsedFeed, parse_feed
from assets.industry.release_entry import ParsedReleases

PARSE_SECONDS = 20.0
"""Longest a payload may take. The slowest recorded one (a 2.6 MB chart page) takes 2 s on a busy core."""

MEMORY_BYTES = 2 * 2**30
"""Address space of the parsing process: the largest allowed payload needs about a quarter of it."""

_FEED = TypeAdapter(ParsedFeed)
_CHART = TypeAdapter(ParsedChart)
_RELEASES = TypeAdapter(ParsedReleases)


class IsolatedParser:
    """Parses payloads in one child process, which is replaced when a payload has cost it its life.

    A context manager; not for use by several threads at once.
    """

    def __init__(self, seconds: float = PARSE_SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def feed(self, body: bytes, media_type: str | None, url: str | None) -> ParsedFeed:
        """Parse a feed as :func:`assets.industry.parsers.feed.parse_feed` does.

        Raises:
            PayloadError: as there, and where the time or memory allowed does not suffice.
        """
        return _FEED.validate_json(self._ask({"parser": "feed", "media_type": media_type, "url": url}, body))

    def chart(self, parser: str, body: bytes) -> ParsedChart:
        """Parse a chart by the parser of that name in ``CHART_PARSERS``.

        Raises:
            PayloadError: as the parser does, and where the time or memory allowed does not suffice.
        """
        return _CHART.validate_json(self._ask({"parser": parser}, body))

    def releases(self, parser: str, body: bytes) -> ParsedReleases:
        """Parse a list of releases by the parser of that name in ``RELEASE_PARSERS``.

        Raises:
            PayloadError: as the parser does, and where the time or memory allowed does not suffice.
        """
        return _RELEASES.validate_json(self._ask({"parser": parser}, body))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _ask(self, request: dict[str, str | None], body: bytes) -> bytes:
        child = self._child = self._child or subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        line = json.dumps({**request, "bytes": len(body)}).encode()
        deadline = threading.Timer(self._seconds, child.kill)
        deadline.start()
        try:
            answer = _exchange(child, line + b"\n" + body)
        finally:
            deadline.cancel()
        kind, _, content = answer.partition(b" ")
        if kind == b"refused":
            raise PayloadError(json.loads(content))
        if kind != b"parsed":
            self._end()
            raise PayloadError(
                f"The parser did not survive the payload ({len(body)} bytes): it is allowed {self._seconds:g} s and "
                f"{MEMORY_BYTES >> 20} MiB."
            )
        return content

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _exchange(child: subprocess.Popen[bytes], message: bytes) -> bytes:
    """Return the child's answer, or nothing where it died."""
    if child.stdin is None or child.stdout is None:
        raise ValueError("The parsing process has no pipes.")
    try:
        child.stdin.write(message)
        child.stdin.flush()
    except BrokenPipeError:
        return b""
    return child.stdout.readline()


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until their stream ends; the child's side of the protocol."""
    while line := requests.readline():
        request = json.loads(line)
        body = requests.read(request["bytes"])
        try:
            if request["parser"] == "feed":
                content = _FEED.dump_json(parse_feed(body, request["media_type"], request["url"]))
            elif request["parser"] in RELEASE_PARSERS:
                content = _RELEASES.dump_json(RELEASE_PARSERS[request["parser"]](body))
            else:
                content = _CHART.dump_json(CHART_PARSERS[request["parser"]](body))
        except (PayloadError, ValidationError) as error:
            replies.write(b"refused " + json.dumps(str(error)).encode() + b"\n")
        else:
            replies.write(b"parsed " + content + b"\n")
        replies.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    serve(sys.stdin.buffer, sys.stdout.buffer)
