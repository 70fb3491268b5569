"""Sentences, TextRank and TF-IDF similarity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.extractive_summary import sentences, similarities, two_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ("One.", "Two!", "Three?")),
        ("Dr. Dre met J. Cole. They talked.", ("Dr. Dre met J. Cole.", "They talked.")),
        ("The U.S. market grew 3.5 percent. It was $1.2bn.", ("The U.S. market grew 3.5 percent.", "It was $1.2bn.")),
        ("“It ends.” He left.", ("“It ends.”", "He left.")),
        ("No end", ("No end",)),
        ("", ()),
    ],
)
def test_sentences(text: str, expected: tuple[str, ...]) -> None:
    assert sentences(text) == expected


def test_the_central_sentences_are_chosen_in_their_own_order() -> None:
    text = (
        "The weather was fine. Universal Music bought the label for $500 million on Monday. "
        "Universal Music said the label and its catalogue of 3,000 songs cost $500 million. A cat slept."
    )
    assert two_sentences(text) == (
        "Universal Music bought the label for $500 million on Monday. "
        "Universal Music said the label and its catalogue of 3,000 songs cost $500 million."
    )


def test_a_text_of_two_sentences_is_its_own_summary() -> None:
    assert two_sentences("First one. Second one.") == "First one. Second one."
    assert two_sentences("") is None


@given(st.lists(st.sampled_from(["Labels sign acts.", "Acts sign labels!", "Nobody knew?", "It rained."]), max_size=12))
def test_a_summary_holds_only_sentences_of_the_text(parts: list[str]) -> None:
    summary = two_sentences(" ".join(parts))
    assert (summary is None) == (not parts)
    assert set(sentences(summary or "")) <= set(parts)
    assert summary == two_sentences(" ".join(parts))


def test_similarity_is_one_for_equal_words_and_zero_for_none_shared() -> None:
    matrix = similarities(["label signs band", "Band signs label", "synth review"])
    assert matrix[0, 1] == pytest.approx(1.0)
    assert matrix[0, 2] == 0
    assert np.array_equal(matrix, matrix.T)
    assert not matrix.diagonal().any()
