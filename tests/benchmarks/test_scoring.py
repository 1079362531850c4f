"""From what was heard to figures."""

from typing import Any

import pytest

from benchmarks.scoring import (
    TOLERANCES,
    Before,
    Figure,
    halves,
    per_hour,
    share,
    shares,
    verdict,
    worse,
)

PAUSE: dict[str, Any] = {"intent": "pause", "slots": {}}
NEXT: dict[str, Any] = {"intent": "next", "slots": {}}


def order(**slots: str) -> dict[str, Any]:
    return {"intent": "orderDrink", "slots": slots}


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ([PAUSE], "right"),
        ([], "missed"),
        ([NEXT], "wrong"),
        ([PAUSE, NEXT], "wrong"),
        ([PAUSE, PAUSE], "twice"),
        ([{"text": "no sentence"}], "wrong"),
    ],
)
def test_a_command(heard: list[dict[str, Any]], expected: str) -> None:
    assert verdict(heard, "pause", {}) == expected


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ([order(size="small", coffeeDrink="latte")], "right"),
        ([order(size="small", coffeeDrink="latte", roast="dark roast")], "right"),
        ([order(size="large", coffeeDrink="latte")], "wrong"),
        ([order(coffeeDrink="latte")], "wrong"),
        ([{"intent": "other", "slots": {"size": "small", "coffeeDrink": "latte"}}], "wrong"),
        ([order(size="small", coffeeDrink="latte")] * 2, "twice"),
    ],
)
def test_an_order_is_right_with_every_labelled_slot(
    heard: list[dict[str, Any]], expected: str
) -> None:
    assert verdict(heard, "orderDrink", {"size": "small", "coffeeDrink": "latte"}) == expected


def test_shares_of_the_halves() -> None:
    results = [
        {"half": "tuning", "verdict": "right"},
        {"half": "tuning", "verdict": "wrong"},
        {"half": "test", "verdict": "right"},
        {"half": "test", "verdict": "missed"},
        {"half": "test", "verdict": "right"},
    ]
    found = shares(results, "verdict", "right")
    assert found == {"value": 60, "tuning": 50, "test": pytest.approx(200 / 3)}
    assert share([], "verdict", "right") is None
    assert halves(results[:2], lambda some: float(len(some))) == {
        "value": 2, "tuning": 2, "test": None,
    }  # fmt: skip


def test_false_accepts_by_the_hour() -> None:
    results = [{"seconds": 1200, "heard": [PAUSE, NEXT]}, {"seconds": 600, "heard": []}]
    assert per_hour(results) == pytest.approx(4)
    assert per_hour([]) is None


def test_a_goal_is_met_from_the_right_side() -> None:
    assert Figure("recall", 99, "%", "", goal=99).met
    assert not Figure("recall", 98.9, "%", "", goal=99).met
    assert Figure("wrong", 0.5, "%", "", goal=0.5, less=True).met
    assert not Figure("wrong", 0.6, "%", "", goal=0.5, less=True).met
    assert Figure("memory", 90, "MB", "").met is None


def test_only_what_is_worse_than_the_tolerance_is_told() -> None:
    baseline = {"recall": Before(90, "80 clips"), "wrong": Before(1, "80 clips")}
    slack = TOLERANCES["%"]
    fine = [
        Figure("recall", 90 - slack, "%", "80 clips"),
        Figure("wrong", 1 + slack, "%", "80 clips", less=True),
        Figure("new", 0, "%", "80 clips"),
    ]
    assert worse(fine, baseline, all_sounds=True) == []
    bad = [
        Figure("recall", 89.9 - slack, "%", "80 clips"),
        Figure("wrong", 1.1 + slack, "%", "80 clips", less=True),
    ]
    complaints = worse(bad, baseline, all_sounds=True)
    assert [line.split(":")[0] for line in complaints] == ["recall", "wrong"]
    assert "was 90.0 of 80 clips" in complaints[0]


@pytest.mark.parametrize(
    ("unit", "of", "tolerance"),
    [("%", "12 clips", 100 / 12), ("%", "1,200 clips", 5), ("points", "24 commands", 200 / 24)],
)
def test_of_few_sounds_one_may_tip(unit: str, of: str, tolerance: float) -> None:
    figure = Figure("recall", 50, unit, of)
    assert figure.tolerance == pytest.approx(tolerance)
    assert not figure.worse_than(50 + tolerance)
    assert figure.worse_than(50 + tolerance + 0.1)


def test_without_all_sounds_only_like_is_compared_with_like() -> None:
    baseline = {"recall": Before(90, "5 clips")}
    fewer = [Figure("recall", 10, "%", "3 clips")]
    assert worse(fewer, baseline, all_sounds=False) == []
    assert len(worse(fewer, baseline, all_sounds=True)) == 1
    assert len(worse([Figure("recall", 10, "%", "5 clips")], baseline, all_sounds=False)) == 1
