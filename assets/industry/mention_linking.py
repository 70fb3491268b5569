"""Which names in a news item are meant as the artist, label, platform or scene of that name, and which are left alone.

A name that could be anything else needs reasons, and without enough of them there is no mention: abstaining is an
answer. Reasons are added up as log-odds and given with the mention.

Belongs here: judging names in one item. Does not belong here: the names themselves (:mod:`assets.industry.gazetteer`).

The weights are judgements set on labelled items of recorded feeds; ``bench.story_grouping`` measures them.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from assets.industry.gazetteer import Entity, Found, Gazetteer, Kind, Word, name_key
from assets.industry.mention_attestation import BEFORE_ARTIST, Field, attested, occurrences, read_field
from assets.industry.word_frequency import zipf

ATTESTED: Final = 2.0
"""Log-odds of a name that the item itself attests."""

THRESHOLD: Final = 0.6
"""Least confidence of a mention: below it nothing is said."""

COMMON_ZIPF: Final = 4.0
"""A one-word name at least this frequent in ordinary language ("drake" 4.0, "future" 5.3) needs two reasons."""

UNUSUAL_ZIPF: Final = 3.3
"""A one-word name at least this frequent ("tesla" 3.8) needs one reason."""

FAMOUS_CREDITS: Final = 100
"""An artist with at least this many chart rows and releases is likely to be meant: two years of one weekly chart."""

SHORT_LETTERS: Final = 3
"""A name of at most this many letters needs two reasons."""

_START: Final = {"artist": 0.4, "label": 0.9, "platform": 1.2, "scene": 1.6}
_RARE, _UNUSUAL, _USUAL, _COMMON = 2.4, 1.0, -0.6, -2.2
_CAPITALS, _LOWER = 0.8, -8.0
_TAG, _BEFORE, _AFTER, _HEADLINE_CUE, _LIST = 3.0, 1.5, 1.3, 1.6, 0.8
_QUOTED, _LONGER_NAME, _FAMOUS, _COMPANY, _MUSIC = -3.0, -4.0, 0.8, 0.7, 0.3
_CUES: Final = frozenset({"tag", "before", "after", "headline", "famous", "list", "company"})

_AFTER_ARTIST = re.compile(
    r"^(?:[’']s?)?\s+(?:has|have|will|to (?:play|perform|release|headline|join|tour|reunite|star|skip)|(?:re)?join\w*|"
    r"announc\w+|shar\w+|releas\w+|unveil\w*|reveal\w*|drop\w*|debut\w*|sign\w*|cover\w*|perform\w*|play\w*|sings?|"
    r"says?|talks?|tells?|brings?|brought|lose\w*|follow\w*|remix\w*|"
    r"collaborat\w+|headlin\w+|release|cancel\w*|reschedul\w+|album|song|track|single|tour|set|drops|teams?|concert|"
    r"blocked|arrested|attacked|addresses|returns?|links?|was|were|goes|does|manager|cover|ep|lp|new|records?|remix)\b",
    re.I,
)
_LISTED_BEFORE = re.compile(r"[\w’']\s*(?:,|&|and)\s+$")
_LISTED_AFTER = re.compile(r"^\s*(?:,|&|and\b)")
_HEADLINE = re.compile(r"^\s*(?:–|—|::|:)\s")
_BEFORE_LABEL = re.compile(
    r"\b(?:via|on|label|label,|imprint|(?:signs?|signed|signing) (?:to|with)|at|by|records)\s+(?:the\s+)?$",
    re.I,
)
_AFTER_LABEL = re.compile(
    r"^(?:[’']s?)?\s+(?:records|recordings|label|imprint|roster|music group|signs?|has signed|to mark)\b", re.I
)
_BEFORE_PLATFORM = re.compile(r"\b(?:on|via|to|from|platforms?(?: like)?|through|streaming|at|as|and)\s+$", re.I)
_AFTER_PLATFORM = re.compile(
    r"^(?:[’']s?)?\s+(?:to|launch\w*|announc\w+|say\w*|playlist\w*|stream\w*|users?|app|video|live|says|and|ban|radio|"
    r"integration|profiles?|listeners|subscribers|service|monopoly|operated)\b|^[’']s\b",
    re.I,
)
_LABEL_WORDS = re.compile(
    r"\b(?:label|signed|signs|signing|roster|imprint|catalog(?:ue)?|acqui\w+|distribution|majors?|lawsuit)\b", re.I
)
_MUSIC_WORDS = re.compile(
    r"\b(?:album|single|song|track|tour|ep|lp|rapper|singer|band|concert|duo|remix|music video|festival|debut)\b", re.I
)
_SMALL: Final = frozenset(
    ["a", "and", "at", "by", "de", "for", "in", "la", "of", "on", "or", "the", "to", "vs", "with", "x"]
)
_OPENING, _CLOSING = '“‘"', '”’"'


Adder = Callable[[str, float], None]
"""Adds a reason and its weight."""


@dataclass(frozen=True)
class Mention:
    """A row of ``industry.news_mentions`` but for the item's key; the table explains each field."""

    field: str
    start_offset: int
    end_offset: int
    kind: Kind
    entity_key: str
    name: str
    surface: str
    confidence: float
    evidence: tuple[str, ...]


