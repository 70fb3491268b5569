"""What an item is about and whom it concerns, by written rules: the method that needs no model.

Belongs here: the closed list of categories, the rules, their weights. Does not belong here: language models.

The weights are judgements, not measurements: each says how much a headline of that kind matters to people who make
music (creator), build music technology (developer) or earn with music (monetizer), on a scale on which 1.0 alone gives
an impact of 63. They are versioned with the code, as is every row they score.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CATEGORIES: Final = (
    "charts", "deals", "gear", "legal", "live", "platforms", "release", "review", "rights", "technology", "other",
)  # fmt: skip
"""The closed list of categories, also a CHECK of ``industry.industry_news``."""

TEXT_SHARE = 0.4
"""Weight of a rule that matches the text only, relative to one that matches the title or the feed's tags."""

OUTLET_SHARES: Final = {1: 1.0, 2: 0.85, 3: 0.7}
"""Factor on the weights by tier of the outlet (1 = trade press of record)."""


@dataclass(frozen=True)
class Impact:
    """Category and impacts of an item.

    Attributes:
        category: one of ``CATEGORIES``.
        creator: impact on people who make music, 0-100.
        developer: impact on people who build music technology, 0-100.
        monetizer: impact on people who earn with music, 0-100.
    """

    category: str
    creator: int
    developer: int
    monetizer: int


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    category: str | None
    creator: float
    developer: float
    monetizer: float


def _rule(category: str | None, weights: tuple[float, float, float], *words: str) -> _Rule:
    return _Rule(re.compile(rf"\b(?:{'|'.join(words)})", re.IGNORECASE), category, *weights)


