"""What a physiotherapist writes on a sheet: each programme as a file, and how it is led."""

from pathlib import Path

import pytest

from tests.tools.language import ENGLISH
from tests.tools.simulation import Simulation
from voice_coach.core.cues import Cue, CueKind
from voice_coach.core.fitting import plan_to_show
from voice_coach.core.plan import Plan
from voice_coach.core.routine import Breath, Routine, Side, Variant
from voice_coach.core.state import Memory, Mode, Place, State
from voice_coach.library import read_commands, read_routine
from voice_coach.units import to_samples, to_seconds

FOLDER = Path(__file__).parent.parent / "sheets"
SHEETS = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


def sheet(name: str) -> Routine:
    """Return the programme of this name."""
    return read_routine(SHEETS[name])


def planned(name: str) -> Plan:
    """Return how it is led for somebody new."""
    return plan_to_show(sheet(name), ENGLISH)


def moves(plan: Plan, exercise: str) -> list[Cue]:
    """Return the movements of an exercise."""
    names = [each.name for each in plan.routine.exercises]
    found = (cue for cue in plan.cues if cue.kind is CueKind.MOVE)
    return [cue for cue in found if names[cue.exercise] == exercise]


def seconds_from_first_move_to_last(plan: Plan) -> float:
    """Return how long it takes from the first movement to the end of the last one."""
    at = [i for i, cue in enumerate(plan.cues) if cue.kind is CueKind.MOVE]
    return to_seconds(sum(cue.length for cue in plan.cues[at[0] : at[-1] + 1]))


def led(name: str) -> Simulation:
    """Return a session of it, just started."""
    routine = sheet(name)
    simulation = Simulation(State((routine,), ENGLISH), read_commands([routine]))
    simulation.hear(f"start {routine.name.lower()} routine")
    return simulation


@pytest.mark.parametrize("name", SHEETS)
def test_it_is_led_as_it_is_planned(name: str) -> None:
    """With nobody interrupting, each cue begins at the second that the plan foretold."""
    simulation = led(name)
    assert simulation.state.plan is not None
    plan, at, due = simulation.state.plan, 0, {}
    for i, cue in enumerate(plan.cues):
        due[i] = at
        at += cue.length
    waits = any(cue.until_done for cue in plan.cues)
    seen: dict[int, int] = {}
    while simulation.state.mode is not Mode.IDLE and simulation.now < 2 * at:
        if simulation.state.cue.until_done and simulation.state.ends is not None:
            simulation.hear("done")
        seen.setdefault(simulation.state.index, simulation.state.said_at)
        simulation.run_until(simulation.next_event() or simulation.now + 1)
    assert len(seen) == len(plan.cues)
    if not waits:
        assert seen == due


class TestSets:
    def test_of_six_four_and_two(self) -> None:
        plan = planned("big-three")
        sizes = [
            [
                cue.repetition
                for cue in moves(plan, "Curl-up")
                if cue.set == n and cue.count > 32_000
            ]
            for n in (1, 2, 3)
        ]
        assert sizes == [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4], [1, 2]]
        rests = [cue.text for cue in plan.cues if cue.kind is CueKind.REST and cue.count == 320_000]
        assert rests[:2] == [
            "Now rest for twenty seconds, and then the second set of three.",
            "Now rest for twenty seconds, and then the last set.",
        ]

    def test_a_rest_names_the_repetition_of_its_set(self) -> None:
        plan = planned("big-three")
        curl_ups = [cue for cue in plan.cues if cue.exercise == 0]
        coming = [
            cue.text.rpartition("and then ")[2]
            for cue in curl_ups
            if cue.kind is CueKind.REST and to_seconds(cue.count) == 3
        ]
        number = ["number two.", "number three.", "number four.", "number five."]
        assert coming == [*number, "the last one.", *number[:2], "the last one.", "the last one."]

    def test_after_a_long_pause_it_says_where_in_the_set(self) -> None:
        simulation = led("big-three")
        while (simulation.state.cue.set, simulation.state.cue.repetition) != (2, 3):
            simulation.run_until(simulation.next_event() or 0)
        simulation.hear("pause")
        simulation.run_until(simulation.now + to_samples(40))
        simulation.hear("resume")
        said = [entry.text for entry in simulation.log if entry.kind == "say"]
        assert "We go on with curl-up, number three." in said[-1]

    def test_there_is_time_to_turn_over(self) -> None:
        plan = planned("big-three")
        changes = [cue for cue in plan.cues if cue.text.startswith("Change sides.")]
        assert len(changes) == 6
        assert {to_seconds(cue.count) for cue in changes} == {10, 4}

    def test_how_many_are_left(self) -> None:
        simulation = led("big-three")
        while simulation.state.cue.set != 2:
            simulation.run_until(simulation.next_event() or 0)
        simulation.hear("how many left")
        assert simulation.log[-1].text.startswith(  # type: ignore[union-attr]
            "Three more after this one. That is in the second set of three."
        )


