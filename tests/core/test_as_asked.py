"""Another routine than the one that was asked for never begins."""

import pytest

from voice_coach.core.intents import Intent
from voice_coach.core.names import as_asked
from voice_coach.library import read_commands

BACK = Intent("start", {"routine": "Back"})
START = Intent("start")


def named(name: str) -> Intent:
    """Start the routine of this name."""
    return Intent("start", {"routine": name})


NAMELESS = read_commands([]).nameless


@pytest.mark.parametrize(
    ("intent", "said", "written"),
    [
        (BACK, "start back routine", "Start back routine."),
        (BACK, "start back routine", "Start bag routine!"),
        (BACK, "start back routine", "Tired to back Rudy."),
        (BACK, "start back routine", "Start to Mac routine."),
        (BACK, "start back routine", "Start buck routine."),
        (BACK, "start the back routine", "Start to back root of the earth."),
        (BACK, "start the back routine", "Start with Mac, rooted."),
        (BACK, "please start my back routine now", "Please start my back routine now."),
        (START, "start", "Start."),
        (START, "start", "Starts."),
        (START, "start", "Start now, please."),
        (BACK, "start back routine", ""),
        (named("Sun salutation"), "start sun salutation", "Start some salutation."),
        (named("Desk break"), "let's do desk break", "Let's do dash break."),
        (named("Bedtime"), "start bedtime routine", "Start that time routine."),
        (named("McKenzie press ups"), "start mckenzie press ups", "Start with Kensy Press-ups."),
    ],
)
def test_what_was_understood_begins(intent: Intent, said: str, written: str) -> None:
    assert as_asked(intent, said, written, NAMELESS) == intent


@pytest.mark.parametrize(
    ("intent", "said", "written", "unknown"),
    [
        (BACK, "start back routine", "Start Otago balance.", "otago balance"),
        (BACK, "start back routine", "Start neck routine.", "neck"),
        (BACK, "start back routine", "Start net routine", "net"),
        (named("Breath"), "let's do the breath", "Let's do the rehab.", "rehab"),
        (named("Gentle stretch"), "start gentle stretch", "Start hip stretch.", "hip"),
        (named("Pilates mat five"), "do pilates mat five", "Do Pilates mat three.", "three"),
        (named("Desk break"), "start desk break", "Start long desk break.", "long"),
        (BACK, "start back routine", "Start Otago back routine.", "otago"),
        (START, "start", "Start Otago balance.", "otago balance"),
        (START, "let's start", "Let's start with the soup.", "soup"),
    ],
)
def test_who_asked_for_something_else_is_asked_back(
    intent: Intent, said: str, written: str, unknown: str
) -> None:
    assert as_asked(intent, said, written, NAMELESS) == Intent("start", {"unknown": unknown})


def test_other_commands_are_as_they_were_understood() -> None:
    assert as_asked(Intent("next"), "next", "Next, Otago balance.", NAMELESS) == Intent("next")
