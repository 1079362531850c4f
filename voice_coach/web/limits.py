"""How often something may be done: a bucket that fills with time.

Owns that count; must not know what is done.
"""

import time
from collections.abc import Callable


class Bucket:
    """Holds at most `most` and gains `most` again in `seconds`; not for several threads."""

    def __init__(
        self, most: int, seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._per_second = most / seconds
        self._now = now
        self._left = float(most)
        self._looked = now()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = self._now()
        gained = (now - self._looked) * self._per_second
        self._left = min(float(self._most), self._left + gained)
        self._looked = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