class TestTempo:
    def test_one_up_and_three_down_take_four(self) -> None:
        plan = planned("heel-drops")
        straight = moves(plan, "Heel drops straight")
        assert len(straight) == 2 * 3 * 2 * 15
        assert {to_seconds(cue.length) for cue in straight} == {1, 3}
        first = plan.cues.index(straight[0])
        one_set = plan.cues[first : first + 61]  # both sides, and the change between them
        assert to_seconds(sum(cue.length for cue in one_set)) == 2 * 15 * 4 + 5

    def test_every_second_down_is_counted(self) -> None:
        down = moves(planned("heel-drops"), "Heel drops straight")[3]
        assert down.text == "Down."
        assert [(to_seconds(down.count - mark.left), mark.text) for mark in down.marks] == [
            (1, "Two."),
            (2, "Three."),
        ]

    def test_what_is_said_becomes_less(self) -> None:
        ups = [cue.text for cue in moves(planned("heel-drops"), "Heel drops straight")[::2]]
        assert ups[:6] == ["Up.", "Two.", "Three.", "Four.", "Five.", ""]
        assert ups[6:15] == ["", "", "", "Ten.", "", "", "", "", "Last one."]

    def test_a_leg_raise_takes_seven_seconds(self) -> None:
        raised = moves(planned("leg-raise"), "Straight leg raise")
        assert len(raised) == 3 * 2 * 10 * 3
        assert to_seconds(sum(cue.length for cue in raised[:3])) == 7

    def test_between_press_ups_nobody_says_rest(self) -> None:
        plan = planned("stomach-press-ups")
        rests = [cue for cue in plan.cues if cue.kind is CueKind.REST]
        assert [cue.text for cue in rests] == [""] * 9
        assert to_seconds(sum(cue.length for cue in moves(plan, "Press-ups"))) == 50

    def test_slower_stretches_movements_but_no_work(self) -> None:
        for name, exercise, of in (
            ("leg-raise", "Straight leg raise", 7),
            ("twenty-ten", "Squats", 20),
        ):
            simulation = led(name)
            before = sum(
                cue.length for cue in moves(simulation.state.plan or planned(name), exercise)
            )
            simulation.hear("slower")
            after = sum(
                cue.length for cue in moves(simulation.state.plan or planned(name), exercise)
            )
            assert after / before == pytest.approx(1.15 if of == 7 else 1, abs=0.001)

    def test_an_answer_does_not_stop_the_clock(self) -> None:
        simulation = led("heel-drops")
        while simulation.state.mode is not Mode.EXERCISING:
            simulation.run_until(simulation.next_event() or 0)
        began, index = simulation.now, simulation.state.index
        simulation.hear("how long left")
        simulation.run_until(began + to_samples(8))
        assert simulation.state.index == index + 4


class TestIntervals:
    def test_four_minutes_to_the_second(self) -> None:
        plan = planned("twenty-ten")
        assert seconds_from_first_move_to_last(plan) == pytest.approx(8 * 30 - 10, abs=0.001)
        work = [cue for cue in plan.cues if cue.kind is CueKind.MOVE]
        assert [cue.text for cue in work] == ["Squats.", "Plank."] * 4

    def test_out_of_every_rest_it_is_counted(self) -> None:
        plan = planned("twenty-ten")
        rests = [cue for cue in plan.cues if cue.kind is CueKind.GET_READY][1:]
        assert [[mark.text for mark in cue.marks] for cue in rests] == [
            ["Three!", "Two!", "One!"]
        ] * 7

    def test_a_circuit_of_three_rounds(self) -> None:
        plan = planned("knee-circuit")
        one = 30 + 10 + 30 + 10 + 30 + 10 + 60
        assert seconds_from_first_move_to_last(plan) == pytest.approx(
            3 * one + 2 * (60 + 10), abs=0.01
        )
        halves = moves(plan, "Leg swings")[:2]
        assert [(to_seconds(cue.length), cue.side) for cue in halves] == [
            (15, Side.LEFT),
            (15, Side.RIGHT),
        ]
        assert halves[1].text == "Change sides. Right side."


class TestBreath:
    def test_a_box_for_four_minutes(self) -> None:
        (box,) = moves(planned("box"), "Breathing in a box")
        assert to_seconds(box.count) == 240
        assert sum(mark.breath is Breath.INHALE for mark in box.marks) == 15

    def test_four_rounds_of_four_seven_eight(self) -> None:
        (breaths,) = moves(planned("four-seven-eight"), "Four seven eight")
        assert to_seconds(breaths.count) == 4 * 19

    def test_the_foot_that_steps_back_takes_turns(self) -> None:
        salutation = moves(planned("sun-salutation"), "Sun salutation")
        assert len(salutation) == 60
        assert to_seconds(sum(cue.length for cue in salutation)) == pytest.approx(240, abs=0.1)
        assert [salutation[10 * n + 2].side for n in range(6)] == [Side.LEFT, Side.RIGHT] * 3
        assert salutation[12].text == "Breathe in, right foot back."


