"""Copies of news items as other outlets would print them, with known truth: recorded feeds hold few real ones.

Belongs here: making variants. Does not belong here: grouping them. The variants are made by rules of ours, so what is
measured on them says how well grouping survives such changes, not how often outlets make them.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from assets.industry.story_words import StoryItem

SYNONYMS: Final = {
    "announce": "confirm",
    "announces": "confirms",
    "announced": "confirmed",
    "share": "post",
    "shares": "posts",
    "release": "put out",
    "releases": "puts out",
    "reveals": "makes public",
    "reveal": "make public",
    "unveils": "presents",
    "new": "brand-new",
    "album": "LP",
    "record": "album",
    "song": "single",
    "track": "song",
    "tour": "run of dates",
    "festival": "fest",
    "line-up": "bill",
    "first": "debut",
    "full": "complete",
    "acquires": "buys",
    "launches": "starts",
    "video": "clip",
    "edition": "instalment",
    "programme": "schedule",
    "watch": "see",
    "listen": "hear",
    "set": "show",
    "play": "perform",
    "best": "greatest",
    "review": "critique",
    "says": "states",
    "returns": "is back",
}

_PARTS = re.compile(r"\s+(?:–|—|::|-)\s+|:\s+|,\s+")
_LEADS = ("", "Watch: ", "News: ", "Report: ")


def paraphrased(item: StoryItem, chance: random.Random) -> StoryItem:
    """Other words for the trade's words, and the parts of the headline the other way round."""
    title = " ".join(SYNONYMS.get(word.casefold(), word) for word in item.title.split())
    parts = _PARTS.split(title, maxsplit=1)
    if len(parts) == 2:
        title = f"{parts[1]} – {parts[0]}"
    return replace(item, title=chance.choice(_LEADS) + title, text=" ".join(item.text.split()[3:]))


def truncated(item: StoryItem, chance: random.Random) -> StoryItem:
    """The first two thirds of the headline and the first half of the text, each with an ellipsis."""
    words, text = item.title.split(), item.text.split()
    kept = max(3, len(words) * 2 // 3)
    return replace(item, title=" ".join(words[:kept]) + "…", text=" ".join(text[: len(text) // 2]) + "…")


def suffixed(item: StoryItem, chance: random.Random) -> StoryItem:
    """The publisher's name behind the headline."""
    return replace(item, title=f"{item.title} - {chance.choice(('Yahoo Entertainment', 'MSN', 'The Daily Note'))}")


def recased(item: StoryItem, chance: random.Random) -> StoryItem:
    """Every word capitalised, straight quotes, and no text."""
    title = item.title.title().replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return replace(item, title=title, text="")


def retold(item: StoryItem, chance: random.Random) -> StoryItem:
    """A paraphrased headline over the second half of the text alone."""
    text = item.text.split()
    return replace(paraphrased(item, chance), text=" ".join(text[len(text) // 2 :]))


FORMS: Final[Mapping[str, Callable[[StoryItem, random.Random], StoryItem]]] = {
    "paraphrased": paraphrased,
    "truncated": truncated,
    "suffixed": suffixed,
    "recased": recased,
    "retold": retold,
}


def syndicated(items: list[StoryItem], seed: int, stories: int) -> dict[StoryItem, tuple[StoryItem, str]]:
    """Return variant -> (original, form): one to three variants each of ``stories`` items, up to two days later."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    made: dict[StoryItem, tuple[StoryItem, str]] = {}
    usable = [item for item in sorted(items, key=lambda item: item.key) if len(item.title.split()) >= 3]
    for item in chance.sample(usable, stories):
        for number, form in enumerate(chance.sample(sorted(FORMS), chance.randint(1, 3))):
            variant = FORMS[form](item, chance)
            later = timedelta(minutes=chance.randint(1, 2 * 24 * 60))
            key = (f"outlet-{number}", f"{form}:{item.key[0]}:{item.key[1]}")
            made[replace(variant, key=key, at=item.at + later, url=None, tags=())] = (item, form)
    return made
