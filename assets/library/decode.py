"""Decode a file once, with one decoder for all features, so that damaged files cannot hurt the process.

Belongs here: from a path to `DecodedAudio`, and the refusal of what cannot be used. Does not belong here: the decoders
themselves (``assets.library.decode_worker``, a process of its own, because some files crash or hang a decoder),
which files to take (``assets.library.audio_files``).

soundfile is the decoder: gapless and exact on MP3 where others deliver the encoder delay as 25 ms of silence.
essentia (ffmpeg) reads what soundfile cannot open and what it leaves early.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.library.decode_worker import DecodeReport
from assets.library.track_analysis import DecodedAudio

TIMEOUT_SECONDS = 180.0
"""Wall time for one file: fifty times what an hour of MP3 takes."""
MIN_SECONDS = 1.0
MAX_SECONDS = 3600.0
"""Longer files are recordings of sets, not tracks; an hour of stereo is 1.3 GB of samples."""
SILENCE_PEAK = 1e-3
"""Full-scale fraction (-60 dBFS) below which a whole file counts as silent."""
TRUNCATED_SHARE = 0.9
"""A file that gives less than this share of the duration its container claims has been cut off."""
SAMPLE_RATES = (4_000, 384_000)
SURROUND_51_TO_STEREO = np.array([[1, 0], [0, 1], [0.7071, 0.7071], [0, 0], [0.7071, 0], [0, 0.7071]], dtype=np.float32)
"""ITU-R BS.775-3 table 2, channel order of WAVEFORMATEXTENSIBLE; the LFE channel is left out, as there."""


class UnusableAudio(ValueError):  # noqa: N818 - named for what it says of the file
    """A file that holds no track to analyse; the message says what, why and what to do."""


def to_stereo(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """At most two channels: mono and stereo as they are, 5.1 by BS.775, others alternating to left and right.

    Args:
        samples: shape (n, channels).

    Returns:
        Shape (n, 1) or (n, 2), float32.
    """
    channels = samples.shape[1]
    if channels <= 2:
        return samples
    if channels == len(SURROUND_51_TO_STEREO):
        return samples @ SURROUND_51_TO_STEREO
    return np.stack([samples[:, side::2].mean(axis=1, dtype=np.float32) for side in (0, 1)], axis=1)


def decode_file(path: str | Path) -> DecodedAudio:
    """Decode a whole file.

    Args:
        path: a local audio file of any format soundfile or ffmpeg reads.

    Returns:
        The samples, at the file's own rate, in one or two channels.

    Raises:
        UnusableAudio: unreadable, empty, too short or too long, cut off, or silent; also where decoding it crashed,
            hung or wanted too much memory.
    """
    path = Path(path)
    if not path.is_file():
        raise UnusableAudio(f"{path.name} is not there: no such file; scan the folder again")
    with tempfile.TemporaryDirectory(prefix="backbeat-decode-") as folder:
        raw = Path(folder) / "samples.f32"
        report = _run_worker(path, raw)
        samples = np.fromfile(raw, dtype=np.float32).reshape(-1, report.channels)
    _refuse_unusable(path, samples, report)
    return DecodedAudio(to_stereo(samples), report.sample_rate, report.decoder, report.claimed_seconds)


def _run_worker(path: Path, raw: Path) -> DecodeReport:
    """Decode in a process of its own; whatever happens to it becomes an `UnusableAudio`."""
    # Started by module name, so that the child imports nothing but the decoders.
    command = [sys.executable, "-m", "assets.library.decode_worker", str(path), str(raw), str(MAX_SECONDS)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise UnusableAudio(
            f"{path.name} cannot be decoded: the decoder hung for {TIMEOUT_SECONDS:.0f} s; replace the file"
        ) from None
    last_line = done.stdout.splitlines()[-1:] or [b""]
    if done.returncode < 0 or not last_line[0].startswith(b"{"):
        raise UnusableAudio(
            f"{path.name} cannot be decoded: the decoder died (status {done.returncode}); replace the file"
        )
    report = DecodeReport(**json.loads(last_line[0]))
    if report.error:
        raise UnusableAudio(f"{path.name} cannot be decoded: {report.error}; replace the file")
    return report


def _refuse_unusable(path: Path, samples: NDArray[np.float32], report: DecodeReport) -> None:
    """Raise `UnusableAudio` where the decoded samples hold no whole track."""
    seconds = len(samples) / report.sample_rate
    low, high = SAMPLE_RATES
    if not low <= report.sample_rate <= high:
        raise UnusableAudio(
            f"{path.name} is damaged: it claims a sample rate of {report.sample_rate} Hz; replace the file"
        )
    if len(samples) == 0:
        raise UnusableAudio(f"{path.name} is empty: it holds no audio; replace the file or delete it")
    claimed = report.claimed_seconds
    if claimed is not None and seconds < TRUNCATED_SHARE * claimed - MIN_SECONDS:
        raise UnusableAudio(
            f"{path.name} is cut off: {seconds:.1f} s of the {claimed:.1f} s its header promises can be decoded; "
            "fetch the file again"
        )
    if seconds < MIN_SECONDS:
        raise UnusableAudio(
            f"{path.name} is too short: {seconds:.2f} s, and a track needs at least {MIN_SECONDS:.0f} s; leave it out"
        )
    if seconds > MAX_SECONDS - 1:
        raise UnusableAudio(
            f"{path.name} is too long: over {MAX_SECONDS / 60:.0f} minutes, which is a recorded set; split it"
        )
    peak = float(np.abs(samples).max())
    if peak < SILENCE_PEAK:
        raise UnusableAudio(f"{path.name} is silent: its peak is {peak:.1e} of full scale; leave it out")
