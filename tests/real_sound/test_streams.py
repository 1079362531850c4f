"""Real PortAudio streams in real time: both directions, silence on demand, loss and return.

The figures that the tests compare with are generous: the machine may be busy.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.rig.sound_server import AHEAD, SoundServer, find
from tests import CHECKOUT
from tests.tools.probe import speech
from voice_coach.audio import pcm
from voice_coach.audio.pcm import Pcm
from voice_coach.units import LOUDSPEAKER_RATE, SAMPLE_RATE, to_samples, to_seconds

pytestmark = pytest.mark.real_sound


class ProbeProcess:
    """The probe, running; its events as they come."""

    def __init__(self, env: dict[str, str], **task: object) -> None:
        command = [sys.executable, "-m", "tests.tools.probe", json.dumps(task)]
        self.process = subprocess.Popen(
            [*AHEAD, *command],
            env=env,
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.events: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.events.append(json.loads(line) | {"seen": time.monotonic()})

    def wait_for(self, event: str, seconds: float = 20.0) -> dict[str, Any]:
        """Return the first event of this kind, when it has come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for seen in self.events:
                if seen["event"] == event:
                    return seen
            time.sleep(0.02)
        raise AssertionError(f"no {event} within {seconds} s: {self.events}")

    def finish(self, seconds: float = 40.0) -> tuple[int, str]:
        """Wait for the end; return the exit status and what went to standard error."""
        code = self.process.wait(seconds)
        self._reader.join(5.0)
        assert self.process.stderr
        return code, self.process.stderr.read()

    def kinds(self) -> list[str]:
        """The kinds of the events so far."""
        return [event["event"] for event in self.events]


def burst(seconds: float = 0.5, seed: int = 5) -> Pcm:
    """Noise, found again in a recording to the sample."""
    generator = np.random.default_rng(seed)
    return generator.uniform(-0.3, 0.3, to_samples(seconds)).astype(np.float32)


