"""Sound files in and out: every shape that a user may bring, and every way a disk says no."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.tools.full_disk import largest_file
from voice_coach.audio import pcm
from voice_coach.audio.pcm import Pcm, WavWriter
from voice_coach.errors import AudioFileError, OutputError
from voice_coach.units import SAMPLE_RATE


def tone(seconds: float = 0.5, hertz: float = 440.0, rate: int = SAMPLE_RATE) -> Pcm:
    """A sine at half of full scale."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_channels_are_read_as_the_same_tone(
    tmp_path: Path, rate: int, channels: int
) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.repeat(tone(1.0, rate=rate)[:, None], channels, axis=1), rate)
    read = pcm.read(path)
    assert read.dtype == np.float32
    assert abs(len(read) - SAMPLE_RATE) <= 1
    inner = slice(1_000, -1_000)  # resampling rings at the ends
    assert np.abs(read[inner] - tone(1.0)[: len(read)][inner]).max() < 0.005


@pytest.mark.parametrize("form", ["FLAC", "OGG", "AIFF", "MP3"])
def test_other_forms_are_read(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"tone.{form.casefold()}"
    soundfile.write(path, tone(1.0), SAMPLE_RATE, format=form)
    assert pcm.level_db(pcm.read(path)) == pytest.approx(-9.0, abs=0.5)


def test_channels_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([tone(), -tone()], axis=1), SAMPLE_RATE, subtype="FLOAT")
    assert not pcm.read(path).any()


def test_what_is_no_number_becomes_silence_and_infinity_full_scale(tmp_path: Path) -> None:
    path = tmp_path / "broken.wav"
    samples = np.array([0.25, np.nan, np.inf, -np.inf, 0.25], dtype=np.float32)
    soundfile.write(path, samples, SAMPLE_RATE, subtype="FLOAT")
    assert pcm.read(path).tolist() == [0.25, 0.0, 1.0, -1.0, 0.25]


def _unreadable(folder: Path) -> dict[str, Path]:
    cases = {name: folder / f"{name}.wav" for name in ("missing", "empty", "text", "cut", "silent")}
    cases["empty"].touch()
    cases["text"].write_text("this is no sound\n" * 100)
    soundfile.write(cases["silent"], np.zeros(0, dtype=np.float32), SAMPLE_RATE)
    soundfile.write(folder / "whole.flac", tone(5.0), SAMPLE_RATE)
    cases["cut"].write_bytes((folder / "whole.flac").read_bytes()[:40])
    return cases | {"folder": folder, "below": cases["text"] / "under-a-file.wav"}


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("missing", "no such file"),
        ("empty", "the file is empty"),
        ("text", "no sound file"),
        ("cut", "damaged"),
        ("silent", "holds no sound"),
        ("folder", "is a folder"),
        ("below", "not a folder"),
    ],
)
def test_a_bad_file_gives_one_line_with_its_path(tmp_path: Path, case: str, reason: str) -> None:
    path = _unreadable(tmp_path)[case]
    with pytest.raises(AudioFileError, match=reason) as error:
        pcm.read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_rate_that_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "slow.wav"
    soundfile.write(path, tone(), 1)
    with pytest.raises(AudioFileError, match="1 Hz"):
        pcm.read(path)


