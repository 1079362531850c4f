"""Two engines that check each other: a network that writes down all it hears, and a decoder.

Owns which of them is believed how far; must not know how either works inside, nor where an
utterance begins or ends.

The network alone decides what it is sure of, either way, in a twentieth of a second. In between
it is asked again, about the same sound a little slower and a little faster, and the other engine
is asked for its own sentence. What both name, and what stays likely at every speed, was said.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice_coach.grammar import Grammar, minimised
from voice_coach.hearing.moonshine import Moonshine, Reading
from voice_coach.hearing.recogniser import NOTHING, Hypothesis, Recogniser
from voice_coach.hearing.subwords import Subwords
from voice_coach.hearing.taught import Taught
from voice_coach.sound.pcm import Pcm, resample, silence
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

_SHORTEST: Final[Samples] = to_samples(0.1)
"""Less sound than this has no word in it."""
_UNLIKELY: Final = -25.0
"""Log-probability of a few words where the search left them behind."""
_FEW_WORDS: Final = 3
_CLEAR: Final = 2.0
"""Logarithm of how much more probable a sentence must be than any other to be sure of."""
_SPEEDS: Final = (1.1, 0.9)
"""Playing speeds of the second and third look."""
_SURE: Final = 0.9
"""Probability from which the network is believed without asking anybody else."""
_HOPELESS: Final = 0.002
"""Probability under which nobody else is asked either."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for one sentence and against it."""

    margin: float
    """Logarithm of how much less probable it is than what the network wrote down freely …"""
    words: int
    """… which grows with the number of its words, of which each may be written otherwise."""
    likeness: float
    """How much the two look alike, 0 … 1."""
    agreed: bool = False
    """Whether the other engine named the same sentence."""

    @property
    def features(self) -> tuple[float, ...]:
        """What is weighed, shape (4,)."""
        margin = max(_UNLIKELY, self.margin * min(1.0, _FEW_WORDS / self.words))
        return (1.0, margin, self.likeness, float(self.agreed))

    def probability(self, weights: tuple[float, ...]) -> float:
        """Return how probable it is that the sentence was said: a logistic regression."""
        score = sum(w * f for w, f in zip(weights, self.features, strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))


# Fitted by benchmarks/fit.py to the tuning half of the benchmark of listening.
ALONE: Final = (0.01, 0.69, 4.12, 0.0)
"""Weights of the evidence of the network alone …"""
TOGETHER: Final = (-0.23, 0.57, 3.98, 1.08)
"""… and of all that is asked in doubt."""


