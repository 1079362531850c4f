#!/usr/bin/env python
"""Measures how well the coach listens: one command, one table.

Owns which rows there are, and runs them in two processes; must not know what a row measures.
`python -m benchmarks.hearing` writes docs/benchmarks.md, which also explains the figures.
"""

import argparse
import math
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cache, partial
from multiprocessing import Pool
from pathlib import Path
from typing import Final

from benchmarks import (
    barge_in,
    coffee,
    commands,
    decision_latency,
    digits,
    enrolment,
    false_alarms,
    people,
    report,
    resource_use,
)
from benchmarks.corpus import lacking_programs, speech_folder
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.scoring import Figure, Result, worse
from voice_coach.app.engines import choose_recogniser
from voice_coach.errors import VoiceCoachError
from voice_coach.settings.keys import RecogniserChoice

ROWS: Final = {
    row.name: row
    for row in (
        commands.ROW, false_alarms.ROW, coffee.ROW, digits.ROW, barge_in.ROW, enrolment.ROW,
        people.ROW, decision_latency.ROW, resource_use.ROW,
    )
}  # fmt: skip


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    asked = _asked()
    os.nice(10)
    if missing := lacking_programs():
        print(f"The voices of {' and '.join(missing)} are missing; run scripts/setup --dev.")
        return 2
    try:
        engine = str(choose_recogniser(RecogniserChoice(asked.recogniser)))
    except VoiceCoachError as error:
        print(error)
        return 2
    speech = speech_folder().is_dir()
    if not speech:
        print(f"Rows of recordings are skipped: there are none at {speech_folder()}.")
    options = Options(asked.quick, speech, asked.recogniser)
    results: dict[str, list[Result]] = {}
    figures: list[Figure] = []
    rows = [ROWS[name] for name in asked.rows]
    for name, found in run(rows, options, asked.processes, asked.share):
        results[name] = found
        figures += ROWS[name].figures(results[name]) if results[name] else []
        if asked.json:  # after each row, so that little is lost when it is stopped
            report.write_json(asked.json, figures, results)
    print(f"\n{engine}\n\n{report.table(figures)}\n\n{report.versions()}")
    if speech and not asked.quick and asked.rows == list(ROWS):
        report.write_page(f"hearing {engine}", _section(engine, figures, results, asked.share))
        report.keep(engine, figures)
    if not asked.quick:
        return 0
    if asked.keep:
        report.keep_baseline(engine, figures)
        return 0
    return _judged(figures, engine, all_sounds=speech)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="a small part; fails where it is worse than before")
    add("--rows", nargs="+", choices=list(ROWS), default=list(ROWS), metavar="NAME")
    add("--recogniser", choices=list(RecogniserChoice), default="auto")
    add("--share", type=float, default=1.0, help="of the sounds, such as 0.25; for a first look")
    add("--processes", type=int, default=2)
    add("--json", type=Path, help="also write every single result to this file")
    add("--keep", action="store_true", help="with --quick: make this the baseline")
    return parser.parse_args()


def run(
    rows: Iterable[Row], options: Options, processes: int, share: float = 1.0
) -> Iterator[tuple[str, list[Result]]]:
    """Yield for each row its name and what came of every task of it, or of a `share` of them.

    The processes go on from row to row without a break; then those rows come that have to be
    alone. Within a row the order is that of its tasks.
    """
    do, began = partial(_do, options.recogniser), time.monotonic()
    drawn = {row: _drawn(row, options, share) for row in rows}
    with Pool(processes) as pool:
        under_way = [
            (row, pool.imap(do, tasks, chunksize=4))
            for row, tasks in drawn.items()
            if not row.alone
        ]
        for row, results in under_way:
            yield row.name, _collected(row, results, len(drawn[row]), began)
    for row, tasks in drawn.items():
        if row.alone:
            with Pool(1) as pool:
                yield row.name, _collected(row, pool.imap(do, tasks), len(tasks), began)


def _drawn(row: Row, options: Options, share: float) -> list[Task]:
    """Return the tasks of `row`, or a `share` of them, always the same; none it cannot have."""
    if row.recordings and not options.speech:
        return []
    tasks = row.tasks(options)
    if row.whole:
        return tasks
    count = math.ceil(share * len(tasks))
    return [tasks[i] for i in sorted(random.Random(1).sample(range(len(tasks)), count))]


def _collected(row: Row, results: Iterable[Result], count: int, began: float) -> list[Result]:
    """Return the results as they come, and tell how far it is."""
    collected: list[Result] = []
    for done, result in enumerate(results, 1):
        collected.append(result)
        if sys.stderr.isatty() or done % 500 == 0:
            print(f"{row.name}: {done} of {count}", end="\r", file=sys.stderr, flush=True)
    spent = time.monotonic() - began
    print(f"{row.name}: {count} sounds, after {spent:.0f} s", file=sys.stderr, flush=True)
    return collected


@cache
def _ears(recogniser: str) -> Ears:
    # Each process has one listener, as each coach has.
    return Ears(recogniser)


def _do(recogniser: str, task: Task) -> Result:
    return task(_ears(recogniser))


def _section(
    engine: str, figures: list[Figure], results: dict[str, list[Result]], share: float
) -> str:
    drawn = (
        ""
        if share == 1
        else (f"Of the sounds {share:.0%} were drawn, always the same; barge-in is whole. ")
    )
    details = [ROWS[name].details(found) for name, found in results.items() if found]
    files = f"recorded speech: {speech_folder().name}/{{coffee,digits,noise,words}}"
    return "\n\n".join(
        [
            f"## Listening with {engine}",
            report.table(figures),
            f"{drawn}{report.versions()} Sounds: synthetic voices and {files}. "
            "✗ marks a goal that is missed.",
            *filter(None, details),
        ]
    )


def _judged(figures: list[Figure], engine: str, *, all_sounds: bool) -> int:
    baseline = report.read_baseline(engine)
    if not baseline:
        print(f"There is no baseline for {engine}: nothing is compared. Keep one with --keep.")
    # On a busy machine time doubles with the same code: that is told, and fails nothing.
    slower = worse([f for f in figures if f.is_of_the_machine], baseline, all_sounds=all_sounds)
    complaints = worse(
        [f for f in figures if not f.is_of_the_machine], baseline, all_sounds=all_sounds
    )
    for each in slower:
        print(f"Slower than before, here and now: {each}")
    for complaint in complaints:
        print(f"Worse than before: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
