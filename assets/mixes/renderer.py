"""From a plan to an audio file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assets.mixes.crate_track import CrateTrack
from assets.mixes.mix_plan import MixPlan

Progress = Callable[[str, float], None]
"""Called with a phase (``"rendering 3 of 12"``, ``"limiting"``) and the share 0-1 of the whole that is
done."""


@dataclass(frozen=True)
class Buses:
    """Audio files of one transition, before the limiter, at the gain of the mix; one length, one start.

    The decks are what each player delivers after time-stretch and loudness match, before mixer EQ and faders:
    measure beats there. The channels are after EQ and faders; their sum is the mix before its limiter. All
    reach some seconds beyond the overlap on both sides, so that the solo parts can be measured too.

    Attributes:
        start_sample: sample of the mix at which the files begin.
        deck_a: outgoing track before the mixer.
        deck_b: incoming track before the mixer.
        channel_a: outgoing track after the mixer.
        channel_b: incoming track after the mixer.
    """

    start_sample: int
    deck_a: Path
    deck_b: Path
    channel_a: Path
    channel_b: Path


@dataclass(frozen=True)
class RenderedTransition:
    """Where a transition lies in the file, in samples.

    Attributes:
        position: as in the plan.
        start_sample: first sample at which both sound.
        swap_sample: sample of the downbeat on which the bass changes hands.
        end_sample: first sample at which the outgoing track is gone.
        gain_reduction_db: most the limiter took off between start and end, >= 0.
        buses: None unless asked for.
    """

    position: int
    start_sample: int
    swap_sample: int
    end_sample: int
    gain_reduction_db: float
    buses: Buses | None


@dataclass(frozen=True)
class RenderResult:
    """A rendered mix.

    Attributes:
        path: the file.
        seconds: its duration.
        sample_rate: in Hz.
        loudness_lufs: integrated loudness of the file.
        true_peak_dbtp: true peak of the file.
        gain_reduction_db: most the limiter took off anywhere, >= 0.
        sha256: of the file's bytes.
        transitions: in order.
    """

    path: Path
    seconds: float
    sample_rate: int
    loudness_lufs: float
    true_peak_dbtp: float
    gain_reduction_db: float
    sha256: str
    transitions: tuple[RenderedTransition, ...]


def render(
    plan: MixPlan,
    crate: Mapping[str, CrateTrack],
    out_path: Path,
    progress: Progress | None = None,
    *,
    buses_dir: Path | None = None,
) -> RenderResult:
    """Render a plan to ``out_path`` (``.wav`` 24-bit or ``.flac``), 44.1 kHz stereo.

    Args:
        plan: what to play.
        crate: the tracks of the plan by track id.
        out_path: the file appears there complete or not at all.
        progress: told of every step.
        buses_dir: folder to receive the buses of every transition, for the report.

    Raises:
        ValueError: a track of the plan is not in the crate or the format is not known.
    """
    raise NotImplementedError
