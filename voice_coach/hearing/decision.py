"""Whether a segment of sound is a command: the rules between a hypothesis and `Heard`.

Owns the reasons for and against; must not know how segments are found or words recognised.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Self

from voice_coach.grammar import Grammar
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.units import Samples, to_samples, to_seconds

_COMMAND: Final = to_samples(4.0)
_PAUSE: Final = to_samples(0.256)
_BREATH: Final = to_samples(0.096)
_HESITATION: Final = to_samples(0.512)
"""Of "don't … stop", nobody must be taken to have said "stop"."""
_NEGATIONS: Final = ("don't", "not", "never")
_COMMA: Final = to_samples(0.224)
"""A comma in a neural voice's talk makes 0.03 to 0.22 s of silence, mostly 0.16 or more."""
_THOUGHT: Final = to_samples(1.024)
_KNOCK: Final = to_samples(0.06)
"""A "no" may have as little as that; what makes less is no voice."""

_NO_RIVAL: Final = 2.0
"""Long sentences differ in a word or two, so that each has rivals nearly as probable."""
_ANSWER: Final = 0.6
"""How probable an answer must be. With what is enough for a command, people's other words were
taken for one in 4.4 % of cases."""


def _negates(grammar: Grammar) -> bool:
    """Whether a sentence of `grammar` is the negation of another one, which is a single word."""
    begun = grammar.following.get(0, {})
    negated = (grammar.following.get(begun.get(word, -1), {}) for word in _NEGATIONS)
    return any(begun.get(word) in grammar.finals for following in negated for word in following)


def _never(*_: str) -> bool:
    return False


def _always(_: str) -> bool:
    return True


@dataclass(frozen=True)
class Rules:
    """What a segment must be like to hold a command, and when it ends."""

    hang_over: Samples = _PAUSE
    """Silence that ends a segment."""
    early: Samples | None = _BREATH
    """Silence after which a word is taken already that is sure and settled, …"""
    comma: Samples = _COMMA
    """… and a sentence of several, unless it does no harm. People say "slow down, there's a camera"
    to each other too: in its first comma that is a command, and as a whole none."""
    longest: Samples = _COMMAND
    """Whoever speaks longer without a break is talking to somebody else."""
    shortest_speech: Samples = _KNOCK
    """Less speech than this is a knock or a cough."""
    least_cover: float = 0.4
    """Words must last at least this share of the speech in the segment."""
    most_cover: float = 2.0
    """Words that last longer than this share of the speech were found in noise."""
    most_own_voice: float = 0.5
    """Where the coach's own voice makes up more of the sound, nobody else was heard."""
    most_removed_db: float = 15.0
    """Where more of the sound was the coach's own voice and has been taken out, the rest is its
    remains. A user who can be understood at all is not so much quieter than the coach."""
    least_confidence: float = 0.4
    """How probable it must be that the sentence was said."""
    least_for_others: float = 0.75
    """The same for a sentence that is none of those that are said most: there are thousands."""
    least_for_harmless: float = 0.2
    """The same for a sentence that does no harm when it is wrong, and much when it is missed."""
    least_where_asked: float = 0.02
    """The same where an answer is awaited: then somebody who speaks most likely gives it."""
    least_amid_talk: float = 0.92
    """The same for what stands out of other talk, of which any piece may sound like a sentence."""
    sure: float = 0.9
    """The same for one that is taken early."""
    asked: bool = False
    """Whether an answer is awaited."""
    key: Callable[[str], bool] = _always
    """Whether a sentence is one of those that are said most."""
    harmless: Callable[[str], bool] = _never
    """Whether a sentence is such a one."""
    nearly: float = 0.5
    """A sentence is refused where another one that means something different is so many times
    as probable, or more; one that does no harm is not …"""
    nearly_harmless: float = 0.2
    """… and that is less where the other one does no harm. ("Let's start", 0.98 sure, was "stop"
    in the mouths of people, with 0.23 or more.)"""
    different: Callable[[str, str], bool] = _never
    """Whether two sentences mean something different."""
    settled: Callable[[str], bool] = _never
    """Whether a sentence means the same whatever may still follow."""

    @classmethod
    def suiting(cls, grammar: Grammar) -> Self:
        """Return rules with the patience that the longest sentence of `grammar` asks for."""
        if not grammar.long:
            return cls(hang_over=_HESITATION if _negates(grammar.plain) else _PAUSE)
        return cls(
            hang_over=_THOUGHT,
            early=None,
            longest=to_samples(2.0 + 0.7 * grammar.longest),
            least_confidence=0.1,
            nearly=_NO_RIVAL,
            nearly_harmless=_NO_RIVAL,
        )

    @property
    def for_an_answer(self) -> Self:
        """The rules where a question is answered in a word, which many other words resemble."""
        return replace(self, least_confidence=max(self.least_confidence, _ANSWER))

    @property
    def amid_talk(self) -> Self:
        """The rules for a part that stands out of a longer stretch of voice."""
        return replace(
            self,
            least_confidence=max(self.least_confidence, self.least_amid_talk),
            least_for_harmless=max(self.least_for_harmless, self.least_amid_talk),
            asked=False,
        )


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
    suppression_db: float = 0.0
    """How much of the coach's voice can be taken out, 0 where that is not to be trusted."""
    overlaid: bool = False
    """Whether the coach spoke and its voice could not be taken out."""

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

    @property
    def written(self) -> str:
        """What was said, whatever it was, where the engine writes that down; else ""."""
        return self.hypothesis.written

    @property
    def rivals(self) -> tuple[tuple[str, float], ...]:
        """Other sentences that may have been said, and how probable each is."""
        return self.hypothesis.rivals


