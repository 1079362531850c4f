"""Draws a rehearsed session on one time axis, as a PNG of 1600 pixels' width.

What sounded comes from the WAV, what was meant from the timeline, both written by
`voice-coach rehearse --out FILE.wav --timeline FILE.jsonl`; where they disagree, it shows: sound of
the coach's that no line of the timeline accounts for is drawn in red.
"""

import argparse
import json
import math
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from scripts import ROOT

DPI, WIDTH = 100, 1600
QUIETEST_DB = -66.0
"""The bottom of the lanes of sound; their top is full scale."""
EDGE = 0.25
"""Seconds: sound so near to what the timeline tells of belongs to it."""
KINDS = {
    "cue": ("instruction", "#1f5f9e"),
    "mark": ("mark: count, reminder, breath", "#e08a00"),
    "answer": ("answer", "#8b3fb0"),
    "tone": ("breath tone", "#2f9e8f"),
    "signal": ("signal", "#c2185b"),
    None: ("sound that the timeline does not tell of", "#ff0000"),
}
ROOM, HEARD, INHALE, EXHALE, HOLD = "#9a9a9a", "#0a7a2f", "#5fb3d9", "#b9dcec", "#f2c14e"
BREATHS = {"rise": (0, 1), "fall": (1, 0), "high": (1, 1), "low": (0, 0)}
"""How full the breath is at the beginning and at the end of a tone."""
QUIET = {"paused": "#d9d9d9", "hurting": "#f3c9c9", "confirming stop": "#d9d9d9"}
# Lanes from top to bottom: (bottom, height).
BAND, SPOKEN, HEARING, BREATH, HOLDING = (8.6, 1.3), (4.9, 3.4), (2.9, 1.6), (1.0, 1.5), (0, 0.7)


@dataclass(frozen=True)
class Stretch:
    """Something that lasted from `start` to `end`, in seconds."""

    start: float
    end: float
    kind: str | None
    text: str = ""


