"""What may be said, as a graph of words: pure data that the core makes and recognisers read.

A grammar is a deterministic finite automaton over words. Recognisers turn it into
their own form; none of them needs to know where it came from.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

_Arcs = dict[int, dict[str, int]]


class ListeningState(StrEnum):
    """Groups of commands that may be heard, each of which has a grammar."""

    IDLE = "idle"
    """No routine runs."""
    SESSION = "session"
    NUMBER = "number"
    """A number was asked for; a wrong one does no harm, for it is read back."""
    CONFIRM = "confirm"
    """A yes or no was asked for."""


@dataclass(frozen=True)
class Grammar:
    """Every sentence that may be recognised, as paths from state 0 to a final state."""

    name: str
    """For people and caches, such as "session"."""
    arcs: tuple[tuple[int, int, str], ...]
    """(from state, to state, lower-case word); deterministic, no empty words, start state 0."""
    finals: frozenset[int]
    """States in which a sentence may end."""

    @property
    def words(self) -> frozenset[str]:
        """All words that occur in some sentence."""
        return frozenset(word for _, _, word in self.arcs)

    @cached_property
    def following(self) -> dict[int, dict[str, int]]:
        """For each state that has arcs: word → next state."""
        following: _Arcs = {}
        for source, target, word in self.arcs:
            following.setdefault(source, {})[word] = target
        return following

    @cached_property
    def longest(self) -> int:
        """The number of words of the longest sentence."""
        words = dict.fromkeys(_children_first(self.following), 0)
        for state in words:
            onward = self.following.get(state, {}).values()
            words[state] = max((1 + words[target] for target in onward), default=0)
        return words.get(0, 0)

    def accepts(self, text: str) -> bool:
        """Whether the words of `text` are one whole sentence."""
        state: int | None = 0
        words = text.split()
        for word in words:
            state = self.following.get(state, {}).get(word) if state is not None else None
        return bool(words) and state in self.finals

    def sentences(self) -> Iterator[str]:
        """Every sentence, shortest path first; may be endless work for a large grammar."""
        return self._onward(0, ())

    def continued(self, text: str) -> Iterator[str]:
        """Every sentence that begins with the words of `text`, itself among them."""
        words = tuple(text.split())
        state: int | None = 0
        for word in words:
            state = self.following.get(state, {}).get(word) if state is not None else None
        return iter(()) if state is None else self._onward(state, words)

    def _onward(self, start: int, begun: tuple[str, ...]) -> Iterator[str]:
        frontier = [(start, begun)]
        while frontier:
            longer: list[tuple[int, tuple[str, ...]]] = []
            for state, said in frontier:
                if said and state in self.finals:
                    yield " ".join(said)
                followers = self.following.get(state, {})
                longer += [(target, (*said, word)) for word, target in followers.items()]
            frontier = longer

    def within(self, words: Collection[str]) -> "Grammar":
        """Return the grammar of those sentences that use nothing but `words`, minimised."""
        kept: _Arcs = {}
        for source, target, word in self.arcs:
            if word in words:
                kept.setdefault(source, {})[word] = target
        return minimised(self.name, kept, self.finals)


def minimised(name: str, following: dict[int, dict[str, int]], finals: Collection[int]) -> Grammar:
    """Return the smallest grammar with the sentences of a deterministic automaton without loops.

    `following` maps state → word → next state, from state 0. States are numbered by their
    first visit in the order of the words, so equal sets of sentences give equal grammars.
    """
    merged: dict[tuple[bool, tuple[tuple[str, int], ...]], int] = {}
    representative: dict[int, int] = {}
    for state in _children_first(following):
        ends = state in finals and state != 0
        onward = ((w, representative[t]) for w, t in sorted(following.get(state, {}).items()))
        # A state from which no sentence can end is dropped by giving it the number -1.
        alive = tuple((word, target) for word, target in onward if target >= 0)
        same = merged.setdefault((ends, alive), len(merged)) if ends or alive else -1
        representative[state] = same
    arcs_of = {number: alive for (_, alive), number in merged.items()}
    ends_of = {number for (ends, _), number in merged.items() if ends}
    return _numbered(name, representative[0], arcs_of, ends_of)


def _children_first(following: _Arcs) -> list[int]:
    order: list[int] = []
    seen: set[int] = set()
    pending: list[tuple[int, bool]] = [(0, False)]
    while pending:
        state, expanded = pending.pop()
        if expanded:
            order.append(state)
        elif state not in seen:
            seen.add(state)
            pending.append((state, True))
            pending += [(target, False) for target in following.get(state, {}).values()]
    return order


def _numbered(
    name: str, start: int, arcs_of: dict[int, tuple[tuple[str, int], ...]], ends: set[int]
) -> Grammar:
    numbers = {start: 0}
    pending = [start]
    arcs: list[tuple[int, int, str]] = []
    for state in pending:
        for word, target in arcs_of.get(state, ()):
            if target not in numbers:
                numbers[target] = len(numbers)
                pending.append(target)
            arcs.append((numbers[state], numbers[target], word))
    return Grammar(name, tuple(arcs), frozenset(numbers[s] for s in ends if s in numbers))
