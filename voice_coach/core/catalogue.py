"""Where the commands are offered: aloud, on the terminal, as keys and as buttons of a page.

Owns what is offered in which place and order; must not know how any of it is drawn, nor what a
command does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

LEADING: Final = "leading"
"""The moment that stands for every mode of a session without hints of its own."""


@dataclass(frozen=True)
class Help:
    """Commands to offer when somebody asks what they can say."""

    leading: tuple[str, ...]
    paused: tuple[str, ...]
    idle: tuple[str, ...]


@dataclass(frozen=True)
class KeyBinding:
    """A command on the keyboard; of two with one key, that which makes sense now is meant."""

    intent: str
    press: str
    """One character, in lower case."""
    words: str


@dataclass(frozen=True)
class Button:
    """A command to touch; those with one place take turns there."""

    intent: str
    slots: Mapping[str, str | float]
    label: str
    row: Literal["main", "more"]
    place: int


@dataclass(frozen=True)
class Catalogue:
    """Every command in all places where it is offered."""

    help: Help
    hints: Mapping[str, tuple[str, ...]]
    """By the name of a mode, or LEADING: what may be said then."""
    keys: tuple[KeyBinding, ...]
    """In the order of the sentence file."""
    buttons: tuple[Button, ...]
    """Row by row, by place."""

    def hint(self, mode: str) -> tuple[str, ...]:
        """Return the commands to show in `mode`, which are not all that are heard."""
        return self.hints.get(mode, self.hints.get(LEADING, ()))