class MentionLinker:
    """Finds the mentions in items against one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def mentions(self, title: str, summary: str, tags: Sequence[str] = ()) -> list[Mention]:
        """Return the mentions of an item in order, not overlapping.

        Args:
            title: the headline.
            summary: the feed's excerpt, maybe empty.
            tags: the feed's own categories.
        """
        fields = [read_field("title", title), read_field("summary_raw", summary)]
        tag_keys = {key for tag in tags if (key := name_key(tag))}
        context = f"{title} {summary}"
        names = attested(fields, tag_keys)
        found: dict[tuple[str, int], Mention] = {}
        for field in fields:
            taken: set[int] = set()
            for match in occurrences(field, names):
                known = self._known(field, match)
                if any(entity.kind in ("label", "platform") for entity in known):
                    continue
                taken.update(range(match.first, match.last + 1))
                entity = next((one for one in known if one.kind == "artist"), match.entities[0])
                found[field.name, match.first] = _mention(field, match, entity, ATTESTED, ("attested",))
            for match in self._gazetteer.find(field.text, field.words):
                if not taken & set(range(match.first, match.last + 1)):
                    judged = _judged(field, match, tag_keys, context)
                    if judged is not None:
                        found[field.name, match.first] = judged
        return sorted(found.values(), key=lambda one: (one.field != "title", one.start_offset))

    def _known(self, field: Field, match: Found) -> tuple[Entity, ...]:
        """Return what the gazetteer knows by exactly these words."""
        own = field.words[match.first : match.last + 1]
        first = next(self._gazetteer.find(field.text, own), None)
        return first.entities if first and (first.first, first.last) == (0, len(own) - 1) else ()


def _judged(field: Field, match: Found, tags: set[str], context: str) -> Mention | None:
    """Return the likeliest entity of a match, or None where none is likely enough."""
    best: Mention | None = None
    for entity in match.entities:
        if entity.name.endswith(("'s", "’s")) and not _is_possessive(field, match):
            continue
        score, evidence = _score(field, match, entity, tags, context)
        mention = _mention(field, match, entity, score, evidence)
        cues = len(_CUES & {reason.split(":")[0] for reason in evidence})
        if "longer" in evidence or "tag" not in evidence:
            cues -= _cues_needed(field, match, entity, "longer" in evidence)
        if cues < 0:
            continue
        if mention.confidence >= THRESHOLD and (best is None or mention.confidence > best.confidence):
            best = mention
    return best


def _is_possessive(field: Field, match: Found) -> bool:
    return field.text[field.words[match.last].end :].startswith(("'s", "’s"))


def _cues_needed(field: Field, match: Found, entity: Entity, longer: bool) -> int:
    """Return how many reasons in the text a name needs: none if it is rare or long, two if it is an ordinary word."""
    if longer:
        return 2
    if entity.kind == "scene" or match.last > match.first:
        return 0
    word = field.words[match.first]
    short = len(word.text) <= SHORT_LETTERS and not word.surface.isupper()
    common = zipf(word.text)
    if short or common >= COMMON_ZIPF:
        return 2
    return int(common >= UNUSUAL_ZIPF and entity.kind != "platform")


def _score(field: Field, match: Found, entity: Entity, tags: set[str], context: str) -> tuple[float, tuple[str, ...]]:
    own = field.words[match.first : match.last + 1]
    before, after = field.text[: own[0].start], field.text[own[-1].end :]
    score = _START[entity.kind]
    evidence: list[str] = []

    def add(reason: str, value: float) -> None:
        nonlocal score
        score += value
        evidence.append(reason)

    add(*_rarity(own))
    if entity.kind != "scene":
        _add_case(add, field, match, entity)
    if " ".join(word.text for word in own) in tags:
        add("tag", _TAG)
    if _is_quoted(before, after):
        add("quoted", _QUOTED)
    if entity.kind == "artist":
        _add_artist_context(add, field, entity, before, after)
        if _MUSIC_WORDS.search(context):
            add("music", _MUSIC)
    elif entity.kind == "label":
        _add_context(add, before, after, _BEFORE_LABEL, _AFTER_LABEL)
        if _LABEL_WORDS.search(context):
            add("company", _COMPANY)
    elif entity.kind == "platform":
        _add_context(add, before, after, _BEFORE_PLATFORM, _AFTER_PLATFORM)
    return score, tuple(evidence)


def _add_artist_context(add: Adder, field: Field, entity: Entity, before: str, after: str) -> None:
    if entity.weight >= FAMOUS_CREDITS:
        add("famous", _FAMOUS)
    if field.name == "title" and _HEADLINE.search(after) and not before.strip():
        add("headline", _HEADLINE_CUE)
    _add_context(add, before, after, BEFORE_ARTIST, _AFTER_ARTIST)
    if _LISTED_BEFORE.search(before) and _LISTED_AFTER.search(after):
        add("list", _LIST)


def _rarity(own: Sequence[Word]) -> tuple[str, float]:
    common = min(zipf(word.text) for word in own)
    if len(own) > 1:
        # the more ordinary words in a row, the less likely the row by chance
        common -= 0.9 * (len(own) - 1)
    if common < UNUSUAL_ZIPF:
        return "rare", _RARE
    if common < COMMON_ZIPF:
        return "unusual", _UNUSUAL
    return ("usual", _USUAL) if common < 4.8 else ("common", _COMMON)


def _add_case(add: Adder, field: Field, match: Found, entity: Entity) -> None:
    own = field.words[match.first : match.last + 1]
    written = [word.surface for word in own if word.text not in _SMALL] or [own[0].surface]
    if any(word[0].islower() for word in written) and not entity.name.islower():
        add("lower", _LOWER)
        return
    if field.title_case:
        return
    starts = match.first == 0 or field.text[: own[0].start].rstrip()[-1:] in ".!?:"
    if all(word[0].isupper() or word[0].isdigit() for word in written) and not (starts and len(own) == 1):
        add("capitals", _CAPITALS)
    if _joins_longer_name(field, match):
        add("longer", _LONGER_NAME)


def _joins_longer_name(field: Field, match: Found) -> bool:
    """Say whether a capitalised word stands right beside: "Drake University", "Lady Madonna"."""
    own = field.words[match.first : match.last + 1]
    if match.last + 1 < len(field.words) and not field.text[own[-1].end :].startswith(("’", "'")):
        following = field.words[match.last + 1]
        if field.text[own[-1].end : following.start] == " " and following.surface[0].isupper():
            return True
    if match.first > 0:
        previous = field.words[match.first - 1]
        begins = match.first == 1 or field.text[: previous.start].rstrip()[-1:] in ".!?:"
        if field.text[previous.end : own[0].start] == " " and previous.surface[0].isupper() and not begins:
            return True
    return False


def _add_context(add: Adder, before: str, after: str, cue_before: re.Pattern[str], cue_after: re.Pattern[str]) -> None:
    if cue := cue_before.search(before):
        add(f"before:{cue[0].split()[-1].casefold()}", _BEFORE)
    if cue := cue_after.search(after):
        add(f"after:{cue[0].split()[-1].casefold()}", _AFTER)


def _is_quoted(before: str, after: str) -> bool:
    """Say whether the name stands alone within quotation marks: then it is a title."""
    return before[-1:] in _OPENING and before != "" and after.lstrip(",.")[:1] in _CLOSING and after != ""


def _mention(field: Field, match: Found, entity: Entity, score: float, evidence: tuple[str, ...]) -> Mention:
    start, end = field.words[match.first].start, field.words[match.last].end
    confidence = round(1 / (1 + math.exp(-score)), 4)
    return Mention(
        field.name, start, end, entity.kind, entity.key, entity.name, field.text[start:end], confidence, evidence
    )
