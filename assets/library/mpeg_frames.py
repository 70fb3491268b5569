"""What an MPEG audio stream really holds, told by walking its frame headers.

Belongs here: the duration of an MP3 as its frames add up. Does not belong here: decoding it
(``assets.library.decode``) or reading its tags.

Why: a VBR file that lost its Xing header has no honest duration; libsndfile estimates one from the first frame's bit
rate and then stops there without an error.
"""

from pathlib import Path

# ISO/IEC 11172-3 and 13818-3, table of bit rates (kbit/s) by (is MPEG-1, layer); index 0 is "free", 15 is forbidden.
_BIT_RATES: dict[tuple[bool, int], tuple[int, ...]] = {
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MIN_RUN = 4
"""Frames that must follow one another before bytes count as audio: a lone sync word occurs in any random data."""


def frame_header(data: bytes, at: int) -> tuple[int, int, int] | None:
    """(bytes, samples, sample rate) of the frame header at ``at``, None where there is none."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, 4 - (data[at + 1] >> 1 & 3)
    rate_index, frequency_index, padding = data[at + 2] >> 4, data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    if version == 1 or layer == 4 or rate_index in (0, 15) or frequency_index == 3:
        return None
    mpeg1 = version == 3
    bits = _BIT_RATES[mpeg1, layer][rate_index] * 1000
    frequency = _SAMPLE_RATES[version][frequency_index]
    if layer == 1:
        return (12 * bits // frequency + padding) * 4, 384, frequency
    samples = 1152 if mpeg1 or layer == 2 else 576
    return samples // 8 * bits // frequency + padding, samples, frequency


def _audio_start(data: bytes) -> int:
    """First byte after a leading ID3v2 tag (ID3v2.4 section 3.1: 28-bit synchsafe size)."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
    return 10 + size + (10 if data[5] & 0x10 else 0)


def mpeg_seconds(path: Path) -> float | None:
    """Duration of an MP3's frames in seconds, whatever its headers claim.

    Damaged stretches are skipped. Encoder delay and padding count, so the figure exceeds the music by up to 0.1 s.

    Args:
        path: the file; read whole.

    Returns:
        Seconds, or None where the file is no MPEG audio stream.
    """
    data = path.read_bytes()
    at, run, seconds, pending = _audio_start(data), 0, 0.0, 0.0
    while at < len(data) - 4:
        frame = frame_header(data, at)
        if frame is None:
            run, pending = 0, 0.0
            at = data.find(b"\xff", at + 1)
            if at < 0:
                break
            continue
        size, samples, frequency = frame
        run, pending = run + 1, pending + samples / frequency
        if run >= _MIN_RUN:
            seconds, pending = seconds + pending, 0.0
        at += size
    return seconds or None
