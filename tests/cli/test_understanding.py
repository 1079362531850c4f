"""`voice-coach understand`: what a sentence means, on the terminal and for programs."""

import io
import json

import pytest

from voice_coach.cli import console, main


def coach(*arguments: str) -> int:
    """Run a command in this process; return the exit status."""
    return console.guarded(lambda: main.app(list(arguments), standalone_mode=False))


def test_each_sentence_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert coach("understand", "Okay, next one please.", "can we skip the small talk") == 0
    assert capsys.readouterr().out.splitlines() == [
        "Okay, next one please.  →  next",
        "can we skip the small talk  →  none",
    ]


def test_slots_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert coach("understand", "pause for two minutes", "go to the cat stretch") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("→  pause seconds=120")
    assert second.endswith("→  goto exercise=Cat stretch")


def test_an_object_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert coach("understand", "--state", "number", "--json", "two or three", "hello") == 0
    known, unknown = map(json.loads, capsys.readouterr().out.splitlines())
    assert known == {
        "text": "two or three",
        "state": "number",
        "intent": "number",
        "slots": {"value": 2.5},
    }
    assert (unknown["intent"], unknown["slots"]) == (None, {})


def test_lines_are_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("take a break\n\nI feel dizzy\n"))
    assert coach("understand", "-") == 0
    assert capsys.readouterr().out.splitlines() == [
        "take a break  →  pause",
        "I feel dizzy  →  unwell sign=dizzy",
    ]


def test_a_book_is_no_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert coach("understand", "no " * 400) == 2
    assert "Give 500 at most." in capsys.readouterr().err


def test_a_state_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert coach("understand", "--state", "asleep", "stop") == 2
    assert "'asleep' is not one of" in " ".join(capsys.readouterr().err.split())
