"""Running microphone and loudspeaker streams, cut into blocks of the coach on one clock.

Owns what happens between the callbacks of a device and a queue of blocks; must not know
which devices were chosen and why, nor words or exercise.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from voice_coach.audio.blocks import Counters, Played, Recorded
from voice_coach.audio.decimation import Decimator
from voice_coach.audio.microphone_faults import NO_FLAW, Flaw, inspected
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, Sound, quiet, silence
from voice_coach.audio.portaudio import (
    Device,
    DeviceKind,
    Frames,
    Play,
    Record,
    SoundSystem,
    Stream,
)
from voice_coach.errors import DeviceError
from voice_coach.units import BLOCK, LOUDSPEAKER_RATE, SAMPLE_RATE

QUEUED: Final = 3_000
"""Blocks of either side that may wait for a slow listener (30 s); more are lost."""

_PROBED: Final = 20
"""Blocks that a device must move in both directions before duplex is believed: 0.2 s."""

_POLL: Final = 0.01
"""Seconds between two looks at a device that is starting."""


@dataclass(frozen=True)
class Limits:
    """How long a device may take before it counts as broken; all in seconds."""

    probe: float = 0.7
    """For the first frames of a device opened in both directions at once."""
    start: float = 4.0
    """For a device to run steadily after it was opened; a sound server may take two."""
    gap: float = 1.0
    """Between frames of a running device."""
    retry: float = 0.5
    """Between two attempts to find a lost device again."""
    patience: float = 15.0
    """For a lost device to come back."""
    zeros: float = 5.0
    """Of digital silence from a microphone before the user is told."""
    latency: float = 0.1
    """Asked of the device: more survives a busy machine, less falls silent sooner. It must be
    longer than any one piece of work that holds Python's global lock, or speech has holes."""


