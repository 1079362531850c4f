"""How the coach lasts: its memory over a day of sessions, and ten thousand sessions in the journal.

Owns these two rows; must not know real devices. Sessions run on files as fast as they can.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks import crash_safety
from benchmarks.coaching_table import Line, Options
from benchmarks.ideal_clock import EMBEDDED, shipped
from voice_coach.app.assembly import assemble
from voice_coach.app.coach import Persistence
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.audio.world import Nowhere, open_audio
from voice_coach.core.intents import Intent
from voice_coach.core.notes import Note, kind_and_details
from voice_coach.grammar import Grammar
from voice_coach.hearing.decision import Rules
from voice_coach.hearing.listener import Transcript
from voice_coach.history.journal import Journal, local_now
from voice_coach.library import read_commands
from voice_coach.units import SAMPLE_RATE, Samples

FLAT_MB: Final = 5.0
HOUR: Final = 3600 * SAMPLE_RATE
TIMES: Final = 5


class DeafListener:
    """Hears nothing: what is measured is a coach that is left alone."""

    speaking = False
    level_db = -100.0

    def use(self, grammar: Grammar, rules: Rules) -> None:
        """Take no notice."""

    def process(self, microphone: Pcm, played: Pcm) -> Iterable[Transcript]:  # noqa: ARG002
        """Understand nothing."""
        return ()


class _QuietRoom:
    def read(self, frames: Samples, position: Samples) -> Pcm:  # noqa: ARG002
        return silence(frames)


def resident_mb() -> float:
    """Return how much memory this process holds, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def coach_for(hours: float, journal_file: Path, tell: Callable[[dict[str, Any]], None]) -> None:
    """Do one session after another on files; tell the memory at the end of every hour."""
    routine = shipped("back")
    sessions = 0
    with ExitStack() as open_things:
        journal = open_things.enter_context(Journal.open(journal_file, threaded=False))

        def note(noted: Note, at: Samples) -> None:
            journal.append(*kind_and_details(noted), at)

        assembled = assemble(
            (routine,),
            read_commands([routine]),
            DeafListener(),  # type: ignore[arg-type]
            EMBEDDED[1],
            live=False,
            persistence=Persistence(note=note),
        )
        parts = open_things.enter_context(assembled)
        coach, mixer = parts.coach, parts.mixer
        audio = open_audio(_QuietRoom(), Nowhere())

        def on_block(microphone: Pcm, played: Pcm, position: Samples) -> None:
            nonlocal sessions
            coach.on_block(microphone, played, position)
            if coach.at_rest:
                sessions += 1
                coach.do(Intent("start", {"routine": routine.name}))
            if (position + len(played)) % HOUR == 0:
                hour = (position + len(played)) // HOUR
                tell({"hour": hour, "mb": resident_mb(), "sessions": sessions})
            if position >= hours * HOUR:
                audio.stop()

        audio.run(mixer, on_block)


def memory(options: Options) -> list[Line]:
    """Watch the memory of a process that coaches all day."""
    hours = 2.0 if options.quick else options.hours
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.endurance", str(hours), f"{folder}/j.sqlite3"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    sizes = [one["mb"] for one in told]
    grown = max(sizes) - sizes[0]
    figure = (
        f"{sizes[0]:.1f} MB after the first hour, at most {max(sizes):.1f}, {sizes[-1]:.1f} at "
        f"the end ({grown:+.1f} MB); {told[-1]['sessions']} sessions"
    )
    name = f"memory over {hours:g} simulated hours of sessions, files as devices"
    goal = f"flat to within {FLAT_MB:g} MB"
    return [Line(name, goal, figure, grown <= FLAT_MB, {"mb": sizes})]


def remembering(options: Options) -> list[Line]:
    """Time the commands that show the past, with nothing in the journal and with very much."""
    sessions = 1000 if options.quick else crash_safety.SESSIONS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty, large = folder / "empty.sqlite3", folder / "large.sqlite3"
        _fill(empty, 1)
        _fill(large, sessions)
        out = ["--out", str(folder / "report.html")]
        took = {
            command[0]: (_command_seconds(empty, command), _command_seconds(large, command))
            for command in (["history"], ["report", *out])
        }
    lines = []
    for (command, (before, after)), limit in zip(took.items(), (0.5, 2.0), strict=True):
        figure = f"{after:.2f} s; {before:.2f} s with one session, {after - before:.2f} s more"
        values = {"seconds": after, "with_one": before}
        name = f"{sessions:,} sessions: voice-coach {command}, the whole command"
        lines.append(Line(name, f"≤ {limit:g} s", figure, after <= limit, values))
    return lines


def _fill(path: Path, sessions: int) -> None:
    begun = local_now() - timedelta(hours=20 * sessions)
    with Journal.open(path, now=lambda: begun) as journal:
        for number in range(sessions):
            begun += timedelta(hours=20)
            crash_safety.whole_session(journal)
            if number % 100 == 0:
                journal.flush()


def _command_seconds(journal: Path, command: list[str]) -> float:
    """Return the median time of a command in a process of its own, from start to end."""
    program = str(Path(sys.executable).parent / "voice-coach")
    environ = {**os.environ, "VOICE_COACH_JOURNAL": str(journal)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        subprocess.run([program, *command], env=environ, capture_output=True, check=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    coach_for(
        float(sys.argv[1]), Path(sys.argv[2]), lambda told: print(json.dumps(told), flush=True)
    )
