"""Grammars too large to be written out: what stands around sentences, and the parts on the disk."""

import json
from pathlib import Path

import pytest

from voice_coach import grammar_cache
from voice_coach.grammar import Grammar, Parts, WideGrammar, minimised
from voice_coach.grammar_cache import kept_grammars
from voice_coach.paths import grammars_path


def part(*sentences: str) -> Grammar:
    """Return a grammar of these sentences alone."""
    following: dict[int, dict[str, int]] = {0: {}}
    finals = set()
    for sentence in sentences:
        state = 0
        for word in sentence.split():
            state = following[state].setdefault(word, len(following))
            following.setdefault(state, {})
        finals.add(state)
    return minimised("part", following, finals)


def wide() -> WideGrammar:
    key = part("pause", "take a break")
    parts = Parts((key, part("rest")), (part("yes"),), part("okay"), part("please"), (key,))
    return WideGrammar("wide", parts)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("pause", True),
        ("okay pause", True),
        ("okay take a break please", True),
        ("rest please", True),
        ("yes", True),
        ("pause rest", True),  # two sentences in one breath
        ("pause yes", False),  # but an answer stands alone
        ("pause okay rest", True),
        ("okay", False),
        ("please", False),
        ("okay yes", False),
        ("yes please", False),
        ("take a", False),
        ("please pause", False),
        ("", False),
    ],
)
def test_what_may_stand_around_a_sentence(text: str, *, heard: bool) -> None:
    assert wide().accepts(text) is heard


def test_the_key_sentences_stand_alone() -> None:
    assert list(wide().plain.sentences()) == ["pause", "take a break"]
    assert list(wide().within({"pause", "rest"}).sentences()) == ["pause"]


def test_what_is_known_of_a_wide_grammar() -> None:
    grammar = wide()
    assert grammar.words == {"pause", "take", "a", "break", "rest", "yes", "okay", "please"}
    assert (grammar.longest, grammar.long) == (3, False)
    assert grammar == wide()
    assert grammar != part("pause")


def test_only_a_grammar_of_long_sentences_is_long() -> None:
    assert part("one two three four five six seven eight nine ten").long
    assert not part("one two three four five six seven eight nine").long


def test_short_words_alone_can_be_left_out() -> None:
    left = part("go", "go on", "stop it", "stopping", "stop").without_short_words(6)
    assert sorted(left.sentences()) == ["go on", "stop it", "stopping"]


def test_a_part_that_was_kept_is_read_again() -> None:
    grammars_path().unlink(missing_ok=True)  # those that all tests share
    with kept_grammars() as kept:
        assert kept == {}
        kept["digest"] = part("pause", "take a break")
    with kept_grammars() as again:
        assert again == {"digest": part("pause", "take a break")}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'["other code", []]', b"\xff"])
def test_a_damaged_file_is_as_good_as_none(content: bytes) -> None:
    grammars_path().parent.mkdir(parents=True, exist_ok=True)
    grammars_path().write_bytes(content)
    with kept_grammars() as kept:
        assert kept == {}
        kept["digest"] = part("pause")
    assert json.loads(grammars_path().read_bytes())[1][0][0] == "digest"


def test_what_other_code_made_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_grammars() as kept:
        kept["digest"] = part("pause")
    monkeypatch.setattr(grammar_cache, "_made_by", lambda: "other code")
    with kept_grammars() as kept:
        assert kept == {}


def test_a_folder_that_cannot_be_written_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("VOICE_COACH_CACHE", str(tmp_path / "file" / "cache"))
    with kept_grammars() as kept:
        kept["digest"] = part("pause")
    with kept_grammars() as kept:
        assert kept == {}
