"""The format of a routine: what may be written, and what is refused with which words."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from voice_coach.core.routine import Breath, Exercise, Routine, Side

STEP = {"cue": "Hold it.", "seconds": 20}
EXERCISE: dict[str, Any] = {
    "name": "Cat",
    "purpose": "It is good.",
    "position": "any",
    "get_there": "Sit.",
    "setup": "Relax.",
    "steps": [STEP],
}
SIDED: dict[str, Any] = EXERCISE | {
    "sides": "alternate",
    "steps": [{"cue": "Lift your {side} leg.", "seconds": 10}],
}

EASIER: dict[str, Any] = {"setup": "Only a little."}


def routine(**changes: Any) -> Routine:
    """Read a routine as the library does: from JSON, strictly."""
    whole = {"name": "Back", "purpose": "For it.", "exercises": [EXERCISE]} | changes
    return Routine.model_validate_json(json.dumps(whole))


def exercise(**changes: Any) -> Exercise:
    return routine(exercises=[EXERCISE | changes]).exercises[0]


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as problem:
        exercise(**changes)
    # The innermost mistake; one that a list of nothing but mistakes is empty may follow.
    errors = [error for error in problem.value.errors() if error["type"] != "too_short"]
    return errors[0]["msg"] if errors else problem.value.errors()[0]["msg"]


def step(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in (STEP | changes).items() if value is not None}


def test_what_is_not_written_is_gentle() -> None:
    plain = exercise()
    assert (plain.repetitions, plain.sides, plain.steps[0].breath) == (1, "none", Breath.NATURAL)
    assert (plain.release, plain.closing, plain.easier, plain.safety) == (None, None, None, None)
    assert routine().pace.inhale_seconds < routine().pace.exhale_seconds


def test_text_is_put_on_one_line() -> None:
    assert exercise(setup="  Relax\n   both\tarms. ").setup == "Relax both arms."


@pytest.mark.parametrize("words", ["…", "  ", "", "!?", "x" * 401, "beep\u0007", "\u202e"])
def test_words_that_cannot_be_spoken(words: str) -> None:
    assert refused(setup=words)


@pytest.mark.parametrize("name", ["Cobra 2", "Ärger", "2024-01-01", "cat/cow", "-", "x" * 61, "'s"])
def test_names_that_cannot_be_listened_for(name: str) -> None:
    assert refused(name=name)


@pytest.mark.parametrize("name", ["Cat-cow", "Child's pose", "Side bend"])
def test_names_of_more_than_one_word(name: str) -> None:
    assert exercise(name=name).name == name


class TestSteps:
    """How long a step lasts, and how one breathes in it."""

    @pytest.mark.parametrize("wrong", [step(seconds=None), step(breaths=2, breath="deep")])
    def test_either_seconds_or_breaths(self, wrong: dict[str, Any]) -> None:
        assert "either 'seconds' or 'breaths'" in refused(steps=[wrong])

    @pytest.mark.parametrize("breath", ["natural", "inhale", "exhale", "hold"])
    def test_breaths_are_counted_only_where_they_are_prompted(self, breath: str) -> None:
        wrong = step(seconds=None, breaths=3, breath=breath)
        assert "'breath: deep'" in refused(steps=[wrong])
        assert exercise(steps=[wrong | {"breath": "deep"}]).steps[0].breaths == 3

    @pytest.mark.parametrize("seconds", [0, -1, 600.5, 1e300, "20", "20s", True, None])
    def test_absurd_durations(self, seconds: object) -> None:
        assert refused(steps=[STEP | {"seconds": seconds}])

    def test_infinite_and_undefined_durations(self) -> None:
        for seconds in (float("inf"), float("nan"), float("-inf")):
            assert refused(steps=[STEP | {"seconds": seconds}])

    @pytest.mark.parametrize("seconds", [0.5, 600])
    def test_the_shortest_and_the_longest(self, seconds: float) -> None:
        assert exercise(steps=[step(seconds=seconds)]).steps[0].seconds == seconds

    @pytest.mark.parametrize(("breath", "longest"), [("inhale", 20), ("exhale", 20), ("hold", 30)])
    def test_one_breath_cannot_last_for_ever(self, breath: str, longest: int) -> None:
        assert exercise(steps=[step(breath=breath, seconds=longest)])
        wrong = step(breath=breath, seconds=longest + 1)
        assert f"{longest} seconds at most" in refused(steps=[wrong])

    @pytest.mark.parametrize("breath", ["inhale", "exhale", "deep"])
    def test_a_reminder_needs_a_hold_in_which_it_is_said(self, breath: str) -> None:
        wrong = step(breath=breath, seconds=10, reminder="Keep breathing.")
        assert "'reminder' is never said" in refused(steps=[wrong])

    def test_the_breath_is_held_only_where_that_is_written(self) -> None:
        assert exercise(steps=[step(breath="hold")]).steps[0].breath is Breath.HOLD

    def test_there_is_at_least_one(self) -> None:
        assert "at least 1" in refused(steps=[])


class TestSides:
    """Whoever lifts a leg is told which one."""

    @pytest.mark.parametrize("sides", ["alternate", "one after the other"])
    def test_a_movement_of_one_side_names_it(self, sides: str) -> None:
        assert "needs {side}" in refused(sides=sides)
        assert exercise(**SIDED | {"sides": sides}).sides == sides

    def test_the_other_side_alone_is_not_enough(self) -> None:
        wrong = SIDED | {"steps": [step(cue="Lean away from the {other_side}.")]}
        assert "needs {side}" in refused(**wrong)

    @pytest.mark.parametrize("sides", ["none", "both"])
    @pytest.mark.parametrize(
        "where",
        [
            {"steps": [step(cue="Lift your {side} leg.")]},
            {"steps": [step(short="The {side} leg.")]},
            {"steps": [step(reminder="Not the {other_side} one.")]},
            {"release": {"cue": "Lower the {side} leg."}},
            {"easier": {"setup": "Gently.", "steps": [step(cue="Slide the {side} foot.")]}},
        ],
    )
    def test_no_side_is_named_where_there_are_none(self, sides: str, where: dict[str, Any]) -> None:
        assert "{side} needs 'sides: alternate'" in refused(sides=sides, **where)

    @pytest.mark.parametrize(
        "closing",
        [
            {"steps": [step(cue="And the {side} one.")]},
            {"steps": [STEP], "release": {"cue": "Release the {other_side} leg."}},
        ],
    )
    def test_a_closing_block_has_no_sides(self, closing: dict[str, Any]) -> None:
        assert "'closing' is done once" in refused(**SIDED, closing=closing)
        easier = {"setup": "Gently.", "closing": closing}
        assert "'closing' is done once" in refused(**SIDED, easier=easier)

    @pytest.mark.parametrize("key", ["purpose", "get_there", "setup", "safety"])
    def test_no_side_is_named_before_it_is_chosen(self, key: str) -> None:
        assert "only in the words of a step or release" in refused(**SIDED | {key: "The {side}."})

    @pytest.mark.parametrize(
        ("cue", "message"),
        [
            ("Lift {sid}.", "unknown placeholder {sid}"),
            ("Lift {}.", "unknown placeholder {}"),
            ("Lift {side.", "a brace is not closed"),
            ("Lift side}.", "a brace is not closed"),
            ("Lift {{side}}.", "a brace is not closed"),
        ],
    )
    def test_placeholders_are_spelt_right(self, cue: str, message: str) -> None:
        assert message in refused(**SIDED | {"steps": [step(cue=cue)]})

    def test_the_other_side(self) -> None:
        assert Side.LEFT.other is Side.RIGHT
        assert Side.RIGHT.other is Side.LEFT


class TestEasier:
    """The gentler variant changes what it names, and leaves the rest."""

    def test_what_it_does_not_name_stays(self) -> None:
        whole = exercise(repetitions=4, release={"cue": "Let go."}, easier=EASIER)
        easier = whole.made_easier()
        assert easier.setup == "Only a little."
        assert (easier.repetitions, easier.steps, easier.release) == (4, whole.steps, whole.release)

    def test_what_it_names_changes(self) -> None:
        given = EASIER | {
            "repetitions": 2,
            "steps": [step(cue="A little.", seconds=5)],
            "closing": {"steps": [step(cue="And rest.", seconds=6)]},
        }
        easier = exercise(repetitions=4, easier=given).made_easier()
        assert easier.repetitions == 2
        assert [s.cue for s in easier.steps] == ["A little."]
        assert easier.closing is not None
        assert easier.closing.steps[0].seconds == 6

    def test_it_has_no_easier_variant_itself(self) -> None:
        easier = exercise(easier=EASIER).made_easier()
        assert easier.easier is None
        assert easier.made_easier() is easier


def test_everything_that_is_read_stays_as_it_is() -> None:
    with pytest.raises(ValidationError):
        routine().name = "Other"  # type: ignore[misc]


def test_every_name_starts_it_once_and_in_lower_case() -> None:
    named = routine(name="Back", aliases=["My Back", "back", "Spine"])
    assert named.spoken_names == ("back", "my back", "spine")


def test_limits_of_numbers_that_are_counted_aloud() -> None:
    assert refused(repetitions=0)
    assert refused(repetitions=51)
    assert refused(repetitions=2.5)
    assert refused(rest_seconds=-1)
    assert refused(get_ready_seconds=0)
    assert exercise(rest_seconds=0).rest_seconds == 0


def test_another_version_of_the_format_is_refused() -> None:
    with pytest.raises(ValidationError, match="1"):
        routine(format=2)


class TestPronounce:
    """Words that a voice says wrong."""

    def test_a_word_of_the_routine_in_any_case(self) -> None:
        assert routine(pronounce={"CAT": "kat"}).pronounce == {"CAT": "kat"}
        assert routine().pronounce == {}

    @pytest.mark.parametrize(
        ("pronounce", "message"),
        [
            ({"at": "et"}, "'at' stands nowhere in this routine"),
            ({"cats": "kats"}, "'cats' stands nowhere in this routine"),
            ({"cat": "k[[@"}, "expected plain letters"),
            ({"cat": ""}, "at least 1 character"),
            ({"c@t": "kat"}, "expected plain letters"),
        ],
    )
    def test_a_wrong_one_is_told(self, pronounce: dict[str, str], message: str) -> None:
        with pytest.raises(ValidationError) as problem:
            routine(pronounce=pronounce)
        (error,) = problem.value.errors()
        assert message in error["msg"]
        assert error["loc"][0] == "pronounce"
