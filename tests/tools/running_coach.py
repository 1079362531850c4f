"""The coach on a private sound server as a user starts it, in a process of its own.

Owns that process and the lines it prints; must not know what is said to it.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.rig.fresh_user import KEPT
from benchmarks.rig.sound_server import AHEAD, SoundServer

COACH = Path(sys.executable).parent / "voice-coach"
_TIME = re.compile(r"^\d+:\d+\.\d+\s+")


class RunningCoach:
    """The coach as a user starts it, in a process of its own, and the lines it prints."""

    def __init__(self, server: SoundServer, *options: str) -> None:
        command = [*AHEAD, str(COACH), "run", "--recogniser=pocketsphinx", "--voice=espeak"]
        kept = {name: os.environ[name] for name in KEPT}
        self._process = subprocess.Popen(
            [*command, *options],
            env=server.env | kept | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.heard: list[str] = []
        """All that it heard, from the beginning."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            plain = _TIME.sub("", line.strip())
            self.lines.append(plain)
            if plain.startswith("you"):
                self.heard.append(plain[3:].strip(" “”"))

    def wait_for(self, beginning: str, seconds: float = 20.0, until: str = "") -> str:
        """Return the next line that begins so and ends with `until`; earlier ones are forgotten."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            while self.lines:
                line = self.lines.pop(0)
                if line.startswith(beginning) and line.endswith(until):
                    return line
            time.sleep(0.01)
        self.close()
        assert self._process.stderr
        said = self._process.stderr.read().strip()
        raise AssertionError(
            f"'{beginning}' did not come within {seconds:g} s; it heard {self.heard}; {said}"
        )

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit status and what stands on stderr."""
        self._process.send_signal(signal.SIGINT)
        assert self._process.stderr
        status = self._process.wait(timeout=5)
        return status, self._process.stderr.read()

    def close(self) -> None:
        """Leave nothing running."""
        self._process.kill()
        self._process.wait()


@contextmanager
def running(server: SoundServer, *options: str) -> Iterator[RunningCoach]:
    """Start the coach and wait until it listens."""
    coach = RunningCoach(server, *options)
    try:
        coach.wait_for("Ready on")
        yield coach
    finally:
        coach.close()
