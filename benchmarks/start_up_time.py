"""How long the coach takes until it is ready: the real command, on a private sound server.

Owns this row and where the time goes; must not know how a part starts.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.coaching_table import Line, Options
from benchmarks.live_session import environment
from benchmarks.rig.sound_server import SoundServer, private_server

READY_SECONDS: Final = 0.9
HEARS_SECONDS: Final = 1.2
TIMES: Final = 7
COACH: Final = Path(sys.executable).parent / "voice-coach"
EMBEDDED: Final = ("run", "--recogniser=pocketsphinx", "--voice=hibari", "--no-ask-pain")
_MARKED: Final = (
    "from benchmarks.start_up_trace import run; run({began}, {script!r}, list({given}))"
)
LONGEST: Final = 8
"""So many of the dearest imports are named."""


def start_up(options: Options) -> list[Line]:
    """Start the coach again and again, and see when it is ready and when it hears."""
    times = 3 if options.quick else TIMES
    with tempfile.TemporaryDirectory() as name, private_server() as server:
        folder = Path(name)
        _until_ready(server, folder)  # whatever is compiled and cached only once
        ready, used = zip(*(_until_ready(server, folder) for _ in range(times)), strict=True)
        with _Hiss(server):
            marked = [_marked(server, folder) for _ in range(times)]
        imports = _imports(server, folder)
    recogniser = [_recogniser_alone() for _ in range(3)]
    middle = statistics.median(ready)
    hears = statistics.median(one["hears"] for one in marked)
    parts = {
        part: statistics.median(one.get(part, 0.0) for one in marked)
        for part in marked[0]
        if part != "hears"
    }
    inside = {part: statistics.median(one[part] for one in recogniser) for part in recogniser[0]}
    return [
        Line(
            "start-up until “Ready on …” is printed, embedded engines, warm disk",
            f"≤ {READY_SECONDS:g} s",
            f"median {middle:.2f} s of {times} ({min(ready):.2f} to {max(ready):.2f}), of "
            f"processors {statistics.median(used):.2f} s",
            middle <= READY_SECONDS,
            {"seconds": ready, "processor_seconds": used},
        ),
        Line(
            "start-up until it hears what is said",
            f"≤ {HEARS_SECONDS:g} s",
            f"median {hears:.2f} s; the first block moves at {parts.pop('first block'):.2f} s, "
            f"“Ready” comes at {parts.pop('ready'):.2f} s in these runs",
            hears <= HEARS_SECONDS,
            {"seconds": [one["hears"] for one in marked]},
        ),
        Line("where the time until “Ready” goes", "", _listed(parts), True, parts),
        Line(
            "inside the recogniser's process, time of processors", "", _listed(inside), True, inside
        ),
        Line(
            "the dearest packages to import, with all that each imports",
            "",
            "; ".join(f"{module} {ms:.0f} ms" for module, ms in imports),
            True,
            dict(imports),
        ),
    ]


def _listed(parts: dict[str, float]) -> str:
    dearest = sorted(parts.items(), key=lambda part: -part[1])
    return "; ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in dearest)


def _until_ready(server: SoundServer, folder: Path) -> tuple[float, float]:
    """Return the seconds from the start of the process to its line, and those of processors."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(COACH), *EMBEDDED],
        env=environment(server, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("Ready on"):
                return time.perf_counter() - began, _processor_seconds(process.pid)
        raise RuntimeError("the coach ended before it was ready")
    finally:
        process.kill()
        process.wait()


def _processor_seconds(parent: int) -> float:
    """Return what a process and its children have used so far."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text("utf-8").rpartition(")")[2].split()
            if parent in (int(stat.parent.name), int(fields[1])):
                total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


class _Hiss:
    """A soft noise in the room, by which a microphone that is live can be told from none."""

    def __init__(self, server: SoundServer) -> None:
        command = ["pacat", "--playback", "--device=room", "--channels=1", "--rate=16000"]
        self._process = subprocess.Popen(
            [*command, "--format=float32le", "--raw"], env=server.env, stdin=subprocess.PIPE
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)

    def _feed(self) -> None:
        noise = np.random.default_rng(1).standard_normal(1600).astype("<f4") * np.float32(1e-4)
        assert self._process.stdin
        with suppress(OSError):  # it is ended in the middle of a write
            while not self._over.is_set():
                self._process.stdin.write(noise.tobytes())

    def __enter__(self) -> "_Hiss":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._process.kill()
        self._process.wait()


def _marked(server: SoundServer, folder: Path) -> dict[str, float]:
    """Return when the marked command was ready and heard, and the seconds of its parts."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", _MARKED.format(script=str(COACH), began=began, given=EMBEDDED)],
        env=environment(server, folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    line = next((one for one in done.stdout.splitlines() if one.startswith("{")), None)
    if line is None:
        raise RuntimeError(f"the marked coach told nothing: {done.stderr[-2000:]}")
    marks: dict[str, float] = json.loads(line)
    return marks


def _imports(server: SoundServer, folder: Path) -> list[tuple[str, float]]:
    """Return the packages that are dearest to import, in ms with all that they import."""
    code = (
        "import voice_coach.cli.main, voice_coach.cli.panel, voice_coach.library; "
        "import voice_coach.app.live, voice_coach.speaking.espeak, sounddevice"
    )
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        env=environment(server, folder),
        capture_output=True,
        text=True,
        check=True,
    )
    found = []
    for line in done.stderr.splitlines():
        _, total, name = line.removeprefix("import time:").split("|")
        name = name.strip()
        if total.strip().isdigit() and "." not in name and name != "voice_coach":
            found.append((name, int(total) / 1000))
    return sorted(found, key=lambda one: -one[1])[:LONGEST]


def _recogniser_alone() -> dict[str, float]:
    """Return the processor seconds of each step in a fresh process that becomes a recogniser."""
    code = """
import json, time
steps, last = {}, 0.0
def step(name):
    global last
    steps[name], last = time.process_time() - last, time.process_time()
step("interpreter")
import voice_coach.cli.main
step("importing the command line, as every new process does")
import voice_coach.app.engines
step("importing what chooses the engines")
import voice_coach.hearing.engines.combined
step("importing the combination and moonshine")
import voice_coach.hearing.engines.pocketsphinx
step("importing pocketsphinx")
made = voice_coach.app.engines.make_recogniser(
    voice_coach.app.engines.Engine(voice_coach.settings.keys.RecogniserChoice.POCKETSPHINX)
)
step("loading both engines")
from voice_coach.library import read_commands, read_library
commands = read_commands([one.routine for one in read_library()[0]])
last = time.process_time()
for state in commands.states:
    made.use(commands.grammar(state))
step("the grammars")
print(json.dumps(steps))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    steps: dict[str, float] = json.loads(done.stdout)
    return steps
