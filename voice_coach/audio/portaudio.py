"""The one door to PortAudio: what devices there are, which to take, and opening streams.

Owns the library's quirks (its cached device list, its chatter, what it refuses); must not
know blocks, clocks, words or exercise.
"""

import contextlib
import ctypes
import functools
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any, Final, Protocol, cast

import numpy as np
import numpy.typing as npt

from voice_coach.errors import DeviceError, NoSoundSystemError, nearest
from voice_coach.units import BLOCK, LOUDSPEAKER_RATE, SAMPLE_RATE

Frames = npt.NDArray[np.float32]
"""What a device moves at a time, shape (frames, channels), at the device's own rate."""

_SOUND_SERVERS: Final = ("pipewire", "pulse", "default")


class DeviceKind(Enum):
    """What a device is used as; the value is the word for people."""

    MICROPHONE = "microphone"
    LOUDSPEAKER = "loudspeaker"

    @property
    def option(self) -> str:
        """The command line option that chooses the device."""
        return "--mic" if self is DeviceKind.MICROPHONE else "--speaker"


@dataclass(frozen=True)
class Device:
    """One sound device as PortAudio lists it."""

    index: int
    name: str
    inputs: int
    """Channels that can be recorded; 0 for a device that only plays."""
    outputs: int
    """Channels that can be played; 0 for a device that only records."""
    rate: int
    """The device's own rate in samples per second."""
    system: str
    """The sound system that offers it, such as "ALSA"."""
    default_input: bool = False
    default_output: bool = False

    @property
    def is_hdmi(self) -> bool:
        """Whether it is a screen, which is rarely where somebody on a mat listens."""
        return any(word in self.name.casefold() for word in ("hdmi", "displayport"))

    @property
    def is_server(self) -> bool:
        """Whether a sound server stands behind it and chooses the hardware itself."""
        return self.name.casefold() in _SOUND_SERVERS

    def channels(self, role: DeviceKind) -> int:
        """Return how many channels it has in this role."""
        return self.inputs if role is DeviceKind.MICROPHONE else self.outputs

    def is_default(self, role: DeviceKind) -> bool:
        """Whether PortAudio would take it in this role."""
        return self.default_input if role is DeviceKind.MICROPHONE else self.default_output


@dataclass(frozen=True)
class Format:
    """A rate and a number of channels that a device accepts."""

    rate: int
    channels: int

    @property
    def block(self) -> int:
        """Frames of one block of the coach at this rate."""
        return round(BLOCK * self.rate / SAMPLE_RATE)


class Stream(Protocol):
    """A stream that runs since it was opened; sounddevice's streams are such."""

    @property
    def active(self) -> bool:
        """False once the device has gone away or the stream was closed."""

    @property
    def latency(self) -> float | tuple[float, float]:
        """Seconds between the callback and the device; in both directions (in, out)."""

    def abort(self) -> None:
        """Stop at once, without playing what is buffered."""

    def close(self) -> None:
        """Release the device."""


Record = Callable[[Frames, bool], None]
"""Called with recorded frames, and whether some were lost just before them."""

Play = Callable[[int, bool], Frames]
"""Called with a number of frames, and whether the device ran dry; returns (frames, 1)."""


class SoundSystem(Protocol):
    """What the coach needs of PortAudio; tests bring one without hardware."""

    def devices(self) -> list[Device]:
        """Return what there is; raises NoSoundSystemError if nothing."""

    def refresh(self) -> None:
        """Look for devices anew; ends all open streams."""

    def open_input(self, device: Device, latency: float, record: Record) -> Stream:
        """Open a microphone; raises DeviceError."""

    def open_output(self, device: Device, latency: float, play: Play) -> Stream:
        """Open a loudspeaker; raises DeviceError."""

    def open_duplex(self, device: Device, latency: float, record: Record, play: Play) -> Stream:
        """Open both sides of one device on one clock; raises DeviceError."""

    def format(self, device: Device, role: DeviceKind, *, duplex: bool = False) -> Format:
        """Return what the device will be opened with, alone or in `duplex`; raises DeviceError."""


