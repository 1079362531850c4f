"""Every command has a rule, and is offered wherever the sentence file does not say otherwise."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests import CHECKOUT
from tests.tools.language import ENGLISH
from voice_coach.core.catalogue import LEADING
from voice_coach.core.session import TABLE
from voice_coach.core.state import Mode
from voice_coach.library import read_commands, read_library
from voice_coach.resources import resource
from voice_coach.yaml_files import load_once

PLACES = ("help", "hint", "key", "button")
FILE: dict[str, Any] = load_once(resource("languages/en/sentences.yaml"))[0]
README = (CHECKOUT / "README.md").read_text("utf-8")


def test_every_command_has_a_rule_and_every_rule_a_command() -> None:
    ruled = {trigger for _, trigger in TABLE if not trigger.startswith("(")}
    assert ruled == read_commands([]).intents


def lacking(file: dict[str, Any], readme: str) -> Iterator[str]:
    """Yield what is said of a command too little, or twice."""
    shown = quoted(readme)
    for name, intent in file["intents"].items():
        about = [block.get("metadata", {}) for block in intent["data"]]
        without = {place for each in about for place in each.get("without", ())}
        for place in PLACES:
            if (place in without) == any(place in each for each in about):
                yield f"{name}: either '{place}', or 'without' it"
        examples = [each["example"] for each in about if "example" in each]
        if not examples:
            yield f"{name}: no example"
        for example in examples:
            if not filled(example) & shown:
                yield f"{name}: README lacks “{example}”"


def quoted(readme: str) -> set[str]:
    """Return what stands in quotes in the tables of what may be said."""
    _, _, section = readme.partition("## What you can say\n")
    tables = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return {said.rstrip("?") for said in re.findall(r'"([^"]+)"', "\n".join(tables))}


def filled(example: str) -> set[str]:
    """Return `example` with the name of each routine."""
    names = [each.routine.name.casefold() for each in read_library()[0]]
    return {example.replace("{routine}", name) for name in names}


def test_every_command_is_offered_everywhere_or_without_it_on_purpose() -> None:
    assert list(lacking(FILE, README)) == []


def test_what_is_lacking_would_be_found() -> None:
    file = deepcopy(FILE)
    new: dict[str, Any] = {"data": [{"sentences": ["skip to the bridge"]}]}
    file["intents"] = {"goto": new}
    missing = [f"goto: either '{place}', or 'without' it" for place in PLACES]
    assert list(lacking(file, README)) == [*missing, "goto: no example"]
    new["data"][0]["metadata"] = {"example": "skip to the bridge", "key": {}, "without": [*PLACES]}
    assert list(lacking(file, README)) == [
        "goto: either 'key', or 'without' it",
        "goto: README lacks “skip to the bridge”",
    ]
    del new["data"][0]["metadata"]["key"]
    table = README.replace('| "more time"', '| "skip to the bridge", "more time"')
    assert list(lacking(file, table)) == []


def test_only_commands_that_take_turns_share_a_key_or_a_place() -> None:
    keys, places = defaultdict(set), defaultdict(set)
    for key in ENGLISH.catalogue.keys:
        keys[key.press].add(key.intent)
    for button in ENGLISH.catalogue.buttons:
        places[button.row, button.place].add(button.intent)
    for shared in (keys, places):
        assert [each for each in shared.values() if len(each) > 1] == [{"pause", "resume"}]
    buttons = Counter(button.intent for button in ENGLISH.catalogue.buttons)
    assert {intent for intent, count in buttons.items() if count > 1} == {"verbosity"}


def test_no_two_hints_of_a_mode_have_one_place() -> None:
    hints = [
        (mode, place)
        for intent in FILE["intents"].values()
        for block in intent["data"]
        for mode, place in block.get("metadata", {}).get("hint", {}).items()
    ]
    assert len(set(hints)) == len(hints)


@pytest.mark.parametrize(
    ("mode", "hint"),
    [
        (Mode.IDLE, "start … routine · what can I say"),
        (Mode.ASKING_PAIN, "zero to ten · skip this"),
        (Mode.OFFERING, "yes · no"),
        (Mode.CONFIRMING_PAIN, "yes · no"),
        (Mode.GETTING_READY, "I'm ready · more time · pause · next · stop"),
        (Mode.EXERCISING, "pause · next · slower · how long left · that hurts · stop"),
        (LEADING, "pause · next · slower · how long left · that hurts · stop"),
    ],
)
def test_each_mode_has_its_hints_in_order(mode: str, hint: str) -> None:
    assert " · ".join(ENGLISH.catalogue.hint(mode)) == hint
