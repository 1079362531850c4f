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
from voice_coach.speaking.voice import bounded, identified, mastered, speakable

if TYPE_CHECKING:  # importing piper and onnxruntime takes 0.2 s: only who uses them pays
    import piper

CALM: Final = 1.1
"""How much slower than it was recorded a voice speaks at speed 1."""

SENTENCE_PAUSE_SECONDS: Final = 0.3
"""Silence between two sentences at speed 1."""

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
        """Load `model`, an .onnx file with its .onnx.json beside it, and say a word to warm up.

        Raises ModelError if a file is missing, damaged or not a piper voice.
        """
        self._model = model
        self._files = _files(model)
        self._voice = _load(model)
        self._rate = self._voice.config.sample_rate
        if not len(self.render("Ready.")):
            raise ModelError(f"The voice {model} makes no sound. {_HINT}")

    @property
    def name(self) -> str:
        return f"piper {self._model.stem}"

    @cached_property
    def identity(self) -> str:
        return identified(
            "piper", version("piper-tts"), "onnxruntime", version("onnxruntime"),
            platform.machine(), self._files, CALM, SENTENCE_PAUSE_SECONDS,
        )  # fmt: skip

    def render(self, text: str, speed: float = 1.0) -> Sound:
        line = speakable(text)
        if not any(character.isalnum() for character in line):
            return quiet(0)  # a voice would make some noise of it
        try:
            return mastered(self._sentences(line, bounded(speed)), self._rate)
        except Exception as error:  # piper and onnxruntime raise whatever they like
            raise ModelError(
                f"The voice {self._model} cannot say '{line[:40]}': {_first_line(error)}. {_HINT}"
            ) from error

    def close(self) -> None:
        """Nothing to release but memory."""

    def _sentences(self, line: str, speed: float) -> "np.ndarray[Any, np.dtype[np.float32]]":
        from piper import SynthesisConfig  # noqa: PLC0415

        config = SynthesisConfig(
            length_scale=self._voice.config.length_scale * CALM / speed,
            noise_scale=0.0,
            noise_w_scale=0.0,
            normalize_audio=False,  # sentences would differ in loudness
        )
        pause = np.zeros(round(SENTENCE_PAUSE_SECONDS / speed * self._rate), dtype=np.float32)
        parts: list[Any] = []
        for chunk in self._voice.synthesize(line, config):
            parts += [pause, chunk.audio_float_array] if parts else [chunk.audio_float_array]
        return np.concatenate(parts) if parts else pause


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
