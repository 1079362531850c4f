"""What is seen of a session: the breath to the sample, the count, and what makes sense to say."""

import json
from dataclasses import asdict

import pytest

from tests.tools.language import ENGLISH
from tests.tools.simulation import Simulation
from voice_coach.core.intents import Commands
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Routine
from voice_coach.core.session import TABLE
from voice_coach.core.state import RUNNING, Mode, State
from voice_coach.core.view import View, pose, seen
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.settings.keys import BreathCue
from voice_coach.units import to_samples, to_seconds

BREATH_OF = {"rise": "inhale", "fall": "exhale", "high": "hold", "low": "hold"}


@pytest.fixture(scope="module")
def routines() -> tuple[Routine, ...]:
    """The routines that ship."""
    names = ("back", "breathing", "gentle-stretch")
    return tuple(read_routine(resource("routines") / f"{name}.yaml") for name in names)


@pytest.fixture(scope="module")
def commands(routines: tuple[Routine, ...]) -> Commands:
    """What may be said."""
    return read_commands(routines)


@pytest.fixture
def simulation(routines: tuple[Routine, ...], commands: Commands) -> Simulation:
    """An idle session on a clock of its own."""
    return Simulation(
        State(routines, ENGLISH, preferences=Preferences(breath=BreathCue.BOTH)), commands
    )


def look(simulation: Simulation) -> View:
    return seen(simulation.state, simulation.now)


def until(simulation: Simulation, mode: Mode) -> View:
    """Let it run until it is in `mode`."""
    while simulation.state.mode is not mode:
        assert simulation.step()
    return look(simulation)


def test_idle(simulation: Simulation) -> None:
    view = look(simulation)
    assert (view.mode, view.routine, view.exercise, view.count) == ("idle", None, None, None)
    assert (view.routines[0].name, view.routines[0].spoken) == ("Back", "back")
    assert {"start", "help"} <= set(view.may)
    assert not {"pause", "next", "resume", "yes", "number"} & set(view.may)
    assert view.asks is None


@pytest.mark.parametrize("routine", ["back", "breathing", "gentle stretch"])
def test_a_breath_begins_with_its_tone_and_lasts_as_long(
    simulation: Simulation, routine: str
) -> None:
    """Over a whole session: what the eye is led by and what the ear is led by are one."""
    simulation.hear(f"start {routine} routine")
    while simulation.state.plan is not None:
        assert simulation.step()
    tones = [entry for entry in simulation.log if entry.kind == "tone"]
    assert len(tones) >= 8
    for entry in tones:
        tone, length, _ = entry.text.split()
        breath = seen(entry.state, entry.at).breath
        assert breath.kind == BREATH_OF[tone]
        assert breath.starts == to_seconds(entry.at)
        assert breath.length == pytest.approx(float(length), abs=1e-4)


def test_a_breath_that_comes_as_it_likes_is_not_led(simulation: Simulation) -> None:
    simulation.begin("Back", "cobra")
    while not simulation.state.cue.text.startswith("Stay there"):
        assert simulation.step()
    assert look(simulation).breath.kind == "natural"
    assert look(simulation).breath.length == 0


def test_an_interrupted_breath_is_not_led(simulation: Simulation) -> None:
    simulation.begin("Back", "cat stretch")
    assert until(simulation, Mode.EXERCISING).breath.length == 5
    simulation.run_until(simulation.now + to_samples(1))
    simulation.hear("how long left")
    assert look(simulation).breath.length == 0
    simulation.hear("pause")
    assert look(simulation).breath.length == 0
    simulation.hear("resume")
    breath = look(simulation).breath
    assert (breath.kind, breath.length) == ("inhale", 5)
    assert breath.starts >= to_seconds(simulation.now)


def test_a_count_runs_down_and_stands_still_in_a_pause(simulation: Simulation) -> None:
    simulation.begin("Back", "cobra")
    while simulation.state.ends is None or simulation.state.cue.count != to_samples(30):
        assert simulation.step()
    count = look(simulation).count
    assert count is not None
    assert count.running
    assert count.starts is not None
    assert count.ends is not None
    assert (count.length, count.ends - count.starts) == (30, pytest.approx(30))
    assert count.left == pytest.approx(count.ends - to_seconds(simulation.now))
    simulation.run_until(simulation.now + to_samples(10))
    later = look(simulation).count
    assert later is not None
    assert (later.ends, later.left) == (count.ends, pytest.approx(20, abs=1e-3))
    simulation.hear("pause")
    paused = look(simulation).count
    assert paused is not None
    assert (paused.running, paused.starts, paused.length) == (False, None, 30)
    assert paused.left == pytest.approx(20, abs=1e-3)
    simulation.run_until(simulation.now + to_samples(30))
    assert look(simulation).count == paused


