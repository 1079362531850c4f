"""From a stream of sound to commands heard: voice activity, segment, recogniser, decision.

Owns where a segment begins and ends, and in which grammar it is heard; must not know what a
sentence means, or what an engine is called inside. No clock and no threads: the same samples
give the same result, in blocks of any size.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from voice_coach.audio.pcm import SILENCE_DB, Pcm, level_db, numbers
from voice_coach.grammar import Grammar
from voice_coach.hearing.decision import (
    Decision,
    Rules,
    Segment,
    coach_speaks,
    decide,
    decide_early,
    hopeless,
    negated,
    patience,
    too_long,
)
from voice_coach.hearing.echo.canceller import EchoCanceller
from voice_coach.hearing.echo.coherence import Audibility
from voice_coach.hearing.engines.recogniser import NOTHING, Hypothesis, Recogniser
from voice_coach.hearing.foreground import LONGEST, LOUDER, PAUSE, Foreground, Part
from voice_coach.hearing.gain import AutomaticGain, Centring
from voice_coach.hearing.utterance import ON, Chunk, Utterance
from voice_coach.hearing.vad import CHUNK, SPEECH, ActivityDetector, SileroActivity
from voice_coach.units import Samples, to_samples

_ON_CHUNKS: Final = 2
"""A segment begins when so many chunks in a row are likely speech."""

_LEAD: Final = to_samples(0.5)
"""How much before the voice the recogniser gets, to know the noise and the first consonant."""
_TRAIL: Final = to_samples(0.5)
"""How much after the voice the recogniser gets at most."""

_AHEAD: Final = to_samples(0.128)
"""How long before the end of the silence that ends a voice the recogniser is asked."""
_CONSONANT: Final = 3
"""Chunks before a voice that may be its first sound, 96 ms, …"""
_ENDING: Final[Samples] = CHUNK
"""… and what may be its last sound."""
_COMPARED: Final = 3
"""Chunks after which it is asked again whose voice it is: 96 ms."""
_REMEMBERED: Final = -(-(LONGEST + 2 * PAUSE) // CHUNK)
"""Chunks that are kept, so that a loud part can be cut out when it is over."""
_BESIDE: Final[Samples] = 5 * CHUNK
"""With less voice than this beside it, a loud part is all that was said: 160 ms."""
_NOTHING: Final = np.empty((2, 0), dtype=np.float32)


@dataclass(frozen=True)
class Transcript:
    """A sentence of the grammar that somebody said, positions in samples of the stream."""

    text: str
    """Lower-case words."""
    confidence: float
    """How probable it is that just this was said, 0 … 1."""
    start: Samples
    """Where the first word begins."""
    end: Samples
    """Where the last word ends."""
    decided: Samples
    """How far the stream had come when this was known; `decided` - `end` is the delay."""
    grammar: str
    """Name of the grammar in which it was heard: the one in force when the voice began."""
    written: str = ""
    """What was said as an engine writes it that is bound to no grammar, if there is one."""
    rivals: tuple[tuple[str, float], ...] = ()
    """Other sentences that may have been said instead, and how probable each is."""


class Listener:
    """Hears commands in a stream. Not thread-safe: one thread owns it and the recogniser.

    A new grammar holds from the next voice on: a segment that is going on is heard out in
    the grammar in which it began.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        activity: ActivityDetector | None = None,
        *,
        watch: Callable[[Decision], None] = lambda _: None,
    ) -> None:
        """`watch` is told every decision, accepted or not, in the thread of `process`."""
        self._recogniser = recogniser
        self._watch = watch
        self._activity = activity or SileroActivity()
        self.canceller = EchoCanceller(latency=0)
        """Takes the coach's own voice out of what is judged and recognised."""
        self._centring = Centring()
        self._gain = AutomaticGain()
        self._audibility = Audibility()
        self._grammar: Grammar | None = None
        self._rules = Rules()
        self._position: Samples = 0
        self._unjudged = _NOTHING
        self._recent: deque[Chunk] = deque(maxlen=_ON_CHUNKS + -(-_LEAD // CHUNK))
        self._past: deque[Chunk] = deque(maxlen=_REMEMBERED)
        self._foregrounds = [Foreground(louder) for louder in LOUDER]
        self._refused: Part | None = None
        """The last loud part, if it was no command."""
        self._taken: Samples = 0
        """How far the stream went when it was last taken for a command."""
        self._voice: Utterance | None = None
        self._dawning = False
        """Whether the latest chunk may be the beginning of a voice."""
        self.level_db = SILENCE_DB
        """Level of the last 32 ms, in dB of full scale."""

    @property
    def speaking(self) -> bool:
        """Whether somebody else than the coach itself is speaking now, whatever they say."""
        voice = self._voice  # once, since the reader may be another thread than that of `process`
        return voice.foreign if voice else self._dawning

    def use(self, grammar: Grammar, rules: Rules | None = None) -> None:
        """Hear sentences of `grammar` from the next voice on, by rules that suit it.

        Raises ModelError if the recogniser can recognise none of its sentences.
        """
        self._grammar = grammar
        self._rules = rules or Rules.suiting(grammar)
        if self._voice is None:
            self._recogniser.use(grammar)

    def process(self, block: Pcm, played: Pcm) -> list[Transcript]:
        """Take the next samples of the microphone, and those that were played meanwhile."""
        both = np.stack([block, played])
        self._unjudged = np.concatenate([self._unjudged, both], axis=1)
        heard: list[Transcript] = []
        while self._unjudged.shape[1] >= CHUNK:
            heard += self._judge(*self._unjudged[:, :CHUNK])
            self._unjudged = self._unjudged[:, CHUNK:]
        return heard

    def flush(self) -> list[Transcript]:
        """End the stream: judge what is left of it. The next sample begins a new stream."""
        rest = self._unjudged.shape[1]
        padded = np.pad(self._unjudged, ((0, 0), (0, CHUNK - rest)))
        heard = self._judge(*padded) if rest else []
        heard += self._finished(self._voice) if self._voice else []
        self._activity.reset()
        self.canceller = EchoCanceller(latency=0)
        self._centring = Centring()
        self._gain = AutomaticGain()
        self._audibility = Audibility()
        self._recent.clear()
        self._past.clear()
        self._foregrounds = [Foreground(louder) for louder in LOUDER]
        self._refused = None
        self._taken = 0
        self._unjudged = _NOTHING
        self._position = 0
        return heard

    def _judge(self, microphone: Pcm, played: Pcm) -> list[Transcript]:
        microphone = self._centring.process(numbers(microphone))
        self.level_db = level_db(microphone)
        cleaned = self.canceller.process(microphone, played)
        amplified = self._gain.process(cleaned)
        probability = self._activity.probability(amplified)
        self._gain.learn(0.0 if played.any() else probability)
        suppression_db = self.canceller.suppression_db if self.canceller.trusted else 0.0
        chunk = Chunk(
            microphone,
            played,
            cleaned,
            amplified,
            suppression_db,
            self._audibility.audible,
            self._position,
            probability,
        )
        self._audibility.learn(played, probability >= SPEECH)
        self._position += CHUNK
        self._recent.append(chunk)
        self._past.append(chunk)
        self._dawning = not self._voice and chunk.dawning
        voiced = probability >= SPEECH
        parts = [each.take(cleaned, voiced=voiced) for each in self._foregrounds]
        if self._voice:
            voice, heard = self._voice, self._continued(self._voice, chunk)
            for part in filter(None, parts):
                heard = heard or self._stood_out(voice, part)
            return heard
        began = list(self._recent)[-_ON_CHUNKS:]
        if self._grammar and len(began) == _ON_CHUNKS and min(c.probability for c in began) >= ON:
            self._begin(self._grammar)
        return []

    def _begin(self, grammar: Grammar) -> None:
        chunks = list(self._recent)
        before = max(0, len(chunks) - _ON_CHUNKS - _CONSONANT)
        chunks[:before] = [chunk.hushed() for chunk in chunks[:before]]
        voice_start = chunks[-_ON_CHUNKS].position
        self._voice = Utterance(grammar, self._rules, chunks[0].position, voice_start, voice_start)
        self._recogniser.start()
        self._voice.chunks = chunks[:-_ON_CHUNKS]
        for chunk in chunks[:-_ON_CHUNKS]:
            self._recogniser.hear(chunk.amplified)
        for chunk in chunks[-_ON_CHUNKS:]:
            self._continued(self._voice, chunk)
        self._voice.foreign = not coach_speaks(self._segment(self._voice), self._voice.rules)

    def _continued(self, voice: Utterance, chunk: Chunk) -> list[Transcript]:
        end = chunk.position + CHUNK
        if chunk.probability >= SPEECH:
            voice.speech += CHUNK
            voice.voice_end = end
        self._hear(voice, chunk, end - voice.voice_end)
        if len(voice.chunks) % _COMPARED == 0:
            voice.foreign = voice.foreign or not coach_speaks(self._segment(voice), voice.rules)
        quiet = end - voice.voice_end
        if quiet >= (voice.patience or voice.rules.hang_over):
            return self._finished(voice)
        if quiet >= voice.rules.hang_over - _AHEAD:
            self._find(voice)
        elif quiet and voice.rules.early is not None:
            return self._guessed(voice)
        return []

    def _hear(self, voice: Utterance, chunk: Chunk, quiet: Samples) -> None:
        """Let the recogniser have `chunk`, unless it is silence that may be the end."""
        if voice.found and not quiet:
            # It goes on after all: the recogniser has ended the utterance, and hears it anew.
            voice.found = voice.patience = None
            self._recogniser.start()
            voice.withheld[:0] = [earlier.amplified for earlier in voice.chunks]
        if quiet > _ENDING:
            chunk = chunk.hushed()
        voice.withheld.append(chunk.amplified)
        voice.chunks.append(chunk)
        if too_long(voice.segment(self._position), voice.rules):
            voice.withheld.clear()
            voice.chunks.clear()
        elif quiet <= _TRAIL:
            for samples in voice.withheld:
                self._recogniser.hear(samples)
            voice.withheld.clear()

    def _stood_out(self, voice: Utterance, loud: Part) -> list[Transcript]:
        """Judge the part of `voice` that was louder than the rest, as if it were alone."""
        known = loud.begun < self._taken or (self._refused and loud.like(self._refused))
        if known or self._voice is not voice:
            return []
        before, self._refused = self._refused, loud
        part = voice.cut(self._past, loud.begun, loud.ended)
        if voice.beside(part, self._past) < _BESIDE:
            return []
        decision = self._judged_alone(part)
        obeyed = decision is not None and decision.accepted
        if obeyed and before and loud.follows(before, within=voice.rules.hang_over):
            # "Don't … stop": what was said just before may turn it round.
            longer = voice.cut(self._past, before.begun, loud.ended)
            whole = self._judged_alone(longer)
            if whole and whole.accepted:
                part, decision = longer, whole
            elif whole and negated(whole.written):
                decision = None
        if decision and decision.accepted:
            self._refused = None
            return self._ended(part, decision)
        self._resumed(voice)
        return []

    def _judged_alone(self, part: Utterance) -> Decision | None:
        """Return the decision on `part`; None where it needs no recogniser."""
        segment = self._segment(part)
        if hopeless(segment, part.rules):
            return None
        self._recogniser.start()
        self._recogniser.hear(part.alone())
        return decide(self._recogniser.finish(), segment, part.rules)

    def _resumed(self, voice: Utterance) -> None:
        """Let the recogniser, which heard something else meanwhile, have `voice` anew."""
        if voice.found:
            return
        self._recogniser.start()
        voice.withheld.clear()
        for chunk in voice.chunks:
            if chunk.position < voice.voice_end + _TRAIL:
                self._recogniser.hear(chunk.amplified)
            else:
                voice.withheld.append(chunk.amplified)

    def _guessed(self, voice: Utterance) -> list[Transcript]:
        """Decide before the voice has surely ended, once in each silence."""
        quiet = self._position - voice.voice_end
        if quiet < (voice.rules.early or 0) or voice.guessed_at == voice.voice_end:
            return []
        voice.guessed_at = voice.voice_end
        segment = self._segment(voice)
        if hopeless(segment, voice.rules):
            return []
        guess = self._recogniser.guess()
        decision = decide_early(guess, segment, voice.rules) if guess else None
        if guess is None or decision is None:
            return []
        wanted = patience(guess.text, voice.rules)
        if quiet >= wanted:
            return self._ended(voice, decision)
        voice.found, voice.patience = guess, wanted
        return []

    def _find(self, voice: Utterance) -> Hypothesis:
        """Return what `voice` said; asked ahead of the end, so that it is known by then."""
        if voice.found is None:
            skip = hopeless(self._segment(voice), voice.rules)
            voice.found = NOTHING if skip else self._recogniser.finish()
        return voice.found

    def _finished(self, voice: Utterance) -> list[Transcript]:
        found = self._find(voice)
        return self._ended(voice, decide(found, self._segment(voice), voice.rules))

    def _segment(self, voice: Utterance) -> Segment:
        segment = voice.segment(self._position)
        return segment if too_long(segment, voice.rules) else voice.compared(segment)

    def _ended(self, voice: Utterance, decision: Decision) -> list[Transcript]:
        self._watch(decision)
        self._voice = None
        if decision.accepted:
            self._taken = voice.voice_end
        # What was said must not be the lead of what comes next.
        self._recent = deque(
            (chunk for chunk in self._recent if chunk.position >= voice.voice_end),
            maxlen=self._recent.maxlen,
        )
        if self._grammar and self._grammar is not voice.grammar:
            self._recogniser.use(self._grammar)
        return [self._heard(decision.hypothesis, voice)] if decision.accepted else []

    def _heard(self, found: Hypothesis, voice: Utterance) -> Transcript:
        spoken = (voice.voice_start, voice.voice_end)
        start, end = (voice.start + at for at in found.span) if found.span else spoken
        return Transcript(
            text=found.text,
            confidence=found.confidence,
            start=start,
            end=end,
            decided=self._position,
            grammar=voice.grammar.name,
            written=found.written,
            rivals=found.rivals,
        )
