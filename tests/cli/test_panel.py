"""The panel in the terminal, as text: what is shown when, and on terminals of every width."""

import subprocess
import sys
from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests import CHECKOUT
from tests.tools.language import ENGLISH
from voice_coach.app.happenings import Said, SpeechHeard, SpeechLeft, StateShown
from voice_coach.cli.panel import NOTICE_STAYS, WIDTH, Board, Gauges, TerminalView, panel
from voice_coach.core.cues import CueKind
from voice_coach.core.intents import Intent
from voice_coach.core.plan import make_plan
from voice_coach.core.routine import Breath, Routine, Side
from voice_coach.core.session import advance
from voice_coach.core.state import Heard, Mode, Role, Spoken, State
from voice_coach.library import read_routine
from voice_coach.resources import resource
from voice_coach.units import Samples, to_samples


@pytest.fixture(scope="module")
def routines() -> tuple[Routine, ...]:
    """The routines that ship."""
    names = ("back", "breathing", "gentle-stretch")
    return tuple(read_routine(resource("routines") / f"{name}.yaml") for name in names)


def shown(
    state: State, board: Board | None = None, gauges: Gauges | None = None, width: int = 80
) -> list[str]:
    """Return the lines of the panel on a terminal of `width` columns."""
    console = Console(width=width, file=StringIO(), force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(panel(state, board or Board(), gauges or Gauges(), width))
    return capture.get().splitlines()


def at(routines: tuple[Routine, ...], exercise: int, *, side: Side | None = None) -> State:
    """Stand in the second repetition of an exercise, its words said, 4 s of its hold gone."""
    plan = make_plan(routines[0], ENGLISH)
    index = next(
        i
        for i, cue in enumerate(plan.cues)
        if (cue.exercise, cue.side, cue.repetition) == (exercise, side, 2) and cue.may_extend
    )
    cue = plan.cues[index]
    standing = State(
        routines, ENGLISH, Mode.EXERCISING, plan, index, left=cue.count, breath=cue.breath
    )
    return replace(standing, ends=cue.count - to_samples(4))


def inside(lines: list[str]) -> list[str]:
    """Return what stands between the borders."""
    return [line.strip("│ ").rstrip() for line in lines[1:-1]]


def test_idle(routines: tuple[Routine, ...]) -> None:
    lines = shown(State(routines, ENGLISH))
    assert "Voice Coach" in lines[0]
    text = inside(lines)
    assert "Listening. Say “start back routine”." in text
    assert "Routines: back, breathing, gentle stretch" in text
    assert "say  start … routine · what can I say" in text
    assert "heard  –" in text


def test_exercising_with_side_and_repetition(routines: tuple[Routine, ...]) -> None:
    state = at(routines, 6, side=Side.RIGHT)
    lines = shown(state, Board(heard="slower", said="Breathe normally."), Gauges(footer="espeak"))
    text = inside(lines)
    assert "Back routine" in lines[0]
    assert "espeak" in lines[-1]
    assert text[1].split("  ")[0] == "Leg reach · right side"
    assert text[1].endswith("exercise 7 of 7")
    assert text[2].split("  ")[0] == "exercising"
    assert text[2].endswith("● ● ○ 2 of 3")
    bar, seconds = text[4].rsplit("  ", 1)
    assert seconds == "6 s"
    assert bar.count("█") / len(bar) == pytest.approx(0.4, abs=0.02)
    assert set(bar) == {"█", "░"}
    assert text[5] == "breathe normally"
    assert text[6].startswith("the last exercise · about ")
    assert "coach  Breathe normally." in text
    assert "heard  “slower”" in text
    assert any(line.startswith("say  pause · next · slower") for line in text)


@pytest.mark.parametrize(
    ("breath", "words"),
    [
        (Breath.INHALE, "▲ breathe in"),
        (Breath.EXHALE, "▼ breathe out"),
        (Breath.NATURAL, "breathe normally"),
        (Breath.DEEP, "breathe deeply"),
        (Breath.HOLD, "hold your breath"),
    ],
)
def test_every_breath_has_its_words(
    routines: tuple[Routine, ...], breath: Breath, words: str
) -> None:
    assert inside(shown(replace(at(routines, 3), breath=breath)))[5] == words


@pytest.mark.parametrize(
    ("command", "mode", "hint"),
    [
        ("pause", "paused", "resume · next · go back · stop"),
        ("stop", "confirming stop", "yes · no"),
        ("hurts", "hurting", "easier · next · stop"),
    ],
)
def test_waiting(routines: tuple[Routine, ...], command: str, mode: str, hint: str) -> None:
    state, _ = advance(at(routines, 3), Heard(Intent(command)), 0)
    text = inside(shown(state, gauges=Gauges(now=to_samples(99))))
    assert text[2].startswith(mode)
    assert f"say  {hint}" in text
    assert text[4].endswith(" 26 s"), "the count stands still"


def test_getting_ready(routines: tuple[Routine, ...]) -> None:
    plan = make_plan(routines[0], ENGLISH)
    index = next(i for i, cue in enumerate(plan.cues) if cue.kind is CueKind.GET_READY)
    state = State(routines, ENGLISH, Mode.GETTING_READY, plan, index, left=plan.cues[index].count)
    text = inside(shown(state))
    assert text[2] == "getting ready"
    assert text[4].endswith("  3 s")
    assert text[6].startswith("next: seated stretch · about ")
    assert any(line.startswith("say  I'm ready · more time") for line in text)


def test_nothing_is_counted_while_something_is_explained(routines: tuple[Routine, ...]) -> None:
    state, _ = advance(State(routines, ENGLISH), Heard(Intent("start")), 0)
    assert inside(shown(state))[4] == "listen …"


def test_the_meter_follows_the_microphone() -> None:
    lengths = []
    for level in (-120.0, -60.0, -40.0, -20.0, 0.0, 20.0):
        (line,) = [
            x for x in inside(shown(State((), ENGLISH), gauges=Gauges(0, level))) if "mic" in x
        ]
        lengths.append(line.count("▮"))
        assert line.count("▮") + line.count("·") == 30
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1]) == (0, 30)
    speaking = inside(shown(State((), ENGLISH), gauges=Gauges(speaking=True)))
    assert any("listening to you" in line for line in speaking)