_Conversion = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Takes the next of a stream; returns what is complete of it at another rate."""


class _Intake:
    """Cuts what a microphone delivers, at its rate and channels, into blocks."""

    def __init__(self, rate: int) -> None:
        self._converted = _to_the_clock(rate)
        self._rest = silence(0)
        self._flaws = NO_FLAW

    def cut(self, frames: Frames) -> Iterator[tuple[Pcm, Flaw]]:
        """Take recorded frames; yield the blocks that are complete, and what was wrong."""
        # Here, because averaging and resampling hide a ceiling, and spread what is no number.
        frames, flaws = inspected(frames)
        self._flaws |= flaws
        mono = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1)
        # Joined anew, so that no block is a view of the device's own buffer.
        self._rest = np.concatenate([self._rest, self._converted(mono)])
        while len(self._rest) >= BLOCK:
            yield self._rest[:BLOCK], self._flaws
            self._rest = self._rest[BLOCK:]
            self._flaws = NO_FLAW


class _Supply:
    """Hands the loudspeaker as many frames as it asks for, at its rate."""

    def __init__(self, rate: int) -> None:
        self._converted = _from_the_loudspeaker(rate)
        self._rest: Sound = quiet(0)

    def lacks(self, frames: int) -> bool:
        """Whether another block is needed to hand out `frames`."""
        return len(self._rest) < frames

    def add(self, block: Sound) -> None:
        """Take a rendered block."""
        self._rest = np.concatenate([self._rest, self._converted(block)])

    def take(self, frames: int) -> Frames:
        """Return the next `frames`, shape (frames, 1)."""
        taken, self._rest = self._rest[:frames], self._rest[frames:]
        return taken[:, np.newaxis]


def _to_the_clock(rate: int) -> _Conversion:
    # The filter of the reference, so that both sides of one device stay together exactly.
    return Decimator().push if rate == LOUDSPEAKER_RATE else _resampling(rate, SAMPLE_RATE)


def _from_the_loudspeaker(rate: int) -> _Conversion:
    return _resampling(LOUDSPEAKER_RATE, rate)


def _resampling(source: int, target: int) -> _Conversion:
    if source == target:
        return lambda samples: samples
    stream = soxr.ResampleStream(source, target, 1, dtype="float32", quality="MQ")
    return lambda samples: stream.resample_chunk(np.ascontiguousarray(samples, dtype=np.float32))


class Streams:
    """The open streams of a microphone, a loudspeaker or both, and the queue they fill.

    Opens on construction; raises DeviceError. One device on one clock is opened in both
    directions at once where that works, else each side has a stream of its own. Without a mixer
    it plays silence and forgets what it hears, until `begin`: so it can be opened ahead.
    """

    def __init__(
        self,
        system: SoundSystem,
        *,
        microphone: Device | None,
        loudspeaker: Device | None,
        mixer: Mixer | None,
        counters: Counters,
        limits: Limits,
    ) -> None:
        self._system = system
        self._mixer = mixer
        self._counters = counters
        self._limits = limits
        self._events: SimpleQueue[Played | Recorded] = SimpleQueue()
        self._failure: BaseException | None = None
        self._lost_blocks = 0
        self._moved = 0
        """Blocks of either side so far, for whoever asks whether a device moves any."""
        self._duplex = False
        self._streams: list[tuple[Stream, DeviceKind]] = []
        wanted = {DeviceKind.MICROPHONE: microphone, DeviceKind.LOUDSPEAKER: loudspeaker}
        self._latest = {role: time.monotonic() for role, device in wanted.items() if device}
        self._flowing: set[DeviceKind] = set()
        self._opened = self._checked = time.monotonic()
        try:
            if not self._open_duplex(microphone, loudspeaker):
                self._open_split(microphone, loudspeaker)
        except BaseException:
            self.close()
            raise

    def begin(self, mixer: Mixer) -> None:
        """Play from `mixer`, and queue what is played and heard from here on."""
        self._mixer = mixer

    @property
    def output_latency(self) -> float:
        """Seconds from the position of the playback to the ear, as far as the device knows."""
        for stream, role in self._streams:
            if self._duplex or role is DeviceKind.LOUDSPEAKER:
                known = stream.latency
                return max(0.0, known[1] if isinstance(known, tuple) else known)
        return 0.0

    def wait_until_flowing(self) -> bool:
        """Wait until every side has moved something; False if one does not."""
        deadline = time.monotonic() + self._limits.start
        while len(self._flowing) < len(self._latest):
            if time.monotonic() > deadline or self.lost():
                return False
            time.sleep(_POLL)
        return True

    def play_out(self) -> None:
        """Wait until what was rendered has been heard."""
        if DeviceKind.LOUDSPEAKER in self._latest:
            # What a device says of its latency leaves out the sound server's share of it.
            time.sleep(2 * self._limits.latency + 0.05)

    def next(self, timeout: float) -> Played | Recorded | None:
        """Return what happened next, or None after `timeout` seconds of nothing.

        Raises what a callback raised.
        """
        if self._failure:
            raise self._failure
        try:
            return self._events.get(timeout=timeout)
        except Empty:
            return None

    def lost(self) -> DeviceKind | None:
        """Return the side whose device has gone away or fallen silent, if any."""
        now = time.monotonic()
        # A process that was stopped, or busy, must not blame the device for its own absence.
        asleep = now - self._checked > self._limits.gap / 2
        self._checked = now
        for stream, role in self._streams:
            if not stream.active:
                return role
        # A sound server takes some frames at once, and then a second to wake its device.
        starting = now - self._opened < self._limits.start
        limit = self._limits.start if starting else self._limits.gap
        for role, latest in self._latest.items():
            if now - latest > limit and not asleep:
                return role
        return None

    def close(self) -> None:
        """Stop at once and release the devices; calling it twice does no harm."""
        for stream, _ in self._streams:
            stream.abort()
            stream.close()
        self._streams = []

    def _open_duplex(self, microphone: Device | None, loudspeaker: Device | None) -> bool:
        if microphone is None or microphone != loudspeaker or microphone.is_server:
            return False
        try:
            rates = {self._system.format(microphone, role, duplex=True).rate for role in DeviceKind}
            if len(rates) > 1:
                return False
            record, play = self._recorder(*rates), self._player(*rates)
            stream = self._system.open_duplex(microphone, self._limits.latency, record, play)
        except DeviceError:
            return False
        self._streams = [(stream, DeviceKind.MICROPHONE)]
        self._duplex = self._delivers()
        if self._duplex:
            return True
        self.close()
        self._events = SimpleQueue()
        self._moved = 0
        self._flowing.clear()
        return False

    def _delivers(self) -> bool:
        deadline = time.monotonic() + self._limits.probe
        while self._moved < 2 * _PROBED and time.monotonic() < deadline:
            time.sleep(_POLL)
        return self._moved >= 2 * _PROBED

    def _open_split(self, microphone: Device | None, loudspeaker: Device | None) -> None:
        # The loudspeaker first: recorded sound needs a position on its clock.
        latency = self._limits.latency
        if loudspeaker:
            play = self._player(self._system.format(loudspeaker, DeviceKind.LOUDSPEAKER).rate)
            stream = self._system.open_output(loudspeaker, latency, play)
            self._streams.append((stream, DeviceKind.LOUDSPEAKER))
        if microphone:
            record = self._recorder(self._system.format(microphone, DeviceKind.MICROPHONE).rate)
            stream = self._system.open_input(microphone, latency, record)
            self._streams.append((stream, DeviceKind.MICROPHONE))

    def _recorder(self, rate: int) -> Record:
        intake = _Intake(rate)

        def record(frames: Frames, overrun: bool) -> None:
            try:
                self._note(DeviceKind.MICROPHONE)
                self._counters.overruns += overrun and self._begun
                for block, flaws in intake.cut(frames):
                    self._post_recorded(block, flaws)
            except BaseException as error:
                self._failure = error

        return record

    def _player(self, rate: int) -> Play:
        supply = _Supply(rate)

        def play(frames: int, underrun: bool) -> Frames:
            try:
                self._note(DeviceKind.LOUDSPEAKER)
                self._counters.underruns += underrun and self._begun
                while supply.lacks(frames):
                    supply.add(self._render())
                return supply.take(frames)
            except BaseException as error:
                self._failure = error
                return silence(frames)[:, np.newaxis]

        return play

    def _note(self, role: DeviceKind) -> None:
        self._latest[role] = time.monotonic()
        self._flowing.add(role)

    @property
    def _begun(self) -> bool:
        return self._mixer is not None

    def _render(self) -> Sound:
        self._moved += 1
        if self._mixer is None:
            return quiet(BLOCK)
        position = self._mixer.position
        block = self._mixer.render(BLOCK)
        if self._events.qsize() < 2 * QUEUED:
            self._events.put(Played(block, position))
        return block

    def _post_recorded(self, block: Pcm, flaws: Flaw) -> None:
        self._moved += 1
        if not self._begun:
            return
        if self._events.qsize() < 2 * QUEUED:
            self._events.put(Recorded(block, self._lost_blocks, flaws))
            self._lost_blocks = 0
        else:
            self._counters.dropped += 1
            self._lost_blocks += 1
