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
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice_coach.grammar import Grammar, minimised
from voice_coach.hearing.moonshine import Moonshine, Reading
from voice_coach.hearing.recogniser import NOTHING, Hypothesis, Recogniser
from voice_coach.hearing.subwords import Subwords
from voice_coach.sound.pcm import Pcm, resample, silence
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

_SHORTEST: Final[Samples] = to_samples(0.1)
"""Less sound than this has no word in it."""
_UNLIKELY: Final = -25.0
"""Log-probability that a sentence gets where the search left it behind."""
_SPEEDS: Final = (1.1, 0.9)
"""Playing speeds of the second and third look."""
_SURE: Final = 0.9
"""Probability from which the network is believed without asking anybody else."""
_HOPELESS: Final = 0.002
"""Probability under which nobody else is asked either."""


@dataclass(frozen=True)
class Weights:
    """A logistic regression: how evidence becomes a probability.

    Fitted by benchmarks/fit.py to the tuning half of the benchmark of listening.
    """

    constant: float
    margin: float
    """Of the log-probability of the sentence less that of the free transcription."""
    sentence: float
    """Of the log-probability of the sentence."""
    agreed: float = 0.0
    """Added where the other engine names the same sentence …"""
    denied: float = 0.0
    """… and where it names another one."""

    def probability(self, sentence: float, free: float, agreed: bool | None = None) -> float:
        """Return how probable it is that the sentence was said."""
        score = self.constant + self.margin * (sentence - free) + self.sentence * sentence
        if agreed is not None:
            score += self.agreed if agreed else self.denied
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))


ALONE: Final = Weights(5.0, 1.0, 0.1)
TOGETHER: Final = Weights(4.0, 0.5, 0.1, agreed=2.0, denied=-1.0)


class CombinedRecogniser:
    """A `Recogniser` by the network and, where that is in doubt, another engine."""

    def __init__(self, other: Recogniser | None = None) -> None:
        """Load the network beside `other`, which this owns from now on; None is none.

        Raises ModelError where the network is not installed.
        """
        self._network = Moonshine()
        self._other = other
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

    def start(self) -> None:
        self._heard = []
        if self._other:
            self._other.start()

    def hear(self, samples: Pcm) -> str:
        self._heard.append(samples)
        return self._other.hear(samples) if self._other else ""

    def guess(self) -> Hypothesis:
        return self._look(self._utterance()).hypothesis

    def finish(self) -> Hypothesis:
        utterance, self._heard = self._utterance(), []
        look = self._look(utterance)
        in_doubt = _HOPELESS < look.hypothesis.confidence < _SURE
        return self._looked_again(utterance, look) if in_doubt else look.hypothesis

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

    def _looked_again(self, utterance: Pcm, look: "_Look") -> Hypothesis:
        named = self._other.finish() if self._other else NOTHING
        texts = dict.fromkeys([reading.text for reading in look.readings])
        if named.text:
            texts.setdefault(named.text)
        few = self._network.spelled(sentences_only(texts))
        views = (resample(utterance, round(SAMPLE_RATE * speed)) for speed in _SPEEDS)
        all_features = [look.features, *(self._network.encode(view) for view in views)]
        looks = [self._network.search(features, few) for features in all_features]
        judged = [self._judged(text, looks, look, named) for text in texts]
        return max(judged, key=lambda hypothesis: hypothesis.confidence)

    def _judged(
        self, text: str, looks: list[list[Reading]], look: "_Look", named: Hypothesis
    ) -> Hypothesis:
        """Return how probable `text` is by all that was found."""
        found = [{reading.text: reading.log_probability for reading in one} for one in looks]
        chance = sum(max(_UNLIKELY, one.get(text, _UNLIKELY)) for one in found) / len(found)
        same = named.text == text
        probability = TOGETHER.probability(chance, look.free.log_probability, same)
        evidence = f"{look.evidence(chance)} at three speeds"
        if self._other:
            evidence += f"; {self._other.name}: “{named.text}”"
        return Hypothesis(text, probability, named.span if same else None, evidence)


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
        probability = ALONE.probability(best.log_probability, self.free.log_probability)
        return Hypothesis(best.text, probability, evidence=self.evidence(best.log_probability))

    def evidence(self, chance: float) -> str:
        """Say how likely a sentence is beside what was written down."""
        free = self.free.log_probability
        return f"log-probability {chance:.1f}; written down: “{self.free.text}” with {free:.1f}"


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
