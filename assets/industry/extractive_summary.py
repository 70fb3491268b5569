"""Sentences of a text that tell most of it: our own TextRank, needing neither a model nor a download.

Belongs here: splitting into sentences, ranking them, TF-IDF similarity of short texts. Does not belong here: writing
new sentences, choosing between items of several sources (:mod:`assets.industry.digest`).
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assets.industry.plain_text import shortened

DAMPING = 0.85
"""Damping of PageRank and TextRank (Mihalcea and Tarau, EMNLP 2004)."""

SENTENCE_CHARS = 300
"""Longest sentence quoted; a longer one is cut between words."""

MAX_SENTENCES = 200
"""Sentences that are ranked; the rest of a longer text is left out (the similarity matrix grows with the square)."""

_STEPS = 50
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[¿¡]?[\w])")
_NO_END = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|feat|ft|No|Nos|Vol|Inc|Ltd|Co|Corp|Prof|Gen|Sen|Rep|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|"
    r"Nov|Dec|approx|est|etc|al)|\b[A-Z]|\b(?:[A-Za-z]\.)+[A-Za-z])\.[\"'”’)\]]*$"
)
_WORD = re.compile(r"\w+")
_STOPWORDS = frozenset(
    _WORD.findall(
        "a an the and or but of to in on at by for from with as is are was were be been has have had it its "
        "this that these those he she they his her their we you i who which what when where how not no so "
        "than then will would can could may just also about "
    )
)

Matrix = npt.NDArray[np.float64]


def sentences(text: str) -> tuple[str, ...]:
    """Split plain text into sentences; abbreviations and initials end none."""
    found: list[str] = []
    start = 0
    for boundary in _END.finditer(text):
        piece = text[start : boundary.end()].strip()
        if _NO_END.search(piece):
            continue
        found.append(piece)
        start = boundary.end()
    rest = text[start:].strip()
    return tuple(found) + ((rest,) if rest else ())


def two_sentences(text: str, count: int = 2) -> str | None:
    """Return the ``count`` most central sentences of a text in their own order, or None for an empty text.

    Deterministic: equal ranks fall to the earlier sentence.
    """
    candidates = sentences(text)[:MAX_SENTENCES]
    if not candidates:
        return None
    ranks = _text_rank(similarities(candidates))
    best = sorted(range(len(candidates)), key=lambda index: (-round(ranks[index], 9), index))[:count]
    return " ".join(shortened(candidates[index], SENTENCE_CHARS) for index in sorted(best))


def similarities(texts: Sequence[str]) -> Matrix:
    """Return the cosine similarities of texts by TF-IDF of their words, shape (n, n), values 0-1, diagonal 0."""
    counts = [Counter(word for word in _WORD.findall(text.casefold()) if word not in _STOPWORDS) for text in texts]
    vocabulary = {word: index for index, word in enumerate(sorted(set().union(*counts)))}
    vectors = np.zeros((len(texts), len(vocabulary)))
    for row, words in enumerate(counts):
        for word, times in words.items():
            vectors[row, vocabulary[word]] = times
    present = np.count_nonzero(vectors, axis=0)
    vectors *= np.log((1 + len(texts)) / (1 + present)) + 1
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    cosines: Matrix = np.clip(vectors @ vectors.T, 0.0, 1.0)
    np.fill_diagonal(cosines, 0.0)
    return cosines


def _text_rank(weights: Matrix) -> list[float]:
    size = len(weights)
    outgoing = weights.sum(axis=1, keepdims=True)
    steps = np.divide(weights, outgoing, out=np.full_like(weights, 1 / size), where=outgoing > 0)
    rank = np.full(size, 1 / size)
    for _ in range(_STEPS):
        rank = (1 - DAMPING) / size + DAMPING * (rank @ steps)
    if not math.isclose(float(rank.sum()), 1.0, rel_tol=1e-6):
        raise ArithmeticError(f"TextRank of {size} sentences does not sum to 1 but to {rank.sum()}.")
    return [float(value) for value in rank]
