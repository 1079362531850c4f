"""A room, a microphone and a loudspeaker made of software: a private PulseAudio.

Owns the server, what is played into the room and what is recorded there; knows nothing of
the coach, which runs in a process of its own with `SoundServer.env`.

One null sink with two channels, `world`, stands behind everything. The sink `loudspeaker`
is its left channel, the sink `room` its right, and the source `microphone` listens to the
right. So recording the monitor of `world` gives both sides aligned to the frame. It runs at the
loudspeaker's rate, as real sound cards do.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voice_coach.audio.pcm import Pcm, Sound, as_heard, decibels, resample, silence
from voice_coach.units import (
    LOUDSPEAKER_RATE,
    SAMPLE_RATE,
    Samples,
    to_frames,
    to_samples,
    to_seconds,
)

_MODULES = {
    "world": "module-null-sink sink_name=world format=float32le channels=2 "
    f"rate={LOUDSPEAKER_RATE} channel_map=front-left,front-right",
    "loudspeaker": "module-remap-sink sink_name=loudspeaker master=world channels=1 "
    "channel_map=mono master_channel_map=front-left remix=no",
    "room": "module-remap-sink sink_name=room master=world channels=1 "
    "channel_map=mono master_channel_map=front-right remix=no",
    "microphone": "module-remap-source source_name=microphone master=world.monitor channels=1 "
    "channel_map=mono master_channel_map=front-right remix=no",
}
_ECHO = (
    "module-loopback source=loudspeaker.monitor sink=room latency_msec=80 adjust_time=0 remix=no "
    "source_dont_move=true sink_dont_move=true"
)
"""From the loudspeaker through the air to the microphone."""
_FLOATS = (f"--rate={LOUDSPEAKER_RATE}", "--format=float32le", "--raw")
_ALSA_TO_PULSE = "".join(
    f"{kind}.{name} {{ type pulse }}\n"
    for kind in ("pcm", "ctl")
    for name in ("pulse", "!default", "headset")
)
"""PortAudio's devices: `headset` is the same by a name that does not tell a sound server."""

AHEAD = ["nice", "-n", "-10"] if os.geteuid() == 0 else []
"""Puts a program ahead of others, where that is allowed: a busy machine makes holes in sound."""

LIKENESS = 0.8
"""How much a recording must resemble what was played to be it, 0 … 1."""

Cue = tuple[Samples, Samples]
"""Where a sound played into the room begins and ends in a recording."""


@dataclass(frozen=True)
class Scene:
    """What was recorded: both sides on one time base."""

    room: Pcm
    """What the microphone heard."""
    loudspeaker: Pcm
    """What the coach said …"""
    frames: Sound
    """… and the same as it came, at the loudspeaker's rate."""
    cues: list[Cue]
    """Where each sound that was played into the room lies, in the order of playing."""

    def sound_from(self, start: Samples, level_db: float = -50.0) -> Samples | None:
        """Return where the loudspeaker first sounds from `start` on."""
        loud = np.flatnonzero(np.abs(self.loudspeaker[start:]) > decibels(level_db))
        return start + int(loud[0]) if len(loud) else None

    def quiet_from(
        self, start: Samples, hold: Samples = SAMPLE_RATE // 2, level_db: float = -50.0
    ) -> Samples | None:
        """Return from where, after `start`, the loudspeaker is quiet for `hold` samples."""
        loud = np.flatnonzero(np.abs(self.loudspeaker[start:]) > decibels(level_db))
        edges = np.concatenate([[-1], loud, [len(self.loudspeaker) - start]])
        long = np.flatnonzero(np.diff(edges) > hold)
        return start + int(edges[long[0]]) + 1 if len(long) else None


