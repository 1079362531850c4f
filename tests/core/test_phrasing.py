"""Wordings take turns, and nobody hears the same one twice in a row."""

from itertools import groupby, pairwise

import pytest

from tests.tools.language import ENGLISH
from voice_coach.core.cues import CueKind, MarkKind
from voice_coach.core.phrasing import Turns
from voice_coach.core.plan import Plan, make_plan
from voice_coach.library import read_routine
from voice_coach.resources import resource

SHIPPED = [read_routine(path) for path in sorted(resource("routines").glob("*.yaml"))]


def test_each_group_has_turns_of_its_own() -> None:
    turns, praise, rests = Turns(1), ("Good.", "Fine.", "Well."), ("Rest.", "A rest.")
    assert [turns.next(praise) for _ in range(4)] == ["Fine.", "Well.", "Good.", "Fine."]
    assert [turns.next(rests), turns.next(["Go."])] == ["A rest.", "Go."]


def test_what_another_group_has_just_said_is_passed_over() -> None:
    turns = Turns(0)
    assert [turns.next(["Breathe.", "Go on."]), turns.next(["Go on.", "Breathe."])] == [
        "Breathe.",
        "Go on.",
    ]
    assert turns.next(["Go on.", "Softly."]) == "Softly."


def test_nothing_to_choose_from() -> None:
    with pytest.raises(ValueError, match="no wording"):
        Turns(0).next([])


def said_in_turn(plan: Plan) -> dict[str, list[str]]:
    """Return what is said again and again in a session, in the order in which it is said."""
    marks = [mark for cue in plan.cues for mark in cue.marks]
    rests = [cue.text.split(",")[0] for cue in plan.cues if cue.kind is CueKind.REST]
    return {
        "praise": [cue.praise for cue in plan.cues if cue.praise],
        "halfway": [mark.text for mark in marks if mark.kind is MarkKind.HALFWAY],
        "reminder": [mark.text for mark in marks if mark.kind is MarkKind.REMINDER],
        "ready": [cue.text for cue in plan.cues if cue.kind is CueKind.GET_READY],
        "rest": rests,
    }


@pytest.mark.parametrize("routine", SHIPPED, ids=lambda routine: routine.name)
@pytest.mark.parametrize("sessions", range(4))
def test_nothing_is_said_twice_in_a_row(routine: object, sessions: int) -> None:
    plan = make_plan(routine, ENGLISH, sessions=sessions, led=min(sessions, 3))  # type: ignore[arg-type]
    for kind, texts in said_in_turn(plan).items():
        assert [a for a, b in pairwise(texts) if a == b] == [], kind


def test_the_same_session_is_led_in_the_same_words_and_the_next_one_in_others() -> None:
    first, again, later = (make_plan(SHIPPED[0], ENGLISH, sessions=n) for n in (1, 1, 2))
    assert first == again
    assert said_in_turn(first)["halfway"] != said_in_turn(later)["halfway"]


def test_a_session_of_the_back_routine_says_less_than_it_did() -> None:
    """It was 195 utterances, 77 of them different, and "three, two, one" 21 times."""
    for led in (0, 1):
        plan = make_plan(SHIPPED[0], ENGLISH, sessions=led, led=led)
        said = [
            text for cue in plan.cues for text in (cue.words, *(m.text for m in cue.marks)) if text
        ]
        assert len(said) <= 150
        assert len(set(said)) >= 95
        assert said.count("Three.") <= 7
        longest = max(len(list(same)) for _, same in groupby(said))
        assert longest == 1
