"""What goes over the wire in both directions: pictures of the session, and wishes, both as JSON.

Owns the shape of every message, and refuses what has none; must not know sockets, nor how a
wish is fulfilled.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, fields
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voice_coach.core.intents import Intent
from voice_coach.core.requests import LEAST_MORE, LONGEST_PAUSE, MOST_MORE, SHORTEST_PAUSE
from voice_coach.core.state import State
from voice_coach.core.view import seen
from voice_coach.core.written import Signs
from voice_coach.errors import shortened
from voice_coach.settings.keys import Verbosity
from voice_coach.units import to_seconds
from voice_coach.web.choices import listed
from voice_coach.web.mailbox import Mailbox, Sight, Words

LARGEST_MESSAGE: Final = 2_048
"""Bytes of a message on a socket."""
LARGEST_ROUTINE: Final = 48_000
"""Characters of a routine that is checked or saved: five times the longest that ships."""
_SCORES: Final = (*range(11), *(whole + 0.5 for whole in range(10)))
"""What may be said for pain: zero to ten, and halves."""
_SLOTS: Final = {
    "start": "routine",
    "goto": "exercise",
    "number": "value",
    "pause": "seconds",
    "more_time": "seconds",
    "done": "count",
    "unwell": "sign",
    "verbosity": "amount",
    "fit": "seconds",
    "another_voice": "name",
}
"""What may be filled into a command …"""
_ALWAYS_FILLED: Final = {"goto", "number", "verbosity"}
"""… and where it must be."""
_RANGES: Final = {
    "pause": range(SHORTEST_PAUSE, LONGEST_PAUSE + 1),
    "more_time": range(LEAST_MORE, MOST_MORE + 1),
    "done": range(1_000),
    "fit": range(30, 120 * 60 + 1),
}
_LONGEST_NAME: Final = 200
"""Characters of the name of a voice or a model; one that is installed is a file's."""
LONGEST_PREVIEW: Final = 400
"""Characters of a preview: as long as one text of a routine may be."""


class Refused(Exception):  # noqa: N818 - what is asked for is refused; nothing has failed
    """A message that is not obeyed; its text is for the page."""


class _Message(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Do(_Message):
    """A wish, as if it had been said."""

    type: Literal["do"]
    intent: Annotated[str, Field(max_length=40)]
    slots: Annotated[dict[str, str | int | float], Field(max_length=4)] = Field(
        default_factory=dict
    )


class Pair(_Message):
    """The code that a screen was given."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class Check(_Message):
    """A routine to be checked."""

    yaml: Annotated[str, Field(max_length=LARGEST_ROUTINE)]


class Save(Check):
    """A routine to be kept; only with `replace` in the place of an own one of the same name."""

    replace: bool = False


class SayThis(_Message):
    """Words to be heard: before they are part of a routine, or to hear one of the voices."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_PREVIEW)]
    voice: Annotated[str | None, Field(max_length=_LONGEST_NAME)] = None
    """Which of the voices; None is the one that speaks."""


class Choose(_Message):
    """A choice for the next session; None leaves it to the coach."""

    key: Literal["voice", "vosk_model"]
    value: Annotated[str | None, Field(max_length=_LONGEST_NAME)]


def intent_of(text: str, known: Collection[str], state: State) -> Intent:
    """Return what a message asks for; Refused if it is none of the `known` intents."""
    try:
        wish = Do.model_validate_json(text)
    except ValidationError:
        raise Refused("This message is not understood.") from None
    if wish.intent not in known:
        raise Refused("There is no such command.")
    if wish.intent == "another_voice" and (name := wish.slots.get("name")) is not None:
        check_voice(name, state)
    if not _fits(wish, state):
        raise Refused("This command does not take that.")
    return Intent(wish.intent, wish.slots)


def check_voice(name: object, state: State) -> None:
    """Look whether it is one of the voices; Refused lists those that there are."""
    if name not in state.voices:
        raise Refused(f"There is no voice '{shortened(str(name))}'. {listed(state.voices)}")


def _fits(wish: Do, state: State) -> bool:
    """Whether the slots are those that the sentences of this intent can fill."""
    if not wish.slots:
        return wish.intent not in _ALWAYS_FILLED
    buttons = state.language.catalogue.buttons
    if any((each.intent, each.slots) == (wish.intent, wish.slots) for each in buttons):
        return True
    slots = dict(wish.slots)
    if (
        wish.intent == "fit"
        and "routine" in slots
        and not _fills("start", slots.pop("routine"), state)
    ):
        return False
    return slots.keys() == {_SLOTS.get(wish.intent)} and all(
        _fills(wish.intent, value, state) for value in slots.values()
    )


def _fills(intent: str, value: str | float, state: State) -> bool:
    """Whether `value` may stand in the slot of `intent`."""
    match intent:
        case "number":
            return value in (score for score in _SCORES if type(score) is type(value))
        case "pause" | "more_time" | "done" | "fit":
            return type(value) is int and value in _RANGES[intent]
        case "start":
            spoken = (name for routine in state.routines for name in routine.spoken_names)
            return str(value).casefold() in spoken
        case _:
            return value in _known(intent, state)


def _known(intent: str, state: State) -> Collection[str]:
    """Return what may fill the slot of `intent`, as the session knows it."""
    match intent:
        case "goto":
            return {each.name for routine in state.routines for each in routine.exercises}
        case "unwell":
            return {each.name for each in fields(Signs)}
        case "another_voice":
            return state.voices
        case _:
            return set(Verbosity)


def refusal(text: str) -> str:
    """Return the message that something was refused."""
    return json.dumps({"type": "error", "text": text})


class Picture:
    """The session as pages are sent it: drawn once for all of them, when it has changed."""

    def __init__(self, sight: Sight, mailbox: Mailbox) -> None:
        self._sight = sight
        self._mailbox = mailbox
        self._drawn: tuple[Any, ...] = ()
        self._body = ""

    def changed(self) -> bool:
        """Whether the session has moved on since `draw`, apart from gauges and the clock."""
        return len(self._drawn) == 0 or any(
            new is not old for new, old in zip(self._now(), self._drawn, strict=True)
        )

    def level(self) -> int:
        """The level of the microphone, in steps that can be told apart."""
        return round(self._sight.level_db() / 2)

    def draw(self) -> None:
        """Draw it as it is now."""
        self._drawn = self._now()
        state, speaking, heard, said, notice = self._drawn
        fields: dict[str, Any] = asdict(seen(state, self._sight.position()))
        fields["said"] = said.text if said else ""
        fields["heard"] = _timed(heard)
        fields["notice"] = _timed(notice)
        fields["level_db"] = round(self._sight.level_db(), 1)
        fields["speaking"] = speaking
        self._body = json.dumps(fields, separators=(",", ":"))[1:]

    def text(self, clock: float) -> str:
        """Return the last one drawn, with the second that is heard now."""
        return f'{{"type":"state","clock":{clock:.3f},{self._body}'

    def _now(self) -> tuple[State, bool, Words | None, Words | None, Words | None]:
        sight, mailbox = self._sight, self._mailbox
        words = mailbox.latest_heard, mailbox.latest_said, mailbox.latest_notice
        return sight.state(), sight.speaking(), *words


def _timed(words: Words | None) -> dict[str, Any] | None:
    return {"text": words.text, "at": to_seconds(words.at)} if words else None
