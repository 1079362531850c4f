"""Finds the files that travel with the coach, in a checkout and in an installed wheel alike.

Knows where they lie, and nothing of what is in them.
"""

from pathlib import Path
from typing import Final

from voice_coach.errors import VoiceCoachError

DEFAULT_LANGUAGE: Final = "en"
"""What the coach speaks and understands, where nobody says otherwise."""

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "data", _PACKAGE, _PACKAGE.parent)
"""In a wheel under `data`, in a checkout at its root; sentences beside the code in both."""


def resource(name: str) -> Path:
    """Return the file or folder `name`, such as "routines" or "models/manifest.json".

    Raises VoiceCoachError where the installation lacks it.
    """
    for place in _PLACES:
        if (place / name).exists():
            return place / name
    raise VoiceCoachError(f"This installation lacks '{name}'; install voice-coach again.")
