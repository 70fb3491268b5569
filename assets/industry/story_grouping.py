"""Which news items tell the same story: near-duplicates across outlets, linked and never deleted.

Candidates are pairs at most 3 days apart whose headlines' subjects or 3-word shingles have a Jaccard similarity of 0.25
or more, found by MinHash; headline, TF-IDF and names then decide each pair. An item is linked to the most similar
earlier item, so that an item which resembles two stories joins one and merges none; a story is a tree of links.

Every decision looks at two items alone (word weights come from a fixed table), so neither the order in which items
arrive nor the volume of a third feed can change it.

Belongs here: comparing items. Does not belong here: reading one (:mod:`assets.industry.story_words`), the table.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from assets.industry.story_words import AGGREGATORS, StoryItem, StoryWords, story_words

METHOD: Final = "links-1"
"""Version of the method; a change regroups everything."""

WITHIN: Final = timedelta(days=3)
"""Greatest distance in time between two items that are compared."""

CANDIDATE_JACCARD: Final = 0.25
"""True reprints have a mean 3-gram Jaccard similarity of 30 % (NEWS-COPY, arXiv:2210.04261)."""

PERMUTATIONS: Final = 128
BAND_ROWS: Final = 2
"""64 bands of 2: a pair with Jaccard similarity 0.25 meets in one with probability 98 %, one with 0.4 always."""

TITLE_SHARE: Final = 0.45
COSINE_SHARE: Final = 0.25
NAMES_SHARE: Final = 0.30
SAME_STORY: Final = 0.52
"""Shares and threshold are judgements, checked on recorded feeds and on ``bench.syndication`` with seed 1."""

SAME_OUTLET_JACCARD: Final = 0.7
"""Within one outlet two ids are two articles unless most of their text agrees: series and lists share headlines."""

CUT_SIMILARITY: Final = 0.95
CUT_WORDS: Final = 5
"""A headline cut off after at least this many words, three of them telling, is that of the headline it begins."""

LEAST_NAMES: Final = 0.45
"""Least agreement of names, whatever the rest says: a template filled with another name is another story."""

Key = tuple[str, str]
Signatures = NDArray[np.uint64]


@dataclass(frozen=True)
class Link:
    """The earlier item that an item continues.

    Attributes:
        key: that item.
        similarity: 0-1.
    """

    key: Key
    similarity: float


def outlet_names(names: Iterable[str]) -> frozenset[str]:
    """Return the outlets whose names behind a headline say nothing about its story."""
    return frozenset(name.casefold() for name in names) | frozenset(AGGREGATORS)


def links(
    items: Sequence[StoryItem], outlets: frozenset[str] = frozenset(AGGREGATORS), targets: Collection[Key] | None = None
) -> dict[Key, Link | None]:
    """Link each item to the most similar earlier one that tells the same story.

    Args:
        items: in any order, keys unique; for each target everything within ``WITHIN`` before it.
        outlets: see :func:`outlet_names`.
        targets: items to link; None: all.

    Returns:
        The link of each target; None where it begins a story.
    """
    ordered = sorted(items, key=_order)
    wanted = {item.key for item in ordered} if targets is None else set(targets)
    read = [story_words(item, outlets) for item in ordered]
    best: dict[Key, Link | None] = {item.key: None for item in ordered if item.key in wanted}
    for earlier, later in sorted(_candidates(ordered, read)):
        key = ordered[later].key
        if key not in wanted:
            continue
        found = similarity(ordered[earlier], read[earlier], ordered[later], read[later])
        known = best[key]
        if found > 0 and (known is None or found > known.similarity):
            best[key] = Link(ordered[earlier].key, found)
    return best


def story_ids(parents: Mapping[Key, Key | None]) -> dict[Key, str]:
    """Return the story of each item: the id of the first item that its links lead to.

    Args:
        parents: item -> the item it is linked to; every linked item is a key too.
    """
    roots: dict[Key, Key] = {}
    for key in parents:
        path = [key]
        while path[-1] not in roots and (parent := parents[path[-1]]) is not None:
            path.append(parent)
        root = roots.get(path[-1], path[-1])
        roots.update(dict.fromkeys(path, root))
    return {key: story_id(root) for key, root in roots.items()}


def story_id(key: Key) -> str:
    """Return the id of the story that an item begins: 16 hexadecimal digits."""
    return hashlib.blake2b("\x1f".join(key).encode(), digest_size=8).hexdigest()


def similarity(a: StoryItem, words_a: StoryWords, b: StoryItem, words_b: StoryWords) -> float:
    """Return how much two items tell the same story, 0-1; 0 where they do not. The order of the two does not matter."""
    if _address(a) is not None and a.url == b.url:
        return 1.0
    if words_a.title == words_b.title and len(words_a.subject) >= 2:
        return 1.0
    if a.key[0] != b.key[0] and (_begins(words_a, words_b) or _begins(words_b, words_a)):
        return CUT_SIMILARITY
    if _numbers_differ(words_a, words_b):
        return 0.0
    if a.key[0] == b.key[0] and _jaccard(words_a.shingles, words_b.shingles) < SAME_OUTLET_JACCARD:
        return 0.0
    names = min(_share_in(words_a.names, words_b.body), _share_in(words_b.names, words_a.body))
    if names < LEAST_NAMES:
        return 0.0
    score = (
        TITLE_SHARE * _overlap(words_a.title_weights, words_b.title_weights)
        + COSINE_SHARE * _cosine(words_a.vector, words_b.vector)
        + NAMES_SHARE * names
    )
    return min(1.0, round(score, 6)) if score >= SAME_STORY else 0.0


def _address(item: StoryItem) -> str | None:
    """Return the item's address, unless it is a mere front page, which every item of a careless feed has."""
    parts = urlsplit(item.url or "")
    return item.url if parts.path.strip("/") or parts.query else None


