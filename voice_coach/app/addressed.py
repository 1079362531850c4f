"""Who has spoken to the coach and was not understood, told from talk that is not for it.

Owns the signs by which speech is meant for the coach: it is short, as loud as commands are, and
nobody goes on talking around it. Must not know words, nor what is done about it. No clock and no
threads: the same sound and decisions give the same result.
"""

from collections import deque
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

import numpy as np

from voice_coach.audio.pcm import Pcm, level_db
from voice_coach.hearing.decision import Decision, Rules, Segment
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.units import BLOCK, Samples, to_samples

SHORTEST: Final = to_samples(0.2)
"""Less voice is a knock or a cough, and says nothing about who talks."""
LONGEST: Final = to_samples(4)
"""Whoever speaks longer without a break is talking to somebody else."""
APART: Final = to_samples(3)
"""Voices nearer to each other than this belong together."""
MOST: Final = 3
"""More voices together are a conversation; so many are somebody who tries again."""
OFTEN: Final = 4
LATELY: Final = to_samples(40)
"""More voices than this in such a time, and no command among them: somebody is on the telephone."""
QUIET: Final = to_samples(1)
"""Silence after a voice, before it is sure that nobody answers it."""
UNDER_COMMANDS_DB: Final = 12.0
"""How much quieter than the last commands somebody may be who speaks to the coach …"""
OVER_ROOM_DB: Final = 15.0
"""… and how much louder than the room they must be, as long as there was no command."""
BROKE_IN: Final = 0.2
"""Over the coach's own words, so much of the sound may be its voice."""
LIKELY: Final = 0.1
"""How probable a sentence must be to be shown as what was heard."""
_REMEMBERED: Final = to_samples(15)
"""How far back the level of the sound is known."""
_COMMANDS: Final = 5
"""How many of the last commands tell how loud the user is."""
_CALM: Final = 20
"""Percentile of the levels that is the room's own."""
_OWN: Final = Rules()


@dataclass(frozen=True)
class Attempt:
    """Speech to the coach that is no command, positions in samples of the stream."""

    start: Samples
    end: Samples
    written: str
    """What was said or what it was most like, "" where like nothing."""
    reason: str
    """What was heard and what to do, in plain words, to go on after "heard"."""


@dataclass
class Addressed:
    """Follows the sound and what becomes of each voice in it."""

    _position: Samples = 0
    _levels: deque[tuple[float, bool]] = field(
        default_factory=lambda: deque(maxlen=_REMEMBERED // BLOCK)
    )
    """Of each block in dB, and whether the coach was sounding; the newest last."""
    _commands: deque[float] = field(default_factory=lambda: deque(maxlen=_COMMANDS))
    _together: list[Attempt] = field(default_factory=list)
    """Voices that belong together, as long as each of them may be meant for the coach."""
    _lately: list[Samples] = field(default_factory=list)
    """Where the voices of the last time began, as far as none was a command."""
    _told: int = 0
    """How many of them are told already."""
    _talk: bool = False
    """Whether those that belong together are a conversation."""
    _ended: Samples | None = None
    """Where the last voice ended."""

    def hear(self, microphone: Pcm, played: Pcm) -> None:
        """Take the next block of sound, and what the coach played meanwhile."""
        self._position += len(microphone)
        self._levels.append((level_db(microphone), bool(played.any())))

    def decided(self, decision: Decision) -> None:
        """Take what became of a voice."""
        segment = decision.segment
        if decision.accepted:
            self._commands.append(self._level(segment))
            self._lately.clear()
            self._anew()
        elif segment.speech >= SHORTEST and not _own_voice(segment):
            if self._ended is not None and segment.voice_start - self._ended >= APART:
                self._anew()
            self._ended = segment.voice_end
            written = like(decision.hypothesis)
            attempt = Attempt(segment.voice_start, segment.voice_end, written, _plainly(written))
            self._together.append(attempt)
            self._lately = [at for at in self._lately if segment.voice_start - at <= LATELY]
            self._lately.append(segment.voice_start)
            few = len(self._together) <= MOST and len(self._lately) <= OFTEN
            self._talk = self._talk or not (few and self._to_the_coach(segment))

    def attempts(self, *, speaking: bool) -> list[Attempt]:
        """Return what was said to the coach in vain, once nobody goes on speaking after it."""
        if self._talk or speaking or self._ended is None or self._position < self._ended + QUIET:
            return []
        new, self._told = self._together[self._told :], len(self._together)
        return new

    def _anew(self) -> None:
        self._together, self._told, self._talk, self._ended = [], 0, False, None

    def _to_the_coach(self, segment: Segment) -> bool:
        """Whether a voice is as long and as loud as one that speaks to the coach."""
        over = any(played for _, played in self._blocks(segment))
        broke_in = not over or segment.own_voice <= BROKE_IN
        return segment.length <= LONGEST and broke_in and self._loud(self._level(segment))

    def _loud(self, level: float) -> bool:
        if self._commands:
            return level >= fmean(self._commands) - UNDER_COMMANDS_DB
        calm = [each for each, played in self._levels if not played]
        calm = calm or [each for each, _ in self._levels]
        return level >= float(np.percentile(calm, _CALM)) + OVER_ROOM_DB

    def _level(self, segment: Segment) -> float:
        """Return the mean level of a voice in dB of full scale."""
        powers = [10 ** (level / 10) for level, _ in self._blocks(segment)]
        return 10 * float(np.log10(fmean(powers))) if powers else 0.0

    def _blocks(self, segment: Segment) -> list[tuple[float, bool]]:
        """Return the blocks in which a voice sounded, as far back as they are known."""
        ago = [(self._position - at) // BLOCK for at in (segment.voice_start, segment.voice_end)]
        levels = list(self._levels)
        first, last = (max(0, len(levels) - each) for each in ago)
        return levels[first:last]


def _own_voice(segment: Segment) -> bool:
    return segment.own_voice > _OWN.most_own_voice or segment.removed_db > _OWN.most_removed_db


def like(hypothesis: Hypothesis) -> str:
    """Return what was said, whatever it was, "" if that was like nothing.

    Without a free reading it is the likeliest sentence, unless nothing speaks for it: that would
    only puzzle.
    """
    likely = hypothesis.text if hypothesis.confidence >= LIKELY else ""
    return hypothesis.written.rstrip(".") or likely


def _plainly(written: str) -> str:
    heard = f"something like “{written}”, not sure" if written else "something, not sure"
    return f"{heard}; say it again, or say help"
