"""From what was said to what was meant: intents of sentence templates, grouped by state.

Owns which commands may be heard when, and their slots; must not know what a session does
with an intent, nor how sound became text.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, Self, cast

import hassil
from hassil import IntentData, Intents, RecognizeResult, Sentence, SlotList, TextSlotList

from voice_coach.core.templates import Template, grammar, spoken
from voice_coach.errors import SentencesError, nearest
from voice_coach.grammar import Grammar, ListeningState

_SHOWN_VALUES: Final = 3
_BLANK: Final = "blank"
"""Stands for what fills a list, in the sentences around it."""


@dataclass(frozen=True)
class Intent:
    """What somebody wants: a name from the template file, and what they filled in."""

    name: str
    slots: Mapping[str, str | float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class _Block:
    """Sentences of one intent that may be heard in the same states."""

    intent: str
    data: IntentData
    states: frozenset[str]
    example: str | None
    harmless: bool


class Commands:
    """Everything that may be said, by state."""

    def __init__(self, intents: Intents, blocks: tuple[_Block, ...]) -> None:
        self._intents = intents
        self._blocks = blocks
        self._grammars: dict[str, Grammar] = {}
        self._settled: dict[tuple[str, str], bool] = {}
        self._frames: dict[str, tuple[tuple[str, str], ...]] = {}
        self._harmless = frozenset(block.intent for block in blocks if block.harmless)

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        lists: Mapping[str, Mapping[str, str]] | None = None,
        source: str = "sentence templates",
    ) -> Self:
        """Read the content of a Home Assistant sentence template file.

        `lists` fills or replaces lists of the file: list name → spoken phrase → value.
        A block without `metadata: {states: […]}` belongs to every state. `source` names the
        file in messages. Raises SentencesError, saying where and what.
        """
        try:
            intents = _parsed(data)
            for name, values in (lists or {}).items():
                pairs = ((spoken(said, intents.language), out) for said, out in values.items())
                intents.slot_lists[name] = TextSlotList.from_tuples(
                    pairs, allow_template=False, name=name
                )
            blocks = tuple(_blocks(intents))
            commands = cls(intents, blocks)
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
        """Return what `text` means in `state`, or None if it is no whole sentence there."""
        said = spoken(text, self._intents.language)
        results = iter(hassil.recognize_all(said, self._within(state), default_response=None))
        best = next(results, None)
        if best is None:
            return None
        if best.entities:  # of "back" and "my back", "start my back" means the longer one
            name = best.intent.name
            best = max(chain([best], (r for r in results if r.intent.name == name)), key=_named)
        return Intent(best.intent.name, _slots(best))

    def grammar(self, state: str) -> Grammar:
        """Return all that may be heard in `state`; the same object each time."""
        if state not in self._grammars:
            self._grammars[state] = grammar(state, self._templates(_known(state)))
        return self._grammars[state]

    def harmless(self, text: str, state: str) -> bool:
        """Whether obeying `text` by mistake does little harm, and missing it much."""
        intent = self.match(text, state)
        return intent is not None and intent.name in self._harmless

    def settled(self, text: str, state: str) -> bool:
        """Whether `text` is a sentence and means the same however it may go on."""
        if (text, state) not in self._settled:
            meaning = self.match(text, state)
            longer = self.grammar(state).continued(text)
            self._settled[text, state] = meaning is not None and all(
                self.match(sentence, state) == meaning for sentence in longer
            )
        return self._settled[text, state]

    def examples(self, state: str) -> tuple[str, ...]:
        """Return one sentence to offer for each kind of command of `state`, in file order.

        A list in it is replaced by its first few values: "start back or breathing routine".
        """
        return tuple(
            self._filled(block.example)
            for block in self._blocks
            if block.example and _known(state) in block.states
        )

    def filled(self, slot: str, phrase: str) -> Iterator[tuple[str, str]]:
        """Yield each sentence in which `phrase` fills the list `slot`, with each of its states."""
        said = spoken(phrase, self._intents.language)
        for frame, state in self._framed(slot):
            yield frame.replace(_BLANK, said), state

    def _framed(self, slot: str) -> tuple[tuple[str, str], ...]:
        """Return the sentences around `slot`, with a blank in its place, and their states."""
        if slot not in self._frames:
            blank = {slot: TextSlotList.from_strings([_BLANK], allow_template=False, name=slot)}
            self._frames[slot] = tuple(
                (sentence, state)
                for block in self._blocks
                if any(f"{{{slot}" in text or "<" in text for text in block.data.sentence_texts)
                for sentence in grammar(slot, self._templates_of(block, blank)).sentences()
                if _BLANK in sentence.split()
                for state in sorted(block.states)
            )
        return self._frames[slot]

    def _within(self, state: str) -> Intents:
        heard: dict[str, hassil.intents.Intent] = {}
        for block in self._blocks:
            if _known(state) in block.states:
                intent = heard.setdefault(block.intent, hassil.intents.Intent(block.intent))
                intent.data.append(block.data)
        return Intents(
            self._intents.language,
            heard,
            self._intents.slot_lists,
            self._intents.expansion_rules,
            self._intents.skip_words,
            self._intents.settings,
        )

    def _templates(self, state: str) -> Iterator[Template]:
        for block in self._blocks:
            if state in block.states:
                yield from self._templates_of(block)

    def _templates_of(
        self, block: _Block, instead: Mapping[str, SlotList] = MappingProxyType({})
    ) -> Iterator[Template]:
        lists = {**self._intents.slot_lists, **block.data.slot_lists, **instead}
        rules = {**self._intents.expansion_rules, **block.data.expansion_rules}
        for sentence in _sentences(block):
            yield Template(sentence.expression, lists, rules, self._intents.language)

    def _check(self) -> None:
        """Read every template once, so that its mistakes come out before anybody speaks."""
        for block in self._blocks:
            try:
                grammar(block.intent, self._templates_of(block))
            except SentencesError as error:
                raise SentencesError(f"intent '{block.intent}': {error}") from None

    def _filled(self, example: str) -> str:
        for name, values in self._intents.slot_lists.items():
            if f"{{{name}}}" in example and isinstance(values, TextSlotList):
                texts = [getattr(v.text_in, "text", "") for v in values.values[:_SHOWN_VALUES]]
                example = example.replace(f"{{{name}}}", " or ".join(filter(None, texts)))
        return " ".join(example.split())


def _known(state: str) -> str:
    if state not in tuple(ListeningState):
        raise SentencesError(f"There is no state '{state}'.{nearest(state, ListeningState)}")
    return state


def _parsed(data: Mapping[str, Any]) -> Intents:
    """Return hassil's reading of a file, with its many kinds of failure made one."""
    if not isinstance(data, Mapping) or not isinstance(data.get("intents"), Mapping):
        raise SentencesError("there is no table named 'intents'")
    for name, intent in data["intents"].items():
        _check_intent(name, intent)
    try:
        return Intents.from_dict({"language": "en", **data})
    except Exception as error:  # hassil checks nothing: it fails as it happens to fail
        raise SentencesError(
            f"no valid sentence templates ({error or type(error).__name__})"
        ) from error


