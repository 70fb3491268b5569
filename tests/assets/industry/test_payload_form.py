import io
from pathlib import Path

import feedparser
import pytest

from assets.industry.catalogue import Form
from assets.industry.payload_form import unexpected_form
from tests.assets.industry.loopback_site import ACCESS_DENIED, rss

FEED = rss("Outlet", "A headline")
PAGE = "The body is a web page titled 'Access denied' where a feed was expected."
UNTITLED = "The body is a web page where a feed was expected."


@pytest.mark.parametrize(
    "body",
    [
        FEED,
        b"\xef\xbb\xbf" + FEED,
        b"\n\n  " + FEED,
        b"<br /><b>Warning</b>: mysql_connect() in index.php\n" + FEED,
        b"<!-- cached copy; html below -->" + FEED,
        b'<?xml version="1.0"?><?xml-stylesheet href="rss.xsl"?>' + FEED.partition(b"?>")[2],
        FEED.decode().replace("utf-8", "utf-16").encode("utf-16"),
        b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
        b'<atom:feed xmlns:atom="http://www.w3.org/2005/Atom"/>',
        b'<rdf:RDF xmlns="http://purl.org/rss/1.0/"></rdf:RDF>',
        b'<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "x.dtd"><rss version="0.91"></rss>',
        rss("Outlet", "<html> is a tag & <!doctype html> its beginning"),
    ],
)
def test_accepts_feeds_with_what_servers_put_around_them(body: bytes) -> None:
    assert unexpected_form(Form.FEED, body) is None


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (ACCESS_DENIED, PAGE),
        (b"\n<HTML lang=en><head><title>\n Access\n denied </title></head>", PAGE),
        (b'<?xml version="1.0"?><!DOCTYPE html><html><p>Our <rss>feed</rss></p></html>', UNTITLED),
        (b"", "The body is empty where a feed was expected."),
        (b" \r\n\t\0", "The body is empty where a feed was expected."),
        (b'{"error": "rate limited"}', "The body is JSON where a feed was expected."),
        (b"Service unavailable", "The body is something else where a feed was expected."),
        (b"<Error><Code>AccessDenied</Code></Error>", "The body is something else where a feed was expected."),
    ],
)  # fmt: skip
def test_says_what_came_in_place_of_a_feed(body: bytes, sentence: str) -> None:
    assert unexpected_form(Form.FEED, body) == sentence


@pytest.mark.parametrize(
    ("form", "body", "fits"),
    [
        (Form.JSON, b'{"feed": {}}', True),
        (Form.JSON, b"[1]", True),
        (Form.JSON, ACCESS_DENIED, False),
        (Form.HTML, ACCESS_DENIED, True),
        (Form.HTML, b"<div>part of a page</div>", True),
        (Form.HTML, b'{"error": 1}', False),
        (Form.CSV, b"Position,Track\n1,Song", True),
        (Form.CSV, ACCESS_DENIED, False),
        (Form.CSV, b"<Error/>", False),
    ],
)
def test_tells_the_other_forms_apart(form: Form, body: bytes, fits: bool) -> None:
    assert (unexpected_form(form, body) is None) == fits


def test_no_recorded_feed_is_mistaken_for_anything_else(shared: Path) -> None:
    judged = 0
    for file in sorted((shared / "data" / "feeds").rglob("*.xml")):
        body = file.read_bytes()
        if unexpected_form(Form.FEED, body) is None:
            judged += 1
        else:
            assert not feedparser.parse(io.BytesIO(body)).version, file.name
    assert judged > 1000
