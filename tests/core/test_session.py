"""What holds for every session, whatever happens: the table, the diagram, random walks."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.language import ENGLISH
from tests.tools.listener import Listener
from tests.tools.simulation import Simulation
from voice_coach.core.attention import heeds
from voice_coach.core.cues import SIGNAL_LENGTH, speech_length
from voice_coach.core.intents import Intent
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Routine
from voice_coach.core.session import TABLE, advance
from voice_coach.core.state import (
    RUNNING,
    Action,
    Event,
    Give,
    Heard,
    Measured,
    Memory,
    Mode,
    Say,
    Silence,
    Spoken,
    State,
    TimeUp,
    Unheard,
)
from voice_coach.core.transitions import plan_of
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.settings.keys import BreathCue, GetReady, Verbosity
from voice_coach.units import Samples, to_samples

LEAD = to_samples(0.1)
"""So much ahead a time that is due is told, so that what it brings can be made ready."""

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def routine() -> Routine:
    """The back routine."""
    return read_routine(resource("routines") / "back.yaml")


def test_the_diagram_in_the_docs_is_the_table() -> None:
    """docs/session.md was drawn from the table as it stands."""
    drawn = subprocess.run(
        [sys.executable, "-m", "scripts.draw_states", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert drawn.returncode == 0, "python -m scripts.draw_states: " + drawn.stdout + drawn.stderr


def test_every_command_stands_in_the_table_and_every_trigger_can_be_said(routine: Routine) -> None:
    """No intent of the sentence file is forgotten, and no rule waits for one that is not there."""
    triggers = {trigger for _, trigger in TABLE if not trigger.startswith("(")}
    assert triggers | {"number"} == set(read_commands([routine]).intents)


def test_every_mode_can_be_left_and_pain_is_heard_everywhere() -> None:
    """No mode is a trap, and "that hurts" has a rule in each of them."""
    for mode in Mode:
        assert (mode, "hurts") in TABLE
        assert any(row == mode and set(rule.to) != {mode} for (row, _), rule in TABLE.items())
    assert all((mode, "pause") in TABLE and (mode, "stop") in TABLE for mode in RUNNING)


class Walk:
    """A session that hears random commands at random times, with all its promises checked."""

    def __init__(self, routine: Routine, seed: int) -> None:
        self.random = random.Random(seed)
        preferences = Preferences(
            ask_pain=self.random.random() < 0.5,
            get_ready=self.random.choice(list(GetReady)),
            breath=self.random.choice(list(BreathCue)),
        )
        memory = Memory(sessions=self.random.choice([0, 1]))
        self.state = State((routine,), ENGLISH, preferences=preferences, memory=memory)
        self.listener = Listener(routine, warned=bool(memory.sessions))
        self.exercises = [each.name for each in routine.exercises]
        self.intents = sorted(read_commands([routine]).intents)
        self.now: Samples = 0
        self.ends: dict[int, Samples] = {}
        self.modes: set[Mode] = set()

    def step(self) -> None:
        """Let the next thing happen, or a command come before it."""
        due = self.state.due
        times = [*self.ends.values(), *([] if due is None else [max(self.now, due - LEAD)])]
        following = min(times, default=None)
        talkative = 0.7 if self.state.mode in (Mode.PAUSED, Mode.ASKING_PAIN) else 0.06
        if following is None or self.random.random() < talkative:
            wait = to_samples(self.random.uniform(0, 8))
            self.now = min(self.now + wait, following or self.now + wait)
            if self.random.random() < 0.2:
                self.happen(Unheard(), self.now)
            else:
                self.command()
        elif following in self.ends.values():
            self.now = following
            number = next(n for n, end in self.ends.items() if end == following)
            del self.ends[number]
            self.happen(Spoken(number), self.now)
        else:
            assert due is not None
            self.now = following
            self.happen(TimeUp(), due)

    def command(self) -> None:
        """Say something: it must be answered, by words that begin within half a second."""
        name = self.random.choice(
            ["start", *self.intents] if self.state.plan else ["start", "help", "resume"]
        )
        if self.state.mode is Mode.ASKING_PAIN and self.random.random() < 0.3:
            name = "number"  # the question can be left in many other ways
        slots: dict[str, str | int] = {"routine": "back"} if self.random.random() < 0.5 else {}
        slots |= {"amount": self.random.choice(["full", "brief", "tones"])}
        slots |= {"value": self.random.randrange(11)}
        if self.random.random() < 0.5:
            slots |= {"exercise": self.random.choice([*self.exercises, "Handstand"])}
            slots |= {"seconds": self.random.choice([1, 20, 90, 9999]), "count": 12}
            slots |= {"sign": self.random.choice(["dizzy", "chest"])}
        event = Heard(Intent(name, slots), by_hand=self.random.random() < 0.5)
        after, actions = advance(self.state, event, self.now)
        if not heeds(self.state, event):
            assert (after, actions) == (self.state, ())
            return
        said = [action for action in actions if isinstance(action, Say | Give)]
        assert said, f"'{name}' was not answered while {self.state.mode}"
        assert self.now <= said[0].at <= self.now + to_samples(0.5)
        self.listener.follow(self.state, event, self.now, after, actions)
        if name == "unwell":
            assert after.mode in (Mode.PAUSED, Mode.IDLE)
        self.take(after, actions)

    def happen(self, event: Event, at: Samples) -> None:
        """Let something happen by itself; nobody moves unprepared."""
        after, actions = advance(self.state, event, at)
        self.listener.follow(self.state, event, at, after, actions)
        self.take(after, actions)

    def take(self, after: State, actions: tuple[Action, ...]) -> None:
        """Keep the clock of what is said; two voices at once are never allowed."""
        for action in actions:
            if isinstance(action, Silence):
                self.ends.clear()
            if isinstance(action, Give):
                assert not self.ends, f"'{action.signal}' overlaps speech"
                assert action.at >= self.now
                self.ends[action.utterance] = action.at + SIGNAL_LENGTH
            if isinstance(action, Say):
                assert not self.ends, f"'{action.text}' overlaps other speech"
                assert action.at >= self.now
                self.ends[action.utterance] = action.at + speech_length(action.text)
        assert after.due is None or after.due >= self.now - 1
        stuck = after.due is None and not self.ends and after.mode is not Mode.IDLE
        assert not stuck, f"nothing would ever happen: {after.mode}, {after.cue.text}"
        self.state = after
        self.modes.add(after.mode)


@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(2, 20), marks=pytest.mark.slow)])
def test_random_walks_keep_every_promise(routine: Routine, seeds: range) -> None:
    """Never an error, never silence after a command, never two voices, never stuck."""
    modes = set()
    for seed in seeds:
        walk = Walk(routine, seed)
        for _ in range(2000):
            walk.step()
        assert len(walk.modes) > 5
        modes |= walk.modes
    assert modes >= set(Mode) - {Mode.OFFERING}


SHEETS = sorted((ROOT / "tests" / "sheets").glob("*.yaml"))


@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(1, 3), marks=pytest.mark.slow)])
@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_random_walks_through_sheets_keep_every_promise(sheet: Path, seeds: range) -> None:
    """Sets, tempo, circuits, levels and ends by voice, with somebody who says anything."""
    for seed in seeds:
        walk = Walk(read_routine(sheet), seed)
        for _ in range(600):
            walk.step()


@pytest.mark.parametrize("name", ["back", "breathing", "gentle-stretch"])
@pytest.mark.parametrize("verbosity", list(Verbosity))
def test_the_remaining_time_is_exact_at_every_moment(name: str, verbosity: Verbosity) -> None:
    """Whatever happens next, what was foretold at any time before comes true to the sample."""
    routine = read_routine(resource("routines") / f"{name}.yaml")
    preferences = Preferences(verbosity=verbosity)
    simulation = Simulation(
        State((routine,), ENGLISH, preferences=preferences), read_commands([routine])
    )
    simulation.hear(f"start {routine.name} routine")
    texts = {cue.words for cue in plan_of(simulation.state).cues}
    lengths = {text: speech_length(text) for text in texts if text}
    simulation.state, _ = advance(simulation.state, Measured(lengths), 0)
    foretold = set()
    while simulation.state.mode is not Mode.FINISHING:
        foretold.add(simulation.now + simulation.state.session_left(simulation.now))
        assert simulation.step()
    assert foretold == {simulation.state.said_at}
