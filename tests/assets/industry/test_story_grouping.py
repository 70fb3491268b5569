"""Stories: pairs with known answers, and what may not matter: order, volume of others, arrival in pieces."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.industry.story_grouping import PERMUTATIONS, links, minhash, outlet_names, similarity, story_ids
from assets.industry.story_words import StoryItem, story_words, weight
from bench.recorded_news import recorded_items
from bench.story_grouping import TRUTH, grouped, story_item, true_stories

NOON = datetime(2026, 4, 16, 12, tzinfo=UTC)
NOBODY = outlet_names(())


def item(source: str, title: str, text: str = "", hours: float = 0, url: str | None = None) -> StoryItem:
    return StoryItem((source, f"{source}-{title}"), NOON + timedelta(hours=hours), title, text, (), url, "en")


def same(a: StoryItem, b: StoryItem) -> bool:
    found = links([a, b], outlet_names(["The Daily Note"]))
    return any(found.values())


def groups(items: Iterable[StoryItem]) -> set[frozenset[tuple[str, str]]]:
    found = links(list(items))
    members = defaultdict(set)
    for key, story in story_ids({key: link.key if link else None for key, link in found.items()}).items():
        members[story].add(key)
    return {frozenset(group) for group in members.values()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Boards of Canada announce new album Inferno", "Boards Of Canada Unveil New Record ‘Inferno’"),
        ("Björk reveals new album", "Bjork unveils new LP"),
        (
            "Sony Music acquires Nordic label One Seven Music",
            "One Seven Music bought by Sony Music, the Nordic label says",
        ),
        ("Drake releases three albums at once", "Drake releases three albums at once - The Daily Note"),
        ("Live Nation operated as illegal monopoly, jury finds", "Live Nation operated as illegal…"),
    ],
)
def test_one_story_in_two_outlets(one: str, other: str) -> None:
    assert same(item("a", one), item("b", other, hours=5))
    assert same(item("a", other), item("b", one, hours=5))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kali Malone announces new album", "Laurel Halo announces new album"),  # a template with another name
        ("The 50 Best Albums of 2024", "The 50 Best Albums of 2025"),
        ("Kanye West blocked from entering the UK", "Another European Kanye West concert canceled"),
        ("Warp Records hints at Boards of Canada return with posters", "Boards of Canada share new track, ‘Tape 05’"),
        ("Album review", "Tour news"),
    ],
)
def test_two_stories_that_share_words(one: str, other: str) -> None:
    assert not same(item("a", one), item("b", other, hours=5))


def test_an_outlet_that_prints_a_headline_twice_means_two_articles_unless_the_text_agrees_too() -> None:
    text = (
        "The festival returns to Lyon in May with sets from many people who have played there before, and with a night "
        "for those who have not: seven new rooms, two bridges and an old factory by the river open their doors to them."
    )
    series = item("a", "Lucy hosts Adventures In Sound"), item("a", "James hosts Adventures In Sound", hours=2)
    assert not same(*series)
    assert same(
        item("a", "Nuits sonores returns to Lyon", text), item("a", "Nuits sonores is back in Lyon", text, hours=2)
    )


def test_the_same_address_is_the_same_story_but_a_front_page_is_none() -> None:
    article, front = "https://outlet.example/a-b-c", "https://outlet.example/"
    assert same(item("a", "One thing", url=article), item("b", "Quite another", url=article))
    assert not same(item("a", "One thing", url=front), item("b", "Quite another", url=front))


def test_more_than_three_days_apart_are_two_stories() -> None:
    title = "Boards of Canada announce new album Inferno"
    assert same(item("a", title), item("b", title, hours=72))
    assert not same(item("a", title), item("b", title, hours=72.1))


def test_an_item_between_two_stories_joins_one_and_merges_none() -> None:
    one, other = (
        item("a", "Madonna announces Confessions II"),
        item("b", "Kylie Minogue announces Tension III", hours=1),
    )
    both = item("c", "Madonna announces Confessions II, Kylie Minogue announces Tension III", hours=2)
    assert sorted(len(group) for group in groups([one, other, both])) == [1, 2]


NAMES = ("Kali Malone", "Laurel Halo", "Massive Attack", "Tom Waits", "Big Thief", "Oklou")
DEEDS = ("announces new album Inferno", "shares video for ‘Tape 05’", "cancels tour of Europe", "signs to Warp Records")
ITEMS = st.lists(
    st.builds(
        lambda source, name, deed, hours, number: replace(
            item(source, f"{name} {deed}", f"{name} {deed}, which nobody had expected.", hours),
            key=(source, str(number)),
        ),
        st.sampled_from("abc"),
        st.sampled_from(NAMES),
        st.sampled_from(DEEDS),
        st.integers(0, 200),
        st.integers(0, 10**6),
    ),
    max_size=14,
    unique_by=lambda one: one.key,
)


@settings(max_examples=40, deadline=None)
@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(items: list[StoryItem], chance: object) -> None:
    shuffled = sorted(items, key=lambda one: one.key[1])
    assert links(items) == links(shuffled)


@settings(max_examples=40, deadline=None)
@given(ITEMS)
def test_doubling_a_feed_changes_no_story_of_the_others(items: list[StoryItem]) -> None:
    doubled = [*items, *(replace(one, key=("a", f"again-{one.key[1]}")) for one in items if one.key[0] == "a")]
    before, after = groups(items), groups(doubled)
    assert len(after) == len(before)  # and the copies make no story of their own
    assert {frozenset(key for key in group if not key[1].startswith("again-")) for group in after} == before


@settings(max_examples=40, deadline=None)
@given(ITEMS, ITEMS)
def test_unrelated_items_change_no_link(items: list[StoryItem], others: list[StoryItem]) -> None:
    unrelated = [
        replace(one, key=("z", one.key[1]), title=f"Reservoir {number} quarterly filing", text="")
        for number, one in enumerate(others)
    ]
    found = links([*items, *unrelated])
    assert {one.key: found[one.key] for one in items} == links(items)


@settings(max_examples=40, deadline=None)
@given(ITEMS)
def test_similarity_is_symmetric_and_a_copy_elsewhere_is_wholly_similar(items: list[StoryItem]) -> None:
    for one in items:
        for other in items:
            words = story_words(one, NOBODY), story_words(other, NOBODY)
            assert similarity(one, words[0], other, words[1]) == similarity(other, words[1], one, words[0])
        copy = replace(one, key=("elsewhere", one.key[1]))
        assert similarity(one, story_words(one, NOBODY), copy, story_words(copy, NOBODY)) == 1.0


def test_minhash_estimates_jaccard() -> None:
    sets = [frozenset(map(str, range(start, start + 60))) for start in (0, 30, 200)]
    rows = minhash([*sets, frozenset(), frozenset()])
    agreement = [(rows[0] == rows[other]).mean() for other in (1, 2)]
    assert agreement[0] == pytest.approx(30 / 90, abs=4 * (2 / 9 / PERMUTATIONS) ** 0.5)
    assert agreement[1] < 0.03
    assert not np.any(rows[3] == rows[4])  # two empty sets have nothing in common


def test_weights_tell_names_from_the_words_of_every_headline() -> None:
    assert weight("the") == 0
    assert weight("announces") < weight("madonna") < weight("oklou") == 1


def test_recorded_feeds_are_grouped_as_by_hand(shared: Path) -> None:
    """Four stories that several outlets told are found; two more, one a translation, are told apart by mistake."""
    items = recorded_items(shared / "data")
    ours = grouped([story_item(key, one) for key, one in items.items()])
    truth = true_stories(items)
    members = defaultdict(set)
    for key, story in ours.items():
        members[story].add(truth[key])
    assert all(len(stories) == 1 for stories in members.values())  # nothing is put together wrongly
    wanted = [[tuple(key) for key in group] for group in json.loads((TRUTH / "stories.json").read_text())]
    assert sum(len({ours[key] for key in group}) == 1 for group in wanted) >= 4
