"""What the analysis pool and its worker processes say to each other.

Belongs here: task and answer as values. A module of its own, because what a process defines as its main module cannot
be unpickled in another. Does not belong here: any work.
"""

from dataclasses import dataclass

from assets.library.track_analysis import TrackAnalysis


@dataclass(frozen=True)
class AnalysisTask:
    """A track to analyse.

    Attributes:
        track_id: whose answer it will be.
        title: shown on the picture.
        uris: where the track lies; the first that can be opened is read.
    """

    track_id: str
    title: str
    uris: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class AnalysedTrack:
    """What analysing a track gave: the record, its arrays as Parquet and its picture as PNG."""

    analysis: TrackAnalysis
    arrays: bytes
    picture: bytes


@dataclass(frozen=True, eq=False)
class AnalysisAnswer:
    """The outcome of one task.

    Attributes:
        task: the task.
        track: what was measured; None where it failed.
        reason: one sentence saying why it failed; empty where it did not.
        permanent: True where the audio itself cannot be used, so that trying again is in vain.
        seconds: wall time.
    """

    task: AnalysisTask
    track: AnalysedTrack | None
    reason: str
    permanent: bool
    seconds: float
