"""A coach without sound behind the real server of the page, for tests and screenshots.

The session is led by the real rules on the clock of the machine; words last as long as they
would, but nobody says them. It knows nothing of devices, voices or recognisers.
"""

import heapq
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import cycle
from operator import itemgetter
from pathlib import Path
from urllib.parse import urlsplit

from voice_coach.core.cues import SIGNAL_LENGTH, speech_length
from voice_coach.core.intents import Intent
from voice_coach.core.preferences import Preferences
from voice_coach.core.session import advance
from voice_coach.core.state import (
    Action,
    Event,
    Give,
    Heard,
    Mode,
    Say,
    Silence,
    Spoken,
    State,
    TimeUp,
)
from voice_coach.dictionary import read_language
from voice_coach.history.journal import Journal, local_now
from voice_coach.library import read_commands, read_library
from voice_coach.settings.keys import ScreenChoice
from voice_coach.units import Samples, to_samples, to_seconds
from voice_coach.web.choices import NOTHING, Equipment
from voice_coach.web.mailbox import NewRoutines, Preview, Sight, Wish
from voice_coach.web.messages import Picture
from voice_coach.web.server import Screen

_TICK = 0.005
_BEFORE = "766756655665545544433343322"
_AFTER = "544544343443323322222121110"
_PAST = (
    # (days ago, routine, minutes, pain before, pain after, how it ended)
    *(
        (80 - 3 * n - n % 2, "Back", 12 + n % 4, int(before), int(after), "finished")
        for n, (before, after) in enumerate(zip(_BEFORE, _AFTER, strict=True))
        if 80 - 3 * n > 1
    ),
    (31, "Breathing", 4, None, None, "finished"),
    (17, "Gentle stretch", 6, None, None, "stopped"),
    (9, "Breathing", 4, None, None, "finished"),
    (5, "Gentle stretch", 7, None, None, "finished"),
    (0, "Back", 14, 2, 0, "finished"),
)


