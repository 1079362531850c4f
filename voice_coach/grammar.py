"""What may be said, as a graph of words: pure data that the core makes and recognisers read.

A grammar is a deterministic finite automaton over words. Recognisers turn it into
their own form; none of them needs to know where it came from.
"""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, TypeAlias

_Arcs: TypeAlias = dict[int, dict[str, int]]
_LONG: Final = 10
"""Words from which on people stop for thought in the middle of a sentence."""


class ListeningState(StrEnum):
    """Groups of commands that may be heard, each of which has a grammar."""

    IDLE = "idle"
    """No routine runs."""
    SESSION = "session"
    """A routine is running."""
    PAUSED = "paused"
    """A routine is paused: some words mean "go on" that mean something else while it runs."""
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
    finals: Set[int]
    """States in which a sentence may end."""

    def __hash__(self) -> int:
        return hash((self.name, len(self.arcs)))  # a few of one name at most: equality decides

    @property
    def plain(self) -> "Grammar":
        """What an engine listens for that needs all states at once."""
        return self

    @property
    def words(self) -> frozenset[str]:
        """All words that occur in some sentence."""
        return frozenset(word for _, _, word in self.arcs)

    @cached_property
    def following(self) -> Mapping[int, Mapping[str, int]]:
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

    @property
    def long(self) -> bool:
        """Whether its sentences are so long that people stop for thought in the middle of one."""
        return self.longest >= _LONG

    def accepts(self, text: str) -> bool:
        """Whether the words of `text` are one whole sentence."""
        return bool(text.split()) and self.after(text) in self.finals

    def after(self, text: str) -> int | None:
        """Return the state behind the words of `text`; None where no sentence begins so."""
        state: int | None = 0
        for word in text.split():
            state = self.following.get(state, {}).get(word) if state is not None else None
        return state

    def goes_on(self, text: str) -> bool:
        """Whether a sentence begins with the words of `text` and is longer."""
        state = self.after(text)
        return state is not None and bool(self.following.get(state))

    def sentences(self) -> Iterator[str]:
        """Every sentence, shortest path first; may be endless work for a large grammar."""
        return self._onward(0, ())

    def continued(self, text: str) -> Iterator[str]:
        """Every sentence that begins with the words of `text`, itself among them."""
        state = self.after(text)
        return iter(()) if state is None else self._onward(state, tuple(text.split()))

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

    def without_short_words(self, letters: int) -> "Grammar":
        """Return it without the sentences of one word that has fewer letters than that."""
        alone = max(self.following, default=0) + max(self.finals, default=0) + 1
        arcs: list[tuple[int, int, str]] = []
        copied: set[int] = set()
        for source, target, word in self.arcs:
            short = source == 0 and len(word) < letters and target in self.finals
            arcs.append((source, alone + target if short else target, word))
            copied |= {target} if short else set()
        arcs += [(alone + source, to, word) for source, to, word in self.arcs if source in copied]
        return Grammar(self.name, tuple(arcs), self.finals)

    def within(self, words: Collection[str]) -> "Grammar":
        """Return the grammar of those sentences that use nothing but `words`, minimised."""
        kept: _Arcs = {}
        for source, target, word in self.arcs:
            if word in words:
                kept.setdefault(source, {})[word] = target
        return minimised(self.name, kept, self.finals)


@dataclass(frozen=True)
class Parts:
    """What a wide grammar is put together from."""

    cores: tuple[Grammar, ...]
    """Sentences that may have something around them."""
    bare: tuple[Grammar, ...] = ()
    """Sentences that stand alone."""
    opening: Grammar | None = None
    """What may stand before a core …"""
    closing: Grammar | None = None
    """… and after it."""
    key: tuple[Grammar, ...] = ()
    """Those of the sentences that are said most, each word for word."""
    several: bool = True
    """Whether one sentence may follow another in the same breath."""


