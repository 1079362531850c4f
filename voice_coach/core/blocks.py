"""The form of a file of sentences: blocks of templates, and what may stand around them.

Owns what such a file may hold, and says what is wrong with it; must not know how a sentence is
matched, nor what a session does with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import hassil
from hassil import IntentData, Intents, Sentence

from voice_coach.errors import SentencesError, nearest
from voice_coach.grammar import ListeningState

_OURS: Final = ("around", "urgent", "nameless")
"""Tables of the file that hassil does not know."""


@dataclass(frozen=True)
class Surroundings:
    """What may stand before and after a core, as templates."""

    opening: str
    closing: str


@dataclass(frozen=True)
class SentenceBlock:
    """Sentences of one intent that may be heard in the same states."""

    intent: str
    data: IntentData
    states: frozenset[str]
    example: str | None
    harmless: bool
    bare: bool
    """Whether it is heard without anything around it."""
    written: bool
    """Whether it can be read only: it has room for words that nobody knows."""

    @property
    def of_lists(self) -> bool:
        """Whether what is said fills a slot of it."""
        return any("{" in text for text in self.data.sentence_texts)

    def heard_in(self, state: str) -> bool:
        """Whether it may be heard in `state`; in a pause, all of a session may."""
        return state in self.states or (
            state == ListeningState.PAUSED and ListeningState.SESSION in self.states
        )


def known(state: str) -> str:
    """Return `state` if it is one; SentencesError names the nearest."""
    if state not in tuple(ListeningState):
        raise SentencesError(f"There is no state '{state}'.{nearest(state, ListeningState)}")
    return state


def parsed(data: Mapping[str, Any]) -> Intents:
    """Return hassil's reading of a file, with its many kinds of failure made one."""
    if not isinstance(data, Mapping) or not isinstance(data.get("intents"), Mapping):
        raise SentencesError("there is no table named 'intents'")
    for name, intent in data["intents"].items():
        _check_intent(name, intent)
    try:
        known = {name: part for name, part in data.items() if name not in _OURS}
        return Intents.from_dict({"language": "en", **known})
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


def blocks_of(intents: Intents) -> Iterator[SentenceBlock]:
    """Yield every block of a file, in its order."""
    for name, intent in intents.intents.items():
        for data in intent.data:
            metadata = data.metadata or {}
            states = metadata.get("states", ListeningState)
            for state in states:
                if state not in tuple(ListeningState):
                    hint = nearest(str(state), ListeningState)
                    raise SentencesError(f"intent '{name}': there is no state '{state}'.{hint}")
            harmless = metadata.get("harmless") is True
            bare, written = metadata.get("bare") is True, metadata.get("written") is True
            yield SentenceBlock(
                name, data, frozenset(states), metadata.get("example"), harmless, bare, written
            )


def names_in(data: Mapping[str, Any], table: str) -> tuple[str, ...]:
    """Return the words that stand in a table of a file, none where it has no such table."""
    return tuple(str(word) for word in data.get(table, ()))


def arounds(data: Mapping[str, Any]) -> dict[str, Surroundings]:
    """Return what may stand around sentences, by state."""
    return {
        known(state): Surroundings(str(each.get("opening", "")), str(each.get("closing", "")))
        for each in data.get("around", ())
        for state in each.get("states", ListeningState)
    }


def sentences_of(block: SentenceBlock) -> list[Sentence]:
    """Return what hassil makes of the templates of a block; SentencesError names a bad one."""
    for text in block.data.sentence_texts:
        try:
            hassil.parse_sentence(text)
        except Exception as error:  # assertions and lookups, too, are how its parser fails
            raise SentencesError(f"cannot read the sentence '{text}'") from error
    return block.data.sentences
