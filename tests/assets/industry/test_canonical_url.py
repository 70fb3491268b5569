"""The canonical form of addresses: known answers, and properties over generated ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.canonical_url import MAX_URL_CHARS, canonical_url


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("https://example.com/a?utm_source=rss&utm_medium=feed", "https://example.com/a"),
        ("HTTPS://Example.COM:443/A/b?x=1&fbclid=Z&y=2#top", "https://example.com/A/b?x=1&y=2"),
        ("http://example.com", "http://example.com/"),
        ("http://example.com:8080/?p=12345", "http://example.com:8080/?p=12345"),
        ("https://user:secret@example.com/a", "https://example.com/a"),
        ("https://example.com/%7eband/%c3%a9t%c3%a9", "https://example.com/~band/%C3%A9t%C3%A9"),
        ("https://example.com/été", "https://example.com/%C3%A9t%C3%A9"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://example.com/a%2Fb", "https://example.com/a%2Fb"),
        ("https://www.bbc.co.uk/news/1?at_medium=RSS&at_campaign=KARANGA", "https://www.bbc.co.uk/news/1"),
        (" https://example.com/a\n ", "https://example.com/a"),
        ("http://[2001:db8::1]/a", "http://[2001:db8::1]/a"),
    ],
)
def test_known_addresses(given_url: str, expected: str) -> None:
    assert canonical_url(given_url) == expected


@pytest.mark.parametrize(
    "address",
    ["", "/relative", "//example.com/a", "javascript:alert(1)", "mailto:a@example.com", "file:///etc/passwd", "http://",
     "http://[bad", "http://example.com:99999/", "https://example.com/" + "a" * MAX_URL_CHARS],
)  # fmt: skip
def test_what_is_no_web_address_has_no_canonical_form(address: str) -> None:
    assert canonical_url(address) is None


def test_parameters_that_name_the_article_stay_in_their_order() -> None:
    address = "https://example.com/view?id=9&lang=de&page=2"
    assert canonical_url(address + "&utm_id=1") == address


@given(st.text(max_size=200))
def test_any_text_is_an_address_or_none(text: str) -> None:
    canonical = canonical_url(text)
    assert canonical is None or canonical.startswith(("http://", "https://"))


@given(
    st.sampled_from(["http", "https", "HTTP"]),
    st.from_regex(r"[a-zA-Z0-9]{1,10}(\.[a-z]{2,5}){1,2}", fullmatch=True),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40),
    st.lists(st.tuples(st.sampled_from(["id", "utm_source", "gclid", "p", "%41"]), st.text(max_size=5)), max_size=4),
)
def test_canonical_form_is_stable(scheme: str, host: str, path: str, query: list[tuple[str, str]]) -> None:
    address = f"{scheme}://{host}/{path}?" + "&".join(f"{name}={value}" for name, value in query)
    once = canonical_url(address)
    assert once is None or canonical_url(once) == once
