"""What gear headlines announce, against labels made by hand, and the traps of prices."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.gear_rules import GearRelease, Price, gear_release, price
from assets.industry.parsers.feed import parse_feed

LABELS = Path(__file__).parent / "payloads" / "gear_headlines.csv"
"""Headlines of Sound on Sound and, reconstructed from their addresses, of Synthtopia, Rekkerd and Gearnews."""

SYNTHTOPIA = {
    "New Juno-Style Patch Editor For The Novation Circuit": ("Deepsounds", "Junit"),
    "Cherry Audio SH-MAX Fuses Features From 3 Classic Roland Synths": ("Cherry Audio", "SH-MAX"),
    "Ableton Live 12.4 Now Entering Public Beta, Here’s What’s New": ("Ableton", "Live 12.4"),
    "Behringer BM-17 Freq Box ‘Boogerfooger’ Now Available To Pre-Order": ("Behringer", "BM-17 Freq Box"),
    "Sound Magic Releases Supreme Drums Blue, A Hybrid Modeled Acoustic Drum Virtual Instrument": (
        "Sound Magic", "Supreme Drums Blue",
    ),
}  # fmt: skip
"""What the ten recorded Synthtopia items announce; the other five name no product of a maker."""


def named(title: str, text: str | None) -> tuple[str, str] | None:
    found = gear_release(title, text)
    return (found.brand, found.product) if found else None


def test_recorded_synthtopia_items(shared: Path) -> None:
    feed = parse_feed((shared / "data/feeds/reemitted/synthtopia.xml").read_bytes())
    assert len(feed.entries) == 10
    found = {entry.title: named(entry.title, entry.description) for entry in feed.entries}
    assert {title: pair for title, pair in found.items() if pair} == SYNTHTOPIA


def test_labelled_headlines_are_mostly_found_and_hardly_ever_wrong() -> None:
    with LABELS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    text = "A new plug-in."  # feeds say what it is below the headline
    pairs = [((row["brand"], row["product"]) if row["brand"] else None, named(row["title"], text)) for row in rows]
    right = sum(found is not None and found == wanted for wanted, found in pairs)
    found_any = sum(found is not None for _, found in pairs)
    announced = sum(wanted is not None for wanted, _ in pairs)
    assert (len(rows), announced) == (40, 28)
    assert right / found_any >= 0.9
    assert right / announced >= 0.9


@pytest.mark.parametrize(
    "title",
    [
        "Behringer MS-1 review: a classic reborn?",
        "Save 50% on Arturia V Collection",
        "Roland acquires Drum Workshop",
        "Taylor Swift announces The Life Of A Showgirl",
        "How to release your own sample pack",
        "Moog Music appoints new CEO",
        "The best Korg synths of 2026",
        "Behringer UB-Xa MINI Synth Gets Custom Patch Editor",
        "",
    ],
)
def test_what_announces_no_product_gives_nothing(title: str) -> None:
    assert gear_release(title, "A story about music.") is None


def test_kind_event_and_price_come_from_the_words_used() -> None:
    assert gear_release("Arturia releases MiniFuse 8", "The audio interface costs €249 / $299.") == GearRelease(
        "Arturia", "MiniFuse 8", "interface", "release", Price(Decimal(249), "EUR")
    )
    update = gear_release("u-he updates Diva to v1.5", "The synth plug-in update is free for owners.")
    assert update == GearRelease("u-he", "Diva", "plugin", "update", Price(Decimal(0), None))
    teaser = gear_release("Korg teases Phase8", "The prototype synthesizer was shown again.")
    assert teaser == GearRelease("Korg", "Phase8", "synth", "announcement", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Price: $1,299.99 now", Price(Decimal("1299.99"), "USD")),
        ("costs 1.299,00 €", Price(Decimal("1299.00"), "EUR")),
        ("£79", Price(Decimal(79), "GBP")),
        ("only 99 EUR", Price(Decimal(99), "EUR")),
        ("save $100, now $299", Price(Decimal(299), "USD")),
        ("was $399, regular $499", None),
        ("win $50 Amazon vouchers", None),
        ("raised $20 million", None),
        ("50% off", None),
        ("a free plug-in", Price(Decimal(0), None)),
        ("royalty-free loops", None),
        ("feel free to write", None),
    ],
)
def test_a_price_is_that_of_the_thing(text: str, expected: Price | None) -> None:
    assert price(text) == expected


@given(st.text(max_size=200), st.none() | st.text(max_size=200))
def test_any_text_gives_a_named_product_or_nothing(title: str, text: str | None) -> None:
    found = gear_release(title, text)
    assert found is None or (found.brand and found.product and len(found.product) <= 80)


@given(st.sampled_from(["a ", "save $1 ", "Korg releases ", "x, ", "1,000.", "‘", "by "]), st.integers(1, 4000))
def test_no_text_makes_the_rules_slow(piece: str, times: int) -> None:
    """A rule that backtracked quadratically would take minutes here, and hypothesis would say so."""
    gear_release(piece * times, piece * times)
