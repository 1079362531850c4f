"""A user who has nothing yet: where a coach keeps its files, so that it finds nobody else's.

Owns the variables that say where; must not know who runs the coach, nor for what.
"""

from pathlib import Path
from typing import Final

KEPT: Final = {
    "VOICE_COACH_JOURNAL": "journal.sqlite3",
    "VOICE_COACH_SETTINGS": "settings.toml",
    "VOICE_COACH_PROFILE": "voice.npz",
    "VOICE_COACH_CACHE": "cache",
    "VOICE_COACH_PAIRED": "paired.json",
    "VOICE_COACH_CRASH": "crash.txt",
}
"""The name of each file or folder that a user keeps, by the variable that says where it is."""


def fresh_user(folder: Path) -> dict[str, str]:
    """Return the environment variables of a user who keeps everything in `folder`."""
    return {variable: str(folder / name) for variable, name in KEPT.items()}
