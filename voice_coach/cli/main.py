"""The command line: reads what the user typed, and turns errors into one line and a status.

Owns words on the terminal and exit statuses; must not know how anything is done. Heavy parts
are imported by the command that needs them, so that help and mistakes answer at once.
"""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperCommand

from voice_coach.cli.belongings import forget, move_app
from voice_coach.cli.console import guarded, out, warn
from voice_coach.cli.history import history_app, report
from voice_coach.cli.routines_and_models import (
    complete_routine,
    models_app,
    plain_table,
    read_shelf,
    routines_app,
)
from voice_coach.cli.settings import settings_app, with_settings
from voice_coach.cli.understanding import understand
from voice_coach.cli.voices import chosen_recogniser, chosen_voice, say, voices
from voice_coach.errors import NoSoundSystemError, VoiceCoachError
from voice_coach.grammar import ListeningState
from voice_coach.settings.keys import (
    DEVICES,
    ENGINES,
    KEYS,
    PREFERENCES,
    SCREEN,
    ScreenChoice,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from voice_coach.app.addressed import Attempt
    from voice_coach.app.advice import Finding
    from voice_coach.app.engines import Engine
    from voice_coach.app.happenings import Happening
    from voice_coach.app.transcribe import Found, Judged
    from voice_coach.core.intents import Commands
    from voice_coach.web.server import Screen

app = typer.Typer(
    name="voice-coach",
    help="A hands-free exercise coach: it leads, counts and listens. Nothing leaves your machine.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog="Begin with [bold]voice-coach run[/] and say “start back routine”, "
    "or with [bold]voice-coach rehearse[/] to hear a session without a microphone.",
)
app.add_typer(routines_app, name="routines")
app.add_typer(models_app, name="models")
app.add_typer(settings_app, name="settings")
app.add_typer(history_app, name="history")
app.add_typer(move_app, name="move")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        out.print(f"voice-coach {version('voice-coach')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and end."
        ),
    ] = False,
) -> None:
    pass


