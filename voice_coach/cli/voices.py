"""Voices on the command line: `voice-coach say` and `voice-coach voices`, and what they speak with.

Owns which engines the settings mean, and how the list of voices looks; must not know how a voice
is made.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from voice_coach.cli.console import FAULT, complain, out, warn
from voice_coach.cli.routines_and_models import plain_table
from voice_coach.cli.settings import located, with_settings
from voice_coach.settings.keys import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voice_coach.app.engines import Engine


def chosen_recogniser(settings: Settings) -> "Engine":
    """Return what listens; ModelError, with its place in the file, for what is not there."""
    from voice_coach.app.engines import choose_recogniser

    with located("vosk_model", settings.vosk_model):
        return choose_recogniser(settings.recogniser, settings.vosk_model)


def chosen_voice(settings: Settings) -> "Engine":
    """Return what speaks; ModelError, with its place in the file, for what is not there."""
    from voice_coach.app.engines import choose_voice

    with located("voice_name", settings.voice_name):
        return choose_voice(settings.voice, settings.voice_name)


@with_settings("speaker", "voice", "voice_name")
def say(
    settings: Settings,
    text: Annotated[str, typer.Argument(help="What to say.")],
    out_file: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.wav", help="Write it instead of speaking it."),
    ] = None,
) -> None:
    """Say something in the coach's voice."""
    voice = chosen_voice(settings)

    from voice_coach.app.engines import second_best
    from voice_coach.app.live import speak

    if note := second_best(voice):
        warn(note)
    speak(text, voice, out_file or settings.speaker, tell=warn)


@with_settings("speaker", "voice", "voice_name")
def voices(
    settings: Settings,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help="These alone.")
    ] = None,
    play: Annotated[bool, typer.Option("--play", help="Hear each of them.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per voice, the best first.")
    ] = False,
) -> None:
    """List the voices on this machine, and which one speaks; with --play, hear them."""
    from voice_coach.app.engines import choose_voice, every_voice
    from voice_coach.settings.keys import VoiceChoice

    there = every_voice()
    if names:
        there = {each: choose_voice(VoiceChoice.AUTO, each) for each in names}
    speaks = chosen_voice(settings)
    if as_json:
        _tell_json(there, speaks)
    elif not play:
        _tell_table(there, speaks)
    if play:
        _play(there, settings.speaker, quiet=as_json)


def _tell_json(there: "Mapping[str, Engine]", speaks: "Engine") -> None:
    from voice_coach.app.offers import about, why

    for name, engine in there.items():
        reason = why(speaks) if engine == speaks else None
        told: dict[str, Any] = {"name": name, "engine": str(engine.kind), "about": about(engine)}
        told |= {"speaks": engine == speaks, "why": reason}
        print(json.dumps(told), flush=True)  # noqa: T201 - rich would fold long lines


def _tell_table(there: "Mapping[str, Engine]", speaks: "Engine") -> None:
    from voice_coach.app.offers import about, why

    table = plain_table("name", "engine", "", "what it is")
    for name, engine in there.items():
        mark = Text("speaks" if engine == speaks else "", "green")
        table.add_row(name, str(engine.kind), mark, about(engine))
    out.print(table)
    out.print(f"{speaks.name} speaks: {why(speaks)}.", style="dim", soft_wrap=True)
    advice = "Hear them: voice-coach voices --play. Choose one: --voice-name NAME, or the settings."
    out.print(f"{advice} More: voice-coach models list.", style="dim", soft_wrap=True)


def _play(there: "Mapping[str, Engine]", speaker: str | None, *, quiet: bool) -> None:
    from voice_coach.app.live import audition
    from voice_coach.dictionary import read_language

    def tell(name: str) -> None:
        if not quiet:
            out.print(f"{name} ({there[name].kind})", soft_wrap=True)

    sample = read_language().texts.voice_sample
    if audition(sample, there, speaker, tell=tell, complain=complain):
        raise typer.Exit(FAULT)