@pytest.mark.real_time
def test_both_directions_run_in_real_time_on_one_clock(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=8.0)
    with sound_server.recording() as take:
        take.wait(4.0)
        take.play(burst(1.0))
        code, chatter = probe.finish()
        take.wait(0.5)
    scene, end = take.scene(), probe.wait_for("end")
    assert (code, chatter) == (0, "")
    assert end["steps"] == [160]
    assert end["first"] == 0
    assert end["blocks"] == 800
    assert end["heard"] == pytest.approx(100, abs=5)
    assert end["jitter_ms"] < 50
    rate, frames = LOUDSPEAKER_RATE, scene.frames
    last_words = speech(8.0)[-rate // 2 :]
    begin, over = find(last_words, frames, len(frames) - 3 * rate, rate=rate)
    assert (frames[begin:over] == last_words).mean() > 0.9


@pytest.mark.real_time
def test_silence_on_demand_is_heard_at_once(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=7.0, reacts=True)
    scene = sound_server.perform([(3.5, burst())], seconds=6.0)
    assert probe.finish()[0] == 0
    reacted = probe.wait_for("reacted")
    start, _ = scene.cues[0]
    quiet = scene.quiet_from(start)
    assert quiet is not None
    assert scene.sound_from(start) == start  # it was speaking when the user began
    assert scene.sound_from(quiet) is None  # and never again
    delay = to_seconds(quiet - start)
    print(f"from the user's first sample to silence: {1000 * delay:.0f} ms")  # noqa: T201
    assert 0.0 < delay < 0.6
    assert reacted["at"] - reacted["position"] <= to_samples(0.3)


def test_a_device_that_does_not_do_both_directions_at_once_still_works(
    sound_server: SoundServer,
) -> None:
    probe = ProbeProcess(sound_server.env, seconds=6.0, mic="headset", speaker="headset")
    scene = sound_server.perform([(4.0, burst(1.0))], seconds=6.0)
    assert probe.finish() == (0, "")
    assert "error" not in probe.kinds()
    end = probe.wait_for("end")
    assert end["steps"] == [160]
    assert end["heard"] > 50
    assert scene.sound_from(0) is not None


def test_files_as_microphone_and_loudspeaker_beside_real_devices(
    sound_server: SoundServer, tmp_path: Path
) -> None:
    said, heard = tmp_path / "said.wav", tmp_path / "heard.wav"
    pcm.write(said, burst(2.0))
    began = time.monotonic()
    probe = ProbeProcess(sound_server.env, seconds=3.0, mic=str(said))
    assert probe.finish()[0] == 0
    assert time.monotonic() - began > 2.5
    assert probe.wait_for("end")["heard"] == 200
    probe = ProbeProcess(sound_server.env, seconds=3.0, speaker=str(heard))
    assert probe.finish()[0] == 0
    assert probe.wait_for("end")["blocks"] == 300
    assert len(pcm.read(heard)) == 3 * SAMPLE_RATE


def test_a_replugged_device_is_found_and_the_clock_goes_on(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=9.0, patience=20.0)
    probe.wait_for("begun")
    time.sleep(3.0)
    sound_server.unplug("world")
    lost = probe.wait_for("lost")
    time.sleep(1.0)
    sound_server.plug("world", "loudspeaker", "room", "microphone")
    probe.wait_for("found")
    with sound_server.recording() as take:
        take.wait(2.0)
    code, chatter = probe.finish()
    assert (code, chatter) == (0, "")
    assert "is gone. Waiting 20 s" in lost["text"]
    assert take.scene().sound_from(0) is not None
    end = probe.wait_for("end")
    assert end["steps"] == [160]
    assert end["counters"]["reopened"] == 1


def test_a_device_that_stays_away_is_one_clear_error(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=60.0, patience=2.0)
    probe.wait_for("begun")
    time.sleep(1.0)
    sound_server.unplug("world")
    lost = probe.wait_for("lost")
    code, chatter = probe.finish()
    error = probe.wait_for("error")
    assert (code, chatter) == (2, "")
    assert error["kind"] == "DeviceError"
    assert "did not come back within 2 s" in error["text"]
    assert error["seen"] - lost["seen"] < 10.0


def test_a_loudspeaker_that_the_server_replaces_keeps_playing(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=7.0)
    probe.wait_for("begun")
    time.sleep(3.0)
    sound_server.unplug("loudspeaker")
    assert probe.finish()[0] == 0
    assert probe.wait_for("end")["steps"] == [160]


def test_a_killed_sound_server_is_one_clear_error(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=60.0, patience=2.0)
    probe.wait_for("begun")
    time.sleep(2.0)
    sound_server.kill()
    killed = time.monotonic()
    code, chatter = probe.finish()
    error = probe.wait_for("error")
    assert (code, chatter) == (2, "")
    assert error["kind"] == "DeviceError"
    assert error["seen"] - killed < 8.0


def test_a_sound_server_that_starts_again_is_found(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=8.0, patience=20.0)
    probe.wait_for("begun")
    time.sleep(3.0)
    sound_server.kill()
    probe.wait_for("lost")
    sound_server.start()
    probe.wait_for("found")
    assert probe.finish()[0] == 0
    assert probe.wait_for("end")["steps"] == [160]


def test_a_suspended_microphone_is_noticed(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=60.0, patience=1.0)
    probe.wait_for("begun")
    time.sleep(5.0)
    sound_server.run(["pactl", "suspend-source", "microphone", "1"])
    assert "microphone" in probe.wait_for("lost")["text"]
    code, _ = probe.finish()
    assert code == 2
    assert "microphone" in probe.wait_for("error")["text"]


def test_ctrl_c_ends_at_once_and_silences_the_loudspeaker(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=60.0)
    probe.wait_for("begun")
    with sound_server.recording() as take:
        take.wait(2.0)
        probe.process.send_signal(signal.SIGINT)
        sent, at = time.monotonic(), take.now
        code, chatter = probe.finish()
        gone = time.monotonic() - sent
        take.wait(1.0)
    assert (code, chatter) == (130, "")
    assert gone < 2.0
    quiet = take.scene().quiet_from(at)
    assert quiet is not None
    assert to_seconds(quiet - at) < 1.0


def test_a_stopped_process_is_no_lost_device(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=9.0)
    probe.wait_for("begun")
    time.sleep(5.0)
    probe.process.send_signal(signal.SIGSTOP)
    time.sleep(2.5)
    probe.process.send_signal(signal.SIGCONT)
    assert probe.finish()[0] == 0
    assert "error" not in probe.kinds()
    assert probe.wait_for("end")["steps"] == [160]


def test_no_sound_system_is_one_clear_line(tmp_path: Path) -> None:
    # A plugin for a server that does not run, and no hardware beside it.
    (tmp_path / "asoundrc").write_text("pcm.pulse { type pulse }\n")
    env = os.environ | {
        "ALSA_CONFIG_PATH": str(tmp_path / "asoundrc"),
        "PULSE_SERVER": f"unix:{tmp_path}/nobody",
    }
    probe = ProbeProcess(env, seconds=1.0)
    code, chatter = probe.finish()
    assert (code, chatter) == (2, "")
    error = probe.wait_for("error")
    assert error["kind"] == "NoSoundSystemError"
    assert "--mic" in error["text"]


def test_a_missing_library_is_one_clear_line(tmp_path: Path) -> None:
    # Before any other: the search for the library of the system is made to find nothing.
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    probe = ProbeProcess(os.environ | {"PYTHONPATH": path}, seconds=1.0)
    code, chatter = probe.finish()
    assert (code, chatter) == (2, "")
    error = probe.wait_for("error")
    assert error["kind"] == "NoSoundSystemError"
    assert "libportaudio2" in error["text"]


def test_a_name_that_matches_nothing_lists_what_there_is(sound_server: SoundServer) -> None:
    probe = ProbeProcess(sound_server.env, seconds=1.0, mic="plus")
    assert probe.finish()[0] == 2
    assert "Did you mean 'pulse'?" in probe.wait_for("error")["text"]
