"""The session as lines of a terminal, as large as its window: what is read across a room first.

Owns colours and layout; must not change anything that it shows, nor know how lines are written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from math import ceil, cos, pi
from typing import Final

from rich.console import Console
from rich.text import Text

from voice_coach.app.happenings import Happening, Said, SpeechHeard, SpeechLeft
from voice_coach.cli.figures import breathes, drawn_digits, drawn_pose
from voice_coach.core.cues import CueKind
from voice_coach.core.routine import Breath
from voice_coach.core.state import WAITING, Mode, State
from voice_coach.core.view import Breathing, Count, ExerciseView, View, seen
from voice_coach.units import Samples, to_samples, to_seconds

NOTICE_STAYS = to_samples(20)
"""How long a notice is shown at least."""
_LABEL: Final = 7
"""Columns of a label such as "heard" and the space after it."""
_METER: Final = 30
_MOST_DOTS: Final = 10
_SHOWN: Final = 7.0
"""Seconds for one there and back of a movement that is shown beforehand."""
_LOW, _HIGH = 9, 20
"""Below so many rows everything has one line; from so many on there is room for more."""
_WIDE: Final = 60
"""From so many columns on the body has a place beside the count."""
_SMALLEST: Final = 0.15
"""Of the width of the breath, when it is all out."""
_PLAIN: Final = Console(file=StringIO(), color_system=None)

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
    footer: str = ""
    greeting: tuple[str, ...] = ()
    """What is told as long as no routine is led, such as where the page is."""


@dataclass(frozen=True)
class _Scene:
    """An exercise at one moment."""

    state: State
    view: View
    exercise: ExerciseView
    now: Samples

    @property
    def colour(self) -> str:
        return _colour(self.state)


def panel(
    state: State, board: Board, gauges: Gauges, width: int = 80, height: int = 24
) -> list[Text]:
    """Draw the session as `height` lines that are at most `width` columns wide.

    Where there is little room, the count, what was heard and what to say stay longest.
    """
    view = seen(state, gauges.now)
    told = _told(state, board, gauges, width, height)
    room = max(0, height - 1 - len(told))
    if view.routine and view.exercise:
        body = _led(_Scene(state, view, view.exercise, gauges.now), width, room)
    else:
        body = _idle(view, gauges, width, room)
    body = [*body[:room], *[Text()] * (room - len(body))]
    lines = [_title(state, view, width, low=room < _LOW), *body, *told][:height]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _title(state: State, view: View, width: int, *, low: bool) -> Text:
    """The topmost line: which routine, how far, how long still; its colour tells the mode."""
    if view.routine is None or view.exercise is None:
        left, right = "Voice Coach", view.mode
    elif low and state.mode is not Mode.EXERCISING:  # there is no line of its own for it
        left, right = f"{view.routine.name} routine", view.mode
    else:
        left = f"{view.routine.name} routine"
        time = state.language.duration(to_samples(view.left))
        right = f"exercise {view.exercise.index + 1} of {len(view.routine.exercises)}"
        if len(left) + len(right) + len(time) + 18 <= width:
            right += f" · about {time} left"
    return _spread(Text(f" {left}"), Text(f"{right} "), width, f"bold reverse {_colour(state)}")


def _colour(state: State) -> str:
    return _COLOURS.get(state.mode, "cyan")


def _idle(view: View, gauges: Gauges, width: int, room: int) -> list[Text]:
    names = [routine.spoken for routine in view.routines] or ["…"]
    lines = [] if room < _LOW else [Text()]
    lines += _wrapped(Text(f"Listening. Say “start {names[0]} routine”.", "bold"), width)
    lines += _wrapped(Text(f"Routines: {', '.join(names)}", "dim"), width)
    greeting = [Text(line) for text in gauges.greeting for line in text.splitlines()]
    # A picture to be photographed is of use only whole.
    whole = len(lines) + 1 + len(greeting) <= room
    if greeting and whole and max(line.cell_len for line in greeting) <= width:
        lines += [Text(), *greeting]
    return lines


def _led(scene: _Scene, width: int, room: int) -> list[Text]:
    """Draw the exercise: its name, and below that the body beside the count and the breath."""
    view, exercise = scene.view, scene.exercise
    name = Text(exercise.name, "bold")
    if view.side:
        name.append(f" · {view.side} side", "bold magenta")
    lines = [_spread(name, _repetitions(view), width)]
    if room >= _LOW:
        following = f"next: {view.next.lower()}" if view.next else "the last exercise"
        mode = Text(view.mode, f"bold {scene.colour}")
        lines += [_spread(mode, Text(following, "dim"), width), Text()]
    rows = room - len(lines)
    if width < _WIDE or rows < _LOW:
        return lines + _counted(scene, width, rows)
    body = min(width * 9 // 20, 4 * rows)
    drawn = drawn_pose(
        exercise.pose,
        exercise.position,
        _share(scene),
        body,
        rows,
        mirrored=view.side == "left",
    )
    counted = _counted(scene, width - body - 4, rows)
    return lines + _beside([Text(row, scene.colour) for row in drawn], counted, body + 4)


def _share(scene: _Scene) -> float:
    """Return how far the body is from the first key of its pose to the second."""
    view, exercise, mode = scene.view, scene.exercise, scene.state.mode
    if view.breath.length and breathes(exercise.pose, exercise.position):
        return _fullness(view.breath, scene.now)
    if mode in (Mode.INTRODUCING, Mode.GETTING_READY):
        return (1 - cos(2 * pi * to_seconds(scene.now) / _SHOWN)) / 2
    return 1.0 if mode is Mode.EXERCISING or mode in WAITING else 0.0


def _counted(scene: _Scene, width: int, rows: int) -> list[Text]:
    """Draw the count as tall as fits with the breath below it, or beside it in a low window."""
    colour, count = scene.colour, scene.view.count
    breath = _breath(scene, width) if scene.state.cue.kind is CueKind.MOVE else []
    if count is None:
        return [Text("listen …", "bold"), *breath]
    text = _clock(count)
    if rows < _LOW:
        digits = drawn_digits(text, max(0, width - 18), rows)
        if digits:
            left = len(digits[0]) + 3
            right = _breath(scene, width - left) if breath else []
            return _beside([Text(row, f"bold {colour}") for row in digits], right, left)
        return [_bar(count, width, colour), *breath]
    digits = drawn_digits(text, width, rows - len(breath) - 4)
    figures = [Text(row, f"bold {colour}") for row in digits]
    return [*figures, Text(), _bar(count, width, colour), Text(), *breath]


def _clock(count: Count) -> str:
    """Return the time that is left as one reads it: "26", or "3:08"."""
    seconds = round(count.left)
    return str(seconds) if seconds < 100 else f"{seconds // 60}:{seconds % 60:02}"


def _bar(count: Count, width: int, colour: str) -> Text:
    """The time that is counted, as a bar that fills."""
    share = 1 - min(1.0, count.left / count.length) if count.length else 1.0
    text = f"  {count.left:.0f} s"
    bar = max(5, min(width, 100) - 8)
    return _filled("█", "░", round(share * bar), bar, colour).append(text, "bold")


def _breath(scene: _Scene, width: int) -> list[Text]:
    """The breath in words, and below as a shape that grows as the lungs fill."""
    state, breath = scene.state, scene.view.breath
    words = _BREATHS[state.breath].copy()
    if not breath.length or state.breath not in (Breath.INHALE, Breath.EXHALE, Breath.HOLD):
        return [words]
    most = max(6, min(width, 60) // 2 * 2)
    share = _SMALLEST + (1 - _SMALLEST) * _fullness(breath, scene.now)
    size = max(2, round(share * most / 2) * 2)
    rows = [max(0, size - 4), size, max(0, size - 4)]
    return [words, *(Text(("█" * row).center(most), words.style) for row in rows)]


def _fullness(breath: Breathing, now: Samples) -> float:
    """Return how full the lungs are in a breath that is led, 0 … 1."""
    gone = min(1.0, max(0.0, (to_seconds(now) - breath.starts) / breath.length))
    eased = (1 - cos(pi * gone)) / 2
    match breath.kind:
        case "inhale":
            return eased
        case "exhale":
            return 1 - eased
        case _:
            return 1.0


def _repetitions(view: View) -> Text:
    places = [("round", view.round, view.rounds), ("set", view.set, view.sets)]
    told = [f"{what} {now} of {of}" for what, now, of in places if now and of and of > 1]
    done, of = view.repetition or 0, view.repetitions or 0
    if done and of > 1:
        dots = "● " * done + "○ " * (of - done) if of <= _MOST_DOTS else ""
        told.append(f"{dots}{done} of {of}")
    return Text(" · ".join(told))


def _told(state: State, board: Board, gauges: Gauges, width: int, height: int) -> list[Text]:
    """The last lines: what both sides said, what to say, and how loud the room is."""
    most = 2 if height >= _HIGH else 1
    inner = max(1, width - _LABEL)
    meter = Text("not listening", "yellow") if state.muted else _meter(gauges, inner)
    last = _labelled("mic", [meter])
    foot = Text(gauges.footer, "dim")
    if foot and last[0].cell_len + foot.cell_len + 2 <= width:
        last = [_spread(last[0], foot, width)]
    elif foot and most > 1:
        last.append(foot)
    hints = _fitting(state.language.catalogue.hint(state.mode), inner, most)
    lines = [Text()] if most > 1 else []
    said = _wrapped(Text(board.said, "italic"), inner, 2 * most - 1)
    # They keep their place in a high window, so that the count does not change its size.
    said += [Text()] * (2 * most - 1 - len(said))
    lines += _labelled("coach", said)
    lines += _labelled("heard", _wrapped(_heard(board), inner, most))
    lines += _labelled("say", [Text(line, "dim") for line in hints])
    if board.notice:
        lines += _labelled("note", _wrapped(Text(board.notice, "yellow"), inner, most))
    return lines + last


def _heard(board: Board) -> Text:
    """The last words that were understood, or those after them that were not."""
    if board.missed:
        return Text(board.missed, "yellow")
    return Text(f"“{board.heard}”" if board.heard else "–", "bold")


def _meter(gauges: Gauges, room: int) -> Text:
    """The microphone's level, from -60 to 0 dB of full scale."""
    colour = "green" if gauges.level_db < -3 else "red"
    words = "  listening to you" if gauges.speaking else ""
    bar = max(5, min(_METER, room - 18))
    meter = _filled("▮", "·", round((gauges.level_db + 60) / 60 * bar), bar, colour)
    return meter.append(words, "green")


