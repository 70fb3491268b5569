"""What a language model makes of a news item: two sentences, a category, an impact on each tier.

Belongs here: the question and the schema of its answer. Does not belong here: asking it, the methods that need no model
(:mod:`assets.industry.extractive_summary`, :mod:`assets.industry.impact_rules`).
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assets.industry.extractive_summary import sentences
from assets.industry.llm_claims import objection
from assets.industry.prompt_fence import RULES, fenced
from resources.llm.question import SUMMARY, Question, Task

MAX_SENTENCES = 2
MAX_TOKENS = 500
"""Longest answer: two sentences and five short fields take a third of it."""

INSTRUCTIONS = f"""You read one item of a feed of news about the music industry and judge it.

{RULES}

summary: what the item says, in one or two plain sentences, in the language of the item. Say only what the item says. \
Copy every number and every name exactly as the item writes it, and add none. No links, no markup, no opinion.
category: the one category that fits best; other where none does.
impact_creator, impact_developer, impact_monetizer: how much the item matters to people who make music, who build \
music technology, who earn with music: 0 not at all, 30 worth knowing, 60 worth acting on, 90 changes their work."""


class NewsReading(BaseModel):
    """What a model makes of an item."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str
    category: Literal[
        "charts", "deals", "gear", "legal", "live", "platforms", "release", "review", "rights", "technology", "other"
    ]
    impact_creator: int = Field(ge=0, le=100)
    impact_developer: int = Field(ge=0, le=100)
    impact_monetizer: int = Field(ge=0, le=100)


@dataclass(frozen=True)
class NewsText:
    """The text of an item, as the warehouse holds it.

    Attributes:
        title: headline.
        excerpt: the feed's own excerpt, or None.
        summary: sentences extracted from the whole text, or None.
    """

    title: str
    excerpt: str | None
    summary: str | None

    @property
    def parts(self) -> tuple[str, ...]:
        """What the model is shown, and what its answer must be borne out by."""
        return tuple(part for part in (self.title, self.excerpt, self.summary) if part)


def news_question(text: NewsText) -> Question[NewsReading]:
    """Return the question about an item. The same text gives the same question, whoever published it."""
    data = fenced({"title": text.title, "excerpt": text.excerpt, "sentences": text.summary})

    def objection_to(reading: NewsReading) -> str | None:
        if len(sentences(reading.summary)) > MAX_SENTENCES:
            return f"The summary has more than {MAX_SENTENCES} sentences."
        return objection(reading.summary, text.parts)

    task = Task(SUMMARY, hashlib.sha256(data.encode()).hexdigest())
    return Question(task, NewsReading, INSTRUCTIONS, data, MAX_TOKENS, objection_to)
