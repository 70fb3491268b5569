"""The one address by which a story is known, whatever link a feed gave it.

Belongs here: URL normalisation by rules alone. Does not belong here: following redirects, which needs the network
(``resources/http_client.py``).
"""

import re
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from requests.utils import requote_uri

MAX_URL_CHARS = 2048
"""Longest address kept: the limit that browsers and sitemaps.org share; a longer one is a payload, not an address."""

TRACKING_PREFIXES = ("utm_", "mc_", "pk_", "piwik_", "mtm_", "matomo_", "hsa_", "vero_", "at_", "ns_", "_hs")
"""Starts of query parameters that only tell who sent the reader (documented by the analytics tools themselves)."""

TRACKING_NAMES = frozenset({
    "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "igshid", "igsh", "srsltid",
    "cmpid", "cmp", "campaign_id", "ref", "ref_src", "ref_url", "referrer", "source", "feature", "spm", "partner",
    "ito", "ocid", "smid", "xtor", "s_cid", "ncid", "soc_src", "soc_trk", "guccounter", "guce_referrer",
    "guce_referrer_sig", "outputtype", "__twitter_impression", "via", "nr_email_referer",
})  # fmt: skip
"""Query parameters that only tell who sent the reader."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x20\x7f]+")


def canonical_url(url: str) -> str | None:
    """Return the canonical form of a web address, or None where it is not one.

    Scheme and host are lower-cased, the default port, credentials, fragment and tracking parameters dropped, the
    remaining parameters kept in their order (some sites address an article by them), the path's percent-encoding
    made uniform. The function is idempotent.

    Args:
        url: an absolute address as found in a feed.

    Returns:
        An ``http`` or ``https`` address of at most ``MAX_URL_CHARS`` characters, or None for relative addresses,
        other schemes, unusable hosts and over-long ones.
    """
    try:
        parts = urlsplit(_CONTROL.sub("", url))
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError):
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return None
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc = f"{netloc}:{port}"
    kept = "&".join(pair for pair in parts.query.split("&") if pair and not _is_tracking(pair))
    try:
        address = requote_uri(urlunsplit((scheme, netloc, parts.path or "/", kept, "")))
        address = _ESCAPE.sub(lambda escape: escape.group().upper(), address)
    except ValueError:
        return None
    return address if len(address) <= MAX_URL_CHARS else None


def _is_tracking(pair: str) -> bool:
    lowered = unquote_plus(pair.partition("=")[0]).lower()
    return lowered in TRACKING_NAMES or lowered.startswith(TRACKING_PREFIXES)
