"""The lines of the table of coaching: what is shown, kept beside the page, and marked as missed.

Owns their form and their place; must not know how a figure was measured.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import report
from benchmarks.corpus import ROOT
from benchmarks.crash_safety import Row

KEPT: Final = ROOT / "docs" / "coaching.json"
SECTION: Final = "coaching"
_INTRODUCTION: Final = """\
How well the coach keeps time, answers, lasts and starts, with the embedded engines:

```
.venv/bin/python -m benchmarks.coaching                # everything, about an hour; needs PulseAudio
.venv/bin/python -m benchmarks.coaching --rows live    # a part, kept with the others
.venv/bin/python -m benchmarks.coaching --quick        # a minute; fails where a goal is missed
```

- **Plan.** The session alone, led by the exact lengths of its clips, says at which sample each cue
  shall begin; in the sound that a rehearsal wrote each clip is found by correlation.
- **Live** sessions run on PortAudio and a private PulseAudio. The monitor of its sink is recorded,
  which is the sink's own clock; every clip is found in it, and everything that sounded is compared
  with what the coach handed to its loudspeaker.
- **Answers.** A synthetic user orders and asks by voice. *Decided* is the position in what the
  microphone hears at which the listener had heard enough; the first sample of the answer is on the
  same clock. A goal is met if 95 of 100 meet it.
- **Underruns.** Another process keeps one core busy for 8 of every 10 ms.
- **Start-up** is the command `voice-coach run` as a user starts it, after it has run once.

The coach runs at ordinary priority. How busy the machine was with other work stands beside the
figures. The numbers behind them are in [coaching.json](coaching.json)."""


@dataclass(frozen=True)
class Line(Row):
    """One line of the table, with its figures as numbers for programs."""

    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    quick: bool = False
    minutes: float = 10.0
    """Length of the long sessions in real time."""
    hours: float = 24.0
    """Length of the simulated sessions in which memory is watched."""


def load() -> str:
    """Return how busy the machine has been for the last minute, and how many cores it has."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def table(lines: Iterable[Row]) -> str:
    """Return the lines as a table in Markdown, those that miss their goal marked."""
    rows = [("", "goal", "measured")]
    rows += [(line.name, line.goal, line.figure + ("" if line.met else " ✗")) for line in lines]
    rows = [tuple(cell.replace("|", "/") for cell in row) for row in rows]
    body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([body[0], "| --- | --- | --- |", *body[1:]])


def keep(
    name: str, lines: Sequence[Row], conditions: str, order: Sequence[str], path: Path = KEPT
) -> dict[str, Any]:
    """Make `lines` the last ones of the row `name`; return all that is kept, in `order`."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept[name] = {
        "versions": report.versions(),
        "conditions": conditions,
        "lines": [asdict(line) for line in lines],
    }
    kept = {row: kept[row] for row in order if row in kept}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return kept


def section(kept: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Return what stands on the page: a table, and when and on what each row was measured."""
    lines, measured = [], []
    for name, row in kept.items():
        lines += [Row(one["name"], one["goal"], one["figure"], one["met"]) for one in row["lines"]]
        measured.append(f"- {titles[name]}: {row['conditions']}. {row['versions']}")
    return "\n\n".join(
        [
            "## Coaching",
            _INTRODUCTION,
            table(lines),
            "✗ marks a goal that is missed. Measured:",
            "\n".join(measured),
        ]
    )


def write_page(text: str, page: Path = report.PAGE) -> None:
    """Put the section into the page, after those of listening."""
    report.write_page(SECTION, text, page)
