"""A stretch of voice while it goes on: its chunks of sound, and whose voice it may be.

Owns what of it is the coach's own; must not know where a voice begins or ends, nor what it says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np

from voice_coach.audio.pcm import SILENCE_DB, Pcm, decibels, level_db
from voice_coach.grammar import Grammar
from voice_coach.hearing.decision import Rules, Segment
from voice_coach.hearing.echo.coherence import own_share
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.hearing.gain import TARGET_DB, level_of_peak
from voice_coach.hearing.vad import CHUNK, SPEECH
from voice_coach.units import Samples, to_samples

ON: Final = 0.5
"""Probability of speech from which a chunk may begin a voice."""
_EDGE: Final[Samples] = to_samples(0.03)
"""Sound before and after a loud part that is left on it."""
_MOSTLY_OWN_DB: Final = 6.0
"""A chunk of which so much was taken out is mostly the coach's own voice."""
_HUSHED: Final = np.float32(decibels(-20.0))
"""What is left of it beside the user's words is turned down so far: a network that reads faint
speech as well as loud would write down the coach's words with the user's."""


@dataclass(frozen=True)
class Chunk:
    """CHUNK samples of the stream, judged."""

    microphone: Pcm
    played: Pcm
    cleaned: Pcm
    """The microphone without the coach's own voice, as far as that can be taken out …"""
    amplified: Pcm
    """… and as loud as speech is wanted: what is judged and recognised."""
    suppression_db: float
    """How far that is; 0 where the canceller is not to be trusted."""
    audible: bool
    """Whether the microphone may hear the coach at all."""
    position: Samples
    probability: float

    @property
    def own(self) -> bool:
        """Whether it was mostly the coach's own voice, as far as that can be taken out."""
        taken_db = level_db(self.microphone) - level_db(self.cleaned)
        return self.suppression_db > 0.0 and taken_db > _MOSTLY_OWN_DB

    @property
    def dawning(self) -> bool:
        """Whether it sounds like a voice, and surely not like the coach's."""
        audibly_own = self.audible and (self.own or not self.suppression_db)
        return self.probability >= ON and not audibly_own

    def hushed(self) -> Self:
        """Return it as the recogniser gets it beside a voice."""
        return replace(self, amplified=self.amplified * _HUSHED) if self.own else self


@dataclass
class Utterance:
    """The segment that is going on."""

    grammar: Grammar
    rules: Rules
    start: Samples
    voice_start: Samples
    voice_end: Samples
    speech: Samples = 0
    withheld: list[Pcm] = field(default_factory=list)
    """Silence at its end, which the recogniser gets only if the voice goes on."""
    chunks: list[Chunk] = field(default_factory=list)
    """Both sides of it, from the lead on, as long as it may still be a command."""
    foreign: bool = False
    """Whether it is somebody else's than the coach's, as far as can be told by now."""
    guessed_at: Samples = -1
    """Where the voice had ended when it was last guessed what it said."""
    found: Hypothesis | None = None
    """What it said, if the recogniser has been asked for good: nothing but silence followed."""
    patience: Samples | None = None
    """Silence that ends it, where that is less than usual."""

    def segment(self, decided: Samples) -> Segment:
        return Segment(self.start, self.voice_start, self.voice_end, self.speech, decided)

    def cut(self, past: Iterable[Chunk], begun: Samples, ended: Samples) -> "Utterance":
        """Return the part from `begun` to `ended` as an utterance of its own.

        `past` are the latest chunks, of which some may be before this one.
        """
        chunks = [chunk for chunk in past if begun - CHUNK - _EDGE < chunk.position < ended + _EDGE]
        return Utterance(
            grammar=self.grammar,
            rules=self.rules.amid_talk,
            start=chunks[0].position,
            voice_start=begun,
            voice_end=ended,
            speech=CHUNK * sum(chunk.probability >= SPEECH for chunk in chunks),
            chunks=chunks,
        )

    def beside(self, part: "Utterance", past: Iterable[Chunk]) -> Samples:
        """Return how much voice it has before and after `part`."""
        return CHUNK * sum(
            chunk.probability >= SPEECH
            and chunk.position >= self.voice_start
            and not part.voice_start - CHUNK < chunk.position < part.voice_end
            for chunk in past
        )

    def alone(self) -> Pcm:
        """Return its sound at the usual level, with silence before the voice and after it."""
        sound = np.concatenate([chunk.cleaned for chunk in self.chunks])
        begun, ended = self.voice_start - self.start, self.voice_end - self.start
        sound[: max(0, begun - _EDGE)] = 0.0
        sound[ended + _EDGE :] = 0.0
        peak = max(float(np.abs(sound).max(initial=0.0)), 1e-6)
        gain_db = min(TARGET_DB - level_db(sound[begun:ended]), level_of_peak(0.9 / peak))
        return sound * np.float32(decibels(gain_db))

    def compared(self, segment: Segment) -> Segment:
        """Return `segment` with what it has of the coach's own voice.

        Where the canceller is trusted, what counts is how much it took out and what it left:
        the microphone itself may be full of the coach, and the user still be heard.
        """
        if not any(chunk.audible for chunk in self.chunks):
            return segment
        microphone = np.concatenate([chunk.microphone for chunk in self.chunks])
        played = np.concatenate([chunk.played for chunk in self.chunks])
        suppression_db = min(chunk.suppression_db for chunk in self.chunks)
        if not suppression_db:
            overlaid = level_db(played) > SILENCE_DB
            return replace(segment, own_voice=own_share(microphone, played), overlaid=overlaid)
        cleaned = np.concatenate([chunk.cleaned for chunk in self.chunks])
        voice = slice(self.voice_start - self.start, self.voice_end - self.start)
        removed_db = level_db(microphone[voice]) - level_db(cleaned[voice])
        left = own_share(cleaned, played)
        if level_db(played) > SILENCE_DB:
            left = max(left, min(1.0, 10 ** ((removed_db - suppression_db) / 10)))
        return replace(
            segment, own_voice=left, removed_db=removed_db, suppression_db=suppression_db
        )
