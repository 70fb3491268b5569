"""Which files hold audio, and who they are: the identity of a recording whatever its tags, name and place.

Belongs here: file names and contents that count as audio, and the track id. Does not belong here: where the frames lie
in each container (``assets.library.audio_containers``), tags (``assets.library.tags``), listing folders
(``definitions.scan``).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from assets.library.audio_containers import WALKERS, leading_tags, trailing_tags
from assets.library.mpeg_frames import frame_header

AUDIO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("mp3", "mp2", "flac", "wav", "wave", "aif", "aiff", "aifc", "m4a", "m4b", "mp4", "aac"),
        *("ogg", "oga", "opus", "webm", "weba", "mka", "wma", "wv"),
    )
)
"""Lower-case endings of the files a scan reads; the content then decides."""

TRACK_ID_DIGITS = 32
"""128 bits: two of a billion tracks share an id with a chance of 10^-21."""

_CHUNK_BYTES = 1 << 20
_SYNC_SEARCH_BYTES = 1 << 17
"""How far into an MPEG stream the first frame is looked for: damaged files start with up to some 10 kB of junk."""
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


class NotAudio(ValueError):  # noqa: N818 - named for what it says of the file
    """A file that holds no audio frames; the message says what it is instead and what to do."""


@dataclass(frozen=True)
class AudioIdentity:
    """What makes a recording itself.

    Attributes:
        track_id: 32 hexadecimal digits: the start of the SHA-256 of the audio frames without tag blocks.
        media_type: of the container, by content.
        audio_bytes: bytes hashed.
    """

    track_id: str
    media_type: str
    audio_bytes: int


def is_audio_name(path: str) -> bool:
    """Whether a scan reads a file of this name: an audio ending, and not hidden (no dot first)."""
    name = PurePosixPath(path).name
    return not name.startswith(".") and PurePosixPath(name).suffix.lower() in AUDIO_SUFFIXES


def identify(path: Path) -> AudioIdentity:
    """Identify a file by its audio frames.

    The same frames give the same id in files that were renamed, moved or retagged (ID3v1, ID3v2, APEv2, Lyrics3,
    Vorbis comments, pictures, MP4 atoms, RIFF chunks). Another encoding of the same music is another track.

    Raises:
        NotAudio: empty, tags alone, or no format that we know.
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    if size == 0:
        raise NotAudio(f"{path.name} is empty: it has no bytes; fetch the file again or delete it")
    with path.open("rb") as file:
        start = leading_tags(file, size)
        if start >= size:
            raise NotAudio(f"{path.name} holds no audio: it consists of tags alone; fetch the file again or delete it")
        end = trailing_tags(file, start, size)
        media_type = sniff(file, start, end)
        if media_type is None:
            raise NotAudio(f"{path.name} holds no audio: its content is of no known format; delete it or rename it")
        digest, count = hashlib.sha256(), 0
        for offset, length in WALKERS[media_type](file, start, end):
            count += _feed(digest, file, offset, length)
    if count == 0:
        raise NotAudio(f"{path.name} holds no audio: its {media_type} container has no frames; fetch the file again")
    return AudioIdentity(digest.hexdigest()[:TRACK_ID_DIGITS], media_type, count)


def sniff(file: BinaryIO, start: int, end: int) -> str | None:
    """Media type of the container that starts at ``start``, None where it is no audio that we know."""
    file.seek(start)
    head = file.read(16)
    magic = {b"fLaC": "audio/flac", b"OggS": "audio/ogg", b"\x1a\x45\xdf\xa3": "audio/webm", b"wvpk": "audio/x-wavpack"}
    if head[:4] in magic:
        return magic[head[:4]]
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "audio/mp4"
    if head == _ASF_HEADER:
        return "audio/x-ms-wma"
    file.seek(start)
    data = file.read(min(end - start, _SYNC_SEARCH_BYTES))
    if data[:1] == b"\xff" and len(data) > 7 and data[1] & 0xF6 == 0xF0 and _adts_follows(data):
        return "audio/aac"
    return "audio/mpeg" if _has_mpeg_frames(data) else None


def _adts_follows(data: bytes) -> bool:
    """Whether a second ADTS header stands where the first says its frame ends (ISO/IEC 13818-7, 6.2)."""
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    return length >= 7 and data[length : length + 1] in (b"\xff", b"") and len(data) >= length


def _has_mpeg_frames(data: bytes) -> bool:
    """Whether two MPEG audio frames follow one another, or one fills the file."""
    at = data.find(b"\xff")
    while at >= 0:
        frame = frame_header(data, at)
        if frame is not None:
            following = at + frame[0]
            next_frame = frame_header(data, following)
            if (next_frame is not None and next_frame[2] == frame[2]) or (at == 0 and following >= len(data) - 4):
                return True
        at = data.find(b"\xff", at + 1)
    return False


def _feed(digest: "hashlib._Hash", file: BinaryIO, offset: int, length: int) -> int:
    """Hash a range of the file; returns the bytes that were there. A damaged header can make a range of no length."""
    left = length = max(0, length)
    file.seek(offset)
    while left > 0:
        chunk = file.read(min(left, _CHUNK_BYTES))
        if not chunk:
            break
        digest.update(chunk)
        left -= len(chunk)
    return length - left
