"""The words of a news item as stories are compared by: normalised, weighted, names told from the rest.

Belongs here: one item's text. Does not belong here: comparing items (:mod:`assets.industry.story_grouping`).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

from assets.industry.word_frequency import zipf

CEILING: Final = 6.5
"""Zipf frequency from which a word weighs nothing: about the 100 most frequent words."""

NEWS_WEIGHT: Final = 0.35
"""Weight of the words that music headlines are made of: they say what kind of news it is, not which."""

NAME_ZIPF: Final = 3.7
"""A word rarer than this stands for a name even where capitals say nothing."""

NEWS_WORDS: Final = frozenset((files("assets.industry") / "news_words.txt").read_text(encoding="utf-8").split())
"""Vocabulary of the trade, weighed low: general word lists hold "unveils" to be rare."""

AGGREGATORS: Final = ("yahoo", "yahoo entertainment", "yahoo news", "msn", "aol", "google news", "apple news")
"""Outlets that print others' headlines with a name behind them, beside those of the catalogue."""

_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)*", re.UNICODE)
_SUFFIX = re.compile(r"\s+(?:[-–—|·]|::)\s+(?P<outlet>[^-–—|·]{2,60})$")
_POSSESSIVE = re.compile(r"[’']s?$")
_APOSTROPHE = re.compile(r"[’']")
_QUOTED = re.compile(r"[“\"‘]([^“”\"‘’]{2,60})[”\"’]")
_KIND_PREFIX = re.compile(r"^\s*\[[^\]]{2,30}\]\s*")
_SHINGLE_WORDS = 3


@dataclass(frozen=True)
class StoryItem:
    """What stories are told apart by.

    Attributes:
        key: source and guid.
        at: when it was published, or first seen where it does not say (UTC).
        title: headline.
        text: the feed's excerpt, maybe empty.
        tags: the feed's own categories.
        url: canonical address, or None.
        language: ISO 639-1, or None.
    """

    key: tuple[str, str]
    at: datetime
    title: str
    text: str = ""
    tags: tuple[str, ...] = ()
    url: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class StoryWords:
    """An item's words.

    Attributes:
        title: the headline's words in order, normalised.
        title_weights: word -> weight, without words that weigh nothing.
        body: words of headline and excerpt.
        vector: word -> tf-idf weight over headline (twice) and excerpt, of length 1.
        names: words of the headline that belong to names, with their weights.
        numbers: numbers of the headline.
        subject: words of the headline that are neither stop words nor words of the trade.
        shingles: runs of 3 words of headline and excerpt.
        is_cut: whether the headline ends in an ellipsis.
    """

    title: tuple[str, ...]
    title_weights: Mapping[str, float]
    body: frozenset[str]
    vector: Mapping[str, float]
    names: Mapping[str, float]
    numbers: frozenset[str]
    subject: frozenset[str]
    shingles: frozenset[str]
    is_cut: bool


@cache
def normalised(word: str) -> str:
    """Return a word without case, accents, apostrophes and a possessive ending."""
    decomposed = unicodedata.normalize("NFKD", _POSSESSIVE.sub("", word))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _APOSTROPHE.sub("", bare).casefold()


def words(text: str) -> list[str]:
    """Return the normalised words of a text in order."""
    return [normalised(word) for word in _WORD.findall(text)]


@cache
def weight(word: str, language: str | None = None) -> float:
    """Return how much a word tells one story from another: 0 for stop words, up to 1 for the rarest."""
    if word in NEWS_WORDS:
        return NEWS_WEIGHT
    if word.isdigit():
        return NEWS_WEIGHT if len(word) < 2 else 0.7
    floor = CEILING - 3.0
    return round(max(0.0, (CEILING - zipf(word, language)) / floor), 4)


def without_outlet(title: str, outlets: frozenset[str]) -> str:
    """Return a headline without the name of an outlet behind a dash, or a section in brackets before it."""
    title = _KIND_PREFIX.sub("", title) or title
    found = _SUFFIX.search(title)
    if found and found["outlet"].strip().casefold() in outlets:
        return title[: found.start()]
    return title


def story_words(item: StoryItem, outlets: frozenset[str]) -> StoryWords:
    """Read an item.

    Args:
        item: the item.
        outlets: names of outlets in lower case, which say nothing about the story.
    """
    headline = without_outlet(item.title, outlets)
    title, text = words(headline), words(item.text)
    weights = {word: found for word in title if (found := weight(word, item.language)) > 0}
    sequence = title + text
    return StoryWords(
        title=tuple(title),
        title_weights=weights,
        body=frozenset(sequence),
        vector=_vector(title * 2 + text, item.language),
        names=_names(headline, item, weights),
        numbers=frozenset(word for word in title if word.isdigit()),
        subject=frozenset(word for word in weights if word not in NEWS_WORDS),
        shingles=frozenset(
            " ".join(sequence[start : start + _SHINGLE_WORDS]) for start in range(len(sequence) - _SHINGLE_WORDS + 1)
        ),
        is_cut=headline.rstrip().endswith(("…", "...")),
    )


def _vector(sequence: Sequence[str], language: str | None) -> dict[str, float]:
    weights: dict[str, float] = {}
    for word in sequence:
        weights[word] = weights.get(word, 0.0) + weight(word, language)
    length = sum(value * value for value in weights.values()) ** 0.5
    return {word: value / length for word, value in weights.items() if value > 0} if length else {}


def _names(headline: str, item: StoryItem, weights: Mapping[str, float]) -> dict[str, float]:
    """Words of the headline that are part of a tag, of a quoted title or of a capitalised name, or rare."""
    tagged = {word for tag in item.tags for word in words(tag)}
    quoted = {word for phrase in _QUOTED.findall(headline) for word in words(phrase)}
    found = _WORD.findall(headline)
    long = [word for word in found[1:] if len(word) > 3]
    title_case = sum(word[0].isupper() for word in long) > 0.6 * len(long)
    capital = set() if title_case else {normalised(word) for word in found[1:] if word[0].isupper()}
    marked = tagged | quoted | capital
    return {
        word: value
        for word, value in weights.items()
        if word not in NEWS_WORDS and not word.isdigit() and (word in marked or zipf(word, item.language) < NAME_ZIPF)
    }
