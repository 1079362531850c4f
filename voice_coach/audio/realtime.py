"""Real devices while they run: kept alive, watched, lost and found again.

Owns what happens when a device goes away or falls silent; must not know words or exercise.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator

from voice_coach.audio.blocks import Block, Counters, Join, Played, Recorded
from voice_coach.audio.files import Reel
from voice_coach.audio.microphone_faults import MicrophoneWatch, Notice, NoticeKind
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import silence
from voice_coach.audio.portaudio import Device, DeviceKind, SoundSystem, choose, hushed
from voice_coach.audio.streams import Limits, Streams
from voice_coach.errors import DeviceError
from voice_coach.units import BLOCK, to_samples

OnNotice = Callable[[Notice], None]
"""Called in the thread of the run, between two blocks."""


class Hardware:
    """The real devices: chosen by what was wanted, and chosen again after a loss.

    Raises NoSoundSystemError and DeviceError.
    """

    def __init__(self, system: SoundSystem, wanted: dict[DeviceKind, str | None]) -> None:
        self.system = system
        self._wanted = dict(wanted)
        self._devices: dict[DeviceKind, Device] = {}
        self.choose()
        # An index means another device once the list has changed; a name does not.
        for role, device in self._devices.items():
            if (wanted[role] or "").strip() == str(device.index):
                self._wanted[role] = device.name

    def choose(self) -> None:
        """Choose among what the system lists; raises DeviceError."""
        devices = self.system.devices()
        for role, name in self._wanted.items():
            self._devices[role] = choose(devices, name, role)

    def get(self, role: DeviceKind) -> Device | None:
        """Return the device in this role; None where something else stands in."""
        return self._devices.get(role)

    def __str__(self) -> str:
        return ", ".join(f"{role.value} '{d.name}'" for role, d in self._devices.items())


class Live:
    """A world with a real device on at least one side, in real time."""

    def __init__(
        self, hardware: Hardware, reel: Reel | None, limits: Limits, stopped: threading.Event
    ) -> None:
        self._hardware = hardware
        self._reel = reel
        self._limits = limits
        self._stopped = stopped
        self._watch = MicrophoneWatch(to_samples(limits.zeros))
        self._ahead: Streams | None = None
        self.counters = Counters()
        self.output_latency = 0.0
        """Seconds from the position of the playback to the ear."""

    def __str__(self) -> str:
        return str(self._hardware)

    def open(self) -> None:
        """Open the devices ahead of `blocks`: a sound server takes a second to wake them."""
        with hushed():
            self._ahead = self._opened(None)

    def close(self) -> None:
        """Release what was opened ahead and never used; harmless else."""
        if self._ahead:
            self._ahead.close()
            self._ahead = None

    def blocks(self, mixer: Mixer, on_notice: OnNotice) -> Generator[Block]:
        """Yield every block until stopped; the devices fall silent when this is closed.

        Raises DeviceError for a device that is lost for good.
        """
        with hushed():
            streams, self._ahead = self._ahead or self._opened(mixer), None
            streams.begin(mixer)
            try:
                join = Join(self.counters, mixer.position)
                self.output_latency = streams.output_latency
                while lost := (yield from self._flow(streams, join, mixer, on_notice)):
                    streams.close()
                    on_notice(self._lost(lost))
                    found = self._find_again(mixer, lost)
                    if found is None:
                        return
                    streams = found
                    self.output_latency = streams.output_latency
                    on_notice(Notice(NoticeKind.FOUND, f"Sound is back: {self}."))
                    join = Join(self.counters, join.position)
            finally:
                streams.close()

    def _opened(self, mixer: Mixer | None) -> Streams:
        return Streams(
            self._hardware.system,
            microphone=self._hardware.get(DeviceKind.MICROPHONE),
            loudspeaker=self._hardware.get(DeviceKind.LOUDSPEAKER),
            mixer=mixer,
            counters=self.counters,
            limits=self._limits,
        )

    @property
    def _ending(self) -> bool:
        return self._stopped.is_set() or (self._reel is not None and self._reel.over)

    def _flow(
        self, streams: Streams, join: Join, mixer: Mixer, on_notice: OnNotice
    ) -> Generator[Block, None, DeviceKind | None]:
        """Yield blocks until the end (return None) or a loss (return the side)."""
        lost: DeviceKind | None = None
        while not self._ending:
            # What was recorded before the loss is still heard: no waiting, but to the end.
            event = streams.next(timeout=0.0 if lost else self._limits.gap / 10)
            if event is None and lost:
                return lost
            if event is not None:
                self._inspect(event, on_notice)
                for side in self._both_sides(event, mixer):
                    yield from join.add(side)
            lost = lost or streams.lost()
        streams.play_out()
        return None

    def _both_sides(self, event: Played | Recorded, mixer: Mixer) -> Iterator[Played | Recorded]:
        """Yield the event, and what the file on the other side does at that time."""
        if isinstance(event, Played):
            yield event
            if self._reel:
                yield Recorded(self._reel.read(event.position))
            return
        if self._hardware.get(DeviceKind.LOUDSPEAKER):
            yield event
            return
        for heard in [silence(BLOCK)] * event.lost + [event.samples]:
            position = mixer.position
            yield Played(mixer.render(BLOCK), position)
            yield Recorded(heard)

    def _inspect(self, event: Played | Recorded, on_notice: OnNotice) -> None:
        if isinstance(event, Played):
            self._watch.played(event.sound)
        else:
            name = self._name(DeviceKind.MICROPHONE)
            if notice := self._watch.add(event.samples, event.flaws, name):
                on_notice(notice)

    def _find_again(self, mixer: Mixer, lost: DeviceKind) -> Streams | None:
        """Return streams that run, or None when stopped before; raises DeviceError."""
        deadline = time.monotonic() + self._limits.patience
        while not self._stopped.is_set():
            failure: Exception | None = None
            try:
                self._hardware.system.refresh()
                self._hardware.choose()
                streams = self._opened(mixer)
                if streams.wait_until_flowing():
                    self.counters.reopened += 1
                    return streams
                streams.close()
            except DeviceError as error:
                failure = error
            if time.monotonic() >= deadline:
                raise self._lost_for_good(lost) from failure
            self._stopped.wait(self._limits.retry)
        return None

    def _name(self, role: DeviceKind) -> str:
        device = self._hardware.get(role)
        return f"{role.value} '{device.name if device else '?'}'"

    def _lost(self, role: DeviceKind) -> Notice:
        wait = f"Waiting {self._limits.patience:.0f} s for it to come back."
        return Notice(NoticeKind.LOST, f"The {self._name(role)} is gone. {wait}")

    def _lost_for_good(self, role: DeviceKind) -> DeviceError:
        return DeviceError(
            f"The {self._name(role)} is gone and did not come back within "
            f"{self._limits.patience:.0f} s. Connect it and start again; "
            "'voice-coach devices' lists what there is."
        )
