"""Whether a payload has the form its source promised: the guard against error pages served with status 200.

Belongs here: telling feeds, JSON, web pages and tables apart by their first bytes. Does not belong here: parsing
(``parsers``). feedparser returns no entries and no error for a web page, so nothing after this would notice.
"""

import codecs
import html
import re

from assets.industry.catalogue import Form

LOOKED_AT_BYTES = 65536
"""How far the root of a feed is looked for: some servers put warnings, comments or style sheets before it."""
_TITLE_CHARS = 80

_FEED_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel)[\s>/]", re.IGNORECASE)
_PAGE_ROOT = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


def unexpected_form(expected: Form, body: bytes) -> str | None:
    """Return what is wrong with the form of a body, as a sentence, or None where it has the expected one.

    Args:
        expected: what the catalogue says the source answers with.
        body: the whole body.
    """
    start = _start(body)
    if not start:
        return f"The body is empty where {_name(expected)} was expected."
    found = _form(start)
    # tables have no mark of their own, and pieces of pages neither
    unmarked = Form.HTML if start.startswith("<") else Form.CSV
    if expected is found or (found is None and expected is unmarked):
        return None
    if found is Form.HTML:
        title = _TITLE.search(start)
        words = " ".join(html.unescape(title.group(1)).split())[:_TITLE_CHARS] if title else ""
        titled = f" titled '{words}'" if words else ""
        return f"The body is a web page{titled} where {_name(expected)} was expected."
    return f"The body is {_name(found) if found else 'something else'} where {_name(expected)} was expected."


def _start(body: bytes) -> str:
    head = body[:LOOKED_AT_BYTES]
    encoding = next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")
    return head.decode(encoding, errors="replace").strip("\ufeff \t\r\n\0")


def _form(start: str) -> Form | None:
    if start[0] in "{[":
        return Form.JSON
    feed, page = _FEED_ROOT.search(start), _PAGE_ROOT.search(start)
    if feed and not (page and page.start() < feed.start()):
        return Form.FEED
    return Form.HTML if page else None


def _name(form: Form) -> str:
    return {Form.FEED: "a feed", Form.JSON: "JSON", Form.HTML: "a web page", Form.CSV: "a table"}[form]
