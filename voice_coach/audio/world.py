"""Runs the world of the coach: real devices or files in their place, on one sample clock.

Owns the way in to all sound; must not know words or exercise.

Whatever the sides are, `Audio.run` calls `on_block` in the thread that called it, once per
10 ms of the loudspeaker's clock, in order and without a gap. With a real device on either
side the world runs in real time, else as fast as it can and the same at every run.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Self

from voice_coach.audio.blocks import Block, Counters
from voice_coach.audio.decimation import Decimator
from voice_coach.audio.files import (
    Nowhere,
    Recording,
    Reel,
    Sink,
    Source,
    Tape,
    sink_of,
    source_of,
)
from voice_coach.audio.microphone_faults import MicrophoneWatch, Notice, NoticeKind, inspected
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, WavWriter
from voice_coach.audio.portaudio import Device, DeviceKind, PortAudio, SoundSystem, choose
from voice_coach.audio.realtime import Hardware, Live, OnNotice
from voice_coach.audio.streams import Limits
from voice_coach.units import BLOCK, Samples

__all__ = [
    "Audio",
    "Counters",
    "Device",
    "Limits",
    "Notice",
    "NoticeKind",
    "Nowhere",
    "OnBlock",
    "OnNotice",
    "Recording",
    "Sink",
    "Source",
    "Tape",
    "list_devices",
    "open_audio",
]

OnBlock = Callable[[Pcm, Pcm, Samples], None]
"""Called with (mic, played, position), BLOCK samples each, at the same time on the clock.

`played` is what went to the loudspeaker, after volume, at the rate of the microphone: the reference
for an echo canceller.
"""


def open_audio(
    mic: str | Path | Source | None = None,
    speaker: str | Path | Sink | None = None,
    *,
    tail: Samples | None = None,
    limits: Limits | None = None,
    system: SoundSystem | None = None,
) -> "Audio":
    """Find a microphone and a loudspeaker: a device by name, a file, or the default (None).

    A `str` is a file if it names one or ends like one, else a device. A Path, Source or
    Sink is never a device. When a recording as microphone ends, silence follows: for `tail`
    samples and then the run ends, or with None until stop(). Raises AudioFileError,
    OutputError, DeviceError, NoSoundSystemError.
    """
    source = source_of(mic)
    sink = sink_of(speaker)
    wanted: dict[DeviceKind, str | None] = {}
    if source is None:
        wanted[DeviceKind.MICROPHONE] = mic if isinstance(mic, str) else None
    if sink is None:
        wanted[DeviceKind.LOUDSPEAKER] = speaker if isinstance(speaker, str) else None
    try:
        hardware = Hardware(system or PortAudio(), wanted) if wanted else None
    except BaseException:
        if isinstance(sink, WavWriter):
            sink.discard()
        raise
    return Audio(Reel(source, tail) if source else None, sink, hardware, limits or Limits())


def list_devices(system: SoundSystem | None = None) -> list[Device]:
    """Return what sound devices there are; the defaults marked are those the coach takes.

    Raises NoSoundSystemError.
    """
    devices = (system or PortAudio()).devices()
    taken = {
        role: choose(devices, None, role)
        for role in DeviceKind
        if any(device.channels(role) for device in devices)
    }
    return [
        replace(
            device,
            default_input=taken.get(DeviceKind.MICROPHONE) == device,
            default_output=taken.get(DeviceKind.LOUDSPEAKER) == device,
        )
        for device in devices
    ]


class Audio:
    """A microphone and a loudspeaker, ready to run once. Made by open_audio()."""

    def __init__(
        self, reel: Reel | None, sink: Sink | None, hardware: Hardware | None, limits: Limits
    ) -> None:
        self._reel = reel
        self._sink = sink or Nowhere()
        self._stopped = threading.Event()
        self._live = Live(hardware, reel, limits, self._stopped) if hardware else None
        # A recording may be silent for as long as it likes.
        self._watch = MicrophoneWatch(lifeless=None)

    @property
    def realtime(self) -> bool:
        """Whether a real device paces the run."""
        return self._live is not None

    @property
    def counters(self) -> Counters:
        """What went wrong so far; all zero without a real device."""
        return self._live.counters if self._live else Counters()

    @property
    def output_latency(self) -> float:
        """Seconds from the position of the playback to the ear; 0 without a real device."""
        return self._live.output_latency if self._live else 0.0

    def __str__(self) -> str:
        """Name the real devices, such as "microphone 'pulse', loudspeaker 'pulse'"."""
        return str(self._live or "no device")

    def stop(self) -> None:
        """Let run() return after the block in work; from any thread, also from on_block.

        What is already on its way to the loudspeaker is still heard.
        """
        self._stopped.set()

    def open(self) -> None:
        """Open real devices ahead of run(), so that they are awake when it begins.

        Until then they play silence, and what they hear is forgotten. Raises DeviceError.
        """
        if self._live:
            self._live.open()

    def run(self, mixer: Mixer, on_block: OnBlock, on_notice: OnNotice = lambda _: None) -> None:
        """Move sound until stop() or the end of a recording; blocks the calling thread.

        `on_block` and `on_notice` are called in this thread. Raises DeviceError when a
        device is lost and does not come back, OutputError when the loudspeaker's file
        cannot be written, whatever the two raise, and KeyboardInterrupt; the devices then
        fall silent at once.
        """
        live = self._live
        blocks = live.blocks(mixer, on_notice) if live else self._files(mixer, on_notice)
        try:
            with closing(blocks):
                for block in blocks:
                    on_block(block.mic, block.played, block.position)
                    self._sink.write(block.sound)
        finally:
            self._sink.close()

    def close(self) -> None:
        """End a run that never began; harmless after run()."""
        if self._live:
            self._live.close()
        self._sink.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _files(self, mixer: Mixer, on_notice: OnNotice) -> Generator[Block]:
        reel, reference = self._reel, Decimator()
        while reel and not reel.over and not self._stopped.is_set():
            position = mixer.position
            mic, flaws = inspected(reel.read(position))
            if notice := self._watch.add(mic, flaws, "recording"):
                on_notice(notice)
            sound = mixer.render(BLOCK)
            yield Block(mic, reference.push(sound), position, sound)
