"""Where in a file the audio lies: the byte ranges of its frames, without any block that holds tags.

Belongs here: walking the container formats. Does not belong here: telling which format a file has
(``assets.library.audio_files``), decoding (``assets.library.decode``), reading tags (``assets.library.tags``).

Every walker takes a seekable binary file, the range [start, end) left by the tags around the container, and yields
(offset, length) ranges in file order. Walkers never trust a length: ranges are cut at ``end`` and the number of
blocks visited is bounded by the size of the file, so that no header can make them loop.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Literal

Extent = tuple[int, int]
"""(offset, length) in bytes."""

Walker = Callable[[BinaryIO, int, int], Iterator[Extent]]

_SIZE_UNKNOWN = 0xFFFFFFFF
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_ASF_PACKETS_AT = 50
"""Offset of the packets within ASF's data object: GUID, size, file id, packet count, reserved (ASF 1.2, 5.1)."""
_EBML_SEGMENT, _EBML_CLUSTER = 0x18538067, 0x1F43B675


def leading_tags(file: BinaryIO, size: int) -> int:
    """Offset of the first byte after ID3v2 tags, an APEv2 tag and zero padding at the start of a file.

    ID3v2.4 section 3.1 (28-bit synchsafe size, footer flag), APEv2 header.
    """
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(32)
        if head[:3] == b"ID3" and len(head) >= 10:
            length = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
            at += 10 + length + (10 if head[5] & 0x10 else 0)
        elif head[:8] == b"APETAGEX" and len(head) == 32:
            at += 32 + int.from_bytes(head[12:16], "little")
        elif head and not head.strip(b"\0"):
            at += len(head)
        elif head[:1] == b"\0" and at:
            at += len(head) - len(head.lstrip(b"\0"))
        else:
            return at
    return size


def trailing_tags(file: BinaryIO, start: int, size: int) -> int:
    """Offset of the first byte of the tags at the end of a file: ID3v1, APEv2, Lyrics3 and ID3v2.4 with a footer."""
    end = size
    while end > start:
        file.seek(max(start, end - 160))
        tail = file.read(end - max(start, end - 160))
        if tail[-128:-125] == b"TAG" and len(tail) >= 128:
            length = 128
        elif tail[-32:-24] == b"APETAGEX":
            length = int.from_bytes(tail[-20:-16], "little") + (32 if tail[-9] & 0x80 else 0)
        elif tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
            length = int(tail[-15:-9]) + 15
        elif tail[-10:-7] == b"3DI":
            length = (tail[-4] << 21 | tail[-3] << 14 | tail[-2] << 7 | tail[-1]) + 20
        else:
            return end
        if not 0 < length <= end - start:
            return end
        end -= length
    return end


def whole(file: BinaryIO, start: int, end: int) -> Iterator[Extent]:
    """Streams without a container of their own: MPEG audio, ADTS, WavPack."""
    yield start, end - start


def flac(file: BinaryIO, start: int, end: int) -> Iterator[Extent]:
    """The frames after the last metadata block (RFC 9639, section 8)."""
    at, last = start + 4, False
    while not last and at + 4 <= end:
        file.seek(at)
        header = file.read(4)
        last = bool(header[0] & 0x80)
        at += 4 + int.from_bytes(header[1:4], "big")
    if last and at < end:
        yield at, end - at


def riff(file: BinaryIO, start: int, end: int) -> Iterator[Extent]:
    """``fmt`` and ``data`` chunks of WAVE, RF64 and BW64 (EBU Tech 3306 for the 64-bit size), where there is data."""
    long_size = 0
    formats, data = [], []
    for name, at, length in _chunks(file, start, end, "little"):
        if name == b"ds64" and length >= 16:
            file.seek(at + 8)
            long_size = int.from_bytes(file.read(8), "little")
        elif name == b"fmt ":
            formats.append((at, min(length, end - at)))
        elif name == b"data":
            size = (long_size or end - at) if length == _SIZE_UNKNOWN else length
            data.append((at, min(size, end - at)))
    if any(length for _, length in data):
        yield from sorted(formats + data)


def aiff(file: BinaryIO, start: int, end: int) -> Iterator[Extent]:
    """``COMM`` and ``SSND`` chunks, where there is sound data behind the 8 bytes of SSND's own header."""
    chunks = [
        (at, min(length, end - at))
        for name, at, length in _chunks(file, start, end, "big")
        if name == b"COMM" or (name == b"SSND" and length > 8)
    ]
    if len(chunks) > 1:
        yield from chunks


