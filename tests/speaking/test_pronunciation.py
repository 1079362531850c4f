"""Words in another spelling, for the voice alone."""

import pytest

from voice_coach.speaking.pronunciation import respelled

WORDS = {"supine": "soo pine", "cat": "kat", "Cat stretch": "kat stretching", "psoas": "so ass"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Lie supine.", "Lie soo pine."),
        ("SUPINE, then psoas: psoas!", "Soo pine, then so ass: so ass!"),
        ("The cat stretch, like a cat.", "The kat stretching, like a kat."),
        ("Concatenate the cats; re-cat cat's.", "Concatenate the cats; re-kat kat's."),
        ("Nothing here.", "Nothing here."),
        ("", ""),
    ],
)
def test_whole_words_in_any_case(text: str, said: str) -> None:
    assert respelled(text, WORDS) == said
    assert respelled(text, {}) == text


def test_what_is_put_in_is_not_replaced_again() -> None:
    assert respelled("a b", {"a": "b", "b": "a"}) == "b a"


def test_a_word_is_no_pattern() -> None:
    assert respelled("no one", {"o.e": "x", "n(": "y"}) == "no one"
