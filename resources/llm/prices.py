"""What calls to language models cost, from a dated table.

Belongs here: the table and the arithmetic. Does not belong here: budgets (:mod:`resources.llm.budget`).
"""

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_UP, Decimal
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resources.failures import InputError
from resources.llm.provider import Message, Usage

_MILLION = Decimal(1_000_000)
_SMALLEST = Decimal("0.000001")
"""Cost is rounded up to what the ledger holds."""

TEMPLATE_TOKENS = 600
"""Allowance for what providers add to a prompt unseen: role markers, and their own words about the schema (Anthropic
documents a system prompt for structured output, a few hundred tokens long)."""


class Price(BaseModel):
    """One row of the table; US dollars for a million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    model: str
    valid_from: dt.date
    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    max_input_tokens: int | None = None
    checked_on: dt.date
    source: str

    def cost(self, usage: Usage) -> Decimal:
        """Return the cost of a call, US dollars, rounded up to a millionth."""
        cost = (self.input * usage.tokens_in + self.output * usage.tokens_out) / _MILLION
        return cost.quantize(_SMALLEST, ROUND_UP)


class PriceTable(BaseModel):
    """The dated prices of all models that may be asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prices: tuple[Price, ...]

    def price(self, provider: str, model: str, day: dt.date) -> Price | None:
        """Return the price of a model on a day, or None where it is not known."""
        rows = [row for row in self.prices if (row.provider, row.model) == (provider, model) and row.valid_from <= day]
        return max(rows, key=lambda row: row.valid_from, default=None)


def load_prices(path: Path | None = None) -> PriceTable:
    """Read a price table; None: the one shipped.

    Raises:
        InputError: it cannot be read.
    """
    try:
        text = (files(__package__) / "prices.yaml").read_text() if path is None else path.read_text(encoding="utf-8")
        return PriceTable.model_validate(yaml.safe_load(text))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise InputError(
            f"The price table of language models {path} cannot be used: {error}.", "Correct BACKBEAT_LLM_PRICES."
        ) from error


def greatest_usage(messages: Sequence[Message], schema: str, max_tokens: int) -> Usage:
    """Return the most that a call can use.

    A token of the byte-level encodings that these models use stands for at least one byte of UTF-8, so the bytes of
    prompt and schema bound the tokens; typical English text has four bytes to a token, so the bound is generous.

    Args:
        messages: the prompt.
        schema: of the answer, as sent: providers make it part of the prompt.
        max_tokens: longest answer.
    """
    sent = sum(len(message.content.encode()) for message in messages) + len(schema.encode())
    return Usage(sent + TEMPLATE_TOKENS, max_tokens)
