"""The two sides of the world, played and recorded, brought together block by block.

Owns how the sides are paired in time; must not know devices, threads, words or exercise.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from voice_coach.audio.decimation import Decimator
from voice_coach.audio.microphone_faults import NO_FLAW, Flaw
from voice_coach.audio.pcm import Pcm, Sound, quiet, silence
from voice_coach.units import BLOCK, Samples

_WINDOW: Final = 100
"""Played blocks over which the smallest backlog is taken as a true surplus: 1 s."""

_SLACK: Final = 3
"""Blocks by which the two sides may be apart without being corrected."""

_STALL: Final = 30
"""Blocks of one side after which the other is no longer waited for: 0.3 s."""


class Block(NamedTuple):
    """10 ms of the world: what was heard while what was played, and when."""

    mic: Pcm
    played: Pcm
    """The reference for an echo canceller: `sound` through the decimator, late by its DELAY."""
    position: Samples
    sound: Sound
    """The very frames that went to the loudspeaker."""


@dataclass(frozen=True)
class Played:
    """A block that went to the loudspeaker, to the frame."""

    sound: Sound
    position: Samples


@dataclass(frozen=True)
class Recorded:
    """A block that came from the microphone."""

    samples: Pcm
    lost: int = 0
    """Blocks that came just before it but found the queue full."""
    flaws: Flaw = NO_FLAW
    """What was wrong with it as the device delivered it."""


@dataclass
class Counters:
    """What went wrong so far, for people who look for the reason of a crackle."""

    underruns: int = 0
    """Times the loudspeaker ran dry."""
    overruns: int = 0
    """Times the device lost recorded sound because nobody fetched it."""
    filled: int = 0
    """Blocks given to the listener with silence in place of recorded sound."""
    dropped: int = 0
    """Recorded blocks that never reached the listener."""
    reopened: int = 0
    """Times that a lost device was found again."""


class Join:
    """Pairs what was recorded with what was played at that time.

    Takes both sides in the order in which they happened, and gives them out in pairs, every
    played position once and in order. The two sides are steady in the long run but come in
    bursts: a backlog counts as real only if it lasted a whole second. Then it is made up
    with silence (recorded sound was lost) or recorded sound is dropped (the loudspeaker ran
    dry), so that the positions stay true.
    """

    def __init__(self, counters: Counters, start: Samples = 0) -> None:
        self._counters = counters
        self._next = start
        self._reference = Decimator()
        self._played: deque[Played] = deque()
        self._recorded: deque[Pcm] = deque()
        self._listening = False
        self._least_played = self._least_recorded = _STALL
        self._seen = 0
        self._window_end = _WINDOW

    @property
    def position(self) -> Samples:
        """The first position that was not yet given out."""
        return self._next

    def add(self, event: Played | Recorded) -> Iterator[Block]:
        """Take what happened next; yield the blocks that are complete."""
        if isinstance(event, Played):
            yield from self._add_played(event)
        else:
            self._add_recorded(event)
        while self._played and self._recorded:
            yield self._give(self._recorded.popleft())
        self._least_played = min(self._least_played, len(self._played))
        self._least_recorded = min(self._least_recorded, len(self._recorded))
        if self._seen >= self._window_end:
            yield from self._settle()

    def _add_played(self, event: Played) -> Iterator[Block]:
        expected = self._played[-1].position + BLOCK if self._played else self._next
        for position in range(expected, event.position, BLOCK):
            self._played.append(Played(quiet(BLOCK), position))
        self._played.append(event)
        self._seen += 1
        if not self._listening:
            # All but the newest: what is recorded first will belong to that.
            while len(self._played) > 1:
                yield self._give(silence(BLOCK))
        elif len(self._played) > _STALL:
            yield from self._fill(len(self._played) - 1)

    def _add_recorded(self, event: Recorded) -> None:
        if not self._seen:
            return
        self._listening = True
        self._recorded.append(event.samples)
        if len(self._recorded) > _STALL:
            self._drop(len(self._recorded) - 1)

    def _settle(self) -> Iterator[Block]:
        if self._least_played > _SLACK:
            yield from self._fill(self._least_played)
        if self._least_recorded > _SLACK:
            self._drop(self._least_recorded)
        self._least_played = self._least_recorded = _STALL
        self._window_end = self._seen + _WINDOW

    def _fill(self, blocks: int) -> Iterator[Block]:
        self._counters.filled += blocks
        for _ in range(blocks):
            yield self._give(silence(BLOCK))

    def _drop(self, blocks: int) -> None:
        self._counters.dropped += blocks
        for _ in range(blocks):
            self._recorded.popleft()

    def _give(self, mic: Pcm) -> Block:
        played = self._played.popleft()
        self._next = played.position + BLOCK
        return Block(mic, self._reference.push(played.sound), played.position, played.sound)
