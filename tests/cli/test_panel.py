"""The panel in the terminal, as text: what is shown when, and on terminals of every width."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests import CHECKOUT
from tests.tools.language import ENGLISH
from voice_coach.app.happenings import Said, SpeechHeard, SpeechLeft, StateShown
from voice_coach.cli.figures import drawn_digits
from voice_coach.cli.panel import NOTICE_STAYS, Board, Gauges, panel
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
    state: State,
    board: Board | None = None,
    gauges: Gauges | None = None,
    width: int = 80,
    height: int = 30,
) -> list[str]:
    """Return the lines of the panel in a window of this size."""
    lines = panel(state, board or Board(), gauges or Gauges(), width, height)
    assert len(lines) == height
    return [line.plain.rstrip() for line in lines]


def bar_of(lines: list[str]) -> str:
    """Return the line in which the count is a bar, without the body beside it."""
    (line,) = [line for line in lines if re.search(r"[█░]  \d+ s$", line)]
    found = re.search(r"([█░]+)  \d+ s$", line)
    assert found
    return found[0]


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


def test_idle(routines: tuple[Routine, ...]) -> None:
    lines = shown(State(routines, ENGLISH))
    assert lines[0].split() == ["Voice", "Coach", "idle"]
    assert "Listening. Say “start back routine”." in lines
    assert "Routines: back, breathing, gentle stretch" in lines
    assert "  say  start … routine · what can I say" in lines
    assert "heard  –" in lines


def test_exercising_with_side_and_repetition(routines: tuple[Routine, ...]) -> None:
    state = at(routines, 6, side=Side.RIGHT)
    board = Board(heard="slower", said="Breathe normally.")
    lines = shown(state, board, Gauges(footer="Ctrl-C ends"))
    assert re.fullmatch(r" Back routine +exercise 7 of 7 · about .+ left", lines[0])
    assert re.fullmatch(r"Leg reach · right side +● ● ○ 2 of 3", lines[1])
    assert re.fullmatch(r"exercising +the last exercise", lines[2])
    bar, seconds = bar_of(lines).rsplit("  ", 1)
    assert seconds == "6 s"
    assert bar.count("█") / len(bar) == pytest.approx(0.4, abs=0.02)
    assert any(line.endswith("breathe normally") for line in lines)
    assert "coach  Breathe normally." in lines
    assert "heard  “slower”" in lines
    assert any(line.startswith("  say  pause · next · slower") for line in lines)
    assert lines[-1].endswith("Ctrl-C ends")


@pytest.mark.parametrize(("width", "height"), [(40, 12), (80, 24), (120, 36), (200, 60)])
def test_the_count_is_as_tall_as_fits(
    routines: tuple[Routine, ...], width: int, height: int
) -> None:
    lines = shown(at(routines, 6, side=Side.RIGHT), width=width, height=height)
    tallest = 0
    for rows in range(1, height):
        digit = [row.rstrip() for row in drawn_digits("6", width, rows)]
        if digit and all(any(row in line for line in lines) for row in digit):
            tallest = rows
    assert tallest >= (5 if height == 12 else height // 3), "what is read at two metres"


def test_the_body_is_drawn_beside_the_count(routines: tuple[Routine, ...]) -> None:
    def body(state: State) -> list[str]:
        return [re.sub("[^\u2801-\u28ff]", " ", line[:36]) for line in shown(state)]

    right, left = (body(at(routines, 6, side=side)) for side in (Side.RIGHT, Side.LEFT))
    assert sum(character != " " for line in right for character in line) > 100
    assert right != left
    resting = body(replace(at(routines, 6, side=Side.RIGHT), mode=Mode.RESTING))
    assert resting != right
    assert not any(map(str.strip, body(State(routines, ENGLISH))))


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
@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_every_breath_has_its_words(
    routines: tuple[Routine, ...], breath: Breath, words: str, size: tuple[int, int]
) -> None:
    lines = shown(replace(at(routines, 3), breath=breath), None, None, *size)
    assert any(line.endswith(words) for line in lines)


@pytest.mark.parametrize(("breath", "grows"), [(Breath.INHALE, True), (Breath.EXHALE, False)])
def test_the_breath_is_a_shape_that_grows(
    routines: tuple[Routine, ...], breath: Breath, grows: bool
) -> None:
    state = replace(at(routines, 3), breath=breath, breath_at=0, breath_length=to_samples(4))
    sizes = []
    for second in range(5):
        lines = shown(state, gauges=Gauges(now=to_samples(second)))
        words = next(i for i, line in enumerate(lines) if " breathe " in line)
        sizes.append(lines[words + 2].count("█"))
    assert sizes == sorted(sizes, reverse=not grows)
    assert max(sizes) > 5 * min(sizes)


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
    lines = shown(state, gauges=Gauges(now=to_samples(99)))
    assert lines[2].startswith(mode)
    assert f"  say  {hint}" in lines
    assert bar_of(lines).endswith(" 26 s"), "the count stands still"
    low = shown(state, gauges=Gauges(now=to_samples(99)), width=40, height=12)
    assert low[0].endswith(mode)


def test_getting_ready(routines: tuple[Routine, ...]) -> None:
    plan = make_plan(routines[0], ENGLISH)
    index = next(i for i, cue in enumerate(plan.cues) if cue.kind is CueKind.GET_READY)
    state = State(routines, ENGLISH, Mode.GETTING_READY, plan, index, left=plan.cues[index].count)
    lines = shown(state)
    assert re.fullmatch("getting ready +next: seated stretch", lines[2])
    assert bar_of(lines).endswith("  3 s")
    assert any(line.startswith("  say  I'm ready · more time") for line in lines)


def test_what_stands_beside_the_count_keeps_its_own_colour(routines: tuple[Routine, ...]) -> None:
    state = replace(at(routines, 3), breath=Breath.INHALE)
    for width, height in ((40, 12), (80, 24)):
        (line,) = [
            line for line in panel(state, Board(), Gauges(), width, height) if "▲" in line.plain
        ]
        style = line.get_style_at_offset(Console(), line.plain.index("▲"))
        assert (style.bold, style.color and style.color.name) == (True, "cyan")
        assert not line.style


def test_nothing_is_counted_while_something_is_explained(routines: tuple[Routine, ...]) -> None:
    state, _ = advance(State(routines, ENGLISH), Heard(Intent("start")), 0)
    assert any(line.endswith("listen …") for line in shown(state))


def test_the_meter_follows_the_microphone() -> None:
    lengths = []
    for level in (-120.0, -60.0, -40.0, -20.0, 0.0, 20.0):
        (line,) = [
            x for x in shown(State((), ENGLISH), gauges=Gauges(0, level)) if x.startswith("  mic")
        ]
        lengths.append(line.count("▮"))
        assert line.count("▮") + line.count("·") == 30
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1]) == (0, 30)
    speaking = shown(State((), ENGLISH), gauges=Gauges(speaking=True))
    assert any("listening to you" in line for line in speaking)


@pytest.mark.parametrize("width", [20, 30, 40, 60, 71, 80, 200])
@pytest.mark.parametrize("height", [8, 12, 20, 24, 60])
def test_every_size(routines: tuple[Routine, ...], width: int, height: int) -> None:
    long = Board("what can i say " * 5, "A long sentence of the coach. " * 12, "A notice. " * 20)
    for state in (State(routines, ENGLISH), at(routines, 6, side=Side.RIGHT)):
        gauges = Gauges(0, -3.0, speaking=True, footer="page 192.168.0.7:8642 code 123456")
        lines = shown(state, long, gauges, width, height)
        assert max(map(cell_len, lines)) <= width
        text = "\n".join(lines)
        for label in ("coach", "heard", "  say", "note", "mic"):
            assert f"\n{label}" in text or f"\n  {label}" in text or f"\n {label}" in text
        if state.plan and height >= 12:
            assert "6 s" in text or drawn_digits("6", 3 * width, 5)[0].strip() in text
            assert "Leg" in text


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2), (10, 4)])
def test_a_window_that_is_much_too_small(
    routines: tuple[Routine, ...], width: int, height: int
) -> None:
    for state in (State(routines, ENGLISH), at(routines, 6, side=Side.RIGHT)):
        lines = shown(state, Board("pause", "Hold it."), Gauges(footer="x"), width, height)
        assert max(map(cell_len, lines)) <= width


def test_where_the_page_is_stays_while_no_routine_is_led(routines: tuple[Routine, ...]) -> None:
    gauges = Gauges(greeting=("█▀▀█\n█▄▄█", "Page: http://127.0.0.1:8642"))
    idle = shown(State(routines, ENGLISH), gauges=gauges)
    assert [line for line in idle if "█" in line or "Page:" in line] == [
        "█▀▀█", "█▄▄█", "Page: http://127.0.0.1:8642",
    ]  # fmt: skip
    assert not any("Page:" in line for line in shown(at(routines, 3), gauges=gauges))


def test_what_was_not_understood_is_shown_until_something_is() -> None:
    board = Board()
    board.watch(SpeechHeard(0, 0, 0, "pause", None))
    reason = "something, not sure; say it again, or say help"
    board.watch(SpeechLeft(9, 2, 7, "", reason))
    assert f"heard  {reason}" in shown(State((), ENGLISH), board)
    board.watch(SpeechHeard(20, 12, 18, "resume", None))
    assert "“resume”" in " ".join(shown(State((), ENGLISH), board))


def test_it_is_shown_that_the_coach_does_not_listen() -> None:
    muted = shown(State((), ENGLISH, muted=True))
    assert any("mic" in line and "not listening" in line for line in muted)


def test_texts_are_shown_as_they_are(routines: tuple[Routine, ...]) -> None:
    board = Board("[bold]x", "Hands [flat] on :smile: the floor [/]", "[red]device[/]")
    text = " ".join(shown(State(routines, ENGLISH), board))
    for words in ("“[bold]x”", "Hands [flat] on :smile: the floor [/]", "[red]device[/]"):
        assert words in text


def test_many_repetitions_are_counted_without_dots(routines: tuple[Routine, ...]) -> None:
    state = at(routines, 3)
    assert state.plan is not None
    cues = list(state.plan.cues)
    cues[state.index] = replace(state.cue, repetition=12, repetitions=50)
    crowded = replace(state, plan=replace(state.plan, cues=tuple(cues)))
    assert shown(crowded)[1].endswith("12 of 50")
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


@pytest.mark.skipif(not shutil.which("node"), reason="node works out the joints")
def test_the_poses_are_those_of_the_page() -> None:
    drawn = subprocess.run(
        [sys.executable, "-m", "scripts.draw_poses", "--check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert drawn.returncode == 0, "python -m scripts.draw_poses: " + drawn.stdout + drawn.stderr


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
