"""Every command at every moment of a routine: where it leads, and that nobody is unprepared."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.tools.language import ENGLISH
from tests.tools.listener import Listener
from tests.tools.simulation import Simulation
from voice_coach.core.cues import CueKind
from voice_coach.core.intents import Commands, Intent
from voice_coach.core.plan import Plan
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Routine
from voice_coach.core.state import Event, Memory, Mode, Role, State
from voice_coach.library import read_commands
from voice_coach.units import to_samples

EXERCISES: list[dict[str, Any]] = [
    {
        "name": "Cat",
        "position": "hands and knees",
        "get_there": "Come onto all fours.",
        "setup": "Look at the floor.",
        "steps": [{"cue": "Round your back.", "seconds": 4}],
        "easier": {"setup": "Make it small."},
    },
    {
        "name": "Reach",
        "position": "hands and knees",
        "get_there": "Up onto hands and knees.",
        "setup": "Keep your back still.",
        "safety": "Never sway.",
        "sides": "alternate",
        "repetitions": 2,
        "rest_seconds": 3,
        "steps": [{"cue": "Stretch the {side} leg.", "seconds": 4}],
        "release": {"cue": "And back."},
        "closing": {"steps": [{"cue": "Stretch them both.", "seconds": 4}]},
        "easier": {"setup": "Slide the foot.", "repetitions": 1},
    },
    {
        "name": "Cobra",
        "position": "front",
        "get_there": "Lie down on your stomach.",
        "setup": "Bend your elbows.",
        "safety": "Never hold your breath.",
        "steps": [{"cue": "Lift your chest.", "seconds": 4}],
        "easier": {"setup": "Stay on your forearms."},
    },
    {
        "name": "Swim",
        "position": "front",
        "get_there": "Over onto your stomach.",
        "setup": "Stretch your arms out.",
        "steps": [{"cue": "Lift one arm.", "seconds": 4}],
    },
]
WHOLE = {
    "name": "Test",
    "purpose": "A test.",
    "safety": "Nothing may hurt.",
    "exercises": [{"purpose": "It is good.", **each} for each in EXERCISES],
}
ROUTINE = Routine.model_validate_json(json.dumps(WHOLE))
COMMANDS = read_commands([ROUTINE])
INTENTS = sorted(set(COMMANDS.intents) - {"number", "yes", "no"})
SLOTS: dict[str, str | int] = {"routine": "test", "amount": "brief", "exercise": "Swim"}
MOVING = ("goto", "done", "unwell",
          "next", "previous", "restart", "easier", "full_version", "ready", "resume", "repeat",
          "pause", "hurts", "stop", "start", "time_left", "slower")  # fmt: skip
SAMPLE = "hurts"
"""The first of two commands that the quick tests try; all others are slow."""
SECOND = to_samples(1)


class Watched(Simulation):
    """A simulation with somebody who listens."""

    def __init__(self, state: State, commands: Commands) -> None:
        super().__init__(state, commands)
        self.listener = Listener(ROUTINE, warned=bool(state.memory.sessions))

    def take(self, before: State, event: Event, actions: Any) -> None:
        self.listener.follow(before, event, self.now, self.state, actions)

    def do(self, intent: str) -> None:
        """Let the user give a command now, whether or not it can be heard."""
        self.command(Intent(intent, SLOTS))

    def copy(self) -> "Watched":
        """Return another simulation that stands where this one does."""
        twin = Watched(self.state, COMMANDS)
        twin.restore(self)
        vars(twin.listener).update(vars(self.listener))
        return twin

    def until_a_move(self) -> None:
        """Let it go on until the next movement is asked for, or nothing more happens."""
        moves = self.listener.moves
        while self.listener.moves == moves and self.state.mode is not Mode.IDLE:
            if self.state.mode in (Mode.PAUSED, Mode.HURTING):
                self.do("resume")
            elif self.state.mode is Mode.CONFIRMING_STOP:
                self.do("no")
            assert self.step()


def begun(*, get_ready: str = "count") -> Watched:
    """Begin the first session ever."""
    memory = Memory(sessions=0)
    preferences = Preferences(get_ready=type(Preferences().get_ready)(get_ready))
    started = Watched(State((ROUTINE,), ENGLISH, memory=memory, preferences=preferences), COMMANDS)
    started.do("start")
    return started


def moments() -> Iterator[Watched]:
    """Yield a session in the middle of the words of each cue, and of what is counted after."""
    session = begun()
    while session.state.mode is not Mode.IDLE:
        event = session.next_event()
        assert event is not None
        halfway = session.copy()
        halfway.run_until((session.now + event) // 2)
        yield halfway
        session.step()


def name_of(plan: Plan, index: int) -> str:
    """Return a name for a cue: what it is, and of which exercise."""
    cue = plan.cues[index]
    kind = cue.kind.value
    match cue.kind:
        case CueKind.WELCOME:
            return "welcome"
        case CueKind.FINISH:
            return "farewell"
        case CueKind.INTRODUCE:
            heading, setup = plan.heading_of(cue.exercise), plan.setup_of(cue.exercise)
            kind = {heading: "heading", setup: "setup"}.get(index, "way")
        case CueKind.GET_READY:
            kind = "ready"
        case CueKind.MOVE if cue.exercise == 1 and not cue.repetition:
            kind = "closing"
    return f"{kind}_{cue.exercise + 1}"


ALL = list(moments())


def test_every_cue_is_among_the_moments() -> None:
    """In words and counted, from the welcome to the farewell."""
    plan = ALL[0].state.plan
    assert plan is not None
    words = {each.state.index for each in ALL if each.state.on_air is Role.CUE}
    counted = {each.state.index for each in ALL if each.state.ends is not None}
    assert words == counted == set(range(len(plan.cues)))


@pytest.mark.parametrize(
    "before",
    [None, *(pytest.param(each, marks=pytest.mark.slow) for each in ("pause", "hurts", "stop"))],
)
@pytest.mark.parametrize("intent", INTENTS)
def test_nobody_moves_unprepared_after_any_command(intent: str, before: str | None) -> None:
    """From any moment: way, set-up and safety have been heard before the next movement."""
    for moment in ALL:
        session = moment.copy()
        for said in filter(None, (before, intent)):
            session.do(said)
            session.run_until(session.now + SECOND)
        session.until_a_move()


@pytest.mark.parametrize(
    "first",
    [each if each == SAMPLE else pytest.param(each, marks=pytest.mark.slow) for each in MOVING],
)
def test_nobody_moves_unprepared_after_any_two_commands(first: str) -> None:
    """Quick ones, within the words of an answer, and slow ones."""
    for moment, second, wait in product(ALL, MOVING, (SECOND // 2, 4 * SECOND)):
        if moment.state.mode is Mode.EXERCISING and moment.state.cue.repetition != 1:
            continue
        session = moment.copy()
        session.do(first)
        session.run_until(session.now + wait)
        session.do(second)
        session.until_a_move()


LEADS = """
              welcome   heading_3 way_3     setup_3   ready_3   move_2    rest_2    closing_2 heading_4 farewell
