"""Draws docs/terminal.svg, the session as seen in a terminal; --check only compares.

With --size COLUMNSxROWS FILE.svg it draws a window of another size, to be looked at.

A session is led through the rules alone, on a clock of its own, to the middle of a hold; what
is drawn is what `voice-coach run` shows at that moment.
"""

import html
import re
import sys
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, Group
from rich.terminal_theme import TerminalTheme

from scripts import ROOT
from voice_coach.cli.panel import Board, Gauges, panel
from voice_coach.core.cues import SIGNAL_LENGTH, speech_length
from voice_coach.core.intents import Intent
from voice_coach.core.session import advance
from voice_coach.core.state import Give, Heard, Mode, Say, Spoken, State, TimeUp
from voice_coach.dictionary import read_language
from voice_coach.library import read_routine
from voice_coach.resources import resource
from voice_coach.units import to_samples

PICTURE = ROOT / "docs" / "terminal.svg"
WIDTH, HEIGHT = 88, 28
EXERCISE, SIDE, REPETITION = "Leg reach", "left", 2
THEME = TerminalTheme(
    (22, 24, 29),
    (222, 226, 230),
    [(22, 24, 29), (255, 107, 107), (81, 207, 102), (255, 212, 59), (92, 168, 255),
     (229, 153, 247), (59, 201, 219), (222, 226, 230)],
)  # fmt: skip


def led() -> tuple[State, Board, int]:
    """Lead a session to the middle of a hold; return it with its board and clock."""
    routines = [read_routine(resource("routines") / f"{name}.yaml")
                for name in ("back", "breathing", "gentle-stretch")]  # fmt: skip
    state, board, now = State(tuple(routines), read_language()), Board(), 0
    state, actions = advance(state, Heard(Intent("start", {"routine": "Back"})), now)
    while state.mode is not Mode.IDLE:
        sounded = [action for action in actions if isinstance(action, Say | Give)]
        if sounded:
            now = sounded[-1].at + SIGNAL_LENGTH
            if isinstance(sounded[-1], Say):
                board.said = sounded[-1].text
                now = sounded[-1].at + speech_length(board.said)
            state, actions = advance(state, Spoken(sounded[-1].utterance), now)
        elif wanted(state, now):
            board.heard = "a little slower"
            return state, board, now
        elif state.exercise.name != EXERCISE:
            state, actions = advance(state, Heard(Intent("next")), now)
        else:
            now = state.due or now
            state, actions = advance(state, TimeUp(), now)
    raise SystemExit(f"No hold of '{EXERCISE}' is long enough to be drawn.")


def wanted(state: State, now: int) -> bool:
    """Whether this is the moment to draw: the reminder of the hold has just been said."""
    cue = state.cue
    place = (state.exercise.name, cue.side, cue.repetition)
    return (
        place == (EXERCISE, SIDE, REPETITION)
        and state.mode is Mode.EXERCISING
        and cue.may_extend
        and to_samples(3) < state.count_left(now) < cue.count * 3 // 4
    )


def picture(width: int = WIDTH, height: int = HEIGHT) -> str:
    """Return the picture as SVG that needs no font from elsewhere."""
    state, board, now = led()
    gauges = Gauges(now, -26.0, speaking=False, footer="Ctrl-C ends")
    console = Console(record=True, width=width, file=StringIO(), force_terminal=True)
    console.print(Group(*panel(state, board, gauges, width, height)))
    shape = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    shape = shape.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")
    drawn = console.export_svg(
        title="voice-coach run", theme=THEME, code_format=shape, unique_id="terminal"
    )
    drawn = re.sub(r'x="([\d.]+)" (y="[\d.]+") textLength="([\d.]+)"([^>]*)>([^<]*)<', bare, drawn)
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


def bare(text: re.Match[str]) -> str:
    """Return a piece of text without the spaces around it: not every program keeps them."""
    x, y, length, rest, escaped = text.groups()
    words = html.unescape(escaped)
    column = float(length) / len(words)
    start = float(x) + column * (len(words) - len(words.lstrip()))
    kept = html.escape(words.strip()).replace("\xa0", "&#160;")
    return f'x="{start:.5g}" {y} textLength="{column * len(words.strip()):.5g}"{rest}>{kept}<'


def main() -> int:
    """Write or check the picture; 1 where it differs."""
    if "--check" in sys.argv:
        same = PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == picture()
        print(f"{PICTURE.name} is {'as' if same else 'not as'} the terminal shows it")
        return 0 if same else 1
    if "--size" in sys.argv:
        size, path = sys.argv[sys.argv.index("--size") + 1 :][:2]
        width, height = map(int, size.split("x"))
        Path(path).write_text(picture(width, height), encoding="utf-8")
        return 0
    PICTURE.write_text(picture(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
