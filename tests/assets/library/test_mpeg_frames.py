import pytest

from assets.library.mpeg_frames import mpeg_seconds

# MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 144 * 128000 // 44100 = 417 bytes for 1152 samples.
FRAME = b"\xff\xfb\x90\x00" + bytes(413)
SECONDS = 1152 / 44100


def test_frames_add_up(tmp_path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(FRAME * 100)
    assert mpeg_seconds(path) == pytest.approx(100 * SECONDS)


def test_tags_before_and_after_do_not_count(tmp_path) -> None:
    path = tmp_path / "a.mp3"
    tag = b"ID3\x04\x00\x00\x00\x00\x07\x68" + b"\xff\xfb\x90\x00" * 250
    path.write_bytes(tag + FRAME * 50 + b"TAG" + bytes(125))
    assert mpeg_seconds(path) == pytest.approx(50 * SECONDS)


def test_a_damaged_stretch_is_skipped(tmp_path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(FRAME * 40 + b"\xff" * 1000 + FRAME * 60)
    assert mpeg_seconds(path) == pytest.approx(100 * SECONDS, abs=3 * SECONDS)


@pytest.mark.parametrize("data", [b"", b"\xff", b"RIFF" + bytes(500), b"\xff\xfb\x90\x00" * 3])
def test_what_is_no_stream_has_no_duration(tmp_path, data: bytes) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    assert mpeg_seconds(path) is None


def test_the_true_length_of_a_real_file_without_header(shared) -> None:
    assert mpeg_seconds(shared / "audio" / "constructed" / "vbr_no_header.mp3") == pytest.approx(94.85, abs=0.05)
