"""The names that news items are searched for, and the search.

Belongs here: artists taken from credits, the curated lists of ``gazetteer.yaml``, finding names in a text. Does not
belong here: whether a name that was found is meant (:mod:`assets.industry.mention_linking`).
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import yaml

Kind = Literal["artist", "label", "platform", "scene"]

MAX_NAME_WORDS: Final = 8
"""Longer credits are cast lists and titles, not names."""

NOBODY: Final = frozenset(
    {"soundtrack", "original soundtrack", "various artists", "original cast", "cast", "unknown artist", "unknown"}
)
"""What charts print in the place of an artist."""

_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)*|[&+$]", re.UNICODE)
_POSSESSIVE = re.compile(r"(?<=\w\w)[’']s$|(?<=s)[’']$", re.IGNORECASE)
_APOSTROPHE = re.compile(r"[’']")
_GUESTS = re.compile(
    r"\s*[(\[]?\b(?:feat\.?|ft\.|featuring|duet with|starring|introducing|vs\.?|presents)\s+|\s+with\s+", re.IGNORECASE
)
_TOGETHER = re.compile(r"\s*(?:,|;|&|\+|/|\bx\b|\band\b|\by\b|\be\b)\s+", re.IGNORECASE)
_EDGES = " ,;()[]&+/"
_BREAK = re.compile(r"[^\s.,&'’+/-]|\.\s|--")


@dataclass(frozen=True)
class Word:
    """A word of a text.

    Attributes:
        text: normalised.
        start: first character in the text.
        end: character behind it, a possessive ending left out.
        surface: as written, without a possessive ending.
    """

    text: str
    start: int
    end: int
    surface: str


@dataclass(frozen=True)
class Entity:
    """Something that can be named.

    Attributes:
        kind: artist, label, platform or scene.
        key: identity within the kind.
        name: canonical name.
        weight: how often our own charts and releases credit it; 0 for curated entries.
    """

    kind: Kind
    key: str
    name: str
    weight: int = 0


@dataclass(frozen=True)
class ArtistName:
    """A row of ``industry.artist_names``, where each field is explained."""

    artist_key: str
    name: str
    chart_entries: int
    best_position: int | None
    releases: int


@dataclass(frozen=True)
class Credit:
    """A credit as charts and releases print it, with how often they do."""

    credit: str
    chart_entries: int = 0
    best_position: int | None = None
    releases: int = 0


@dataclass(frozen=True)
class Found:
    """A name of the gazetteer in a text: the words ``first`` to ``last``, both included."""

    first: int
    last: int
    entities: tuple[Entity, ...]


@cache
def _normalised(word: str) -> str:
    if word in "&+":
        return "and"
    decomposed = unicodedata.normalize("NFKD", word)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _APOSTROPHE.sub("", bare).casefold()


def words(text: str) -> list[Word]:
    """Return the words of a text with their places."""
    found = []
    for match in _WORD.finditer(text):
        surface = _POSSESSIVE.sub("", match[0])
        found.append(Word(_normalised(surface), match.start(), match.start() + len(surface), surface))
    return found


def name_key(name: str) -> str:
    """Return a name's words, normalised; empty for names made of signs alone."""
    return " ".join(word.text for word in words(name))


def artist_names(credits: Iterable[Credit]) -> list[ArtistName]:
    """Take credits apart into artists.

    Guests are always told apart. Names joined by "," or "&" are, where each is credited elsewhere on its own or before
    guests: "Earth, Wind & Fire" stays whole because nobody is credited as "Earth".

    Returns:
        One row for each artist, by key.
    """
    split = [(one, [part.strip(_EDGES) for part in _GUESTS.split(one.credit)]) for one in credits]
    alone = {name_key(parts[0]) for _, parts in split if not _TOGETHER.search(parts[0])}
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    entries: Counter[str] = Counter()
    releases: Counter[str] = Counter()
    best: dict[str, int] = {}
    for one, parts in split:
        names = [name for part in parts for name in _apart(part, alone)]
        for name in dict.fromkeys(names):
            key = name_key(name)
            if not key or key in NOBODY or len(key) < 2 or key.count(" ") >= MAX_NAME_WORDS:
                continue
            spellings[key][name] += one.chart_entries + one.releases
            entries[key] += one.chart_entries
            releases[key] += one.releases
            if one.best_position is not None:
                best[key] = min(one.best_position, best.get(key, one.best_position))
    return [
        ArtistName(key, min(names, key=lambda name: (-names[name], name)), entries[key], best.get(key), releases[key])
        for key, names in sorted(spellings.items())
    ]


def _apart(part: str, alone: set[str]) -> list[str]:
    names = [name for piece in _TOGETHER.split(part) if (name := piece.strip(_EDGES))]
    if len(names) > 1 and all(name_key(name) in alone for name in names):
        return names
    return [part] if part else []


def curated() -> list[tuple[str, Entity]]:
    """Return (name, entity) for every name of ``gazetteer.yaml``."""
    document: Mapping[Kind, Sequence[Sequence[str]]] = yaml.safe_load(
        (files("assets.industry") / "gazetteer.yaml").read_text(encoding="utf-8")
    )
    return [
        (str(name), Entity(kind, name_key(str(names[0])).replace(" ", "-"), str(names[0])))
        for kind, entries in document.items()
        for names in entries
        for name in names
    ]


class Gazetteer:
    """Names by their words, searched in one pass over a text: one hash look-up a word, more only where one hits."""

    def __init__(self, artists: Iterable[ArtistName]) -> None:
        self._tree: dict[str, dict[tuple[str, ...], list[Entity]]] = defaultdict(dict)
        self._longest: dict[str, int] = {}
        for artist in artists:
            weight = artist.chart_entries + artist.releases
            self._add(artist.name, Entity("artist", artist.artist_key, artist.name, weight))
        for name, entity in curated():
            self._add(name, entity)

    def _add(self, name: str, entity: Entity) -> None:
        key = tuple(word.text for word in words(name))
        if key:
            known = self._tree[key[0]].setdefault(key, [])
            if entity not in known:
                known.append(entity)
            self._longest[key[0]] = max(len(key), self._longest.get(key[0], 0))

    def find(self, text: str, found: Sequence[Word]) -> Iterator[Found]:
        """Yield the names in a text, the longest at each place, not overlapping.

        Args:
            text: the text.
            found: its :func:`words`.
        """
        position = 0
        while position < len(found):
            match = self._at(text, found, position)
            if match is None:
                position += 1
            else:
                yield match
                position = match.last + 1

    def _at(self, text: str, found: Sequence[Word], position: int) -> Found | None:
        first = found[position].text
        longest = self._longest.get(first)
        if longest is None:
            return None
        reach = self._reach(text, found, position, longest)
        names = self._tree[first]
        for size in range(reach, 0, -1):
            entities = names.get(tuple(word.text for word in found[position : position + size]))
            if entities:
                return Found(position, position + size - 1, tuple(entities))
        return None

    @staticmethod
    def _reach(text: str, found: Sequence[Word], position: int, longest: int) -> int:
        """Return how many words from a place on may be one name: no bracket, quotation mark or stop between them."""
        reach = 1
        while reach < longest and position + reach < len(found):
            gap = text[found[position + reach - 1].end : found[position + reach].start]
            if _BREAK.search(gap) and len(found[position + reach - 1].surface) > 1:
                break
            reach += 1
        return reach
