import pytest

from assets.library.keys import Key, from_camelot, parse_key

ALL = [Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12)]
WHEEL = {
    "8A": "A minor", "8B": "C major", "9A": "E minor", "9B": "G major", "5A": "C minor", "3A": "Bb minor",
    "1A": "Ab minor", "1B": "B major", "12A": "Db minor", "12B": "E major", "2B": "F# major", "11A": "F# minor",
}  # fmt: skip
"""From Mixed In Key's wheel and Mixxx's keyutils.cpp (dj.md 2.1)."""


@pytest.mark.parametrize("code", WHEEL)
def test_the_wheel(code: str) -> None:
    assert from_camelot(code).name == WHEEL[code]
    assert parse_key(WHEEL[code]).camelot == code


@pytest.mark.parametrize("key", ALL, ids=lambda key: key.name)
def test_every_spelling_comes_back(key: Key) -> None:
    assert {parse_key(text) for text in (key.camelot, key.open_key, key.name, key.short_name)} == {key}


@pytest.mark.parametrize("key", ALL, ids=lambda key: key.name)
def test_a_step_on_the_wheel_is_a_fifth_and_shares_six_notes(key: Key) -> None:
    up = key.transposed(7)
    assert up.camelot_number == key.camelot_number % 12 + 1
    assert len(key.pitch_classes & up.pitch_classes) == 6
    relative = Key((key.tonic + (9 if key.mode == "major" else 3)) % 12, "minor" if key.mode == "major" else "major")
    assert relative.camelot_number == key.camelot_number
    assert relative.pitch_classes == key.pitch_classes


def test_eight_to_three_is_a_semitone_up_not_a_fifth() -> None:
    assert from_camelot("8A").transposed(1) == from_camelot("3A")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("08a", "A minor"),
        ("G#m", "Ab minor"),
        ("F♯ minor", "F# minor"),
        ("1m", "A minor"),
        ("Cb", "B major"),
        ("Bbmaj", "Bb major"),
        ("d", "D major"),
    ],
)
def test_usual_spellings(text: str, name: str) -> None:
    assert parse_key(text).name == name


@pytest.mark.parametrize("text", ["", "13A", "0B", "H minor", "All", "8C", "o"])
def test_what_names_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_key(text)


def test_pitch_classes_lie_in_an_octave() -> None:
    with pytest.raises(ValueError):
        Key(12, "major")
