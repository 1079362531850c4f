"""What is prescribed, in the words of a report."""

from typing import Any

import pytest

from tests import CHECKOUT
from voice_coach.cli.programmes import _programme, prescription, programmes
from voice_coach.library import read_routine


def hold(seconds: float, **more: object) -> dict[str, object]:
    return {"cue": "Stay.", "seconds": seconds, "breath": "natural", **more}


IN = {"cue": "Up.", "seconds": 4, "breath": "inhale"}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"steps": [hold(20)]}, "20 s"),
        ({"steps": [hold(20)], "repetitions": 3, "sides": "none"}, "3 × 20 s"),
        ({"steps": [hold(2), hold(10)], "repetitions": 3}, "3 × 10 s"),
        ({"steps": [hold(180)]}, "3 min"),
        ({"steps": [hold(5), hold(5)], "repetitions": 10}, "10 × 5 s + 5 s"),
        ({"steps": [{"cue": "Walk.", "until": "done"}]}, "until done"),
        ({"steps": [{"cue": "Walk.", "minutes": 12}]}, "12 min"),
        ({"steps": [IN], "repetitions": 10, "sides": "both"}, "10 ×, both sides"),
        ({"steps": [IN], "repetitions": 10, "sets": 3}, "3 sets of 10"),
        ({"steps": [hold(10)], "sets": [6, 4, 2]}, "sets of 6, 4, 2 × 10 s"),
        ({"steps": [IN], "repetitions": 30, "until": "done"}, "as many as go well, at most 30"),
        ({"steps": [{"cue": "Breathe.", "breaths": 6, "breath": "deep"}]}, "6 deep breaths"),
        ({"steps": [hold(20)], "sides": "one after the other"}, "20 s, each side"),
        ({"steps": [hold(20)], "level": "B"}, "20 s, level B"),
        ({"steps": [hold(20)], "closing": {"steps": [hold(10)]}}, "20 s, and a closing part"),
    ],
)
def test_prescription(keys: dict[str, Any], words: str) -> None:
    assert prescription(keys) == words


def test_the_routines_that_ship() -> None:
    back = programmes()["Back"]
    assert back.question == "How much does your back hurt from zero to ten?"
    assert back.exercises["Bridge"] == "3 × 20 s"
    assert all(back.exercises.values())


def test_exercises_of_a_circuit_are_done_in_rounds() -> None:
    circuit = _programme(read_routine(CHECKOUT / "tests" / "sheets" / "knee-circuit.yaml"))
    assert circuit.exercises == {
        "Leg swings": "3 rounds of 30 s, sides change halfway",
        "Bridge hold": "3 rounds of 2 × 30 s",
        "Clamshells": "3 rounds of 30 s, each side",
    }