def _order(item: StoryItem) -> tuple[object, ...]:
    return (item.at, *item.key)


def _numbers_differ(a: StoryWords, b: StoryWords) -> bool:
    """Say whether both headlines count, but different things: "The 50 Best Albums of 2024" and "... of 2025"."""
    return bool(a.numbers - b.body) and bool(b.numbers - a.body)


def _begins(a: StoryWords, b: StoryWords) -> bool:
    """Say whether the first headline is the second one, cut off."""
    size = len(a.title)
    return a.is_cut and size >= CUT_WORDS and len(a.subject) >= 3 and a.title == b.title[:size]


def _share_in(names: Mapping[str, float], body: frozenset[str]) -> float:
    total = sum(names.values())
    return sum(value for name, value in names.items() if name in body) / total if total else 0.5


def _overlap(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Mean of the weighted Dice coefficient and the share of the shorter headline that the longer one holds."""
    both = sum(min(a[word], b[word]) for word in a.keys() & b.keys())
    sums = sum(a.values()), sum(b.values())
    if not both:
        return 0.0
    return (2 * both / sum(sums) + both / min(sums)) / 2


def _cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    return sum(a[word] * b[word] for word in a.keys() & b.keys())


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    both = len(a & b)
    return both / (len(a) + len(b) - both) if both else 0.0


def _candidates(items: Sequence[StoryItem], read: Sequence[StoryWords]) -> set[tuple[int, int]]:
    """Pairs (earlier, later) of positions worth comparing."""
    pairs = _same([_address(item) for item in items], items)
    for sets in ([one.subject for one in read], [one.shingles for one in read]):
        for a, b in _colliding(minhash(sets), items):
            if (a, b) not in pairs and _jaccard(sets[a], sets[b]) >= CANDIDATE_JACCARD:
                pairs.add((a, b))
    return pairs


def _same(values: Sequence[str | None], items: Sequence[StoryItem]) -> set[tuple[int, int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for position, value in enumerate(values):
        if value is not None:
            groups[value].append(position)
    return {pair for group in groups.values() for pair in _near(group, items)}


def _near(group: Sequence[int], items: Sequence[StoryItem]) -> Iterable[tuple[int, int]]:
    for number, later in enumerate(group):
        for earlier in reversed(group[:number]):
            if items[later].at - items[earlier].at > WITHIN:
                break
            yield earlier, later


def minhash(sets: Sequence[frozenset[str]]) -> Signatures:
    """Return one row of ``PERMUTATIONS`` minima for each set; an empty set has a row that equals no other.

    Multiply-shift hashing (Dietzfelbinger et al. 1997) of the 64-bit BLAKE2 of each member, with fixed parameters.
    """
    generator = np.random.Generator(np.random.PCG64(20261120))
    factors = generator.integers(1, 2**63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    offsets = generator.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)
    rows = np.empty((len(sets), PERMUTATIONS), dtype=np.uint64)
    hashed: dict[str, int] = {}
    for number, members in enumerate(sets):
        if not members:
            rows[number] = np.arange(PERMUTATIONS, dtype=np.uint64) + np.uint64(2**40 + number * PERMUTATIONS)
            continue
        for member in members - hashed.keys():
            hashed[member] = int.from_bytes(hashlib.blake2b(member.encode(), digest_size=8).digest(), "big")
        values = np.fromiter((hashed[member] for member in members), dtype=np.uint64, count=len(members))
        rows[number] = ((values[:, None] * factors + offsets) >> np.uint64(32)).min(axis=0)
    return rows


def _colliding(signatures: Signatures, items: Sequence[StoryItem]) -> set[tuple[int, int]]:
    """Pairs (earlier, later) that agree in a whole band and lie close in time."""
    pairs: set[tuple[int, int]] = set()
    if not len(signatures):
        return pairs
    for start in range(0, PERMUTATIONS, BAND_ROWS):
        band = signatures[:, start : start + BAND_ROWS]
        keys = band[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ band[:, 1]
        order = np.argsort(keys, kind="stable")
        edges = np.flatnonzero(np.diff(keys[order])) + 1
        for group in np.split(order, edges):
            if len(group) > 1:
                pairs.update(_near(group.tolist(), items))
    return pairs
