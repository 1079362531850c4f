"""Which device is taken, and that the libraries below do not chatter."""

import ctypes
import os
import sys
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.tools.fake_system import device
from voice_coach.audio.portaudio import (
    Device,
    DeviceKind,
    Format,
    Frames,
    PortAudio,
    choose,
    hushed,
)
from voice_coach.errors import DeviceError, NoSoundSystemError

MIC, SPEAKER = DeviceKind.MICROPHONE, DeviceKind.LOUDSPEAKER

PI = [
    device(0, "vc4-hdmi-0: MAI PCM i2s-hifi-0 (hw:0,0)", 0, 2, default_output=True),
    device(1, "vc4-hdmi-1: MAI PCM i2s-hifi-0 (hw:1,0)", 0, 2),
    device(2, "USB PnP Sound Device: Audio (hw:2,0)", 1, 2, default_input=True),
    device(3, "pulse", 32, 32),
    device(4, "pipewire", 64, 64),
]
BARE_PI = PI[:3]
LAPTOP = [
    device(0, "HDA Intel PCH: ALC257 Analog (hw:0,0)", 2, 2),
    device(1, "HDA Intel PCH: HDMI 0 (hw:0,3)", 0, 8),
    device(2, "pulse", 32, 32),
    device(3, "default", 32, 32, default_input=True, default_output=True),
]


@pytest.mark.parametrize(
    ("devices", "wanted", "role", "index"),
    [
        (LAPTOP, None, MIC, 3),
        (LAPTOP, None, SPEAKER, 3),
        (PI, None, SPEAKER, 4),  # the default is HDMI
        (PI, None, MIC, 2),
        (BARE_PI, None, SPEAKER, 2),  # no sound server: what is no screen
        (PI[:2], None, SPEAKER, 0),  # nothing but screens
        (PI, "usb", MIC, 2),
        (PI, "USB", SPEAKER, 2),
        (PI, "hdmi-1", SPEAKER, 1),
        (PI, "hdmi", SPEAKER, 0),
        (PI, "0", SPEAKER, 0),
        (PI, " 2 ", MIC, 2),
        (PI, "pulse", SPEAKER, 3),
        (PI, "p", SPEAKER, 4),  # in five names: a sound server is the likelier wish
        (LAPTOP, "HDA Intel", SPEAKER, 0),  # analogue before HDMI
        (LAPTOP, "hda intel pch: hdmi 0 (hw:0,3)", SPEAKER, 1),
    ],
)
def test_the_device_that_is_meant(
    devices: list[Device], wanted: str | None, role: DeviceKind, index: int
) -> None:
    assert choose(devices, wanted, role).index == index


def test_an_unknown_name_lists_what_there_is_and_the_nearest() -> None:
    with pytest.raises(DeviceError) as error:
        choose(PI, "pipewird", MIC)
    assert str(error.value) == (
        "No microphone is called 'pipewird'. Did you mean 'pipewire'? There is: "
        "'USB PnP Sound Device: Audio (hw:2,0)', 'pulse', 'pipewire'. "
        "Give one of these, or a part of its name, to --mic."
    )


@pytest.mark.parametrize("wanted", ["17", "-1", "", "vc4-hdmi-0"])
def test_what_is_no_microphone_is_not_taken_as_one(wanted: str) -> None:
    with pytest.raises(DeviceError, match="No microphone is called"):
        choose(PI, wanted, MIC)


def test_a_machine_that_only_plays_has_no_microphone() -> None:
    with pytest.raises(NoSoundSystemError, match="no microphone on this machine"):
        choose(PI[:2], None, MIC)


class RefusalError(Exception):
    """What sounddevice raises, by the same name and with the same shape of arguments."""


class FakeSounddevice(ModuleType):
    """The library sounddevice, with a card that accepts only some formats."""

    PortAudioError = RefusalError

    def __init__(self, accepted: set[tuple[int, int]]) -> None:
        super().__init__("sounddevice")
        self.accepted = accepted
        self.opened: list[dict[str, Any]] = []
        self.starts = True
        self.closed = 0

    def check_input_settings(self, device: int, channels: int, dtype: str, samplerate: int) -> None:
        assert (device, dtype) == (7, "float32")
        if (samplerate, channels) not in self.accepted:
            raise RefusalError("Invalid sample rate [PaErrorCode -9997]\nand more")

    check_output_settings = check_input_settings

    def InputStream(self, **arguments: Any) -> "FakeSounddevice":  # noqa: N802
        self.opened.append(arguments)
        return self

    OutputStream = Stream = InputStream

    def start(self) -> None:
        if not self.starts:
            raise RefusalError("Device unavailable [PaErrorCode -9985]")

    def close(self) -> None:
        self.closed += 1


