"""The leads of a digest as a language model words them.

Belongs here: the question, the schema of its answer, and the digest with the answer in it. Does not belong here: asking
it, choosing what a digest tells (:mod:`assets.industry.digest`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict

from assets.industry.digest import TIERS, Digest, Highlight, Lead
from assets.industry.extractive_summary import sentences
from assets.industry.llm_claims import objection
from assets.industry.prompt_fence import RULES, fenced
from resources.llm.question import DIGEST, Question, Task

MAX_SENTENCES = 3
MAX_TOKENS = 1500
"""Longest answer: three leads of three sentences take half of it."""

INSTRUCTIONS = f"""You write the leads of a daily digest of the music industry, in English.

{RULES}

The data list the items that the digest tells, by number, each with the readers it was chosen for: creator (makes \
music), developer (builds music technology), monetizer (earns with music).
leads: one for each kind of reader that some item was chosen for, and none for others.
tier: which reader.
text: one to three plain sentences that say what matters to this reader and why. Say only what the items say. Copy \
every number, date and name exactly as an item writes it, in digits or words as there, and add none: an answer with a \
name or number that its items do not hold is thrown away. No links, no markup.
cites: the numbers of the items that the text speaks of, at least one, all chosen for this reader."""


class LeadWording(BaseModel):
    """One lead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tier: Literal["creator", "developer", "monetizer"]
    text: str
    cites: list[int]


class DigestWording(BaseModel):
    """All leads of a digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leads: list[LeadWording]


@dataclass(frozen=True)
class _Cited:
    """A highlight and the tiers that it was chosen for."""

    told: Highlight
    tiers: tuple[str, ...]

    @property
    def prose(self) -> tuple[str, ...]:
        return tuple(text for text in (self.told.title, self.told.summary, self.told.source) if text)


def digest_question(digest: Digest) -> Question[DigestWording] | None:
    """Return the question about a digest's leads, or None where there is nothing to lead to."""
    cited = _cited(digest)
    if not cited:
        return None
    data = fenced(
        [
            {
                "number": number,
                "readers": item.tiers,
                "title": item.told.title,
                "outlet": item.told.source,
                "summary": item.told.summary,
            }
            for number, item in enumerate(cited, 1)
        ]
    )
    task = Task(DIGEST, digest.digest_date.isoformat())
    return Question(task, DigestWording, INSTRUCTIONS, data, MAX_TOKENS, lambda wording: _fault(wording, digest, cited))


def worded(digest: Digest, wording: DigestWording, method: str) -> Digest:
    """Return a digest with the leads of an accepted answer."""
    cited = _cited(digest)
    leads: dict[str, Lead] = {
        lead.tier: Lead(lead.text.strip(), tuple(cited[number - 1].told.url for number in dict.fromkeys(lead.cites)))
        for lead in sorted(wording.leads, key=lambda lead: TIERS.index(lead.tier))
    }
    return replace(digest, leads=leads, method=method)


def _cited(digest: Digest) -> list[_Cited]:
    """Return the distinct highlights in the order in which the tiers tell them."""
    tiers: dict[str, list[str]] = {}
    told: dict[str, Highlight] = {}
    for tier in TIERS:
        for highlight in digest.highlights[tier]:
            told.setdefault(highlight.url, highlight)
            tiers.setdefault(highlight.url, []).append(tier)
    return [_Cited(highlight, tuple(tiers[url])) for url, highlight in told.items()]


def _fault(wording: DigestWording, digest: Digest, cited: Sequence[_Cited]) -> str | None:
    wanted = [tier for tier in TIERS if digest.highlights[tier]]
    if sorted(lead.tier for lead in wording.leads) != sorted(wanted):
        return f"There must be exactly one lead for each of: {', '.join(wanted)}."
    faults = (_lead_fault(lead, cited) for lead in wording.leads)
    return next((fault for fault in faults if fault), None)


def _lead_fault(lead: LeadWording, cited: Sequence[_Cited]) -> str | None:
    allowed = {number for number, item in enumerate(cited, 1) if lead.tier in item.tiers}
    if not lead.cites or not allowed.issuperset(lead.cites):
        return f"The lead for {lead.tier} must cite items chosen for that reader: some of {sorted(allowed)}."
    if len(sentences(lead.text)) > MAX_SENTENCES:
        return f"The lead for {lead.tier} has more than {MAX_SENTENCES} sentences."
    fault = objection(lead.text, [text for number in lead.cites for text in cited[number - 1].prose])
    return f"The lead for {lead.tier}: {fault}" if fault else None
