"""The world as the app sees it: files as devices, and devices that come and go."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.tools.fake_system import AMBIENT, CARD, HURRIED, LATENCY, SERVER, FakeSystem, device
from voice_coach.audio import pcm
from voice_coach.audio.decimation import DELAY, Decimator
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, Sound
from voice_coach.audio.world import (
    Audio,
    Limits,
    Notice,
    NoticeKind,
    Nowhere,
    Recording,
    list_devices,
    open_audio,
)
from voice_coach.errors import AudioFileError, DeviceError, NoSoundSystemError, OutputError
from voice_coach.units import BLOCK, LOUDSPEAKER_RATE, SAMPLE_RATE, Samples, to_frames


def noise(frames: int, seed: int = 1) -> Pcm:
    """Noise whose every sample tells where it belongs."""
    return np.random.default_rng(seed).uniform(-0.4, 0.4, frames).astype(np.float32)


def sound(length: Samples, seed: int = 1) -> Sound:
    """The same for the loudspeaker, so many samples of the clock long."""
    return noise(to_frames(length), seed)


def reference(length: Samples) -> Pcm:
    """What the canceller is given of `sound`, from its first sample to its last."""
    return Decimator().push(sound(length))


class Listener:
    """An app that remembers all it was given, and stops after so many blocks."""

    def __init__(self, audio: Audio, blocks: int | None = None) -> None:
        self.audio = audio
        self.mixer = Mixer()
        self.limit = blocks
        self.mic: list[Pcm] = []
        self.played: list[Pcm] = []
        self.positions: list[Samples] = []
        self.notices: list[NoticeKind] = []
        self.threads: set[int] = set()
        self.at: dict[int, Callable[[], None]] = {}

    def block(self, mic: Pcm, played: Pcm, position: Samples) -> None:
        assert mic.shape == played.shape == (BLOCK,)
        assert mic.dtype == played.dtype == np.float32
        self.mic.append(mic)
        self.played.append(played)
        self.positions.append(position)
        self.threads.add(threading.get_ident())
        if happening := self.at.get(len(self.positions)):
            happening()
        if len(self.positions) == self.limit:
            self.audio.stop()

    def notice(self, notice: Notice) -> None:
        assert "\n" not in notice.text
        self.notices.append(notice.kind)

    def run(self) -> "Listener":
        self.audio.run(self.mixer, self.block, self.notice)
        assert self.positions == [BLOCK * i for i in range(len(self.positions))]
        assert self.threads <= {threading.get_ident()}
        return self

    def heard(self) -> Pcm:
        return np.concatenate(self.mic)

    def said(self) -> Pcm:
        return np.concatenate(self.played)


# Files in place of devices


def test_files_on_both_sides_give_the_same_samples_twice(tmp_path: Path) -> None:
    said, heard = noise(SAMPLE_RATE), []
    pcm.write(tmp_path / "in.wav", said)
    for take in ("1.wav", "2.wav"):
        listener = Listener(open_audio(tmp_path / "in.wav", tmp_path / take, tail=SAMPLE_RATE // 2))
        listener.mixer.play(sound(5_000, 2), 1_234, tag=1)
        assert not listener.audio.realtime
        heard.append(listener.run().heard())
    assert len(heard[0]) == 24_000
    assert np.abs(heard[0][:SAMPLE_RATE] - said).max() < 1e-4
    assert not heard[0][SAMPLE_RATE:].any()
    assert (heard[0] == heard[1]).all()
    assert (tmp_path / "1.wav").read_bytes() == (tmp_path / "2.wav").read_bytes()
    out, rate = soundfile.read(tmp_path / "1.wav", dtype="float32")
    assert (rate, len(out)) == (LOUDSPEAKER_RATE, to_frames(24_000))
    assert np.abs(out[to_frames(1_234) : to_frames(6_234)] - sound(5_000, 2)).max() < 1e-4


@pytest.mark.parametrize(
    ("length", "tail", "blocks"), [(160, 0, 2), (161, 0, 2), (100, 0, 1), (320, 320, 4)]
)
def test_a_recording_ends_after_its_tail(length: int, tail: int, blocks: int) -> None:
    listener = Listener(open_audio(Recording(noise(length)), Nowhere(), tail=tail)).run()
    assert len(listener.positions) == blocks
    assert (listener.heard()[:length] == noise(length)).all()


def test_a_recording_of_bad_sound_is_told_too() -> None:
    overdriven = np.clip(4 * noise(2 * SAMPLE_RATE), -1, 1)
    listener = Listener(open_audio(Recording(overdriven), Nowhere(), tail=SAMPLE_RATE))
    assert listener.run().notices == [NoticeKind.CLIPPED]
    torn = noise(SAMPLE_RATE)
    torn[::7] = np.inf
    listener = Listener(open_audio(Recording(torn), Nowhere(), tail=0)).run()
    assert listener.notices == [NoticeKind.NO_NUMBERS]
    assert np.isfinite(listener.heard()).all()
    quiet = Recording(pcm.silence(20 * SAMPLE_RATE))
    assert not Listener(open_audio(quiet, Nowhere(), tail=0)).run().notices


def test_without_a_tail_silence_goes_on_until_stopped() -> None:
    listener = Listener(open_audio(Recording(noise(100)), Nowhere()), blocks=500).run()
    assert len(listener.positions) == 500


class Echo:
    """A source made elsewhere: it answers the clock."""

    def read(self, frames: Samples, position: Samples) -> Pcm:
        return np.arange(position, position + frames, dtype=np.float32)


def test_a_source_hears_the_clock() -> None:
    listener = Listener(open_audio(Echo(), Nowhere()), blocks=10).run()
    assert (listener.heard() == np.arange(1_600)).all()


def test_a_command_of_the_app_is_heard_in_the_next_block() -> None:
    listener = Listener(open_audio(Echo(), Nowhere()), blocks=10)
    listener.at[4] = lambda: listener.mixer.play(sound(BLOCK), 0, tag=1)
    said = listener.run().said()
    assert not said[: 4 * BLOCK].any()
    assert (said[4 * BLOCK : 5 * BLOCK] == reference(BLOCK)).all()


def test_what_the_app_raises_comes_out_and_the_recording_is_kept(tmp_path: Path) -> None:
    listener = Listener(open_audio(Echo(), tmp_path / "out.wav"))

    def fail() -> None:
        raise ZeroDivisionError

    listener.at[3] = fail
    with pytest.raises(ZeroDivisionError):
        listener.run()
    assert len(pcm.read(tmp_path / "out.wav")) == 2 * BLOCK


def test_names_that_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pcm.write(Path("in.wav"), noise(160))
    (tmp_path / "in.wav").rename("without-suffix")
    audio = open_audio("without-suffix", "out.wav", tail=0)
    Listener(audio).run()
    assert len(pcm.read(Path("out.wav"))) == 2 * BLOCK


@pytest.mark.parametrize(
    ("mic", "speaker", "error"),
    [
        ("missing.wav", None, AudioFileError),
        (Path("missing"), None, AudioFileError),
        (Echo(), "missing/out.wav", OutputError),
        (Echo(), "out.mp3", OutputError),
    ],
)
def test_bad_files_are_found_before_anything_is_opened(
    mic: object, speaker: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        open_audio(mic, speaker, system=FakeSystem())  # type: ignore[arg-type]


def test_a_device_error_leaves_no_unfinished_file(tmp_path: Path) -> None:
    with pytest.raises(DeviceError):
        open_audio("nobody", tmp_path / "out.wav", system=FakeSystem())
    assert not list(tmp_path.iterdir())


# Devices


def well_known(said: Pcm) -> float:
    """Return the share of the blocks of `said` that are the reference of `sound`, at its place.

    The others are where sound was lost, and are silent but for what the filter still holds.
    """
    blocks = said.reshape(-1, BLOCK)
    expected = reference(len(said)).reshape(-1, BLOCK)
    right = (blocks == expected).all(axis=1)
    beside = ~right & (blocks != 0).any(axis=1)
    assert np.count_nonzero(beside) <= 2 * np.count_nonzero(np.diff(right)) + 2
    return float(right.mean())


def live(system: FakeSystem, blocks: int = 300, limits: Limits = HURRIED) -> Listener:
    """An app on real-time devices."""
    return Listener(open_audio(system=system, limits=limits), blocks)


def test_one_device_runs_duplex_and_exactly_aligned() -> None:
    system = FakeSystem()
    listener = live(system)
    listener.mixer.play(sound(20_000), 0, tag=1)
    listener.run()
    assert system.opened == ["duplex"]
    assert listener.audio.realtime
    assert np.abs(listener.heard() - listener.said()).max() <= AMBIENT
    assert (np.concatenate(system.heard)[: to_frames(20_000)] == sound(20_000)).all()
    assert (listener.said()[:20_000] == reference(20_000)).all()
    assert str(listener.audio).startswith("microphone 'USB Headset")
    assert not system.streams[0].active


@pytest.mark.parametrize("duplex", [True, False])
def test_opened_ahead_it_is_silent_and_forgets_until_it_runs(duplex: bool) -> None:
    system = FakeSystem(duplex_opens=duplex)
    listener = live(system)
    listener.audio.open()
    opened = list(system.opened)
    awake = len(system.heard) + 20
    give_up = time.monotonic() + 5
    while len(system.heard) < awake:  # the devices move sound before anything is played
        assert time.monotonic() < give_up
        time.sleep(0.001)
    assert not np.concatenate(system.heard).any()
    listener.mixer.play(sound(20_000), 0, tag=1)
    listener.run()
    assert system.opened == opened, "it was opened once more"
    assert (listener.said()[:20_000] == reference(20_000)).all()
    heard = np.concatenate(system.heard)
    begun = int(np.flatnonzero(heard)[0])
    assert begun > 20 * to_frames(BLOCK)
    counters = listener.audio.counters
    assert (counters.underruns, counters.overruns, counters.reopened) == (0, 0, 0)


def test_opened_ahead_and_never_run_it_lets_go_of_its_devices() -> None:
    system = FakeSystem()
    with open_audio(system=system, limits=HURRIED) as audio:
        audio.open()
        (stream,) = system.streams
        assert stream.active
    assert not stream.active


def test_a_device_that_goes_away_before_the_run_is_found_again() -> None:
    system = FakeSystem()
    listener = live(system)
    listener.audio.open()
    system.unplug()
    listener.run()
    assert listener.notices == [NoticeKind.LOST, NoticeKind.FOUND]


def test_a_sound_server_is_never_opened_in_both_directions_at_once() -> None:
    system = FakeSystem([replace(SERVER, default_input=True, default_output=True)])
    live(system).run()
    assert system.opened == ["output", "input"]


@pytest.mark.parametrize("fault", ["duplex_opens", "duplex_delivers"])
def test_where_duplex_does_not_work_each_side_gets_a_stream(fault: str) -> None:
    system = FakeSystem()
    setattr(system, fault, False)
    listener = live(system).run()
    assert system.opened == ["duplex", "output", "input"]
    assert not listener.notices


def test_two_devices_are_two_streams() -> None:
    system = FakeSystem([device(0, "Camera", 1, 0), device(1, "Box", 0, 2)])
    live(system).run()
    assert system.opened == ["output", "input"]


@pytest.mark.parametrize("duplex", [True, False])
def test_how_far_the_ear_is_behind_is_known(duplex: bool) -> None:
    listener = live(FakeSystem(duplex_opens=duplex))
    assert listener.audio.output_latency == 0
    assert listener.run().audio.output_latency == LATENCY


def test_a_file_is_heard_at_once() -> None:
    assert open_audio(Recording(noise(0)), Nowhere()).output_latency == 0


@pytest.mark.parametrize("rate", [44_100, 48_000, 16_000, 8_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_device_with_another_rate_is_converted(rate: int, channels: int) -> None:
    system = FakeSystem([replace(CARD, rate=rate, inputs=channels, outputs=channels)])
    listener = live(system, blocks=200)
    time = np.arange(to_frames(24_000)) / LOUDSPEAKER_RATE
    tone = (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    listener.mixer.play(tone, 0, tag=1)
    listener.run()
    assert (
        np.abs(listener.said()[1_000:24_000] - pcm.as_heard(tone)[1_000 - DELAY : -DELAY]).max()
        < 1e-3
    )
    played = pcm.resample(np.concatenate(system.heard), rate)[4_000:20_000]
    heard = listener.heard()[4_000:20_000]
    for converted in (played, heard):
        spectrum = np.abs(np.fft.rfft(converted * np.hanning(len(converted))))
        assert np.argmax(spectrum) * SAMPLE_RATE / len(converted) == pytest.approx(440, abs=1)
        assert pcm.level_db(converted) == pytest.approx(-9.0, abs=0.2)


def test_a_recording_is_paced_by_the_loudspeaker(tmp_path: Path) -> None:
    system = FakeSystem()
    pcm.write(tmp_path / "in.wav", noise(8_000))
    audio = open_audio(tmp_path / "in.wav", system=system, limits=HURRIED, tail=1_600)
    listener = Listener(audio).run()
    assert system.opened == ["output"]
    assert len(listener.positions) == 60
    assert np.abs(listener.heard()[:8_000] - noise(8_000)).max() < 1e-4


def test_a_file_as_loudspeaker_is_paced_by_the_microphone(tmp_path: Path) -> None:
    system = FakeSystem()
    audio = open_audio(None, tmp_path / "out.wav", system=system, limits=HURRIED)
    listener = Listener(audio, blocks=100)
    listener.mixer.play(sound(8_000), 0, tag=1)
    listener.run()
    assert system.opened == ["input"]
    written, rate = soundfile.read(tmp_path / "out.wav", dtype="float32")
    assert rate == LOUDSPEAKER_RATE
    assert np.abs(written[: to_frames(8_000)] - sound(8_000)).max() < 1e-4


@pytest.mark.parametrize("duplex", [True, False])
def test_a_lost_device_is_told_found_again_and_the_clock_goes_on(duplex: bool) -> None:
    system = FakeSystem(duplex_opens=duplex)
    listener = live(system, blocks=400)
    listener.mixer.play(sound(60_000), 0, tag=1)
    listener.at[100] = system.unplug
    listener.run()
    assert listener.notices == [NoticeKind.LOST, NoticeKind.FOUND]
    assert listener.audio.counters.reopened == 1
    assert system.refreshed == 1
    # Playback went on where it was; what was on its way at the loss was heard by nobody.
    assert well_known(listener.said()[:60_000]) > 0.5


def test_a_device_that_stays_away_is_an_error_in_the_thread_of_the_app() -> None:
    system = FakeSystem()
    listener = live(system, blocks=10_000)

    def pull_out() -> None:
        system.listed.clear()
        system.unplug()

    listener.at[50] = pull_out
    with pytest.raises(DeviceError, match=r"USB Headset.* did not come back"):
        listener.run()
    assert listener.notices == [NoticeKind.LOST]
    assert system.refreshed > 2


def test_a_device_plugged_in_again_has_another_index_and_the_same_name() -> None:
    system = FakeSystem([CARD, device(1, "Camera", 1, 1)])
    listener = Listener(open_audio("1", "1", system=system, limits=HURRIED), blocks=200)

    def replug() -> None:
        system.listed = [CARD, device(1, "Other", 1, 1), device(2, "Camera", 1, 1)]
        system.unplug()

    listener.at[50] = replug
    listener.run()
    assert str(listener.audio) == "microphone 'Camera', loudspeaker 'Camera'"


def test_a_microphone_that_never_delivers_is_lost() -> None:
    system = FakeSystem([replace(SERVER, default_input=True, default_output=True)], deaf=True)
    listener = live(system, blocks=100_000)
    with pytest.raises(DeviceError, match="microphone 'pulse' is gone"):
        listener.run()
    assert listener.notices == [NoticeKind.LOST]


def test_a_microphone_of_zeros_is_told_once_and_goes_on() -> None:
    system = FakeSystem(zeros=True)
    listener = live(system, blocks=200)
    listener.mixer.play(sound(30_000), 0, tag=1)
    assert listener.run().notices == [NoticeKind.ZEROS]


def test_a_microphone_of_one_value_is_told_once_and_goes_on() -> None:
    system = FakeSystem(zeros=True, bias=0.25)
    assert live(system, blocks=200).run().notices == [NoticeKind.CONSTANT]


@pytest.mark.parametrize("rate", [SAMPLE_RATE, 44_100, LOUDSPEAKER_RATE])
def test_an_overdriven_microphone_is_told_once_and_goes_on(rate: int) -> None:
    """Also where the ceiling is below full scale, and the sound is converted."""
    system = FakeSystem([replace(CARD, rate=rate)], ceiling=0.2, guest=0.5)
    assert live(system, blocks=200).run().notices == [NoticeKind.CLIPPED]


@pytest.mark.parametrize("split", [False, True])
def test_the_coachs_own_loud_voice_is_no_fault_of_the_microphone(split: bool) -> None:
    system = FakeSystem(ceiling=0.2, duplex_opens=not split)
    listener = live(system, blocks=300)
    time = np.arange(to_frames(30_000)) / LOUDSPEAKER_RATE
    listener.mixer.volume_db = 8.0
    listener.mixer.play((0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32), 0, tag=1)
    assert listener.run().notices == []
    assert np.abs(listener.heard()).max() == pytest.approx(0.2, abs=0.05), "it was cut off"


def test_samples_that_are_no_numbers_are_silence_and_told() -> None:
    system = FakeSystem([replace(CARD, rate=48_000)], holes=True)
    listener = live(system, blocks=200)
    listener.mixer.play(sound(30_000), 0, tag=1)
    assert listener.run().notices == [NoticeKind.NO_NUMBERS]
    assert np.isfinite(listener.heard()).all()
    assert pcm.level_db(listener.heard()) > -30


def test_a_loudspeaker_that_stops_taking_sound_is_lost() -> None:
    """Else the canceller would wait for a reference that never comes."""
    server = replace(SERVER, default_input=True, default_output=True)
    listener = live(FakeSystem([server], mute_after=100), blocks=10_000)
    with pytest.raises(DeviceError, match="loudspeaker 'pulse' is gone"):
        listener.run()
    assert listener.notices == [NoticeKind.LOST]


def test_a_fault_in_a_callback_ends_the_run() -> None:
    class Broken(Mixer):
        def render(self, length: Samples) -> Sound:
            if self.position >= 16_000:
                raise ZeroDivisionError("a bug in the mixer")
            return super().render(length)

    listener = live(FakeSystem(), blocks=100_000)
    listener.mixer = Broken()
    with pytest.raises(ZeroDivisionError, match="a bug in the mixer"):
        listener.run()


def test_an_interrupt_closes_the_streams() -> None:
    system = FakeSystem()
    listener = live(system)

    def interrupt() -> None:
        raise KeyboardInterrupt

    listener.at[20] = interrupt
    with pytest.raises(KeyboardInterrupt):
        listener.run()
    assert not any(stream.active for stream in system.streams)


@pytest.mark.slow
def test_a_listener_that_is_too_slow_loses_sound_and_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("voice_coach.audio.streams.QUEUED", 40)
    system = FakeSystem(pause=0.001)  # fast, but not too fast for who does not dawdle
    listener = live(system, blocks=400)
    listener.mixer.play(sound(70_000), 0, tag=1)

    def dawdle() -> None:
        blocks = len(system.heard)
        while len(system.heard) < blocks + 120:
            pass

    listener.at[30] = dawdle
    listener.run()
    assert listener.audio.counters.dropped > 0
    assert 0.5 < well_known(listener.said()[:60_000]) < 0.99


def test_stop_works_before_and_while_a_device_is_sought() -> None:
    system = FakeSystem()
    listener = live(system, blocks=10_000, limits=replace(HURRIED, patience=60.0, retry=30.0))

    def pull_out() -> None:
        system.listed.clear()
        system.unplug()
        threading.Timer(0.3, listener.audio.stop).start()

    listener.at[50] = pull_out
    listener.run()
    assert listener.notices == [NoticeKind.LOST]


def test_the_list_marks_what_the_coach_would_take() -> None:
    screen = device(0, "HDMI", 0, 2, default_output=True)
    listed = list_devices(FakeSystem([screen, device(1, "Camera", 1, 0), SERVER]))
    assert [d.name for d in listed if d.default_output] == ["pulse"]
    assert [d.name for d in listed if d.default_input] == ["pulse"]
    only_plays = list_devices(FakeSystem([screen]))
    assert [d.default_input for d in only_plays] == [False]
    with pytest.raises(NoSoundSystemError):
        list_devices(FakeSystem([]))


def test_a_world_that_never_ran_lets_go_of_its_file(tmp_path: Path) -> None:
    with open_audio(Echo(), tmp_path / "out.wav"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out.wav"]
