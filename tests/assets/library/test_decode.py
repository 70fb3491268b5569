import os
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.library import decode, decode_worker
from assets.library.decode import UnusableAudio, decode_file, to_stereo

RATE = 44100


def tone(seconds: float = 2.0, rate: int = RATE, channels: int = 2) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    return np.repeat(0.5 * np.sin(2 * np.pi * 440 * t)[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.parametrize(("suffix", "subtype", "tolerance"), [("wav", "FLOAT", 0.0), ("flac", "PCM_24", 1e-6)])
def test_lossless_formats_give_the_samples_back(tmp_path, suffix: str, subtype: str, tolerance: float) -> None:
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(), RATE, subtype=subtype)
    audio = decode_file(path)
    np.testing.assert_allclose(audio.samples, tone(), atol=tolerance)
    assert audio.sample_rate == RATE
    assert audio.decoder.startswith("soundfile")
    assert audio.claimed_seconds == pytest.approx(2.0)


def test_an_odd_name_is_no_obstacle(tmp_path) -> None:
    path = tmp_path / "Ünï #1 100% – трек; $(x) 'q'.wav"
    soundfile.write(path, tone(), RATE)
    assert decode_file(path).seconds == pytest.approx(2.0)


def test_four_channels_come_down_to_two(tmp_path) -> None:
    quad = np.zeros((RATE * 2, 4), np.float32)
    quad[:, 0], quad[:, 3] = 0.5, 0.25
    path = tmp_path / "quad.wav"
    soundfile.write(path, quad, RATE, subtype="FLOAT")
    np.testing.assert_allclose(decode_file(path).samples[0], [0.25, 0.125])


def test_surround_is_mixed_down_by_bs775() -> None:
    surround = np.eye(6, dtype=np.float32)
    expected = [[1, 0], [0, 1], [0.7071, 0.7071], [0, 0], [0.7071, 0], [0, 0.7071]]
    np.testing.assert_allclose(to_stereo(surround), expected, atol=1e-6)


def test_not_a_number_does_not_spread(tmp_path) -> None:
    samples = tone()
    samples[100] = np.nan
    samples[200] = np.inf
    path = tmp_path / "nan.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    decoded = decode_file(path).samples
    assert np.isfinite(decoded).all()
    assert decoded[100, 0] == 0


def truncated_wav(path) -> None:
    soundfile.write(path, tone(20), RATE)
    os.truncate(path, path.stat().st_size // 4)


def silent(path) -> None:
    soundfile.write(path, np.zeros((RATE * 3, 2), np.float32), RATE)


def short(path) -> None:
    soundfile.write(path, tone(0.4), RATE)


def header_only(path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)


def zero_bytes(path) -> None:
    path.write_bytes(b"")


def web_page(path) -> None:
    path.write_text("<html><body>Not found</body></html>" * 200)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (truncated_wav, "cut off"),
        (silent, "silent"),
        (short, "too short"),
        (header_only, "cannot be decoded"),
        (zero_bytes, "cannot be decoded"),
        (web_page, "cannot be decoded"),
    ],
)
def test_unusable_files_are_refused_in_one_sentence(tmp_path, make, word: str) -> None:
    path = tmp_path / "track.wav"
    make(path)
    with pytest.raises(UnusableAudio, match=word) as refusal:
        decode_file(path)
    sentence = str(refusal.value)
    assert sentence.startswith("track.wav")
    assert "\n" not in sentence
    assert ";" in sentence, "a remedy is named after the reason"


def test_a_missing_file_is_refused(tmp_path) -> None:
    with pytest.raises(UnusableAudio, match="no such file"):
        decode_file(tmp_path / "gone.mp3")


def test_a_decoder_that_hangs_is_ended(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pipe.wav"
    soundfile.write(path, tone(), RATE)
    monkeypatch.setattr(decode, "TIMEOUT_SECONDS", 0.01)
    with pytest.raises(UnusableAudio, match="hung"):
        decode_file(path)


def test_a_decoder_that_dies_is_survived(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(), RATE)
    # A real child that kills itself, as a decoder does that runs into a segmentation fault.
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\nkill -SEGV $$\n")
    dying.chmod(0o755)
    monkeypatch.setattr(decode.sys, "executable", str(dying))
    with pytest.raises(UnusableAudio, match="decoder died"):
        decode_file(path)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=4000),
    head=st.sampled_from([b"RIFF\xff\xff\xff\x7fWAVEfmt ", b"fLaC", b"OggS\0\x02", b"\xff\xfb\x90\x44", b"FORM", b""]),
    suffix=st.sampled_from(["wav", "flac", "mp3", "ogg", "m4a"]),
)
def test_garbage_is_refused_and_never_crashes(tmp_path, body: bytes, head: bytes, suffix: str) -> None:
    path = tmp_path / f"garbage.{suffix}"
    path.write_bytes(head + body)
    with pytest.raises(UnusableAudio):
        decode_file(path)


SHARED_REFUSED = {
    "constructed/only_id3.mp3": "cannot be decoded",
    "constructed/random_64k.mp3": "cannot be decoded",
    "constructed/truncated_midframe.mp3": "cut off",
    "odd/segfault.wav": "cannot be decoded",
    "odd/ooming-header.flac": "cannot be decoded",
    "odd/garbage.mp3": "cut off",
    "odd/silence.flac": "silent",
    "odd/1024_samples.wav": "too short",
    "odd/truncated-64bit.mp4": "cannot be decoded",
}


@pytest.mark.parametrize("name", SHARED_REFUSED)
def test_hostile_real_files_are_refused(shared, name: str) -> None:
    with pytest.raises(UnusableAudio, match=SHARED_REFUSED[name]):
        decode_file(shared / "audio" / name)


@pytest.mark.parametrize(
    ("name", "seconds", "decoder"),
    [
        ("odd/infloop.wav", 1.277, "soundfile"),
        ("odd/example.opus", 11.355, "soundfile"),
        ("odd/535012_166713.wav", 3.472, "soundfile"),
        ("tracks/rave_digger.webm", 94.83, "essentia"),
        ("constructed/ogg_named.wav", 26.645, "soundfile"),
        ("constructed/vbr_no_header.mp3", 94.85, "essentia"),
        ("constructed/corrupt_middle.mp3", 29.86, "essentia"),
    ],
)
def test_odd_real_files_are_read_whole(shared, name: str, seconds: float, decoder: str) -> None:
    audio = decode_file(shared / "audio" / name)
    assert audio.seconds == pytest.approx(seconds, abs=0.02)
    assert audio.decoder.startswith(decoder)


def test_both_decoders_start_on_the_same_sample(shared) -> None:
    # soundfile reads the first 39 s of this file; what essentia reads of it must lie on them.
    path = shared / "audio" / "constructed" / "vbr_no_header.mp3"
    with soundfile.SoundFile(path) as file:
        head = file.read(RATE * 5, dtype="float32").mean(axis=1)
    whole = decode_file(path).mono[: RATE * 5]
    assert np.abs(whole - head).max() < 1e-3


@pytest.mark.parametrize("late", [-300, 0, 529, 1105])
def test_a_late_decoder_is_brought_back(late: int) -> None:
    reference = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)
    other = decode_worker.align(reference[:, None], -late)[:, 0]
    assert decode_worker.shift_between(reference, other, RATE) == late
    moved = decode_worker.align(other[:, None], late)[:, 0]
    np.testing.assert_array_equal(moved[400:20000], reference[400:20000])
