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
from benchmarks.durability import Row

KEPT: Final = ROOT / "docs" / "coaching.json"
SECTION: Final = "coaching"


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
            "How well the coach keeps time, answers and remembers: `python -m benchmarks.coaching` "
            "(`--rows NAME…` a part, `--quick` a short form, `--minutes` the length of the live "
            "sessions). The numbers behind the figures are in [coaching.json](coaching.json).",
            table(lines),
            "✗ marks a goal that is missed. Measured:",
            "\n".join(measured),
        ]
    )


def write_page(text: str, page: Path = report.PAGE) -> None:
    """Put the section into the page, after those of listening."""
    report.write_page(SECTION, text, page)
