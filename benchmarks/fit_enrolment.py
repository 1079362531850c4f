#!/usr/bin/env python
"""Fits the weights by which what was taught counts, to the speakers of the tuning half.

Owns the two regressions; must not know how takes are compared. `python -m benchmarks.fit_enrolment`
prints the weights for voice_coach/hearing/enrolled/profile.py; it takes about six minutes.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpus import SPEAKERS, Speaker, own_commands
from benchmarks.enrolment import OTHER_USER, TALK, TAUGHT, Saying, sayings, taught_by
from voice_coach.app.coach import attend
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.engines.combined import CombinedRecogniser
from voice_coach.hearing.engines.pocketsphinx import PocketsphinxRecogniser
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.hearing.enrolled.profile import FAR, EnrolledVoice, Features, Nearness, Profile
from voice_coach.hearing.files import heard_in
from voice_coach.hearing.listener import Listener

FALSE: Final = 6.0
"""How many phrases that are missed are as bad as one that nobody said."""
_CLEAR: Final = 0.5


@dataclass(frozen=True)
class Note:
    """How near a saying was to one of the phrases, and what was recognised without that."""

    saying: Saying
    near: Nearness
    """One of the phrases, near or not."""
    found: Hypothesis

    @property
    def features(self) -> tuple[float, float, float]:
        """What is weighed."""
        return 1.0, self.near.distance, max(-_CLEAR, min(_CLEAR, self.near.lead))

    @property
    def said(self) -> bool:
        """Whether the near phrase was said by who taught it."""
        return self.saying.kind == TAUGHT and self.near.phrase == self.saying.text


class Noting(EnrolledVoice):
    """Notes what is near, and corrects nothing."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.last: tuple[dict[str, float], Hypothesis] | None = None

    def corrected(
        self, found: Hypothesis, sound: Features, allowed: Callable[[str], bool]
    ) -> Hypothesis:
        """Return `found`."""
        distances = {p: d for p, d in self.distances(sound).items() if d < FAR and allowed(p)}
        self.last = distances, found
        return found


def notes_of(user: Speaker) -> list[Note]:
    """Return what is near to everything that is said once `user` has taught the coach."""
    noting = Noting(taught_by(user))
    recogniser = CombinedRecogniser(PocketsphinxRecogniser(), noting)
    notes: list[Note] = []
    for saying in sayings(user):

        def watch(_: Decision, saying: Saying = saying) -> None:
            if noting.last:
                distances, found = noting.last
                nears = (Nearness.among(distances, phrase) for phrase in distances)
                notes.extend(Note(saying, near, found) for near in nears)
            noting.last = None

        listener = Listener(recogniser, watch=watch)
        attend(listener, own_commands(), "session")
        for _ in heard_in(saying.sound, listener):
            pass
    recogniser.close()
    return notes


def accepted(notes: list[Note]) -> NDArray[np.float64]:
    """Return the weights of: was the phrase said at all?"""
    some = [n for n in notes if n.said or n.saying.kind != OTHER_USER]
    weights = [1.0 if n.said else FALSE for n in some]
    return fitted([n.features for n in some], [n.said for n in some], weights)


def instead(notes: list[Note]) -> NDArray[np.float64]:
    """Return the weights of: was it said, and not the sentence that was recognised?"""
    some = [n for n in notes if n.near.lead >= 0 and n.found.text]
    some = [n for n in some if _means(n.found.text) != _means(n.near.phrase)]
    some = [n for n in some if n.saying.kind not in {OTHER_USER, TALK}]
    some = [n for n in some if n.said or _means(n.found.text) == _means(n.saying.text)]
    weights = fitted([n.features for n in some], [n.said for n in some], [1.0] * len(some))
    weights[0] -= 1.0  # in doubt, what was recognised stays
    return weights


def _means(text: str) -> object:
    intent = own_commands().match(text, "session")
    return intent and (intent.name, dict(intent.slots))


def fitted(
    features: list[tuple[float, ...]], truths: list[bool], weights: list[float]
) -> NDArray[np.float64]:
    """Return the logistic regression by Newton's method, with a little ridge (0.01)."""
    x, y, w = np.array(features), np.array(truths, dtype=float), np.array(weights)
    found = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        gradient = x.T @ (w * (y - p)) - 0.01 * found
        curvature = (x.T * (w * p * (1 - p))) @ x + 0.01 * np.eye(len(found))
        found += np.linalg.solve(curvature, gradient)
    return found


def main() -> None:
    """Print both weights."""
    os.nice(10)
    notes: list[Note] = []
    for user in (speaker for speaker in SPEAKERS if speaker.half == "tuning"):
        notes += notes_of(user)
        print(f"{user}: {len(notes)} sayings so far", flush=True)
    for name, weights in (("ACCEPTED", accepted(notes)), ("INSTEAD", instead(notes))):
        print(f"{name}: Final = ({', '.join(f'{weight:.2f}' for weight in weights)})")


if __name__ == "__main__":
    main()
