"""The process that decodes one file: ``python -m assets.library.decode_worker FILE RAW_OUT MAX_SECONDS``.

Belongs here: calls of the decoders, under limits of memory and CPU time. Does not belong here: judging the result
(``assets.library.decode``). Writes interleaved float32 to RAW_OUT and one line of JSON (`DecodeReport`) to stdout.
"""

import json
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from assets.library.mpeg_frames import mpeg_seconds

MEMORY_BYTES = 8 << 30
"""Address space, most of it library mappings; a header that asks for more fails here instead of in the machine."""
CPU_SECONDS = 170
BLOCK_FRAMES = 1 << 18
EARLY_SECONDS = 0.5
"""soundfile is believed where it comes within this of the stream's duration."""
ALIGN_SECONDS = 6.0
MAX_SHIFT_SECONDS = 0.1
"""essentia can be late by the encoder delay and decoder delay of an MP3: 1105 + 529 samples at most."""


@dataclass(frozen=True)
class DecodeReport:
    """What the worker says of the file.

    Attributes:
        sample_rate: Hz.
        channels: channels of RAW_OUT.
        decoder: name and version.
        claimed_seconds: duration the container claims, None where it claims none.
        error: why there are no samples; empty where there are.
    """

    sample_rate: int = 0
    channels: int = 1
    decoder: str = ""
    claimed_seconds: float | None = None
    error: str = ""


def container(path: Path) -> tuple[float | None, bool]:
    """What the headers say: (duration claimed, None where there is no claim; whether it is an MPEG audio stream)."""
    import mutagen
    from mutagen.mp3 import MP3, BitrateMode

    try:
        file = mutagen.File(path)
        if file is None:
            return None, False
        is_mpeg = isinstance(file, MP3)
        # An MP3 without a Xing or VBRI frame makes no claim; mutagen then extrapolates from one frame.
        if is_mpeg and file.info.bitrate_mode == BitrateMode.UNKNOWN:
            return None, True
        return float(file.info.length) or None, is_mpeg
    except Exception:  # damaged headers claim nothing, whichever way they are damaged
        return None, path.suffix.lower() == ".mp3"


def with_soundfile(path: Path, out: BinaryIO, max_seconds: float) -> tuple[DecodeReport, int]:
    """Decode block by block until the end or the first error; returns the report and the frames written."""
    import soundfile

    frames, error = 0, ""
    try:
        with soundfile.SoundFile(path) as source:
            report = DecodeReport(source.samplerate, source.channels, f"soundfile {soundfile.__version__}")
            limit = int(max_seconds * source.samplerate)
            while frames < limit:
                block = source.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
                if not len(block):
                    break
                # Float files can hold NaN; one of them would spread through every filter.
                out.write(np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0).tobytes())
                frames += len(block)
    except (soundfile.LibsndfileError, ValueError) as failure:
        error = str(failure).removeprefix(f"Error opening {str(path)!r}: ").rstrip(".")
        if not frames:
            return DecodeReport(error=error), 0
    return DecodeReport(report.sample_rate, report.channels, report.decoder, None, error), frames


def with_essentia(path: Path, max_seconds: float) -> tuple[DecodeReport, NDArray[np.float32]]:
    """Decode the whole file through ffmpeg."""
    import essentia

    essentia.log.infoActive = essentia.log.warningActive = False
    import essentia.standard as es

    try:
        samples, rate, channels, *_ = es.AudioLoader(filename=str(path))()
    except RuntimeError as failure:
        return DecodeReport(error=str(failure).rsplit("AudioLoader: ", 1)[-1].rstrip("!")), np.zeros((0, 1), np.float32)
    samples = np.nan_to_num(samples[: int(max_seconds * rate), :channels], nan=0.0, posinf=0.0, neginf=0.0)
    report = DecodeReport(int(rate), int(channels), f"essentia {essentia.__version__}")
    return report, np.ascontiguousarray(samples, dtype=np.float32)


def shift_between(reference: NDArray[np.float32], other: NDArray[np.float32], rate: int) -> int:
    """Samples by which ``other`` is late against ``reference`` (both mono, same start but for decoder delay)."""
    from scipy.signal import correlate

    n = min(len(reference), len(other), int(ALIGN_SECONDS * rate))
    bound = int(MAX_SHIFT_SECONDS * rate)
    correlation = correlate(other[:n], reference[:n], method="fft")[n - 1 - bound : n + bound]
    if not correlation.size or correlation.max() <= 0:
        return 0
    return int(np.argmax(correlation)) - min(bound, n - 1)


def align(samples: NDArray[np.float32], late: int) -> NDArray[np.float32]:
    """Drop ``late`` frames from the start (negative: put silence before it)."""
    if late >= 0:
        return samples[late:]
    return np.concatenate([np.zeros((-late, samples.shape[1]), np.float32), samples])


def decode(path: Path, raw: Path, max_seconds: float) -> DecodeReport:
    """Decode ``path`` into ``raw`` with the decoder that gives most of it."""
    claimed, is_mpeg = container(path)
    with raw.open("wb") as out:
        report, frames = with_soundfile(path, out, max_seconds)
    seconds = frames / report.sample_rate if frames else 0.0
    present = (mpeg_seconds(path) if is_mpeg else None) or claimed or seconds
    if frames and not report.error and seconds >= min(present, max_seconds) - EARLY_SECONDS:
        return DecodeReport(report.sample_rate, report.channels, report.decoder, claimed)
    other, samples = with_essentia(path, max_seconds)
    if len(samples) <= frames * 1.01:
        if not frames:
            return other if other.error else DecodeReport(error=report.error or "it holds no audio")
        return DecodeReport(report.sample_rate, report.channels, report.decoder, claimed)
    if frames and other.sample_rate == report.sample_rate:
        # Keep soundfile's start: grids made from the two decoders must agree.
        head = np.fromfile(raw, dtype=np.float32, count=int(ALIGN_SECONDS * report.sample_rate) * report.channels)
        mono = head.reshape(-1, report.channels).mean(axis=1)
        samples = align(samples, shift_between(mono, samples.mean(axis=1), other.sample_rate))
    samples.tofile(raw)
    return DecodeReport(other.sample_rate, samples.shape[1], other.decoder, claimed)


def main(arguments: list[str]) -> None:
    """Run the worker on ``[FILE, RAW_OUT, MAX_SECONDS]``."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    path, raw, max_seconds = Path(arguments[0]), Path(arguments[1]), float(arguments[2])
    try:
        report = decode(path, raw, max_seconds)
    except MemoryError:
        report = DecodeReport(error="its header asks for more memory than any track needs")
    except OSError as failure:
        report = DecodeReport(error=failure.strerror or str(failure))
    sys.stdout.write("\n" + json.dumps(asdict(report)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