def _check_intent(name: object, intent: object) -> None:
    if not isinstance(name, str):
        raise SentencesError(f"intent '{name}': the name must be text; put it in quotes")
    data = intent.get("data") if isinstance(intent, Mapping) else None
    if not isinstance(data, list) or not data:
        raise SentencesError(f"intent '{name}': expected 'data' with a list of sentences")
    for block in data:
        sentences = block.get("sentences") if isinstance(block, Mapping) else None
        if not isinstance(sentences, list) or not all(isinstance(s, str) for s in sentences):
            raise SentencesError(f"intent '{name}': expected 'sentences' with a list of texts")


def _blocks(intents: Intents) -> Iterator[_Block]:
    for name, intent in intents.intents.items():
        for data in intent.data:
            metadata = data.metadata or {}
            states = metadata.get("states", ListeningState)
            for state in states:
                if state not in tuple(ListeningState):
                    hint = nearest(str(state), ListeningState)
                    raise SentencesError(f"intent '{name}': there is no state '{state}'.{hint}")
            harmless = metadata.get("harmless") is True
            yield _Block(name, data, frozenset(states), metadata.get("example"), harmless)


def _sentences(block: _Block) -> list[Sentence]:
    for text in block.data.sentence_texts:
        try:
            hassil.parse_sentence(text)
        except Exception as error:  # assertions and lookups, too, are how its parser fails
            raise SentencesError(f"cannot read the sentence '{text}'") from error
    return block.data.sentences


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