BOX = device(7, "Box", 2, 2, rate=48_000)


def portaudio_with(library: FakeSounddevice, monkeypatch: pytest.MonkeyPatch) -> PortAudio:
    """The real PortAudio class on that library."""
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    return PortAudio()


@pytest.mark.parametrize(
    ("accepted", "heard", "played", "both"),
    [
        # Each side at its own rate, if the card has it; both at that of the loudspeaker.
        ({(16_000, 1), (48_000, 2)}, (16_000, 1), (48_000, 2), (48_000, 2)),
        ({(16_000, 2), (48_000, 1)}, (16_000, 2), (48_000, 1), (48_000, 1)),
        ({(48_000, 1), (48_000, 2)}, (48_000, 1), (48_000, 1), (48_000, 1)),
        ({(44_100, 2), (16_000, 1)}, (16_000, 1), (44_100, 2), (44_100, 2)),
        ({(16_000, 1)}, (16_000, 1), (16_000, 1), (16_000, 1)),
    ],
)
def test_a_card_is_opened_with_what_it_accepts(
    accepted: set[tuple[int, int]],
    heard: tuple[int, int],
    played: tuple[int, int],
    both: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library, card = FakeSounddevice(accepted), replace(BOX, rate=44_100)
    system = portaudio_with(library, monkeypatch)
    assert system.format(card, MIC) == Format(*heard)
    assert system.format(card, SPEAKER) == Format(*played)
    assert {system.format(card, role, duplex=True) for role in DeviceKind} == {Format(*both)}
    system.open_duplex(card, 0.1, lambda *_: None, lambda *_: np.zeros((1, 1), np.float32))
    (opened,) = library.opened
    assert opened["samplerate"] == both[0]
    assert opened["blocksize"] == both[0] // 100
    assert opened["channels"] == (both[1], both[1])


def test_a_card_that_accepts_nothing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    system = portaudio_with(FakeSounddevice(set()), monkeypatch)
    with pytest.raises(DeviceError, match="loudspeaker 'Box' cannot be opened: Invalid") as error:
        system.open_output(BOX, 0.1, lambda *_: np.zeros((1, 1), np.float32))
    assert "\n" not in str(error.value)
    assert "--speaker" in str(error.value)


def test_a_card_that_is_taken_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeSounddevice({(16_000, 1)})
    library.starts = False
    with pytest.raises(DeviceError, match="Device unavailable"):
        portaudio_with(library, monkeypatch).open_input(BOX, 0.1, lambda *_: None)
    assert library.closed == 1


def test_what_the_library_calls_back_with_reaches_both_sides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = FakeSounddevice({(16_000, 1)})
    recorded: list[tuple[float, bool]] = []
    asked: list[tuple[int, bool]] = []

    def play(frames: int, underrun: bool) -> Frames:
        asked.append((frames, underrun))
        return np.full((frames, 1), 0.5, np.float32)

    portaudio_with(library, monkeypatch).open_duplex(
        BOX, 0.1, lambda frames, lost: recorded.append((float(frames.sum()), lost)), play
    )
    heard, said = np.ones((160, 1), np.float32), np.zeros((160, 2), np.float32)
    status = SimpleNamespace(input_overflow=True, output_underflow=True)
    library.opened[0]["callback"](heard, said, 160, None, status)
    assert (said == 0.5).all()
    assert (recorded, asked) == ([(160.0, True)], [(160, True)])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux libraries chatter")
def test_what_libraries_print_is_kept_back_and_nothing_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    libc = ctypes.CDLL(None)

    def chatter(text: bytes) -> None:
        stream = ctypes.c_void_p.in_dll(libc, "stderr")
        libc.fputs(text, stream)
        libc.fflush(stream)

    with hushed():
        chatter(b"ALSA lib pcm.c: cannot\n")
        with hushed():
            chatter(b"twice\n")
        chatter(b"again\n")
        print("ours", file=sys.stderr)  # noqa: T201
        os.write(2, b"straight\n")
    chatter(b"afterwards\n")
    assert capfd.readouterr().err == "ours\nstraight\nafterwards\n"