class WideGrammar(Grammar):
    """A grammar of so many sentences that its states are worked out as they are asked for.

    "Okay, can you … please" around thousands of sentences is a million paths, of which a search
    looks at a few hundred.
    """

    def __init__(self, name: str, parts: Parts) -> None:
        object.__setattr__(self, "parts", parts)
        super().__init__(name, (), _Finals(self))

    parts: Parts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WideGrammar):
            return NotImplemented
        return self is other or (self.name, self.parts) == (other.name, other.parts)

    def __hash__(self) -> int:
        return hash((self.name, len(self.parts.cores)))

    def __reduce__(self) -> tuple[type["WideGrammar"], tuple[str, Parts]]:
        return WideGrammar, (self.name, self.parts)

    @cached_property
    def plain(self) -> Grammar:
        """The key sentences, with nothing around them."""
        alone = WideGrammar(self.name, Parts((), self.parts.key, several=False))
        following: _Arcs = {}
        pending = [0]
        for state in pending:  # grows
            following[state] = dict(alone.following.get(state, {}))
            pending += [
                each
                for each in following[state].values()
                if each not in following and each not in pending
            ]
        return minimised(self.name, following, {each for each in following if each in alone.finals})

    @cached_property
    def words(self) -> frozenset[str]:
        """All words that occur in some sentence."""
        around = [each for each in (self.parts.opening, self.parts.closing) if each]
        return frozenset[str]().union(
            *(each.words for each in (*self.parts.cores, *self.parts.bare, *around))
        )

    @cached_property
    def following(self) -> Mapping[int, Mapping[str, int]]:
        """For each state that has been reached: word → next state."""
        return _Following(self.parts)

    @cached_property
    def longest(self) -> int:
        """The number of words of the longest sentence, without what is around it."""
        return max((each.longest for each in (*self.parts.cores, *self.parts.bare)), default=0)

    @property
    def long(self) -> bool:
        """Few of them are."""
        return False

    def within(self, words: Collection[str]) -> Grammar:
        """Return the grammar of the key sentences that use nothing but `words`, minimised."""
        return self.plain.within(words)


_Place: TypeAlias = tuple[Grammar, int]
"""How far a sentence has come in one part."""


class _Following(dict[int, Mapping[str, int]]):
    """The states of a wide grammar, each a set of places, made when it is asked for."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._opening = (parts.opening,) if parts.opening else ()
        first = [(each, 0) for each in (*parts.bare, *self._opening)]
        self._places: list[tuple[_Place, ...]] = []
        self._numbers: dict[frozenset[tuple[int, int]], int] = {}
        self._cores = {id(each) for each in parts.cores}
        self._first = [*first, *((each, 0) for each in parts.cores)]
        self._number(self._first)
        self._again = [place for place in self._first if place[0] not in parts.bare]

    def get(self, state: int, default: Any = None) -> Any:
        """Return word → next state."""
        if state not in self:
            if not 0 <= state < len(self._places):
                return default
            self[state] = self._onward(self._places[state])
        return self[state] or default

    def ends(self, state: int) -> bool:
        """Whether a sentence may end in `state`."""
        return any(self._over(part, place) for part, place in self._places[state])

    def _onward(self, places: Iterable[_Place]) -> dict[str, int]:
        reached: dict[str, list[_Place]] = {}
        for part, state in places:
            for word, target in part.following.get(state, {}).items():
                reached.setdefault(word, []).append((part, target))
        return {word: self._number(self._entered(places)) for word, places in reached.items()}

    def _entered(self, places: list[_Place]) -> Iterable[_Place]:
        """Yield `places`, and where the next part begins where one may be over."""
        yield from places
        if any(part is self._parts.opening and state in part.finals for part, state in places):
            yield from ((each, 0) for each in self._parts.cores)
        if self._parts.several and any(
            part not in self._parts.bare and self._over(part, state) for part, state in places
        ):
            yield from self._again
        closing = self._parts.closing
        if closing and any(
            id(part) in self._cores and state in part.finals for part, state in places
        ):
            yield closing, 0

    def _over(self, part: Grammar, state: int) -> bool:
        """Whether a sentence may be over in this place."""
        return part is not self._parts.opening and state in part.finals

    def _number(self, places: Iterable[_Place]) -> int:
        kept = tuple({(id(part), state): (part, state) for part, state in places}.values())
        key = frozenset((id(part), state) for part, state in kept)
        if key not in self._numbers:
            self._numbers[key] = len(self._places)
            self._places.append(kept)
        return self._numbers[key]


class _Finals(Set[int]):
    """The states of a wide grammar in which a sentence may end."""

    def __init__(self, grammar: WideGrammar) -> None:
        self._grammar = grammar

    def __contains__(self, state: object) -> bool:
        following = self._grammar.following
        assert isinstance(following, _Following)  # noqa: S101 - a wide one has no other
        return isinstance(state, int) and following.ends(state)

    def __iter__(self) -> Iterator[int]:
        raise TypeError("the states of a wide grammar are not known before they are asked for")

    def __len__(self) -> int:
        raise TypeError("the states of a wide grammar are not known before they are asked for")


def minimised(name: str, following: dict[int, dict[str, int]], finals: Container[int]) -> Grammar:
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


def _children_first(following: Mapping[int, Mapping[str, int]]) -> list[int]:
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
