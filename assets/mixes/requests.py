"""Mix requests as people write them (YAML or JSON) and as the warehouse keeps them.

Belongs here: reading, validating and naming a request. Does not belong here: whether a crate can meet it
(``assets.mixes.planner``) or storing it (``assets.mixes.definitions.submission``).

The fields are those of `assets.mixes.mix_plan.MixRequest`, and ``length_minutes`` for people who do not count seconds.
"""

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from assets.mixes.mix_plan import MixRequest
from resources.failures import InputError

MINUTES = "length_minutes"
LONGEST_SECONDS = 24 * 3600.0
LOUDNESS_RANGE_LUFS = (-30.0, -6.0)
"""Below it a mix is hardly heard beside anything else; above it no limiter gets there without audible damage."""
BPM_RANGE = (20.0, 400.0)
_REMEDY = "Write one `field: value` a line."
_LARGEST_SEED = 2**63 - 1
"""What a bigint of the warehouse holds."""
_FIELDS = tuple(field.name for field in fields(MixRequest) if field.name != "request_id")
_ADAPTER = TypeAdapter(MixRequest)


def parse_request(text: str, source: str = "the request") -> MixRequest:
    """Read a request from YAML or JSON text; its id follows from its content.

    Args:
        text: one mapping of fields.
        source: what to call it in an error, e.g. the file's name.

    Raises:
        InputError: the text is no mapping, or a field is unknown or out of range; the message names field and remedy.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise InputError(
            f"{source} is neither YAML nor JSON: {problem}.", "Write one `field: value` a line."
        ) from error
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        kind = "a list" if isinstance(data, list) else "a single value"
        raise InputError(f"{source} is {kind}, not a set of fields.", _REMEDY)
    return request_from(data, source)


def request_from(data: Mapping[str, Any], source: str = "the request", request_id: str | None = None) -> MixRequest:
    """Validate the fields of a request.

    Args:
        data: field -> value.
        source: what to call it in an error.
        request_id: its id; None: one that follows from the content, so that the same wish has the same id.

    Raises:
        InputError: a field is unknown or out of range.
    """
    given = _with_seconds(dict(data), source)
    unknown = [str(name) for name in given if name not in _FIELDS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], [*_FIELDS, MINUTES], n=1)
        remedy = f"Did you mean `{near[0]}`?" if near else f"The fields are {', '.join(_FIELDS)} and {MINUTES}."
        raise InputError(f"{source} has a field `{unknown[0]}`, which does not exist.", remedy)
    given = {name: value for name, value in given.items() if value is not None}
    try:
        request = _ADAPTER.validate_python({**given, "request_id": "-"})
    except ValidationError as error:
        raise _field_error(error, source) from error
    _check_ranges(request, source)
    return _ADAPTER.validate_python({**asdict(request), "request_id": request_id or content_id(request)})


def parameters(request: MixRequest) -> dict[str, Any]:
    """What the warehouse keeps of a request: every field but the id, defaults filled in, ready for JSON."""
    values = _ADAPTER.dump_python(request, mode="json")
    del values["request_id"]
    return dict(values)


def parameters_sha256(request: MixRequest) -> str:
    """SHA-256 of the canonical JSON of `parameters`, in hexadecimal."""
    canonical = json.dumps(parameters(request), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def content_id(request: MixRequest, repetition: int = 1) -> str:
    """Id of a request: ``mix-`` and the head of its hash; a deliberate repetition has its number behind it."""
    return f"mix-{parameters_sha256(request)[:12]}" + (f"-{repetition}" if repetition > 1 else "")


def _with_seconds(data: dict[str, Any], source: str) -> dict[str, Any]:
    """Turn ``length_minutes`` into ``seconds``."""
    minutes = data.pop(MINUTES, None)
    if minutes is None:
        return data
    if data.get("seconds") is not None:
        raise InputError(f"{source} gives its length twice, as `seconds` and `{MINUTES}`.", "Keep one of them.")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float):
        raise InputError(f"{source} has `{MINUTES}: {minutes!r}`, which is no number.", f"Write `{MINUTES}: 60`.")
    return {**data, "seconds": 60.0 * minutes}


def _field_error(error: ValidationError, source: str) -> InputError:
    """The first problem pydantic found, as a sentence."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or "the whole"
    value = json.dumps(first["input"], default=str, ensure_ascii=False)
    if first["type"] == "literal_error":
        remedy = f"Choose one of {first['ctx']['expected']}."
    elif first["type"] == "missing":
        return InputError(f"{source} lacks `{name}`.", "Add it.")
    else:
        remedy = f"{first['msg'][0].upper()}{first['msg'][1:]}."
    return InputError(f"{source} has `{name}: {value}`, which cannot be used.", remedy)


def _check_ranges(request: MixRequest, source: str) -> None:
    """Refuse values of the right type that mean nothing.

    Raises:
        InputError: naming the first such field.
    """

    def check(sound: bool, field: str, value: object, remedy: str) -> None:
        if not sound:
            raise InputError(f"{source} has `{field}: {value}`, which is out of range.", remedy)

    if request.seconds is not None:
        remedy = f"Write more than 0 and at most {LONGEST_SECONDS:g} seconds ({LONGEST_SECONDS / 60:g} minutes)."
        check(0 < request.seconds <= LONGEST_SECONDS, "seconds", request.seconds, remedy)
    quiet, loud = LOUDNESS_RANGE_LUFS
    remedy = f"Write {quiet:g} to {loud:g} LUFS."
    check(quiet <= request.loudness_lufs <= loud, "loudness_lufs", request.loudness_lufs, remedy)
    check(0 <= request.seed <= _LARGEST_SEED, "seed", request.seed, "Write a whole number from 0 on.")
    if request.bpm_range is not None:
        low, high = request.bpm_range
        remedy = f"Write [lowest, highest] within {BPM_RANGE[0]:g}-{BPM_RANGE[1]:g}, e.g. [122, 128]."
        check(BPM_RANGE[0] <= low <= high <= BPM_RANGE[1], "bpm_range", [low, high], remedy)
    for plateau in request.plateaus:
        sound = 0 <= plateau.start < plateau.end <= 1 and 0 <= plateau.energy <= 1
        remedy = "Write start and end as positions in the set from 0 to 1, start before end, and energy from 0 to 1."
        check(sound, "plateaus", vars(plateau), remedy)
    texts = (request.title, request.genre, request.first, request.last, *request.must_have, *request.must_not)
    for text in texts:
        check("\0" not in (text or ""), "title, genre or track ids", repr(text), "Take the NUL character out.")
    both = sorted(set(request.must_have) & set(request.must_not))
    check(not both, "must_have", both, "These tracks are in `must_not` too; take them out of one of the two.")
