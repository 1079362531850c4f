"""Whether a segment of sound is a command: the rules between a hypothesis and `Heard`.

Owns the reasons for and against; must not know how segments are found or words recognised.
"""

from dataclasses import dataclass
from typing import Final, Self

from voice_coach.grammar import Grammar
from voice_coach.hearing.recogniser import Hypothesis
from voice_coach.units import Samples, to_samples, to_seconds

_LONG_SENTENCE: Final = 10
"""Words from which on people stop for thought in the middle of a sentence."""

_COMMAND: Final = to_samples(4.0)
_PAUSE: Final = to_samples(0.256)
_THOUGHT: Final = to_samples(0.768)
_KNOCK: Final = to_samples(0.18)


@dataclass(frozen=True)
class Rules:
    """What a segment must be like to hold a command, and when it ends."""

    hang_over: Samples = _PAUSE
    """Silence that ends a segment."""
    longest: Samples = _COMMAND
    """Whoever speaks longer without a break is talking to somebody else."""
    shortest_speech: Samples = _KNOCK
    """Less speech than this is a knock or a cough."""
    least_cover: float = 0.4
    """Words must last at least this share of the speech in the segment."""
    most_cover: float = 2.0
    """Words that last longer than this share of the speech were found in noise."""
    most_own_voice: float = 0.6
    """Where the coach's own voice makes up more of the sound, nobody else was heard."""
    most_removed_db: float = 15.0
    """Where more of the sound was the coach's own voice and has been taken out, the rest is its
    remains. A user who can be understood at all is not so much quieter than the coach."""
    least_confidence: float = 0.0
    """What the recogniser must think of its own hypothesis."""

    @classmethod
    def suiting(cls, grammar: Grammar) -> Self:
        """Return rules with the patience that the longest sentence of `grammar` asks for."""
        words = grammar.longest
        if words < _LONG_SENTENCE:
            return cls()
        return cls(hang_over=_THOUGHT, longest=to_samples(2.0 + 0.7 * words))


@dataclass(frozen=True)
class Segment:
    """A stretch of the stream in which somebody spoke, positions in samples of the stream."""

    start: Samples
    """The first sample that the recogniser got, some time before the voice."""
    voice_start: Samples
    voice_end: Samples
    speech: Samples
    """How much of it is voice; pauses between words are not counted."""
    decided: Samples
    """How far the stream had come when the segment was judged."""
    own_voice: float = 0.0
    """The share of its energy, 0 … 1, that is the coach's own voice."""
    removed_db: float = 0.0
    """How much quieter it became when the coach's own voice was taken out."""

    @property
    def length(self) -> Samples:
        """From the first to the last sample of the voice."""
        return self.voice_end - self.voice_start


@dataclass(frozen=True)
class Decision:
    """What became of a segment, and why."""

    segment: Segment
    hypothesis: Hypothesis
    accepted: bool
    reason: str
    """In plain words, with the figures that decided."""


def decide(hypothesis: Hypothesis, segment: Segment, rules: Rules) -> Decision:
    """Return whether `hypothesis` is taken as a command; the first rule broken is the reason."""
    objection = hopeless(segment, rules) or _objection(hypothesis, segment, rules)
    return Decision(segment, hypothesis, objection is None, objection or "whole sentence")


def too_long(segment: Segment, rules: Rules) -> bool:
    """Whether nobody commands at such length."""
    return segment.length > rules.longest


def hopeless(segment: Segment, rules: Rules) -> str | None:
    """Return why `segment` needs no recogniser, if so."""
    if too_long(segment, rules):
        return f"{_s(segment.length)} of talk; a command takes {_s(rules.longest)} at most"
    if segment.speech < rules.shortest_speech:
        return f"{_s(segment.speech)} of voice; a command takes {_s(rules.shortest_speech)}"
    if segment.own_voice > rules.most_own_voice:
        return f"{segment.own_voice:.0%} of it is the coach's own voice"
    if segment.removed_db > rules.most_removed_db:
        return f"the coach's own voice: {segment.removed_db:.0f} dB of it were taken out"
    return None


def _objection(hypothesis: Hypothesis, segment: Segment, rules: Rules) -> str | None:
    if not hypothesis.text:
        return "no sentence of the grammar"
    cover = (hypothesis.end - hypothesis.start) / segment.speech
    if not rules.least_cover <= cover <= rules.most_cover:
        return (
            f"the words last {cover:.2f} times as long as the voice, "
            f"not {rules.least_cover:g} to {rules.most_cover:g}"
        )
    if hypothesis.confidence < rules.least_confidence:
        return f"confidence {hypothesis.confidence:.2f} is below {rules.least_confidence:.2f}"
    return None


def _s(samples: Samples) -> str:
    return f"{to_seconds(samples):.2f} s"
