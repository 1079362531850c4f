"""What is written into a terminal: read by a terminal of the test's own, byte by byte."""

import re
from dataclasses import dataclass, field, replace
from io import StringIO

import pytest
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.tools.language import ENGLISH
from voice_coach.cli.panel import Board, Gauges, panel
from voice_coach.cli.screen import REFRESHES_PER_SECOND, TerminalView, changes
from voice_coach.core.cues import CueKind
from voice_coach.core.plan import make_plan
from voice_coach.core.routine import Breath
from voice_coach.core.state import Mode, State
from voice_coach.library import read_routine
from voice_coach.resources import resource
from voice_coach.units import to_samples

_CODE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|([^\x1b])", re.DOTALL)


@dataclass
class Window:
    """A terminal that knows what the coach writes: places, colours, and two screens."""

    width: int
    height: int
    row: int = 0
    column: int = 0
    rows: list[list[str]] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Take what was written."""
        for numbers, code, character in _CODE.findall(text):
            match code:
                case "H":
                    row, column = (int(each) for each in (numbers or "1;1").split(";"))
                    self.row, self.column = row - 1, column - 1
                case "J":
                    self.rows = [[" "] * self.width for _ in range(self.height)]
                case "":
                    self.rows[self.row][self.column] = character
                    self.column += 1

    @property
    def lines(self) -> list[str]:
        """What it shows."""
        return ["".join(row).rstrip() for row in self.rows]


def holding(seconds: float = 0) -> State:
    """Stand in a hold of the back routine, so many seconds of it gone."""
    routine = read_routine(resource("routines") / "back.yaml")
    plan = make_plan(routine, ENGLISH)
    index = next(
        i
        for i, cue in enumerate(plan.cues)
        if cue.exercise == 3 and cue.kind is CueKind.MOVE and cue.may_extend
    )
    cue = plan.cues[index]
    state = State((routine,), ENGLISH, Mode.EXERCISING, plan, index, left=cue.count)
    return replace(state, ends=cue.count - to_samples(seconds))


def test_what_is_written_adds_up_to_the_panel() -> None:
    file = StringIO()
    console = Console(file=file, force_terminal=True, width=80, height=24, legacy_windows=False)
    window, board = Window(80, 24), Board()
    view = TerminalView(console, board)
    for step in range(40):
        board.said = "Hold it." if step > 10 else "Lift your chest, and look ahead."
        board.heard = "日本 pause" if step == 20 else "slower"
        state, gauges = holding(), Gauges(to_samples(step / 4), -60.0 + step, footer="Ctrl-C ends")
        if step == 20:
            continue
        view._draw(state, gauges)
        window.write(file.getvalue())
        file.seek(0)
        file.truncate()
        expected = [line.plain.rstrip() for line in panel(state, board, gauges, 79, 24)]
        assert window.lines == expected


def test_a_window_of_another_size_is_written_anew() -> None:
    file = StringIO()
    console = Console(file=file, force_terminal=True, width=100, height=40, legacy_windows=False)
    view = TerminalView(console, Board())
    view._draw(holding(), Gauges())
    console.size = console.size._replace(width=60, height=20)
    file.seek(0)
    file.truncate()
    view._draw(holding(), Gauges())
    window = Window(60, 20)
    window.write(file.getvalue())
    assert window.lines == [
        line.plain.rstrip() for line in panel(holding(), Board(), Gauges(), 59, 20)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 48)])
@pytest.mark.parametrize("led", [True, False])
def test_eight_minutes_are_less_than_a_megabyte(width: int, height: int, led: bool) -> None:
    """With a voice that goes on, and the breath led all the time, or not at all."""
    file = StringIO()
    console = Console(
        file=file, force_terminal=True, width=width, height=height, legacy_windows=False,
        color_system="truecolor",
    )  # fmt: skip
    view = TerminalView(console, Board("pause", "Breathe in."))
    seconds, state = 48, holding()
    for step in range(seconds * REFRESHES_PER_SECOND):
        now = to_samples(step / REFRESHES_PER_SECOND)
        number, gone = divmod(now, to_samples(4))
        breath = (Breath.INHALE, Breath.EXHALE)[number % 2]
        if led:
            state = replace(state, breath=breath, breath_at=now - gone, breath_length=to_samples(4))
        view._draw(state, Gauges(now, -60.0 + step * 7 % 40))
    assert len(file.getvalue().encode()) * 8 * 60 / seconds < 1_000_000


def test_only_what_differs_is_written() -> None:
    plain, bold = Style.null(), Style(bold=True)

    def cells(text: str, style: Style = plain) -> list[tuple[str, Style]]:
        return [(character, style) for character in text]

    def written(before: str, now: str) -> list[tuple[int, str]]:
        return [(at, text.plain) for at, text in changes(cells(before), cells(now))]

    assert written("26 s left", "26 s left") == []
    assert written("26 s left", "25 s left") == [(1, "5")]
    assert written("1" + " " * 30 + "2", "3" + " " * 30 + "4") == [(0, "3"), (31, "4")]
    assert written("1   2", "3   4") == [(0, "3   4")], "to move takes as many bytes"
    assert written("longer", "long") == [(4, "  ")]
    ((column, text),) = changes(cells("a"), cells("a", bold))
    assert (column, text) == (0, Text.assemble(("a", bold)))


def test_the_terminal_is_left_as_it_was() -> None:
    file = StringIO()
    console = Console(file=file, force_terminal=True, width=100, height=40, legacy_windows=False)
    board = Board(notice="The disk is full.")
    with TerminalView(console, board) as view:
        view.show(holding, lambda: Gauges(footer="the end"))
        console.print("", end="")
    written = file.getvalue()
    assert "Cobra" in written
    assert written.count("\x1b[?1049h") == written.count("\x1b[?1049l") == 1
    gone = written.rindex("\x1b[?1049l")
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
    assert "Cobra" not in written[gone:], "no picture that looks alive"
    assert "The disk is full." in written[gone:]
