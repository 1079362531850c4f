"""What people say in their own words: what stands around it, two things in one breath, and talk."""

import csv
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.tools.needed import lacking
from voice_coach.core.intents import Commands
from voice_coach.library import read_commands, read_library

FILE = """
language: en
urgent: [hurts]
around:
  - {states: [session, paused], opening: "(okay|can you)", closing: "please"}
intents:
  pause:
    data:
      - sentences: ["pause", "hold on"]
        metadata: {states: [session], example: "pause", harmless: true}
      - sentences: ["hold it right there"]
        metadata: {states: [session]}
  again:
    data:
      - sentences: ["start again"]
        metadata: {states: [session], example: "start again"}
  resume:
    data:
      - sentences: ["start again", "go on"]
        metadata: {states: [paused], example: "go on"}
  easier:
    data:
      - sentences: ["make it easier"]
        metadata: {states: [session], example: "make it easier"}
  hurts:
    data:
      - sentences: ["that hurts"]
        metadata: {states: [session], example: "that hurts"}
  "yes":
    data:
      - sentences: ["yes"]
        metadata: {states: [session], example: "yes", bare: true}
  next:
    data:
      - sentences: ["skip", "skip to the end"]
        metadata: {states: [session], example: "skip"}
"""


@cache
def commands() -> Commands:
    return Commands.from_dict(yaml.safe_load(FILE))


@pytest.mark.parametrize(
    ("text", "state", "meant"),
    [
        ("okay pause please", "session", "pause"),
        ("can you make it easier", "session", "easier"),
        ("okay please", "session", None),
        ("yes", "session", "yes"),
        ("okay yes", "session", None),
        ("start again", "session", "again"),
        ("start again", "paused", "resume"),  # what was written for a pause goes first …
        ("make it easier", "paused", "easier"),  # … and all of a session is heard there
        ("that hurts make it easier", "session", "hurts"),  # the more urgent one
        ("make it easier that hurts", "session", "hurts"),
        ("pause make it easier", "session", "easier"),  # else the last
        ("yes make it easier", "session", None),  # an answer stands alone
        ("that hurts the neighbours", "session", None),
    ],
)
def test_what_is_meant(text: str, state: str, meant: str | None) -> None:
    found = commands().match(text, state)
    assert (found.name if found else None) == meant


def test_only_key_sentences_need_less_evidence() -> None:
    assert commands().harmless("pause", "session")
    assert commands().harmless("okay hold on please", "session")
    assert not commands().harmless("hold it right there", "session")
    assert not commands().harmless("make it easier", "session")


def test_what_may_go_on_to_mean_something_else_is_not_settled() -> None:
    assert commands().settled("make it easier", "session")
    assert commands().settled("pause", "session")
    assert not commands().settled("skip to", "session")
    assert not commands().settled("the neighbours", "session")


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / "phrases" / name
    if not path.is_file():
        lacking(f"no phrases at {path}", "VOICE_COACH_REQUIRE_SHARED")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


STATES = {"getting_ready": "session", "until_done": "session"}
"""Moments of the lists that are no states of their own."""


@pytest.fixture(scope="module")
def ours() -> Commands:
    return read_commands(each.routine for each in read_library()[0])


def test_natural_phrases_are_understood(shared_speech: Path, ours: Commands) -> None:
    wrong, all_of_them = [], rows(shared_speech, "natural.tsv")
    for row in all_of_them:
        meant = ours.match(row["phrase"], STATES.get(row["state"], row["state"]))
        if (meant.name if meant else "none") != row["intent"]:
            wrong.append((row["phrase"], meant))
    assert len(wrong) <= 0.05 * len(all_of_them), wrong


def test_talk_means_nothing_in_any_state(shared_speech: Path, ours: Commands) -> None:
    talk = [row["phrase"] for row in rows(shared_speech, "talk.tsv")]
    assert [(t, s) for t in talk for s in ours.states if ours.match(t, s) is not None] == []
