"""The few kinds of failure that a person can do something about.

Each message is one line that says what is wrong, where, and what to do next. What a
person *says* is never an error: a command out of place gets a spoken answer instead.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class VoiceCoachError(Exception):
    """Something the user can mend; the command line prints it and ends with status 2."""


class NoHomeError(VoiceCoachError):
    """Nothing says which folder is the user's own."""


class RoutineError(VoiceCoachError):
    """A routine that cannot be found or read; names file, line and key."""


class SettingsError(VoiceCoachError):
    """A settings file that cannot be read; names file, line and key."""


class ScriptError(VoiceCoachError):
    """A rehearsal script that cannot be read; names file and line."""


class SentencesError(VoiceCoachError):
    """A sentence template file that cannot be read."""


class LanguageError(VoiceCoachError):
    """A file of the coach's language that cannot be read; names file and line."""


class AudioFileError(VoiceCoachError):
    """A sound file that cannot be read or written."""


class DeviceError(VoiceCoachError):
    """A microphone or loudspeaker that is missing, busy or lost."""


class NoSoundSystemError(DeviceError):
    """There is no sound device at all on this machine."""


class ModelError(VoiceCoachError):
    """A speech model that is missing, incomplete or damaged."""


class JournalError(VoiceCoachError):
    """A journal that cannot be read: damaged, or of another version."""


class JournalBusyError(JournalError):
    """A journal that another process writes; names it and the file."""


class OutputError(VoiceCoachError):
    """A file that cannot be written: full disk, read-only or missing folder."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the known word nearest to `word`, else ""."""
    close = get_close_matches(word.casefold(), {k.casefold(): k for k in known}, n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""


def shortened(text: str, most: int = 60) -> str:
    """Return a wrong value as a line can show it: its first `most` characters, without control."""
    plain = "".join(c if c.isprintable() else " " for c in text[:most])
    return plain if len(text) <= most else f"{plain}…"
