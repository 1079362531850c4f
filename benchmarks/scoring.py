"""From what was heard to figures: verdicts, rows of the table, and what is worse than before.

Owns the arithmetic of the benchmarks; must not know sounds, files or the listener.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Verdict = Literal["right", "wrong", "missed", "twice"]
Result = dict[str, Any]
"""What came of one task, as it stands in the JSON."""

TOLERANCES: Final = {
    "%": 5.0, "points": 5.0, "/h": 12.0, "": 1.0, "ms": 60.0, "s": 0.5, "% CPU": 5.0, "MB": 40.0,
}  # fmt: skip
"""How much worse than the baseline a figure may be at least, by unit: about one sound of a quick
run, which another processor's rounding may tip; for time and memory, what another machine may
take."""
_ROUNDED: Final = 0.01
"""The baseline is kept with two decimals."""


@dataclass(frozen=True)
class Before:
    """What a figure was when it was last kept."""

    value: float
    of: str


@dataclass(frozen=True)
class Figure:
    """A line of the table."""

    name: str
    value: float
    unit: str
    of: str
    """What it was measured on: "240 clips"."""
    goal: float | None = None
    less: bool = False
    """Whether less is better."""
    tuning: float | None = None
    test: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.less else self.value >= self.goal

    @property
    def is_of_the_machine(self) -> bool:
        """Whether it tells as much of how busy the machine is as of the code."""
        return self.unit in ("ms", "% CPU")

    @property
    def tolerance(self) -> float:
        """How much worse than before it may be: of few sounds, what one of them makes.

        Points are the difference of two shares, so one sound of each may tip.
        """
        sounds = re.match(r"\d+", self.of.replace(",", ""))
        tipped = {"%": 1, "points": 2}.get(self.unit, 0)
        one = 100 / int(sounds[0]) if sounds and tipped else 0.0
        return max(TOLERANCES[self.unit], tipped * one)

    def worse_than(self, before: float) -> bool:
        """Whether this is worse than `before` by more than is tolerated."""
        loss = self.value - before if self.less else before - self.value
        return loss > self.tolerance + _ROUNDED


def verdict(heard: Sequence[Mapping[str, Any]], intent: str, slots: Mapping[str, Any]) -> Verdict:
    """Judge what was heard of one sentence: `heard` holds an "intent" and "slots" for each.

    It is right when exactly one command was heard and it is the one that was meant. Whatever
    else was heard, even beside it, is wrong.
    """
    as_meant = [h.get("intent") == intent and has(h.get("slots", {}), slots) for h in heard]
    if not as_meant:
        return "missed"
    if not all(as_meant):
        return "wrong"
    return "right" if len(as_meant) == 1 else "twice"


def has(found: Mapping[str, Any], slots: Mapping[str, Any]) -> bool:
    """Whether every one of `slots` was found with its value."""
    return all(found.get(name) == value for name, value in slots.items())


def share(results: Iterable[Result], key: str, *values: object) -> float | None:
    """Return the percentage of `results` with one of `values`; None where there are none."""
    found = [result[key] in values for result in results]
    return 100 * sum(found) / len(found) if found else None


def shares(results: Sequence[Result], key: str, *values: object) -> dict[str, float | None]:
    """Return the percentage of all, of the tuning and of the test half, as Figure takes them."""
    return halves(results, lambda some: share(some, key, *values))


def halves(
    results: Sequence[Result], figure: Callable[[list[Result]], float | None]
) -> dict[str, float | None]:
    """Return `figure` of all, of the tuning and of the test half, as Figure takes them."""
    parts = {half: [r for r in results if r.get("half") == half] for half in ("tuning", "test")}
    values = {half: figure(part) if part else None for half, part in parts.items()}
    return {"value": figure(list(results)), **values}


def per_hour(results: Iterable[Result]) -> float | None:
    """Return how often a command was heard in an hour of these results' `seconds`."""
    results = list(results)
    seconds = sum(result["seconds"] for result in results)
    return 3600 * sum(len(result["heard"]) for result in results) / seconds if seconds else None


def worse(
    figures: Iterable[Figure], baseline: Mapping[str, Before], *, all_sounds: bool
) -> list[str]:
    """Return a plain line for each figure that is worse than `baseline` allows.

    Unless `all_sounds` are there, figures that were kept of other sounds are left out.
    """
    complaints = []
    for figure in figures:
        before = baseline.get(figure.name)
        if not before or not (all_sounds or figure.of == before.of):
            continue
        if figure.worse_than(before.value):
            complaints.append(
                f"{figure.name}: {figure.value:.1f} {figure.unit} of {figure.of}, "
                f"was {before.value:.1f} of {before.of}; "
                f"{figure.tolerance:.3g} worse is allowed."
            )
    return complaints
