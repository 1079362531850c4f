"""The port behind which every speech engine stands, and what all engines do alike.

Owns which texts are spoken and how fast; must not know any engine or exercise, nor how a line is
delivered (`delivery.py`).
"""

import re
import unicodedata
from typing import Final, Protocol

import soxr

from voice_coach.audio.pcm import Sound
from voice_coach.errors import VoiceCoachError
from voice_coach.units import Samples

SLOWEST: Final = 0.5
FASTEST: Final = 2.0
"""The range of `speed` that engines render; what lies outside is brought to the nearest end."""

LONGEST_TEXT: Final = 10_000
"""Characters that are spoken at once: about ten minutes of speech, 120 MB of sound."""

MASTERING: Final = 4
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

    def render(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Sound:
        """Return `text` spoken at `speed` times the calm default rate, silence trimmed.

        With a `breath` it leads one of that length: softly, and drawn out towards it.

        It has all the frequencies that the engine has. The same arguments give the same
        samples, whatever was rendered before. Samples are whole steps of 16 bits, so that a
        file keeps them exactly. The loudness is the same for every voice; text that says nothing
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
