"""`voice-coach understand`: what a sentence means to the coach, for authors and for bug reports.

Owns how that is shown; must not know how it is found out.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from rich.text import Text

from voice_coach.cli.console import out
from voice_coach.cli.routines_and_models import read_shelf
from voice_coach.core.intents import Intent
from voice_coach.errors import SentencesError
from voice_coach.grammar import ListeningState

LONGEST = 500
"""Characters of a line; nobody says more in one breath."""


def understand(
    texts: Annotated[
        list[str], typer.Argument(metavar="TEXT… | -", help="Sentences, or - for lines.")
    ],
    state: Annotated[
        ListeningState, typer.Option(help="What the coach is doing, or has asked for.")
    ] = ListeningState.SESSION,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each sentence.")
    ] = False,
) -> None:
    """Show what each sentence means: its intent and its slots, or none."""
    from voice_coach.library import read_commands

    commands = read_commands(shelved.routine for shelved in read_shelf())
    for text in _lines(sys.stdin) if texts == ["-"] else texts:
        if len(text) > LONGEST:
            raise SentencesError(f"A sentence has {len(text)} characters. Give {LONGEST} at most.")
        (_tell_json if as_json else _tell_line)(text, state, commands.match(text, state))


def _lines(source: Iterable[str]) -> Iterator[str]:
    try:
        yield from (line.strip() for line in source if line.strip())
    except UnicodeDecodeError:
        raise SentencesError(
            "The input is no text in UTF-8. Give one sentence on each line."
        ) from None


def _tell_json(text: str, state: ListeningState, intent: Intent | None) -> None:
    told = {
        "text": text,
        "state": str(state),
        "intent": intent.name if intent else None,
        "slots": dict(intent.slots) if intent else {},
    }
    print(json.dumps(told), flush=True)  # noqa: T201 - rich would fold long lines


def _tell_line(text: str, _: ListeningState, intent: Intent | None) -> None:
    slots = "".join(f" {name}={value}" for name, value in intent.slots.items()) if intent else ""
    meant = (intent.name, "bold") if intent else ("none", "dim")
    out.print(Text.assemble(f"{text}  →  ", meant, slots), soft_wrap=True)