def decide(hypothesis: Hypothesis, segment: Segment, rules: Rules) -> Decision:
    """Return whether `hypothesis` is taken as a command; the first rule broken is the reason."""
    objection = hopeless(segment, rules) or _objection(hypothesis, segment, rules)
    return Decision(segment, hypothesis, objection is None, objection or "whole sentence")


def negated(written: str) -> bool:
    """Whether what was written down freely holds a negation."""
    return any(word.strip(".,!?") in _NEGATIONS for word in written.lower().split())


def too_long(segment: Segment, rules: Rules) -> bool:
    """Whether nobody commands at such length."""
    return segment.length > rules.longest


def hopeless(segment: Segment, rules: Rules) -> str | None:
    """Return why `segment` needs no recogniser, if so."""
    if too_long(segment, rules):
        return f"{_s(segment.length)} of talk; a command takes {_s(rules.longest)} at most"
    if segment.speech < rules.shortest_speech:
        return f"{_s(segment.speech)} of voice; a command takes {_s(rules.shortest_speech)}"
    return coach_speaks(segment, rules)


def coach_speaks(segment: Segment, rules: Rules) -> str | None:
    """Return why nobody but the coach itself is to be heard in `segment`, if so."""
    if segment.own_voice > rules.most_own_voice:
        untaken = ", which cannot be taken out yet: the user is heard in its pauses"
        return (
            f"{segment.own_voice:.0%} of it is the coach's own voice" + untaken * segment.overlaid
        )
    if segment.removed_db > rules.most_removed_db:
        return f"the coach's own voice: {segment.removed_db:.0f} dB of it were taken out"
    return None


def patience(text: str, rules: Rules) -> Samples:
    """Return the silence after which `text`, which is sure and settled, is taken."""
    early = rules.hang_over if rules.early is None else rules.early
    if " " not in text or rules.harmless(text):
        return early  # a pause does no harm, even before a comma
    return min(rules.hang_over, max(early, rules.comma))


def decide_early(hypothesis: Hypothesis, segment: Segment, rules: Rules) -> Decision | None:
    """Return the decision on a segment that may go on, if nothing can change it any more."""
    decision = decide(hypothesis, segment, rules)
    certain = hypothesis.confidence >= rules.sure and rules.settled(hypothesis.text)
    return decision if decision.accepted and certain else None


def _objection(hypothesis: Hypothesis, segment: Segment, rules: Rules) -> str | None:
    if not hypothesis.text:
        return "no sentence of the grammar"
    if hypothesis.span:
        cover = (hypothesis.span[1] - hypothesis.span[0]) / segment.speech
        if not rules.least_cover <= cover <= rules.most_cover:
            return (
                f"the words last {cover:.2f} times as long as the voice, "
                f"not {rules.least_cover:g} to {rules.most_cover:g}"
            )
    harmless = rules.harmless(hypothesis.text)
    least = rules.least_for_harmless if harmless else rules.least_confidence
    if not rules.key(hypothesis.text):
        least = max(least, rules.least_for_others)
    if rules.asked:
        least = min(least, rules.least_where_asked)
    if hypothesis.confidence < least:
        return f"“{hypothesis.text}” has probability {hypothesis.confidence:.2f}, below {least:g}"
    return None if harmless or rules.asked else _rivalled(hypothesis, rules)


def _rivalled(hypothesis: Hypothesis, rules: Rules) -> str | None:
    for text, probability in hypothesis.rivals:
        nearly = rules.nearly_harmless if rules.harmless(text) else rules.nearly
        if probability < nearly * hypothesis.confidence:
            continue
        if rules.different(hypothesis.text, text):
            return (
                f"“{hypothesis.text}” has probability {hypothesis.confidence:.2f}, and "
                f"“{text}”, which means something else, {probability:.2f}"
            )
    return None


def _s(samples: Samples) -> str:
    return f"{to_seconds(samples):.2f} s"
