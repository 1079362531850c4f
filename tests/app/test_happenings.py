"""The plain form of what happens, which timelines hold."""

import json
from typing import get_args

import pytest

from voice_coach.app.happenings import (
    Happening,
    Said,
    SignalGiven,
    SpeechHeard,
    SpeechLeft,
    Standing,
    StateShown,
    ToneSounded,
    kind_and_details,
)
from voice_coach.core.cues import BreathTone, Signal
from voice_coach.core.intents import Intent
from voice_coach.core.routine import Breath, Side
from voice_coach.core.state import Mode, Role

PLAIN: list[tuple[Happening, str, str]] = [
    (
        SpeechHeard(9, 2, 7, "start back", Intent("start", {"routine": "Back"})),
        "heard",
        '{"text": "start back", "intent": "start", "slots": {"routine": "Back"},'
        ' "start": 2, "end": 7}',
    ),
    (
        SpeechHeard(9, 2, 7, "hm", None),
        "heard",
        '{"text": "hm", "intent": null, "slots": {}, "start": 2, "end": 7}',
    ),
    (
        SpeechLeft(9, 2, 7, "pause", "something"),
        "unheard",
        '{"written": "pause", "reason": "something", "start": 2, "end": 7}',
    ),
    (
        Said(3, 8, "Hold it.", Role.MARK),
        "said",
        '{"text": "Hold it.", "role": "mark", "end": 8}',
    ),
    (SignalGiven(3, 8, Signal.BEGIN), "signal", '{"signal": "begin", "end": 8}'),
    (ToneSounded(3, 8, BreathTone.RISE), "tone", '{"tone": "rise", "end": 8}'),
    (StateShown(3, Mode.IDLE, None), "state", '{"mode": "idle"}'),
    (
        StateShown(3, Mode.RESTING, Standing("Back", "Cobra", None, None, None, Breath.NATURAL)),
        "state",
        '{"mode": "resting", "routine": "Back", "exercise": "Cobra", "side": null,'
        ' "repetition": null, "repetitions": null, "breath": "natural"}',
    ),
    (
        StateShown(3, Mode.EXERCISING, Standing("Back", "Bridge", Side.LEFT, 2, 3, Breath.HOLD)),
        "state",
        '{"mode": "exercising", "routine": "Back", "exercise": "Bridge", "side": "left",'
        ' "repetition": 2, "repetitions": 3, "breath": "hold"}',
    ),
]


@pytest.mark.parametrize(("happening", "kind", "details"), PLAIN)
def test_the_form_in_timelines_stays_as_it_is(
    happening: Happening, kind: str, details: str
) -> None:
    found = kind_and_details(happening)
    assert (found[0], json.dumps(found[1])) == (kind, details)


def test_everything_that_happens_has_a_plain_form() -> None:
    assert {type(happening) for happening, _, _ in PLAIN} == set(get_args(Happening))
