"""The rules between a hypothesis and a command, one by one."""

from dataclasses import replace

import pytest

from voice_coach.grammar import minimised
from voice_coach.hearing.decision import Rules, Segment, decide, decide_early
from voice_coach.hearing.engines.combined import sentences_only
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.units import to_samples

RULES = Rules()


def segment(seconds: float, speech: float | None = None) -> Segment:
    end = to_samples(1.0 + seconds)
    voice = to_samples(seconds if speech is None else speech)
    return Segment(to_samples(0.5), to_samples(1.0), end, voice, end + RULES.hang_over)


def hypothesis(text: str = "pause", seconds: float = 0.8, confidence: float = 0.9) -> Hypothesis:
    return Hypothesis(text, confidence, (to_samples(0.5), to_samples(0.5 + seconds)))


def test_a_whole_sentence_of_the_right_length_is_a_command() -> None:
    decision = decide(hypothesis(), segment(0.8), RULES)
    assert decision.accepted
    assert decision.reason == "whole sentence"


@pytest.mark.parametrize(
    ("said", "found", "reason"),
    [
        (segment(4.1), hypothesis(seconds=4.0), "4.10 s of talk; a command takes 4.00 s at most"),
        (segment(0.2, 0.05), hypothesis(seconds=0.2), "0.05 s of voice; a command takes 0.06 s"),
        (segment(0.8), hypothesis(""), "no sentence of the grammar"),
        (segment(2.0), hypothesis(seconds=0.7), "the words last 0.35 times as long as the voice"),
        (segment(0.8, 0.4), hypothesis(), ""),
        (segment(0.8, 0.3), hypothesis(), "the words last 2.67 times as long as the voice"),
    ],
)
def test_what_is_no_command_and_why(said: Segment, found: Hypothesis, reason: str) -> None:
    decision = decide(found, said, RULES)
    assert decision.accepted == (not reason)
    assert decision.reason.startswith(reason)


def test_a_hypothesis_that_its_recogniser_doubts() -> None:
    decision = decide(hypothesis(confidence=0.3), segment(0.8), Rules(least_confidence=0.5))
    assert not decision.accepted
    assert decision.reason == "“pause” has probability 0.30, below 0.5"


@pytest.mark.parametrize(
    ("own_voice", "removed_db", "reason"),
    [
        (0.5, 10.4, ""),  # a user 10 dB under the echo
        (0.7, 10.4, "70% of it is the coach's own voice"),
        (0.2, 15.2, "the coach's own voice: 15 dB of it were taken out"),
    ],
)
def test_the_coach_is_not_a_user(own_voice: float, removed_db: float, reason: str) -> None:
    said = replace(segment(0.8), own_voice=own_voice, removed_db=removed_db)
    decision = decide(hypothesis(), said, RULES)
    assert decision.accepted == (not reason)
    assert decision.reason.startswith(reason)


def test_long_sentences_get_patience() -> None:
    short = minimised("short", {0: {"stop": 1}}, {1})
    long = minimised("long", {n: {f"word{n}": n + 1} for n in range(20)}, {20})
    assert Rules.suiting(short) == Rules()
    assert Rules.suiting(long).hang_over > Rules().hang_over
    assert Rules.suiting(long).longest > to_samples(10)


def test_where_the_engine_knows_no_times_there_is_nothing_to_compare() -> None:
    assert decide(Hypothesis("pause", 0.9), segment(3.0), RULES).accepted


def test_a_sentence_must_be_probable_and_one_that_does_no_harm_less_so() -> None:
    rules = Rules(harmless=lambda text: text == "stop")
    for text, confidence, accepted in (
        ("next", 0.41, True), ("next", 0.39, False), ("stop", 0.21, True), ("stop", 0.19, False),
    ):  # fmt: skip
        decision = decide(hypothesis(text, confidence=confidence), segment(0.8), rules)
        assert decision.accepted is accepted
    assert decision.reason == "“stop” has probability 0.19, below 0.2"


def test_early_is_only_what_is_sure_and_settled() -> None:
    rules = Rules(settled=lambda text: text == "pause")
    early = decide_early(hypothesis("pause", confidence=0.95), segment(0.8), rules)
    assert early
    assert early.accepted
    assert decide_early(hypothesis("pause", confidence=0.85), segment(0.8), rules) is None
    assert decide_early(hypothesis("start", confidence=0.99), segment(0.8), rules) is None
    assert decide_early(hypothesis("pause", confidence=0.99), segment(0.05), rules) is None


def test_it_is_told_when_the_coachs_voice_cannot_be_taken_out() -> None:
    for overlaid in (False, True):
        judged = replace(segment(0.8), own_voice=0.7, overlaid=overlaid)
        reason = decide(hypothesis(), judged, RULES).reason
        assert reason.startswith("70% of it is the coach's own voice")
        assert ("the user is heard in its pauses" in reason) is overlaid


def test_where_an_answer_is_awaited_less_is_enough() -> None:
    for asked, confidence, accepted in (
        (True, 0.03, True),
        (True, 0.01, False),
        (False, 0.2, False),
    ):
        decision = decide(
            hypothesis("ten", confidence=confidence), segment(0.8), Rules(asked=asked)
        )
        assert decision.accepted is accepted


@pytest.mark.parametrize(
    ("sentences", "patient"),
    [("stop, don't stop", True), ("stop, not so fast", False), ("stop, no don't", False)],
)
def test_where_a_sentence_may_be_negated_a_pause_in_it_is_waited_for(
    sentences: str, patient: bool
) -> None:
    hang_over = Rules.suiting(sentences_only(sentences.split(", "))).hang_over
    assert (hang_over > to_samples(0.45)) is patient


def test_a_sentence_with_a_rival_that_means_something_else_is_refused() -> None:
    rules = Rules(
        different=lambda one, other: one.split()[0] != other.split()[0],
        harmless=lambda text: text == "stop",
    )
    for text, rival, probability, accepted in (
        ("start the session", "stop the session", 0.6, False),
        ("start the session", "stop the session", 0.1, True),
        ("start the session", "start this session", 0.79, True),
        ("stop", "start", 0.79, True),
    ):
        found = replace(hypothesis(text, confidence=0.8), rivals=((rival, probability),))
        decision = decide(found, segment(0.8), rules)
        assert decision.accepted is accepted
        assert decision.rivals == ((rival, probability),)
    found = replace(hypothesis("start", confidence=0.8), rivals=(("stop", 0.7),))
    assert decide(found, segment(0.8), rules).reason == (
        "“start” has probability 0.80, and “stop”, which means something else, 0.70"
    )


def test_an_answer_to_a_question_needs_more_evidence() -> None:
    rules = Rules(harmless=lambda text: text == "stop")
    for text, confidence, enough, for_an_answer in (
        ("yes", 0.55, True, False),
        ("yes", 0.65, True, True),
        ("stop", 0.25, True, True),
    ):
        found = hypothesis(text, confidence=confidence)
        assert decide(found, segment(0.8), rules).accepted is enough
        assert decide(found, segment(0.8), rules.for_an_answer).accepted is for_an_answer


def test_what_stands_out_of_talk_needs_more_evidence_whatever_is_awaited() -> None:
    rules = Rules(asked=True, harmless=lambda text: text == "stop").amid_talk
    for text in ("six", "stop"):
        assert not decide(hypothesis(text, confidence=0.89), segment(0.8), rules).accepted
        assert decide(hypothesis(text, confidence=0.93), segment(0.8), rules).accepted