class TestDirections:
    def test_five_one_way_and_five_the_other_with_each_leg(self) -> None:
        plan = planned("mat-five")
        circles = moves(plan, "Leg circles")
        assert [cue.through for cue in circles[:10]] == [*range(1, 11)]
        setup = plan.cues[plan.setup_of(2)].text
        assert setup == "One leg straight up to the ceiling. Circle your left leg. Left side."
        assert circles[0].text == "First, one way."
        assert circles[5].text == "Now, the other way."
        assert len(circles) == 21  # and one closing line

    def test_one_closing_line_for_each(self) -> None:
        plan = planned("mat-five")
        closing = [cue.text for cue in plan.cues if cue.kind is CueKind.MOVE and not cue.through]
        assert closing == [each.finish for each in plan.routine.exercises]


class TestLevels:
    def test_harder_and_easier_walk_along_them(self) -> None:
        simulation = led("bench-balance")
        simulation.run_until(to_samples(20))
        said = []
        for words in ("harder", "harder", "harder", "harder", "easier", "easier version"):
            simulation.hear(words)
            simulation.run_until(simulation.now + to_samples(8))
            said.append(simulation.state.exercise.setup)
        assert said == [
            "Hold on with one hand.",
            "Hold on with one finger.",
            "Do not hold on.",
            "Do not hold on.",
            "Hold on with one finger.",
            "Hold on with one hand.",
        ]

    def test_after_a_kill_it_goes_on_at_the_same_level(self) -> None:
        routine = sheet("bench-balance")
        place = Place(routine.name, 0, "One leg stand", 1, "left", {"One leg stand": 2})
        state = State((routine,), ENGLISH, memory=Memory(place=place))
        simulation = Simulation(state, read_commands([routine]))
        simulation.open()
        simulation.hear("yes")
        assert simulation.state.exercise.setup == "Hold on with one finger."

    def test_a_walk_ends_by_voice(self) -> None:
        simulation = led("bench-balance")
        while not simulation.state.cue.until_done:
            simulation.run_until(simulation.next_event() or 0)
        began = simulation.now
        simulation.run_until(began + to_samples(80))
        asked = [entry for entry in simulation.log if "Have you finished?" in entry.text]
        assert len(asked) == 1
        assert simulation.state.cue.until_done
        simulation.hear("done")
        assert simulation.state.cue.exercise == 2


class TestFit:
    def test_five_minutes_are_five(self) -> None:
        plan = planned("desk-break")
        whole = to_seconds(plan.length + plan.cues[-1].length)
        assert whole == pytest.approx(300, rel=0.02)

    @pytest.mark.parametrize("minutes", [2, 3, 4, 6])
    def test_it_is_as_long_as_somebody_says(self, minutes: int) -> None:
        routine = sheet("desk-break").model_copy(update={"fit_minutes": minutes})
        plan = plan_to_show(routine, ENGLISH)
        whole = to_seconds(plan.length + plan.cues[-1].length)
        assert 0.85 * 60 * minutes <= whole <= 1.01 * 60 * minutes  # an exercise is whole or out
        kept = [each.name for each in plan.routine.exercises]
        assert (kept[0], kept[-1]) == ("Neck tilts", "Standing up")
        left_out = {each.name for each in routine.exercises} - set(kept)
        assert all(name.lower() in plan.cues[0].text for name in left_out)

    def test_what_hurt_begins_easier_whatever_is_left_out(self) -> None:
        whole = sheet("desk-break")
        easier = Variant(setup="Do less of it.")
        parts = tuple(each.model_copy(update={"easier": easier}) for each in whole.exercises)
        routine = whole.with_parts(parts)
        memory = Memory(hurt=frozenset({(routine.name, "Standing up")}))
        state = State((routine,), ENGLISH, memory=memory)
        simulation = Simulation(state, read_commands([routine]))
        simulation.hear("start desk stretches routine")
        for words in (None, "make it two minutes"):
            if words:
                simulation.hear(words)
            after = simulation.state
            assert after.plan is not None
            names = [each.name for each in after.plan.routine.exercises]
            assert [names[i] for i in after.shifts] == ["Standing up"]
        assert len(names) < len(whole.exercises)

    def test_by_voice_before_the_first_movement_only(self) -> None:
        simulation = led("desk-break")
        simulation.hear("make it three minutes")
        assert simulation.state.plan is not None
        whole = simulation.state.plan.length + simulation.state.plan.cues[-1].length
        assert 150 <= to_seconds(whole) <= 181
        while simulation.state.mode is not Mode.EXERCISING:
            simulation.run_until(simulation.next_event() or 0)
        plan = simulation.state.plan
        simulation.hear("make it ten minutes")
        assert simulation.state.plan is plan
