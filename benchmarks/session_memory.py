"""How much memory a session takes: all its processes together, on a private sound server.

Owns this row; must not know what the processes do. Counted is the proportional set size: what
two processes share counts once.
"""

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from benchmarks.coaching_table import Line, Options
from benchmarks.live_session import environment
from benchmarks.rig.sound_server import private_server

LIMIT_MB: Final = 350
COACH: Final = Path(sys.executable).parent / "voice-coach"
SECONDS: Final = 60.0
"""So long a session is watched; it starts with what is said longest."""
EVERY_SECONDS: Final = 0.5


def session_memory(options: Options) -> list[Line]:
    """Watch what a coach with the engines that it chooses takes while it leads a routine."""
    seconds = 20.0 if options.quick else SECONDS
    with tempfile.TemporaryDirectory() as name, private_server() as server:
        process = subprocess.Popen(
            [COACH, "run", "back", "--no-ask-pain"],
            env=environment(server, Path(name)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout
            engines = next(line for line in process.stdout if line.startswith("Listens with"))
            next(line for line in process.stdout if line.startswith("Ready on"))
            seen = _watched(process.pid, seconds)
        finally:
            process.kill()
            process.wait()
    largest = max(seen, key=lambda one: sum(one.values()))
    whole = sum(largest.values())
    each = "; ".join(f"{name} {size:.0f} MB" for name, size in largest.items())
    return [
        Line(
            f"memory of all processes in a session, at its peak in {seconds:.0f} s",
            f"≤ {LIMIT_MB} MB",
            f"{whole:.0f} MB: {each}. {engines.strip()}",
            whole <= LIMIT_MB,
            {"mb": largest},
        )
    ]


def _watched(pid: int, seconds: float) -> list[dict[str, float]]:
    """Return the MB of each process of the coach, again and again."""
    seen, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        seen.append(proportional_mb(pid))
        time.sleep(EVERY_SECONDS)
    return seen


def proportional_mb(pid: int) -> dict[str, float]:
    """Return the proportional set size of the coach `pid` and of all that it started, in MB."""
    sizes = {"the coach": _size(pid)}
    for child in _children(pid):
        with suppress(OSError):  # it has just ended
            sizes[_purpose(child)] = sizes.get(_purpose(child), 0.0) + _size(child)
    return sizes


def _children(parent: int) -> list[int]:
    """Return all processes under `parent`, however deep."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text("utf-8").rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found + [deeper for child in found for deeper in _children(child)]


def _size(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"the system does not tell the memory of process {pid}")


def _purpose(pid: int) -> str:
    """Return what a process is for, from how it was started."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    if "resource_tracker" in command:
        return "Python's resource tracker"
    return "the recogniser" if "spawn_main" in command else Path(command.split("\0")[0]).name
