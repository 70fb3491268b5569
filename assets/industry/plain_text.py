"""Markup that strangers wrote, as plain text.

Belongs here: stripping tags, decoding entities however often they were encoded, repairing text that was read in the
wrong encoding. Does not belong here: judging what the text says.
"""

import html
import re
import unicodedata

import nh3

EXCERPT_CHARS = 300
"""Characters of a feed's own text kept outside bronze: an excerpt that may be shown with credit, not a copy."""

_MAX_PASSES = 8
_BLOCK_TAG = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|figure|figcaption|hr|dt|dd)\b)", re.I
)
_BYTE_OF = {bytes([byte]).decode("cp1252", "replace"): byte for byte in range(0x80, 0xA0)}
_TAIL = "[\x80-\xbf" + "".join(character for character in _BYTE_OF if character != "\ufffd") + "]"
_C1_CONTROL = re.compile(r"[\x80-\x9f]")
_MISREAD_UTF8 = re.compile(f"[\xe0-\xef]{_TAIL}{{2}}|[\xf0-\xf4]{_TAIL}{{3}}")
_MISREAD_UTF8_PAIR = re.compile("[\xc2-\xdf][\x80-\xbf]")
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]"
)
_FEED_FOOTER = re.compile(
    r"\s*The post .{1,400}? (?:first )?appeared (?:first )?on .{1,120}$"
    r"|(?:(?<=[.!?…\]])|^)\s*(?:Continue reading|Read [Mm]ore)\b.{0,250}$"
    r"|\s*\[?(?:…|\.\.\.)\]?\s*$"
)


def plain_text(markup: str) -> str:
    """Return the text of HTML, or of text that may hold HTML, on one line.

    Tags go, scripts and styles with their content; entities are decoded as often as they were encoded (feeds hold
    ``&amp;amp;amp;``); invisible and bidirectional control characters go, as does white space beyond single spaces.
    UTF-8 that was read as Latin-1 or Windows-1252 ("â€™" for ’) is read again. The result is
    normalised (NFC) and never grows a tag when passed through again.
    """
    text = _UNPRINTABLE.sub("", _reread(markup))
    for _ in range(_MAX_PASSES):
        stripped = html.unescape(
            nh3.clean(_BLOCK_TAG.sub(" <", text), tags=set(), clean_content_tags={"script", "style"})
        )
        stripped = _UNPRINTABLE.sub("", stripped)
        if stripped == text:
            break
        text = stripped
    return " ".join(unicodedata.normalize("NFC", text).split())


def without_footer(text: str) -> str:
    """Return plain text without what blog software appends: "The post … appeared first on …", "Continue reading"."""
    while True:
        shorter = _FEED_FOOTER.sub("", text)
        if shorter == text:
            return text
        text = shorter


def shortened(text: str, limit: int = EXCERPT_CHARS) -> str:
    """Return text of at most ``limit`` characters, cut between words and ended by an ellipsis where it was cut."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at_word = head.rpartition(" ")[0] or head
    return at_word.rstrip(" ,;:–—-") + "…"


def _reread(text: str) -> str:
    reread = _MISREAD_UTF8.sub(_as_utf8, text)
    # pairs such as "Â«" may be meant, unless something else shows that the text was misread
    misread = reread != text or _C1_CONTROL.search(reread) is not None
    return _MISREAD_UTF8_PAIR.sub(_as_utf8, reread) if misread else reread


def _as_utf8(match: re.Match[str]) -> str:
    try:
        return bytes(_BYTE_OF.get(letter, ord(letter)) for letter in match.group()).decode("utf-8")
    except ValueError:
        return match.group()
