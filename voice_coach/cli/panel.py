"""The session as seen in a terminal: one panel, drawn anew from the state several times a second.

Owns colours and layout; must not change anything that it shows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from voice_coach.app.happenings import Happening, Said, SpeechHeard, SpeechLeft
from voice_coach.core.cues import CueKind
from voice_coach.core.routine import Breath
from voice_coach.core.state import Mode, State
from voice_coach.core.view import View, seen
from voice_coach.units import Samples, to_samples, to_seconds

REFRESHES_PER_SECOND = 8
NOTICE_STAYS = to_samples(20)
"""How long a notice is shown at least."""
WIDTH = 72
_METER = 30
_MOST_DOTS = 10

_BREATHS = {
    Breath.INHALE: Text("▲ breathe in", "bold cyan"),
    Breath.EXHALE: Text("▼ breathe out", "bold blue"),
    Breath.NATURAL: Text("breathe normally", "dim"),
    Breath.DEEP: Text("breathe deeply", "cyan"),
    Breath.HOLD: Text("hold your breath", "yellow"),
}
_COLOURS = {
    Mode.PAUSED: "yellow",
    Mode.CONFIRMING_STOP: "yellow",
    Mode.HURTING: "red",
    Mode.EXERCISING: "green",
}


@dataclass
class Board:
    """The latest words of both sides, kept for the panel."""

    heard: str = ""
    said: str = ""
    notice: str = ""
    noticed: Samples = 0
    missed: str = ""
    """What was heard and not understood, since something was."""

    def note(self, text: str, now: Samples) -> None:
        """Show that something is wrong and yet no error."""
        self.notice, self.noticed = text, now

    def watch(self, happening: Happening) -> None:
        """Take note of what was heard and said."""
        match happening:
            case SpeechHeard(at=at, text=text):
                self.heard, self.missed = text, ""
                # Whatever was wrong with the microphone is over, and there was time to read it.
                if at >= self.noticed + NOTICE_STAYS:
                    self.notice = ""
            case SpeechLeft(reason=reason):
                self.missed = reason
            case Said(text=text):
                self.said = text


@dataclass
class Gauges:
    """What changes from moment to moment."""

    now: Samples = 0
    level_db: float = -90.0
    speaking: bool = False
    footer: str = field(default="")


def panel(state: State, board: Board, gauges: Gauges, width: int = WIDTH) -> Panel:
    """Draw the session, `width` columns wide and no wider than WIDTH."""
    width = min(width, WIDTH)
    title = f"{state.plan.routine.name} routine" if state.plan else "Voice Coach"
    return Panel(
        Group(*_lines(state, board, gauges, inner=max(1, width - 6))),
        title=f"[bold]{title}[/]",
        subtitle=f"[dim]{gauges.footer}[/]" if gauges.footer else None,
        border_style=_COLOURS.get(state.mode, "cyan"),
        padding=(1, 2) if width == WIDTH else (0, 1),
        width=width,
    )


def _lines(state: State, board: Board, gauges: Gauges, inner: int) -> Iterator[RenderableType]:
    view = seen(state, gauges.now)
    if view.routine is None:
        names = [routine.spoken for routine in view.routines] or ["…"]
        yield Text(f"Listening. Say “start {names[0]} routine”.", "bold")
        yield Text(f"Routines: {', '.join(names)}", "dim")
    else:
        yield from _exercise(state, view, gauges.now, inner)
    yield Text()
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", justify="right")
    rows.add_column(overflow="fold")
    rows.add_row("coach", Text(board.said, "italic"))
    rows.add_row("heard", _heard(board))
    meter = _meter(gauges, max(5, min(_METER, inner - 25)))
    rows.add_row("mic", Text("not listening", "yellow") if state.muted else meter)
    rows.add_row("say", Text(" · ".join(state.language.catalogue.hint(state.mode)), "dim"))
    if board.notice:
        rows.add_row("note", Text(board.notice, "yellow"))
    yield rows


def _heard(board: Board) -> Text:
    """The last words that were understood, or those after them that were not."""
    if board.missed:
        return Text(board.missed, "yellow")
    return Text(f"“{board.heard}”" if board.heard else "–", "bold")


def _exercise(state: State, view: View, now: Samples, inner: int) -> Iterator[RenderableType]:
    assert view.routine  # noqa: S101 - the caller has looked
    assert view.exercise  # noqa: S101 - there is one where there is a routine
    head = Table.grid(expand=True)
    head.add_column()
    head.add_column(justify="right")
    name = Text(view.exercise.name, "bold")
    if view.side:
        name.append(f" · {view.side} side", "bold magenta")
    mode = Text(view.mode, f"bold {_COLOURS.get(state.mode, 'cyan')}")
    place = f"exercise {view.exercise.index + 1} of {len(view.routine.exercises)}"
    head.add_row(name, Text(place))
    head.add_row(mode, _repetitions(view.repetition or 0, view.repetitions or 0))
    yield head
    yield Text()
    yield _countdown(state, now, max(5, inner - 8))
    breathing = state.cue.kind is CueKind.MOVE
    yield _BREATHS[state.breath] if breathing else Text()
    following = f"next: {view.next.lower()}" if view.next else "the last exercise"
    left = state.language.duration(to_samples(view.left))
    yield Text(f"{following} · about {left} left", "dim")


def _repetitions(done: int, of: int) -> Text:
    if not done or of < 2:
        return Text()
    dots = "● " * done + "○ " * (of - done) if of <= _MOST_DOTS else ""
    return Text(f"{dots}{done} of {of}")


def _countdown(state: State, now: Samples, bar: int) -> Text:
    """The time that is counted, as a bar that fills."""
    whole, left = state.cue.count, state.count_left(now)
    if state.cue.kind in (CueKind.WELCOME, CueKind.INTRODUCE) or whole == 0:
        return Text("listen …", "dim")
    share = 1 - min(1.0, left / whole)
    colour = _COLOURS.get(state.mode, "cyan")
    filled = _filled("█", "░", round(share * bar), bar, colour)
    return filled.append(f"  {to_seconds(left):.0f} s", "bold")


def _meter(gauges: Gauges, bar: int) -> Text:
    """The microphone's level, from -60 to 0 dB of full scale."""
    colour = "green" if gauges.level_db < -3 else "red"
    meter = _filled("▮", "·", round((gauges.level_db + 60) / 60 * bar), bar, colour)
    return meter.append("  listening to you" if gauges.speaking else "", "green")


def _filled(full: str, empty: str, done: int, of: int, colour: str) -> Text:
    done = max(0, min(of, done))
    return Text(full * done, colour).append(empty * (of - done), "dim")


class TerminalView:
    """Keeps the panel on the screen while a session runs; restores the terminal at its end."""

    def __init__(self, console: Console, board: Board) -> None:
        self._console = console
        self._board = board
        self._state: Callable[[], State] | None = None
        self._gauges: Callable[[], Gauges] = Gauges
        self._live = Live(
            console=console,
            get_renderable=self._panel,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=False,
        )

    def show(self, state: Callable[[], State], gauges: Callable[[], Gauges]) -> None:
        """Draw from these sources from now on."""
        self._state, self._gauges = state, gauges

    def _panel(self) -> RenderableType:
        if self._state is None:
            return Text()
        return panel(self._state(), self._board, self._gauges(), self._console.width)

    def __enter__(self) -> "TerminalView":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