class Take:
    """A recording under way."""

    def __init__(self, server: "SoundServer", path: Path) -> None:
        self._server = server
        self._path = path
        self._played: list[tuple[Samples, Pcm]] = []

    @property
    def now(self) -> Samples:
        """How much has been recorded."""
        return self._path.stat().st_size // to_frames(8)

    def play(self, sound: Pcm) -> None:
        """Play into the room; returns when it has been heard."""
        self._played.append((self.now, sound))
        # The first milliseconds of a new stream are lost: they shall be silence.
        padded = np.concatenate([silence(to_samples(0.2)), sound, silence(to_samples(0.1))])
        command = ["pacat", "--playback", "--device=room", "--channels=1", "--latency-msec=400"]
        self._server.run(
            [*command, *_FLOATS], data=resample(padded, SAMPLE_RATE, LOUDSPEAKER_RATE).tobytes()
        )

    def wait(self, seconds: float) -> None:
        """Record `seconds` more."""
        end, deadline = self.now + to_samples(seconds), time.monotonic() + seconds + 10.0
        while self.now < end:
            if time.monotonic() > deadline:
                raise RuntimeError("the recording stands still")
            time.sleep(0.01)

    def scene(self, least: float = LIKENESS) -> Scene:
        """Return what has been recorded so far; `least` is for what sounded beside other sound."""
        raw = self._path.read_bytes()
        both = np.frombuffer(raw[: len(raw) // 8 * 8], dtype="<f4").reshape(-1, 2)
        frames, room = np.ascontiguousarray(both[:, 0]), as_heard(both[:, 1])
        cues = [find(sound, room, at, least) for at, sound in self._played]
        return Scene(room, as_heard(frames), frames, cues)


def find(
    sound: Pcm, room: Pcm, after: int, least: float = LIKENESS, *, rate: int = SAMPLE_RATE
) -> Cue:
    """Return where `sound` lies in what was recorded from `after` on; RuntimeError if nowhere.

    Sounds and places are of the same `rate`.
    """
    first = max(0, after - rate // 2)
    window = room[first : after + len(sound) + 3 * rate]
    size = 1 << int(np.ceil(np.log2(len(window) + len(sound))))
    product = np.fft.rfft(window, size) * np.conj(np.fft.rfft(sound, size))
    match = np.fft.irfft(product)[: max(1, len(window) - len(sound) + 1)]
    best = int(np.argmax(match))
    heard = window[best : best + len(sound)]
    likeness = float(match[best]) / max(1e-9, float(np.linalg.norm(heard) * np.linalg.norm(sound)))
    if likeness < least:
        raise RuntimeError(
            f"what was played at {after / rate:.1f} s was recorded with holes (likeness "
            f"{likeness:.2f}): this machine is too busy for a test in real time"
        )
    return first + best, first + best + len(sound)


class SoundServer:
    """A private PulseAudio that can be used, robbed of its devices, and killed."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="coach-"))  # its socket needs a short path
        self._server: subprocess.Popen[bytes] | None = None
        (self._folder / "asoundrc").write_text(_ALSA_TO_PULSE)
        private = {
            "HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder),
            "XDG_CONFIG_HOME": str(self._folder / "config"),
            "PULSE_SERVER": f"unix:{self._folder}/pulse/native",
            "ALSA_CONFIG_PATH": str(self._folder / "asoundrc"),
        }
        session = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
        inherited = {name: value for name, value in os.environ.items() if name not in session}
        self.env = inherited | private
        """The environment of a process that shall hear and play here and nowhere else."""

    @staticmethod
    def missing() -> list[str]:
        """Return the programs that are needed and not installed."""
        programs = ("pulseaudio", "pactl", "pacat", "parec")
        return [program for program in programs if shutil.which(program) is None]

    def start(self) -> None:
        """Start the server with all its devices."""
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--disable-shm=yes"]
        command += ["--exit-idle-time=-1", "-L", "module-native-protocol-unix"]
        log = (self._folder / "pulseaudio.log").open("ab")
        env = {name: value for name, value in self.env.items() if name != "PULSE_SERVER"}
        self._server = subprocess.Popen([*AHEAD, *command], env=env, stdout=log, stderr=log)
        self._wait_for_server()
        self.plug(*_MODULES)

    def _wait_for_server(self) -> None:
        deadline = time.monotonic() + 10.0
        ask = ["pactl", "info"]
        while subprocess.run(ask, env=self.env, capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                log = (self._folder / "pulseaudio.log").read_text(errors="replace")
                raise RuntimeError(f"PulseAudio does not start: {log[-2000:]}")
            time.sleep(0.05)

    def plug(self, *names: str) -> None:
        """Connect devices: of world, loudspeaker, room, microphone."""
        for name in names:
            self.run(["pactl", "load-module", *_MODULES[name].split()])
        if "loudspeaker" in names:
            self.run(["pactl", "set-default-sink", "loudspeaker"])
        if "microphone" in names:
            self.run(["pactl", "set-default-source", "microphone"])

    def leak(self, gain_db: float) -> None:
        """Let the room hear the loudspeaker, so much quieter and about 80 ms later."""
        self.run(["pactl", "load-module", *_ECHO.split()])
        inputs = self.run(["pactl", "list", "short", "sink-inputs"]).decode()
        # Its other end in the room is the newest stream; remapped sinks have older ones.
        newest = max(int(line.split("\t")[0]) for line in inputs.splitlines())
        self.run(["pactl", "set-sink-input-volume", str(newest), f"{gain_db:g}dB"])

    def unplug(self, *names: str) -> None:
        """Disconnect devices; without `world`, nothing is left."""
        for name in names:
            listed = self.run(["pactl", "list", "short", "modules"]).decode()
            key = f"{'source' if name == 'microphone' else 'sink'}_name={name} "
            for line in listed.splitlines():
                if key in line:
                    self.run(["pactl", "unload-module", line.split("\t")[0]])

    def run(self, command: list[str], data: bytes | None = None) -> bytes:
        """Run a client of this server to its end and return what it printed."""
        command = [*AHEAD, *command]
        done = subprocess.run(
            command, env=self.env, input=data, capture_output=True, timeout=600, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._server:
            self._server.send_signal(signal.SIGKILL)
            self._server.wait()
            self._server = None
            shutil.rmtree(self._folder / "pulse", ignore_errors=True)

    def close(self) -> None:
        """End the server and leave nothing behind."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def recording(self) -> Iterator[Take]:
        """Record both sides while the block runs."""
        path = self._folder / f"take-{time.monotonic_ns()}.raw"
        # A short latency, because the monitor of a null sink sleeps for up to two seconds.
        command = [*AHEAD, "parec", "--device=world.monitor", "--channels=2", "--latency-msec=20"]
        with path.open("wb") as file:
            recorder = subprocess.Popen([*command, *_FLOATS], env=self.env, stdout=file)
        try:
            take = Take(self, path)
            take.wait(0.5)
            yield take
        finally:
            recorder.terminate()
            recorder.wait()

    @contextmanager
    def murmuring(self, sound: Pcm) -> Iterator[None]:
        """Play `sound` into the room beside all else, until it or the block is over."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            file.write(resample(sound, SAMPLE_RATE, LOUDSPEAKER_RATE).tobytes())
            file.seek(0)
            command = [*AHEAD, "pacat", "--playback", "--device=room", "--channels=1"]
            player = subprocess.Popen([*command, *_FLOATS], env=self.env, stdin=file)
            try:
                yield
            finally:
                player.terminate()
                player.wait()

    def perform(self, cues: Iterable[tuple[float, Pcm]], seconds: float) -> Scene:
        """Play sounds into the room at about their times (in seconds), and record all.

        Cues must not overlap. Where each really sounded is in the scene, to the sample.
        """
        with self.recording() as take:
            start = take.now
            for at, sound in cues:
                take.wait(max(0.0, at - to_seconds(take.now - start)))
                take.play(sound)
            take.wait(max(0.0, seconds - to_seconds(take.now - start)))
        return take.scene()


@contextmanager
def private_server() -> Iterator[SoundServer]:
    """A private PulseAudio; RuntimeError where it is not installed."""
    if missing := SoundServer.missing():
        raise RuntimeError(f"not installed: {', '.join(missing)}")
    server = SoundServer()
    try:
        server.start()
        yield server
    finally:
        server.close()
