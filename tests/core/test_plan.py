"""A routine laid out: the order of cues, what is counted, and what is said meanwhile."""

import json
from typing import Any

import pytest

from tests.tools.language import ENGLISH
from voice_coach.core.cues import BEAT, Cue, CueKind, MarkKind, speech_length
from voice_coach.core.layout import SHORT_GET_READY_SECONDS
from voice_coach.core.plan import Arrival, Plan, make_plan
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Breath, Position, Routine, Side
from voice_coach.library import read_routine
from voice_coach.resources import resource
from voice_coach.units import to_samples, to_seconds

SHIPPED = [
    read_routine(resource("routines") / f"{name}.yaml")
    for name in ("back", "breathing", "gentle-stretch")
]
TEMPOS = [1.15**power for power in (-4, -1, 0, 1, 4)]

EXERCISE: dict[str, Any] = {
    "name": "Reach",
    "purpose": "It is good.",
    "position": "standing",
    "get_there": "Stand up.",
    "setup": "Relax.",
    "steps": [{"cue": "Reach.", "seconds": 10}],
}


def planned(*exercises: dict[str, Any], tempo: float = 1.0, **changes: Any) -> Plan:
    """Lay out a routine of exercises that differ from EXERCISE as given."""
    whole = {"name": "Test", "purpose": "A test.", **changes}
    whole["exercises"] = [EXERCISE | each for each in exercises or ({},)]
    return make_plan(
        Routine.model_validate_json(json.dumps(whole)),
        ENGLISH,
        preferences=Preferences(tempo=tempo),
    )


def moves(plan: Plan) -> list[Cue]:
    return [cue for cue in plan.cues if cue.kind is CueKind.MOVE]


def hold(**step: Any) -> Cue:
    """Lay out a single step."""
    (cue,) = moves(planned({"steps": [{"cue": "Hold it."} | step]}))
    return cue


def marks(cue: Cue, *kinds: MarkKind) -> list[tuple[float, str]]:
    """Return what is said, with the seconds that have gone by then."""
    return [
        (to_seconds(cue.count - mark.left), mark.text) for mark in cue.marks if mark.kind in kinds
    ]


