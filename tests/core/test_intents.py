"""Templates inline, then sentence → intent; and the promises of the shipped English file."""

from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from voice_coach.core.intents import Commands, Intent
from voice_coach.errors import SentencesError
from voice_coach.grammar import ListeningState
from voice_coach.resources import resource
from voice_coach.yaml_files import load_once

SENTENCES = resource("languages/en/sentences.yaml")
LAMPS = """
language: en
intents:
  switch:
    data:
      - sentences: ["turn (on|off) [the] {lamp}[ now]"]
        slots: {kind: lamp}
        metadata: {states: [idle, session], example: "turn on {lamp}"}
  dim:
    data:
      - sentences: ["dim [to] {level}"]
  "yes":
    data:
      - sentences: ["yes"]
        metadata: {states: [confirm]}
lists:
  lamp: {values: [{in: "(kitchen|cooking) lamp", out: kitchen}]}
  level: {range: {from: 0, to: 10}}
"""


@cache
def english() -> Commands:
    """The shipped file, with a few routines and exercises; to read it takes a second."""
    routines = {"back": "back", "gentle stretch": "gentle-stretch", "breathing": "breathing"}
    lists = {"routine": routines, "exercise": {"bridge": "Bridge"}}
    return Commands.from_dict(load_once(SENTENCES)[0], lists)


def lamps(**lists: dict[str, str]) -> Commands:
    return Commands.from_dict(yaml.safe_load(LAMPS), lists)


@pytest.mark.parametrize(
    ("text", "state", "expected"),
    [
        ("turn on kitchen lamp", "idle", Intent("switch", {"kind": "lamp", "lamp": "kitchen"})),
        (
            "Turn OFF the cooking lamp!",
            "session",
            Intent("switch", {"kind": "lamp", "lamp": "kitchen"}),
        ),
        ("turn on kitchen lamp", "confirm", None),
        ("dim to three", "number", Intent("dim", {"level": 3})),
        ("dim 10", "confirm", Intent("dim", {"level": 10})),
        ("dim eleven", "idle", None),
        ("yes", "confirm", Intent("yes", {})),
        ("yes", "idle", None),
        ("", "idle", None),
    ],
)
def test_match(text: str, state: str, expected: Intent | None) -> None:
    assert lamps().match(text, state) == expected


def test_lists_are_filled_at_run_time() -> None:
    commands = lamps(lamp={"Floor-Lamp (2)": "floor"})
    intent = commands.match("turn on floor lamp two", "idle")
    assert intent is not None
    assert intent.slots["lamp"] == "floor"
    assert commands.grammar("idle").accepts("turn on floor lamp two now")


def test_an_empty_list_takes_its_sentences_away() -> None:
    assert "turn" not in lamps(lamp={}).grammar("idle").words


def test_grammar_holds_the_sentences_of_its_state() -> None:
    commands = lamps()
    assert commands.grammar("confirm").accepts("yes")
    assert not commands.grammar("idle").accepts("yes")
    assert commands.grammar("idle") is commands.grammar("idle")


def test_examples_name_the_values() -> None:
    assert lamps(lamp={"hall": "h", "attic": "a"}).examples("idle") == ("turn on hall or attic",)
    assert lamps().examples("number") == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"intents": None}, "no table named 'intents'"),
        ({"intents": {True: {"data": []}}}, "intent 'True': the name must be text"),
        ({"intents": {"x": {"data": []}}}, "intent 'x': expected 'data'"),
        ({"intents": {"x": {"data": [{"sentences": "a"}]}}}, "intent 'x': expected 'sentences'"),
        ({"intents": {"x": {"data": [{"sentences": ["(a"]}]}}}, r"cannot read the sentence '\(a'"),
        ({"intents": {"x": {"data": [{"sentences": [""]}]}}}, "cannot read the sentence ''"),
        ({"intents": {"x": {"data": [{"sentences": ["{y}"]}]}}}, "intent 'x': the list 'y' has no"),
        (
            {"intents": {"x": {"data": [{"sentences": ["a"], "metadata": {"states": ["idel"]}}]}}},
            "intent 'x': there is no state 'idel'. Did you mean 'idle'",
        ),
        ({"lists": {"lamp": {"vlaues": []}}}, "no valid sentence templates"),
        ({"lists": ["lamp"]}, "no valid sentence templates"),
    ],
)
def test_mistakes_in_a_file_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SentencesError, match=message) as caught:
        Commands.from_dict({**yaml.safe_load(LAMPS), **change}, source="my.yaml")
    assert str(caught.value).startswith("my.yaml: ")
    assert "\n" not in str(caught.value)


def test_no_file_at_all() -> None:
    with pytest.raises(SentencesError, match="no table named 'intents'"):
        Commands.from_dict([])  # type: ignore[arg-type]


