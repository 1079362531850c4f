"""Which name was meant by words that sound like it, and which was not."""

import pytest

from voice_coach.core.likeness import likeness, meant_by

MISSPELT = [
    ("a tego balance", "otago balance"),
    ("some salutation", "sun salutation"),
    ("dash break", "desk break"),
    ("pilates matt five", "pilates mat five"),
    ("sy attica", "sciatica"),
    ("ty chi", "tai chi"),
    ("breeding", "breathing"),
]
OTHERS = [
    ("morning balance", "evening balance"),
    ("knee rehab", "hip rehab"),
    ("left hip", "right hip"),
    ("upper back", "lower back"),
    ("day one", "day two"),
    ("core a", "core b"),
    ("net", "neck"),
    ("neck", "back"),
    ("neck", "knee"),
    ("weather", "breathing"),
    ("kettlebell", "back"),
]


@pytest.mark.parametrize(("heard", "name"), MISSPELT)
def test_what_was_misspelt_is_its_name(heard: str, name: str) -> None:
    names = {each: each.title() for _, each in MISSPELT}
    assert meant_by(heard, names) == name.title()


@pytest.mark.parametrize(("heard", "name"), OTHERS)
def test_another_name_is_none(heard: str, name: str) -> None:
    assert likeness(heard, name) == likeness(name, heard) == 0
    assert meant_by(heard, {name: name}) is None


def test_of_two_that_it_may_be_none_is_meant() -> None:
    assert meant_by("bick", {"back": "Back", "buck": "Buck"}) is None
    assert meant_by("bick", {"back": "Back", "buck": "Back"}) == "Back"


def test_nothing_is_like_nothing() -> None:
    assert meant_by("back", {}) is None
    assert likeness("", "back") == 0
