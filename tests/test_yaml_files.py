"""YAML as people write it: words are text, and numbers are what they look like."""

from typing import Any

import pytest

from voice_coach.errors import RoutineError
from voice_coach.yaml_files import load


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("010", 10),
        ("-010", -10),
        ("0o10", 8),
        ("0x1F", 31),
        ("7", 7),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1:30", "1:30"),
        ("12_000", "12_000"),
        ("2026-11-26", "2026-11-26"),
        *((word, word) for word in ("On", "off", "Yes", "no", "y", "N", "NO")),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
    ],
)
def test_a_word_without_quotes(written: str, meant: Any) -> None:
    data, _ = load(f"key: {written}\n", "file.yaml", RoutineError)
    assert data == {"key": meant}
    assert type(data["key"]) is type(meant)


def test_quotes_make_text_of_anything() -> None:
    data, _ = load("key: '010'\nother: \"true\"\n", "file.yaml", RoutineError)
    assert data == {"key": "010", "other": "true"}


def test_blocks_may_be_merged() -> None:
    data, _ = load("a: &a {x: 1}\nb: {<<: *a, y: 2}\n", "file.yaml", RoutineError)
    assert data["b"] == {"x": 1, "y": 2}