class CombinedRecogniser:
    """A `Recogniser` by the network and, where that is in doubt, another engine."""

    def __init__(self, other: Recogniser | None = None, taught: Taught | None = None) -> None:
        """Load the network beside `other`, which this owns from now on; None is none.

        What the user has `taught` corrects it. Raises ModelError where the network is not
        installed.
        """
        self._network = Moonshine()
        self._other = other
        self._taught = taught
        self._grammar: Grammar | None = None
        self._spelled: dict[Grammar, Subwords] = {}
        self._subwords: Subwords | None = None
        self._heard: list[Pcm] = []

    @property
    def name(self) -> str:
        return f"{self._other.name} and {self._network.name}" if self._other else self._network.name

    def use(self, grammar: Grammar) -> None:
        if self._other:
            self._other.use(grammar)
        if grammar not in self._spelled:
            self._spelled[grammar] = self._network.spelled(grammar)
        self._subwords = self._spelled[grammar]
        self._grammar = grammar

    def start(self) -> None:
        self._heard = []
        if self._other:
            self._other.start()

    def hear(self, samples: Pcm) -> str:
        self._heard.append(samples)
        return self._other.hear(samples) if self._other else ""

    def guess(self) -> Hypothesis | None:
        look = self._look(self._utterance())
        return None if look.in_doubt else self._corrected(look.hypothesis, look)

    def finish(self) -> Hypothesis:
        utterance, self._heard = self._utterance(), []
        look = self._look(utterance)
        found = self._looked_again(utterance, look) if look.in_doubt else look.hypothesis
        return self._corrected(found, look)

    def close(self) -> None:
        self._heard = []
        if self._other:
            self._other.close()

    def _utterance(self) -> Pcm:
        return np.concatenate([silence(0), *self._heard])

    def _look(self, utterance: Pcm) -> "_Look":
        if self._subwords is None:
            raise RuntimeError("a recogniser needs a grammar: call use() before start()")
        if len(utterance) < _SHORTEST:
            return _Look([], Reading("", 0.0), silence(0))
        features = self._network.encode(utterance)
        readings = self._network.search(features, self._subwords)
        return _Look(readings, self._network.transcribe(features), features)

    def _corrected(self, found: Hypothesis, look: "_Look") -> Hypothesis:
        if not (self._taught and self._grammar and look.features.ndim == 3):
            return found
        return self._taught.corrected(found, look.features[0], self._grammar.accepts)

    def _looked_again(self, utterance: Pcm, look: "_Look") -> Hypothesis:
        named = self._other.finish() if self._other else NOTHING
        texts = dict.fromkeys([reading.text for reading in look.readings])
        if named.text:
            texts.setdefault(named.text)
        chances = self._at_all_speeds(utterance, look, texts)
        told = f"; {self._other.name}: “{named.text}”" if self._other else ""
        judged = (
            Hypothesis(
                text,
                look.evidence(text, chance, text == named.text).probability(TOGETHER),
                named.span if text == named.text else None,
                f"{look.told(chance)} at three speeds{told}",
            )
            for text, chance in chances.items()
        )
        return max(judged, key=lambda hypothesis: hypothesis.confidence)

    def _at_all_speeds(
        self, utterance: Pcm, look: "_Look", texts: Iterable[str]
    ) -> dict[str, float]:
        """Return the mean log-probability of each of `texts`."""
        few = self._network.spelled(sentences_only(texts))
        views = (resample(utterance, round(SAMPLE_RATE * speed)) for speed in _SPEEDS)
        all_features = [look.features, *(self._network.encode(view) for view in views)]
        found = [
            {reading.text: reading.log_probability for reading in self._network.search(one, few)}
            for one in all_features
        ]
        floors = {text: _UNLIKELY * max(1.0, len(text.split()) / _FEW_WORDS) for text in texts}
        return {
            text: sum(max(floor, one.get(text, floor)) for one in found) / len(found)
            for text, floor in floors.items()
        }


@dataclass(frozen=True)
class _Look:
    """What the network found in an utterance."""

    readings: list[Reading]
    """The likeliest sentences of the grammar, the best first."""
    free: Reading
    """What was said, whatever it was."""
    features: NDArray[np.float32]

    @property
    def hypothesis(self) -> Hypothesis:
        """The likeliest sentence, judged by the network alone."""
        if not self.readings:
            return Hypothesis("", 0.0, evidence=f"written down: “{self.free.text}”")
        best = self.readings[0]
        evidence = self.evidence(best.text, best.log_probability)
        told = self.told(best.log_probability)
        return Hypothesis(best.text, evidence.probability(ALONE), evidence=told)

    @property
    def in_doubt(self) -> bool:
        """Whether somebody else should be asked."""
        if not self.readings or self.hypothesis.confidence <= _HOPELESS:
            return False
        best, *others = (reading.log_probability for reading in self.readings)
        rivalled = best - max(others, default=_UNLIKELY) < _CLEAR
        return rivalled or self.hypothesis.confidence < _SURE

    def evidence(self, text: str, chance: float, agreed: bool = False) -> Evidence:
        """Return what speaks for `text`, which has the log-probability `chance`."""
        margin = chance - self.free.log_probability
        return Evidence(margin, len(text.split()), self.likeness(text), agreed)

    def likeness(self, text: str) -> float:
        """Return how much `text` looks like what was written down, letter by letter."""
        return SequenceMatcher(None, _letters(self.free.text), _letters(text), False).ratio()

    def told(self, chance: float) -> str:
        """Say how likely a sentence is beside what was written down."""
        free = self.free.log_probability
        return f"log-probability {chance:.1f}; written down: “{self.free.text}” with {free:.1f}"


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def sentences_only(sentences: Iterable[str]) -> Grammar:
    """Return the grammar of just these sentences."""
    following: dict[int, dict[str, int]] = {}
    finals = set()
    states = 1
    for sentence in sentences:
        state = 0
        for word in sentence.split():
            onward = following.setdefault(state, {})
            if word not in onward:
                onward[word] = states
                states += 1
            state = onward[word]
        finals.add(state)
    return minimised("a few sentences", following, finals)
