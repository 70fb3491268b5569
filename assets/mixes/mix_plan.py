"""The mix as a value: what was asked (`MixRequest`) and what will be played (`MixPlan`).

Belongs here: the records and their JSON form. Does not belong here: making a plan (``assets.mixes.planner``)
or
sounding it (``assets.mixes.renderer``).

Two clocks: *track seconds* run in a track as decoded, *mix seconds* in the rendered mix. A `PlannedTrack`
ties them
together by anchors; between two anchors the track plays at constant speed.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

CurveName = Literal["build", "decline", "wave", "steady", "double-peak", "late-peak", "rollercoaster", "plateau-peak"]
ContextName = Literal["opening", "prime", "closing", "intimate", "energetic", "ambient", "downtempo", "techno"]
Technique = Literal["eq_swap", "quick_cut", "fade_cut"]
"""How one track gives way to the next.

``eq_swap``: beat-matched overlap, equal-power mids and highs, bass handed over on a downbeat. ``quick_cut``:
B's
downbeat replaces A's, tempos unrelated. ``fade_cut``: A fades, B starts; for tracks whose beats are not
trusted.
"""

DEFAULT_LOUDNESS_LUFS = -14.0
"""Integrated loudness of a mix unless asked otherwise: what the streaming services normalise to."""


@dataclass(frozen=True)
class Plateau:
    """A stretch of the set held at one energy: ``start`` and ``end`` as positions 0-1, energy 0-1."""

    start: float
    end: float
    energy: float
    purpose: str = ""


@dataclass(frozen=True)
class MixRequest:
    """What somebody asked for; the crate it draws from is given beside it.

    Attributes:
        request_id: identity of the request; it is the partition key.
        title: name of the mix.
        seconds: longest duration of the mix; None: play the whole crate.
        curve: energy over the set.
        plateaus: override the curve where they lie.
        context: slot or room the set is for; scales the curve.
        must_have: track ids that have to be played.
        must_not: track ids that must not be.
        first: track id to open with.
        last: track id to close with.
        bpm_range: lowest and highest tempo admitted.
        genre: only tracks of this genre.
        loudness_lufs: integrated loudness of the rendered mix.
        seed: same request, crate and seed: same plan, byte for byte.
    """

    request_id: str
    title: str = ""
    seconds: float | None = None
    curve: CurveName = "build"
    plateaus: tuple[Plateau, ...] = ()
    context: ContextName | None = None
    must_have: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    bpm_range: tuple[float, float] | None = None
    genre: str | None = None
    loudness_lufs: float = DEFAULT_LOUDNESS_LUFS
    seed: int = 0


@dataclass(frozen=True)
class Anchor:
    """A moment of a track, in seconds of the track and in seconds of the mix."""

    track_seconds: float
    mix_seconds: float


@dataclass(frozen=True)
class TempoPoint:
    """Tempo of the mix from ``mix_seconds`` on, in beats per minute, until the next point."""

    mix_seconds: float
    bpm: float


@dataclass(frozen=True)
class PlannedTrack:
    """One track as it will be played.

    Attributes:
        position: 0-based place in the set.
        anchors: at least two, strictly increasing on both clocks; the track sounds from the first to the
            last.
        key: Camelot code, None where unknown.
        bpm: own tempo of the track.
        energy: 0-1, of the part that is played.
        target_energy: 0-1, what the curve asked for here.
        gain_db: gain that brings the track to the common loudness.
        keep_pitch: False where every speed change is small enough for pitch to follow it (varispeed).
    """

    position: int
    track_id: str
    artist: str
    title: str
    anchors: tuple[Anchor, ...]
    key: str | None
    bpm: float
    energy: float
    target_energy: float
    gain_db: float
    keep_pitch: bool

    @property
    def entry(self) -> float:
        """Track seconds at which the track starts to sound."""
        return self.anchors[0].track_seconds

    @property
    def exit(self) -> float:
        """Track seconds at which the track has gone."""
        return self.anchors[-1].track_seconds

    @property
    def mix_start(self) -> float:
        """Mix seconds at which the track starts to sound."""
        return self.anchors[0].mix_seconds

    @property
    def mix_end(self) -> float:
        """Mix seconds at which the track has gone."""
        return self.anchors[-1].mix_seconds


@dataclass(frozen=True)
class PlannedTransition:
    """How one track gives way to the next.

    Attributes:
        position: 0-based; it leads from the track at ``position`` to the one at ``position + 1``.
        outgoing: track id.
        incoming: track id.
        technique: see `Technique`.
        bars: length in bars of the outgoing track; 0 for a cut.
        incoming_bars: length in bars of the incoming track (differs in half and double time).
        exit_bar: index into the outgoing track's downbeats at which the transition begins; None without a
            grid.
        entry_bar: index into the incoming track's downbeats at which it starts to sound; None without a grid.
        exit_seconds: track seconds of the outgoing track at ``mix_start``.
        entry_seconds: track seconds of the incoming track at ``mix_start``.
        mix_start: mix seconds from which both sound. A blend starts on the exit and entry downbeats; a cut a few
            milliseconds before them, so that the incoming downbeat is heard whole.
        mix_end: mix seconds at which the outgoing track has gone.
        swap: mix seconds of the downbeat, of both tracks, on which the bass changes hands (cut: the tracks do).
        deck_bpm: tempo both tracks are played at, counted in beats of the outgoing track; None for a cut.
        beats_ratio: beats of the incoming track per beat of the outgoing one: 1, 2 or 0.5.
        stretch_out_percent: speed change of the outgoing track, positive: faster.
        stretch_in_percent: speed change of the incoming track, positive: faster.
        score: 0-100, rule score of the pair.
        blend: 0-100, consonance when both sound.
        effect: 0-100, lift of the key change.
        move: name of the key relation, e.g. ``"relative"``.
        tempo_fit: ``"perfect"``, ``"good"``, ``"half_double"``, ``"three_two"`` or ``"clash"``.
        energy_step: energy of the incoming part minus that of the outgoing part.
        flagged: True where the planner fell back to a plainer technique than it would choose.
        reason: why it fell back; empty where it did not.
    """

    position: int
    outgoing: str
    incoming: str
    technique: Technique
    bars: int
    incoming_bars: int
    exit_bar: int | None
    entry_bar: int | None
    exit_seconds: float
    entry_seconds: float
    mix_start: float
    mix_end: float
    swap: float
    deck_bpm: float | None
    beats_ratio: float
    stretch_out_percent: float
    stretch_in_percent: float
    score: float
    blend: float
    effect: float
    move: str
    tempo_fit: str
    energy_step: float
    flagged: bool
    reason: str


@dataclass(frozen=True)
class MixPlan:
    """A whole set, ready to render.

    Attributes:
        request: what was asked.
        tracks: in order of play, at least one.
        transitions: one fewer than tracks.
        tempo_map: tempo of the mix over mix seconds.
        seconds: duration of the mix.
        fade_out: seconds over which the last track fades at the end; 0: it plays out.
        objective: what the planner maximised, 0-1, higher is better.
        greedy_objective: the same for the best greedy order; never above ``objective``.
        exact: True where ``objective`` is proven to be the optimum.
        notes: sentences on what of the request could only be met in part.
    """

    request: MixRequest
    tracks: tuple[PlannedTrack, ...]
    transitions: tuple[PlannedTransition, ...]
    tempo_map: tuple[TempoPoint, ...]
    seconds: float
    fade_out: float
    objective: float
    greedy_objective: float
    exact: bool
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """JSON text; equal plans give equal text."""
        return _PLAN.dump_json(self).decode()


_PLAN = TypeAdapter(MixPlan)


def plan_from_json(text: str | bytes) -> MixPlan:
    """Read what `MixPlan.to_json` wrote.

    Raises:
        pydantic.ValidationError: the text is not a plan.
    """
    return _PLAN.validate_json(text)
