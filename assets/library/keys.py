"""Musical keys and their names: pitch class and mode, Camelot, Open Key, plain names.

Belongs here: the identity of a key and its spellings. Does not belong here: whether two keys mix
(``assets.mixes.harmony``) or how a key is heard in audio (``assets.library.key_detection``).

The Camelot number is generated from the pitch class, never typed in: one step on the wheel is a fifth, so with
pitch class ``p`` (C = 0) a major key has number ``7 (p + 1) mod 12 + 1`` and a minor key ``7 (p + 4) mod 12 + 1``
(derived; agrees with Mixxx's ``keyutils.cpp``).
"""

import re
from dataclasses import dataclass
from typing import Literal

Mode = Literal["major", "minor"]

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""Tonic names as DJs spell them: flats, but F sharp."""

_PITCH_CLASS = {name: i for names in (SHARP_NAMES, FLAT_NAMES) for i, name in enumerate(names)} | {
    "Gb": 6,
    "Cb": 11,
    "B#": 0,
    "E#": 5,
    "Fb": 4,
}
_CAMELOT = re.compile(r"^\s*0?(1[0-2]|[1-9])\s*([ABab])\s*$")
_OPEN_KEY = re.compile(r"^\s*0?(1[0-2]|[1-9])\s*([dmDM])\s*$")
_NAME = re.compile(r"^\s*([A-Ga-g])\s*([#b♯♭]|sharp|flat|-sharp|-flat)?\s*(maj(?:or)?|min(?:or)?|M|m)?\s*$")


@dataclass(frozen=True, order=True)
class Key:
    """A major or minor key.

    Attributes:
        tonic: pitch class of the tonic, 0-11 with C = 0.
        mode: ``"major"`` or ``"minor"``.
    """

    tonic: int
    mode: Mode

    def __post_init__(self) -> None:
        """Refuse pitch classes outside 0-11."""
        if not 0 <= self.tonic <= 11:
            raise ValueError(f"pitch class {self.tonic} is not in 0-11")

    @property
    def camelot_number(self) -> int:
        """Number on the Camelot wheel, 1-12."""
        return 7 * (self.tonic + (1 if self.mode == "major" else 4)) % 12 + 1

    @property
    def camelot(self) -> str:
        """Camelot code, e.g. ``"8A"`` for A minor: the letter is A for minor, B for major."""
        return f"{self.camelot_number}{'B' if self.mode == 'major' else 'A'}"

    @property
    def open_key(self) -> str:
        """Open Key code, e.g. ``"1m"`` for A minor (Camelot number + 5 on the ring)."""
        return f"{(self.camelot_number + 4) % 12 + 1}{'d' if self.mode == 'major' else 'm'}"

    @property
    def name(self) -> str:
        """Plain name, e.g. ``"A minor"``."""
        return f"{FLAT_NAMES[self.tonic]} {self.mode}"

    @property
    def short_name(self) -> str:
        """Name as DJ software writes it, e.g. ``"Am"``."""
        return f"{FLAT_NAMES[self.tonic]}{'m' if self.mode == 'minor' else ''}"

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The seven pitch classes of the (natural) scale."""
        steps = (0, 2, 4, 5, 7, 9, 11) if self.mode == "major" else (0, 2, 3, 5, 7, 8, 10)
        return frozenset((self.tonic + s) % 12 for s in steps)

    def transposed(self, semitones: int) -> "Key":
        """The key ``semitones`` higher (negative: lower)."""
        return Key((self.tonic + semitones) % 12, self.mode)


def from_camelot(code: str) -> Key:
    """Parse a Camelot code such as ``"8A"``, ``"08a"``.

    Raises:
        ValueError: not a Camelot code.
    """
    match = _CAMELOT.match(code)
    if not match:
        raise ValueError(f"{code!r} is not a Camelot code (1A-12B)")
    number, letter = int(match[1]), match[2].upper()
    # 7 is its own inverse modulo 12, so the formula of the module docstring turns round with the same factor.
    return Key((7 * (number - 1) - (1 if letter == "B" else 4)) % 12, "major" if letter == "B" else "minor")


def parse_key(text: str) -> Key:
    """Parse any usual spelling: Camelot (``8A``), Open Key (``1m``), names (``Am``, ``F# minor``, ``Bbmaj``, ``C``).

    Raises:
        ValueError: the text names no key.
    """
    if _CAMELOT.match(text):
        return from_camelot(text)
    if match := _OPEN_KEY.match(text):
        number = (int(match[1]) + 6) % 12 + 1
        return from_camelot(f"{number}{'B' if match[2].lower() == 'd' else 'A'}")
    match = _NAME.match(text)
    if not match:
        raise ValueError(f"{text!r} names no key")
    accidental = {"♯": "#", "♭": "b", "sharp": "#", "flat": "b"}.get((match[2] or "").lstrip("-"), match[2] or "")
    minor = bool(match[3]) and (match[3] == "m" or match[3].lower().startswith("min"))
    return Key(_PITCH_CLASS[match[1].upper() + accidental], "minor" if minor else "major")
