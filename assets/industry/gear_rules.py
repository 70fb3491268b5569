"""What a gear headline announces: brand, product, kind, event and price, by rules that would rather say nothing.

Belongs here: the rules. Does not belong here: names of makers (``gear_brands``), reading feeds, rows.

Four ways of saying it are known: "<brand> releases <product>", "<product> from <brand>", "<known brand> <product> now
available", and the same as the first in the text below the headline. What fits none of them, or is plainly something
else (a review, a deal, a podcast, an accessory by others), gives nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from assets.industry.gear_brands import BRANDS

Kind = Literal[
    "plugin", "instrument", "synth", "drum_machine", "module", "controller", "interface", "microphone", "effect",
    "monitor", "daw", "samples", "app", "software", "other",
]  # fmt: skip
Event = Literal["release", "update", "announcement"]

MAX_BRAND_WORDS = 5
MAX_PRODUCT_CHARS = 80


@dataclass(frozen=True)
class Price:
    """An amount and its ISO 4217 code; a product that is free costs 0 of no currency."""

    amount: Decimal
    currency: str | None


@dataclass(frozen=True)
class GearRelease:
    """What an item announces; ``price`` is None where the item gives none."""

    brand: str
    product: str
    kind: Kind
    event: Event
    price: Price | None


_NO_RELEASE = re.compile(
    r"\b(?:reviews?|reviewed|interview|podcast|price cut|tutorial|how to|deals?|sale|save|\d+ ?% off|giveaway|win|"
    r"survey|auction|best|top \d+|vs|versus|tested|opinion|history|black friday|cyber monday|round-?up|course|jam|"
    r"concert|contest|competition|recreating|making of|obituary|dies|died|dead|rip|acquires?|acquired|lawsuit|"
    r"sues|funding|partnership|partners|appoints|hires|ceo|layoffs|gets|rumou?rs?|leaks?|leaked|anniversary|"
    r"artists?|sings?|tour|album|documentary|book)\b|\?",
    re.IGNORECASE,
)
_NO_PRODUCT = re.compile(
    r"\b(?:division|survey|podcast|partnership|acquisition|investment|event|awards?|festival|song|single|album|"
    r"video|tour|book|film|line-?up|scholarship|programme?|store|website|news|label|team|deal)\b",
    re.IGNORECASE,
)
_VERB = (
    r"(?:releas(?:e[sd]?)|launch(?:e[sd])?|announce[sd]?|introduce[sd]?|unveil(?:s|ed)?|debut(?:s|ed)?|intros|"
    r"reveal(?:s|ed)?|presents|unleash(?:es|ed)?|premieres|drops|ships|updates|teases|previews)"
)
_SAID = re.compile(
    rf"^(?P<brand>\S.*?),?\s+(?:(?:has|have|today|just|finally|officially|now|also)\s+)*{_VERB}\s+(?P<product>.+)$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^(?P<product>.+?)\s+(?:from|by)\s+(?P<brand>[^\W\d].*)$")
_SENTENCE = re.compile(r"[.!?…](?:\s|$)")
_ARTICLE = re.compile(
    r"^(?:(?:the|a|an|its|their|his|her|new|brand[- ]new|all[- ]new|free|latest|upcoming|limited[- ]edition)\s+)+", re.I
)
_AFTER_PRODUCT = re.compile(
    r"\s+[-–—|]\s+|:\s(?:an?|the)\s|,\s|;\s|\.\s|!|\s\(|\s+(?:for|with|at|in|on|as|to|that|which|and its|"
    r"featuring|plug-?ins? for|is|are|now|available|fuses|brings|adds|offers|lets|turns|combines|updated|entering|"
    r"enters|coming|arrives|goes|puts|makes|promises|expands|takes|includes|delivers|hits|lands|returns|joins|"
    r"creates|recreates|emulates|gives|released|announced|launched|unveiled|pre-?orders?|free)\b.*",
    re.IGNORECASE,
)  # fmt: skip
_NICKNAME = re.compile(r"\s+[‘'\"“][^’'\"”]+[’'\"”]$")
_DESCRIPTION = re.compile(
    r"\s+(?:virtual|software|analog(?:ue)?|desktop|digital|hardware|modular|polyphonic|monophonic|microtonal|"
    r"hybrid|mono|public|sequenc(?:er|ing)|polysynth|synth(?:s|esi[sz]ers?)?|re-?synthesis|plug-?ins?|"
    r"instruments?|eurorack|modules?|pedals?|drum machines?|sample (?:pack|library)|controllers?|keyboards?|"
    r"audio interfaces?|microphones?|monitors?|headphones?|effects?|apps?|version|beta|updates?)\b.*",
    re.IGNORECASE,
)
"""What begins the words that say what a product is, behind its name: "Model 82 Sequencing Mono Synth"."""

_KIND_WORDS: Sequence[tuple[Kind, str]] = (
    ("module", r"eurorack|modular (?:synth|system)|modules?"),
    ("samples", r"sample (?:pack|librar|collection)\w*|sound librar\w+|ambiences|kontakt|expansion pack|loops|"
     r"presets?"),
    ("drum_machine", r"drum (?:machine|computer|synth\w*)|groovebox|beat machine|mpc"),
    ("plugin", r"plug-?ins?|vst3?|auv3|audio unit|aax|virtual instrument|soft(?:ware )?synth\w*"),
    ("microphone", r"microphones?|mics?|condenser|ribbon mic"),
    ("interface", r"audio interfaces?|interfaces?|preamps?"),
    ("monitor", r"studio monitors?|monitors?|headphones?|speakers?|subwoofer"),
    ("controller", r"controllers?|midi keyboard|dj (?:deck|mixer|system)|fader"),
    ("synth", r"synth(?:s|esi[sz]ers?)?|polysynth|monosynth"),
    ("effect", r"pedals?|reverb|delay|compressors?|equali[sz]er|distortion|overdrive|fuzz|effects?|processor|"
     r"limiter|load ?box"),
    ("daw", r"daw|digital audio workstation|ableton live|bitwig studio|logic pro|fl studio|cubase|pro tools"),
    ("app", r"ios|ipad|iphone|android|app"),
    ("instrument", r"pianos?|guitars?|keyboards?|drums?|organ|sampler|instruments?"),
    ("software", r"software|editor|tool|web ?site"),
)  # fmt: skip
_KINDS = tuple((kind, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for kind, words in _KIND_WORDS)
_UPDATE = re.compile(
    r"\b(?:updates?|updated|firmware|upgrade|version \d|v\d+(?:\.\d+)*|now native|os \d)\b", re.IGNORECASE
)
_TO_COME = re.compile(
    r"\b(?:beta|prototype|teas(?:es|ed|er)|upcoming|coming soon|previews?|sneak peek|in development|to be released)\b",
    re.IGNORECASE,
)
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "US$": "USD", "A$": "AUD", "C$": "CAD"}
_CODES = "USD|EUR|GBP|JPY|CAD|AUD|CHF|SEK"
_AMOUNT = r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{2})?(?!\d)|\d+(?:[.,]\d{2})?(?!\d)"
_PRICE = re.compile(
    rf"(?P<symbol>US\$|A\$|C\$|[$€£¥])\s?(?P<amount>{_AMOUNT})(?![\d%])|"
    rf"(?P<before>{_CODES})\s?(?P<amount2>{_AMOUNT})\b|\b(?P<amount3>{_AMOUNT})\s?(?P<after>{_CODES}|€|£)(?!\w)",
)
_NOT_ITS_PRICE = re.compile(
    r"(?:save|saving|off|was|worth|regular(?:ly)?|instead of|reg\.?|valued at|win|prize|vouchers?|over|under|than)\s+"
    r"(?:of\s+|up to\s+|a\s+)?$",
    re.IGNORECASE,
)
_NOT_A_PRICE = re.compile(r"\s+(?:off|vouchers?|prizes?|gift|discount|million|billion|\w+ vouchers?)\b|[mkb]\b", re.I)
_FREE = re.compile(
    r"\b(?:is|are|available|download(?:ed)?|completely|totally|now)(?: \w+)? free\b|\bfor free\b|\bfreeware\b|"
    r"\bfree (?:plug-?in|vst|download|synth\w*|effect|sample pack|app|update|eurorack|kontakt|library|instrument)\b",
    re.IGNORECASE,
)


def gear_release(title: str, text: str | None) -> GearRelease | None:
    """Return what an item announces, or None where it names no brand and product that can be told apart.

    Args:
        title: headline.
        text: the feed's description, without the headline; None where there is none.
    """
    title, text = " ".join(title.split()), " ".join((text or "").split())
    if _NO_RELEASE.search(title):
        return None
    found = _said(title) or _from(title, text) or _known(title) or _said_in_text(text)
    if found is None:
        return None
    brand, product = found
    everything = f"{title}. {text}"
    kind = _kind(product, title, text)
    if kind == "other" and brand not in BRANDS:
        return None
    event: Event = "release"
    if _TO_COME.search(everything):
        event = "announcement"
    elif _UPDATE.search(everything):
        event = "update"
    return GearRelease(brand, product, kind, event, price(everything))


def price(text: str) -> Price | None:
    """Return the first price that a text gives for the thing itself: not a saving, an old price or a comparison."""
    for found in _PRICE.finditer(text):
        if _NOT_ITS_PRICE.search(text[: found.start()]) or _NOT_A_PRICE.match(text, found.end()):
            continue
        mark = found["symbol"] or found["before"] or found["after"]
        return Price(_decimal(found["amount"] or found["amount2"] or found["amount3"]), _SYMBOLS.get(mark, mark))
    return Price(Decimal(0), None) if _FREE.search(text) else None


def _decimal(amount: str) -> Decimal:
    """Read an amount; a point or comma with three digits behind it groups thousands."""
    whole = re.sub(r"[.,](?=\d{3}(?!\d))", "", amount)
    return Decimal(whole.replace(",", "."))


def _said(sentence: str) -> tuple[str, str] | None:
    found = _SAID.match(sentence)
    return _checked(found["brand"], found["product"]) if found else None


def _said_in_text(text: str) -> tuple[str, str] | None:
    return _said(_SENTENCE.split(text, maxsplit=1)[0])


def _from(title: str, text: str) -> tuple[str, str] | None:
    found = _FROM.match(title)
    if not found:
        return None
    brand = _AFTER_PRODUCT.split(found["brand"], maxsplit=1)[0]
    # many things come "from" somewhere; a maker is one we know, or one that the text names too
    if brand not in BRANDS and not (text and brand in text):
        return None
    return _checked(brand, found["product"])


def _known(title: str) -> tuple[str, str] | None:
    """Split a headline behind the longest maker's name that it begins with."""
    words = title.split()
    for count in range(min(MAX_BRAND_WORDS, len(words) - 1), 0, -1):
        brand = re.sub(r"[’']s$", "", " ".join(words[:count]))
        if brand in BRANDS:
            return _checked(brand, " ".join(words[count:]))
    return None


