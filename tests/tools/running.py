"""`voice-coach run` as a user starts it, in a process of its own, with what it prints.

Owns that process and the way to its page; must not know what is said or done there.
"""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
from websockets.sync.client import ClientConnection, connect

from benchmarks.rig.fresh_user import KEPT
from benchmarks.rig.sound_server import AHEAD

COACH = Path(sys.executable).parent / "voice-coach"


class Running:
    """The coach in a process of its own, with what it prints."""

    def __init__(self, env: dict[str, str], *options: str) -> None:
        kept = {name: os.environ[name] for name in KEPT}
        self.process = subprocess.Popen(
            [*AHEAD, COACH, "run", "--recogniser=pocketsphinx", "--voice=espeak", *options],
            env=env | kept | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.complaints: list[str] = []
        for stream, lines in (
            (self.process.stdout, self.lines),
            (self.process.stderr, self.complaints),
        ):
            threading.Thread(target=lines.extend, args=(stream,), daemon=True).start()

    def find(self, pattern: str, seconds: float = 30.0) -> re.Match[str]:
        """Wait for a line that matches."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found
            time.sleep(0.02)
        raise AssertionError(f"'{pattern}' did not come: {self.lines} {self.complaints}")

    def open(self) -> ClientConnection:
        """Pair by the address that is printed, and open a socket."""
        found = self.find(r"(http://([\d.]+:\d+)/)\?code=(\d{6})")
        origin = found[1].rstrip("/")
        answer = httpx.post(
            f"{origin}/pair", json={"code": found[3]}, headers={"origin": origin}, trust_env=False
        )
        assert answer.status_code == 200
        cookie = f"voice_coach={answer.cookies['voice_coach']}"
        return connect(
            f"ws://{found[2]}/live",
            origin=origin,  # type: ignore[arg-type]
            additional_headers={"cookie": cookie},
            proxy=None,
        )

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
