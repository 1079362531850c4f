"""Faults of the coach's own: one line for its user, and the whole for whoever mends it.

Owns the file in which the last one is written down, on this machine only; must not know what
failed, nor how a line is shown.
"""

import os
import platform
import traceback
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version

from voice_coach.errors import NoHomeError, VoiceCoachError
from voice_coach.paths import crash_path


def raw() -> bool:
    """Whether VOICE_COACH_TRACEBACK asks for tracebacks as Python prints them."""
    return bool(os.environ.get("VOICE_COACH_TRACEBACK"))


def described(fault: BaseException) -> str:
    """Return one line on what has failed: its own words if the user can mend it, else `told`."""
    return str(fault) if isinstance(fault, VoiceCoachError) else told(fault)


def told(fault: BaseException) -> str:
    """Write `fault` down with its traceback, and return the line that says so. Never raises."""
    name = type(fault).__name__
    text = " ".join(str(fault).split())
    said = f"{name}: {text}" if text else name
    shown = said if len(said) <= 200 else f"{said[:200]}…"
    where = "Set VOICE_COACH_TRACEBACK=1 and do it again to see where."
    with suppress(OSError, NoHomeError):
        where = f"Where it happened stands in {_written(fault)}; please report it."
    return f"The coach has a fault of its own ({shown}). {where}"


def _written(fault: BaseException) -> str:
    path = crash_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    head = f"voice-coach {version('voice-coach')}, Python {platform.python_version()}"
    when = datetime.now().astimezone().isoformat(timespec="seconds")
    whole = f"{head}, {platform.platform()}, {when}\n{''.join(traceback.format_exception(fault))}"
    # A traceback may name files of the user's: nobody else needs to read it.
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(whole.encode("utf-8", "replace"))
    return str(path)
