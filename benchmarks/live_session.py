"""A live session in a process of its own, for the benchmarks: what happened, heard and played.

Owns that process and its side of the measuring; must not know what is measured. The coach in it
is the real one on PortAudio; only what it does is written down. Run on a private sound server.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import numpy as np

from benchmarks.ideal_clock import EMBEDDED
from benchmarks.rig.fresh_user import fresh_user
from benchmarks.rig.sound_server import AHEAD, SoundServer
from voice_coach.app.engines import kept_phrases
from voice_coach.app.happenings import Happening, Said, SpeechHeard, kind_and_details
from voice_coach.app.live import Stage, coach_live
from voice_coach.audio.decimation import DELAY
from voice_coach.audio.pcm import Pcm
from voice_coach.core.intents import Intent
from voice_coach.core.plan import Plan
from voice_coach.core.preferences import Preferences
from voice_coach.core.session import upcoming
from voice_coach.core.state import Role, State
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.settings.keys import ScreenChoice
from voice_coach.units import Samples, to_samples
from voice_coach.web.server import Screen

Record = dict[str, Any]
"""What happened, as JSON: "kind", "at" in samples, and the details of a Happening."""
CACHE_MB: Final = 100
REST: Final = to_samples(2)
"""How long after the end of a routine it is started again."""


@dataclass(frozen=True)
class Casting:
    """What the process shall do."""

    folder: str
    seconds: float
    routine: str = "back"
    get_ready_seconds: int | None = None
    page: bool = False
    """Whether the page is served; its address and code are told."""


class Scribe:
    """Writes down what a coach does, and starts its routine again whenever it is over."""

    def __init__(self, casting: Casting, name: str, screen: Screen | None) -> None:
        folder = Path(casting.folder)
        self._name = name
        self._untold = screen
        self._end = to_samples(casting.seconds)
        self._heard = (folder / "heard.raw").open("wb")
        self._played = (folder / "played.raw").open("wb")
        self._known: set[str] = set()
        self._plan: Plan | None = None
        self._stage: Stage | None = None
        self._resting: Samples = 0
        self._ahead: Samples = 0
        self._underruns = 0
        self._on_block: Callable[[Pcm, Pcm, Samples], None] = lambda *_: None

    def ready(self, stage: Stage) -> None:
        """Stand between the devices and the coach."""
        self._stage = stage
        self._on_block = stage.coach.on_block
        stage.coach.on_block = self.on_block  # type: ignore[method-assign]
        self.tell({"kind": "ready", "at": 0})

    def on_block(self, microphone: Pcm, played: Pcm, position: Samples) -> None:
        """Keep a block, and hand it on."""
        assert self._stage
        self._ahead = self._stage.mixer.position - position
        if (underruns := self._stage.audio.counters.underruns) > self._underruns:
            self._underruns = underruns
            self.tell({"kind": "underrun", "at": position})
        if self._untold and self._untold.address:
            page = {"host": urlsplit(self._untold.address).netloc, "code": self._untold.code}
            self.tell({"kind": "page", "at": position, **page})
            self._untold = None
        self._heard.write(microphone.astype("<f4").tobytes())
        self._played.write(played.astype("<f4").tobytes())
        self._on_block(microphone, played, position)
        self._resting = self._resting + len(played) if self._stage.coach.state.plan is None else 0
        if self._resting > REST:
            self._resting = 0
            self._stage.coach.do(Intent("start", {"routine": self._name}))
        if position >= self._end:
            self._stage.audio.stop()

    def watch(self, happening: Happening) -> None:
        """Tell what happens, with what the coach knew at that moment."""
        record = record_of(happening)
        if self._stage:
            state = self._stage.coach.state
            record["position"] = self._stage.mixer.position
            if isinstance(happening, SpeechHeard):
                record["on_air"] = state.on_air is not None
                record["ahead"] = self._ahead
                record["mode"] = state.mode.value
                self._known |= set(upcoming(state))
            if isinstance(happening, Said):
                record["cached"] = happening.text in self._known
                record["planned"] = _planned(state, happening)
                self._known.add(happening.text)
                if state.plan is not self._plan:  # all of it is being rendered from now on
                    self._plan = state.plan
                    self._known |= set(upcoming(state))
        self.tell(record)

    def notice(self, text: str, at: Samples) -> None:
        """Tell what went wrong."""
        self.tell({"kind": "notice", "at": at, "text": text})

    def tell(self, record: Record) -> None:
        """Print one line of JSON."""
        print(json.dumps(record | {"wall": time.time()}), flush=True)

    def close(self) -> None:
        """Tell what went wrong with the sound."""
        self._heard.close()
        self._played.close()
        if self._stage:
            used = os.times()
            counters = asdict(self._stage.audio.counters)
            cpu = {"cpu_s": used.user + used.system, "at": self._stage.mixer.position}
            self.tell({"kind": "counters", **counters, **cpu})


def record_of(happening: Happening) -> Record:
    """Return what happened as a record."""
    kind, details = kind_and_details(happening)
    return {"kind": kind, "at": happening.at, **details}


def _planned(state: State, said: Said) -> Samples | None:
    """Return at which sample the session wanted what is said to begin; None for an answer."""
    if said.role is Role.CUE:
        return state.said_at
    if said.role is Role.MARK and state.ends is not None:
        dues = (state.ends - mark.left for mark in state.cue.marks)
        return min(dues, key=lambda due: abs(due - said.at))
    return None


def _perform(casting: Casting) -> None:
    routine = read_routine(resource("routines") / f"{casting.routine}.yaml")
    commands = read_commands([routine])
    screen = Screen(ScreenChoice.ON, 0, commands.intents) if casting.page else None
    scribe = Scribe(casting, routine.name, screen)
    try:
        coach_live(
            (routine,),
            commands,
            EMBEDDED,
            start=routine.name,
            preferences=Preferences(get_ready_seconds=casting.get_ready_seconds),
            phrases=kept_phrases(CACHE_MB),
            watch=scribe.watch,
            notice=scribe.notice,
            ready=scribe.ready,
            screen=screen,
        )
    finally:
        scribe.close()


class Performance:
    """A session that runs in another process, and what it has told so far."""

    def __init__(self, server: SoundServer, casting: Casting, *, ahead: bool = False) -> None:
        self.folder = Path(casting.folder)
        self.records: list[Record] = []
        command = [*(AHEAD if ahead else []), sys.executable, "-m", "benchmarks.live_session"]
        self._complaints = (self.folder / "stderr.txt").open("w+")
        self._process = subprocess.Popen(
            [*command, json.dumps(asdict(casting))],
            env=environment(server, self.folder),
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.records.append(json.loads(line))

    def wait_for(self, which: Callable[[Record], bool], seconds: float, after: int = 0) -> int:
        """Wait for a record from number `after` on; return one past it, or -1 if none came."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            for number in range(after, len(self.records)):
                if which(self.records[number]):
                    return number + 1
            time.sleep(0.01)
        return -1

    def wait(self, seconds: float) -> None:
        """Wait until it has ended; RuntimeError with what it complained about."""
        status = self._process.wait(timeout=seconds)
        self._reader.join(timeout=5)
        if status:
            self._complaints.seek(0)
            raise RuntimeError(
                f"the session ended with {status}: {self._complaints.read()[-2000:]}"
            )

    def of(self, kind: str) -> list[Record]:
        """Return the records of one kind."""
        return [record for record in self.records if record["kind"] == kind]

    def sound(self, side: str) -> Pcm:
        """Return what it "heard" or "played", from position 0 on, both at the clock's rate."""
        sound = cast(Pcm, np.fromfile(self.folder / f"{side}.raw", dtype="<f4"))
        return sound[DELAY:] if side == "played" else sound

    def close(self) -> None:
        """Leave nothing running."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._complaints.close()


def environment(server: SoundServer, folder: Path) -> dict[str, str]:
    """Return the environment of a user who has nothing yet, on `server`."""
    environ = server.env | fresh_user(folder / "kept") | {"PYTHONUNBUFFERED": "1"}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a coach that is installed has its bytecode
    return environ


@contextmanager
def performing(
    server: SoundServer, casting: Casting, *, ahead: bool = False
) -> Iterator[Performance]:
    """Start a session and wait until it is ready."""
    performance = Performance(server, casting, ahead=ahead)
    try:
        if performance.wait_for(lambda one: one["kind"] == "ready", 60) < 0:
            performance.wait(5)
        yield performance
    finally:
        performance.close()


if __name__ == "__main__":
    _perform(Casting(**json.loads(sys.argv[1])))