def test_a_state_that_does_not_exist_is_a_mistake_of_ours() -> None:
    with pytest.raises(SentencesError, match=r"no state 'sesion'\. Did you mean 'session'"):
        lamps().match("yes", "sesion")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start back routine", Intent("start", {"routine": "back"})),
        ("start the gentle stretch routine", Intent("start", {"routine": "gentle-stretch"})),
        ("let's go", Intent("start", {})),
        ("hold on", Intent("pause", {})),
        ("wait a moment", Intent("pause", {})),
        ("go on", Intent("resume", {})),
        ("carry on", Intent("resume", {})),
        ("skip this", Intent("next", {})),
        ("go back", Intent("previous", {})),
        ("say that again", Intent("repeat", {})),
        ("start again", Intent("restart", {})),
        ("stop", Intent("stop", {})),
        ("slow down", Intent("slower", {})),
        ("speed up", Intent("faster", {})),
        ("louder", Intent("louder", {})),
        ("quieter", Intent("quieter", {})),
        ("more time", Intent("more_time", {})),
        ("how long left", Intent("time_left", {})),
        ("what's next", Intent("whats_next", {})),
        ("what is this for", Intent("why", {})),
        ("which side", Intent("which_side", {})),
        ("what can I say", Intent("help", {})),
        ("I'm ready", Intent("start", {})),
        ("easier version", Intent("easier", {})),
        ("that hurts", Intent("hurts", {})),
    ],
)
def test_english_commands(text: str, expected: Intent) -> None:
    assert english().match(text, "idle") == expected


def test_english_answers_belong_to_their_questions() -> None:
    commands = english()
    assert commands.match("it's seven", "number") == Intent("number", {"value": 7})
    assert commands.match("no thank you", "confirm") == Intent("no", {})
    assert all(commands.match(word, "session") is None for word in ("yes", "no", "seven"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("it's about three", 3),
        ("I'd say four", 4),
        ("maybe a two", 2),
        ("that's only one", 1),
        ("a six out of ten", 6),
        ("just about five I think", None),
        ("about five I think", 5),
        ("it's about a seven", 7),
        ("seven and a half", 7.5),
        ("it's about two and a half", 2.5),
        ("maybe three and a half out of ten", 3.5),
        ("none", 0),
        ("no pain", 0),
        ("zero", 0),
        ("ten and a half", None),
        ("zero and a half", None),
        ("and a half", None),
        ("three four", None),
        ("two or three", 2.5),
        ("about", None),
    ],
)
def test_how_it_feels_as_people_say_it(text: str, value: float | None) -> None:
    commands, meant = english(), None if value is None else Intent("number", {"value": value})
    assert commands.match(text, "number") == meant
    assert value is None or commands.grammar("number").accepts(text.lower())
    if meant and value is not None:
        found = commands.match(text, "number")
        assert found is not None
        assert type(found.slots["value"]) is type(value)  # a whole number stays one on the disk


@pytest.mark.parametrize("state", ListeningState)
def test_english_grammar_and_matcher_agree(state: str) -> None:
    commands = english()
    heard = commands.grammar(state)
    said = sorted(heard.plain.sentences())[::199]
    assert len(said) > 100
    assert [text for text in said if not heard.accepts(text)] == []
    assert [text for text in said if commands.match(text, state) is None] == []


@cache
def each_alone() -> dict[str, Commands]:
    """Each intent as if it were the only one."""
    data = load_once(SENTENCES)[0]
    lists = {"routine": {"back": "back"}, "exercise": {"bridge": "Bridge"}}
    return {
        name: Commands.from_dict({**data, "intents": {name: intent}}, lists)
        for name, intent in data["intents"].items()
    }


@pytest.mark.parametrize("state", ListeningState)
def test_english_sentences_mean_one_thing(state: str) -> None:
    said = {name: set(one.grammar(state).plain.sentences()) for name, one in each_alone().items()}
    assert [(a, b, said[a] & said[b]) for a, b in combinations(said, 2) if said[a] & said[b]] == []


@pytest.mark.parametrize("state", ListeningState)
def test_english_examples_can_be_said(state: str) -> None:
    lists = {"routine": {"back": "back"}, "exercise": {"bridge": "Bridge"}}
    commands = Commands.from_dict(load_once(SENTENCES)[0], lists)
    examples = commands.examples(state)
    assert examples
    assert [text for text in examples if commands.match(text, state) is None] == []


@pytest.mark.parametrize("state", ListeningState)
def test_safety_is_heard_in_every_state(state: str) -> None:
    commands = english()
    for text, name in [("stop", "stop"), ("pause", "pause"), ("that hurts", "hurts")]:
        assert commands.match(text, state) == Intent(name, {})


def test_coffee_grammar_is_small(shared_speech: Path) -> None:
    commands = Commands.from_dict(
        yaml.safe_load((shared_speech / "coffee/sentences.yaml").read_text())
    )
    grammar = commands.grammar("idle")
    assert len(grammar.arcs) < 350
    assert grammar.accepts("make me a large latte with some milk and sugar")
    assert not grammar.accepts("latte with milk and some milk")