@pytest.mark.parametrize("width", [20, 30, 40, 60, 71, 72, 80, 200])
def test_every_width(routines: tuple[Routine, ...], width: int) -> None:
    long = Board("what can i say " * 5, "A long sentence of the coach. " * 12, "A notice. " * 20)
    for state in (State(routines, ENGLISH), at(routines, 6, side=Side.RIGHT)):
        lines = shown(state, long, Gauges(0, -3.0, speaking=True, footer="vosk · piper"), width)
        assert {cell_len(line) for line in lines} == {min(width, WIDTH)}
        text = " ".join(inside(lines))
        if state.plan:
            assert "6 s" in text
            assert "Leg" in text
        assert "mic" in text


def test_what_was_not_understood_is_shown_until_something_is() -> None:
    board = Board()
    board.watch(SpeechHeard(0, 0, 0, "pause", None))
    reason = "something, not sure; say it again, or say help"
    board.watch(SpeechLeft(9, 2, 7, "", reason))
    assert " ".join(f"heard {reason}".split()) in " ".join(
        " ".join(inside(shown(State((), ENGLISH), board))).split()
    )
    board.watch(SpeechHeard(20, 12, 18, "resume", None))
    assert "“resume”" in " ".join(inside(shown(State((), ENGLISH), board)))


def test_it_is_shown_that_the_coach_does_not_listen() -> None:
    muted = inside(shown(State((), ENGLISH, muted=True)))
    assert any("mic" in line and "not listening" in line for line in muted)


def test_texts_are_shown_as_they_are(routines: tuple[Routine, ...]) -> None:
    board = Board("[bold]x", "Hands [flat] on :smile: the floor [/]", "[red]device[/]")
    text = " ".join(inside(shown(State(routines, ENGLISH), board)))
    for words in ("“[bold]x”", "Hands [flat] on :smile: the floor [/]", "[red]device[/]"):
        assert words in text


def test_many_repetitions_are_counted_without_dots(routines: tuple[Routine, ...]) -> None:
    state = at(routines, 3)
    assert state.plan is not None
    cues = list(state.plan.cues)
    cues[state.index] = replace(state.cue, repetition=12, repetitions=50)
    crowded = replace(state, plan=replace(state.plan, cues=tuple(cues)))
    assert inside(shown(crowded))[2].endswith("12 of 50")
    assert "●" not in " ".join(shown(crowded))


def test_the_board_keeps_the_latest_words() -> None:
    board = Board()
    board.note("The microphone is lost.", 1000)
    board.watch(Said(0, 100, "Hold it.", Role.CUE))
    board.watch(StateShown(0, Mode.PAUSED, None))
    assert (board.heard, board.said, board.notice) == ("", "Hold it.", "The microphone is lost.")
    soon, later = 1000 + NOTICE_STAYS - 1, 1000 + NOTICE_STAYS
    board.watch(SpeechHeard(soon, 0, 100, "pause", Intent("pause")))
    assert (board.heard, board.notice) == ("pause", "The microphone is lost.")
    board.watch(SpeechHeard(later, 0, 100, "resume", None))
    assert (board.heard, board.said, board.notice) == ("resume", "Hold it.", "")


@pytest.mark.slow
def test_the_panel_of_a_whole_session_never_fails(routines: tuple[Routine, ...]) -> None:
    """Every cue of every routine, before, while and after it is counted."""
    now: Samples = 0
    for routine in routines:
        plan = make_plan(routine, ENGLISH)
        for index, cue in enumerate(plan.cues):
            told = State(
                routines, ENGLISH, Mode.EXERCISING, plan, index, left=cue.count, utterance=1
            )
            counted, _ = advance(told, Spoken(1), now)
            for gone in (0, cue.count // 2, cue.count * 2):
                assert shown(counted, gauges=Gauges(now=gone))


def test_the_terminal_is_left_as_it_was(routines: tuple[Routine, ...]) -> None:
    console = Console(file=StringIO(), force_terminal=True, width=100, height=40)
    board = Board()
    with TerminalView(console, board) as view:
        view.show(lambda: at(routines, 3), lambda: Gauges(footer="the end"))
    assert isinstance(console.file, StringIO)
    written = console.file.getvalue()
    assert "Cobra" in written
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


@pytest.mark.slow
def test_the_picture_in_the_docs_is_what_the_terminal_shows() -> None:
    drawn = subprocess.run(
        [sys.executable, "-m", "scripts.draw_terminal", "--check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert drawn.returncode == 0, "python -m scripts.draw_terminal: " + drawn.stdout + drawn.stderr


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    picture = (CHECKOUT / "docs" / "terminal.svg").read_text(encoding="utf-8")
    assert "url(http" not in picture
    assert "@font-face" not in picture
    for words in ("Leg&#160;reach", "left&#160;side", "2&#160;of&#160;3", "breathe&#160;normally"):
        assert words in picture