def _filled(full: str, empty: str, done: int, of: int, colour: str) -> Text:
    done = max(0, min(of, done))
    return Text(full * done, colour).append(empty * (of - done), "dim")


def _labelled(label: str, lines: Sequence[Text]) -> list[Text]:
    """Put `label` before the first of `lines`, and the others beneath it."""
    labels = [label, *[""] * (len(lines) - 1)]
    return [
        Text.assemble((f"{name:>{_LABEL - 2}}  ", "dim"), line)
        for name, line in zip(labels, lines, strict=True)
    ]


def _wrapped(text: Text, width: int, most: int | None = None) -> list[Text]:
    """Return `text` in lines of `width`; what is beyond `most` lines is left out, and shows it."""
    lines = list(text.wrap(_PLAIN, width)) or [Text()]
    if most is not None and len(lines) > most:
        lines[most - 1].append(" …")
        if lines[most - 1].cell_len > width:
            lines[most - 1].truncate(width - 1)
            lines[most - 1].append("…")
    return lines[:most]


def _fitting(items: Iterable[str], width: int, most: int) -> list[str]:
    """Return as many of `items`, the first first, as stand whole in `most` lines of `width`."""
    lines = [""]
    for item in items:
        longer = f"{lines[-1]} · {item}" if lines[-1] else item
        if len(longer) <= width:
            lines[-1] = longer
        elif len(lines) < most and len(item) <= width:
            lines.append(item)
        else:
            break
    return lines


def _spread(left: Text, right: Text, width: int, style: str = "") -> Text:
    """Return a line with `left` and `right` at its ends; where both do not fit, without `right`."""
    gap = width - left.cell_len - right.cell_len
    line = Text().append_text(left)  # whose style is not for what follows it
    if gap >= 1:
        line.append(" " * gap).append_text(right)
    else:
        line.append(" " * max(0, width - left.cell_len))
    if style:
        line.stylize(style)
    return line


def _beside(left: Sequence[Text], right: Sequence[Text], column: int) -> list[Text]:
    """Return both side by side, `right` from `column` on and in the middle of the height."""
    above = max(0, ceil((len(left) - len(right)) / 2))
    right = [*[Text()] * above, *right]
    lines = []
    for row in range(max(len(left), len(right))):
        line = Text().append_text(left[row]) if row < len(left) else Text()
        line.append(" " * (column - line.cell_len))
        lines.append(line.append_text(right[row]) if row < len(right) else line)
    return lines