start         .         .         .         .         .         .         .         .         .         welcome
pause         paused    paused    paused    paused    paused    paused    paused    paused    paused    .
resume        .         .         .         .         ready_3   .         .         .         .         .
ready         .         .         .         .         move_3    .         move_2    .         .         .
stop          asking    asking    asking    asking    asking    asking    asking    asking    asking    idle
goodbye       asking    asking    asking    asking    asking    asking    asking    asking    asking    idle
hurts         hurting   hurting   hurting   hurting   hurting   hurting   hurting   hurting   hurting   .
easier        welcome   heading_3 way_3     setup_3   setup_3   setup_2   setup_2   setup_2   .         .
next          welcome   heading_4 heading_4 heading_4 heading_4 heading_3 heading_3 heading_3 farewell  idle
previous      welcome   heading_2 heading_2 heading_2 heading_2 heading_1 heading_1 heading_1 heading_3 heading_4
restart       welcome   heading_3 way_3     setup_3   setup_3   setup_2   setup_2   setup_2   heading_4 heading_4
repeat        welcome   .         .         .         .         .         .         .         .         farewell
goto          welcome   heading_4 heading_4 heading_4 heading_4 heading_4 heading_4 heading_4 heading_4 heading_4
done          .         .         .         .         move_3    move_2    move_2    heading_3 .         .
unwell        paused    paused    paused    paused    paused    paused    paused    paused    paused    idle
fit           welcome   .         .         .         .         .         .         .         .         .
"""  # noqa: E501
"""What is said next when a command comes into the words of a cue.

