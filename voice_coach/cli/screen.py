"""Keeps the session's panel in the window of a terminal, and writes only what has changed.

Owns the window while a session runs, and gives it back as it was; must not know what is drawn.
The panel is in the terminal's second screen: so a change of size leaves nothing behind, and the
end of the session leaves no picture of it that looks alive.
"""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final, TypeAlias

from rich.cells import cell_len
from rich.console import Console
from rich.control import Control
from rich.style import Style
from rich.text import Text

from voice_coach.cli.panel import Board, Gauges, panel
from voice_coach.core.state import State

REFRESHES_PER_SECOND: Final = 4
_WHOLE: Final = 60.0
"""Seconds after which all is written anew, whatever else has written into the window."""
_NEAR: Final = 8
"""Changes with fewer columns between them are written in one go: to move takes as many bytes."""

Cell: TypeAlias = tuple[str, Style]
"""What one column shows; "" beside a character that is two columns wide."""


class TerminalView:
    """Draws in a thread of its own from `show` until it is left."""

    def __init__(self, console: Console, board: Board) -> None:
        self._console = console
        self._board = board
        self._shown: list[list[Cell]] = []
        self._size = (0, 0)
        self._whole_at = 0.0
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def show(self, state: Callable[[], State], gauges: Callable[[], Gauges]) -> None:
        """Draw from these sources from now on."""
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)

        def draw() -> None:
            self._draw(state(), gauges())
            while not self._over.wait(1 / REFRESHES_PER_SECOND):
                self._draw(state(), gauges())

        self._thread = threading.Thread(target=draw, name="terminal", daemon=True)
        self._thread.start()

    def __enter__(self) -> "TerminalView":
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread:
            self._over.set()
            self._thread.join()
            self._console.show_cursor(True)
            self._console.set_alt_screen(False)
            if self._board.notice:
                self._console.print(self._board.notice, style="yellow", soft_wrap=True)

    def _draw(self, state: State, gauges: Gauges) -> None:
        width, height = self._console.size
        # The last column stays free: a terminal may go to the next line there.
        lines = panel(state, self._board, gauges, width - 1, height)
        cells = [list(_cells(line, self._console)) for line in lines]
        with self._console:
            if self._size != (width, height) or time.monotonic() > self._whole_at:
                self._console.control(Control.home(), Control.clear())
                self._shown, self._size = [], (width, height)
                self._whole_at = time.monotonic() + _WHOLE
            for row, line in enumerate(cells):
                before = self._shown[row] if row < len(self._shown) else []
                for column, text in changes(before, line):
                    self._console.control(Control.move_to(column, row))
                    self._console.print(text, end="", soft_wrap=True)
        self._shown = cells


def changes(before: list[Cell], now: list[Cell]) -> Iterator[tuple[int, Text]]:
    """Yield what has to be written, with its column, so that a line shows `now`."""
    blank: Cell = (" ", Style.null())
    length = max(len(before), len(now))
    old, new = ([*cells, *[blank] * (length - len(cells))] for cells in (before, now))
    changed = [column for column in range(length) if old[column] != new[column]]
    while changed:
        first = last = changed[0]
        for column in changed:
            if column - last > _NEAR:
                break
            last = column
        changed = [column for column in changed if column > last]
        while first and not new[first][0]:
            first -= 1  # the second half of a wide character is written with its first
        text = Text()
        for style, alike in groupby(new[first : last + 1], itemgetter(1)):
            text.append("".join(character for character, _ in alike), style)
        yield first, text


def _cells(line: Text, console: Console) -> Iterator[Cell]:
    for segment in line.render(console):
        style = segment.style if isinstance(segment.style, Style) else Style.null()
        for character in segment.text:
            yield character, style
            yield from [("", style)] * (cell_len(character) - 1)
