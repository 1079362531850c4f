"""Sums over events: what counts, what does not, and what may come twice."""

import pytest

from voice_coach.history.events import Hurts, JournalEvent, Tally


def tally(*happened: tuple[int, str, dict[str, object]], run: int = 1) -> Tally:
    found = Tally(1)
    for number, (at, kind, details) in enumerate(happened, start=1):
        found.take(
            JournalEvent(number, 1, run, f"2026-03-01T10:00:0{number % 10}", 0, at, kind, details)
        )
    return found


def exercise(index: int) -> dict[str, object]:
    return {"exercise": index, "name": "ABC"[index]}


def test_time_is_counted_without_pauses() -> None:
    found = tally(
        (100, "started", {}),
        (200, "paused", {}),
        (900, "pain", {}),
        (1000, "resumed", {}),
        (1050, "paused", {}),
        (2000, "cue", {}),  # the user said "next" in a pause
        (2010, "cue", {}),
        (2005, "cue", {}),  # decided before, noted after
        (2020, "stopped", {}),
        (9000, "pain", {}),
    )
    assert found.samples == 100 + 50 + 20


def test_time_of_several_runs_is_added_up() -> None:
    found = tally((500, "started", {}), (700, "cue", {}))
    for number, (at, kind) in enumerate([(50, "continued"), (80, "finished")], start=3):
        found.take(JournalEvent(number, 1, 2, "", 0, at, kind, {}))
    assert found.samples == 200 + 30


def test_done_is_done() -> None:
    found = tally(
        (0, "skipped", exercise(0)),
        (1, "done", exercise(0)),
        (2, "done", exercise(1)),
        (3, "done", exercise(1)),
        (4, "skipped", exercise(1)),
        (5, "skipped", exercise(2)),
    )
    assert list(found.done.values()) == ["A", "B"]
    assert list(found.skipped.values()) == ["C"]


def test_done_in_part_is_not_skipped() -> None:
    found = tally(
        (0, "skipped", exercise(0)), (1, "partly", exercise(0)), (2, "partly", exercise(1))
    )
    assert (found.done, found.skipped) == ({}, {})


def test_after_the_end_only_what_hurt_counts() -> None:
    found = tally(
        (0, "started", {"routine": "Back"}),
        (9, "finished", {}),
        (10, "pain", {"when": "after", "value": 4}),
        (11, "done", exercise(0)),
        (12, "hurt", exercise(1)),
        (13, "stopped", {}),
    )
    assert (found.ending, found.pain_after, found.done) == ("finished", 4, {})
    assert list(found.hurt.values()) == ["B"]


@pytest.mark.parametrize("junk", [None, 5, "", "x", [], {}, [None]])
@pytest.mark.parametrize(
    "kind", ["started", "cue", "done", "skipped", "hurt", "eased", "pain", "?"]
)
def test_details_of_another_form_spoil_no_sum(kind: str, junk: object) -> None:
    """Whatever somebody wrote into the database, the rest of the session counts."""
    keys = ("routine", "exercises", "exercise", "name", "easier", "when")
    found = tally((0, "continued", {}), (5, kind, dict.fromkeys(keys, junk)), (9, "finished", {}))
    assert (found.samples, found.ending) == (9, "finished")
    assert Tally.from_json(found.to_json()) == found


@pytest.mark.parametrize("value", [5, 5.5, 0, 10])
def test_pain_is_kept_as_it_was_told(value: float) -> None:
    found = tally((0, "pain", {"when": "before", "value": value}))
    kept = Tally.from_json(found.to_json()).pain_before
    assert (kept, type(kept)) == (value, type(value))


@pytest.mark.parametrize("value", [None, -1, 11, "5", 5.25, float("nan")])
def test_what_is_no_pain(value: object) -> None:
    assert tally((0, "pain", {"when": "before", "value": value})).pain_before is None


def test_a_tally_comes_back_as_it_was() -> None:
    found = tally(
        (0, "started", {"routine": "Back"}), (1, "eased", exercise(1)), (2, "cue", exercise(1))
    )
    assert Tally.from_json(found.to_json()) == found


def test_what_does_not_say_that_it_was_easier_clears_nothing() -> None:
    hurts = Hurts()
    hurts.take(JournalEvent(1, 1, 1, "", 0, 0, "hurt", exercise(0)), "Back")
    hurts.take(JournalEvent(2, 2, 1, "", 0, 0, "done", exercise(0)), "Back")
    assert hurts.of("Back") == {"A"}
    hurts.take(JournalEvent(3, 2, 1, "", 0, 0, "done", {**exercise(0), "easier": False}), "Neck")
    assert hurts.of("Back") == {"A"}
    hurts.take(JournalEvent(4, 2, 1, "", 0, 0, "done", {**exercise(0), "easier": False}), "Back")
    assert hurts.of("Back") == frozenset()


def test_an_event_comes_back_as_it_was() -> None:
    event = JournalEvent(
        1, 2, 3, "2026", -3600, 5, "cue", {"name": "Übung \ud800", "list": ["a", None]}
    )
    assert JournalEvent.from_row(event.to_row()) == event
