"""How common a word is in ordinary language, from a table that never changes with what our feeds carry.

Belongs here: the lookup. Does not belong here: what commonness means for stories or names. A document frequency taken
from our own items would change with every feed that is added, and with it decisions about other feeds.
"""

from collections.abc import Mapping
from functools import cache

import wordfreq

RAREST = 3.0
"""Zipf frequency below which the small word lists stop (1 in a million words): rarer words count as this."""

FALLBACK_LANGUAGE = "en"


@cache
def _languages() -> frozenset[str]:
    return frozenset(wordfreq.available_languages("small"))


@cache
def _table(language: str) -> Mapping[str, float]:
    frequencies: Mapping[str, float] = wordfreq.get_frequency_dict(language, "small")
    return frequencies


@cache
def zipf(word: str, language: str | None = None) -> float:
    """Return the Zipf frequency of a word: log10 of its occurrences in a billion words, at least ``RAREST``.

    "the" has 7.7, "future" 5.3, "drake" 4.0, invented names 3. Source: ``wordfreq`` (Speer 2022), small lists.

    Args:
        word: in lower case.
        language: ISO 639-1; None or a language without a list: English.
    """
    known = language if language in _languages() else FALLBACK_LANGUAGE
    frequency = _table(str(known)).get(word, 0.0)
    return max(RAREST, float(wordfreq.freq_to_zipf(frequency))) if frequency else RAREST
