"""A sound system without hardware that behaves like PortAudio, with all that goes wrong there.

Its streams run on threads of their own, each block as soon as the last was taken, so that
no test waits for the clock. What is played into it comes back to the microphone.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from voice_coach.audio.pcm import Pcm, silence
from voice_coach.audio.portaudio import Device, DeviceKind, Format, Frames, Play, Record, Stream
from voice_coach.audio.streams import Limits
from voice_coach.errors import DeviceError, NoSoundSystemError
from voice_coach.units import LOUDSPEAKER_RATE

HURRIED = Limits(probe=0.5, start=0.5, gap=0.2, retry=0.01, patience=0.5, zeros=0.5, latency=0.0)
"""The real limits, for a world that runs a hundred times as fast."""

AMBIENT = 1e-7
"""What a microphone that works delivers at least: the noise of itself."""


def device(index: int, name: str, inputs: int = 1, outputs: int = 1, **more: object) -> Device:
    """A device as PortAudio would list it."""
    described = {"rate": LOUDSPEAKER_RATE, "system": "ALSA"} | more
    return Device(index, name, inputs, outputs, **described)  # type: ignore[arg-type]


CARD = device(0, "USB Headset: Audio (hw:1,0)", default_input=True, default_output=True)
SERVER = device(1, "pulse", 32, 32)


LATENCY = 0.04
"""Seconds that a loudspeaker is behind."""


class FakeStream:
    """A thread that calls back until it is closed or its device is pulled out."""

    latency: float | tuple[float, float] = LATENCY

    def __init__(self, step: Callable[[], None], pause: float) -> None:
        self._closed = threading.Event()
        self._step = step
        self._pause = pause
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def active(self) -> bool:
        return self._thread.is_alive() and not self._closed.is_set()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._step()
            time.sleep(self._pause)

    def abort(self) -> None:
        self._closed.set()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()


@dataclass
class FakeSystem:
    """Devices in memory; the attributes say what shall go wrong."""

    listed: list[Device] = field(default_factory=lambda: [CARD])
    pause: float = 0.0002
    """Seconds between two callbacks."""
    duplex_delivers: bool = True
    duplex_opens: bool = True
    deaf: bool = False
    """The microphone's stream is open and never calls back."""
    zeros: bool = False
    """The microphone delivers digital silence."""
    guest: float = 0.0
    """Somebody in the room makes a tone of this amplitude."""
    bias: float = 0.0
    """The microphone adds this to all it delivers."""
    ceiling: float = 10.0
    """The microphone delivers nothing above this."""
    holes: bool = False
    """Every tenth sample of the microphone is no number."""
    mute_after: int | None = None
    """After so many blocks the loudspeaker's stream takes no more, without an error."""
    opened: list[str] = field(default_factory=list)
    streams: list[FakeStream] = field(default_factory=list)
    heard: list[Pcm] = field(default_factory=list)
    """All that was played, at the device's rate."""
    refreshed: int = 0
    _heard: int = 0
    _air: deque[Frames] = field(default_factory=deque)

    def devices(self) -> list[Device]:
        if not self.listed:
            raise NoSoundSystemError("There is no sound device on this machine.")
        return list(self.listed)

    def refresh(self) -> None:
        self.refreshed += 1
        self.unplug()

    def unplug(self) -> None:
        """End all streams as the loss of their device does."""
        for stream in self.streams:
            stream.abort()
        self.streams = []

    def format(self, device: Device, role: DeviceKind, *, duplex: bool = False) -> Format:  # noqa: ARG002
        return Format(device.rate, min(2, device.channels(role)))

    def open_input(self, device: Device, latency: float, record: Record) -> Stream:
        self._demand(device, latency, "input")
        form = self.format(device, DeviceKind.MICROPHONE)
        return self._run(lambda: None if self.deaf else record(self._hear(form), False))

    def open_output(self, device: Device, latency: float, play: Play) -> Stream:
        self._demand(device, latency, "output")
        block = self.format(device, DeviceKind.LOUDSPEAKER).block

        def step() -> None:
            if self.mute_after is None or len(self.heard) < self.mute_after:
                self._emit(play(block, False))

        return self._run(step)

    def open_duplex(self, device: Device, latency: float, record: Record, play: Play) -> Stream:
        self._demand(device, latency, "duplex")
        if not self.duplex_opens:
            raise DeviceError("not in both directions")
        form = self.format(device, DeviceKind.MICROPHONE)

        def step() -> None:
            if self.duplex_delivers:
                self._emit(play(form.block, False))
                record(self._hear(form), False)

        stream = self._run(step)
        stream.latency = (0.01, LATENCY)
        return stream

    def _demand(self, device: Device, latency: float, kind: str) -> None:
        assert latency == HURRIED.latency
        if device not in self.listed:
            raise DeviceError(f"'{device.name}' is gone")
        self.opened.append(kind)

    def _run(self, step: Callable[[], None]) -> FakeStream:
        stream = FakeStream(step, self.pause)
        self.streams.append(stream)
        return stream

    def _emit(self, frames: Frames) -> None:
        self.heard.append(np.array(frames[:, 0]))
        self._air.append(frames)
        while len(self._air) > 1_000:
            self._air.popleft()

    def _hear(self, form: Format) -> Frames:
        arrived = self._air.popleft() if self._air else silence(form.block)[:, np.newaxis]
        if self.guest:
            time = (self._heard + np.arange(form.block)) / form.rate
            tone = self.guest * np.sin(2 * np.pi * 440 * time)
            arrived = (arrived + tone[:, np.newaxis]).astype(np.float32)
        self._heard += form.block
        if self.zeros:
            arrived = np.zeros_like(arrived)
        elif not arrived.any():
            arrived = np.full_like(arrived, AMBIENT)
            arrived[::2] *= -1
        arrived = np.clip(arrived + np.float32(self.bias), -self.ceiling, self.ceiling)
        if self.holes:
            arrived[::10] = np.nan
        return np.repeat(arrived, form.channels, axis=1)