class TestOrder:
    """Which cue follows which."""

    def test_one_exercise_from_its_name_to_its_release(self) -> None:
        plan = planned({"safety": "Gently.", "release": {"cue": "Let go."}})
        assert [(cue.kind.value, cue.text) for cue in plan.cues[1:-1]] == [
            ("introduce", "Reach."),
            ("introduce", "Stand up."),
            ("introduce", "Relax. Gently."),
            ("get ready", "We start in ten seconds, or when you say ready."),
            ("move", "Reach."),
            ("move", "Let go."),
        ]
        assert (plan.cues[0].kind, plan.cues[-1].kind) == (CueKind.WELCOME, CueKind.FINISH)

    def test_how_to_get_there_is_said_only_where_the_position_changes(self) -> None:
        plan = planned({}, {}, {"position": "back", "get_there": "Lie down."}, {})
        said = [cue.exercise for cue in plan.cues if cue.text in ("Stand up.", "Lie down.")]
        assert said == [0, 2, 3]

    def test_less_time_to_get_ready_where_the_position_stays(self) -> None:
        plan = planned(
            {"get_ready_seconds": 12}, {"get_ready_seconds": 12}, {"get_ready_seconds": 3}
        )
        ready = [to_seconds(cue.count) for cue in plan.cues if cue.kind is CueKind.GET_READY]
        assert ready == [12, SHORT_GET_READY_SECONDS, 3]

    def test_rest_comes_between_repetitions_and_not_after_the_last(self) -> None:
        kinds = [cue.kind for cue in planned({"repetitions": 3, "rest_seconds": 4}).cues]
        first = kinds.index(CueKind.MOVE)
        assert kinds[first:-1] == [
            CueKind.MOVE,
            CueKind.REST,
            CueKind.MOVE,
            CueKind.REST,
            CueKind.MOVE,
        ]

    def test_no_rest_where_none_is_wanted(self) -> None:
        plan = planned({"repetitions": 3, "rest_seconds": 0})
        assert CueKind.REST not in [cue.kind for cue in plan.cues]

    def test_sides_that_alternate(self) -> None:
        plan = planned(
            {
                "sides": "alternate",
                "repetitions": 2,
                "steps": [{"cue": "Lift the {side} leg.", "seconds": 5}],
            }
        )
        assert [(cue.repetition, cue.side, cue.text) for cue in moves(plan)] == [
            (1, Side.LEFT, "Lift the left leg."),
            (1, Side.RIGHT, "Lift the right leg."),
            (2, Side.LEFT, "Lift the left leg."),  # the rest has said that it is the last one
            (2, Side.RIGHT, "Lift the right leg."),
        ]
        rests = [i for i, cue in enumerate(plan.cues) if cue.kind is CueKind.REST]
        assert [plan.cues[i - 1].side for i in rests] == [Side.RIGHT]

    def test_one_side_after_the_other(self) -> None:
        plan = planned(
            {
                "sides": "one after the other",
                "repetitions": 3,
                "rest_seconds": 0,
                "steps": [{"cue": "Lift the {side} leg.", "short": "Lift.", "seconds": 5}],
            }
        )
        assert [cue.text for cue in moves(plan)] == [
            "Lift the left leg.",
            "Number two. Left side. Lift.",
            "Last one. Left side. Lift.",
            "Lift the right leg.",
            "Here is number two. Right side. Lift.",
            "Now for the last time. Right side. Lift.",
        ]

    def test_a_closing_block_comes_once_after_all_repetitions(self) -> None:
        closing = {"steps": [{"cue": "Both.", "seconds": 40}], "release": {"cue": "Out."}}
        plan = planned({"repetitions": 2, "rest_seconds": 4, "closing": closing})
        kinds = [(cue.kind, cue.text, cue.repetition) for cue in plan.cues[-6:-1]]
        assert kinds == [
            (CueKind.REST, "Rest for four seconds, and then the last one.", 0),
            (CueKind.MOVE, "Reach.", 2),
            (CueKind.REST, "Now rest for four seconds, and then the last part.", 0),
            (CueKind.MOVE, "Both.", 0),
            (CueKind.MOVE, "Out.", 0),
        ]

    def test_the_side_is_named_in_every_word_of_a_round(self) -> None:
        step = {
            "cue": "Lift the {side} leg, not the {other_side}.",
            "seconds": 30,
            "reminder": "The {side} one.",
        }
        release = {"cue": "Lower the {side} leg.", "short": "The {side} one down."}
        plan = planned(
            {"sides": "alternate", "repetitions": 2, "steps": [step], "release": release}
        )
        said = [text for cue in moves(plan) for text in (cue.text, *(m.text for m in cue.marks))]
        assert "The left one." in said
        assert "The right one down." in said
        assert not [text for text in said if "{" in text]


