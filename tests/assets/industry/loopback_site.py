"""A site on loopback that serves payloads, recorded or written here, the way publishers do: with validators,
compression, redirects, errors and error pages.

Also used by the tests of whole runs: :meth:`LoopbackSite.catalogue` writes a catalogue for ``BACKBEAT_CATALOGUE``.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

import yaml
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

FEED_TYPE = "application/rss+xml; charset=utf-8"
TERMS = {"allowed_use": "Any.", "storage_limit": "None.", "checked_on": "2026-11-20"}
ACCESS_DENIED = b"<!DOCTYPE html><html><head><title>Access denied</title></head><body>Go away.</body></html>"


@dataclass(frozen=True)
class Page:
    """What one path answers."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    validated: bool = True


class LoopbackSite:
    """Paths that can be published, changed and broken while the server runs."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server
        self._pages: dict[str, Page] = {}
        self.requests: list[Request] = []
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    def url(self, path: str) -> str:
        """Address of a path."""
        return self._server.url_for(path)

    def publish(self, path: str, body: bytes, content_type: str = FEED_TYPE, **headers: str) -> None:
        """Serve a body with ETag and Last-Modified."""
        self._pages[path] = Page(body, headers={"Content-Type": content_type, **headers})

    def break_with(self, path: str, status: int, **headers: str) -> None:
        """Answer with an error status."""
        self._pages[path] = Page(b"broken", status, {key.replace("_", "-"): value for key, value in headers.items()})

    def replace_by_error_page(self, path: str) -> None:
        """Answer 200 with a web page, as sites do that turn robots away."""
        self._pages[path] = Page(ACCESS_DENIED, headers={"Content-Type": "text/html"}, validated=False)

    def redirect(self, path: str, target: str, status: int = 302) -> None:
        """Send elsewhere."""
        self._pages[path] = Page(status=status, headers={"Location": target})

    def hits(self, path: str) -> list[Request]:
        """Requests for a path so far."""
        return [request for request in self.requests if request.path == path]

    def catalogue(self, file: Path, sources: Mapping[str, Mapping[str, Any]]) -> Path:
        """Write a catalogue of sources on this site; each entry needs a path as ``url`` and may override any field."""
        entries = [
            {
                "slug": slug,
                "name": slug.replace("-", " ").title(),
                "kind": "rss",
                "parser": "feed",
                "cadence": "window",
                "tier": 2,
                "enabled": True,
                "health": "alive",
                "politeness": {"min_interval_seconds": 0},
                "terms": "own",
                **fields,
                **({"url": self.url(fields["url"])} if str(fields.get("url")).startswith("/") else {}),
            }
            for slug, fields in sources.items()
        ]
        file.write_text(yaml.safe_dump({"terms": {"own": TERMS}, "sources": entries}), encoding="utf-8")
        return file

    def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        page = self._pages.get(request.path)
        if page is None:
            return Response("no such page", 404)
        headers = dict(page.headers)
        body = page.body
        if page.validated and page.status == 200:
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            headers["Last-Modified"] = "Fri, 20 Nov 2026 08:00:00 GMT"
            if request.headers.get("If-None-Match") == headers["ETag"]:
                return Response(status=304, headers={"ETag": headers["ETag"]})
        if "gzip" in request.headers.get("Accept-Encoding", "") and len(body) > 500:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        return Response(body, page.status, headers)


def rss(title: str, *items: str, published: datetime = datetime(2026, 11, 20, 9, tzinfo=UTC)) -> bytes:
    """Return an RSS feed with one item for each headline."""
    entries = "".join(
        f"<item><title>{escape(item)}</title><link>https://outlet.example/{number}</link>"
        f"<guid>{escape(title)}-{number}</guid><pubDate>{format_datetime(published)}</pubDate>"
        f"<description>{escape(item)} happened. Nobody was surprised.</description></item>"
        for number, item in enumerate(items)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{escape(title)}</title>'
        f"<link>https://outlet.example/</link><description>News</description>{entries}</channel></rss>"
    ).encode()
