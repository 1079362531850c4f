"""The row of teaching: who says what, and a user who is heard better afterwards."""

import numpy as np
import pytest

from benchmarks import enrolment
from benchmarks.corpus import MOST_USED, SPEAKERS
from benchmarks.fit_enrolment import fitted
from benchmarks.harness import Ears, Options

USER = next(s for s in SPEAKERS if s.half == "test" and s.synthesiser == "espeak")


def test_every_user_says_every_phrase_and_talks() -> None:
    said = list(enrolment.sayings(USER))
    taught = [saying for saying in said if saying.kind == enrolment.TAUGHT]
    assert {saying.text for saying in taught} == set(MOST_USED)
    assert len(taught) == len(MOST_USED) * len(enrolment.CONDITIONS)
    others = {saying.speaker for saying in said if saying.kind == enrolment.OTHER_USER}
    assert len(others) == 1
    assert USER not in others
    assert all(speaker.half == USER.half for speaker in others)
    untaught = {saying.text for saying in said if saying.kind == enrolment.OTHER_SENTENCES}
    assert untaught.isdisjoint(MOST_USED)


@pytest.mark.slow
def test_without_recordings_nothing_needs_the_kitchen() -> None:
    full = enrolment.tasks(Options(quick=False, speech=False, recogniser="moonshine"))
    quick = enrolment.tasks(Options(quick=True, speech=False, recogniser="moonshine"))
    assert len(full) > len(quick) == len(MOST_USED)


@pytest.mark.slow
def test_a_user_is_heard_better_than_before() -> None:
    profile = enrolment.taught_by(USER)
    assert profile.phrases == MOST_USED
    ears = Ears("moonshine")
    results = [
        enrolment._heard(USER, saying, "moonshine", ears)
        for saying in enrolment.sayings(USER)
        if (saying.kind, saying.condition) == (enrolment.TAUGHT, "2 m")
    ]
    before, after = (sum(r[when] == "right" for r in results) for when in ("before", "after"))
    assert after > before
    assert after >= 11
    names = [figure.name for figure in enrolment.figures(results)]
    assert names[:2] == [
        "taught phrases, 2 m: recall before teaching",
        "taught phrases, 2 m: recall after teaching",
    ]
    assert f"{USER} (test)" in enrolment.details(results)


def test_a_regression_finds_the_weights_it_was_made_with() -> None:
    chance = np.random.default_rng(1)
    x = np.column_stack([np.ones(5000), chance.standard_normal((5000, 2))])
    wanted = np.array([0.5, -2.0, 1.0])
    truths = chance.random(5000) < 1 / (1 + np.exp(-x @ wanted))
    found = fitted([tuple(row) for row in x], list(truths), [1.0] * 5000)
    assert found == pytest.approx(wanted, abs=0.15)
