#!/usr/bin/env python
"""Measures how well the coach keeps time, answers and remembers: one command, one table.

Owns which rows there are and in what order; must not know what a row measures.
`python -m benchmarks.coaching` writes its section of docs/benchmarks.md, and docs/coaching.json.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import (
    answer_latency,
    coaching_table,
    crash_safety,
    cue_timing,
    endurance,
    ideal_clock,
    report,
    session_memory,
    start_up_time,
    talk,
)
from benchmarks.coaching_table import Options
from benchmarks.crash_safety import Row


@dataclass(frozen=True)
class Measurement:
    """A part of the table that can be run alone."""

    title: str
    measure: Callable[[Options], Sequence[Row]]
    quick: bool = True
    """Whether the short form has it: nothing that hangs on how busy the machine is."""


def _durability(options: Options) -> Sequence[Row]:
    if not options.quick:
        return crash_safety.measure()
    return crash_safety.measure(kills=10, sessions=200)


ROWS: Final = {
    "plan": Measurement("cues against the plan", ideal_clock.against_the_plan),
    "talk": Measurement("how much is said", talk.measure),
    "live": Measurement("cues on real streams", cue_timing.live_position, quick=False),
    "pages": Measurement("cues beside pages", cue_timing.with_pages, quick=False),
    "file-answers": Measurement("answers by the rules alone", answer_latency.on_files),
    "answers": Measurement("answers on real streams", answer_latency.live, quick=False),
    "underruns": Measurement("underruns", cue_timing.underruns, quick=False),
    "durability": Measurement("the journal", _durability, quick=False),
    "remembering": Measurement("commands about the past", endurance.remembering, quick=False),
    "cost": Measurement("cost by length", ideal_clock.cost_of_lengths),
    "memory": Measurement("memory", endurance.memory),
    "all-memory": Measurement("memory in all", session_memory.session_memory, quick=False),
    "startup": Measurement("start-up", start_up_time.start_up, quick=False),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return 1 if a short run misses a goal."""
    asked = _asked(arguments)
    options = Options(asked.quick, asked.minutes, asked.hours)
    names = asked.rows or [name for name, row in ROWS.items() if row.quick or not asked.quick]
    measured: list[Row] = []
    for name in names:
        found, conditions = _run(name, options)
        measured += found
        if not asked.quick:
            kept = coaching_table.keep(name, found, conditions, list(ROWS), asked.json)
            titles = {name: row.title for name, row in ROWS.items()}
            coaching_table.write_page(coaching_table.section(kept, titles), asked.page)
    missed = sum(not line.met for line in measured)
    print(f"{len(measured)} lines, {missed} missed.")
    return 1 if asked.quick and missed else 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="what needs no real time; shown, not kept")
    add("--rows", nargs="+", choices=list(ROWS), metavar="NAME", help=" ".join(ROWS))
    add("--minutes", type=float, default=10.0, help="length of the long live sessions")
    add("--hours", type=float, default=24.0, help="simulated time in which memory is watched")
    add("--json", type=Path, default=coaching_table.KEPT, help="where the numbers are kept")
    add("--page", type=Path, default=report.PAGE, help="the page that gets the table")
    return parser.parse_args(arguments)


def _run(name: str, options: Options) -> tuple[Sequence[Row], str]:
    """Measure a row, and show it; return its lines and what the machine was like."""
    began, before = time.monotonic(), coaching_table.load()
    found = ROWS[name].measure(options)
    spent = time.monotonic() - began
    after = coaching_table.load()
    print(f"{name}, {spent:.0f} s, {before} before, {after} after")
    print(f"{coaching_table.table(found)}\n", flush=True)
    return found, f"{before} before, {after} after"


if __name__ == "__main__":
    sys.exit(main())
