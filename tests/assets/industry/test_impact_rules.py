"""Categories and impacts by rule."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.impact_rules import CATEGORIES, impact
from assets.industry.parsers.feed import parse_feed


@pytest.mark.parametrize(
    ("title", "category", "most"),
    [
        ("Sony Music acquires Nordic dance label One Seven Music", "deals", "monetizer"),
        ("UMG and Believe settle lawsuit over copyright infringement", "legal", "monetizer"),
        ("Deezer opens its API to developers", "technology", "developer"),
        ("New synth plugin brings modular sounds to Ableton", "gear", "creator"),
        ("Artist-centric payouts: what a per-stream minimum means", "rights", "creator"),
        ("Phoebe Bridgers announces UK tour", "live", "creator"),
        ("Boards of Canada announce new record, Inferno", "release", "creator"),
        ("Album Review: Big Thief", "review", "creator"),
        ("A quiet afternoon in the park", "other", "creator"),
    ],
)
def test_headlines(title: str, category: str, most: str) -> None:
    judged = impact(title, "", (), outlet_tier=1)
    assert judged.category == category
    assert getattr(judged, most) == max(judged.creator, judged.developer, judged.monetizer)
    assert (judged.monetizer == 0) == (category == "other")


def test_a_title_counts_more_than_a_text_and_trade_press_more_than_a_blog() -> None:
    words = "Spotify faces lawsuit"
    in_title, in_text = impact(words, "", (), 1), impact("News", words, (), 1)
    assert in_title.monetizer > in_text.monetizer > 0
    assert in_title.monetizer > impact(words, "", (), 3).monetizer


def test_words_inside_words_do_not_count() -> None:
    assert impact("He said the maid paid", "", (), 1).category == "other"  # no AI
    assert impact("Festival expands 2026 bill with new artists", "", (), 1).category == "live"  # no legislation


@given(st.text(max_size=80), st.text(max_size=200), st.lists(st.text(max_size=10), max_size=3), st.integers(1, 3))
def test_impacts_are_percentages_of_known_categories(title: str, text: str, tags: list[str], tier: int) -> None:
    judged = impact(title, text, tags, tier)
    assert judged.category in CATEGORIES
    assert all(0 <= value <= 100 for value in (judged.creator, judged.developer, judged.monetizer))


def test_outlets_differ_as_their_readers_do(shared: Path) -> None:
    """Trade press must matter most to those who earn, a synthesiser blog most to those who make."""
    means = {}
    for name in ("music-business-worldwide", "synthtopia"):
        feed = parse_feed((shared / f"data/feeds/reemitted/{name}.xml").read_bytes())
        judged = [impact(entry.title, entry.text, entry.tags, 2) for entry in feed.entries]
        means[name] = [sum(getattr(one, tier) for one in judged) / len(judged) for tier in ("creator", "monetizer")]
    creator, monetizer = means["music-business-worldwide"]
    assert monetizer > creator
    creator, monetizer = means["synthtopia"]
    assert creator > monetizer
