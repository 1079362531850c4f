#!/usr/bin/env python
"""Fits the weights by which evidence becomes a probability, to the tuning half of the sounds.

Owns the regressions; must not know how evidence is found. `python -m benchmarks.fit_confidence`
prints the weights for voice_coach/hearing/engines/combined.py, and what they would do; 15 minutes
on two cores.
"""

import argparse
import os
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pool
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import commands, false_alarms
from benchmarks.corpus import Speaker, own_commands, speech_folder
from benchmarks.harness import Ears, Options, Task
from voice_coach.core.intents import Intent
from voice_coach.hearing.engines.combined import CombinedRecogniser, evidence
from voice_coach.hearing.engines.pocketsphinx import PocketsphinxRecogniser
from voice_coach.hearing.engines.recogniser import NOTHING, Hypothesis
from voice_coach.hearing.listener import Listener

EVERY: Final = 5
"""Of the commands every fifth is heard, and all of what is no command."""
ROUNDS: Final = 4
"""The candidate that is judged is the likeliest by the weights, so both are found in turns."""
OTHERS: Final = 1.5
"""How much a sound counts that is no command: to obey one is worse than to miss a command."""
ALONE: Final = 4
"""Of the figures so many count for the network alone. Where it is sure the length tells nothing."""

Features = tuple[float, ...]


@dataclass(frozen=True)
class Candidate:
    """A sentence that was considered, and what spoke for it."""

    text: str
    features: Features
    said: bool = False
    worth: float = 1.0
    """How much it counts."""


class Noting(CombinedRecogniser):
    """Looks twice at everything, notes the evidence, and understands nothing."""

    def __init__(self) -> None:
        super().__init__(PocketsphinxRecogniser())
        self.notes: list[tuple[list[Candidate], list[Candidate]]] = []

    def guess(self) -> None:
        """Return None, so that every utterance is heard out."""
        return

    def finish(self) -> Hypothesis:
        """Note what the network alone would go by, and what both engines together would."""
        utterance, self._heard = self._utterance(), []
        look = self._look(utterance)
        named = self._other.finish() if self._other else NOTHING
        alone = [
            Candidate(best.text, evidence(best.text, [look]).features) for best in look.readings[:1]
        ]
        texts = list(dict.fromkeys([*look.chances, *([named.text] if named.text else [])]))
        looks = self.at_all_speeds(utterance, look, texts) if texts else []
        together = [
            Candidate(text, evidence(text, looks, agreed=text == named.text).features)
            for text in texts
        ]
        self.notes.append((alone, together))
        return NOTHING


class NotingEars(Ears):
    """Ears that only note evidence."""

    def __init__(self) -> None:
        self.noting = Noting()
        self._recogniser = self.noting
        self._listener = Listener(self.noting)


@cache
def _ears() -> NotingEars:
    return NotingEars()


def _note(task: Task) -> tuple[dict[str, Any], list[tuple[list[Candidate], list[Candidate]]]]:
    ears = _ears()
    ears.noting.notes = []
    result = task(ears)
    return result, ears.noting.notes


def main() -> None:
    """Print the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2)
    processes = parser.parse_args().processes
    os.nice(10)
    with Pool(processes) as pool:
        noted = pool.map(_note, tasks(), chunksize=4)
    alone, together = [], []
    for result, notes in noted:
        for first, second in notes:
            alone += [marked(result, first)] if first else []
            together += [marked(result, second)] if second else []
    for name, sounds, count in (("ALONE", alone, ALONE), ("TOGETHER", together, None)):
        weights = fitted(sounds, count)
        print(f"{name} = ({', '.join(f'{weight:.2f}' for weight in weights)})")


def tasks() -> list[Task]:
    """Return the sounds of the tuning half."""
    options = Options(quick=False, speech=speech_folder().is_dir(), recogniser="auto")
    said = [task for task in commands.tasks(options) if _tunes(task)]
    return said[::EVERY] + [task for task in false_alarms.tasks(options) if _tunes(task)]


def _tunes(task: Any) -> bool:
    """Whether a task's half is "tuning"; noise has no half, and may be tuned by."""
    halves = [arg.half if isinstance(arg, Speaker) else arg for arg in task.args]
    return "test" not in halves


def marked(result: dict[str, Any], candidates: list[Candidate]) -> list[Candidate]:
    """Return `candidates` with which of them was really said."""
    meant = _meanings(result["text"]) if "condition" in result else set()
    worth = 1.0 if meant else OTHERS
    return [
        Candidate(c.text, c.features, bool(_meanings(c.text) & meant), worth) for c in candidates
    ]


@cache
def _meanings(text: str) -> set[tuple[str, str]]:
    found: list[Intent | None] = [own_commands().match(text, s) for s in own_commands().states]
    return {(intent.name, str(dict(intent.slots))) for intent in found if intent}


def fitted(sounds: list[list[Candidate]], count: int | None = None) -> NDArray[np.float64]:
    """Return the weights of a logistic regression for the likeliest candidate of each sound.

    Only the first `count` figures are weighed; None are all.
    """
    weights = np.array([0.0, 0.5, 4.0, 1.0, 0.0])[:count]
    for _ in range(ROUNDS):
        best = [max(e, key=lambda c: float(np.dot(c.features[:count], weights))) for e in sounds]
        weights = regression(
            np.array([c.features[:count] for c in best]),
            np.array([float(c.said) for c in best]),
            np.array([c.worth for c in best]),
        )
    return weights


def regression(
    features: NDArray[np.float64],
    said: NDArray[np.float64],
    worth: NDArray[np.float64],
    ridge: float = 0.01,
) -> NDArray[np.float64]:
    """Return weights, shape (features,), that make `said` likeliest: Newton's method."""
    weights = np.zeros(features.shape[1])
    for _ in range(60):
        likely = 1 / (1 + np.exp(-np.clip(features @ weights, -40, 40)))
        slope = features.T @ (worth * (likely - said)) + ridge * weights
        steep = (worth * likely * (1 - likely))[:, np.newaxis]
        weights -= np.linalg.solve(
            (features * steep).T @ features + ridge * np.eye(len(weights)), slope
        )
    return weights


if __name__ == "__main__":
    main()