def choose(devices: Sequence[Device], wanted: str | None, role: DeviceKind) -> Device:
    """Return the device meant by `wanted`: an index, a name or a part of one, or None.

    An exact name wins; among several that fit, a sound server wins over hardware, and
    anything over HDMI. Without a wish it is PortAudio's default unless that is HDMI.
    Raises DeviceError that lists what there is.
    """
    usable = [device for device in devices if device.channels(role)]
    if not usable:
        raise NoSoundSystemError(
            f"There is no {role.value} on this machine. Connect one, "
            f"or give a sound file to {role.option}."
        )
    if wanted is None:
        return _best(usable, role)
    name = wanted.strip().casefold()
    exact = [d for d in usable if name in (str(d.index), d.name.casefold())]
    fitting = exact or [d for d in usable if name and name in d.name.casefold()]
    if not fitting:
        raise _unknown(usable, wanted, role)
    return min(fitting, key=_rank)


def _best(usable: list[Device], role: DeviceKind) -> Device:
    default = [d for d in usable if d.is_default(role) and not d.is_hdmi]
    return default[0] if default else min(usable, key=_rank)


def _rank(device: Device) -> tuple[bool, int, int]:
    name = device.name.casefold()
    server = _SOUND_SERVERS.index(name) if name in _SOUND_SERVERS else len(_SOUND_SERVERS)
    return device.is_hdmi, server, device.index


def _unknown(usable: list[Device], wanted: str, role: DeviceKind) -> DeviceError:
    names = list(dict.fromkeys(device.name for device in usable))
    there_is = ", ".join(f"'{name}'" for name in names)
    return DeviceError(
        f"No {role.value} is called '{wanted}'.{nearest(wanted, names)} "
        f"There is: {there_is}. Give one of these, or a part of its name, to {role.option}."
    )


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Keep what ALSA, JACK and PortAudio print about themselves from the terminal.

    They print through the C library's `stderr`, also from their own threads while a device
    vanishes, and offer no common switch. That pointer is aimed elsewhere meanwhile; Python's
    own standard error, and file descriptor 2, stay as they are.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    stderr = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stderr")
    before, stderr.value = stderr.value, _nowhere()
    try:
        yield
    finally:
        stderr.value = before


@functools.cache
def _nowhere() -> int | None:
    # Opened once and never closed: a thread of a library may be about to write to it.
    fopen = ctypes.CDLL(None).fopen
    fopen.restype = ctypes.c_void_p
    return ctypes.c_void_p(fopen(b"/dev/null", b"w")).value


