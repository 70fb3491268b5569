"""The proof that a text of a language model adds nothing to its sources."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.llm_claims import LONGEST_CHARS, objection, unfounded

SOURCE = (
    "Sony Music acquires Ultra Records for $90 million on 2 June 2025. Founder Patrick Moxey keeps 5% and three labels."
    " The deal, 1,200 tracks strong, closes in March; 坂本 left in 2019."
)


@pytest.mark.parametrize(
    "text",
    [
        "Sony Music buys Ultra Records for $90 million.",
        "In March the deal closes. Moxey keeps 5% of it.",
        "A label founder, Patrick Moxey, keeps three labels, and SONY gets 1,200 tracks.",
        "On 2 June 2025 the purchase was announced; 坂本 is gone.",
        "Meanwhile, Sony's catalogue grows.",
    ],
)
def test_rewording_is_free(text: str) -> None:
    assert unfounded(text, [SOURCE]) == []


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("Universal buys Ultra.", ["universal"]),
        ("Sony pays $95 million.", ["$95 million"]),
        ("Sony pays $90 billion.", ["$90 billion", "billion"]),
        ("Sony pays €90 million.", ["€90 million"]),
        ("Sony pays $90.", ["$90"]),
        ("Sony pays 90 million.", ["90 million"]),
        ("Moxey keeps 5 labels.", ["5"]),
        ("Moxey keeps four labels.", ["four"]),
        ("Sony doubled its tracks; it has twice as many.", ["doubled", "twice"]),
        ("It closes on Monday in April.", ["april", "monday"]),
        ("The deal closed yesterday, 2026-06-02.", ["02", "06", "2026", "yesterday"]),
        ("Robert Kyncl signed.", ["kyncl", "robert"]),
        ("The label gets 1,201 tracks.", ["1,201"]),
        ("Sony talks to 細野.", ["細野"]),
        ("deadmau5 joins.", ["deadmau5"]),
    ],
)
def test_what_the_sources_do_not_hold_is_found(text: str, strange: list[str]) -> None:
    assert unfounded(text, [SOURCE]) == strange


@given(st.lists(st.text(max_size=60), max_size=4))
def test_a_text_made_of_its_sources_claims_nothing_new(sources: list[str]) -> None:
    assert unfounded(" ".join(sources), sources) == []


@given(st.text(max_size=60), st.integers(10**6, 10**9))
def test_a_number_that_no_source_holds_is_always_found(source: str, number: int) -> None:
    if str(number) not in source:
        assert unfounded(f"{source} and {number} more", [source])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("sold " * LONGEST_CHARS, "characters"),
        ("See https://sony.example for more.", "address"),
        ("Go to www.sony.example.", "address"),
        ("Go to sony.com now.", "address"),
        ("Sony <b>wins</b>.", "markup"),
        ("Sony [wins](x).", "markup"),
        ("Universal wins.", "names or numbers: universal"),
    ],
)
def test_what_is_wrong_is_said(text: str, told: str) -> None:
    assert told in (objection(text, [SOURCE]) or "")
    assert objection("Sony wins.", [SOURCE]) is None
