"""The digest of a day: which items matter to whom, and what moved on the charts.

Belongs here: choosing, and proving that nothing was added to the sources. Does not belong here: reading rows, the
page (:mod:`assets.industry.digest_page`), a model that writes prose.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from assets.industry.extractive_summary import similarities
from assets.industry.llm_claims import unfounded

TIERS: Final = ("creator", "developer", "monetizer")
"""Whom a digest speaks to: people who make music, build its technology, earn with it."""

HIGHLIGHTS: Final = 5
"""Items of each tier."""

MIN_IMPACT: Final = 30
"""Least impact (0-100) that makes an item significant: one rule met in the title of a trade paper, or two in a text."""

SAME_STORY: Final = 0.5
"""TF-IDF cosine of title and summary from which two items tell one story: only the first is a highlight."""

LEAD_HEADLINES: Final = 2
"""Headlines that lead a tier where no model writes its lead."""

MOVERS_PER_CHART: Final = 5
"""Moves listed of each chart."""

EMPTY_NOTE: Final = "No significant items."

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class DigestItem:
    """A news item that a digest may cite; the fields are columns of ``industry.industry_news`` and its source.

    Attributes:
        title: headline.
        url: address; items without one are never cited.
        source: name of the outlet.
        summary: two sentences, or None.
        category: what it is about.
        creator: impact 0-100.
        developer: impact 0-100.
        monetizer: impact 0-100.
    """

    title: str
    url: str
    source: str
    summary: str | None
    category: str
    creator: int
    developer: int
    monetizer: int

    @property
    def prose(self) -> tuple[str, ...]:
        """What may be said of it."""
        return tuple(text for text in (self.title, self.summary, self.source) if text)


@dataclass(frozen=True)
class DigestMove:
    """A chart move that a digest may cite; the fields are columns of ``industry.chart_movers`` and its source.

    Attributes:
        platform: who publishes the chart.
        chart: which chart.
        country: two letters, or ``global``.
        chart_date: date of the chart, ISO 8601.
        title: title as printed.
        artist: credit as printed.
        movement: up | new_entry | re_entry.
        position: rank now.
        previous_position: rank before, or None.
        velocity: in standard deviations, or None.
        breakout_reason: why the artist breaks out, or None.
        url: address of the chart.
        attribution: credit that the publisher asks for.
    """

    platform: str
    chart: str
    country: str
    chart_date: str
    title: str
    artist: str
    movement: str
    position: int
    previous_position: int | None
    velocity: float | None
    breakout_reason: str | None
    url: str
    attribution: str

    @property
    def prose(self) -> tuple[str, ...]:
        """What may be said of it."""
        ranks = f"{self.position} {self.previous_position or ''} {self.chart_date}"
        chart = f"{self.platform} {self.platform.title()} {self.chart} {self.country} {self.country.upper()}"
        return tuple(text for text in (self.title, self.artist, ranks, chart, self.breakout_reason) if text)


@dataclass(frozen=True)
class Highlight:
    """One item as a digest tells it."""

    title: str
    url: str
    source: str
    summary: str | None
    category: str
    impact: int


@dataclass(frozen=True)
class Lead:
    """What a tier should know in short.

    Attributes:
        text: one to three sentences, or headlines.
        urls: addresses of the highlights and charts that it speaks of, at least one.
    """

    text: str
    urls: tuple[str, ...]


@dataclass(frozen=True)
class Digest:
    """A digest.

    Attributes:
        digest_date: the day it tells of.
        method: what wrote the leads: ``extractive`` (headlines as they are) or ``llm:<provider>:<model>``.
        leads: by tier; none for a tier without highlights.
        highlights: by tier, greatest impact first.
        movers: by chart, fastest first.
        note: said where there is nothing to tell, else None.
    """

    digest_date: date
    method: str
    leads: dict[str, Lead]
    highlights: dict[str, tuple[Highlight, ...]]
    movers: tuple[DigestMove, ...]
    note: str | None

    @property
    def headline(self) -> str | None:
        """Title of the highlight with the greatest impact, or None."""
        told = [highlight for tier in TIERS for highlight in self.highlights[tier]]
        return max(told, key=lambda highlight: highlight.impact).title if told else None

    @property
    def source_urls(self) -> list[str]:
        """Every address cited, sorted."""
        cited = {highlight.url for tier in TIERS for highlight in self.highlights[tier]}
        return sorted(cited | {move.url for move in self.movers})

    @property
    def item_count(self) -> int:
        """Distinct items cited."""
        return len({highlight.url for tier in TIERS for highlight in self.highlights[tier]})

    def body(self) -> dict[str, Any]:
        """Return the digest as JSON-ready values."""
        return {**asdict(self), "digest_date": self.digest_date.isoformat()}


def extractive_digest(day: date, items: Sequence[DigestItem], moves: Sequence[DigestMove]) -> Digest:
    """Choose the highlights of a day.

    Each tier gets the ``HIGHLIGHTS`` items with the greatest impact on it of at least ``MIN_IMPACT``, one of each
    story; each chart its ``MOVERS_PER_CHART`` fastest risers and entries, breakouts first. Deterministic, whatever the
    order of the input.
    """
    ordered = sorted(items, key=lambda item: (item.url, item.title))
    alike = similarities([f"{item.title} {item.summary or ''}" for item in ordered]) if ordered else None
    highlights: dict[str, tuple[Highlight, ...]] = {}
    for tier in TIERS:
        chosen: list[int] = []
        for index in sorted(range(len(ordered)), key=lambda i: (-_impact(ordered[i], tier), i)):
            if len(chosen) == HIGHLIGHTS or _impact(ordered[index], tier) < MIN_IMPACT:
                break
            if alike is None or all(alike[index, other] < SAME_STORY for other in chosen):
                chosen.append(index)
        highlights[tier] = tuple(_highlight(ordered[index], tier) for index in chosen)
    movers = _movers(moves)
    empty = not movers and not any(highlights.values())
    return Digest(day, "extractive", _headlines(highlights), highlights, movers, EMPTY_NOTE if empty else None)


def uncited(digest: Digest, items: Iterable[DigestItem], moves: Iterable[DigestMove]) -> list[str]:
    """Return what a digest says that its sources do not: unknown addresses, words and numbers not in the row cited.

    An empty list means that every number, name and address of the digest occurs in the item or chart it cites. Words of
    a lead are free but for numbers, dates and names (:func:`assets.industry.llm_claims.unfounded`).
    """
    texts: dict[str, set[str]] = {}
    prose: dict[str, list[str]] = {}
    for item in items:
        texts.setdefault(item.url, set()).update(_words(item.title, item.summary, item.source))
        prose.setdefault(item.url, []).extend(item.prose)
    for move in moves:
        texts.setdefault(move.url, set()).update(_move_words(move))
        prose.setdefault(move.url, []).extend(move.prose)
    strange: list[str] = []
    for tier in TIERS:
        for told in digest.highlights[tier]:
            strange += _strange(told.url, _words(told.title, told.summary, told.source), texts)
    for move in digest.movers:
        strange += _strange(move.url, _move_words(move), texts)
    for lead in digest.leads.values():
        strange += [url for url in lead.urls if url not in prose]
        known = [text for url in lead.urls for text in prose.get(url, [])]
        strange += [f"{claim} ({', '.join(lead.urls)})" for claim in unfounded(lead.text, known)]
    return sorted(set(strange))


def _headlines(highlights: Mapping[str, Sequence[Highlight]]) -> dict[str, Lead]:
    """Lead each tier with the headlines of its first highlights."""
    leads = {}
    for tier, told in highlights.items():
        first = told[:LEAD_HEADLINES]
        if first:
            titles = [item.title if item.title.endswith((".", "!", "?", "…")) else f"{item.title}." for item in first]
            leads[tier] = Lead(" ".join(titles), tuple(item.url for item in first))
    return leads


def _impact(item: DigestItem, tier: str) -> int:
    return {"creator": item.creator, "developer": item.developer, "monetizer": item.monetizer}[tier]


def _highlight(item: DigestItem, tier: str) -> Highlight:
    return Highlight(item.title, item.url, item.source, item.summary, item.category, _impact(item, tier))


def _movers(moves: Sequence[DigestMove]) -> tuple[DigestMove, ...]:
    by_chart: dict[tuple[str, str, str], list[DigestMove]] = {}
    for move in moves:
        by_chart.setdefault((move.platform, move.chart, move.country), []).append(move)
    return tuple(
        move
        for chart in sorted(by_chart)
        for move in sorted(
            by_chart[chart],
            key=lambda move: (move.breakout_reason is None, -(move.velocity or 0), move.position, move.title),
        )[:MOVERS_PER_CHART]
    )


def _words(*texts: str | None) -> set[str]:
    return {word.casefold() for text in texts if text for word in _WORD.findall(text)}


def _move_words(move: DigestMove) -> set[str]:
    return _words(
        move.title, move.artist, str(move.position), str(move.previous_position), move.chart_date, move.breakout_reason
    )


def _strange(url: str, words: set[str], texts: dict[str, set[str]]) -> list[str]:
    if url not in texts:
        return [url]
    return [f"{word} ({url})" for word in sorted(words - texts[url])]
