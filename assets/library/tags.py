"""What the tags of a file claim, with the frame that claims it; nothing here trusts them.

Belongs here: reading tags of every format into one record, Mixed In Key's among them. Does not belong here: measuring
anything, whether a claim or a measurement wins, the identity of the file (``assets.library.audio_files``).

Values are claims: they keep the name of the frame they came from, and those that make no sense are listed as refused.
No tag, however malformed, raises.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.library.keys import Key, parse_key

MAX_TEXT = 500
"""Longest text kept; longer ones are lyrics or junk in the wrong frame."""
BPM_RANGE = (20.0, 400.0)
ENERGY_RANGE = (1, 10)
YEAR_RANGE = (1000, 2999)
FILE_NAME = "file name"
"""Provenance of a title or artist that no tag gave."""

_FILE_NAME = re.compile(r"^(?:\d{1,3}[\s._-]+)?(?P<artist>.+?) - (?P<title>.+)$")
_COMMENT_ENERGY = re.compile(r"\benergy\s*:?\s*(10|[1-9])\b", re.IGNORECASE)
_CYRILLIC_AS_LATIN = re.compile(r"^[\u00a0-\u00ff\s\W\d]+$")

_FRAMES: Mapping[str, tuple[str, ...]] = {
    # Field -> frames that may hold it, best first, over ID3v2, Vorbis comments, MP4, APEv2 and ASF, in lower case.
    "title": ("tit2", "title", "\xa9nam"),
    "artist": ("tpe1", "artist", "\xa9art", "author"),
    "album": ("talb", "album", "\xa9alb", "wm/albumtitle"),
    "genre": ("tcon", "genre", "\xa9gen", "wm/genre"),
    "year": ("tdrc", "tyer", "date", "year", "\xa9day", "wm/year"),
    "bpm": ("tbpm", "bpm", "tempo", "tmpo", "wm/beatsperminute"),
    "key": ("geob:key", "tkey", "initialkey", "key", "----:com.apple.itunes:initialkey", "wm/initialkey"),
    "energy": ("geob:energy", "energy", "txxx:energylevel", "energylevel", "----:com.apple.itunes:energy"),
    "cues": ("geob:cuepoints", "cuepoints"),
    "grid": ("geob:beatgrid", "beatgrid"),
    "comment": ("comm", "comment", "\xa9cmt", "description"),
}


@dataclass(frozen=True)
class TagValue:
    """A value and the frame it came from, e.g. ``TagValue(92.0, "TBPM")``."""

    value: str | float | int
    source: str


@dataclass(frozen=True)
class TagCue:
    """A cue point that a tag claims: its name and its time in seconds."""

    name: str
    seconds: float


@dataclass(frozen=True)
class TrackTags:
    """What the tags of a file claim.

    Attributes:
        title: from the tags, else from the file name; never empty.
        artist, album, genre: None where nothing says.
        year: 1000-2999.
        bpm: 20-400.
        key: Camelot code.
        energy: 1-10.
        cues: cue points in order of time.
        cues_source: frame they came from, empty where there are none.
        seconds: duration that the header claims, None where it claims none.
        refused: frame -> why its value was not taken.
    """

    title: TagValue
    artist: TagValue | None = None
    album: TagValue | None = None
    genre: TagValue | None = None
    year: TagValue | None = None
    bpm: TagValue | None = None
    key: TagValue | None = None
    energy: TagValue | None = None
    cues: tuple[TagCue, ...] = ()
    cues_source: str = ""
    seconds: float | None = None
    refused: Mapping[str, str] = field(default_factory=dict)

    def provenance(self) -> dict[str, Any]:
        """Every value with its source, ready for JSON: the column ``library.tracks.tags``."""
        names = ("title", "artist", "album", "genre", "year", "bpm", "key", "energy")
        values = {name: getattr(self, name) for name in names}
        record: dict[str, Any] = {name: vars(value) for name, value in values.items() if value is not None}
        if self.cues:
            record["cues"] = {"value": [vars(cue) for cue in self.cues], "source": self.cues_source}
        if self.refused:
            record["refused"] = dict(self.refused)
        return record


def read_tags(path: Path) -> TrackTags:
    """Read the tags of a file.

    Args:
        path: a local file; its name gives title and artist where no tag does ("Artist - Title").

    Returns:
        The claims; where the tags cannot be read at all, ``refused["file"]`` says why.
    """
    import mutagen

    try:
        file = mutagen.File(path)
        frames = _frames(file.tags) if file is not None and file.tags is not None else {}
        seconds = _duration(file)
    except Exception as failure:  # mutagen raises whatever a malformed file makes it stumble over
        return _from_frames({}, path, None, {"file": _clean(f"{type(failure).__name__}: {failure}") or "unreadable"})
    return _from_frames(frames, path, seconds, {})


def parse_bpm(text: str) -> float:
    """Tempo in BPM from a tag: whole or decimal, with point or comma, or Mixed In Key's base64 JSON.

    Raises:
        ValueError: no number, or outside 20-400.
    """
    embedded = _embedded_json(text)
    number = float(str(embedded.get("tempo") if embedded else text).strip().replace(",", "."))
    if not BPM_RANGE[0] <= number <= BPM_RANGE[1]:
        raise ValueError(f"{number:g} is no tempo ({BPM_RANGE[0]:g}-{BPM_RANGE[1]:g} BPM)")
    return number


def parse_tag_key(text: str) -> Key:
    """Key from a tag: any usual spelling, or Mixed In Key's base64 JSON ``{"key": "10A", ...}``.

    Raises:
        ValueError: the text names no key.
    """
    embedded = _embedded_json(text)
    return parse_key(str(embedded.get("key")) if embedded else text)


def parse_energy(text: str) -> int:
    """Energy level 1-10 from a tag: a number, or Mixed In Key's base64 JSON ``{"energyLevel": 7, ...}``.

    Raises:
        ValueError: no level from 1 to 10.
    """
    embedded = _embedded_json(text)
    level = int(str(embedded.get("energyLevel") if embedded else text).strip())
    if not ENERGY_RANGE[0] <= level <= ENERGY_RANGE[1]:
        raise ValueError(f"{level} is no energy level (1-10)")
    return level


def parse_cues(text: str) -> tuple[TagCue, ...]:
    """Cue points from Mixed In Key's base64 JSON ``{"cues": [{"name": "Energy 6", "time": <ms>}, ...]}``.

    Raises:
        ValueError: no such JSON, or a time that is no positive number.
    """
    embedded = _embedded_json(text)
    if embedded is None or not isinstance(embedded.get("cues"), list):
        raise ValueError("no list of cues")
    cues = []
    for cue in embedded["cues"]:
        if not isinstance(cue, dict):
            raise ValueError("a cue that is no object")
        milliseconds = float(cue.get("time", "nan"))
        if not (math.isfinite(milliseconds) and milliseconds >= 0):
            raise ValueError("a cue without a time")
        cues.append(TagCue(_clean(str(cue.get("name", ""))), milliseconds / 1000))
    return tuple(sorted(cues, key=lambda cue: cue.seconds))


def parse_year(text: str) -> int:
    """Year from a date such as ``2004`` or ``2004-05-06``.

    Raises:
        ValueError: it does not start with a year.
    """
    match = re.match(r"\s*(\d{4})(?!\d)", text)
    if not match or not YEAR_RANGE[0] <= int(match[1]) <= YEAR_RANGE[1]:
        raise ValueError("no year")
    return int(match[1])


def repair_cyrillic(text: str) -> str:
    """Undo the usual damage to Russian tags: CP1251 bytes that were read as Latin-1.

    Only text without a single ASCII letter is touched, and only where the outcome is Cyrillic throughout; real Latin-1
    words practically always hold ASCII letters too.
    """
    if not _CYRILLIC_AS_LATIN.match(text) or sum("\u00c0" <= c <= "\u00ff" for c in text) < 3:
        return text
    try:
        repaired = text.encode("latin-1").decode("cp1251")
    except UnicodeError:
        return text
    return repaired if all("\u0400" <= c <= "\u04ff" for c in repaired if c.isalpha()) else text


def _from_frames(
    frames: Mapping[str, tuple[str, str]], path: Path, seconds: float | None, refused: dict[str, str]
) -> TrackTags:
    def take(name: str, parse: Callable[[str], Any]) -> tuple[Any, str] | None:
        for frame in _FRAMES[name]:
            if frame in frames:
                text, source = frames[frame]
                try:
                    return parse(text), source
                except (ValueError, TypeError, OverflowError, RecursionError) as failure:
                    refused[source] = _clean(f"{text[:80]!r}: {failure}")
        return None

    def value(name: str, parse: Callable[[str], Any]) -> TagValue | None:
        found = take(name, parse)
        return None if found is None or found[0] == "" else TagValue(*found)

    title, artist = value("title", _clean), value("artist", _clean)
    name = _clean(path.stem.encode("utf-8", "replace").decode()) or "untitled"
    split = _FILE_NAME.match(name)
    if title is None:
        title = TagValue(split["title"] if split else name, FILE_NAME)
        if artist is None and split:
            artist = TagValue(split["artist"], FILE_NAME)
    cues = take("cues", parse_cues)
    return TrackTags(
        title=title,
        artist=artist,
        album=value("album", _clean),
        genre=value("genre", _clean),
        year=value("year", parse_year),
        bpm=value("bpm", parse_bpm),
        key=value("key", lambda text: parse_tag_key(text).camelot),
        energy=value("energy", parse_energy) or _comment_energy(frames),
        cues=cues[0] if cues else (),
        cues_source=cues[1] if cues and cues[0] else "",
        seconds=seconds,
        refused=refused,
    )


def _comment_energy(frames: Mapping[str, tuple[str, str]]) -> TagValue | None:
    """Energy level from comment text such as ``8A - Energy 7``."""
    for frame in _FRAMES["comment"]:
        if frame in frames and (match := _COMMENT_ENERGY.search(frames[frame][0])):
            return TagValue(int(match[1]), frames[frame][1])
    return None


def _frames(tags: Any) -> dict[str, tuple[str, str]]:
    """Lower-case frame name -> (text, frame as written); the first non-empty of several values counts."""
    frames: dict[str, tuple[str, str]] = {}
    pairs: Iterable[tuple[Any, Any]] = tags.items() if hasattr(tags, "items") else tags
    for frame, content in sorted(((str(name), content) for name, content in pairs), key=lambda pair: pair[0]):
        # ID3 keys carry language and description: COMM:desc:eng, GEOB:Key, TXXX:EnergyLevel.
        short = frame.split(":", 1)[0] if frame[:4] in ("COMM", "USLT") else frame
        text = _text(content)
        if text and short.lower() not in frames:
            frames[short.lower()] = (text, short)
    return frames


def _text(content: Any) -> str:
    """The text of a frame: of its first value, or of the object embedded in a GEOB frame."""
    if hasattr(content, "genres"):
        content = content.genres
    elif hasattr(content, "text"):
        content = content.text
    elif hasattr(content, "data"):
        content = content.data
    if isinstance(content, list | tuple):
        content = next((item for item in content if str(item).strip()), "")
    if isinstance(content, bytes):
        content = content.decode("utf-8", "replace")
    return _clean(repair_cyrillic(str(getattr(content, "value", content))), limit=1 << 20)


def _clean(text: str, limit: int = MAX_TEXT) -> str:
    """Text that PostgreSQL stores: no control characters, no lone surrogates, trimmed."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return re.sub(r"\s+", " ", printable).strip()[:limit]


def _embedded_json(text: str) -> dict[str, Any] | None:
    """The JSON object of a Mixed In Key tag, in base64 (starting with ``eyJ``) or in clear, None without one."""
    raw = text.strip()
    if raw.startswith("eyJ"):
        try:
            # Padding is often missing.
            raw = base64.b64decode(raw + "=" * (-len(raw) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError) as failure:
            raise ValueError(f"malformed base64 ({failure})") from None
    if not raw.startswith("{"):
        return None
    record = json.loads(raw)
    return record if isinstance(record, dict) else None


def _duration(file: Any) -> float | None:
    length = getattr(getattr(file, "info", None), "length", None)
    return float(length) if isinstance(length, int | float) and math.isfinite(length) and length > 0 else None
