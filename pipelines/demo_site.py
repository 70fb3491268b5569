"""A small site of sample feeds and charts, served over loopback for the demo.

Belongs here: what the site says on a given day (the same day always says the same) and the server. Does not
belong here: how the platform fetches or parses it, which is the real code on real HTTP. Every artist, outlet and
track on it is invented.
"""

import json
import math
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import urlsplit
from uuid import UUID

import yaml

ARTISTS = (
    "Mira Solenne", "The Paper Lanterns", "Kofi Brandt", "Neon Orchard", "Isla Verne", "Dual Carriageway",
    "Tomasz Wilk", "Saffron Tide", "DJ Halyard", "Lucía Moreno-Vale", "Glass Harbour", "Odette & the Current",
    "Kestrel Nine", "Amara Diallo", "Low Sun Choir", "Velvet Antenna",
)  # fmt: skip
NOUNS = ("Static", "Harbour", "Midnight", "Copper", "Tides", "Orbit", "Paper", "Northern", "Glass", "Ember")
TAILS = ("Lights", "Room", "Signal", "Road", "Bloom", "Hours", "Engine", "Letters", "Fields", "Echo")
CHART_SIZE = 50


@dataclass(frozen=True)
class Story:
    """One news item of the sample site."""

    slug: str
    title: str
    body: str
    author: str
    published: datetime


@dataclass(frozen=True)
class Outlet:
    """One sample outlet: slug, display name and the templates of its stories (title, body)."""

    slug: str
    name: str
    stories: tuple[tuple[str, str], ...]


def load_outlets() -> tuple[Outlet, ...]:
    """The sample outlets shipped beside this module."""
    entries = yaml.safe_load(files("pipelines").joinpath("demo_outlets.yaml").read_text(encoding="utf-8"))
    return tuple(Outlet(e["slug"], e["name"], tuple((s["title"], s["body"]) for s in e["stories"])) for e in entries)


OUTLETS = load_outlets()


def _seeded(*parts: object) -> random.Random:
    seed = int.from_bytes(sha256("|".join(map(str, parts)).encode()).digest()[:8], "big")
    return random.Random(seed)  # noqa: S311 - sample content, no secret


