"""Which names in a news item are meant as the artist, label, platform or scene of that name, and which are left alone.

A name that could be anything else needs reasons, and without enough of them there is no mention: abstaining is an
answer. Reasons are added up as log-odds and given with the mention.

Belongs here: judging names in one item. Does not belong here: the names themselves (:mod:`assets.industry.gazetteer`).

The weights are judgements set on labelled items of recorded feeds; ``bench.story_grouping`` measures them.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from assets.industry.gazetteer import Entity, Found, Gazetteer, Kind, Word, name_key, words
from assets.industry.word_frequency import zipf

THRESHOLD: Final = 0.6
"""Least confidence of a mention: below it nothing is said."""

COMMON_ZIPF: Final = 4.0
"""A one-word name at least this frequent in ordinary language ("drake" 4.0, "future" 5.3) needs two reasons."""

SHORT_LETTERS: Final = 3
"""A name of at most this many letters needs two reasons."""

_START: Final = {"artist": 0.4, "label": 0.9, "platform": 1.2, "scene": 1.6}
_RARE, _UNUSUAL, _USUAL, _COMMON = 2.4, 1.0, -0.6, -2.2
_CAPITALS, _LOWER = 0.8, -3.0
_TAG, _BEFORE, _AFTER, _HEADLINE_CUE, _LIST = 3.0, 1.5, 1.3, 1.6, 0.8
_QUOTED, _LONGER_NAME, _FAMOUS, _COMPANY = -3.0, -3.2, 0.8, 0.7
_CUES: Final = frozenset({"tag", "before", "after", "headline", "famous", "list", "company"})

_ROLES = (
    "band|singer|rapper|duo|trio|group|producer|dj|artist|songwriter|singer-songwriter|musician|star|composer|guitarist|"
    "drummer|vocalist|pianist|legends?|rockers|act|quartet|collective|frontman|frontwoman|popstar|superstar|headliner"
)
_BEFORE_ARTIST = re.compile(rf"(?:\b(?:{_ROLES}|featuring|feat\.?|ft\.?|starring|by|from|with|against)|\bof)\s+$", re.I)
_AFTER_ARTIST = re.compile(
    r"^(?:[’']s?)?\s+(?:has|have|is|are|will|to|(?:re)?join\w*|announc\w+|shar\w+|releas\w+|unveil\w*|reveal\w*|drop\w*|"
    r"debut\w*|sign\w*|cover\w*|perform\w*|play\w*|sings?|says?|talks?|tells?|brings?|brought|lose\w*|follow\w*|remix\w*|"
    r"collaborat\w+|headlin\w+|release|cancel\w*|reschedul\w+|album|song|track|single|tour|set|drops|teams?|concert|"
    r"blocked|arrested|attacked|addresses|returns?|links?|was|were|goes|does|manager|cover|ep|lp|new|records?|remix)\b",
    re.I,
)
_HEADLINE = re.compile(r"^\s*(?:–|—|::|:)\s")
_BEFORE_LABEL = re.compile(
    r"\b(?:via|on|label|label,|imprint|signs? (?:to|with)|signed (?:to|with)|signing (?:to|with)|at|by|records)\s+(?:the\s+)?$",
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
_GATHERING = re.compile(
    r"\b(?:festival|line-?up|programme|edition|venue|biennale|conference|exhibition|fest|museum|club|film|game)\b", re.I
)
_GATHERING_CHARS: Final = 120
"""How far into the excerpt its first sentence is taken to reach: it says whether the headline names a festival."""

_AFTER_TAGGED = re.compile(
    r"^(?:[’']s?)?\s+(?:announc\w+|shar\w+|releas\w+|unveil\w*|reveal\w*|drop\w*|debut\w*|covers?|performs?|perform\w+|"
    r"sings?|remix\w*|collaborat\w+|headlin\w+|reschedul\w+|to play|album|song|track|single|concert|follows|says|"
    r"(?:first )?new (?:\w+ )?(?:album|song|music|single|track|ep|lp|record)|full|return\b)",
    re.I,
)
_PLACE_BEFORE = re.compile(r"\b(?:at|in|near|for)\s+(?:the\s+)?$", re.I)
_VERBS = (
    r"announces?|shares?|releases?|reveals?|unveils?|drops?|details?|debuts?|covers?|remixes|returns?|reschedul\w+|"
    r"signs?|teams?|joins?|says?|follows?|to|reunites?|brings?|plays?"
)
_NAME = r"(?:[^\W\d_a-zß-ÿ]|\d{2,})[\w.’'*-]*(?:(?: (?:of|the|in|a|and|de|&|x))* (?:[^\W\d_a-zß-ÿ]|\d)[\w.’'*-]*){0,5}"
"""A run of capitalised words, with small words between them."""

_DASHED = re.compile(r"^(?:[\w ]{2,20}: )?(?P<name>[^–—:“”\"|]{2,50}?) (?:–|—) ")
_ACTING = re.compile(rf"^(?P<name>[^,:;“”\"|]{{2,50}}?) (?:{_VERBS})\b")
_GUEST = re.compile(r"[(\[](?:feat|ft)\.? (?P<name>[^)\]’,]{2,40})[)\],’]", re.IGNORECASE)
_ROLE_NAMED = re.compile(
    rf"\b(?:band|singer|rapper|duo|trio|producer|songwriter|musician|composer|guitarist|drummer|quartet) (?P<name>{_NAME})"
)
_ROLE_ACTING = re.compile(
    rf"\b(?:{_ROLES}) (?P<name>[^\s,.;:()“”\"]+(?: [^\s,.;:()“”\"]+){{0,6}}?) (?:has|have|is|are|will) "
)
_LISTED = re.compile(rf"(?P<names>{_NAME}(?:, {_NAME})*),? (?:and|&) (?:more|others)\b")
_MANY = re.compile(rf"(?P<names>{_NAME}(?:, {_NAME})+ and {_NAME}) (?:are|join|confirmed|lead|play)\b")
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


@dataclass(frozen=True)
class _Field:
    name: str
    text: str
    words: tuple[Word, ...]
    title_case: bool


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
        fields = [_field("title", title), _field("summary_raw", summary)]
        tag_keys = {key for tag in tags if (key := name_key(tag))}
        context = f"{title} {summary}"
        attested = _attested(fields, tag_keys)
        found: dict[tuple[str, int], Mention] = {}
        for field in fields:
            taken: set[int] = set()
            for match in _occurrences(field, attested):
                taken.update(range(match.first, match.last + 1))
                known = next(
                    (one for one in self._gazetteer.find(field.text, field.words[match.first : match.last + 1])), None
                )
                entity = match.entities[0]
                if known and known.last == match.last - match.first:
                    entity = next((one for one in known.entities if one.kind == "artist"), entity)
                found[field.name, match.first] = _mention(field, match, entity, 2.0, ("attested",))
            for match in self._gazetteer.find(field.text, field.words):
                if not taken & set(range(match.first, match.last + 1)):
                    judged = _judged(field, match, tag_keys, context)
                    if judged is not None:
                        found[field.name, match.first] = judged
        return sorted(found.values(), key=lambda one: (one.field != "title", one.start_offset))


def _field(name: str, text: str) -> _Field:
    found = words(text)
    long = [word.surface for word in found[1:] if len(word.surface) > 3]
    capital = sum(word[0].isupper() for word in long)
    return _Field(name, text, tuple(found), name == "title" and len(long) > 1 and capital > 0.6 * len(long))


def _judged(field: _Field, match: Found, tags: set[str], context: str) -> Mention | None:
    """Return the likeliest entity of a match, or None where none is likely enough."""
    best: Mention | None = None
    for entity in match.entities:
        if entity.name.endswith(("'s", "’s")) and not _is_possessive(field, match):
            continue
        score, evidence = _score(field, match, entity, tags, context)
        mention = _mention(field, match, entity, score, evidence)
        ordinary = _is_ordinary(field, match, entity)
        if ordinary and len(_CUES & {reason.split(":")[0] for reason in evidence}) < 2 and "tag" not in evidence:
            continue
        if mention.confidence >= THRESHOLD and (best is None or mention.confidence > best.confidence):
            best = mention
    return best


def _is_possessive(field: _Field, match: Found) -> bool:
    return field.text[field.words[match.last].end :].startswith(("'s", "’s"))


def _is_ordinary(field: _Field, match: Found, entity: Entity) -> bool:
    """Say whether the name is short or an ordinary word, so that one reason does not suffice."""
    if entity.kind == "scene" or match.last > match.first:
        return False
    word = field.words[match.first]
    return (len(word.text) <= SHORT_LETTERS and not word.surface.isupper()) or zipf(word.text) >= COMMON_ZIPF


def _score(field: _Field, match: Found, entity: Entity, tags: set[str], context: str) -> tuple[float, tuple[str, ...]]:
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
        if entity.weight >= 100:
            add("famous", _FAMOUS)
        if field.name == "title" and _HEADLINE.search(after) and not before.strip():
            add("headline", _HEADLINE_CUE)
        _add_context(add, before, after, _BEFORE_ARTIST, _AFTER_ARTIST)
        if re.search(r"[\w’']\s*(?:,|&|and)\s+$", before) and re.search(r"^\s*(?:,|&|and\b)", after):
            add("list", _LIST)
        if _MUSIC_WORDS.search(context):
            add("music", 0.3)
    elif entity.kind == "label":
        _add_context(add, before, after, _BEFORE_LABEL, _AFTER_LABEL)
        if _LABEL_WORDS.search(context):
            add("company", _COMPANY)
    elif entity.kind == "platform":
        _add_context(add, before, after, _BEFORE_PLATFORM, _AFTER_PLATFORM)
    return score, tuple(evidence)


def _rarity(own: Sequence[Word]) -> tuple[str, float]:
    common = min(zipf(word.text) for word in own)
    if len(own) > 1:
        # the more ordinary words in a row, the less likely the row by chance
        common -= 0.9 * (len(own) - 1)
    if common < 3.3:
        return "rare", _RARE
    if common < COMMON_ZIPF:
        return "unusual", _UNUSUAL
    return ("usual", _USUAL) if common < 4.8 else ("common", _COMMON)


def _add_case(add: Adder, field: _Field, match: Found, entity: Entity) -> None:
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


def _joins_longer_name(field: _Field, match: Found) -> bool:
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


def _mention(field: _Field, match: Found, entity: Entity, score: float, evidence: tuple[str, ...]) -> Mention:
    start, end = field.words[match.first].start, field.words[match.last].end
    confidence = round(1 / (1 + math.exp(-score)), 4)
    return Mention(
        field.name, start, end, entity.kind, entity.key, entity.name, field.text[start:end], confidence, evidence
    )


def _attested(fields: Sequence[_Field], tags: set[str]) -> dict[tuple[str, ...], Entity]:
    """Artists that the item itself attests, known or not: by a headline's form, what it calls them, or a bill."""
    title, summary = (field.text for field in fields)
    claims = [match["name"] for match in _GUEST.finditer(title)]
    dashed, acting = _DASHED.match(title), _ACTING.match(title)
    if dashed:
        joint = re.split(r" (?:x|&|\+) ", dashed["name"])
        claims += [
            name
            for name in (dashed["name"], *joint)
            if name_key(name) in tags or summary.startswith(dashed["name"] + " ")
        ]
    gathering = _GATHERING.search(f"{title} {summary[:_GATHERING_CHARS]}")
    if acting and name_key(acting["name"]) in tags and not gathering:
        claims.append(acting["name"])
    claims += _tagged(fields, tags, bool(gathering))
    claims += [match["name"] for match in _ROLE_ACTING.finditer(summary) if match["name"] in title]
    claims += [_as_in(title, match["name"]) for match in _ROLE_NAMED.finditer(summary)]
    for pattern in (_LISTED, _MANY):
        for match in pattern.finditer(summary):
            claims += re.split(r", | and | & ", match["names"])
    names: dict[tuple[str, ...], Entity] = {}
    for name in claims:
        key = tuple(word.text for word in words(name))
        if key and len(key) <= 7 and any(character.isalpha() for character in name):
            names[key] = Entity("artist", " ".join(key), name.strip(" .’'"))
    return names


