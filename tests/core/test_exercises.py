"""The back routine against the physiotherapist's table, written out here on its own as data."""

from dataclasses import dataclass

import pytest

from tests.tools.language import ENGLISH
from voice_coach.core.cues import Cue, CueKind, MarkKind
from voice_coach.core.plan import Plan, make_plan
from voice_coach.core.routine import Breath, Step
from voice_coach.library import read_library, read_routine
from voice_coach.resources import resource
from voice_coach.units import to_seconds


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    name: str
    position: str
    where: str
    """Words that name the position."""
    setup: tuple[str, ...]
    """Words said before the first repetition, apart from the position."""
    cues: tuple[tuple[str, ...], ...]
    """For each step of the first repetition, and the release: words that it must have."""
    hold: tuple[float, float] | None
    """Shortest and longest hold allowed, in seconds."""
    repetitions: range
    sides: tuple[str | None, ...] = (None,)
    """Sides of one repetition, in order."""
    breaths: tuple[Breath, ...] = ()
    """The breath of each step before the release."""
    never: tuple[str, ...] = ()
    """Words that would be wrong anywhere in the exercise."""


ONCE, THREE = range(1, 2), range(3, 4)

TABLE = (
    Row(
        name="Gentle stretches",
        position="any",
        where="sit, stand or lie",
        setup=("small aches only", "nothing may hurt"),
        cues=(("stretch", "hold", "twenty seconds"), ("let go",)),
        hold=(20, 20),
        repetitions=ONCE,
        breaths=(Breath.NATURAL,),
    ),
    Row(
        name="Seated stretch",
        position="sitting",
        where="with your legs crossed, on something flat and comfortable",
        setup=("relax your shoulders", "keep your back straight", "fingers together"),
        cues=(
            "slowly|arms|out to the sides, and up|stretch upwards|long spine|straight elbows"
            "|breathe deeply".split("|"),
            ("lower your arms",),
        ),
        hold=(20, 30),
        repetitions=ONCE,
        breaths=(Breath.DEEP,),
    ),
    Row(
        name="Cat stretch",
        position="hands and knees",
        where="hands and knees",
        setup=("hands, knees and feet in line",),
        cues=(
            ("breathe in", "arch your back up", "like a cat", "look down"),
            ("breathe out", "lower your back", "look up"),
        ),
        hold=None,
        repetitions=range(3, 5),
        breaths=(Breath.INHALE, Breath.EXHALE),
        never=("hold",),
    ),
    Row(
        name="Cobra",
        position="front",
        where="on your stomach",
        setup=(
            "hands on the floor",
            "next to your shoulders",
            "elbows bent",
            "never hold your breath",
            "breathe normally",
        ),
        cues=(
            ("breathe in", "lift your chest", "your arms"),
            ("stay", "thirty seconds", "breathe normally"),
            ("lower your chest",),
        ),
        hold=(30, 30),
        repetitions=THREE,
        breaths=(Breath.INHALE, Breath.NATURAL),
        never=("beside your body",),
    ),
    Row(
        name="Knee to chest",
        position="back",
        where="on your back",
        setup=("both legs",),
        cues=(("{side} knee to your chest", "{other_side} leg straight"), ("{side} leg out",)),
        hold=(5, 20),  # the table gives no time for one knee
        repetitions=THREE,
        sides=("left", "right"),
        breaths=(Breath.NATURAL,),
        never=("both legs to",),
    ),
    Row(
        name="Bridge",
        position="back",
        where="on your back",
        setup=(
            "bend your knees",
            "both feet the same way",
            "lie straight",
            "look straight up",
            "arms flat on the floor",
            "in line with your body",
        ),
        cues=(
            "slowly|lift your hips|with your legs and shoulders"
            "|shoulders and knees in line|stay|twenty seconds".split("|"),
            ("lower your hips",),
        ),
        hold=(20, 20),
        repetitions=THREE,
        breaths=(Breath.NATURAL,),
    ),
    Row(
        name="Leg reach",
        position="hands and knees",
        where="hands and knees",
        setup=("look straight down", "body steady", "breathing normally"),
        cues=(
            ("lift your {side} leg", "straight", "foot and head level", "hold", "ten seconds"),
            ("back to the floor",),
        ),
        hold=(10, 10),
        repetitions=THREE,
        sides=("left", "right"),
        breaths=(Breath.NATURAL,),
    ),
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The back routine, laid out."""
    return make_plan(read_routine(resource("routines") / "back.yaml"), ENGLISH)


def of_kind(plan: Plan, number: int, *kinds: CueKind) -> list[Cue]:
    return [cue for cue in plan.cues if cue.exercise == number and cue.kind in kinds]


def has(words: str, said: str, side: str | None = None) -> bool:
    other = {"left": "right", "right": "left"}.get(side or "", "")
    wanted = words.replace("{side}", side or "").replace("{other_side}", other)
    return wanted in said.casefold()


def test_the_seven_exercises_come_in_the_order_of_the_table(plan: Plan) -> None:
    assert [exercise.name for exercise in plan.routine.exercises] == [row.name for row in TABLE]
    headings = [plan.cues[plan.heading_of(number)].text for number in range(len(TABLE))]
    for row, heading in zip(TABLE, headings, strict=True):
        assert row.name.casefold() in heading.casefold()


@pytest.mark.parametrize("number", range(len(TABLE)), ids=[row.name for row in TABLE])
class TestExercise:
    """Everything that its row says is said, in the right place and for the right time."""

    def test_position(self, plan: Plan, number: int) -> None:
        row = TABLE[number]
        assert plan.routine.exercises[number].position == row.position
        said = [cue.text for cue in of_kind(plan, number, CueKind.INTRODUCE)]
        assert any(has(row.where, text) for text in said), said

    def test_set_up(self, plan: Plan, number: int) -> None:
        said = plan.cues[plan.setup_of(number)].text
        assert [words for words in TABLE[number].setup if not has(words, said)] == []

    def test_every_element_of_the_row_is_said_when_it_is_done_first(
        self, plan: Plan, number: int
    ) -> None:
        row = TABLE[number]
        for side in row.sides:
            first = [
                cue
                for cue in of_kind(plan, number, CueKind.MOVE)
                if cue.repetition == 1 and cue.side == side
            ]
            assert len(first) == len(row.cues)
            for wanted, cue in zip(row.cues, first, strict=True):
                lacking = [words for words in wanted if not has(words, cue.text, side)]
                assert lacking == [], cue.text

    def test_breath(self, plan: Plan, number: int) -> None:
        row = TABLE[number]
        moves = [cue for cue in of_kind(plan, number, CueKind.MOVE) if cue.repetition]
        steps = len(row.cues)
        for start in range(0, len(moves), steps):
            found = tuple(cue.breath for cue in moves[start : start + len(row.breaths)])
            assert found == row.breaths
        assert Breath.HOLD not in {cue.breath for cue in moves}

    def test_hold_seconds(self, plan: Plan, number: int) -> None:
        row = TABLE[number]
        holds = [
            to_seconds(cue.count)
            for cue in of_kind(plan, number, CueKind.MOVE)
            if cue.may_extend and cue.repetition
        ]
        if row.hold is None:
            assert holds == []
        else:
            shortest, longest = row.hold
            assert len(holds) == row.repetitions.start * len(row.sides)
            assert all(shortest <= seconds <= longest for seconds in holds), holds

    def test_repetitions_and_sides(self, plan: Plan, number: int) -> None:
        row = TABLE[number]
        moves = [cue for cue in of_kind(plan, number, CueKind.MOVE) if cue.repetition]
        turns = list(dict.fromkeys((cue.repetition, cue.side) for cue in moves))
        repetitions = turns[-1][0]
        assert repetitions in row.repetitions
        assert turns == [
            (repetition, side) for repetition in range(1, repetitions + 1) for side in row.sides
        ]

    def test_nothing_wrong_is_said(self, plan: Plan, number: int) -> None:
        said = [cue.text for cue in of_kind(plan, number, *CueKind)]
        said += [mark.text for cue in of_kind(plan, number, *CueKind) for mark in cue.marks]
        for words in TABLE[number].never:
            assert [text for text in said if words in text.casefold()] == []
        assert [text for text in said if "{" in text or "}" in text] == []

    def test_the_side_is_named_with_every_movement_of_one_side(
        self, plan: Plan, number: int
    ) -> None:
        starts = [
            cue
            for cue in of_kind(plan, number, CueKind.MOVE)
            if cue.side and (cue.may_extend or cue.with_words)
        ]
        assert [cue.text for cue in starts if not has(f"{cue.side}", cue.text)] == []
        assert bool(starts) == (len(TABLE[number].sides) == 2)


def test_the_cobra_reminds_of_breathing_in_every_hold(plan: Plan) -> None:
    holds = [cue for cue in of_kind(plan, 3, CueKind.MOVE) if cue.may_extend]
    for cue in holds:
        reminders = [mark.text for mark in cue.marks if mark.kind is MarkKind.REMINDER]
        assert len(reminders) == 1
        assert "breath" in reminders[0].casefold()


def test_knee_to_chest_closes_with_both_legs_for_forty_seconds(plan: Plan) -> None:
    closing = [cue for cue in of_kind(plan, 4, CueKind.MOVE) if not cue.repetition]
    hold, release = closing
    assert has("both knees to your chest", hold.text)
    assert to_seconds(hold.count) == 40
    assert hold.side is None
    assert has("breathe out", release.text)
    assert has("release", release.text)
    assert release.breath is Breath.EXHALE
    assert plan.cues.index(hold) > max(
        i for i, cue in enumerate(plan.cues) if cue.exercise == 4 and cue.repetition
    )


def test_only_knee_to_chest_has_a_closing_block(plan: Plan) -> None:
    closed = {cue.exercise for cue in plan.cues if cue.kind is CueKind.MOVE and not cue.repetition}
    assert closed == {4}


def test_the_seated_stretch_prompts_slow_breaths_in_and_out(plan: Plan) -> None:
    (hold,) = [cue for cue in of_kind(plan, 1, CueKind.MOVE) if cue.may_extend]
    breaths = [mark for mark in hold.marks if mark.kind is MarkKind.BREATH]
    deep = [Breath.INHALE, Breath.EXHALE] * 2
    assert [mark.breath for mark in breaths] == [*deep, Breath.NATURAL]
    seconds = [to_seconds(hold.count - mark.left) for mark in breaths]
    assert seconds == [0, 4, 10, 14, 20]


def test_what_it_is_for_is_said(plan: Plan) -> None:
    why = plan.routine.purpose.casefold()
    assert all(words in why for words in ("strengthen", "muscles", "spine", "ease"))
    cat = plan.routine.exercises[2].purpose.casefold()
    assert all(words in cat for words in ("strengthens", "spine", "supple"))


def test_every_exercise_has_a_gentler_variant_that_asks_for_less(plan: Plan) -> None:
    easier = make_plan(plan.routine, ENGLISH, shifts=dict.fromkeys(range(len(TABLE)), -1))
    for number, exercise in enumerate(plan.routine.exercises):
        assert exercise.easier is not None
        assert easier.cues[easier.setup_of(number)].text != plan.cues[plan.setup_of(number)].text
        effort = [
            sum(cue.count for cue in of_kind(each, number, CueKind.MOVE)) for each in (easier, plan)
        ]
        assert effort[0] < effort[1]
    assert easier.length < plan.length


HOLDS = [
    (exercise.name, place, step)
    for shelved in read_library()[0]
    if not shelved.own
    for exercise in shelved.routine.exercises
    for place, step in exercise.placed_steps()
    if step.seconds and step.breath is Breath.NATURAL
]


@pytest.mark.parametrize(("name", "place", "step"), HOLDS)
def test_every_hold_says_at_first_how_long_it_is(
    name: str, place: tuple[str | int, ...], step: Step
) -> None:
    """Whoever lies face down sees no clock."""
    assert step.seconds
    assert f"for {ENGLISH.number(round(step.seconds))} seconds" in step.cue, (name, place)


def test_the_signs_for_which_one_sees_a_doctor_are_named_before_anything_else(plan: Plan) -> None:
    first = make_plan(plan.routine, ENGLISH, danger=ENGLISH.texts.red_flags)
    welcome = first.cues[0].text.casefold()
    signs = ("if anything hurts", "numbness", "bladder or bowel", "weak leg", "medical help")
    assert [words for words in signs if words not in welcome] == []