class _Run(TyperCommand):
    """A command with options that mean something without a value, too, such as --screen."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        whole = []
        for i, word in enumerate(args):
            whole.append(word)
            key = next((k for k in KEYS.values() if k.bare and word in k.options), None)
            if key and (i + 1 == len(args) or args[i + 1] not in key.choices):
                whole.append(str(key.bare))
        return super().parse_args(ctx, whole)


@app.command(cls=_Run)
@with_settings(
    *DEVICES,
    *ENGINES,
    *PREFERENCES,
    "phrase_cache_mb",
    *SCREEN,
    shown=(*DEVICES, "voice_name", "tempo", "verbosity", "screen"),
)
def run(
    settings: Settings,
    routine: Annotated[
        str | None,
        typer.Argument(help="Start this one at once: back.", autocompletion=complete_routine),
    ] = None,
    or_rehearse: Annotated[
        bool, typer.Option("--or-rehearse", help="Without a sound device, rehearse instead.")
    ] = False,
) -> None:
    """Coach: listens until it hears “start … routine”, then leads you through it."""
    try:
        _coach(routine, settings)
    except NoSoundSystemError as problem:
        if not or_rehearse:
            raise
        warn(f"{problem} This is a rehearsal instead.")
        _rehearse(None, Path("rehearsal.wav"), None, settings, {})


def _coach(routine: str | None, settings: Settings) -> None:
    from voice_coach.library import find, read_commands

    shelf = read_shelf()
    start = find(shelf, routine).routine.name if routine else None

    from voice_coach.app.engines import kept_phrases, make_separate_recogniser, second_best

    engines = chosen_recogniser(settings), chosen_voice(settings)
    recogniser = make_separate_recogniser(engines[0])  # it loads while the rest is read

    from voice_coach.app.live import Stage, coach_live
    from voice_coach.cli.panel import Board, Gauges
    from voice_coach.cli.screen import TerminalView
    from voice_coach.core.preferences import Preferences

    routines = tuple(shelved.routine for shelved in shelf)
    _tell_what_is_taught()
    board = Board()
    view = TerminalView(out, board) if out.is_terminal and not out.is_dumb_terminal else None
    commands = read_commands(routines)
    screen = _screen(settings, commands, engines[0])
    out.print(f"Listens with {engines[0]}, speaks with {engines[1]}.", style="dim")
    if note := second_best(engines[1]):
        warn(note)

    def ready(stage: Stage) -> None:
        out.print(f"Ready on {stage.audio}. Ctrl-C ends.", style="dim")
        invitation = tuple(screen.invitation(drawn=out.is_terminal)) if screen else ()
        for line in invitation:
            out.print(line, soft_wrap=True)
        if view:
            view.show(
                lambda: stage.coach.state,
                lambda: Gauges(
                    stage.mixer.position,
                    stage.ears.level_db,
                    stage.ears.speaking,
                    " · ".join(filter(None, (screen.footer if screen else "", "Ctrl-C ends"))),
                    invitation,
                ),
            )

    def watch(happening: "Happening") -> None:
        board.watch(happening)
        if not view:
            _print_happening(happening)

    def notice(text: str, now: int) -> None:
        board.note(text, now)
        if not view:
            warn(text)

    with view or _nothing():
        coach_live(
            routines,
            commands,
            engines,
            recogniser=recogniser,
            start=start,
            mic=settings.microphone,
            speaker=settings.speaker,
            preferences=Preferences(**settings.preferences()),
            phrases=kept_phrases(settings.phrase_cache_mb),
            watch=watch,
            notice=notice,
            ready=ready,
            screen=screen,
        )
    # Only a recording in place of the microphone ever ends by itself.
    out.print(
        f"{settings.microphone} has been heard to its end; the session ends with it.",
        soft_wrap=True,
    )


def _screen(settings: Settings, commands: "Commands", recogniser: "Engine") -> "Screen | None":
    """Return what serves the page, if it is wanted."""
    if settings.screen is ScreenChoice.OFF:
        return None
    from voice_coach.app.offers import equipment
    from voice_coach.app.spoken_names import told_apart
    from voice_coach.web.server import Screen

    offered = partial(equipment, recogniser)
    return Screen(
        settings.screen,
        settings.screen_port,
        commands.intents,
        equipment=offered,
        try_name=partial(told_apart, recogniser),
    )


def _tell_what_is_taught() -> None:
    from voice_coach.app.engines import taught_phrases

    try:
        count = len(taught_phrases())
    except VoiceCoachError as problem:
        warn(str(problem))
    else:
        if count:
            out.print(f"It has been taught your voice: {count} phrases.", style="dim")


def _nothing() -> AbstractContextManager[None]:
    return nullcontext()


def _print_happening(happening: "Happening") -> None:
    """Show one thing that was said, as a line of a script."""
    from voice_coach.app.happenings import Said, SpeechHeard, SpeechLeft
    from voice_coach.units import to_seconds

    minutes, seconds = divmod(to_seconds(happening.at), 60)
    time = (f"{int(minutes):02}:{seconds:05.2f}  ", "dim")
    match happening:
        case SpeechHeard(text=text):
            out.print(Text.assemble(time, ("you", "bold green"), f"    “{text}”"), soft_wrap=True)
        case SpeechLeft(reason=reason):
            out.print(Text.assemble(time, ("heard", "yellow"), f"  {reason}"), soft_wrap=True)
        case Said(text=text):
            out.print(Text.assemble(time, ("coach", "cyan"), f"  {text}"), soft_wrap=True)


@app.command()
@with_settings(*ENGINES, given=PREFERENCES)
def rehearse(
    settings: Settings,
    given: dict[str, Any],
    script: Annotated[
        Path | None,
        typer.Argument(help="What the user does, such as: 00:12 say 'pause'. Default: a tour."),
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.wav", help="Write the sound: coach left, room right."),
    ] = None,
    timeline: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Write all that was heard, said and done."),
    ] = None,
) -> None:
    """Perform a session without devices, faster than real time, the same at every run."""
    _rehearse(script, out_file, timeline, settings, given)


def _rehearse(
    script: Path | None,
    out_file: Path | None,
    timeline: Path | None,
    settings: Settings,
    preferences: dict[str, Any],
) -> None:
    """Rehearse with the engines of `settings`, and no more preferences than these.

    So it is the same for everybody, whatever they have chosen for themselves.
    """
    import time

    from voice_coach.app.coach import Persistence
    from voice_coach.app.engines import kept_phrases, second_best
    from voice_coach.app.rehearsal import read_script
    from voice_coach.app.rehearsal import rehearse as perform
    from voice_coach.core.preferences import Preferences
    from voice_coach.library import read_commands
    from voice_coach.resources import resource
    from voice_coach.units import to_seconds

    lines = read_script(script or resource("rehearsal.txt"))
    routines = tuple(shelved.routine for shelved in read_shelf())
    named = replace(settings, voice_name=preferences.get("voice_name"))
    engines = chosen_recogniser(settings), chosen_voice(named)
    out.print(f"Listens with {engines[0]}, speaks with {engines[1]}.", style="dim")
    if note := second_best(engines[1]):
        warn(note)
    began = time.monotonic()
    done = perform(
        lines,
        routines,
        read_commands(routines),
        engines,
        phrases=kept_phrases(settings.phrase_cache_mb),
        persistence=Persistence(Preferences(**preferences)),
        out=out_file,
        timeline=timeline,
        watch=_print_happening,
        tell=warn,
    )
    took, length = time.monotonic() - began, to_seconds(done.length)
    out.print(
        f"{length:.1f} s of session in {took:.1f} s; "
        f"{done.heard} commands heard, {done.asked} spoken.",
        style="dim",
    )
    for written in filter(None, (out_file, timeline)):
        out.print(f"Written: {written}", style="dim", soft_wrap=True)


@app.command()
@with_settings("microphone", "recogniser", "vosk_model")
def listen(
    context: typer.Context,
    settings: Settings,
    files: Annotated[list[Path] | None, typer.Argument(help="Recordings to listen to.")] = None,
    state: Annotated[
        ListeningState, typer.Option(help="What may be said.")
    ] = ListeningState.SESSION,
    sentences: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", help="Home Assistant sentences, instead of ours."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per command, times in seconds.")
    ] = False,
    explain: Annotated[
        bool, typer.Option(help="Also tell why each stretch of voice was a command or not.")
    ] = False,
) -> None:
    """Show which commands are heard in recordings, or by the microphone."""
    from voice_coach.app.transcribe import listen_to_files, listen_to_microphone
    from voice_coach.library import read_commands, read_sentences

    asked = context.get_parameter_source("microphone")
    if files and asked and asked.name == "COMMANDLINE":
        raise VoiceCoachError("listen takes recordings or --mic, not both. Leave out one.")
    if sentences:
        commands = read_sentences(sentences)
    else:
        commands = read_commands(shelved.routine for shelved in read_shelf())
    engine = chosen_recogniser(settings)
    tell = _tell_json if as_json else _tell_line
    why = (_tell_json if as_json else _explain_line) if explain else None
    if files:
        why = why or (None if as_json else _tell_left)
        silent = {str(path) for path in files}
        for found in listen_to_files(files, commands, state, engine, why):
            tell(found)
            silent.discard(found.file)
        for path in map(str, files):
            if path in silent and not as_json:
                out.print(f"{path}: no command was heard.", style="yellow", soft_wrap=True)
    else:
        _tell_what_is_taught()
        listen_to_microphone(
            settings.microphone,
            commands,
            state,
            engine,
            tell=tell,
            notice=lambda news: warn(news.text),
            explain=why,
            missed=_pass_over if as_json or explain else _tell_missed,
        )


def _pass_over(_: "Attempt") -> None:
    """What was not understood has no place where all is told of every voice, or to a program."""


def _tell_missed(attempt: "Attempt") -> None:
    out.print(Text(f"heard {attempt.reason}", "yellow"), soft_wrap=True)


def _tell_left(judged: "Judged") -> None:
    """Tell what was heard where it was no command."""
    if not judged.accepted:
        words = f"heard “{judged.heard}”" if judged.heard else "heard a voice"
        line = f"{judged.file}: {judged.start:.2f}–{judged.end:.2f} s  {words}, no command"
        out.print(Text(line, "yellow"), soft_wrap=True)


def _explain_line(judged: "Judged") -> None:
    cancelled = f"{judged.suppression_db:.0f} dB" if judged.suppression_db else "not"
    line = Text.assemble(
        f"{judged.file}: {judged.start:.2f}–{judged.end:.2f} s  ",
        ("taken: ", "green") if judged.accepted else ("left: ", "yellow"),
        judged.reason,
        (f" (probability {judged.confidence:.2f})" if judged.text else "", "dim"),
        (f"; {judged.evidence}" if judged.evidence else "", "dim"),
        (
            f"; own voice {judged.own_voice:.0%}, {judged.removed_db:.0f} dB taken out, "
            f"can be taken out: {cancelled}",
            "dim",
        ),
    )
    out.print(line, soft_wrap=True)


def _tell_json(found: "Found | Judged") -> None:
    print(json.dumps(asdict(found)), flush=True)  # noqa: T201 - rich would fold long lines


def _tell_line(found: "Found") -> None:
    slots = " ".join(f"{name}={value}" for name, value in found.slots.items())
    line = Text.assemble(
        f"{found.file}: {found.start:.2f}–{found.end:.2f} s  ",
        (f"“{found.text}”", "bold"),
        f"  {found.intent} {slots} ",
        (f"(confidence {found.confidence:.2f}, decided at {found.decided:.2f} s)", "dim"),
    )
    out.print(line, soft_wrap=True)


app.command()(understand)


@app.command()
@with_settings(*DEVICES, "voice", "voice_name")
def teach(
    settings: Settings,
    phrases: Annotated[
        int, typer.Option(min=1, max=12, help="How many phrases, the most used first.")
    ] = 12,
    show: Annotated[bool, typer.Option("--show", help="Show what it has learnt, and end.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete what it has learnt, and end.")
    ] = False,
) -> None:
    """Teach it your voice: say the most used phrases three times, in about two minutes.

    What it learns stays on this machine. Nobody else is heard worse for it.
    """
    from voice_coach.app.enrolment import Lesson, forgotten, known
    from voice_coach.app.enrolment import teach as hold

    if show or forget:
        out.print(forgotten() if forget else known(), soft_wrap=True)
        return
    from voice_coach.dictionary import read_language
    from voice_coach.library import read_commands

    commands = read_commands(shelved.routine for shelved in read_shelf())
    texts = read_language().written.enrolment
    lesson = Lesson(texts, texts.phrases[:phrases])
    out.print("Ctrl-C ends, and leaves everything as it was.", style="dim")

    def tell(text: str) -> None:
        out.print(text, style="bold cyan", soft_wrap=True)

    voice = chosen_voice(settings)
    mic, speaker = settings.microphone, settings.speaker
    if hold(commands, voice, lesson, mic=mic, speaker=speaker, tell=tell):
        out.print(f"{known()} Delete it with voice-coach teach --forget.", soft_wrap=True)


@app.command()
def devices() -> None:
    """List microphones and loudspeakers, and which are taken unless you say otherwise."""
    from voice_coach.audio.world import list_devices

    table = plain_table("", "name", "inputs", "outputs", "")
    for device in list_devices():
        taken = {"microphone": device.default_input, "loudspeaker": device.default_output}
        roles = ", ".join(role for role, is_taken in taken.items() if is_taken)
        channels = str(device.inputs), str(device.outputs)
        table.add_row(str(device.index), device.name, *channels, roles)
    out.print(table)


@app.command()
@with_settings(*DEVICES, *ENGINES, "voice_name")
def doctor(
    settings: Settings,
    hearing: Annotated[
        bool, typer.Option("--hearing", help="Ask you to speak, and measure for half a minute.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object: findings, and figures of --hearing.")
    ] = False,
) -> None:
    """Check that everything is there; with --hearing, how well you are heard, and what to do."""
    from voice_coach.app.advice import Grade, diagnosed
    from voice_coach.app.checkup import check_up, examine
    from voice_coach.dictionary import read_language
    from voice_coach.library import read_commands

    texts = read_language().written.checkup
    commands = read_commands(shelved.routine for shelved in read_shelf())
    mic, speaker = settings.microphone, settings.speaker
    figures = None
    if hearing:
        engines = chosen_recogniser(settings), chosen_voice(settings)
        tell = warn if as_json else lambda text: out.print(text, style="bold cyan")
        figures = examine(texts, commands, engines, mic=mic, speaker=speaker, tell=tell)
        findings = diagnosed(figures)
        if not as_json:
            _tell_findings(findings)
    else:
        findings = []
        choose = partial(chosen_recogniser, settings), partial(chosen_voice, settings)
        for finding in check_up(texts, commands, choose, mic=mic, speaker=speaker):
            findings.append(finding)
            if not as_json:
                _tell_findings([finding])
    well = all(finding.grade is not Grade.BAD for finding in findings)
    if as_json:
        told = {"well": well, "findings": [asdict(finding) for finding in findings]}
        told |= {"figures": asdict(figures)} if figures else {}
        print(json.dumps(told), flush=True)  # noqa: T201 - rich would fold long lines
    raise typer.Exit(0 if well else 1)


def _tell_findings(findings: "Iterable[Finding]") -> None:
    looks = {"good": ("✓", "green"), "hint": ("!", "yellow"), "bad": ("✗", "bold red")}
    for finding in findings:
        mark, style = looks[finding.grade]
        line = Text.assemble((f"{mark} ", style), (f"{finding.subject}: ", "bold"), finding.text)
        out.print(line, soft_wrap=True)


app.command()(say)
app.command()(voices)
app.command()(report)
app.command()(forget)


def main() -> None:
    """Run the command line; the entry point of `voice-coach`."""
    sys.exit(guarded(lambda: app(standalone_mode=False)))
