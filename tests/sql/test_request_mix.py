"""Asking for a mix by SQL: the same fields, ranges and ids as a request file."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_args

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from assets.mixes.mix_plan import ContextName, CurveName, MixRequest
from assets.mixes.requests import content_id, parameters, parameters_sha256, request_from
from resources.failures import InputError
from resources.warehouse import Warehouse

pytestmark = pytest.mark.xdist_group("api")

IDS = [f"{n:032x}" for n in range(1, 6)]


@pytest.fixture
def crate(warehouse: Warehouse) -> Warehouse:
    with warehouse.connect() as connection:
        connection.execute(
            "INSERT INTO library.intake_batches (batch_key, source, track_count) VALUES ('b000001', 'file:///m', 5)"
        )
        connection.execute(
            "INSERT INTO library.tracks (track_id, batch_key, title, media_type, audio_bytes)"
            " SELECT id, 'b000001', id, 'audio/flac', 1 FROM unnest(%s::text[]) AS id",
            [IDS],
        )
    return warehouse


@pytest.fixture
def member_of_crate(crate: Warehouse) -> Iterator[psycopg.Connection]:
    with psycopg.connect(crate.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET ROLE backbeat_member")
        yield connection


def ask(connection: psycopg.Connection, **arguments: object) -> dict[str, Any]:
    row = connection.execute("SELECT api.try('request_mix', %s)", [Jsonb(arguments)]).fetchone()
    assert row is not None
    envelope: dict[str, Any] = row[0]
    return envelope


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=15)
UNIT = st.floats(0, 1)
PLATEAU = st.tuples(UNIT, UNIT, UNIT, TEXT).map(
    lambda parts: {"start": min(parts[:2]), "end": max(parts[:2]), "energy": parts[2], "purpose": parts[3]}
)
REQUEST = st.fixed_dictionaries(
    {},
    optional={
        "title": TEXT,
        "seconds": st.none() | st.floats(-1, 90_000) | st.integers(1, 90_000),
        "curve": st.sampled_from(get_args(CurveName)),
        "plateaus": st.lists(PLATEAU, max_size=2),
        "context": st.none() | st.sampled_from(get_args(ContextName)),
        "must_have": st.lists(st.sampled_from(IDS), max_size=3, unique=True),
        "must_not": st.lists(st.sampled_from(IDS), max_size=2, unique=True),
        "first": st.none() | st.sampled_from(IDS),
        "last": st.none() | st.sampled_from(IDS),
        "bpm_range": st.none() | st.lists(st.floats(15, 410), min_size=2, max_size=2),
        "genre": st.none() | TEXT,
        "loudness_lufs": st.floats(-31, -5) | st.integers(-30, -6),
        "seed": st.integers(-1, 2**63 - 1),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=REQUEST)
def test_both_ways_in_agree_on_what_is_sound_and_on_the_id(
    member_of_crate: psycopg.Connection, crate: Warehouse, fields: dict[str, Any]
) -> None:
    crate.execute("DELETE FROM mixes.mix_requests")
    envelope = ask(member_of_crate, **fields)
    try:
        request = request_from(fields)
    except InputError:
        assert envelope["error"]["code"] == "MIXES_VALIDATION_ERROR"
        return
    assert envelope["ok"], envelope["error"]
    assert envelope["data"]["mix_id"] == content_id(request)
    assert crate.rows("SELECT parameters, parameters_sha256 FROM mixes.mix_requests") == [
        (parameters(request), parameters_sha256(request))
    ]


def test_it_offers_every_field_of_a_request(crate: Warehouse) -> None:
    names = crate.scalar("SELECT proargnames FROM pg_proc WHERE oid = 'api.request_mix'::regproc")
    assert names == [field.name for field in fields(MixRequest) if field.name != "request_id"]


def test_the_same_wish_is_one_mix(member_of_crate: psycopg.Connection, crate: Warehouse) -> None:
    first = ask(member_of_crate, seconds=600)
    assert first["data"]["status"] == "pending"
    assert ask(member_of_crate, seconds=600.0) == first
    assert ask(member_of_crate, seconds=601)["data"]["mix_id"] != first["data"]["mix_id"]
    assert crate.scalar("SELECT count(*) FROM mixes.mix_requests") == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"curve": "flat"}, "MIXES_VALIDATION_ERROR"),
        ({"seconds": 0}, "MIXES_VALIDATION_ERROR"),
        ({"seconds": "NaN"}, "MIXES_VALIDATION_ERROR"),
        ({"bpm_range": [120]}, "MIXES_VALIDATION_ERROR"),
        ({"plateaus": {"start": 0}}, "MIXES_VALIDATION_ERROR"),
        ({"plateaus": [{"start": "0", "end": 1, "energy": 1}]}, "MIXES_VALIDATION_ERROR"),
        ({"plateaus": [{"start": 0, "end": 1, "energy": 1, "colour": "red"}]}, "MIXES_VALIDATION_ERROR"),
        ({"must_have": IDS[:1], "must_not": IDS[:2]}, "MIXES_VALIDATION_ERROR"),
        ({"must_have": ["f" * 32]}, "MIXES_NOT_FOUND"),
        ({"must_have": [None]}, "MIXES_NOT_FOUND"),
        ({"first": "f" * 32}, "MIXES_NOT_FOUND"),
        ({"seed": 2**63}, "MIXES_INVALID_PARAMS"),
    ],
)
def test_what_cannot_be_is_refused(
    member_of_crate: psycopg.Connection, arguments: dict[str, object], code: str
) -> None:
    assert ask(member_of_crate, **arguments)["error"]["code"] == code


def test_waiting_mixes_are_limited(member_of_crate: psycopg.Connection) -> None:
    (limit,) = member_of_crate.execute("SELECT api._limit('pending_mixes')").fetchone() or (0,)
    for seed in range(limit):
        assert ask(member_of_crate, seed=seed)["ok"]
    assert ask(member_of_crate, seed=limit)["error"]["code"] == "MIXES_RATE_LIMITED"
    assert ask(member_of_crate, seed=0)["ok"]


def test_a_reader_may_not_ask(crate: Warehouse) -> None:
    with psycopg.connect(crate.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET ROLE backbeat_reader")
        assert ask(connection)["error"]["code"] == "MIXES_FORBIDDEN"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT api.request_mix()")
    assert crate.scalar("SELECT count(*) FROM mixes.mix_requests") == 0
