"""Where everything lies that is its user's: every folder, and every VOICE_COACH_* that moves one.

Owns names and places; must not know what is kept there. Nothing is made or opened here.
"""

import os
from pathlib import Path
from typing import Final, Literal

from voice_coach.errors import NoHomeError

_NAME: Final = "voice-coach"

_Kind = Literal["config", "data", "cache", "state"]
_SERVICE: Final[dict[_Kind, tuple[str, str]]] = {
    "config": ("CONFIGURATION_DIRECTORY", "config"),
    "data": ("STATE_DIRECTORY", ""),
    "cache": ("CACHE_DIRECTORY", "cache"),
    "state": ("", "state"),
}
"""What systemd calls a service's folder of each kind, and its place in STATE_DIRECTORY, which
stands in for those that the unit does not ask for."""


def settings_path() -> Path:
    """Return where the settings are: VOICE_COACH_SETTINGS, else the user's own; it need not exist.

    Raises NoHomeError, like all functions here, where nothing says which folder is the user's.
    """
    return _chosen("VOICE_COACH_SETTINGS") or _folder("config") / "settings.toml"


def journal_path() -> Path:
    """Return where the journal is kept: VOICE_COACH_JOURNAL, else the user's data folder."""
    return _chosen("VOICE_COACH_JOURNAL") or _folder("data") / "journal.sqlite3"


def profile_path() -> Path:
    """Return where the taught voice is kept: VOICE_COACH_PROFILE, else the user's data folder."""
    return _chosen("VOICE_COACH_PROFILE") or _folder("data") / "voice.npz"


def paired_path() -> Path:
    """Return where paired screens are kept: VOICE_COACH_PAIRED, else the user's data folder."""
    return _chosen("VOICE_COACH_PAIRED") or _folder("data") / "paired.json"


def models_dir() -> Path:
    """Return the folder where models are installed: VOICE_COACH_MODELS, else the user's own."""
    return _chosen("VOICE_COACH_MODELS") or _folder("data") / "models"


def models_are_elsewhere() -> bool:
    """Whether VOICE_COACH_MODELS is set: then only that folder counts, and no checkout's."""
    return _chosen("VOICE_COACH_MODELS") is not None


def routines_dir() -> Path:
    """Return the folder for the user's own routines; it need not exist."""
    return _folder("data") / "routines"


def phrases_dir() -> Path:
    """Return the folder "phrases" in VOICE_COACH_CACHE, else in the user's own cache folder."""
    return _cache() / "phrases"


def grammars_path() -> Path:
    """Return the file "grammars.json" in VOICE_COACH_CACHE, else in the user's own cache folder."""
    return _cache() / "grammars.json"


def spoken_names_path() -> Path:
    """Return the file "spoken_names.json" in VOICE_COACH_CACHE, else in the user's own cache."""
    return _cache() / "spoken_names.json"


def crash_path() -> Path:
    """Return where the last crash is written down: VOICE_COACH_CRASH, else the state folder."""
    return _chosen("VOICE_COACH_CRASH") or _folder("state") / "crash.txt"


def own_folders() -> tuple[Path, ...]:
    """Return the folders of which all is the coach's: of settings, data, cache and state.

    What a VOICE_COACH_* names lies elsewhere, and among files that may be somebody else's.
    """
    kinds: tuple[_Kind, ...] = ("config", "data", "cache", "state")
    return tuple(dict.fromkeys(map(_folder, kinds)))


def telemetry_leftover() -> Path | None:
    """Return the folder in which onnxruntime left an id of the machine and events, if it is there.

    It is onnxruntime's own choice of place: XDG_CACHE_HOME, else .cache in HOME.
    """
    caches = _chosen("XDG_CACHE_HOME") or Path("~/.cache")
    try:
        left = caches.expanduser() / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    except RuntimeError:  # no home
        return None
    return left if left.is_dir() else None


def _chosen(variable: str) -> Path | None:
    """Return the place that a variable of the environment names, if it is set."""
    place = os.environ.get(variable)
    return Path(place) if place else None


def _cache() -> Path:
    return _chosen("VOICE_COACH_CACHE") or _folder("cache")


def _folder(kind: _Kind) -> Path:
    """Return the user's folder of one kind; in a service without a home, systemd's."""
    import platformdirs  # noqa: PLC0415 - help does not need it

    named = Path(os.environ.get(f"XDG_{kind.upper()}_HOME", "")).is_absolute()
    if not named and not _has_home() and (service := _service_folder(kind)):
        return service
    try:
        place = Path(getattr(platformdirs, f"user_{kind}_dir")(_NAME))
    except RuntimeError:
        place = Path()
    if not place.is_absolute():
        raise NoHomeError(
            f"Nothing says where the files of user {os.getuid()} are kept. "
            "Set HOME to a folder of its own; a service: StateDirectory=voice-coach."
        )
    return place


def _has_home() -> bool:
    """Whether there is a home to keep things in; users of services get / or one that is not."""
    home = os.path.expanduser("~")  # noqa: PTH111 - where there is none, Path raises
    return home != "/" and os.path.isabs(home) and Path(home).is_dir()  # noqa: PTH117 - as above


def _service_folder(kind: _Kind) -> Path | None:
    """Return what systemd made for this service; of several folders, the first."""
    variable, within = _SERVICE[kind]
    for name, beneath in ((variable, ""), ("STATE_DIRECTORY", within)):
        if first := os.environ.get(name, "").split(":")[0]:
            return Path(first) / beneath
    return None
