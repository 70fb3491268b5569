"""The language of a short text, by counting function words.

Belongs here: the word lists and the rule. Does not belong here: anything that needs a trained model; feeds are mostly
in a language that they declare, and this only keeps a wrong declaration from being believed.
"""

import re
from dataclasses import dataclass

MIN_WORDS = 12
"""Fewest words that are judged by counting; below, function words are too few to tell languages apart."""

MIN_SHARE = 0.12
"""Least share of function words: running text of these languages holds 25-50 %, lists of names hardly any."""

MIN_HITS = 3
"""Fewest function words that are believed: one or two occur in names and quotations."""

MIN_LEAD = 1.5
"""How many times more function words the winner needs than the runner-up (Romance languages share many)."""

_FUNCTION_WORDS = {
    "de": "der die das und ist nicht ein eine mit auf für von dem den des im zu sich auch als wird wie nach bei aus",
    "en": "the and of to in is that for with on was are as it by from his her this at an be has have their its who",
    "es": "el la los las de del que y en un una por con para se su al es más como pero sus le ha lo",
    "fr": "le la les des du et est un une dans pour que qui sur avec au par pas plus ce son sa ses aux cette",
    "it": "il la le di del della che e un una per con non si al dei gli nel sono alla da ha più come dal",
    "nl": "de het een en van is dat op te in voor met zijn niet aan er om ook als bij door naar over uit worden",
    "pt": "o os de da que e em um uma por com para se não na dos das ao mais como sua seu pelo pela são foi à",
}
_SETS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"^([A-Za-z]{2,3})(?:[-_].*)?$")


@dataclass(frozen=True)
class Language:
    """A language and how it is known.

    Attributes:
        code: ISO 639 code in lower case, e.g. ``en``; None where nothing tells.
        method: ``stopwords`` (counted in the text), ``declared`` (by the feed), None where code is None.
    """

    code: str | None
    method: str | None


def text_language(text: str, declared: str | None) -> Language:
    """Return the language of a text: what its function words say, else what is declared, else unknown.

    Args:
        text: plain text, any length.
        declared: a language tag such as ``en-us``, or None.
    """
    words = [word.casefold() for word in _WORD.findall(text)]
    if len(words) >= MIN_WORDS:
        counts = sorted(((sum(word in known for word in words), code) for code, known in _SETS.items()), reverse=True)
        (best, code), (second, _) = counts[:2]
        if best >= max(MIN_HITS, MIN_SHARE * len(words)) and best >= MIN_LEAD * second:
            return Language(code, "stopwords")
    match = _CODE.match((declared or "").strip())
    return Language(match.group(1).lower(), "declared") if match else Language(None, None)