class PortAudio:
    """The real sound system, through sounddevice.

    Raises NoSoundSystemError if the PortAudio library is missing.
    """

    def __init__(self) -> None:
        self._sd = _sounddevice()
        self._formats: dict[tuple[Device, DeviceKind, bool], Format] = {}

    def devices(self) -> list[Device]:
        """Return what there is; raises NoSoundSystemError if nothing."""
        with hushed():
            systems = self._sd.query_hostapis()
            found = [self._device(raw, systems) for raw in self._sd.query_devices()]
        if not found:
            raise NoSoundSystemError(
                "There is no sound device on this machine. Connect a headset or start "
                "PulseAudio or PipeWire, or give sound files to --mic and --speaker."
            )
        return found

    def _device(self, raw: dict[str, Any], systems: Sequence[dict[str, Any]]) -> Device:
        # PortAudio's own default is that of the first system that has one.
        default_input, default_output = (
            next((i for s in systems if (i := s[f"default_{kind}_device"]) >= 0), -1)
            for kind in ("input", "output")
        )
        return Device(
            index=raw["index"],
            name=raw["name"],
            inputs=raw["max_input_channels"],
            outputs=raw["max_output_channels"],
            rate=int(raw["default_samplerate"]),
            system=systems[raw["hostapi"]]["name"],
            default_input=raw["index"] == default_input,
            default_output=raw["index"] == default_output,
        )

    def refresh(self) -> None:
        """Look for devices anew; ends all open streams."""
        self._formats.clear()
        with hushed():
            # PortAudio looks only while it starts, and sounddevice offers no public restart.
            with contextlib.suppress(self._sd.PortAudioError):
                self._sd._terminate()
            try:
                self._sd._initialize()
            except self._sd.PortAudioError as error:
                raise NoSoundSystemError(
                    "The sound system does not start. Start PulseAudio or PipeWire, "
                    "or give sound files to --mic and --speaker."
                ) from error

    def format(self, device: Device, role: DeviceKind, *, duplex: bool = False) -> Format:
        """Return what the device will be opened with, alone or in `duplex`; raises DeviceError."""
        key = device, role, duplex
        if key not in self._formats:
            self._formats[key] = self._accepted(device, role, _rates(device, role, duplex=duplex))
        return self._formats[key]

    def _accepted(self, device: Device, role: DeviceKind, rates: Sequence[int]) -> Format:
        side = "input" if role is DeviceKind.MICROPHONE else "output"
        check = getattr(self._sd, f"check_{side}_settings")
        refusal: Exception | None = None
        with hushed():
            for rate in rates:
                for channels in range(1, min(2, device.channels(role)) + 1):
                    try:
                        check(device.index, channels, "float32", samplerate=rate)
                    except (self._sd.PortAudioError, ValueError) as error:
                        refusal = refusal or error
                    else:
                        return Format(rate, channels)
        raise _refused(device, role, refusal)

    def open_input(self, device: Device, latency: float, record: Record) -> Stream:
        """Open a microphone; raises DeviceError."""

        def call(data: Frames, _frames: int, _time: object, status: Any) -> None:
            record(data, bool(status.input_overflow))

        return self._open("InputStream", device, (DeviceKind.MICROPHONE,), latency, call)

    def open_output(self, device: Device, latency: float, play: Play) -> Stream:
        """Open a loudspeaker; raises DeviceError."""

        def call(data: Frames, frames: int, _time: object, status: Any) -> None:
            data[:] = play(frames, bool(status.output_underflow))

        return self._open("OutputStream", device, (DeviceKind.LOUDSPEAKER,), latency, call)

    def open_duplex(self, device: Device, latency: float, record: Record, play: Play) -> Stream:
        """Open both sides of one device on one clock; raises DeviceError."""

        def call(heard: Frames, said: Frames, frames: int, _time: object, status: Any) -> None:
            said[:] = play(frames, bool(status.output_underflow))
            record(heard, bool(status.input_overflow))

        return self._open(
            "Stream", device, (DeviceKind.MICROPHONE, DeviceKind.LOUDSPEAKER), latency, call
        )

    def _open(
        self,
        kind: str,
        device: Device,
        roles: tuple[DeviceKind, ...],
        latency: float,
        callback: Callable[..., None],
    ) -> Stream:
        formats = [self.format(device, role, duplex=len(roles) > 1) for role in roles]
        channels = tuple(form.channels for form in formats)
        stream: Any = None
        try:
            with hushed():
                stream = getattr(self._sd, kind)(
                    device=device.index,
                    samplerate=formats[0].rate,
                    blocksize=formats[0].block,
                    channels=channels if len(channels) > 1 else channels[0],
                    dtype="float32",
                    latency=latency,
                    callback=callback,
                )
                stream.start()
        except self._sd.PortAudioError as error:
            if stream is not None:
                stream.close()
            raise _refused(device, roles[0], error) from error
        return cast(Stream, stream)


def _rates(device: Device, role: DeviceKind, *, duplex: bool) -> list[int]:
    """Return the rates to be tried: each side's own first, but one for both sides of a stream."""
    best = SAMPLE_RATE if role is DeviceKind.MICROPHONE and not duplex else LOUDSPEAKER_RATE
    return list(dict.fromkeys((best, device.rate, LOUDSPEAKER_RATE, SAMPLE_RATE)))


def _sounddevice() -> ModuleType:
    try:
        with hushed():
            return importlib.import_module("sounddevice")
    except OSError as error:
        raise NoSoundSystemError(
            "The PortAudio library is missing. Install it (sudo apt install libportaudio2 "
            "libasound2-plugins), or give sound files to --mic and --speaker."
        ) from error


def _refused(device: Device, role: DeviceKind, error: Exception | None) -> DeviceError:
    reason = str(error.args[0] if error and error.args else "no reason given").splitlines()[0]
    return DeviceError(
        f"The {role.value} '{device.name}' cannot be opened: {reason}. Another program may be "
        f"using it; try again, or give another to {role.option} ('voice-coach devices' lists them)."
    )
