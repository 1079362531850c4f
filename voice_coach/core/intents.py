"""From what was said to what was meant: intents of sentence templates, grouped by state.

Owns which commands may be heard when, and their slots; must not know what a session does
with an intent, nor how sound became text.

A sentence has a core, which means something, and words around it, which mean nothing: "okay, can
you … please". The templates of the intents are cores; what may stand around them is written once.
"""

import hashlib
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)
from dataclasses import dataclass, field
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, Final, Self, cast

import hassil
from hassil import (
    Intents,
    RecognizeResult,
    SlotList,
    TextSlotList,
)

from voice_coach.core.blocks import (
    SentenceBlock,
    Surroundings,
    arounds,
    blocks_of,
    known,
    names_in,
    parsed,
    sentences_of,
)
from voice_coach.core.likeness import meant_by
from voice_coach.core.templates import Template, grammar, spoken
from voice_coach.errors import SentencesError
from voice_coach.grammar import Grammar, ListeningState, Parts, WideGrammar

_SHOWN_VALUES: Final = 3
_BLANK: Final = "blank"
"""Stands for what fills a list, in the sentences around it."""
_ALONE: Final = 6
"""Letters of a word that is heard where nothing else is said, unless it is a key word."""
_WRITTEN: Final = "written"
_UNKNOWN: Final = "unknown"
_ROUTINE: Final = "routine"
_NAME: Final = 4
"""Words of a name at most: what is longer is talk."""
_FEW: Final = 100
"""So many ways to go on are looked at; where there are more, a sentence may go on."""


@dataclass(frozen=True)
class Intent:
    """What somebody wants: a name from the template file, and what they filled in."""

    name: str
    slots: Mapping[str, str | float] = field(default_factory=lambda: MappingProxyType({}))