def _tagged(fields: Sequence[_Field], tags: set[str], gathering: bool) -> Iterator[str]:
    """Names that the feed tags and the text uses as an artist's, never as a place's or festival's."""
    for field in fields:
        for key in tags:
            for match in _places(field, tuple(key.split(" "))):
                own = field.words[match.first : match.last + 1]
                before, after = field.text[: own[0].start], field.text[own[-1].end :]
                if _PLACE_BEFORE.search(before) or _GATHERING.search(after[:20]) or own[0].surface[0].islower():
                    continue
                guest = _BEFORE_ARTIST.search(before) and not before.endswith(("of ", "from "))
                if guest or (not gathering and _AFTER_TAGGED.search(after)):
                    yield field.text[own[0].start : own[-1].end]


def _places(field: _Field, key: tuple[str, ...]) -> Iterator[Found]:
    for position in range(len(field.words) - len(key) + 1):
        if tuple(word.text for word in field.words[position : position + len(key)]) == key:
            yield Found(position, position + len(key) - 1, ())


def _as_in(title: str, name: str) -> str:
    """Return the longest beginning of a name that the headline has too, or the name: texts run on without full stops."""
    parts = name.split(" ")
    beginnings = (" ".join(parts[:size]) for size in range(len(parts), 0, -1))
    return next((beginning for beginning in beginnings if len(beginning) > 3 and beginning in title), name)


def _occurrences(field: _Field, names: dict[tuple[str, ...], Entity]) -> Iterator[Found]:
    for position in range(len(field.words)):
        for key, entity in names.items():
            own = field.words[position : position + len(key)]
            same = tuple(word.text for word in own) == key
            if same and field.text[own[0].start : own[-1].end].casefold() == entity.name.casefold():
                # a title of one word may well be an ordinary word further on
                if own[0].surface[0] == entity.name[0]:
                    yield Found(position, position + len(key) - 1, (entity,))