_RULES: Final = (
    _rule(
        "deals", (0.3, 0.3, 1.2),
        r"acqui(?:re|res|red|ring|sition)\b", r"merge[rd]?s?\b", r"takeover bid", r"hostile takeover", r"buyout",
        r"stake in", r"joint venture",
    ),
    _rule(
        "deals", (0.1, 0.5, 1.1),
        r"invest(?:s|ed|ment|or|ors)?\b", r"funding", r"fundrais", r"raises? [$€£]", r"series [a-e]\b",
        r"valuation", r"ipo\b",
    ),
    _rule(
        "deals", (0.6, 0.0, 1.2),
        r"catalog(?:ue)? (?:deal|sale|acquisition)", r"sells? (?:his|her|their) (?:catalog|masters|publishing)",
    ),
    _rule(
        "deals", (0.6, 0.1, 0.8),
        r"signs? (?:to|with|global|worldwide|a )", r"record deal", r"publishing deal",
        r"distribution (?:deal|pact)", r"inks\b",
    ),
    _rule(
        "deals", (0.1, 0.2, 1.0),
        r"revenues?\b", r"earnings", r"quarter(?:ly)?\b", r"profits?\b", r"market share", r"q[1-4]\b",
        r"layoffs?", r"job cuts",
    ),
    _rule(
        "legal", (0.6, 0.3, 0.9),
        r"lawsuit", r"sue[sd]?\b", r"suing", r"court", r"judge", r"settle(?:s|d|ment)\b", r"antitrust",
        r"trial\b", r"verdict", r"infring",
    ),
    _rule(
        "legal", (0.6, 0.5, 0.8),
        r"legislation", r"lawmakers?", r"bill\b(?= (?:to|would|that|pass))", r"congress", r"parliament",
        r"european union", r"regulat", r"copyright office",
    ),
    _rule(
        "rights", (0.9, 0.4, 0.9),
        r"royalt(?:y|ies)", r"copyright", r"licens(?:e|es|ed|ing)\b", r"mechanical", r"pros?\b(?= rate)",
        r"ascap", r"bmi\b", r"gema\b", r"prs\b", r"publishing rights",
    ),
    _rule(
        "rights", (1.1, 0.4, 0.9),
        r"pay[- ]?outs?", r"per[- ]stream", r"artist[- ]centric", r"minimum (?:stream|pay)",
        r"fraud(?:ulent)? stream",
    ),
    _rule(
        "technology", (0.7, 1.1, 0.6),
        r"generative", r"artificial intelligence", r"(?-i:AI|A\.I\.)(?!\w)", r"machine learning", r"deepfakes?",
        r"voice clon", r"suno\b", r"udio\b",
    ),
    _rule(
        "technology", (0.2, 1.2, 0.2),
        r"\bapi\b", r"sdk\b", r"developers?\b", r"open[- ]source", r"algorithms?\b", r"metadata", r"app store",
        r"software update",
    ),
    _rule(
        "platforms", (0.5, 0.5, 0.5),
        r"spotify", r"apple music", r"youtube", r"tiktok", r"deezer", r"tidal\b", r"amazon music", r"soundcloud",
        r"bandcamp", r"streaming (?:service|platform)",
    ),
    _rule(
        "platforms", (0.4, 0.4, 0.4),
        r"playlist", r"discovery (?:tool|feature)", r"new feature", r"rolls? out", r"launches\b",
        r"monthly (?:users|listeners)", r"subscribers",
    ),
    _rule(
        "gear", (0.8, 0.5, 0.1),
        r"synth(?:esi[sz]er)?s?\b", r"drum machine", r"sampler\b", r"eurorack", r"midi\b", r"plug-?ins?\b",
        r"vst3?\b", r"\bdaw\b", r"ableton", r"audio interface", r"pedal\b", r"controller\b", r"firmware",
        r"sound ?pack", r"patch editor", r"modular\b",
    ),
    _rule(
        "charts", (0.4, 0.1, 0.5),
        r"billboard 200", r"hot 100", r"charts?\b", r"number one", r"no\. ?1\b", r"top (?:ten|10|40)\b",
        r"debuts? at", r"certified (?:gold|platinum)",
    ),
    _rule(
        "live", (0.5, 0.0, 0.5),
        r"tours?\b", r"tour dates", r"concerts?\b", r"festivals?\b", r"coachella", r"glastonbury",
        r"live nation", r"ticket(?:s|master|ing)?\b", r"venues?\b", r"box office",
    ),
    _rule(
        "release", (0.4, 0.0, 0.2),
        r"new (?:album|single|song|ep|lp|track|video)",
        r"announc(?:es?|ing) .{0,40}\b(?:album|ep|lp|record|mixtape)\b",
        r"shares? (?:new )?(?:single|video|song)", r"debut album", r"mixtape", r"out now", r"tracklist",
    ),
    _rule(
        "review", (0.3, 0.0, 0.1),
        r"reviews?\b", r"album of the (?:week|month)", r"best new (?:music|track)", r"premature evaluation",
    ),
    _rule(
        None, (0.5, 0.0, 0.1),
        r"grant\b", r"fellowship", r"songwriting camp", r"submissions? open", r"competition", r"residency",
        r"masterclass", r"songwriters?\b", r"producers?\b",
    ),
    _rule(
        None, (0.3, 0.0, 0.7),
        r"sync(?:hroni[sz]ation)? (?:deal|licen)", r"brand partnership", r"sponsor", r"merch(?:andise)?\b",
        r"advertis",
    ),
    _rule(
        None, (0.2, 0.0, 0.5),
        r"universal music", r"sony music", r"warner music", r"umg\b", r"wmg\b", r"bmg\b",
        r"believe\b(?= (?:music|group|sa))", r"major labels?", r"indie labels?", r"merlin\b",
    ),
)  # fmt: skip


def impact(title: str, text: str, tags: Sequence[str], outlet_tier: int) -> Impact:
    """Judge an item by the rules.

    Each rule counts once: fully where it matches title or tags, by ``TEXT_SHARE`` where it matches the text alone.
    With w the sum of a tier's weights times the outlet's factor, the impact is ``100 (1 - exp(-w))``: it grows with
    every match and never exceeds 100. The category is that of the rules with the greatest total; where none
    matches it is ``other`` and the impacts are 0.

    Args:
        title: headline.
        text: what else is known of the item.
        tags: the feed's own categories.
        outlet_tier: 1-3, see ``industry.sources.tier``.
    """
    prominent = " \n ".join([title, *tags])
    totals = [0.0, 0.0, 0.0]
    by_category: dict[str, float] = {}
    for rule in _RULES:
        share = 1.0 if rule.pattern.search(prominent) else TEXT_SHARE if rule.pattern.search(text) else 0.0
        if share == 0.0:
            continue
        weights = (rule.creator, rule.developer, rule.monetizer)
        totals = [total + share * weight for total, weight in zip(totals, weights, strict=True)]
        if rule.category is not None:
            by_category[rule.category] = by_category.get(rule.category, 0.0) + share * max(weights)
    category = max(CATEGORIES, key=lambda name: (by_category.get(name, 0.0), name == "other"))
    outlet = OUTLET_SHARES[outlet_tier]
    creator, developer, monetizer = (round(100 * (1 - math.exp(-total * outlet))) for total in totals)
    return Impact(category, creator, developer, monetizer)
