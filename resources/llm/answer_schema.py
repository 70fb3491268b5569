"""The schema of an answer as providers take it, and the check of what they return.

Belongs here: the subset of JSON Schema that all structured-output modes share, validation by pydantic. Does not belong
here: any one answer's schema.
"""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ValidationError

from resources.llm.provider import Answer, Completion, InvalidOutputError, Usage

_UNSUPPORTED = frozenset(
    {"default", "examples", "exclusiveMaximum", "exclusiveMinimum", "format", "maxItems", "maxLength", "maximum",
     "minItems", "minLength", "minimum", "multipleOf", "pattern", "title", "uniqueItems"}
)  # fmt: skip
"""Keywords that some provider's structured output refuses; pydantic checks what they say."""


def provider_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a model: every field required, nothing else allowed, no limits."""
    reduced: dict[str, Any] = _reduced(schema.model_json_schema())
    return reduced


def schema_version(schema: type[BaseModel]) -> str:
    """Return the fingerprint of a schema, limits included: 16 hex digits."""
    text = json.dumps(schema.model_json_schema(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def completion(schema: type[Answer], text: str, usage: Usage) -> Completion[Answer]:
    """Validate an answer as written.

    Raises:
        InvalidOutputError: it is not JSON, or not of the schema; the reason names each fault.
    """
    try:
        return Completion(schema.model_validate_json(text), text, usage)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'answer'}: {fault['msg']}" for fault in error.errors()]
        reason = f"The answer is not of the schema: {'; '.join(faults[:5])}."
        raise InvalidOutputError(reason, text, usage) from None


def _reduced(node: Any, *, named: bool = False) -> Any:
    """Return a schema without unsupported keywords; the keys of a ``named`` node are names, not keywords."""
    if isinstance(node, list):
        return [_reduced(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _reduced(value, named=not named and key in {"properties", "$defs"})
        for key, value in node.items()
        if named or key not in _UNSUPPORTED
    }
    if not named and kept.get("type") == "object":
        kept["required"] = sorted(kept.get("properties", {}))
        kept["additionalProperties"] = False
    return kept
