"""Where somebody speaks louder than the talk that goes on all the time around them.

Owns what counts as louder, and where that begins and ends; must not know whose voice it is, nor
what is said. No clock, no threads.

A television or other people make one endless voice, in which the user's words are no segment of
their own. What tells them is level: the user is the nearest. Each band of frequencies is held
against the loudest that it was of late, so that a hiss at the end of a word, which is fainter
than anybody's vowels, counts too.
"""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice_coach.audio.pcm import Pcm
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

_HOP: Final[Samples] = 128
"""Samples from one frame to the next: 8 ms, …"""
_WINDOW: Final[Samples] = 256
"""… and of each: 16 ms."""
_EDGES_HZ: Final = (100, 600, 1400, 2800, 4500, 7800)
"""Bounds of the bands."""
_MEMORY: Final = to_samples(3.0) // _HOP
"""Frames of voice that tell how loud the surroundings are: the latest ones …"""
_ENOUGH: Final = to_samples(0.4) // _HOP
"""… and so many at least."""
_LOUDEST: Final = 0.9
"""Quantile of them that stands for how loud the surroundings become."""
LOUDER: Final = (3.0, 1.6)
"""A frame stands out whose bands have so many times that power, on average. One who is far louder
than the others is cut out best by the first, one who is hardly louder by the second; …"""
LEAST_CONTRAST_DB: Final = 5.0
"""… both as a whole by so much."""
_RANGE: Final = 100.0
"""… and, in a part that has a still louder one, no less than this part of that."""
_ALIKE: Final[Samples] = to_samples(0.05)
_COUNTED: Final = 3
"""Of a loud part every third frame counts to the surroundings."""
_SMOOTH: Final = 3
"""Frames that are averaged."""
_LEAST: Final = 1e-9
"""Power of a band under which it is silent."""

PAUSE: Final[Samples] = to_samples(0.2)
"""After so much that does not stand out, the loud part has ended."""
_LEAST_LOUDER_DB: Final = 2.5
"""And so much more power it must have over all bands together: in one voice a hiss stands out.
Loud parts of one voice have -8 to 0.5 dB, another voice 10 dB above it 5 to 12, 5 dB above it 1
to 7."""
SHORTEST: Final[Samples] = to_samples(0.18)
"""Less that stands out is a loud syllable."""
LONGEST: Final[Samples] = to_samples(4.0)
"""Louder for longer than this is another surrounding."""

_Floats = NDArray[np.floating]


def _bands() -> _Floats:
    hertz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    rows = [(low <= hertz) & (hertz < high) for low, high in pairwise(_EDGES_HZ)]
    return np.array(rows, np.float32).T


_BANDS: Final = _bands()
_SHAPE: Final = np.hanning(_WINDOW).astype(np.float32)


@dataclass(frozen=True)
class Part:
    """A loud part, positions in samples of the stream."""

    begun: Samples
    ended: Samples
    contrast_db: float
    """How much louder it is than the loudest of what is around it: the upper half of it, over all
    bands."""

    def like(self, other: "Part") -> bool:
        """Whether it has nearly the same ends as `other`."""
        ends = self.begun - other.begun, self.ended - other.ended
        return max(map(abs, ends)) < _ALIKE

    def follows(self, other: "Part", *, within: Samples) -> bool:
        """Whether it begins after `other`, by less than `within`."""
        return 0 <= self.begun - other.ended < within


