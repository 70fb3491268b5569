"""Plain text from hostile and from merely careless markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.plain_text import plain_text, shortened, without_footer


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One Two Three"),
        ("Rock &amp;amp;amp; Roll", "Rock & Roll"),
        ("a<script>alert(1)</script>b<style>p{}</style>c", "abc"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;safe", "safe"),
        ("<img src=x onerror=alert(1)>picture", "picture"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("itâ\x80\x99s", "it’s"),
        ("UMGâ€™s â‚¬500m â€¦", "UMG’s €500m …"),
        ("CafÃ© â\x80\x93 noir", "Café – noir"),
        ("château à la crème", "château à la crème"),
        ("zero\x00width\u200b and bidi\u202e", "zerowidth and bidi"),
        ("e\u0301", "é"),
        ("  many \n\t spaces  ", "many spaces"),
    ],
)
def test_known_texts(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@given(st.text(max_size=200))
def test_text_of_text_is_that_text(markup: str) -> None:
    once = plain_text(markup)
    assert plain_text(once) == once


@given(
    st.lists(
        st.sampled_from(["<", ">", "&lt;", "&amp;", "script", "/", "p", " ", "onerror=x", "&#60;", "a"]), max_size=12
    )
)
def test_no_tag_ever_comes_out(parts: list[str]) -> None:
    assert "<script" not in plain_text("".join(parts)).lower()


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("It ends. The post It ends appeared first on Some Blog.", "It ends."),
        ("It ends. [...]", "It ends."),
        ("It ends. Continue reading It ends at Some Blog", "It ends."),
        ("They sat down to read more of it.", "They sat down to read more of it."),
    ],
)
def test_footers_of_blog_software_go(text: str, bare: str) -> None:
    assert without_footer(text) == bare


@given(st.text(min_size=1, max_size=80), st.integers(2, 40))
def test_shortened_text_fits(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")
