"""Who may look and touch: a code that is used once, and the screens that have used one.

Owns codes, tokens and the file in which paired screens are kept; must not know HTTP. Kept are
only digests: whoever reads the file cannot pass for a screen.
"""

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from voice_coach.files import PRIVATE, reason, replace
from voice_coach.paths import paired_path

DIGITS: Final = 6
WRONG_TRIES: Final = 5
"""So many wrong codes within a minute lock the door for a minute, for everybody."""
MINUTE: Final = 60.0
MOST_SCREENS: Final = 32
"""The screen that was paired longest ago makes room for the next one."""


class Screens:
    """The screens that are paired, kept from run to run in a file that only its owner may read."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paired_path()
        self.problem: str | None = None
        """One line on why they are not kept, if so."""
        self._digests = self._read()

    def add(self) -> str:
        """Pair one more; return its token."""
        token = secrets.token_urlsafe(32)
        digests = [*self._remembered(), _digest(token)][-MOST_SCREENS:]
        # Written before it is known: `know`, in another thread, would miss the file.
        self._write(digests)
        self._digests = digests
        return token

    def know(self, token: str) -> bool:
        """Whether a screen with this token is paired; all are forgotten with their file."""
        digest = _digest(token)
        # All of them, so that the time it takes says nothing.
        return any([hmac.compare_digest(digest, each) for each in self._remembered()])  # noqa: C419

    def _remembered(self) -> list[str]:
        return self._digests if self.problem is not None or self.path.exists() else []

    def _read(self) -> list[str]:
        try:
            self.path.chmod(0o600)
            kept = json.loads(self.path.read_text("utf-8"))
            found = [str(each) for each in kept["screens"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError):
            self.problem = f"Paired screens cannot be read from {self.path}; pair them again."
            return []
        return [each for each in found if len(each) == 64 and each.isascii()][-MOST_SCREENS:]

    def _write(self, digests: list[str]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace(self.path, json.dumps({"screens": digests}).encode(), mode=PRIVATE)
        except OSError as error:
            self.problem = f"Paired screens cannot be kept in {self.path}: {reason(error)}."


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Door:
    """Lets a screen in that brings the code; every code opens it once. Safe in any thread."""

    def __init__(self, screens: Screens, now: Callable[[], float] = time.monotonic) -> None:
        self._screens = screens
        self._now = now
        self._wrong: deque[float] = deque()
        self._locked_until = 0.0
        self._lock = threading.Lock()
        self._code = _new_code()

    @property
    def code(self) -> str:
        """The code that opens it now."""
        return self._code

    @property
    def locked(self) -> bool:
        """Whether it opens to nobody just now, because of too many wrong codes."""
        return self._now() < self._locked_until

    def open(self, code: str) -> str | None:
        """Return the token of a new screen if `code` is right and the door is not locked."""
        with self._lock:
            if self.locked:
                return None
            # Compared at equal length and in equal time.
            right = hmac.compare_digest(code.encode(), self._code.encode())
            if not right:
                self._count_wrong()
                return None
            self._code = _new_code()
            self._wrong.clear()
            return self._screens.add()

    def _count_wrong(self) -> None:
        now = self._now()
        self._wrong.append(now)
        while self._wrong[0] < now - MINUTE:
            self._wrong.popleft()
        if len(self._wrong) >= WRONG_TRIES:
            self._locked_until = now + MINUTE
            self._wrong.clear()


def _new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
