"""Families of wordings that a session of fifty utterances had found missing."""

from functools import cache

import pytest

from voice_coach.core.intents import Commands
from voice_coach.library import read_commands, read_library


@cache
def ours() -> Commands:
    return read_commands(each.routine for each in read_library()[0] if not each.own)


@pytest.mark.parametrize(
    ("text", "state", "meant"),
    [
        ("let's get my hips moving shall we", "idle", "start"),
        ("which routines have you got", "idle", "help"),
        ("hang on the phone just went", "session", "pause"),
        ("somebody just knocked", "session", "pause"),
        ("how much longer of this do we have to do", "session", "time_left"),
        ("how much of this do i have", "session", "time_left"),
        ("i simply can't manage that", "session", "easier"),
        ("i honestly don't like this one", "session", "next"),
        ("we're breathing too quickly", "session", "slower"),
        ("i can't keep up with your counting", "session", "slower"),
        ("we could breathe a bit quicker", "session", "faster"),
        ("can we move along to another exercise", "session", "next"),
        ("there's no need for a rest", "session", "ready"),
        ("can we do that last stretch again", "session", "previous"),
        ("i guess i'd better stop the session", "session", "stop"),
        ("should i keep my knees bent", "session", "position"),
        ("can i bend them or straight", "session", "position"),
        ("do i have", "session", None),
        ("can i leave", "session", None),
        ("my sister's phone just went flat", "session", None),
        ("i could go faster if i had new shoes", "session", None),
    ],
)
def test_a_family_is_understood_and_what_only_resembles_it_is_not(
    text: str, state: str, meant: str | None
) -> None:
    found = ours().match(text, state)
    assert (found.name if found else None) == meant