A dot is an answer, after which the words that it cut come again (in the farewell after "pause"
or "hurts": nothing more). `full_version` is where `easier` is, in the easier variant; every
other command is answered everywhere.
"""
HEAD, *ROWS = (line.split() for line in LEADS.strip().splitlines())
TABLE = {(row[0], moment): cell for row in ROWS for moment, cell in zip(HEAD, row[1:], strict=True)}
ANSWERED = sorted(set(INTENTS) - {row[0] for row in ROWS} - {"full_version"})
MODES = {Mode.PAUSED: "paused", Mode.HURTING: "hurting", Mode.CONFIRMING_STOP: "asking",
         Mode.IDLE: "idle"}  # fmt: skip


def stands(state: State) -> str:
    """Return where a session stands after a command, in the words of the table."""
    if state.mode in MODES:
        return MODES[state.mode]
    assert state.plan is not None
    return "." if state.on_air is Role.ANSWER else name_of(state.plan, state.index)


def within(moment: str) -> Watched:
    """Return a session in the middle of the words of a cue."""
    for each in ALL:
        here = name_of(each.state.plan or Plan(ROUTINE, ()), each.state.index)
        if here == moment and each.state.on_air is Role.CUE:
            return each.copy()
    raise AssertionError(moment)


def after(moment: str, *intents: str) -> str:
    """Return where a session stands after commands, a second apart."""
    session = within(moment)
    for intent in intents:
        session.run_until(session.now + SECOND if session.state.mode in MODES else session.now)
        session.do(intent)
    return stands(session.state)


@pytest.mark.parametrize("moment", HEAD)
def test_where_every_command_leads(moment: str) -> None:
    """As the table says, while the routine is led."""
    found = {row[0]: after(moment, row[0]) for row in ROWS}
    assert found == {row[0]: TABLE[row[0], moment] for row in ROWS}
    assert {after(moment, intent) for intent in (*ANSWERED, "full_version")} == {"."}


@pytest.mark.parametrize("moment", HEAD[:-1])
@pytest.mark.parametrize("waiting", ["pause", "hurts"])
def test_where_every_command_leads_while_waiting(waiting: str, moment: str) -> None:
    """What moves about leads to the same place; going on to where it was; the rest waits on."""
    waits = TABLE[waiting, moment]
    for intent in ("next", "previous", "restart", "easier", "goto"):
        wanted = TABLE[intent, moment]
        assert after(moment, waiting, intent) == (waits if wanted == "." else wanted), intent
    assert after(moment, waiting, "resume") == moment
    assert after(moment, waiting, "ready") == (moment if waiting == "pause" else waits)
    for intent in (*ANSWERED, "full_version", "repeat", "start"):
        assert after(moment, waiting, intent) == waits, intent


@pytest.mark.parametrize("moment", HEAD[:-1])
def test_where_every_command_leads_while_it_is_asked_whether_to_stop(moment: str) -> None:
    """Only an answer, a pause, pain, feeling unwell, leave and going on count as one."""
    wanted = {"pause": "paused", "hurts": "hurting", "unsure": "paused", "unwell": "paused"}
    wanted |= dict.fromkeys(("stop", "goodbye"), "idle")
    wanted |= dict.fromkeys(("resume", "ready"), moment)
    for intent in INTENTS:
        assert after(moment, "stop", intent) == wanted.get(intent, "asking"), intent


@pytest.mark.parametrize("moment", HEAD[1:8])
def test_the_full_version_begins_where_the_easier_one_does(moment: str) -> None:
    """Neither passes over anything that was not heard."""
    assert after(moment, "easier", "full_version") == TABLE["easier", moment]