def test_what_makes_sense_of_the_new_commands(simulation: Simulation) -> None:
    """A pause cannot be paused again by a button, and nothing is done before it is begun."""
    assert not {"goto", "pause", "done", "mute"} & set(seen(simulation.state, 0).may)
    simulation.begin("back", "bridge")
    assert {"goto", "pause", "mute", "count_left", "position", "unwell"} <= set(
        seen(simulation.state, 0).may
    )
    assert "done" not in seen(simulation.state, 0).may
    simulation.hear("pause")
    may = seen(simulation.state, 0).may
    assert "pause" not in may
    assert "resume" in may
    simulation.hear("stop listening")
    assert seen(simulation.state, 0).muted


def test_who_is_led_in_again_sees_three_seconds_run_down(simulation: Simulation) -> None:
    simulation.begin("back", "bridge")
    until(simulation, Mode.EXERCISING)
    simulation.hear("pause")
    simulation.run_until(simulation.now + to_samples(30))
    simulation.hear("resume")
    while simulation.state.ends is None:
        assert simulation.step()
    count = look(simulation).count
    assert count is not None
    assert (count.length, count.running) == (pytest.approx(3, abs=0.05), True)
    assert count.left == pytest.approx(count.length, abs=0.05)


def test_more_time_never_shows_more_than_a_whole_ring(simulation: Simulation) -> None:
    simulation.begin("Back", "gentle stretches")
    until(simulation, Mode.EXERCISING)
    simulation.hear("more time")
    while simulation.state.on_air:
        assert simulation.step()
    count = look(simulation).count
    assert count is not None
    assert count.left <= count.length


def test_sides_repetitions_and_what_comes_next(simulation: Simulation) -> None:
    simulation.begin("Back", "knee to chest")
    view = until(simulation, Mode.EXERCISING)
    assert view.exercise is not None
    assert (view.exercise.name, view.exercise.pose) == ("Knee to chest", "knee-to-chest")
    assert view.exercise.position == "back"
    assert (view.side, view.repetition, view.repetitions) == ("left", 1, 3)
    assert view.routine is not None
    assert view.next == view.routine.exercises[view.exercise.index + 1]
    assert 0 < view.left < view.routine.length


def test_an_easier_variant_is_told_and_keeps_its_drawing(simulation: Simulation) -> None:
    simulation.begin("Back", "cobra")
    until(simulation, Mode.EXERCISING)
    assert "easier" in look(simulation).may
    assert "full_version" not in look(simulation).may
    simulation.hear("easier version")
    view = look(simulation)
    assert view.exercise is not None
    assert (view.exercise.easier, view.exercise.pose) == (True, "cobra")
    assert "full_version" in view.may
    assert "easier" not in view.may


def test_what_is_asked_for(routines: tuple[Routine, ...], commands: Commands) -> None:
    asking = Simulation(State(routines, ENGLISH, preferences=Preferences(ask_pain=True)), commands)
    asking.hear("start back routine")
    assert look(asking).asks == "number"
    assert {"number", "next"} <= set(look(asking).may)
    asking.hear("four")
    assert look(asking).asks == "confirm"
    assert {"yes", "no"} <= set(look(asking).may)


@pytest.mark.parametrize("mode", RUNNING)
def test_what_makes_sense_has_a_rule(simulation: Simulation, mode: Mode) -> None:
    simulation.hear("start back routine")
    view = until(simulation, mode)
    assert {"pause", "stop", "hurts", "next", "help"} <= set(view.may)
    assert "resume" not in view.may
    assert all((mode, intent) in TABLE for intent in view.may)
    assert ("ready" in view.may) == (mode in (Mode.GETTING_READY, Mode.RESTING))


def test_all_of_it_is_plain(simulation: Simulation) -> None:
    simulation.hear("start back routine")
    while simulation.step():
        view = look(simulation)
        assert json.loads(json.dumps(asdict(view)))["mode"] == view.mode


def test_names_of_drawings() -> None:
    assert pose("Child's pose") == "child-s-pose"
    assert pose("Leg reach") == "leg-reach"
