import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixes.mix_plan import MixRequest, Plateau
from assets.mixes.requests import content_id, parameters, parameters_sha256, parse_request, request_from
from resources.failures import InputError


def test_yaml_and_json_say_the_same():
    text = {"title": "Night", "length_minutes": 60, "curve": "double-peak", "must_have": ["a", "b"], "seed": 7}
    from_json = parse_request(json.dumps(text))
    from_yaml = parse_request("title: Night\nlength_minutes: 60\ncurve: double-peak\nmust_have: [a, b]\nseed: 7\n")
    assert from_json == from_yaml
    assert from_yaml.seconds == 3600
    assert from_yaml.must_have == ("a", "b")


def test_plateaus_become_records():
    request = parse_request("plateaus: [{start: 0.2, end: 0.4, energy: 0.9, purpose: first peak}]")
    assert request.plateaus == (Plateau(0.2, 0.4, 0.9, "first peak"),)


def test_an_empty_request_plays_the_whole_crate():
    assert parse_request("").seconds is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("curve: zigzag", ["`curve", "zigzag", "double-peak"]),
        ("lenght_minutes: 5", ["`lenght_minutes`", "`length_minutes`"]),
        ("bananas: 5", ["`bananas`", "loudness_lufs"]),
        ("length_minutes: long", ["`length_minutes", "long", "60"]),
        ("length_minutes: 0", ["`seconds", "more than 0"]),
        ("{length_minutes: 1, seconds: 60}", ["twice", "Keep one"]),
        ("seed: -1", ["`seed", "-1"]),
        ("seed: many", ["`seed", "many", "integer"]),
        ("bpm_range: [128, 122]", ["`bpm_range", "[lowest, highest]"]),
        ("bpm_range: [128]", ["`bpm_range"]),
        ("loudness_lufs: 3", ["`loudness_lufs", "LUFS"]),
        ("plateaus: [{start: 0.5, end: 0.4, energy: 1}]", ["`plateaus", "start before end"]),
        ("plateaus: [{start: 0.5}]", ["`plateaus.0.end`"]),
        ("{must_have: [x], must_not: [x]}", ["`must_have", "x", "must_not"]),
        ("- just\n- a list", ["a list"]),
        ("curve: [unclosed", ["YAML"]),
        ("loudness_lufs: .nan", ["`loudness_lufs"]),
        ("seconds: .inf", ["`seconds"]),
        ('title: "\\0"', ["NUL"]),
    ],
)
def test_an_unusable_request_is_refused_with_field_and_remedy(text, words):
    with pytest.raises(InputError) as refusal:
        parse_request(text, "party.yaml")
    message = str(refusal.value)
    assert message.startswith("party.yaml ")
    for word in words:
        assert word in message


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(
    st.builds(
        MixRequest,
        request_id=st.just("-"),
        title=TEXT,
        seconds=st.none() | st.floats(1, 80_000),
        curve=st.sampled_from(["build", "wave"]),
        must_have=st.lists(TEXT, max_size=3).map(tuple),
        bpm_range=st.none() | st.just((120.0, 130.0)),
        seed=st.integers(0, 2**63 - 1),
    )
)
def test_what_the_warehouse_keeps_reads_back_unchanged(request):
    kept = json.loads(json.dumps(parameters(request)))
    again = request_from(kept, request_id="-")
    assert again == request
    assert parameters_sha256(again) == parameters_sha256(request)


def test_the_id_follows_the_content_and_nothing_else():
    one, other = parse_request("{seed: 1, curve: wave}"), parse_request("curve: wave\nseed: 1")
    assert one.request_id == other.request_id == content_id(one)
    assert parse_request("{seed: 2, curve: wave}").request_id != one.request_id
    assert content_id(one, 2) == f"{one.request_id}-2"
