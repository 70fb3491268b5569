"""The price table and the bound on what a call can cost."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.failures import InputError
from resources.llm.prices import greatest_usage, load_prices
from resources.llm.provider import Message, Usage
from resources.settings import Settings

TODAY = dt.date(2026, 11, 20)


def test_every_model_that_the_settings_name_by_default_has_a_price() -> None:
    table, fields = load_prices(), Settings.model_fields
    for provider in ("anthropic", "openai", "deepseek"):
        assert table.price(provider, fields[f"{provider}_model"].default, TODAY) is not None


def test_every_price_is_dated_and_says_where_it_comes_from() -> None:
    for row in load_prices().prices:
        assert row.valid_from <= row.checked_on <= TODAY
        assert row.source.startswith("https://")
        assert 0 < row.input <= row.output


def test_an_unknown_model_has_no_price_and_a_price_none_before_its_day(tmp_path: Path) -> None:
    table = tmp_path / "prices.yaml"
    rows = [
        f"{{provider: p, model: m, valid_from: {day}, input: {usd}, output: 9, checked_on: 2026-01-01, source: s}}"
        for day, usd in (("2026-03-01", 2), ("2026-01-01", 1), ("2026-12-01", 3))
    ]
    table.write_text("prices: [" + ", ".join(rows) + "]")
    prices = load_prices(table)

    assert prices.price("p", "unknown", TODAY) is None
    assert prices.price("other", "m", TODAY) is None
    assert prices.price("p", "m", dt.date(2025, 12, 31)) is None
    january, november = prices.price("p", "m", dt.date(2026, 2, 1)), prices.price("p", "m", TODAY)
    assert january is not None
    assert november is not None
    assert (january.input, november.input) == (1, 2)


@pytest.mark.parametrize("text", ["prices: [{provider: p}]", "prices: {", "[]"])
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    table = tmp_path / "prices.yaml"
    table.write_text(text)
    with pytest.raises(InputError, match="BACKBEAT_LLM_PRICES"):
        load_prices(table)


def test_cost_is_by_the_million_and_rounded_up() -> None:
    price = load_prices().price("anthropic", "claude-haiku-4-5", TODAY)
    assert price is not None
    assert price.cost(Usage(1_000_000, 1_000_000)) == price.input + price.output
    assert price.cost(Usage(1, 0)) == Decimal("0.000001")
    assert load_prices().price("openai", "gpt-4.1-mini", TODAY).cost(Usage(1, 0)) == Decimal("0.000001")  # type: ignore[union-attr]


@given(st.text(), st.text(), st.integers(1, 5000))
def test_no_prompt_has_more_tokens_than_bytes(system: str, user: str, max_tokens: int) -> None:
    most = greatest_usage([Message("system", system), Message("user", user)], "{}", max_tokens)
    assert most.tokens_in >= len(f"{system}{user}".encode())
    assert most.tokens_out == max_tokens