def stories(outlet: Outlet, now: datetime, count: int = 12) -> list[Story]:
    """The newest ``count`` stories of an outlet at ``now``, newest first; one every five hours."""
    slot = int(now.timestamp() // (5 * 3600))
    made = []
    for number in range(slot, slot - count, -1):
        rng = _seeded(outlet.slug, number)
        title, body = outlet.stories[number % len(outlet.stories)]
        words = {
            "artist": rng.choice(ARTISTS),
            "work": f"{rng.choice(NOUNS)} {rng.choice(TAILS)}",
            "n": rng.randint(3, 24),
        }
        published = datetime.fromtimestamp(number * 5 * 3600, now.tzinfo)
        made.append(
            Story(f"{outlet.slug}-{number}", title.format(**words), body.format(**words), "A. Sample", published)
        )
    return made


def rss(outlet: Outlet, base_url: str, now: datetime) -> str:
    """The outlet's RSS 2.0 feed at ``now``."""
    items = "".join(
        f"<item><title>{escape(s.title)}</title><link>{base_url}/news/{s.slug}?utm_source=rss</link>"
        f"<guid isPermaLink='false'>{s.slug}</guid><dc:creator>{escape(s.author)}</dc:creator>"
        f"<pubDate>{format_datetime(s.published)}</pubDate><description>{escape(s.body)}</description></item>"
        for s in stories(outlet, now)
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        f"<channel><title>{escape(outlet.name)}</title><link>{base_url}/{outlet.slug}</link>"
        f"<description>Sample news</description><language>en</language>{items}</channel></rss>"
    )


@dataclass(frozen=True)
class ChartTrack:
    """One track of the sample charts."""

    track_id: int
    artist: str
    title: str


def chart(country: str, day: date, size: int = CHART_SIZE) -> list[ChartTrack]:
    """The sample chart of a country on a day, best first: slow rises and falls, entries and exits."""
    ranked = []
    for number in range(size + 30):
        rng = _seeded("track", number)
        title = f"{NOUNS[number % 10]} {TAILS[(number // 7) % 10]}"
        track = ChartTrack(700000 + number, ARTISTS[number % len(ARTISTS)], title)
        phase, span = rng.uniform(0, 2 * math.pi), rng.uniform(20, 60)
        level = rng.random() + 0.35 * math.sin(2 * math.pi * day.toordinal() / span + phase)
        ranked.append((level + 0.1 * _seeded(country, number).random(), track))
    return [track for _, track in sorted(ranked, key=lambda pair: -pair[0])[:size]]


def apple_most_played(country: str, day: date) -> str:
    """The chart as Apple's marketing tools serve it (JSON)."""
    results = [
        {
            "artistName": track.artist,
            "id": str(track.track_id),
            "name": track.title,
            "releaseDate": str(day - timedelta(days=40)),
            "kind": "songs",
            "artistId": str(track.track_id % len(ARTISTS)),
            "artworkUrl100": "",
            "genres": [
                {"genreId": "14", "name": "Pop", "url": ""},
                {"genreId": "34", "name": "Music", "url": ""},
            ],
            "url": f"/{country}/song/{track.track_id}",
        }
        for track in chart(country, day)
    ]
    updated = format_datetime(datetime(day.year, day.month, day.day, 3, tzinfo=UTC))
    return json.dumps({"feed": {"title": "Top Songs", "country": country, "updated": updated, "results": results}})


def deezer_chart(day: date) -> str:
    """The chart as Deezer's public API serves it (JSON)."""
    data = [
        {
            "id": track.track_id,
            "title": track.title,
            "position": position,
            "artist": {"id": track.track_id % len(ARTISTS), "name": track.artist},
            "type": "track",
        }
        for position, track in enumerate(chart("deezer", day), start=1)
    ]
    return json.dumps({"tracks": {"data": data, "total": len(data)}})


def fresh_releases(day: date) -> str:
    """Releases around a day as ListenBrainz serves them (JSON)."""
    releases = []
    for number in range(12):
        rng = _seeded("release", day.toordinal() // 7, number)
        identity = str(UUID(int=rng.getrandbits(128), version=4))
        releases.append(
            {
                "release_name": f"{rng.choice(NOUNS)} {rng.choice(TAILS)}",
                "artist_credit_name": ARTISTS[number],
                "artist_mbids": [],
                "release_group_mbid": identity,
                "release_group_primary_type": rng.choice(("Album", "Single", "EP")),
                "release_date": str(day + timedelta(days=rng.randint(-5, 5))),
                "release_tags": [rng.choice(("house", "indie pop", "techno", "folk"))],
            }
        )
    return json.dumps({"payload": {"releases": releases}})


def radio_plays(day: date) -> str:
    """Plays of a day as a station would drop them in the landing folder (CSV)."""
    lines = ["date,station,artist,title,plays"]
    for number, track in enumerate(chart("us", day)[:20]):
        lines.append(f"{day},Sample FM,{track.artist},{track.title},{40 - number}")
    return "\n".join(lines) + "\n"


@contextmanager
def serve(today: date, now: datetime) -> Iterator[str]:
    """Serve the site on a free loopback port as it stands at ``now``; yields its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base = f"http://{self.headers['Host']}"
            path = urlsplit(self.path).path.strip("/").split("/")
            match path:
                case ["feeds", slug] if outlet := next((o for o in OUTLETS if o.slug == slug), None):
                    self._reply("application/rss+xml; charset=utf-8", rss(outlet, base, now))
                case ["charts", "apple", country]:
                    self._reply("application/json", apple_most_played(country, today))
                case ["releases"]:
                    self._reply("application/json", fresh_releases(today))
                case ["charts", "deezer"]:
                    self._reply("application/json", deezer_chart(today))
                case _:
                    self.send_error(404)

        def _reply(self, media_type: str, text: str) -> None:
            body = text.encode()
            etag = f'"{sha256(body).hexdigest()[:16]}"'
            fresh = self.headers.get("If-None-Match") == etag
            self.send_response(304 if fresh else 200)
            self.send_header("ETag", etag)
            if not fresh:
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not fresh:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent: the demo's own progress is what people read."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
