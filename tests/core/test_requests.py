"""What may be asked for that no sentence of a test's grammar says, or that needs many of them."""

from dataclasses import replace

import pytest

from tests.tools.language import ENGLISH
from tests.tools.simulation import Simulation
from voice_coach.core import notes
from voice_coach.core.intents import Intent
from voice_coach.core.requests import LONGEST_PAUSE, MOST_MORE
from voice_coach.core.routine import Routine
from voice_coach.core.session import advance
from voice_coach.core.state import Heard, Mode, Say, State
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.units import to_samples

NAMES = ("back", "breathing", "gentle-stretch")
ROUTINES = tuple(read_routine(resource("routines") / f"{name}.yaml") for name in NAMES)
COMMANDS = read_commands(ROUTINES)


def named(routine: Routine, name: str) -> Routine:
    """Return `routine` under another name."""
    return routine.model_copy(update={"name": name, "aliases": ()})


def asked(state: State, name: str, **slots: str | float) -> tuple[State, str]:
    """Return the state after a command, and what is said."""
    after, actions = advance(state, Heard(Intent(name, slots)), 0)
    (text,) = (each.text for each in actions if isinstance(each, Say))
    return after, text


def bridge(*, seconds: float = 40) -> Simulation:
    """Return a session in the first hold of the bridge, or so long after its heading."""
    simulation = Simulation(State(ROUTINES, ENGLISH), COMMANDS)
    simulation.begin("back", "bridge")
    simulation.run_until(to_samples(seconds))
    return simulation


class TestStart:
    """Never another routine than the one that was asked for."""

    def test_one_that_there_is_not(self) -> None:
        state, text = asked(State(ROUTINES, ENGLISH), "start", unknown="otago balance")
        assert state.mode is Mode.IDLE
        assert text == ("I do not have that routine. I have back, breathing and gentle stretch.")

    def test_of_many_three_are_named(self) -> None:
        many = tuple(named(ROUTINES[0], f"Day {letter}") for letter in "ABCDE")
        _, text = asked(State(many, ENGLISH), "start", unknown="otago balance")
        assert text.endswith("I have day a, day b, day c and two more.")

    def test_the_only_one_is_named(self) -> None:
        _, text = asked(State(ROUTINES[:1], ENGLISH), "start", unknown="otago")
        assert text.endswith("I have back.")

    @pytest.mark.parametrize("before", [None, "pause", "hurts"])
    def test_in_a_session_it_is_not_left(self, before: str | None) -> None:
        simulation = bridge()
        if before:
            simulation.command(Intent(before))
        mode, index = simulation.state.mode, simulation.state.index
        after, text = asked(simulation.state, "start", unknown="otago")
        assert (after.mode, after.index) == (mode, index)
        assert text.startswith("I do not have that routine.")

    def test_in_the_farewell_it_goes_on(self) -> None:
        simulation = bridge()
        while simulation.state.mode is not Mode.FINISHING:
            assert simulation.step()
        after, text = asked(simulation.state, "start", unknown="otago")
        assert after.mode is Mode.FINISHING
        assert text.startswith("I do not have that routine.")


class TestLengths:
    """A pause and more time are never longer than makes sense."""

    def test_a_pause(self) -> None:
        after, text = asked(bridge().state, "pause", seconds=7200)
        assert text == "Paused for thirty minutes. To go on earlier, say resume."
        assert after.wake == to_samples(LONGEST_PAUSE)
        assert asked(bridge().state, "pause", seconds=1)[1].startswith("Paused for five seconds.")

    def test_more_time(self) -> None:
        state = bridge().state
        after, text = asked(state, "more_time", seconds=600)
        assert text == "One hundred and twenty more seconds."
        assert after.ends is not None
        assert state.ends is not None
        assert after.ends - state.ends == to_samples(MOST_MORE)
        assert asked(state, "more_time", seconds=1)[1] == "Five more seconds."

    def test_a_pause_names_repetition_and_side(self) -> None:
        simulation = Simulation(State(ROUTINES, ENGLISH), COMMANDS)
        simulation.begin("back", "leg reach")
        while simulation.state.cue.repetition != 2 or simulation.state.ends is None:
            assert simulation.step()
        simulation.command(Intent("pause", {"seconds": 60}))
        while simulation.state.mode is Mode.PAUSED:
            assert simulation.step()
        told = [each.text for each in simulation.log if each.kind == "say"][-1]
        assert told.startswith("We go on with leg reach, number two. Left side.")


class TestDone:
    """What was counted is noted where it was done."""

    def test_in_a_hold_and_in_a_rest_but_not_before(self) -> None:
        simulation = bridge(seconds=1)
        for mode, noted in (
            (Mode.INTRODUCING, False),
            (Mode.GETTING_READY, False),
            (Mode.EXERCISING, True),
            (Mode.RESTING, True),
        ):
            while simulation.state.mode is not mode:
                assert simulation.step()
            event = Heard(Intent("done", {"count": 12}))
            _, actions = advance(simulation.state, event, simulation.now)
            assert (notes.Counted(5, "Bridge", 12) in actions) is noted, mode


def test_a_session_that_was_stopped_is_noted_once_whoever_feels_unwell_afterwards() -> None:
    state = bridge().state
    asking = replace(state, preferences=replace(state.preferences, ask_pain=True))
    found: list[notes.Note] = []
    for command in (
        Intent("stop"),
        Intent("yes"),
        Intent("unwell", {"sign": "dizzy"}),
    ):
        asking, actions = advance(asking, Heard(command), to_samples(50))
        found += [each for each in actions if isinstance(each, notes.Stopped | notes.Unwell)]
    assert asking.mode is Mode.IDLE
    assert found == [notes.Stopped(), notes.Unwell("dizzy")]
