"""Choosing a digest, proving that it adds nothing, and its page."""

import json
import random
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.digest import (
    EMPTY_NOTE,
    HIGHLIGHTS,
    MIN_IMPACT,
    MOVERS_PER_CHART,
    TIERS,
    DigestItem,
    DigestMove,
    extractive_digest,
    uncited,
)
from assets.industry.digest_page import digest_page

DAY = date(2025, 6, 2)


def item(number: int, creator: int = 0, developer: int = 0, monetizer: int = 0, title: str | None = None) -> DigestItem:
    words = title or f"Subject{number} did thing{number}"
    url = f"https://outlet.example/{number}"
    return DigestItem(words, url, "Outlet", f"Detail{number} cost ${number}m.", "deals", creator, developer, monetizer)


def mover(number: int, velocity: float, chart: str = "songs", reason: str | None = None) -> DigestMove:
    return DigestMove(
        "apple", chart, "us", "2025-06-02", f"Track {number}", "Artist", "up", number, number + 9, velocity, reason,
        f"https://charts.example/{chart}", "Chart data from Apple Music.",
    )  # fmt: skip


def test_each_tier_gets_what_matters_to_it() -> None:
    items = [item(1, creator=90), item(2, developer=80), item(3, monetizer=70), item(4, creator=50, monetizer=60)]
    digest = extractive_digest(DAY, items, [])
    told = {tier: [highlight.title for highlight in digest.highlights[tier]] for tier in TIERS}
    assert told == {
        "creator": [items[0].title, items[3].title],
        "developer": [items[1].title],
        "monetizer": [items[2].title, items[3].title],
    }
    assert digest.headline == items[0].title
    assert digest.item_count == 4
    assert digest.note is None


def test_small_matters_are_left_out_and_lists_are_short() -> None:
    digest = extractive_digest(DAY, [item(number, creator=MIN_IMPACT - 1) for number in range(9)], [])
    assert (digest.note, digest.headline) == (EMPTY_NOTE, None)
    digest = extractive_digest(DAY, [item(number, creator=MIN_IMPACT) for number in range(9)], [])
    assert len(digest.highlights["creator"]) == HIGHLIGHTS


def test_one_story_is_told_once() -> None:
    story = "Universal Music buys Downtown for $775 million after long review"
    items = [item(1, monetizer=80, title=story), item(2, monetizer=90, title=story + " today"), item(3, monetizer=40)]
    told = extractive_digest(DAY, items, []).highlights["monetizer"]
    assert [highlight.url for highlight in told] == ["https://outlet.example/2", "https://outlet.example/3"]


def test_breakouts_come_first_and_each_chart_has_its_share() -> None:
    moves = [mover(number, velocity=float(number)) for number in range(1, 9)] + [mover(1, 0.5, "albums")]
    moves.append(mover(20, 0.1, reason="Artist is new."))
    told = extractive_digest(DAY, [], moves).movers
    assert [move.chart for move in told] == ["albums"] + ["songs"] * MOVERS_PER_CHART
    assert [move.position for move in told[1:3]] == [20, 8]


def test_a_digest_is_the_same_whatever_the_order_of_its_input() -> None:
    items = [item(number, creator=40 + number % 3, monetizer=90 - number) for number in range(20)]
    moves = [mover(number, velocity=1.0) for number in range(1, 20)]
    digest = extractive_digest(DAY, items, moves)
    dice = random.Random(7)  # noqa: S311
    for _ in range(5):
        dice.shuffle(items)
        dice.shuffle(moves)
        assert extractive_digest(DAY, items, moves) == digest


texts = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


@given(
    st.lists(st.builds(DigestItem, texts, st.sampled_from([f"https://o.example/{n}" for n in range(5)]), texts,
                       st.none() | texts, st.just("other"), *[st.integers(0, 100)] * 3), max_size=8),
    st.lists(st.builds(mover, st.integers(1, 40), st.floats(-5, 5)), max_size=8),
)  # fmt: skip
def test_nothing_is_ever_added_to_the_sources(items: list[DigestItem], moves: list[DigestMove]) -> None:
    digest = extractive_digest(DAY, items, moves)
    assert uncited(digest, items, moves) == []
    assert set(digest.source_urls) <= {one.url for one in items} | {one.url for one in moves}
    json.dumps(digest.body())


@pytest.mark.parametrize(
    ("changes", "strange"),
    [
        (
            {"title": "Subject1 did thing1 for $999m"},
            ["999m (https://outlet.example/1)", "for (https://outlet.example/1)"],
        ),
        ({"url": "https://invented.example/"}, ["https://invented.example/"]),
        ({"summary": "Beyoncé said so."}, [f"{w} (https://outlet.example/1)" for w in ("beyoncé", "said", "so")]),
    ],
)
def test_what_is_invented_is_found(changes: dict[str, str], strange: list[str]) -> None:
    items = [item(1, creator=90)]
    digest = extractive_digest(DAY, items, [])
    forged = replace(digest.highlights["creator"][0], **changes)  # type: ignore[arg-type]
    assert uncited(replace(digest, highlights={**digest.highlights, "creator": (forged,)}), items, []) == strange


def test_an_invented_position_is_found() -> None:
    moves = [mover(3, 1.0)]
    digest = extractive_digest(DAY, [], moves)
    forged = replace(digest, movers=(replace(moves[0], position=77),))
    assert uncited(forged, [], moves) == ["77 (https://charts.example/songs)"]


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}


def test_the_page_cites_every_source_and_escapes_everything() -> None:
    items = [item(1, creator=90, title='<script>alert("x")</script> & more')]
    digest = extractive_digest(DAY, items, [mover(1, 2.0, reason="Artist is <new>.")])
    page = digest_page(digest)
    parsed = Links()
    parsed.feed(page)
    assert parsed.links == set(digest.source_urls)
    assert "script" not in parsed.tags
    assert "&lt;script&gt;" in page
    assert "Chart data from Apple Music." in page


def test_an_empty_day_says_so() -> None:
    assert EMPTY_NOTE in digest_page(extractive_digest(DAY, [], []))
