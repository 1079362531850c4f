"""The regression by which evidence is weighed."""

import numpy as np
import pytest

from benchmarks.fit_confidence import Candidate, fitted, marked, regression


def test_weights_are_found_again() -> None:
    chance = np.random.default_rng(0)
    features = np.column_stack([np.ones(20_000), chance.normal(size=(20_000, 2))])
    true = np.array([-0.5, 2.0, 0.0])
    said = chance.random(20_000) < 1 / (1 + np.exp(-features @ true))
    found = regression(features, said.astype(float), np.ones(20_000))
    assert found == pytest.approx(true, abs=0.1)


def test_what_counts_more_moves_the_weights() -> None:
    features, said = np.ones((100, 1)), np.repeat([1.0, 0.0], 50)
    worth = np.where(said > 0, 1.0, 3.0)
    found = regression(features, said, worth, ridge=1e-9)
    assert found == pytest.approx([-np.log(3.0)], abs=1e-6)


def test_what_was_said_is_marked_by_its_meaning() -> None:
    candidates = [Candidate(text, (1.0, 0.0, 0.0, 0.0, 1.0)) for text in ("pause please", "next")]
    found = marked({"condition": "clean", "text": "hold on"}, candidates)
    assert [each.said for each in found] == [True, False]
    others = marked({"kind": "people"}, candidates)
    assert not any(each.said for each in others)
    assert all(each.worth > found[0].worth for each in others)


def test_the_likeliest_candidate_is_judged() -> None:
    good = [Candidate("pause", (1.0, -1.0, 0.9, 1.0, 1.6), True)]
    good.append(Candidate("next", (1.0, -9.0, 0.1, 0.0, 1.4)))
    bad = [Candidate("next", (1.0, -8.0, 0.2, 0.0, 1.4))]
    weights = fitted([good, bad] * 50)
    assert np.dot(weights, good[0].features) > 1.0 > -1.0 > np.dot(weights, bad[0].features)


def test_the_length_can_be_left_out() -> None:
    good = [Candidate("pause", (1.0, -1.0, 0.9, 1.0, 1.6), True)]
    bad = [Candidate("next", (1.0, -8.0, 0.2, 0.0, 1.4))]
    assert fitted([good, bad] * 50, 4).shape == (4,)