def test_written_and_read_again_is_the_same_to_16_bits(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    pcm.write(path, tone())
    assert np.abs(pcm.read(path) - tone()).max() <= 0.5 / 32768
    assert soundfile.info(path).subtype == "PCM_16"


def test_stereo_keeps_sides_apart_and_pads_the_shorter(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    pcm.write(path, tone(0.5), tone(0.25, 880))
    left, right = soundfile.read(path, dtype="float32")[0].T
    assert len(left) == len(right) == 8_000
    assert np.abs(left - tone(0.5)).max() < 1e-4
    assert np.abs(right[:4_000] - tone(0.25, 880)).max() < 1e-4
    assert not right[4_000:].any()


def test_sixteen_bits_clip_instead_of_wrapping_round() -> None:
    samples = np.array([2.0, -2.0, 1.0, -1.0, np.nan, np.inf], dtype=np.float32)
    assert pcm.to_int16(samples).tolist() == [32767, -32768, 32767, -32768, 0, 32767]
    every = np.arange(-32768, 32768, dtype=np.int16)
    assert (pcm.to_int16(pcm.from_int16(every)) == every).all()
    assert (pcm.from_int16(every.tobytes()) == pcm.from_int16(every)).all()


def test_levels() -> None:
    assert pcm.level_db(pcm.silence(100)) == pcm.level_db(pcm.silence(0)) == -120.0
    assert pcm.level_db(np.ones(100, dtype=np.float32)) == pytest.approx(0.0)
    assert pcm.level_db(tone(1.0)) == pytest.approx(-9.03, abs=0.01)
    assert pcm.decibels(-20.0) == pytest.approx(0.1)
    assert pcm.decibels(0.0) == 1.0


def test_faded_starts_and_ends_at_nothing_and_leaves_the_middle() -> None:
    clip = np.ones(3_000, dtype=np.float32)
    soft = pcm.faded(clip, 100, 50)
    assert soft[0] == soft[-1] == 0.0
    assert (soft[300:-150] == 1.0).all()
    assert np.abs(np.diff(soft)).max() < 0.007
    assert (clip == 1.0).all()
    assert len(pcm.faded(clip[:3])) == 3


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "session.wav"
    pcm.write(path, tone(0.1))
    with WavWriter(path) as file:
        file.write(tone(3.0))
        assert len(pcm.read(path)) == 1_600
    assert len(pcm.read(path)) == 48_000
    assert [p.name for p in tmp_path.iterdir()] == ["session.wav"]


def test_a_kill_leaves_a_valid_file_up_to_the_last_second(tmp_path: Path) -> None:
    code = """
import os, sys, numpy as np
from pathlib import Path
from voice_coach.audio.pcm import WavWriter
file = WavWriter(Path(sys.argv[1]))
for _ in range(350):
    file.write(np.full(160, 0.5, dtype=np.float32))
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code, tmp_path / "session.wav"], check=False)
    (part,) = tmp_path.iterdir()
    assert (soundfile.read(part)[0] == 0.5).all()
    assert len(soundfile.read(part)[0]) == 48_000


def test_an_interrupted_session_keeps_its_recording(tmp_path: Path) -> None:
    def session(path: Path) -> None:
        with WavWriter(path) as file:
            file.write(tone(0.3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session(tmp_path / "session.wav")
    assert len(pcm.read(tmp_path / "session.wav")) == 4_800


def test_discard_leaves_nothing(tmp_path: Path) -> None:
    file = WavWriter(tmp_path / "session.wav")
    file.write(tone(2.0))
    file.discard()
    file.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_line() -> None:
    with pytest.raises(OutputError, match="/dev/full: the disk is full"):
        pcm.write(Path("/dev/full"), tone())


def test_no_room_in_mid_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "session.wav"
    pcm.write(path, tone(0.1))
    file = WavWriter(path)

    def fill() -> None:
        for _ in range(1_000):
            file.write(tone(0.01))

    with largest_file(100_000), pytest.raises(OutputError, match=r"session\.wav") as error:
        fill()
    assert "\n" not in str(error.value)
    file.close()
    assert len(pcm.read(path)) == 1_600
    assert [p.name for p in tmp_path.iterdir()] == ["session.wav"]


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such file or folder"):
        pcm.write(tmp_path / "nowhere" / "out.wav", tone())
    with pytest.raises(OutputError, match="is a folder"):
        pcm.write(tmp_path, tone())


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="no /sys on this system")
def test_a_read_only_folder_is_one_line() -> None:
    # Not even root may make a file there, whether it is mounted for writing or not.
    with pytest.raises(OutputError, match=r"not permitted|read-only"):
        pcm.write(Path("/sys/kernel/out.wav"), tone())


def test_what_is_no_file_is_written_to_and_not_replaced() -> None:
    pcm.write(Path("/dev/null"), tone())
    assert Path("/dev/null").is_char_device()


def test_a_link_is_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target.wav", tmp_path / "link.wav"
    target.touch()
    link.symlink_to(target)
    pcm.write(link, tone(0.1))
    assert link.is_symlink()
    assert len(pcm.read(target)) == 1_600


def test_resample_takes_integers_and_channels() -> None:
    integers = pcm.to_int16(tone(1.0, rate=22_050))
    assert abs(len(pcm.resample(integers, 22_050)) - SAMPLE_RATE) <= 1
    assert pcm.resample(np.stack([integers, integers], axis=1), 22_050).ndim == 1
    same = tone(0.1)
    assert (pcm.resample(same, SAMPLE_RATE) == same).all()
    assert not len(pcm.resample(pcm.silence(0), 8_000))
