"""Which pieces of words a network may write next, so that its text stays within a grammar.

Owns the vocabulary of a network and how sentences of a grammar are spelled in it; must not
know the network, nor sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar

START: Final = 1
"""The token before every text."""
END: Final = 2
"""The token after it."""
_FIRST: Final = 3 + 256
"""The first token that is a piece of a word: after unknown, start, end, and one per byte."""

_SPACE: Final = "\u2581"
_MARKS: Final = ".,!?;:…"
_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
).split()
_SPELLINGS: Final = {word: (word, str(number)) for number, word in enumerate(_SMALL)} | {
    "thirty": ("thirty", "30"),
    "forty": ("forty", "40"),
    "fifty": ("fifty", "50"),
    "sixty": ("sixty", "60"),
    "okay": ("okay", "ok"),
    # It hardly ever writes this cry as it is spelled.
    "ouch": ("ouch", "out", "ow"),
}
"""How a transcript may write a word that is spoken in one way."""


class Vocabulary:
    """The pieces of words that a network writes, by their number."""

    def __init__(self, pieces: Sequence[str]) -> None:
        """Take the text of each token; a space in it begins a word."""
        self._pieces = tuple(pieces)
        self.spelled: dict[str, list[int]] = {}
        """Tokens by what they spell in small letters, whatever their case."""
        self.hyphens: list[int] = []
        """Tokens that join two words."""
        self.marks: list[int] = []
        """Tokens that are nothing but punctuation."""
        for token, piece in enumerate(self._pieces[_FIRST:], _FIRST):
            if piece == "-":
                self.hyphens.append(token)
            elif piece and not piece.strip(_MARKS):
                self.marks.append(token)
            elif piece.strip():
                self.spelled.setdefault(piece.lower().replace("’", "'"), []).append(token)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file in which the length of each token stands before its UTF-8 text.

        Lengths from 128 on take two bytes: 128 + the rest of a division by 128, then the
        quotient. Raises ModelError for a file that ends too early.
        """
        content, pieces, place = path.read_bytes(), [], 0
        while place < len(content):
            length = content[place]
            place += 1
            if length >= 128 and place < len(content):
                length += content[place] * 128 - 128
                place += 1
            piece = content[place : place + length]
            if len(piece) < length:
                raise ModelError(f"{path} is cut off. Install its package again.")
            pieces.append(piece.decode("utf-8", "replace").replace(_SPACE, " "))
            place += length
        return cls(pieces)

    def text(self, tokens: Sequence[int]) -> str:
        """Return what `tokens` spell, with capitals and punctuation."""
        return "".join(self._pieces[token] for token in tokens).strip()


@dataclass(frozen=True)
class SpellingState:
    """How far a text has come in a grammar."""

    state: int
    """Of the grammar, before the word that is being spelled."""
    letters: str = ""
    """What is spelled of that word."""
    joined: bool = False
    """Whether a hyphen stands before it, as in "16-ounce"."""
    marked: bool = False
    """Whether punctuation follows it, of which there is one mark at most: in noise a network
    may write dots for ever."""


@dataclass(frozen=True)
class Onward:
    """What may follow at a place."""

    tokens: NDArray[np.int64]
    """Shape (ways,)."""
    places: list[SpellingState]
    """Where each of them leads …"""
    words: list[str | None]
    """… and which word of the grammar is complete with it."""
    last_word: str | None
    """The word with which the sentence may end here, if it may."""


@dataclass
class _Ways:
    tokens: list[int] = field(default_factory=list)
    places: list[SpellingState] = field(default_factory=list)
    words: list[str | None] = field(default_factory=list)

    def add(self, tokens: Sequence[int], place: SpellingState, word: str | None = None) -> None:
        self.tokens += tokens
        self.places += [place] * len(tokens)
        self.words += [word] * len(tokens)


class Subwords:
    """A grammar, spelled in the pieces of a vocabulary."""

    def __init__(self, grammar: Grammar, vocabulary: Vocabulary) -> None:
        self.grammar = grammar
        self._vocabulary = vocabulary
        self._spellings: dict[int, dict[str, tuple[str, int]]] = {}
        self._known: dict[SpellingState, Onward] = {}
        self._beginnings: dict[tuple[int, str], tuple[list[int], list[SpellingState]]] = {}

    def onward(self, place: SpellingState) -> Onward:
        """Return every token that may follow at `place`."""
        if place not in self._known:
            self._known[place] = self._found(place)
        return self._known[place]

    def _found(self, place: SpellingState) -> Onward:
        ways = _Ways()
        spellings = self._spelled(place.state)
        if not place.letters:
            self._begin(ways, place.state, None, "" if place.joined else " ")
        for spelling in spellings:
            if place.letters and not place.marked and spelling.startswith(place.letters):
                self._spell(ways, place, spelling)
        last_word = None
        if place.letters in spellings:
            word, target = spellings[place.letters]
            last_word = word if target in self.grammar.finals else None
            if not place.marked:
                ways.add(self._vocabulary.marks, replace(place, marked=True))
                ways.add(self._vocabulary.hyphens, SpellingState(target, joined=True), word)
            self._begin(ways, target, word)
        tokens = np.array(ways.tokens, dtype=np.int64)
        return Onward(tokens, ways.places, ways.words, last_word)

    def _spelled(self, state: int) -> dict[str, tuple[str, int]]:
        """Return how each word that may come next is spelled, with the word and its target."""
        if state not in self._spellings:
            self._spellings[state] = {
                spelling: (word, target)
                for word, target in self.grammar.following.get(state, {}).items()
                for spelling in _SPELLINGS.get(word, (word,))
            }
        return self._spellings[state]

    def _begin(self, ways: _Ways, state: int, word: str | None, before: str = " ") -> None:
        """Add the pieces that begin a word in `state`, each of them once."""
        # Many words lead to the same state, so what begins there is found out once.
        tokens, places = self._beginnings.setdefault((state, before), ([], []))
        if not tokens:
            begun = {
                spelling[:length]
                for spelling in self._spelled(state)
                for length in range(1, len(spelling) + 1)
            }
            for letters in sorted(begun):
                pieces = self._vocabulary.spelled.get(before + letters, [])
                tokens += pieces
                places += [SpellingState(state, letters)] * len(pieces)
        ways.tokens += tokens
        ways.places += places
        ways.words += [word] * len(tokens)

    def _spell(self, ways: _Ways, place: SpellingState, spelling: str) -> None:
        """Add the pieces that go on with the word that is being spelled."""
        done = len(place.letters)
        for length in range(done + 1, len(spelling) + 1):
            next_place = SpellingState(place.state, spelling[:length])
            if next_place not in ways.places:
                tokens = self._vocabulary.spelled.get(spelling[done:length], [])
                ways.add(tokens, next_place)
