"""What may be said, as a graph of words: pure data that the core makes and recognisers read.

A grammar is a deterministic finite automaton over words. Recognisers turn it into
their own form; none of them needs to know where it came from.
"""

from collections.abc import Iterator
from dataclasses import dataclass


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

    def sentences(self) -> Iterator[str]:
        """Every sentence, shortest path first; may be endless work for a large grammar."""
        following: dict[int, list[tuple[int, str]]] = {}
        for source, target, word in self.arcs:
            following.setdefault(source, []).append((target, word))
        frontier: list[tuple[int, tuple[str, ...]]] = [(0, ())]
        while frontier:
            longer: list[tuple[int, tuple[str, ...]]] = []
            for state, said in frontier:
                if said and state in self.finals:
                    yield " ".join(said)
                longer += [(target, (*said, word)) for target, word in following.get(state, [])]
            frontier = longer
