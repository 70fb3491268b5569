"""What is asked of a language model, and what comes of it.

Belongs here: questions and their outcomes, as assets see them. Does not belong here: asking.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic

from resources.llm.answer_schema import schema_version
from resources.llm.provider import Answer, Message

DIGEST = "digest"
SUMMARY = "summary"
"""Purposes; each has a cap of its own in the settings."""


@dataclass(frozen=True)
class Task:
    """What calls are made for.

    Attributes:
        purpose: ``DIGEST`` or ``SUMMARY``.
        subject: which one: all calls for it, over all providers, attempts and runs, share the cap.
    """

    purpose: str
    subject: str


@dataclass(frozen=True)
class Question(Generic[Answer]):
    """What is asked.

    Attributes:
        task: whose budget pays.
        schema: of the answer.
        instructions: what the model is told to do; never holds data.
        data: what it is to do it with; only data, fenced by the caller.
        max_tokens: longest answer.
        objection: what is wrong with an answer that is valid by its schema, one sentence; None: nothing.
    """

    task: Task
    schema: type[Answer]
    instructions: str
    data: str
    max_tokens: int
    objection: Callable[[Answer], str | None] = field(default=lambda _: None)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The prompt."""
        return Message("system", self.instructions), Message("user", self.data)

    @property
    def key(self) -> tuple[str, str, str]:
        """Fingerprints of data, instructions and schema."""
        instructions = hashlib.sha256(self.instructions.encode()).hexdigest()[:16]
        return hashlib.sha256(self.data.encode()).hexdigest(), instructions, schema_version(self.schema)


@dataclass(frozen=True)
class Answered(Generic[Answer]):
    """A usable answer.

    Attributes:
        parsed: the answer.
        method: ``llm:<provider>:<model>``, as method columns say it.
        remembered: whether it was given before, and cost nothing now.
    """

    parsed: Answer
    method: str
    remembered: bool


@dataclass(frozen=True)
class Unanswered:
    """No provider gave a usable answer.

    Attributes:
        reasons: why not, one sentence for each provider that was considered.
        out_of_budget: whether the day's budget refused a call, as it will refuse the next ones like it.
    """

    reasons: tuple[str, ...]
    out_of_budget: bool = False