class Session:
    """What the timeline and the recording tell."""

    def __init__(self, timeline: Path, recording: Path) -> None:
        """Read both; what they hold is shown as it is."""
        with timeline.open(encoding="utf-8") as file:
            self.lines: list[dict[str, Any]] = [json.loads(line) for line in file]
        self.sound, self.rate = soundfile.read(recording, dtype="float32", always_2d=True)
        if self.sound.shape[1] != 2:
            raise SystemExit(f"{recording}: expected two channels, the coach's and the room's.")
        self.end = len(self.sound) / self.rate
        self.states = [line for line in self.lines if line["event"] == "state"]
        self.said = self._said()
        self.tones = list(self._tones())
        self.signals = [
            Stretch(line["time"], line["end"], "signal")
            for line in self.lines
            if line["event"] == "signal"
        ]

    def level(self, channel: int, window: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the middle of every window, and its root mean square in dB of full scale."""
        size = max(1, round(window * self.rate))
        whole = len(self.sound) // size
        squares = self.sound[: whole * size, channel].reshape(whole, size) ** 2
        power = np.maximum(squares.mean(axis=1, dtype=np.float64), 1e-12)
        return (np.arange(whole) + 0.5) * size / self.rate, 10 * np.log10(power)

    def exercises(self) -> Iterator[Stretch]:
        """Yield exercises in their order, again where one was come back to."""
        return self._runs(lambda state: state.get("exercise"))

    def modes(self) -> Iterator[Stretch]:
        """Yield the modes of the session."""
        return self._runs(lambda state: state["mode"])

    def breaths(self) -> Iterator[Stretch]:
        """Yield what is to be done with the breath; movements are told apart by repetition."""
        for run in self._runs(lambda s: (s.get("breath"), s.get("repetition"), s["mode"])):
            if run.kind[2] not in QUIET:
                yield Stretch(run.start, run.end, run.kind[0])

    def holds(self) -> Iterator[Stretch]:
        """Yield what was counted: from the end of the words to the next ones, or to a pause."""
        cues = [said for said in self.said if said.kind == "cue"]
        marks = [said for said in self.said if said.kind == "mark"]
        for mode in self.modes():
            if mode.kind != "exercising":
                continue
            inside = [cue for cue in cues if mode.start <= cue.start < mode.end]
            for cue, after in zip(inside, [*inside[1:], None], strict=True):
                end = after.start if after else mode.end
                counted = [mark for mark in marks if cue.end <= mark.start < end]
                if counted and end - counted[-1].start < 1.5:  # the last second is counted
                    yield Stretch(cue.end, end, "hold")

    def accounted(self) -> list[Stretch]:
        """Return all that the coach let sound."""
        tones = (Stretch(tone.start, tone.end, "tone") for tone in self.tones)
        return [*self.said, *self.signals, *tones]

    def untold(self) -> float:
        """Return for how many seconds the coach sounded without a line that tells of it."""
        window = 0.02
        times, level = self.level(0, window)
        untold = level > QUIETEST_DB
        for stretch in self.accounted():
            untold &= (times < stretch.start - EDGE) | (times > stretch.end + EDGE)
        return float(untold.sum() * window)

    def _said(self) -> list[Stretch]:
        """Return what was said; what was cut off ends where the next words begin."""
        lines = [line for line in self.lines if line["event"] == "said"]
        ends = [*(line["time"] for line in lines[1:]), self.end]
        return [
            Stretch(line["time"], min(line["end"], end), line["role"], line["text"])
            for line, end in zip(lines, ends, strict=True)
        ]

    def _tones(self) -> Iterator[Stretch]:
        """Yield tones; one that was cut off ends where the next begins, or all came to a stop."""
        tones = [line for line in self.lines if line["event"] == "tone"]
        starts = [line["time"] for line in tones]
        starts += [state["time"] for state in self.states if state["mode"] in QUIET]
        for tone in tones:
            end = min([tone["end"], *(start for start in starts if start > tone["time"])])
            yield Stretch(tone["time"], end, tone["tone"])

    def _runs(self, key: Any) -> Iterator[Stretch]:
        """Yield stretches of states in a row that are alike by `key`."""
        begun: tuple[float, Any] | None = None
        for state in [*self.states, None]:
            value = key(state) if state else None
            if begun and (state is None or value != begun[1]):
                yield Stretch(begun[0], state["time"] if state else self.end, begun[1])
                begun = None
            if begun is None and state is not None:
                begun = (state["time"], value)


def lane(db: np.ndarray, place: tuple[float, float]) -> np.ndarray:
    """Return a level in dB as a height in a lane of sound."""
    bottom, height = place
    return bottom + height * np.clip(1 - db / QUIETEST_DB, 0, 1)


def draw_sound(axes: Axes, session: Session, window: float) -> None:
    """Draw the coach's level by kind of speech, and the room's."""
    times, room = session.level(1, window)
    axes.fill_between(times, HEARING[0], lane(room, HEARING), color=ROOM, linewidth=0)
    times, coach = session.level(0, window)
    height = lane(coach, SPOKEN)
    left = np.ones(len(times), dtype=bool)
    for kind in ("cue", "mark", "answer", "signal", "tone", None):
        chosen = left.copy() if kind is None else np.zeros(len(times), dtype=bool)
        for stretch in session.accounted():
            if stretch.kind == kind:
                chosen |= (times > stretch.start - EDGE) & (times < stretch.end + EDGE)
        chosen &= left
        left &= ~chosen
        # A step for every window, so that neighbours of two kinds leave no gap.
        axes.fill_between(
            times, SPOKEN[0], np.where(chosen, height, SPOKEN[0]), step="mid",
            color=KINDS[kind][1], linewidth=0,
        )  # fmt: skip


def draw_breath(axes: Axes, session: Session) -> None:
    """Draw the breath as it rises and falls, tones above it as lines, and holds below."""
    bottom, height = BREATH
    shapes = {"inhale": (0, 1, INHALE), "exhale": (1, 0, EXHALE), "hold": (1, 1, INHALE)}
    for breath in session.breaths():
        if breath.kind in shapes:
            begin, end, colour = shapes[breath.kind]
            rise = [bottom + height * begin, bottom + height * end]
            axes.fill_between([breath.start, breath.end], bottom, rise, color=colour, linewidth=0)
            axes.plot([breath.start, breath.end], rise, color="#1d6a8f", linewidth=1)
    for tone in session.tones:
        begin, end = BREATHS[str(tone.kind)]
        rise = [bottom + height * begin, bottom + height * end]
        axes.plot([tone.start, tone.end], rise, color=KINDS["tone"][1], linewidth=2.5)
    for hold in session.holds():
        axes.broken_barh(
            [(hold.start, hold.end - hold.start)], HOLDING, facecolor=HOLD, edgecolor="#7a5c00"
        )


def draw_heard(axes: Axes, session: Session, span: tuple[float, float]) -> None:
    """Draw what was heard of the user, with its words."""
    last, low = -math.inf, False
    for line in session.lines:
        if line["event"] == "heard" and span[0] <= line["time"] <= span[1]:
            start, end = line["start"], line["end"]
            low = start - last < (span[1] - span[0]) / 10 and not low
            last = start
            whole = (HEARING[0] - 0.05, HEARING[1] + 0.1)
            axes.broken_barh([(start, end - start)], whole, color=HEARD, alpha=0.35)
            axes.plot([line["time"]] * 2, [HEARING[0], SPOKEN[0] + 0.1], color=HEARD, linewidth=1)
            understood = line["text"] if line["intent"] else f"({line['text']})"
            axes.text(
                end + 0.4, HEARING[0] + (0.4 if low else 1.2), f"“{understood}”", color=HEARD,
                fontsize=9, weight="bold", va="center", clip_on=True, parse_math=False,
            )  # fmt: skip


def draw_bands(axes: Axes, session: Session, span: tuple[float, float], seconds: float) -> None:
    """Draw exercises as bands with their names, and where the session stood still."""
    bottom, height = BAND
    bands = [band for band in session.exercises() if band.kind]
    for number, band in enumerate(bands):
        if band.end <= span[0] or band.start >= span[1]:
            continue
        shade = "#dfe6ee" if number % 2 else "#c3d0de"
        axes.broken_barh([(band.start, band.end - band.start)], BAND, facecolor=shade)
        axes.axvline(band.start, color="#44566b", linewidth=0.8)
        start, end = max(band.start, span[0]), min(band.end, span[1])
        fitting = int((end - start) / seconds * WIDTH / 10)
        name = band.kind
        if band.start < span[0] and fitting >= len(f"{name}, continued"):
            name += ", continued"
        if fitting >= len(name):
            axes.text(
                start + seconds / 250, bottom + height / 2, name, va="center", fontsize=10,
                weight="bold", parse_math=False,
            )  # fmt: skip
    for mode in session.modes():
        if mode.kind in QUIET:
            axes.axvspan(mode.start, mode.end, color=QUIET[mode.kind], zorder=0)
            start = max(mode.start, span[0])
            if start < min(mode.end, span[1]):
                axes.text(start + 0.3, SPOKEN[0] + 3.0, mode.kind, fontsize=8, style="italic",
                          clip_on=True)  # fmt: skip


def dress(axes: Axes, span: tuple[float, float], every: int) -> None:
    """Name the lanes, and the times below them."""
    axes.set_xlim(*span)
    axes.set_ylim(-0.15, BAND[0] + BAND[1])
    ticks = range(math.ceil(span[0] / every) * every, int(span[1]) + 1, every)
    axes.set_xticks(list(ticks), [f"{tick // 60}:{tick % 60:02}" for tick in ticks], fontsize=8)
    names = {"exercise": BAND, "coach": SPOKEN, "room": HEARING, "breath": BREATH, "hold": HOLDING}
    middles = [bottom + height / 2 for bottom, height in names.values()]
    axes.set_yticks(middles, list(names), fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e4e4e4", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    for bottom, _ in (SPOKEN, HEARING, BREATH):
        axes.axhline(bottom, color="#999999", linewidth=0.5)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def draw(axes: Axes, session: Session, span: tuple[float, float], window: float) -> None:
    """Draw the part of the session in `span`."""
    length = span[1] - span[0]
    draw_bands(axes, session, span, length)
    draw_sound(axes, session, window)
    draw_heard(axes, session, span)
    draw_breath(axes, session)
    dress(axes, span, 10 if length > 60 else 2)


def write_words(axes: Axes, session: Session, span: tuple[float, float]) -> None:
    """Write what was said above a part of the session that is drawn large."""
    top = BAND[0] + BAND[1] + 3.2
    axes.set_ylim(-0.15, top)
    axes.set_yticks(
        [*axes.get_yticks(), top - 1.6],
        [*(label.get_text() for label in axes.get_yticklabels()), "words"],
    )
    starts = [*(said.start for said in session.said), span[1]]
    for said, after in zip(session.said, starts[1:], strict=True):
        if span[0] <= said.start < span[1]:
            room = (min(after, span[1]) - said.start) / (span[1] - span[0]) * WIDTH * 0.95
            width = max(8, int(room / 6.6))
            words = textwrap.fill(said.text, width, max_lines=4, placeholder=" …")
            colour = KINDS[said.kind][1] if said.kind in KINDS else "black"
            axes.text(said.start, top - 0.2, words, fontsize=8.5, va="top", color=colour,
                      clip_on=True, parse_math=False)  # fmt: skip


def zoomed(session: Session, name: str, seconds: float) -> tuple[float, float]:
    """Return where the exercise `name` is first being done."""
    for state in session.states:
        wanted = str(state.get("exercise")).casefold() == name.casefold()
        if wanted and state["mode"] == "exercising":
            start = max(0.0, state["time"] - 3)
            return start, start + seconds
    raise SystemExit(f"'{name}' is not done in this session. Give another name with --zoom.")


def picture(session: Session, row: float, zoom: tuple[float, float], name: str) -> Figure:
    """Return the whole session in rows of `row` seconds, and a part of it drawn large."""
    rows = math.ceil(session.end / row)
    row = math.ceil(session.end / rows / 5) * 5  # all equally long
    heights = [1.0] * rows + [2.3]
    figure = Figure(figsize=(WIDTH / DPI, 0.9 + 1.55 * sum(heights)), dpi=DPI, layout="constrained")
    parts = figure.subplots(rows + 1, 1, gridspec_kw={"height_ratios": heights}, squeeze=False)
    for number, axes in enumerate(parts[:-1, 0]):
        draw(axes, session, (number * row, (number + 1) * row), 0.1)
        axes.axvspan(*zoom, ymin=0, ymax=1, fill=False, edgecolor="#b00020", linestyle="--")
    large = parts[-1, 0]
    draw(large, session, zoom, 0.02)
    write_words(large, session, zoom)
    large.set_title(f"{name}, drawn large (dashed frame above)", fontsize=11, loc="left")
    used = {stretch.kind for stretch in session.accounted()}
    used |= {None} if session.untold() else set()
    handles = [Patch(color=colour, label=label) for kind, (label, colour) in KINDS.items()
               if kind in used]  # fmt: skip
    handles += [Patch(color=ROOM, label="room"), Patch(color=HEARD, label="command heard"),
                Patch(color=INHALE, label="inhale"), Patch(color=EXHALE, label="exhale"),
                Patch(color=HOLD, label="hold, as counted")]  # fmt: skip
    figure.legend(handles=handles, loc="outside upper center", ncols=5, frameon=False, fontsize=9)
    return figure


def main() -> int:
    """Draw what the arguments name."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("timeline", type=Path, help="the .jsonl of the rehearsal")
    reader.add_argument("recording", type=Path, help="the .wav of the same rehearsal")
    reader.add_argument("out", type=Path, nargs="?", default=ROOT / "docs" / "session.png")
    reader.add_argument("--row", type=float, default=150, help="seconds in a row, at most")
    reader.add_argument("--zoom", default="Cat stretch", help="exercise to draw large")
    reader.add_argument("--zoom-seconds", type=float, default=40)
    chosen = reader.parse_args()
    session = Session(chosen.timeline, chosen.recording)
    zoom = zoomed(session, chosen.zoom, chosen.zoom_seconds)
    figure = picture(session, chosen.row, zoom, chosen.zoom)
    figure.savefig(chosen.out, metadata={"Software": None})
    print(f"Written: {chosen.out}; {session.untold():.2f} s of sound that no line tells of")
    return 0


if __name__ == "__main__":
    sys.exit(main())
