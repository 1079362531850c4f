"""Two engines that check each other: a network that writes down all it hears, and a decoder.

Owns which of them is believed how far; must not know how either works inside, nor where an
utterance begins or ends.

The network alone decides what it is sure of, either way, in a twentieth of a second. In between
it is asked again, about the same sound a little slower and a little faster, and the other engine
is asked for its own sentence. What both name, and what stays likely at every speed, was said.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from statistics import fmean
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice_coach.audio.pcm import Pcm, resample, silence
from voice_coach.grammar import Grammar, minimised
from voice_coach.hearing.engines.moonshine import Moonshine, Reading
from voice_coach.hearing.engines.recogniser import NOTHING, Hypothesis, Recogniser
from voice_coach.hearing.engines.subwords import Subwords
from voice_coach.hearing.enrolled.profile import EnrolledVoice
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

_SHORTEST: Final[Samples] = to_samples(0.1)
"""Less sound than this has no word in it."""
_UNLIKELY: Final = -25.0
"""Log-probability of a few words where the search left them behind."""
_FEW_WORDS: Final = 3
_INCONCEIVABLE: Final = (-6.5, -0.5)
"""Log-probability, and so much more for each letter, under which a text is no reading of the sound,
however unlikely all others are: where nobody speaks, none fits."""
_SOON: Final[Samples] = to_samples(0.032)
"""So much more silence changes little of what is found."""
_MANY_LETTERS: Final = 12
"""From so many letters on, a sentence is like no other by chance."""
_BETTER: Final = 2
"""Of three speeds the two count at which a sentence fits better: one spoils many a word."""
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
    letters: int
    """How long it is: the shorter, the more other words sound like it."""
    agreed: bool = False
    """Whether the other engine named the same sentence."""

    @property
    def features(self) -> tuple[float, ...]:
        """What is weighed, shape (5,)."""
        margin = max(_UNLIKELY, self.margin * min(1.0, _FEW_WORDS / self.words))
        length = math.log(min(self.letters, _MANY_LETTERS))
        return (1.0, margin, self.likeness, float(self.agreed), length)

    def probability(self, weights: tuple[float, ...]) -> float:
        """Return how probable it is that the sentence was said: a logistic regression."""
        score = sum(w * f for w, f in zip(weights, self.features, strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))


# Fitted by benchmarks/fit_confidence.py to the tuning half of the benchmark of listening.
ALONE: Final = (0.01, 0.69, 4.12, 0.0, 0.0)
"""Weights of the evidence of the network alone …"""
TOGETHER: Final = (-7.59, 0.86, 2.51, 1.26, 4.28)
"""… and of all that is asked in doubt."""


class CombinedRecogniser:
    """A `Recogniser` by the network and, where that is in doubt, another engine."""

    def __init__(
        self, other: Recogniser | None = None, taught: EnrolledVoice | None = None
    ) -> None:
        """Load the network beside `other`, which this owns from now on; None is none.

        What the user has `taught` corrects it. Raises ModelError where the network is not
        installed.
        """
        self._network = Moonshine()
        self._other = other
        self._taught = taught
        self._grammar: Grammar | None = None
        self._spelled: dict[Grammar, tuple[Subwords, ...]] = {}
        self._subwords: tuple[Subwords, ...] = ()
        self._heard: list[Pcm] = []
        self._guessed: tuple[Samples, _Look] | None = None
        """How much was heard when it was last guessed, and what was found in it."""

    @property
    def name(self) -> str:
        return f"{self._other.name} and {self._network.name}" if self._other else self._network.name

    def use(self, grammar: Grammar) -> None:
        if self._other:
            self._other.use(grammar)
        if grammar not in self._spelled:
            # The key sentences have a search of their own: among thousands a beam loses them.
            parts = dict.fromkeys((grammar, grammar.plain))
            self._spelled[grammar] = tuple(self._network.spelled(each) for each in parts)
        self._subwords = self._spelled[grammar]
        self._grammar = grammar

    def start(self) -> None:
        self._heard = []
        self._guessed = None
        if self._other:
            self._other.start()

    def hear(self, samples: Pcm) -> str:
        self._heard.append(samples)
        return self._other.hear(samples) if self._other else ""

    def guess(self) -> Hypothesis | None:
        utterance = self._utterance()
        look = self._look(utterance)
        self._guessed = (len(utterance), look)
        return None if look.in_doubt else self._corrected(look.hypothesis, look)

    def finish(self) -> Hypothesis:
        utterance, self._heard = self._utterance(), []
        look = self._doubted(utterance) or self._look(utterance)
        found = self._looked_again(utterance, look) if look.in_doubt else look.hypothesis
        return self._corrected(found, look)

    def close(self) -> None:
        self._heard = []
        if self._other:
            self._other.close()

    def _utterance(self) -> Pcm:
        return np.concatenate([silence(0), *self._heard])

    def _doubted(self, utterance: Pcm) -> "_Look | None":
        """Return what was found just before `utterance` ended, if it is looked at again anyway."""
        length, look = self._guessed or (0, None)
        fresh = look is not None and len(utterance) - length <= _SOON
        return look if look and fresh and look.in_doubt else None

    def _look(self, utterance: Pcm) -> "_Look":
        if not self._subwords:
            raise RuntimeError("a recogniser needs a grammar: call use() before start()")
        if len(utterance) < _SHORTEST:
            return _Look([], Reading("", 0.0), silence(0))
        features = self._network.encode(utterance)
        readings, free = self._network.look(features, *self._subwords)
        return _Look(readings, free, features)

    def _corrected(self, found: Hypothesis, look: "_Look") -> Hypothesis:
        if not (self._taught and self._grammar and look.features.ndim == 3):
            return found
        return self._taught.corrected(found, look.features[0], self._grammar.accepts)

    def _looked_again(self, utterance: Pcm, look: "_Look") -> Hypothesis:
        named = self._other.finish() if self._other else NOTHING
        texts = list(dict.fromkeys([*look.chances, *([named.text] if named.text else [])]))
        looks = self.at_all_speeds(utterance, look, texts)
        told = f"; {self._other.name}: “{named.text}”" if self._other else ""
        judged = [
            Hypothesis(
                text,
                evidence(text, looks, agreed=text == named.text).probability(TOGETHER)
                if conceivable(text, max(look.chance(text) for look in looks))
                else 0.0,
                evidence="; ".join(each.told(text) for each in looks) + told,
                written=look.free.text,
            )
            for text in texts
        ]
        judged.sort(key=lambda hypothesis: -hypothesis.confidence)
        rivals = tuple((other.text, other.confidence) for other in judged[1:])
        return replace(judged[0], rivals=rivals)

    def at_all_speeds(self, utterance: Pcm, look: "_Look", texts: list[str]) -> list["_Look"]:
        """Return `look` and those at the other speeds, each with all of `texts` searched."""
        unread = [text for text in texts if text not in look.chances]
        more = self._network.search(look.features, self._few(unread)) if unread else []
        looks = [replace(look, readings=[*look.readings, *more])]
        few = self._few(texts)
        for speed in _SPEEDS:
            features = self._network.encode(resample(utterance, round(SAMPLE_RATE * speed)))
            looks.append(_Look(*self._network.look(features, few), features))
        return looks

    def _few(self, texts: Iterable[str]) -> Subwords:
        return self._network.spelled(sentences_only(texts))


@dataclass(frozen=True)
class _Look:
    """What the network found in an utterance."""

    readings: list[Reading]
    """The likeliest sentences of the grammar, the best first."""
    free: Reading
    """What was said, whatever it was."""
    features: NDArray[np.float32]

    @cached_property
    def chances(self) -> dict[str, float]:
        """The log-probability of each sentence that was found."""
        return {reading.text: reading.log_probability for reading in self.readings}

    @cached_property
    def hypothesis(self) -> Hypothesis:
        """The likeliest sentence, judged by the network alone."""
        written = self.free.text
        if not self.readings:
            return Hypothesis("", 0.0, evidence=f"written down: “{written}”", written=written)
        best, *others = self.readings
        confidence = evidence(best.text, [self]).probability(ALONE)
        # Beside each other, sentences are as probable as the network says.
        rivals = tuple(
            (other.text, confidence * math.exp(other.log_probability - best.log_probability))
            for other in others
        )
        told = self.told(best.text)
        return Hypothesis(best.text, confidence, evidence=told, written=written, rivals=rivals)

    @property
    def in_doubt(self) -> bool:
        """Whether somebody else should be asked."""
        if not self.readings or self.hypothesis.confidence <= _HOPELESS:
            return False
        best, *others = (reading.log_probability for reading in self.readings)
        rivalled = best - max(others, default=_UNLIKELY) < _CLEAR
        return rivalled or self.hypothesis.confidence < _SURE

    def chance(self, text: str) -> float:
        """Return the log-probability of `text`, whether it was found or not."""
        floor = _UNLIKELY * max(1.0, len(text.split()) / _FEW_WORDS)
        return max(floor, self.chances.get(text, floor))

    def likeness(self, text: str) -> float:
        """Return how much `text` looks like what was written down, letter by letter."""
        return SequenceMatcher(None, _letters(self.free.text), _letters(text), False).ratio()

    def told(self, text: str) -> str:
        """Say how likely `text` is beside what was written down."""
        free = self.free.log_probability
        chance = self.chance(text)
        return f"log-probability {chance:.1f}; written down: “{self.free.text}” with {free:.1f}"


def evidence(text: str, looks: Sequence[_Look], *, agreed: bool = False) -> Evidence:
    """Return what speaks for `text` and against it in all of `looks` at an utterance."""
    margins = sorted(look.chance(text) - look.free.log_probability for look in looks)
    return Evidence(
        margin=fmean(margins[-_BETTER:]),
        words=len(text.split()),
        likeness=fmean(look.likeness(text) for look in looks),
        letters=len(_letters(text)),
        agreed=agreed,
    )


def conceivable(text: str, log_probability: float) -> bool:
    """Whether `text` may have been said at all, with what it has where it fits best."""
    least, for_each_letter = _INCONCEIVABLE
    return log_probability >= least + for_each_letter * len(_letters(text))


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
