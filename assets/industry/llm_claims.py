"""What a text claims, and what of it its sources do not bear out: the proof that a language model added nothing.

Belongs here: numbers, dates and names in a text. Does not belong here: whether a sentence is true of what it names.

Limits: a name written in small letters passes for a word; in languages that write every noun with a capital (German)
every noun counts as a name, so that few rewordings pass and the extracted sentences stand.
"""

import re
from collections.abc import Iterable
from typing import Final

LONGEST_CHARS: Final = 600
"""Most characters of a text of a model; two or three sentences."""

_NUMBER = re.compile(
    r"(?:[$€£¥]|(?<![^\W_]))\d(?:[\d.,:/]*\d)?(?:[^\W\d_]+)?%?"
    r"(?:\s(?:hundred|thousand|million|billion|trillion|percent|per cent))?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:]\s|[\"“‘(]\s?)[\"'“‘(\[]*$")
_MARKUP = re.compile(r"https?:|www\.|[<>`\[\]{}]|\b\w+\.(?:com|net|org|io|co)\b", re.IGNORECASE)

_OPENERS: Final = frozenset(
    _WORD.findall(
        "a about according after all also although amid among an and another any are as at because before both but by "
        "can could despite due each earlier even every following for fresh from has have he her here his how however "
        "i if in instead is it its just last later like many meanwhile more most much new next no not now of on once "
        "only or other our over per several she since so some still such than that the their them then there these "
        "they this those though through to today under until up via was we were what when where whether which while "
        "who will with within without would yet you your expect watch look see"
    )
)
"""Words that may begin a sentence with a capital without being names."""

_NUMBER_WORDS: Final = frozenset(
    _WORD.findall(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands "
        "million millions billion billions trillion dozen dozens half halved double doubled doubles triple tripled "
        "twice thrice quarter third fourth fifth sixth seventh eighth ninth tenth yesterday tomorrow tonight enero "
        "febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre janvier février mars "
        "avril mai juin juillet août septembre octobre novembre décembre gennaio febbraio aprile maggio giugno luglio "
        "settembre ottobre dicembre janeiro fevereiro março maio junho julho setembro outubro novembro dezembro "
        "januari februari maart april juni juli augustus september oktober december"
    )
)
"""Numbers and dates that are written as words in small letters."""


def unfounded(text: str, sources: Iterable[str]) -> list[str]:
    """Return the numbers, dates and names of a text that occur in none of its sources, sorted.

    A number counts as written, with its currency and its magnitude ("$90 million" is neither "$90" nor "€90 million").
    A name is a word with a capital or a digit, or of a script without capitals; a function word that begins a sentence
    is none.
    """
    told = " ".join(sources)
    known_words = {word.casefold() for word in _WORD.findall(told)}
    known_numbers = _numbers(told)
    strange = {number for number in _numbers(text) if number not in known_numbers}
    for found in _WORD.finditer(text):
        word = found.group().casefold()
        if word[0].isdigit() or word in known_words:
            continue
        opens = _SENTENCE_START.search(text, max(0, found.start() - 8), found.start()) is not None
        if word in _NUMBER_WORDS or (_is_name(found.group()) and not (opens and word in _OPENERS)):
            strange.add(word)
    return sorted(strange)


def objection(text: str, sources: Iterable[str]) -> str | None:
    """Return what is wrong with a text of a model, in one sentence that also tells the model; None: nothing."""
    if not text.strip():
        return "The text is empty."
    if len(text) > LONGEST_CHARS:
        return f"The text has more than {LONGEST_CHARS} characters."
    if _MARKUP.search(text):
        return "The text holds an address or markup; write plain sentences."
    strange = unfounded(text, sources)
    if strange:
        return f"The sources do not hold these names or numbers: {', '.join(strange[:20])}."
    return None


def _numbers(text: str) -> set[str]:
    return {" ".join(found.group().casefold().split()) for found in _NUMBER.finditer(text)}


def _is_name(word: str) -> bool:
    return any(
        letter.isupper() or letter.isdigit() or (letter.isalpha() and letter.lower() == letter.upper())
        for letter in word
    )