class Foreground:
    """Finds loud parts in a stream, chunk by chunk."""

    def __init__(self, louder: float) -> None:
        """Let a frame stand out with `louder` times the power of what is around; see LOUDER."""
        self._louder = louder
        self._position: Samples = 0
        self._rest = np.zeros(_WINDOW - _HOP, np.float32)
        self._latest = np.zeros((_SMOOTH - 1, len(_EDGES_HZ) - 1), np.float32)
        """Powers of the last frames, to smooth with."""
        self._around: deque[_Floats] = deque(maxlen=_MEMORY)
        """Powers of the bands in frames of the surroundings that hold a voice."""
        self._part: list[_Floats] = []
        """Powers of the frames since the first that stood out, …"""
        self._ratios: list[float] = []
        """… and how much each stands out."""
        self._loudest: _Floats | None = None
        """What they stand out from."""
        self._begun: Samples = 0

    def take(self, sound: Pcm, *, voiced: bool) -> Part | None:
        """Take the next samples, whole hops; return a loud part that is over now.

        `voiced` tells whether they hold a voice. Positions are counted from the first sample
        ever taken.
        """
        begun, self._position = self._position, self._position + len(sound)
        if not (voiced or self._part):
            self._rest = sound[-len(self._rest) :]  # nothing is computed where nobody speaks
            return None
        powers, smooth = self._powers(sound)
        if self._loudest is None:
            loudest = self._surroundings()
            if loudest is None or not (_standing(smooth, loudest) >= self._louder).any():
                self._around.extend(powers)
                return None
            self._loudest, self._begun = loudest, begun
        self._part.extend(powers)
        self._ratios.extend(_standing(smooth, self._loudest))
        return self._over()

    def _powers(self, sound: Pcm) -> tuple[_Floats, _Floats]:
        """Return the powers of the bands, shape (frames, bands): as they are, and smooth."""
        joined = np.concatenate([self._rest, sound])
        self._rest = joined[-(_WINDOW - _HOP) :]
        frames = np.lib.stride_tricks.sliding_window_view(joined, _WINDOW)[::_HOP]
        powers = np.abs(np.fft.rfft(frames * _SHAPE)) ** 2 @ _BANDS + _LEAST
        more = np.concatenate([self._latest, powers])
        self._latest = more[-(_SMOOTH - 1) :]
        sums = np.cumsum(np.pad(more, ((1, 0), (0, 0))), axis=0)
        smooth = (sums[_SMOOTH:] - sums[:-_SMOOTH]) / _SMOOTH
        return powers, smooth[-len(powers) :]

    def _surroundings(self) -> _Floats | None:
        if len(self._around) < _ENOUGH:
            return None
        place = round(_LOUDEST * (len(self._around) - 1))
        return np.asarray(np.partition(np.array(self._around), place, axis=0)[place])

    def _over(self) -> Part | None:
        """Return the part if it is over."""
        ratios = np.array(self._ratios)
        loud = np.flatnonzero(ratios >= max(self._louder, ratios.max() / _RANGE))
        last = int(loud[-1]) + 1
        if (len(ratios) - last) * _HOP < PAUSE:
            if len(ratios) * _HOP > LONGEST + PAUSE:
                self._forget()
            return None
        gaps = np.flatnonzero(np.diff(loud) * _HOP > PAUSE)
        first = int(loud[gaps[-1] + 1] if len(gaps) else loud[0])
        begun, standing = self._begun, ratios[first:last]
        upper = standing >= np.median(standing)
        contrast_db = 10 * float(np.log10(standing[upper].mean()))
        louder_db = self._louder_db(np.array(self._part[first:last])[upper])
        self._forget()
        louder = contrast_db >= LEAST_CONTRAST_DB and louder_db >= _LEAST_LOUDER_DB
        if not louder or (last - first) * _HOP < SHORTEST:
            return None
        return Part(begun + first * _HOP, begun + last * _HOP, contrast_db)

    def _louder_db(self, part: _Floats) -> float:
        """Return how much more power `part` has, over all bands, than the loudest around it."""
        around = float(np.quantile(np.array(self._around).sum(axis=1), _LOUDEST))
        return 10 * float(np.log10(part.sum(axis=1).mean() / around))

    def _forget(self) -> None:
        """Count the part to the surroundings.

        Not all of it: whoever says again what was not understood must still stand out, and
        somebody who talks louder from now on must soon not.
        """
        self._around.extend(self._part[::_COUNTED])
        self._part, self._ratios, self._loudest = [], [], None


def _standing(powers: _Floats, loudest: _Floats) -> _Floats:
    return np.asarray((powers / loudest).mean(axis=1))