def _checked(brand: str, product: str) -> tuple[str, str] | None:
    """Return brand and product cut to their names, or None where they are none."""
    brand = re.sub(r"[’']s$", "", brand.strip(" ,:"))
    words = brand.split()
    if not words or len(words) > MAX_BRAND_WORDS or words[0].lower() in _NO_BRAND or _FROM.match(brand):
        return None
    if brand not in BRANDS and not all(
        word[0].isupper() or not word[0].isalpha() or word in _JOINING for word in words
    ):
        return None
    product = _AFTER_PRODUCT.split(_ARTICLE.sub("", product.strip()), maxsplit=1)[0]
    product = _DESCRIPTION.sub("", _NICKNAME.sub("", product.strip(" ,.:;!"))).strip(" ,.:;!…")
    named = product[:1].isupper() or any(letter.isdigit() for letter in product) or product != product.lower()
    if not named or len(product) > MAX_PRODUCT_CHARS or _NO_PRODUCT.search(product):
        return None
    return brand, product


_NO_BRAND = frozenset(
    {"new", "free", "how", "why", "what", "when", "watch", "video", "this", "these", "those", "three", "best", "here"}
    | {"it", "they", "we", "i", "you", "a", "an", "behind", "inside", "meet", "get", "hear", "listen", "now", "first"}
    | {"after", "before"}
)
"""First words of what is no maker's name."""

_JOINING = frozenset({"of", "and", "&", "the", "de", "notes"})


def _kind(product: str, title: str, text: str) -> Kind:
    """Return the kind by the words nearest to the product: its own name, the headline, then the text."""
    for place in (product, title, text):
        for kind, words in _KINDS:
            if words.search(place):
                return kind
    return "other"
