"""What the table of the ear tells: shares of words, goals that are missed, and the worst lines."""

import pytest

from benchmarks.ear import repeated
from benchmarks.intelligibility import Condition, Heard, table, worst

DRY, ROOM = Condition(1.0, False), Condition(1.0, True)


def test_the_table_counts_words_not_lines() -> None:
    heard = [
        Heard(DRY, "Lie down on your back, and bend both of your knees.", "Lie down on your back and bend both of your knees"),  # noqa: E501
        Heard(DRY, "Rest.", "Best."),
        Heard(ROOM, "Rest.", "rest"),
    ]  # fmt: skip
    row = table({"hibari": heard}, (DRY, ROOM)).splitlines()[-1]
    assert row == "| hibari | 8.3 ✗ | 0.0 | 1 |"


def test_the_worst_lines_come_first_and_a_fifth_is_not_too_much() -> None:
    heard = [
        Heard(ROOM, "Lower your arms slowly now.", "Lower your arm slowly now."),
        Heard(ROOM, "Knee to chest.", "Need to chest."),
        Heard(DRY, "Rest.", "Best."),
    ]
    assert list(worst(heard)) == [
        "100% dry 1: Rest. → Best.",
        "33% room 1: Knee to chest. → Need to chest.",
    ]


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("Two of four. Two of four.", True),
        ("Three, three, three", True),
        ("Exercise 207 seated stretch. Exercise 207 seated stretch. Exercise", True),
        ("Breathe in, and breathe out.", False),
        ("", False),
    ],
)
def test_a_text_that_is_written_twice_is_noticed(text: str, twice: bool) -> None:
    assert repeated(text) == twice