def _chunks(file: BinaryIO, start: int, end: int, order: Literal["little", "big"]) -> Iterator[tuple[bytes, int, int]]:
    """(name, offset of the content, length as stated) of the chunks of an IFF-like file."""
    at = start + 12
    while at + 8 <= end:
        file.seek(at)
        header = file.read(8)
        length = int.from_bytes(header[4:], order)
        yield header[:4], at + 8, length
        at += 8 + length + length % 2


def mp4(file: BinaryIO, start: int, end: int) -> Iterator[Extent]:
    """Media data boxes; tags and tables are in other boxes (ISO/IEC 14496-12, section 4.2)."""
    at = start
    while at + 8 <= end:
        file.seek(at)
        header = file.read(16)
        length, skip = int.from_bytes(header[:4], "big"), 8
        if length == 1:
            length, skip = int.from_bytes(header[8:16], "big"), 16
        elif length == 0:
            length = end - at
        if length < skip:
            return
        if header[4:8] == b"mdat":
            yield at + skip, min(length - skip, end - at - skip)
        at += length


def asf(file: BinaryIO, start: int, end: int) -> Iterator[Extent]:
    """Packets of the data object of WMA files."""
    at = start
    while at + 24 <= end:
        file.seek(at)
        header = file.read(24)
        length = int.from_bytes(header[16:], "little")
        if length < 24:
            return
        if header[:16] == _ASF_DATA:
            yield at + _ASF_PACKETS_AT, min(length, end - at) - _ASF_PACKETS_AT
        at += length


def matroska(file: BinaryIO, start: int, end: int) -> Iterator[Extent]:
    """Clusters of WebM and Matroska (RFC 8794 for the variable-length integers)."""
    at = start
    while at < end:
        file.seek(at)
        header = file.read(12)
        identity, id_bytes = _ebml_number(header, keep_marker=True)
        length, size_bytes = _ebml_number(header[id_bytes:], keep_marker=False)
        if not id_bytes or not size_bytes:
            return
        at += id_bytes + size_bytes
        if identity == _EBML_SEGMENT:
            continue
        unknown = length == (1 << 7 * size_bytes) - 1
        if identity == _EBML_CLUSTER:
            yield at, end - at if unknown else min(length, end - at)
        if unknown:
            return
        at += length


def _ebml_number(data: bytes, *, keep_marker: bool) -> tuple[int, int]:
    """(value, bytes used) of an EBML variable-length integer; (0, 0) where there is none."""
    if not data or data[0] == 0:
        return 0, 0
    count = 9 - data[0].bit_length()
    value = int.from_bytes(data[:count], "big")
    return (value if keep_marker else value & ((1 << 7 * count) - 1)), count if len(data) >= count else 0


def ogg(file: BinaryIO, start: int, end: int) -> Iterator[Extent]:
    """Payload of all packets but the comment packets (RFC 3533; Vorbis, Opus, Speex, and FLAC in Ogg).

    Retagging moves the page borders and renumbers the pages, but never the payload between them.
    """
    packets: dict[int, int] = {}
    comments: dict[int, range] = {}
    at = start
    while at + 27 <= end:
        file.seek(at)
        header = file.read(27)
        if header[:4] != b"OggS":
            return
        lacing = file.read(header[26])
        serial = int.from_bytes(header[14:18], "little")
        at += 27 + len(lacing)
        if serial not in packets:
            packets[serial] = 0
            comments[serial] = _comment_packets(file.read(min(sum(lacing), 9)))
        skipped = comments[serial]
        if packets[serial] >= skipped.stop:
            yield at, min(sum(lacing), end - at)
            at += sum(lacing)
            continue
        for length in lacing:
            if packets[serial] not in skipped:
                yield at, min(length, end - at)
            at += length
            packets[serial] += length < 255


def _comment_packets(first_packet: bytes) -> range:
    """Indices of the packets with tags in a logical stream: the second, or as many as an Ogg FLAC header announces."""
    if first_packet[:5] == b"\x7fFLAC":
        return range(1, 1 + max(1, int.from_bytes(first_packet[7:9], "big")))
    return range(1, 2)


WALKERS: Mapping[str, Walker] = {
    "audio/mpeg": whole,
    "audio/aac": whole,
    "audio/flac": flac,
    "audio/wav": riff,
    "audio/aiff": aiff,
    "audio/mp4": mp4,
    "audio/ogg": ogg,
    "audio/webm": matroska,
    "audio/x-ms-wma": asf,
    "audio/x-wavpack": whole,
}
"""Walker by media type."""