class Commands:
    """Everything that may be said, by state."""

    def __init__(
        self,
        intents: Intents,
        blocks: tuple[SentenceBlock, ...],
        *,
        around: Mapping[str, Surroundings],
        urgent: Sequence[str] = (),
        nameless: Collection[str] = (),
        kept: MutableMapping[str, Grammar] | None = None,
    ) -> None:
        self._intents = intents
        self._blocks = blocks
        self._around = around
        self._kept = {} if kept is None else kept
        self._rules = " ".join(
            f"{name}: {rule.text}" for name, rule in sorted(intents.expansion_rules.items())
        )
        self._grammars: dict[str, Grammar] = {}
        self._parts_made: dict[str, Grammar] = {}
        self._meant: dict[tuple[str, str], Intent | None] = {}
        self._settled: dict[tuple[str, str], bool] = {}
        self._recognised: dict[str, Intents] = {}
        self._frames: dict[str, tuple[tuple[Grammar, str], ...]] = {}
        self._urgent = urgent
        self.nameless = frozenset(nameless)
        """Words that are no part of any name."""
        self._harmless = frozenset(block.intent for block in blocks if block.harmless)
        self._bare = frozenset(block.intent for block in blocks if block.bare)

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        lists: Mapping[str, Mapping[str, str]] | None = None,
        source: str = "sentence templates",
        kept: MutableMapping[str, Grammar] | None = None,
    ) -> Self:
        """Read the content of a Home Assistant sentence template file.

        `lists` fills or replaces lists of the file: list name → spoken phrase → value.
        A block without `metadata: {states: […]}` belongs to every state. A table `around` may name
        what stands around sentences. `source` names the file in messages. `kept` holds grammars
        that were made before, by a digest of what they were made of, and takes new ones. Raises
        SentencesError, saying where and what.
        """
        try:
            intents = parsed(data)
            for name, values in (lists or {}).items():
                pairs = ((spoken(said, intents.language), out) for said, out in values.items())
                intents.slot_lists[name] = TextSlotList.from_tuples(
                    pairs, allow_template=False, name=name
                )
            blocks = tuple(blocks_of(intents))
            urgent, nameless = names_in(data, "urgent"), names_in(data, "nameless")
            commands = cls(
                intents,
                blocks,
                around=arounds(data),
                urgent=urgent,
                nameless=nameless,
                kept=kept,
            )
            commands._check()
        except SentencesError as error:
            raise SentencesError(f"{source}: {error}. Correct the template.") from None
        return commands

    @property
    def states(self) -> tuple[ListeningState, ...]:
        """All states, each of which has a grammar."""
        return tuple(ListeningState)

    @property
    def intents(self) -> frozenset[str]:
        """The names of all intents."""
        return frozenset(block.intent for block in self._blocks)

    def match(self, text: str, state: str) -> Intent | None:
        """Return what `text` means in `state`, or None if it is no whole sentence there.

        Of two sentences in one breath ("I'm struggling, make it easier") the more urgent one is
        meant, else the last; where one of them means nothing, all of it does.
        """
        return self._meant_by(spoken(text, self._intents.language), known(state))

    def _meant_by(self, said: str, state: str) -> Intent | None:
        if (said, state) not in self._meant:
            meanings = (self._meaning(core, state) for core in self._cores(said, state))
            self._meant[said, state] = (
                next(filter(None, meanings), None)
                or self._both(said, state)
                or self._unknown(said, state)
            )
        return self._meant[said, state]

    def _both(self, said: str, state: str) -> Intent | None:
        """Return what is meant by two sentences that follow each other."""
        words = said.split()
        for cut in range(1, len(words)):
            first = self._meant_by(" ".join(words[:cut]), state)
            if first and (second := self._meant_by(" ".join(words[cut:]), state)):
                if first != second and {first.name, second.name} & self._bare:
                    # Of "no I don't … stop", nobody must be taken to have said "stop"; nor is
                    # "three four" the last of two numbers.
                    continue
                return min(second, first, key=self._rank)
        return None

    def _unknown(self, said: str, state: str) -> Intent | None:
        """Return what is meant by a sentence with a name in it that nobody knows."""
        words = said.split()
        begins = (i for i in range(len(words)) if i == 0 or self._opens(words[:i], state))
        for begin in begins:
            intent = self._meaning(" ".join(words[begin:]), f"{state} {_WRITTEN}")
            if intent and all(len(str(v).split()) <= _NAME for v in intent.slots.values()):
                return self._misspelt(intent)
        return None

    def _misspelt(self, intent: Intent) -> Intent:
        """Return `intent` with the name that its unknown one sounds like, if just one does."""
        said = str(intent.slots.get(_UNKNOWN, "")).split()
        name = " ".join(word for word in said if word not in self.nameless)
        meant = meant_by(name, self._names)
        return Intent(intent.name, {_ROUTINE: meant}) if meant else intent

    @property
    def _names(self) -> dict[str, str]:
        """The names of routines as they are said, and as they are written."""
        listed = self._intents.slot_lists.get(_ROUTINE)
        values = listed.values if isinstance(listed, TextSlotList) else ()
        return {getattr(v.text_in, "text", ""): str(v.value_out) for v in values}

    def _opens(self, words: Sequence[str], state: str) -> bool:
        return self._opening(state).accepts(" ".join(words))

    def _rank(self, intent: Intent) -> int:
        order = self._urgent
        return order.index(intent.name) if intent.name in order else len(order)

    def grammar(self, state: str) -> Grammar:
        """Return all that may be heard in `state`; the same object each time."""
        if state not in self._grammars:
            self._grammars[state] = (
                WideGrammar(state, self._parts(state))
                if known(state) in self._around
                else grammar(state, (t for b in self._heard(state) for t in self._templates_of(b)))
            )
        return self._grammars[state]

    def harmless(self, text: str, state: str) -> bool:
        """Whether obeying `text` by mistake does little harm, and missing it much.

        That goes for the key sentences; those beside them need as much evidence as any.
        """
        return any(block.harmless for block in self._key_blocks(text, state))

    def key(self, text: str, state: str) -> bool:
        """Whether `text` is one of the sentences that are said most, whatever is around it."""
        return any(True for _ in self._key_blocks(text, state))

    def _key_blocks(self, text: str, state: str) -> Iterator[SentenceBlock]:
        intent = self.match(text, state)
        for core in self._cores(spoken(text, self._intents.language), state) if intent else ():
            for block in self._heard(state):
                named = intent and block.intent == intent.name
                if named and block.example and self._of(block).accepts(core):
                    yield block

    def settled(self, text: str, state: str) -> bool:
        """Whether `text` is a sentence and means the same however it may go on.

        A harmless one is settled too where it may go on to ask for something else: who says
        "wait, I need longer" is not harmed by a pause.
        """
        if (text, state) not in self._settled:
            meaning = self.match(text, state)
            self._settled[text, state] = meaning is not None and self._stays(text, state, meaning)
        return self._settled[text, state]

    def _stays(self, text: str, state: str, meaning: Intent) -> bool:
        cores = self._cores(text, state)
        core = next((c for c in cores if self._meaning(c, state) == meaning), None)
        if core is None:
            return False
        harmless = meaning.name in self._harmless
        if core == text and not harmless and self._opening(state).goes_on(text):
            return False
        for block in self._heard(state):
            made = self._of(block)
            if not made.goes_on(core):
                continue
            if block.intent != meaning.name:
                if not harmless or block.harmless:
                    return False
            elif not harmless and (block.of_lists or dict(block.data.slots) != meaning.slots):
                ways = list(islice(made.continued(core), _FEW))
                if len(ways) == _FEW or any(self._meaning(w, state) != meaning for w in ways):
                    return False
        return True

    def examples(self, state: str) -> tuple[str, ...]:
        """Return one sentence to offer for each kind of command of `state`, in file order.

        A list in it is replaced by its first few values: "start back or breathing routine".
        """
        return tuple(
            self._filled(block.example)
            for block in self._blocks
            if block.example and block.heard_in(known(state))
        )

    def taken_over(self, slot: str, phrase: str) -> Iterator[str]:
        """Yield each key sentence that would be heard where `phrase` fills the list `slot`.

        Such a sentence has `phrase` in the place of the list, and may be longer.
        """
        said = spoken(phrase, self._intents.language).split()
        for frames, state in self._framed(slot):
            plain = self.grammar(state).plain
            ways: list[tuple[int, str]] = [(0, "")]
            for place, begun in ways:  # grows
                if place in frames.finals:
                    yield from plain.continued(begun)
                for word, following in frames.following.get(place, {}).items():
                    longer = " ".join([*begun.split(), *(said if word == _BLANK else [word])])
                    if plain.after(longer) is not None:
                        ways.append((following, longer))

    def _framed(self, slot: str) -> tuple[tuple[Grammar, str], ...]:
        """Return the sentences around `slot`, with a blank in its place, and their states."""
        if slot not in self._frames:
            blank = {slot: TextSlotList.from_strings([_BLANK], allow_template=False, name=slot)}
            self._frames[slot] = tuple(
                (grammar(slot, self._templates_of(block, blank)), state)
                for block in self._blocks
                if not block.written
                if any(f"{{{slot}" in text for text in block.data.sentence_texts)
                for state in sorted(block.states)
            )
        return self._frames[slot]

    def _heard(self, state: str) -> list[SentenceBlock]:
        """Return the blocks of `state`; those that were written for it come first."""
        heard = [each for each in self._blocks if each.heard_in(state) and not each.written]
        return sorted(heard, key=lambda block: state not in block.states)

    def _cores(self, said: str, state: str) -> Iterator[str]:
        """Yield what of `said` may be a core, the longest first."""
        bare = any(self._of(block).accepts(said) for block in self._heard(state))
        if bare:
            yield said
        if state not in self._around:
            return
        words = said.split()
        opening, closing = self._opening(state), self._closing(state)
        begins = [0, *(i for i in range(1, len(words)) if opening.accepts(" ".join(words[:i])))]
        ends = [
            len(words),
            *(i for i in range(1, len(words)) if closing.accepts(" ".join(words[i:]))),
        ]
        pairs = sorted(((e - b, b, e) for b in begins for e in ends if b < e), reverse=True)
        wrapped = [self._of(block) for block in self._heard(state) if not block.bare]
        for length, begin, end in pairs:
            core = " ".join(words[begin:end])
            if length < len(words) and any(made.accepts(core) for made in wrapped):
                yield core

    def _meaning(self, core: str, state: str) -> Intent | None:
        results = iter(hassil.recognize_all(core, self._within(state), default_response=None))
        best = next(results, None)
        if best is None:
            return None
        if best.entities:  # of "back" and "my back", "start my back" means the longer one
            name = best.intent.name
            best = max(chain([best], (r for r in results if r.intent.name == name)), key=_named)
        return Intent(best.intent.name, _slots(best))

    def _within(self, state: str) -> Intents:
        if state not in self._recognised:
            heard: dict[str, hassil.intents.Intent] = {}
            wanted, _, written = state.partition(" ")
            blocks = self._heard(wanted)
            if written:
                blocks = [b for b in self._blocks if b.written and b.heard_in(wanted)]
            for number, block in enumerate(blocks):
                # One for each block, so that their order is that of the file.
                heard[f"{number}"] = hassil.intents.Intent(block.intent, [block.data])
            self._recognised[state] = Intents(
                self._intents.language,
                heard,
                self._intents.slot_lists,
                self._intents.expansion_rules,
                self._intents.skip_words,
                self._intents.settings,
            )
        return self._recognised[state]

    def _parts(self, state: str) -> Parts:
        heard = self._heard(state)
        return Parts(
            cores=tuple(self._by_ear(block) for block in heard if not block.bare),
            bare=tuple(self._by_ear(block) for block in heard if block.bare),
            opening=self._opening(state),
            closing=self._closing(state),
            key=tuple(self._of(block) for block in heard if block.example),
        )

    def _opening(self, state: str) -> Grammar:
        return self._side(self._around[state].opening if state in self._around else "")

    def _closing(self, state: str) -> Grammar:
        return self._side(self._around[state].closing if state in self._around else "")

    def _side(self, text: str) -> Grammar:
        return self._made(text, lambda: self._templates([text] if text else []))

    def _by_ear(self, block: SentenceBlock) -> Grammar:
        """Return what is heard of `block`: a short word alone sounds like many others."""
        return self._of(block) if block.example else self._of(block).without_short_words(_ALONE)

    def _of(self, block: SentenceBlock) -> Grammar:
        data = block.data
        written = f"{data.sentence_texts} {data.slot_lists} {data.expansion_rules}"
        return self._made(written, lambda: self._templates_of(block))

    def _made(self, written: str, templates: Callable[[], Iterator[Template]]) -> Grammar:
        """Return the grammar of `templates`, made anew only where what is `written` has changed."""
        if written not in self._parts_made:
            lists = self._intents.slot_lists
            named = [repr(lists[name]) for name in sorted(lists) if "{" + name in written]
            whole = "\n".join([written, *named, self._rules])
            key = hashlib.sha256(whole.encode()).hexdigest()
            if key not in self._kept:
                self._kept[key] = grammar("part", templates())
            self._parts_made[written] = self._kept[key]
        return self._parts_made[written]

    def _templates(self, texts: Iterable[str]) -> Iterator[Template]:
        for text in texts:
            yield Template(
                hassil.parse_sentence(text).expression,
                self._intents.slot_lists,
                self._intents.expansion_rules,
                self._intents.language,
            )

    def _templates_of(
        self, block: SentenceBlock, instead: Mapping[str, SlotList] = MappingProxyType({})
    ) -> Iterator[Template]:
        lists = {**self._intents.slot_lists, **block.data.slot_lists, **instead}
        rules = {**self._intents.expansion_rules, **block.data.expansion_rules}
        for sentence in sentences_of(block):
            yield Template(sentence.expression, lists, rules, self._intents.language)

    def _check(self) -> None:
        """Read every template once, so that its mistakes come out before anybody speaks."""
        for block in self._blocks:
            try:
                if not block.written:
                    self._of(block)
            except SentencesError as error:
                raise SentencesError(f"intent '{block.intent}': {error}") from None

    def _filled(self, example: str) -> str:
        for name, values in self._intents.slot_lists.items():
            if f"{{{name}}}" in example and isinstance(values, TextSlotList):
                texts = [getattr(v.text_in, "text", "") for v in values.values[:_SHOWN_VALUES]]
                example = example.replace(f"{{{name}}}", " or ".join(filter(None, texts)))
        return " ".join(example.split())


def _named(result: RecognizeResult) -> int:
    """Return how much of a sentence is the names in it, in characters."""
    return sum(len(entity.text_clean) for entity in result.entities.values())


def _slots(result: RecognizeResult) -> Mapping[str, str | float]:
    found = {name: _whole(entity.value) for name, entity in result.entities.items()}
    return MappingProxyType({**result.intent_data.slots, **found})


def _whole(value: Any) -> str | float:
    # hassil makes a number of digits a float, and the same number of words an integer.
    return (
        int(value)
        if isinstance(value, float) and value.is_integer()
        else cast("str | float", value)
    )
