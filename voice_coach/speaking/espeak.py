"""Speech by espeak-ng, the engine that is always there: its library and data come in a wheel.

Owns the C library and its state; must not know what is said or why.
"""

import atexit
import ctypes
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import espeakng_loader

from voice_coach.audio.pcm import Pcm, Sound, from_int16
from voice_coach.errors import ModelError, nearest
from voice_coach.speaking.delivery import delivered
from voice_coach.speaking.voice import identified, speakable
from voice_coach.units import Samples

WORDS_PER_MINUTE: Final = 150
"""The calm rate at speed 1, pauses between words included."""

_SLOWEST_RATE: Final = 80
_RATE_EXPONENT: Final = 0.87
"""espeak shortens more than its rate says; measured so that speed 2 takes half the time."""

# From espeak-ng's speak_lib.h.
_SYNCHRONOUS: Final = 2
_DO_NOT_EXIT: Final = 0x8000
_UTF8: Final = 1
_RATE, _PITCH, _RANGE, _WORD_GAP = 1, 3, 4, 7
_LONGEST_PATH: Final = 120
"""espeak keeps the path of its data in 160 bytes, and appends the names of files."""

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_c_library: Final = ctypes.CDLL(None)
_unload: Final = _c_library.dlclose
_unload.argtypes = [ctypes.c_void_p]

_library_in_use = threading.Lock()


class EspeakVoice:
    """A `Voice` of espeak-ng; any number may be used side by side.

    English only: other languages of espeak-ng 1.52 crash the process on rare texts, such as
    "˛-a" in Vietnamese or ")-㤾" in Hindi. Millions of odd characters did not crash English.
    """

    def __init__(
        self, voice: str = "en-gb", *, pitch: int = 45, liveliness: int = 45, word_gap: int = 3
    ) -> None:
        """Take an English such as "en-gb", with or without a variant: "en-us+f3".

        `pitch` and `liveliness` are 0 … 99 (espeak's middle is 50), `word_gap` is in units of
        10 ms. Raises ModelError for a voice that espeak has not.
        """
        self._voice = _identifier(voice)
        self._name = f"espeak {voice}"
        self._settings = {_PITCH: pitch, _RANGE: liveliness}
        self._word_gap = word_gap

    @property
    def name(self) -> str:
        return self._name

    @cached_property
    def identity(self) -> str:
        return identified(
            "espeak", version("espeakng-loader"), self._voice, self._settings,
            self._word_gap, WORDS_PER_MINUTE, _SLOWEST_RATE, _RATE_EXPONENT,
        )  # fmt: skip

    def render(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Sound:
        return delivered(speakable(text), speed, breath, self._say)

    def _say(self, phrase: str, speed: float) -> tuple[Pcm, int]:
        line = phrase.encode()
        heard: list[bytes] = []

        def keep(samples: Any, count: int, _events: Any) -> int:
            if samples and count > 0:
                heard.append(ctypes.string_at(samples, 2 * count))
            return 0

        callback = _Callback(keep)
        with _fresh_library() as (library, rate):
            library.espeak_SetSynthCallback(callback)
            if library.espeak_SetVoiceByName(self._voice.encode()) != 0:
                raise ModelError(f"espeak cannot use its voice '{self._voice}': {_data()}")
            for parameter, value in (self._settings | self._tempo(speed)).items():
                library.espeak_SetParameter(parameter, value, 0)
            library.espeak_Synth(line, len(line) + 1, 0, 1, 0, _UTF8, None, None)
        return from_int16(b"".join(heard)), rate

    def _tempo(self, speed: float) -> dict[int, int]:
        rate = round(WORDS_PER_MINUTE * speed**_RATE_EXPONENT)
        return {_RATE: max(rate, _SLOWEST_RATE), _WORD_GAP: round(self._word_gap / speed)}

    def close(self) -> None:
        """Nothing is held between two renderings."""


@contextmanager
def _fresh_library() -> Iterator[tuple[ctypes.CDLL, int]]:
    """Load espeak anew, and unload it.

    The phase of its pitch flutter, its gain control and its noise outlive a sentence, and
    even espeak_Terminate: the same text sounds a little different every time. Only a newly
    loaded library starts from nothing. That costs 3 ms, and makes its state nobody's concern.
    """
    with _library_in_use:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        try:
            rate = library.espeak_Initialize(_SYNCHRONOUS, 0, _data().encode(), _DO_NOT_EXIT)
            if rate <= 0:
                raise ModelError(f"espeak cannot read its data in {_data()}. {_REPAIR}")
            library.espeak_Synth.argtypes = _SYNTH_ARGUMENTS
            library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # otherwise the time of day
            _c_library.srand(1)  # the noise of its Klatt voices is the C library's
            yield library, rate
        finally:
            library.espeak_Terminate()
            _unload(library._handle)


_SYNTH_ARGUMENTS: Final[list[Any]] = [
    ctypes.c_char_p,  # text
    ctypes.c_size_t,  # its size with the final zero
    ctypes.c_uint,  # where to start …
    ctypes.c_int,  # … in characters
    ctypes.c_uint,  # where to end
    ctypes.c_uint,  # flags
    ctypes.c_void_p,
    ctypes.c_void_p,
]
_REPAIR: Final = "Install it again: pip install --force-reinstall espeakng-loader"


@cache
def _data() -> str:
    """Return where espeak's data are, by a path short enough for it."""
    path = str(espeakng_loader.get_data_path())
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    folder = tempfile.TemporaryDirectory(prefix="voice-coach-")
    atexit.register(folder.cleanup)
    link = Path(folder.name) / "espeak-ng-data"
    link.symlink_to(path)
    return str(link)


def accents() -> list[str]:
    """Return the English accents that espeak has, such as "en-gb-scotland", without variants."""
    # "en" is another name of "en-gb", and "en-shaw" reads an alphabet of its own.
    return sorted(_languages().keys() - {"en", "en-shaw"})


def _identifier(voice: str) -> str:
    """Return espeak's own name of `voice`, such as "gmw/en-US+f3" for "en-us+f3".

    Languages are looked up here because espeak_SetVoiceByName, called first, knows them not.
    """
    language, plus, variant = voice.partition("+")
    languages, variants = _languages(), _variants()
    if language.casefold() not in languages:
        raise ModelError(f"espeak has no English voice '{language}'.{nearest(language, languages)}")
    if plus and variant not in variants:
        raise ModelError(f"espeak has no variant '{variant}'.{nearest(variant, variants)}")
    return languages[language.casefold()] + plus + variant


def _languages() -> dict[str, str]:
    root = Path(_data()) / "lang"
    found: dict[str, tuple[int, str]] = {}
    for file in sorted(root.glob("*/en*")):
        for line in file.read_text("utf-8", errors="replace").splitlines():
            match line.split():
                case ["language", code, *priority] if code.startswith("en"):
                    rank = int(priority[0]) if priority else 5
                    entry = (rank, str(file.relative_to(root)))
                    found[code.casefold()] = min(found.get(code.casefold(), entry), entry)
    return {code: identifier for code, (_, identifier) in found.items()}


def _variants() -> set[str]:
    return {path.name for path in (Path(_data()) / "voices" / "!v").iterdir()}
