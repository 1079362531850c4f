"""The port behind which every speech engine stands, and what all engines do alike.

Owns which texts are spoken and how loud a voice is; must not know any engine or exercise.
"""

import re
import unicodedata
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import soxr

from voice_coach.audio.pcm import Sound, decibels, from_int16, quiet, resample, to_int16
from voice_coach.errors import VoiceCoachError
from voice_coach.units import LOUDSPEAKER_RATE, to_frames, to_samples

SLOWEST: Final = 0.5
FASTEST: Final = 2.0
"""The range of `speed` that engines render; what lies outside is brought to the nearest end."""

LONGEST_TEXT: Final = 10_000
"""Characters that are spoken at once: about ten minutes of speech, 120 MB of sound."""

LEVEL_DB: Final = -20.0
"""Root mean square of the speech, in dB of full scale, pauses left out."""

PEAK_DB: Final = -3.0
"""No sample exceeds this; it leaves room for tones mixed over the voice."""

MASTERING: Final = 2
"""The version of what engines do alike, for what is kept; to be raised with every change that
makes other samples of the same sound, or another line of the same text."""

_LONGEST_WORD: Final = 40
_SCRIPTS: Final = frozenset(
    "LATIN GREEK CYRILLIC COMBINING MODIFIER DIGIT VULGAR SUPERSCRIPT SUBSCRIPT ROMAN"
    " MICRO FEMININE MASCULINE".split()
)
"""How the Unicode names of letters, marks and digits begin that are spoken.

For other scripts espeak, which piper has inside too, changes language in mid-sentence, and a
few rare sequences make it crash or write to the terminal.
"""
_STRETCH: Final = to_frames(to_samples(0.020))
_PAUSE_DB: Final = -30.0
"""A stretch so far under the loudest one is a pause and has no part in the level."""
_SILENCE_DB: Final = -50.0
_KEPT: Final = to_frames(to_samples(0.010))


class Voice(Protocol):
    """Turns text into sound. Not thread-safe: one thread renders."""

    @property
    def name(self) -> str:
        """Engine and voice in a few words, such as "espeak en-gb"."""

    @property
    def identity(self) -> str:
        """All that decides, with text and speed, what `render` returns, in one line.

        Two voices of the same identity render the same samples, also next year.
        """

    def render(self, text: str, speed: float = 1.0) -> Sound:
        """Return `text` spoken at `speed` times the calm default rate, silence trimmed.

        It has all the frequencies that the engine has. The same text and speed give the same
        samples, whatever was rendered before. Samples are whole steps of 16 bits, so that a
        file keeps them exactly. The level is the same for every voice; text that says nothing
        gives no samples. Raises VoiceCoachError for a text over LONGEST_TEXT.
        """

    def close(self) -> None:
        """Release the engine; calling it twice does no harm."""


def speakable(text: str) -> str:
    """Return `text` as engines may have it: one line of ordinary characters, no markup.

    Routine files may hold anything, and engines give a meaning to some of it: "[[" and
    "[word](/" open phonemes, control characters are commands. Letters that are not Latin, Greek or
    Cyrillic are left out. Raises VoiceCoachError if the text is too long.
    """
    if len(text) > LONGEST_TEXT:
        raise VoiceCoachError(
            f"A text of {len(text):,} characters is too long to be spoken"
            f" (at most {LONGEST_TEXT:,}): '{text[:30]}…'. Split it into sentences."
        )
    plain = "".join(c if _is_plain(c) else " " for c in unicodedata.normalize("NFC", text))
    plain = re.sub(r"\[(?=\[)|\](?=[](])", r"\g<0> ", plain)
    return " ".join(_broken(word) for word in plain.split())


def bounded(speed: float) -> float:
    """Return the speed nearest to `speed` that engines render."""
    return min(max(speed, SLOWEST), FASTEST)


def identified(*parts: object) -> str:
    """Return the identity of a voice that `parts` tell from others, with what masters it."""
    return " ".join(map(str, (*parts, "mastering", MASTERING, "soxr", soxr.__version__)))


def mastered(samples: npt.NDArray[Any], rate: int) -> Sound:
    """Return an engine's sound (`rate` samples per second) trimmed and at the common level.

    It is at the loudspeaker's rate, and in whole steps of 16 bits.
    """
    sound = _trimmed(resample(samples, rate, LOUDSPEAKER_RATE))
    if not len(sound):
        return sound
    loudest = float(np.abs(sound).max())
    gain = min(decibels(LEVEL_DB) / _speech_rms(sound), decibels(PEAK_DB) / loudest)
    return from_int16(to_int16(sound * np.float32(gain)))


def _is_plain(character: str) -> bool:
    match unicodedata.category(character)[0]:
        case "C":  # control, format, surrogate, private and unassigned code points
            return False
        case "L" | "M" | "N":
            return unicodedata.name(character, "").split(" ")[0] in _SCRIPTS
        case _:
            return True


def _broken(word: str) -> str:
    # No language has such words, and engines keep a word in a buffer of fixed size.
    return " ".join(word[i : i + _LONGEST_WORD] for i in range(0, len(word), _LONGEST_WORD))


def _trimmed(sound: Sound) -> Sound:
    loudness = np.abs(sound)
    peak = float(loudness.max(initial=0.0))
    if peak < decibels(_SILENCE_DB):
        return quiet(0)
    heard = np.flatnonzero(loudness > peak * decibels(_SILENCE_DB))
    return sound[max(0, int(heard[0]) - _KEPT) : int(heard[-1]) + 1 + _KEPT]


def _speech_rms(sound: Sound) -> float:
    stretches = np.pad(sound, (0, -len(sound) % _STRETCH)).reshape(-1, _STRETCH)
    power = np.mean(np.square(stretches, dtype=np.float64), axis=1)
    return float(np.sqrt(power[power >= power.max() * decibels(_PAUSE_DB) ** 2].mean()))
