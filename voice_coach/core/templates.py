"""Sentence templates to grammars: from hassil's expression trees to automata over words.

Owns the meaning of a template as a set of sentences; must not know which intent it serves,
in which state it may be said, or how a recogniser listens.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from hassil import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RangeSlotList,
    RuleReference,
    Sentence,
    SlotList,
    TextChunk,
    TextSlotList,
)
from hassil.numbers import get_rbnf_engine

from voice_coach.errors import SentencesError
from voice_coach.grammar import Grammar, minimised

_LARGEST_PERMUTATION = 8
_PUNCTUATION = str.maketrans("’-_", "'  ", '.,;:!?¿¡…()[]"“”')
_PIECE = re.compile(r"\s+|\d+|[^\s\d]+")


@dataclass(frozen=True)
class Template:
    """One sentence template with all that its names refer to."""

    expression: Expression
    lists: Mapping[str, SlotList]
    rules: Mapping[str, Sentence]
    language: str = "en"


def grammar(name: str, templates: Iterable[Template]) -> Grammar:
    """Return the grammar of all sentences of `templates`, deterministic and minimal.

    No sentence fills the same slot twice: a template allows that where it names a list in
    several places, and nobody says it. Raises SentencesError for names without meaning.
    """
    letters = _Letters()
    for number, template in enumerate(templates):
        letters.ends.add(_Reader(number, template, letters).add(template.expression, 0))
    return _determinised(name, letters)


def spoken(text: str, language: str = "en") -> str:
    """Return `text` as it is said: lower case, digits as words, no punctuation but apostrophes."""
    return " ".join("".join(_pieces(text, language)).split())


def _pieces(text: str, language: str) -> Iterator[str]:
    """Split `text` into single spaces and runs of letters."""
    for piece in _PIECE.findall(text.casefold().translate(_PUNCTUATION)):
        if piece.isdecimal():
            yield from _pieces(_number_words(int(piece), language), language)
        else:
            yield " " if piece.isspace() else piece


def _number_words(number: float, language: str) -> str:
    texts = get_rbnf_engine(language).format_number(number).text_by_ruleset
    return texts.get("spellout-cardinal", next(iter(texts.values())))


_Slot: TypeAlias = tuple[int, str]
"""A slot of one template: (number of the template, name)."""


@dataclass(frozen=True)
class _Place:
    """How far a sentence has come, and which of its repeatable slots are filled."""

    state: int
    filled: frozenset[_Slot] = frozenset()


class _Letters:
    """An automaton over characters, since words may be made of several pieces ("light[s]").

    An arc carries a single space, letters, or "" for nothing said.
    """

    def __init__(self) -> None:
        self.arcs: list[list[tuple[str, int]]] = [[]]
        self.fills: dict[int, _Slot] = {}
        """Slots that may be filled once in a sentence, by the state that fills them."""
        self.ends: set[int] = set()

    def text(self, pieces: Iterable[str], source: int) -> int:
        for piece in pieces:
            source = self._arc(piece, [source])
        return source

    def join(self, sources: Iterable[int]) -> int:
        return self._arc("", sources)

    def _arc(self, piece: str, sources: Iterable[int]) -> int:
        self.arcs.append([])
        target = len(self.arcs) - 1
        for source in sources:
            self.arcs[source].append((piece, target))
        return target

    def onward(self, place: _Place) -> Iterator[tuple[str, _Place]]:
        """Yield each piece that may follow `place`, with the place behind it."""
        for piece, target in self.arcs[place.state]:
            slot = self.fills.get(target)
            if slot is None:
                yield piece, _Place(target, place.filled)
            elif slot not in place.filled:
                yield piece, _Place(target, place.filled | {slot})


@dataclass
class _Reader:
    """Adds the sentences of one template to the letters."""

    number: int
    template: Template
    letters: _Letters
    _inside: list[str] = field(default_factory=list)
    _repeatable: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        counts = Counter(self._slots(self.template.expression))
        self._repeatable = frozenset(slot for slot, count in counts.items() if count > 1)

    def add(self, part: Expression, source: int) -> int:
        """Lead from `source` through every way to say `part`; return the state behind it."""
        match part:
            case TextChunk():
                return self._text(part.text, source)
            case Alternative():
                return self.letters.join([self.add(item, source) for item in part.items])
            case Permutation():
                return self._any_order(part, source)
            case Group():
                for item in part.items:
                    source = self.add(item, source)
                return source
            case ListReference():
                return self._list(part, source)
            case RuleReference():
                return self._rule(part, source)
        raise SentencesError(f"{part!r} is no part of a template that can be listened for")

    def _text(self, text: str, source: int) -> int:
        return self.letters.text(_pieces(text, self.template.language), source)

    def _any_order(self, part: Permutation, source: int) -> int:
        count = len(part.items)
        if count > _LARGEST_PERMUTATION:
            raise SentencesError(f"{count} parts in any order are more than {_LARGEST_PERMUTATION}")
        # One state for each set of items already said, so that n items need 2^n states, not n!.
        arriving: dict[int, list[int]] = {0: [source]}
        reached = source
        for said in range(1 << count):
            reached = self.letters.join(arriving[said])
            for index, item in enumerate(part.items):
                if not said >> index & 1:
                    behind = self.add(item, reached)
                    arriving.setdefault(said | 1 << index, []).append(behind)
        return reached

    def _list(self, part: ListReference, source: int) -> int:
        entered = self.letters.join([source])
        if part.slot_name in self._repeatable:
            self.letters.fills[entered] = (self.number, part.slot_name)
        bounds = part.get_inline_range()
        if bounds:
            ways = self._range(RangeSlotList(None, *bounds), entered)
        else:
            ways = self._values(part.list_name, entered)
        return self.letters.join(ways)

    def _values(self, name: str, source: int) -> list[int]:
        values = self.template.lists.get(name)
        if isinstance(values, RangeSlotList):
            return self._range(values, source)
        if isinstance(values, TextSlotList):
            return [self.add(value.text_in, source) for value in values.values]
        raise SentencesError(f"the list '{name}' has no values to listen for")

    def _range(self, values: RangeSlotList, source: int) -> list[int]:
        language = values.words_language or self.template.language
        says = (_number_words(number, language) for number in values.get_numbers())
        return [self._text(words, source) for words in says]

    def _rule(self, part: RuleReference, source: int) -> int:
        if part.rule_name in self._inside:
            raise SentencesError(f"the rule '{part.rule_name}' contains itself")
        self._inside.append(part.rule_name)
        behind = self.add(self._body(part), source)
        self._inside.pop()
        return behind

    def _body(self, part: RuleReference) -> Expression:
        if part.rule_name not in self.template.rules:
            raise SentencesError(f"there is no rule named '{part.rule_name}'")
        return self.template.rules[part.rule_name].expression

    def _slots(self, part: Expression, depth: int = 0) -> Iterable[str]:
        if isinstance(part, ListReference):
            yield part.slot_name
        elif isinstance(part, Group):
            for item in part.items:
                yield from self._slots(item, depth)
        elif isinstance(part, RuleReference) and depth < 24:
            yield from self._slots(self._body(part), depth + 1)


def _determinised(name: str, letters: _Letters) -> Grammar:
    first = _before_words(letters, {_Place(0)})
    numbers = {first: 0}
    pending = [first]
    following: dict[int, dict[str, int]] = {}
    finals = set()
    for number, group in enumerate(pending):
        if any(place.state in letters.ends for place in group):
            finals.add(number)
        for word, reached in sorted(_next_words(letters, group).items()):
            target = _before_words(letters, reached)
            if target not in numbers:
                numbers[target] = len(numbers)
                pending.append(target)
            following.setdefault(number, {})[word] = numbers[target]
    return minimised(name, following, finals)


def _before_words(letters: _Letters, group: Iterable[_Place]) -> frozenset[_Place]:
    """Return every place that is reached from `group` before another word begins."""
    seen = set(group)
    pending = list(seen)
    for place in pending:
        for piece, behind in letters.onward(place):
            if not piece.strip() and behind not in seen:
                seen.add(behind)
                pending.append(behind)
    return frozenset(seen)


def _next_words(letters: _Letters, group: Iterable[_Place]) -> dict[str, set[_Place]]:
    """Return each word that may come next, with the places behind it."""
    words: dict[str, set[_Place]] = {}
    pending = [
        (piece, behind)
        for place in group
        for piece, behind in letters.onward(place)
        if piece.strip()
    ]
    seen = set(pending)
    for word, place in pending:
        if place.state in letters.ends:
            words.setdefault(word, set()).add(place)
        for piece, behind in letters.onward(place):
            if piece == " ":
                words.setdefault(word, set()).add(behind)
            elif (word + piece, behind) not in seen:
                seen.add((word + piece, behind))
                pending.append((word + piece, behind))
    return words
