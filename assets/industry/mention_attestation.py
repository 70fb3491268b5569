"""Artists that an item itself attests, whether or not a chart knows them.

By its headline's form, by what the text calls them, by a bill of names, or by a tag that the text uses as an artist's.

Belongs here: what one item says of a name. Does not belong here: names that the gazetteer knows
(:mod:`assets.industry.mention_linking`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from assets.industry.gazetteer import Entity, Found, Word, name_key, words

MAX_WORDS: Final = 7
"""Longest name that is believed."""

ROLES: Final = (
    "band|singer|rapper|duo|trio|group|producer|dj|artist|songwriter|singer-songwriter|musician|star|composer|guitarist|"
    "drummer|vocalist|pianist|legends?|rockers|act|quartet|collective|frontman|frontwoman|popstar|superstar|headliner"
)
"""What a text calls an artist."""

BEFORE_ARTIST: Final = re.compile(rf"(?:\b(?:{ROLES}|featuring|feat\.?|ft\.?|starring|by|with)\b)\s+$", re.I)
"""What stands before an artist's name."""

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
    r"\b(?:band|singer|rapper|duo|trio|producer|songwriter|musician|composer|guitarist|drummer|quartet) "
    rf"(?P<name>{_NAME})(?! by )"
)
_ROLE_ACTING = re.compile(
    rf"\b(?:{ROLES}) (?P<name>[^\s,.;:()“”\"]+(?: [^\s,.;:()“”\"]+){{0,6}}?) (?:has|have|is|are|will) "
)
_LISTED = re.compile(rf"(?P<names>{_NAME}(?:, {_NAME})*),? (?:and|&) (?:more|others)\b")
_MANY = re.compile(rf"(?P<names>{_NAME}(?:, {_NAME})+ and {_NAME}) (?:are|join|confirmed|lead|play)\b")
_LIST_SIGN = re.compile(r"(?:and|&) (?:more|others)\b")
_MANY_SIGN = re.compile(r" and [^,]{2,60} (?:are|join|confirmed|lead|play)\b")


@dataclass(frozen=True)
class Field:
    """A text of an item.

    Attributes:
        name: title or summary_raw.
        text: as the table has it.
        words: its words.
        title_case: whether capitals say nothing in it.
    """

    name: str
    text: str
    words: tuple[Word, ...]
    title_case: bool


def read_field(name: str, text: str) -> Field:
    """Take a text apart."""
    found = words(text)
    long = [word.surface for word in found[1:] if len(word.surface) > 3]
    capital = sum(word[0].isupper() for word in long)
    return Field(name, text, tuple(found), name == "title" and len(long) > 1 and capital > 0.6 * len(long))


def attested(fields: Sequence[Field], tags: set[str]) -> dict[tuple[str, ...], Entity]:
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
    for pattern, sign in ((_LISTED, _LIST_SIGN), (_MANY, _MANY_SIGN)):
        if sign.search(summary):  # most texts list nobody, and the patterns are slow
            for match in pattern.finditer(summary):
                claims += re.split(r", | and | & ", match["names"])
    names: dict[tuple[str, ...], Entity] = {}
    for name in claims:
        key = tuple(word.text for word in words(name))
        if key and len(key) <= MAX_WORDS and any(character.isalpha() for character in name):
            names[key] = Entity("artist", " ".join(key), name.strip(" .’'"))
    return names


def _tagged(fields: Sequence[Field], tags: set[str], gathering: bool) -> Iterator[str]:
    """Names that the feed tags and the text uses as an artist's, never as a place's or festival's."""
    for field in fields:
        for key in tags:
            for match in _places(field, tuple(key.split(" "))):
                own = field.words[match.first : match.last + 1]
                before, after = field.text[: own[0].start], field.text[own[-1].end :]
                if _PLACE_BEFORE.search(before) or _GATHERING.search(after[:20]) or own[0].surface[0].islower():
                    continue
                guest = BEFORE_ARTIST.search(before) and not before.endswith(("of ", "from "))
                if guest or (not gathering and _AFTER_TAGGED.search(after)):
                    yield field.text[own[0].start : own[-1].end]


def _places(field: Field, key: tuple[str, ...]) -> Iterator[Found]:
    for position in range(len(field.words) - len(key) + 1):
        if tuple(word.text for word in field.words[position : position + len(key)]) == key:
            yield Found(position, position + len(key) - 1, ())


def _as_in(title: str, name: str) -> str:
    """Return the longest beginning of a name that the headline has too, else the name: texts run on without stops."""
    parts = name.split(" ")
    beginnings = (" ".join(parts[:size]) for size in range(len(parts), 0, -1))
    return next((beginning for beginning in beginnings if len(beginning) > 3 and beginning in title), name)


def occurrences(field: Field, names: dict[tuple[str, ...], Entity]) -> Iterator[Found]:
    """Yield the places of attested names in a text, written as they were attested."""
    for position in range(len(field.words)):
        for key, entity in names.items():
            own = field.words[position : position + len(key)]
            same = tuple(word.text for word in own) == key
            # a name of one word may well be an ordinary word further on, in lower case
            if same and own[0].surface[0] == entity.name[0]:
                yield Found(position, position + len(key) - 1, (entity,))
