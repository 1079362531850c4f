"""Sentences of a grammar in the pieces of a vocabulary."""

from pathlib import Path

import pytest

from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar, minimised
from voice_coach.hearing.engines.subwords import SpellingState, Subwords, Vocabulary

BYTES = [f"<{byte}>" for byte in range(256)]
WORDS = " go, Go, st,op, stop, 1,0, ten,.,?, back, g,o,o's"
PIECES = ["<unk>", "<s>", "</s>", *BYTES, *WORDS.split(",")]
VOCABULARY = Vocabulary(PIECES)
GRAMMAR = minimised(
    "few", {0: {"go": 1, "stop": 2, "ten": 2}, 1: {"back": 2}, 2: {}}, {1, 2}
)  # go, go back, stop, ten


def sentences(grammar: Grammar, longest: int = 5) -> dict[str, list[str]]:
    """Return every text that may be written, by the sentence that it stands for."""
    subwords = Subwords(grammar, VOCABULARY)
    found: dict[str, list[str]] = {}
    paths: list[tuple[SpellingState, tuple[str, ...], tuple[int, ...]]] = [
        (SpellingState(0), (), ())
    ]
    for _ in range(longest):
        longer = []
        for place, words, tokens in paths:
            onward = subwords.onward(place)
            for token, then, word in zip(
                onward.tokens.tolist(), onward.places, onward.words, strict=True
            ):
                longer.append((then, (*words, word) if word else words, (*tokens, token)))
        for place, words, tokens in longer:
            if last := subwords.onward(place).last_word:
                found.setdefault(" ".join((*words, last)), []).append(VOCABULARY.text(tokens))
        paths = longer
    return found


def test_every_spelling_of_every_sentence_and_nothing_else() -> None:
    found = sentences(GRAMMAR)
    assert set(found) == {"go", "go back", "stop", "ten"}
    assert set(found["stop"]) == {"stop", "stop.", "stop?"}
    assert found["stop"].count("stop") == 2  # in one piece, and in two
    assert set(found["ten"]) == {"ten", "ten.", "ten?", "10", "10.", "10?"}
    assert {"go", "Go", "Go."} <= set(found["go"])
    assert {"go back", "Go. back?"} <= set(found["go back"])


def test_a_piece_that_leaves_every_word_is_not_taken() -> None:
    assert not any("o's" in text for texts in sentences(GRAMMAR).values() for text in texts)


def test_there_is_one_mark_at_most() -> None:
    assert not any(".." in text or "?." in text for text in sentences(GRAMMAR)["go"])


def test_an_unfinished_word_ends_no_sentence() -> None:
    subwords = Subwords(GRAMMAR, VOCABULARY)
    assert subwords.onward(SpellingState(0, "st")).last_word is None
    assert subwords.onward(SpellingState(0, "stop")).last_word == "stop"
    assert subwords.onward(SpellingState(0)).last_word is None


def length_before(piece: bytes) -> bytes:
    quotient, rest = divmod(len(piece), 128)
    return bytes([128 + rest, quotient] if quotient else [rest]) + piece


def test_a_vocabulary_is_read_from_its_file(tmp_path: Path) -> None:
    long = "▁" + "a" * 150
    content = b"".join(length_before(text.replace(" ", "▁").encode()) for text in [*PIECES, long])
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(content)
    read = Vocabulary.read(path)
    assert read.text([259, 263]) == "go stop"
    assert read.spelled[f" {'a' * 150}"] == [len(PIECES)]
    path.write_bytes(content[:-1])
    with pytest.raises(ModelError, match=r"tokenizer\.bin is cut off"):
        Vocabulary.read(path)