class StandIn:
    """A coach that keeps time and takes wishes, but has neither voice nor ears."""

    def __init__(
        self,
        port: int,
        *,
        ask_pain: bool = False,
        equipment: Equipment = NOTHING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        routines = tuple(each.routine for each in read_library()[0])
        self._equipment = equipment
        self.state = State(
            routines,
            read_language(),
            preferences=Preferences(ask_pain=ask_pain),
            voices=tuple(voice.name for voice in equipment.voices),
        )
        self.commands = read_commands(routines)
        self.previews: list[str] = []
        self.told: list[str] = []
        self.screen = self._screen(port)
        self._air: list[tuple[Samples, int]] = []
        self._clock = clock
        self._began = clock()
        self._leapt: Samples = 0
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def open(self) -> None:
        """Begin to keep time and to serve the page."""
        self._show()
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._over.set()
        self._thread.join(2)
        self.screen.close()

    def serve_again(self) -> None:
        """Serve the page at the same address again, after `screen.close`."""
        self.screen = self._screen(self._port)
        self._show()

    def sight(self) -> Sight:
        """Return what a page may look at."""
        return Sight(lambda: self.state, self.position, level_db=self._level)

    def _screen(self, port: int) -> Screen:
        return Screen(
            ScreenChoice.ON, port, self.commands.intents, equipment=lambda: self._equipment
        )

    def _show(self) -> None:
        assert self.screen.show(self.sight(), self.told.append), self.told
        self._port = urlsplit(self.screen.address).port or 0

    def position(self) -> Samples:
        """What the loudspeaker was given so far."""
        return to_samples(self._clock() - self._began) + self._leapt

    def hear(self, text: str) -> None:
        """Take `text` as heard from the microphone."""
        with self._lock:
            meant = self.commands.match(text, self.state.listening)
            assert meant is not None, text
            self.screen.mailbox.heard(text, self.position())
            self._advance(Heard(meant), self.position())

    def leap(self, exercise: str, *, mode: str = "exercising", side: str | None = None,
             left: float = 0, repetition: int = 1) -> None:  # fmt: skip
        """Go on at once to the middle of an exercise, through all that lies before it."""
        with self._lock:
            for _ in range(2000):
                cue = self.state.cue
                there = self.state.exercise.name == exercise and self.state.mode.value == mode
                there = there and cue.repetition == repetition if mode == "exercising" else there
                if there and (side is None or cue.side == side) and to_seconds(cue.count) > left:
                    break
                self._skip()
            for _ in range(20):
                here = to_seconds(self.state.count_left(self.position()))
                at_last = self.state.due == self.state.ends  # nothing is said in it any more
                if self.state.ends is not None and (here <= left + 4 or at_last):
                    self._leapt += to_samples(max(0.0, here - left))
                    break
                self._skip()
            self.catch_up()

    def _skip(self) -> None:
        """Let the next thing happen now."""
        moments = [at for at, _ in self._air[:1]]
        moments += [] if self.state.due is None else [self.state.due]
        self._leapt += max(0, min(moments) - self.position()) if moments else 0
        self.catch_up()

    def _run(self) -> None:
        while not self._over.wait(_TICK):
            with self._lock:
                while (wish := self.screen.mailbox.take()) is not None:
                    self._obey(wish)
                self.catch_up()

    def _obey(self, wish: Wish) -> None:
        match wish:
            case Preview(text):
                self.previews.append(text)
            case NewRoutines(routines, commands):
                self.state = replace(self.state, routines=routines)
                self.commands = commands
            case Intent():
                self.wish(wish)

    def wish(self, wish: Intent) -> None:
        """Do what a page asks for."""
        self._advance(Heard(wish, by_hand=True), self.position())

    def catch_up(self) -> None:
        """Let everything happen that is due by now."""
        now = self.position()
        while True:
            spoken = self._air[0][0] if self._air else None
            due = self.state.due
            if spoken is not None and spoken <= now and (due is None or spoken <= due):
                at, utterance = heapq.heappop(self._air)
                self._advance(Spoken(utterance), at)
            elif due is not None and due <= now:
                self._advance(TimeUp(), due)
            else:
                return

    def _advance(self, event: Event, now: Samples) -> None:
        self.state, actions = advance(self.state, event, now)
        for action in actions:
            self._act(action)

    def _act(self, action: Action) -> None:
        match action:
            case Say(utterance=utterance, text=text, at=at):
                heapq.heappush(self._air, (at + speech_length(text), utterance))
                self.screen.mailbox.said(text, at)
            case Give(utterance=utterance, at=at):
                heapq.heappush(self._air, (at + SIGNAL_LENGTH, utterance))
            case Silence():
                self._air.clear()
            case _:
                pass

    def _level(self) -> float:
        return -44.0 + 6 * ((self.position() // 4000) % 3)


def messages(seconds: float, step: float = 0.1) -> Iterator[str]:
    """Yield what a page is sent in so many seconds, one routine after the other."""
    now = 0.0
    coach = StandIn(0, clock=lambda: now)
    picture = Picture(coach.sight(), coach.screen.mailbox)
    spoken = cycle(each.name.casefold() for each in coach.state.routines)
    while now < seconds:
        now += step
        coach.catch_up()
        if coach.state.mode is Mode.IDLE:
            coach.wish(Intent("start", {"routine": next(spoken)}))
        picture.draw()
        yield picture.text(now)


@cache
def _journal() -> bytes:
    """Return a journal of twelve weeks, as a file."""
    with tempfile.TemporaryDirectory() as folder:
        remember(Path(folder) / "journal.sqlite3")
        return (Path(folder) / "journal.sqlite3").read_bytes()


@contextmanager
def at_home(folder: Path, *, past: bool = True) -> Iterator[Path]:
    """Keep all that a coach keeps in `folder`, with some history if `past`."""
    ours = {
        "XDG_DATA_HOME": str(folder),
        "VOICE_COACH_JOURNAL": str(folder / "journal.sqlite3"),
        "VOICE_COACH_PAIRED": str(folder / "paired.json"),
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        if past and not (folder / "journal.sqlite3").exists():
            (folder / "journal.sqlite3").write_bytes(_journal())
        yield folder
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def remember(path: Path) -> None:
    """Write a journal of twelve weeks."""
    clock = [local_now()]
    done = {each.routine.name: each.routine.exercises for each in read_library()[0]}
    with Journal.open(path, threaded=False, now=lambda: clock[0]) as journal:
        for days, routine, minutes, before, after, ending in sorted(_PAST, key=itemgetter(0))[::-1]:
            clock[0] = local_now().replace(hour=8, minute=0, second=0) - timedelta(days=days)
            names = [exercise.name for exercise in done[routine]]
            journal.append("started", {"routine": routine, "exercises": names}, 0)
            if before is not None:
                journal.append("pain", {"when": "before", "value": before}, 0)
            for index, name in enumerate(names):
                journal.append("done", {"exercise": index, "name": name}, 0)
            if after is not None:
                journal.append("pain", {"when": "after", "value": after}, 0)
            clock[0] += timedelta(minutes=minutes)
            journal.append(ending, {}, to_samples(60.0 * minutes))