class TestHolds:
    """What is said while a hold is counted."""

    def test_a_long_hold(self) -> None:
        cue = hold(seconds=30, reminder="Breathe.")
        assert marks(cue, *MarkKind) == [
            (7.5, "Breathe."),
            (15, "Halfway."),
            (27, "Three!"),
            (28, "Two!"),
            (29, "One!"),
        ]
        assert cue.may_extend

    def test_a_hold_that_is_soon_over_is_not_counted(self) -> None:
        for seconds, count in ((12, ["Three!", "Two!", "One!"]), (10, [])):
            texts = [text for _, text in marks(hold(seconds=seconds), *MarkKind)]
            assert texts == count

    def test_a_very_short_hold_is_silent(self) -> None:
        assert hold(seconds=5).marks == ()

    def test_deep_breaths_are_prompted_as_far_as_they_fit(self) -> None:
        cue = hold(seconds=25, breath="deep")
        assert marks(cue, MarkKind.BREATH) == [
            (0, "Breathe in."),
            (4, "Breathe out."),
            (10, "Breathe in."),
            (14, "Breathe out."),
            (20, ""),  # from here on as it comes, while the last seconds are counted
        ]
        assert next(text for _, text in marks(cue, MarkKind.COUNTDOWN)) == "Three!"

    def test_no_count_runs_into_a_breath(self) -> None:
        assert marks(hold(seconds=20, breath="deep"), MarkKind.COUNTDOWN) == []

    def test_breaths_as_a_length(self) -> None:
        cue = hold(breaths=3, breath="deep")
        assert to_seconds(cue.count) == 30
        assert len(marks(cue, MarkKind.BREATH)) == 6
        assert not cue.may_extend

    def test_a_movement_goes_with_its_breath(self) -> None:
        cue = hold(seconds=5, breath="inhale")
        assert (cue.with_words, cue.may_extend, cue.marks) == (True, False, ())

    @pytest.mark.parametrize("seconds", [1, 2, 3, 5, 8, 10, 15, 20, 25, 40, 600])
    @pytest.mark.parametrize("length", [5, 60, 200, 400])
    def test_words_never_meet_and_never_outlast_the_hold(self, seconds: int, length: int) -> None:
        cue = hold(seconds=seconds, reminder=("breathe " * 60)[: length - 1] + ".")
        free = cue.count
        for mark in cue.marks:
            assert mark.left <= free
            free = mark.left - speech_length(mark.text)
            assert free >= 0
        said = [text for _, text in marks(cue, MarkKind.REMINDER)]
        assert len(said) == (to_samples(seconds) * 3 // 4 >= speech_length("x" * length))


class TestTempo:
    """Slower and faster change breath, rest and speech, and no hold."""

    @pytest.mark.parametrize("tempo", TEMPOS)
    @pytest.mark.parametrize("routine", SHIPPED, ids=lambda routine: routine.name)
    def test_holds_are_never_touched(self, routine: Routine, tempo: float) -> None:
        plain, scaled = (
            make_plan(routine, ENGLISH),
            make_plan(routine, ENGLISH, preferences=Preferences(tempo=tempo)),
        )
        assert len(plain.cues) == len(scaled.cues)
        for before, after in zip(plain.cues, scaled.cues, strict=True):
            if before.kind is CueKind.MOVE and before.may_extend:
                assert after.count == before.count

    def test_breaths_rests_and_changes_of_position_are(self) -> None:
        exercise = {
            "repetitions": 2,
            "rest_seconds": 8,
            "get_ready_seconds": 20,
            "steps": [{"cue": "In.", "seconds": 4, "breath": "inhale"}],
            "release": {"cue": "Down.", "seconds": 6},
            "closing": {"steps": [{"cue": "Breathe.", "breaths": 2, "breath": "deep"}]},
        }
        for tempo in (0.5, 2.0):
            cues = planned(exercise, tempo=tempo).cues
            counts = {cue.text: to_seconds(cue.count) for cue in cues}
            rests = [to_seconds(cue.count) for cue in cues if cue.kind is CueKind.REST]
            assert rests == [8 / tempo] * 2
            assert counts["In."] == 4 / tempo
            assert counts["Down."] == 6 / tempo
            assert counts["Breathe."] == 20 / tempo
            assert [c for text, c in counts.items() if text.startswith("We start in")] == [
                20 / tempo
            ]

    def test_breaths_within_a_hold_are_paced_and_the_hold_is_not(self) -> None:
        step = {"cue": "Hold.", "seconds": 25, "breath": "deep"}
        (fast,) = moves(planned({"steps": [step]}, tempo=2.0))
        assert to_seconds(fast.count) == 25
        assert [at for at, _ in marks(fast, MarkKind.BREATH)] == [
            0,
            2,
            5,
            7,
            10,
            12,
            15,
            17,
            20,
            22,
        ]

    def test_the_time_to_get_ready_is_what_is_said(self) -> None:
        (cue,) = [c for c in planned(tempo=1.15).cues if c.kind is CueKind.GET_READY]
        assert cue.text == "We start in nine seconds, or when you say ready."
        assert to_seconds(cue.count) == 9

    def test_words_take_longer_when_they_are_spoken_slower(self) -> None:
        lengths = [planned(tempo=tempo).cues[1].length for tempo in (0.5, 1.0, 2.0)]
        assert lengths == sorted(lengths, reverse=True)
        assert len(set(lengths)) == 3


class TestPlaces:
    """Where one finds an exercise again, and how long it is to the end."""

    PLAN = make_plan(SHIPPED[0], ENGLISH)

    def test_headings_and_setups_belong_to_their_exercise(self) -> None:
        for number, exercise in enumerate(SHIPPED[0].exercises):
            heading = self.PLAN.cues[self.PLAN.heading_of(number)]
            setup = self.PLAN.cues[self.PLAN.setup_of(number)]
            assert (heading.exercise, heading.kind) == (number, CueKind.INTRODUCE)
            assert exercise.name.lower() in heading.text
            assert exercise.setup in setup.text

    def test_past_the_last_exercise_is_the_finish(self) -> None:
        finish = self.PLAN.heading_of(len(SHIPPED[0].exercises))
        assert finish == len(self.PLAN.cues) - 1
        assert self.PLAN.cues[finish].kind is CueKind.FINISH

    def test_what_remains_shrinks_from_all_to_nothing(self) -> None:
        left = [self.PLAN.remaining_after(i) for i in range(len(self.PLAN.cues))]
        assert left[0] == self.PLAN.length - self.PLAN.cues[0].length
        assert left[-1] == 0
        assert left == sorted(left, reverse=True)

    def test_what_remains_leaves_out_what_is_passed_over(self) -> None:
        then = self.PLAN.place_of(5, 3, None)
        assert then is not None
        ready = self.PLAN.setup_of(5) + 1
        over = sum(cue.length for cue in self.PLAN.cues[ready + 1 : then])
        assert over > to_samples(40)
        for index in range(self.PLAN.heading_of(5), ready + 1):
            whole = self.PLAN.remaining_after(index)
            assert self.PLAN.remaining_after(index, then) == whole - over

    def test_the_way_is_told_to_who_comes_from_another_position(self) -> None:
        bridge, reach = SHIPPED[0].exercises[5:]
        for position, told in ((Position.BACK, False), (Position.FRONT, True), (None, True)):
            plan = make_plan(SHIPPED[0], ENGLISH, arrival=Arrival(5, position))
            heading, setup = plan.heading_of(5), plan.setup_of(5)
            words = [cue.text for cue in plan.cues[heading : setup + 1]]
            assert (bridge.get_there in words) == told
            coming = [plan.position_at(index) for index in range(heading, setup + 1)]
            assert coming == [position, *([None] if told else []), Position.BACK]
            assert plan.position_at(plan.heading_of(6)) is Position.BACK
            assert reach.get_there in [cue.text for cue in plan.cues]

    def test_the_welcome_foretells_the_length(self) -> None:
        minutes = to_seconds(self.PLAN.length) / 60
        assert 13 < minutes < 15
        assert "Back routine, fourteen minutes" in self.PLAN.cues[0].text

    def test_a_breath_and_its_words_last_as_long_as_the_longer(self) -> None:
        short, long = (
            moves(planned({"steps": [{"cue": cue, "seconds": 3, "breath": "exhale"}]}))[0]
            for cue in ("Out.", "Breathe out, " + "very " * 20 + "slowly.")
        )
        assert to_seconds(short.length) == 3
        assert long.length == speech_length(long.text) + BEAT

    def test_easier_exercises_keep_their_place(self) -> None:
        easier = make_plan(SHIPPED[0], ENGLISH, shifts={3: -1})
        for number in range(len(SHIPPED[0].exercises)):
            assert easier.cues[easier.heading_of(number)].exercise == number
        assert "forearms" in easier.cues[easier.setup_of(3)].text
        before, after = (  # wordings take turns, and may be other ones after it
            [
                (cue.exercise, cue.kind, cue.count, cue.breath)
                for cue in plan.cues
                if cue.exercise != 3
            ]
            for plan in (self.PLAN, easier)
        )
        assert before == after


def test_sides_in_words() -> None:
    assert ENGLISH.name_side("{side} over {other_side}", Side.RIGHT) == "right over left"
    assert ENGLISH.name_side("no side", None) == "no side"


@pytest.mark.parametrize("routine", SHIPPED, ids=lambda routine: routine.name)
def test_no_cue_of_a_shipped_routine_holds_the_breath(routine: Routine) -> None:
    plan = make_plan(
        routine, ENGLISH, shifts=dict.fromkeys(range(0, len(routine.exercises), 2), -1)
    )
    assert all(cue.breath is not Breath.HOLD for cue in plan.cues)
    assert all("{" not in cue.text for cue in plan.cues)
