"""Speech by hibari: a small neural voice that comes in a wheel, so that nothing is downloaded.

Owns the loading and running of the one voice inside that wheel; must not know what is said or
why, nor of the voices that the wheel would download.
"""

import platform
import re
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from voice_coach.audio.pcm import Sound
from voice_coach.errors import ModelError
from voice_coach.memory import give_back
from voice_coach.speaking.delivery import delivered
from voice_coach.speaking.voice import identified, speakable
from voice_coach.units import Samples

if TYPE_CHECKING:  # importing hibari and onnxruntime takes 0.2 s: only who uses them pays
    import hibari

NAME: Final = "heart"
"""The voice inside the wheel: American English, female."""

CALM: Final = 1.25
"""How much slower than it was made the voice speaks at speed 1.

`python -m benchmarks.delivery` counts 134 words a minute with pauses. Its sounds last whole frames
of 12.5 ms, so it goes by leaps: 1.26 gives 122.
"""

_SEED: Final = 1
_WORDS: Final = re.compile(r"\b(no|fig)\.", re.IGNORECASE)
"""Words that the package, before a full stop, takes for short: for "number", for "figure"."""
_DIGITS: Final = re.compile(r"\d{13,}")
"""Numbers that have no name; they are said digit by digit."""
_MODEL: Final = "hibari.onnx"
_REPAIR: Final = "Install it again: pip install --force-reinstall hibari-tts"


class HibariVoice:
    """A `Voice` of hibari. Its noise is drawn from the same seed for every line."""

    def __init__(self) -> None:
        """Load the voice, and say a word to warm up.

        Raises ModelError if the wheel is damaged.
        """
        self._voice = _load()
        if not len(self.render("Ready.")):
            raise ModelError(f"The voice hibari makes no sound. {_REPAIR}")
        give_back()  # 24 MB, in which the dictionary was read

    @property
    def name(self) -> str:
        return f"hibari {NAME}"

    @cached_property
    def identity(self) -> str:
        from hibari import dsp  # noqa: PLC0415

        return identified(
            "hibari", version("hibari-tts"), NAME, _SEED, CALM, _WORDS.pattern,
            "onnxruntime", version("onnxruntime"), platform.machine(), dsp.FFT_BACKEND,
        )  # fmt: skip

    def render(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Sound:
        return delivered(speakable(text), speed, breath, self._say)

    def _say(self, phrase: str, speed: float) -> tuple[np.ndarray[Any, Any], int]:
        words = _WORDS.sub(r"\1 .", _DIGITS.sub(lambda digits: " ".join(digits[0]), phrase))
        return self._voice(words, speed / CALM, _SEED), self._voice.sample_rate

    def close(self) -> None:
        """Nothing to release but memory."""


def _load() -> "hibari.Hibari":
    """Load the model by its path: by a name the package might look for one on the network."""
    from hibari import Hibari  # noqa: PLC0415

    model = Path(str(files("hibari") / "assets" / _MODEL))
    try:
        voice = Hibari(voice=NAME, model=str(model), threads=1)
        _ = voice.g2p  # reads the dictionary, which else the first line waits for
    except Exception as error:  # onnxruntime's errors have no common class
        raise ModelError(f"The voice hibari is damaged or incomplete. {_REPAIR}") from error
    return voice
