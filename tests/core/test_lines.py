"""Lines: where one goes on after an answer, and which one "say that again" means."""

import pytest

from voice_coach.core.lines import (
    IN_A_ROW,
    JUST_BEGUN,
    STALE,
    UNSURE,
    SaidLine,
    length_of,
    meant_by_again,
    unheard,
    with_line,
)
from voice_coach.units import to_samples

TEXT = "One two three four. Five six seven. Eight nine."
LENGTH = to_samples(4.7)  # a tenth of a second for each letter
FIRST, SECOND = to_samples(2.0), to_samples(3.6)


@pytest.mark.parametrize(
    ("heard", "left"),
    [
        (0, TEXT),
        (FIRST, TEXT),
        (FIRST + UNSURE - 1, TEXT),
        (FIRST + UNSURE, "Five six seven. Eight nine."),
        (SECOND + UNSURE - 1, "Five six seven. Eight nine."),
        (SECOND + UNSURE, "Eight nine."),
        (2 * LENGTH, "Eight nine."),
    ],
)
def test_a_line_goes_on_with_the_sentence_that_nobody_has_heard(heard: int, left: str) -> None:
    assert unheard(TEXT, LENGTH, heard) == left


def test_what_holds_one_sentence_or_none_is_said_whole() -> None:
    assert unheard("Get ready, at 1.5 metres.", LENGTH, LENGTH) == "Get ready, at 1.5 metres."
    assert unheard("", LENGTH, LENGTH) == ""


A, B, C = (SaidLine(name, at=to_samples(at)) for name, at in (("A", 0), ("B", 20), ("C", 40)))
SAID = (A, B, C)


def test_the_line_that_has_just_begun_is_not_meant_unless_a_command_led_to_it() -> None:
    assert meant_by_again(SAID, None, C.at + JUST_BEGUN - 1) == "B"
    assert meant_by_again(SAID, None, C.at + JUST_BEGUN) == "C"
    called = (A, B, SaidLine("C", C.at, called=True))
    assert meant_by_again(called, None, C.at) == "C"
    assert meant_by_again((C,), None, C.at) == "C"
    assert meant_by_again((), None, C.at) == ""


def test_in_a_row_it_goes_back_line_by_line() -> None:
    later = C.at + to_samples(20)
    again = SaidLine("B", later)
    at_most = length_of("B", 1) + IN_A_ROW
    assert meant_by_again(SAID, again, later + at_most - 1) == "A"
    assert meant_by_again(SAID, again, later + at_most) == "C"
    assert meant_by_again(SAID, SaidLine("A", later), later) == "A"


def test_an_answer_is_meant_for_some_seconds() -> None:
    answer = SaidLine("Five minutes.", C.at + to_samples(5), aside=True)
    assert meant_by_again((*SAID, answer), None, answer.at + STALE - 1) == answer.text
    assert meant_by_again((*SAID, answer), None, answer.at + STALE) == "C"


def test_a_line_that_is_said_anew_stands_there_once_and_few_are_kept() -> None:
    anew = SaidLine("A", to_samples(60))
    assert with_line(SAID, anew) == (B, C, anew)
    many: tuple[SaidLine, ...] = ()
    for number in range(20):
        many = with_line(many, SaidLine(str(number), number))
    assert [line.text for line in many] == ["15", "16", "17", "18", "19"]
