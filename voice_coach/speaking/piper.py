"""Speech by piper: a neural voice in an .onnx file, with its description beside it.

Owns the loading and running of one voice; must not know where it came from or what is said.
"""

import json
import logging
import platform
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from voice_coach.audio.pcm import Sound, quiet
from voice_coach.errors import ModelError
from voice_coach.speaking.delivery import delivered
from voice_coach.speaking.voice import identified, speakable
from voice_coach.units import LOUDSPEAKER_RATE, Samples

if TYPE_CHECKING:  # importing piper and onnxruntime takes 0.2 s: only who uses them pays
    import piper

_PACE: Final = "Lie down on your back, bend your knees, and let your arms rest beside you."
_PACE_SECONDS: Final = 5.2
"""How long that takes at the calm rate: 130 words a minute with pauses, over all that is said."""
_SCALES: Final = 1.0, 1.5
"""How much slower than it was recorded a voice may have to speak for that."""

_RATES: Final = range(8_000, 96_001)
_INPUTS: Final = {"input", "input_lengths", "scales"}
_NO_MESSAGES: Final = 4
_HINT: Final = "Fetch the voice again, or choose another: voice-coach models list"


class PiperVoice:
    """A `Voice` of piper.

    A VITS voice adds random noise to rhythm and tone, from a generator that nobody can set
    back between two sentences. So both noises are 0: a little plainer, and always the same.
    """

    def __init__(self, model: Path) -> None:
        """Load `model`, an .onnx file with its .onnx.json beside it, and find its calm rate.

        Voices were recorded at rates of their own.

        Raises ModelError if a file is missing, damaged or not a piper voice.
        """
        self._model = model
        self._files = _files(model)
        self._voice = _load(model)
        self._rate = self._voice.config.sample_rate
        self.calm = 1.0
        """How much slower than it was recorded it speaks at speed 1."""
        lengths = [len(self.render(_PACE, 1 / scale)) / LOUDSPEAKER_RATE for scale in _SCALES]
        if not min(lengths):
            raise ModelError(f"The voice {model} makes no sound. {_HINT}")
        self.calm = round(float(np.interp(_PACE_SECONDS, lengths, _SCALES)), 2)

    @property
    def name(self) -> str:
        return f"piper {self._model.stem}"

    @cached_property
    def identity(self) -> str:
        return identified(
            "piper", version("piper-tts"), "onnxruntime", version("onnxruntime"),
            platform.machine(), self._files, self.calm,
        )  # fmt: skip

    def render(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Sound:
        line = speakable(text)
        try:
            return delivered(line, speed, breath, self._say)
        except Exception as error:  # piper and onnxruntime raise whatever they like
            raise ModelError(
                f"The voice {self._model} cannot say '{line[:40]}': {_first_line(error)}. {_HINT}"
            ) from error

    def close(self) -> None:
        """Nothing to release but memory."""

    def _say(self, phrase: str, speed: float) -> tuple[np.ndarray[Any, Any], int]:
        from piper import SynthesisConfig  # noqa: PLC0415

        config = SynthesisConfig(
            length_scale=self._voice.config.length_scale * self.calm / speed,
            noise_scale=0.0,
            noise_w_scale=0.0,
            normalize_audio=False,  # phrases would differ in loudness
        )
        parts = [chunk.audio_float_array for chunk in self._voice.synthesize(phrase, config)]
        return np.concatenate(parts or [quiet(0)]), self._rate


def _files(model: Path) -> list[tuple[str, int, int]]:
    """Return name, bytes and time of change (ns) of both files of a voice."""
    found = []
    for file in (model, Path(f"{model}.json")):
        if not file.is_file():
            raise ModelError(f"The voice file {file} is missing. {_HINT}")
        about = file.stat()
        found.append((file.name, about.st_size, about.st_mtime_ns))
    return found


def _load(model: Path) -> "piper.PiperVoice":
    description = Path(f"{model}.json")
    from piper import PiperVoice  # noqa: PLC0415

    logging.getLogger("piper").addHandler(logging.NullHandler())
    return PiperVoice(config=_config(description), session=_session(model))


def _config(description: Path) -> "piper.PiperConfig":
    from piper import PiperConfig  # noqa: PLC0415

    try:
        config = PiperConfig.from_dict(json.loads(description.read_text("utf-8")))
        if not _RATES.start <= config.sample_rate < _RATES.stop:
            raise ValueError(f"a sample rate of {config.sample_rate}")
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{description} does not describe a piper voice: {_first_line(error)}. {_HINT}"
        ) from error
    return config


def _session(model: Path) -> Any:
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _NO_MESSAGES
    options.use_deterministic_compute = True
    # Waiting threads would take the processor from the sound thread.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's errors have no common class
        raise ModelError(f"The voice file {model} is damaged or incomplete. {_HINT}") from error
    if not {given.name for given in session.get_inputs()} >= _INPUTS:
        raise ModelError(f"{model} is not a piper voice. {_HINT}")
    return session


def _first_line(error: Exception) -> str:
    text = f"{type(error).__name__} {error}" if isinstance(error, KeyError) else str(error)
    return text.strip().partition("\n")[0].rstrip(".")
