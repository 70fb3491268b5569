"""Groups of features that rose in the same stories, and their identity from week to week.

Belongs here: grouping, naming, ranking. Does not belong here: whether a feature rose
(:mod:`assets.industry.trend_statistics`).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

SAME_TREND: Final = 0.4
"""Cosine of document sets from which a feature belongs to a group: a sixth of the headlines of its first member, where
these hold all of the feature's own."""

SAME_ID: Final = 0.5
"""Jaccard of members from which a group is the one of the week before (analytics.md 2.6)."""

LABEL_MEMBERS: Final = 3
MAX_STORIES: Final = 10

Feature = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True)
class Story:
    """A headline that a trend can show.

    Attributes:
        document: number of the headline in the incidence.
        story: which story it tells; equal for the headlines of several outlets.
        title: headline.
        url: address, or None.
        source: name of the outlet.
    """

    document: int
    story: str
    title: str
    url: str | None
    source: str


@dataclass(frozen=True)
class Group:
    """Features that rose together, most significant first; rank within the week follows the order of groups."""

    members: tuple[Feature, ...]
    documents: frozenset[int]


def groups(rising: Sequence[Feature], incidence: pd.DataFrame) -> list[Group]:
    """Group features by the documents that hold them, in a single pass from the most significant one on.

    A feature joins the group whose most significant member is nearest by the cosine of their document sets, or begins
    one. (Average linkage over all members tears a story apart: the words of its single headlines share nothing.)

    Args:
        rising: features, most significant first.
        incidence: columns kind, feature, document.

    Returns:
        Groups in the order of their most significant member; each feature is in exactly one.
    """
    held: dict[Feature, set[int]] = {}
    for kind, name, document in incidence[["kind", "feature", "document"]].itertuples(index=False):
        held.setdefault((str(kind), str(name)), set()).add(int(document))
    sets = {feature: frozenset(held.get(feature, ())) for feature in rising}
    members: dict[Feature, list[Feature]] = {}
    for feature in rising:
        alike = {leader: _cosine(sets[leader], sets[feature]) for leader in members}
        nearest = max(alike, key=lambda leader: alike[leader], default=feature)
        members.setdefault(nearest if alike.get(nearest, 0.0) >= SAME_TREND else feature, []).append(feature)
    return [Group(tuple(own), frozenset[int]().union(*(sets[one] for one in own))) for own in members.values()]


def _cosine(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / math.sqrt(len(one) * len(other)) if one and other else 0.0


def label(group: Group) -> str:
    """Return a group's name: its most significant members in words, none that another one contains."""
    words: list[str] = []
    for _, feature in group.members:
        text = feature.replace("|", ": ")
        if any(text in known for known in words):
            continue
        words = [known for known in words if known not in text] + [text]
    return ", ".join(words[:LABEL_MEMBERS])


def shown_stories(group: Group, incidence: pd.DataFrame, stories: Mapping[int, Story]) -> tuple[int, list[Story]]:
    """Return how many stories hold a member, and at most ``MAX_STORIES``, those with most members first, one each."""
    own = incidence[pd.MultiIndex.from_frame(incidence[["kind", "feature"]]).isin(group.members)]
    weight = own.groupby("document").size()
    found = [stories[int(document)] for document in weight.index if int(document) in stories]
    found.sort(key=lambda story: (-int(weight[story.document]), story.title, story.source))
    unique = {story.story: story for story in reversed(found)}
    return len(unique), [story for story in found if unique[story.story] is story][:MAX_STORIES]


def identities(
    week: date, found: Sequence[Collection[Feature]], before: Mapping[str, Collection[Feature]]
) -> list[str]:
    """Name groups: one that shares half of its members with a group of the week before keeps that one's id.

    Args:
        week: Monday of the week.
        found: members of each group, in order of rank.
        before: id -> members of the groups of the week before.
    """
    year, number, _ = week.isocalendar()
    free = dict(before)
    names = []
    for rank, members in enumerate(found, start=1):
        alike = {name: _jaccard(members, known) for name, known in free.items()}
        best = max(alike, key=lambda name: (alike[name], name), default=None)
        if best is not None and alike[best] >= SAME_ID:
            del free[best]
            names.append(best)
        else:
            names.append(f"{year}-W{number:02d}-{rank:02d}")
    return names


def _jaccard(one: Collection[Feature], other: Collection[Feature]) -> float:
    return len(set(one) & set(other)) / len(set(one) | set(other))
