"""Keeps what is played under the ceiling of loudspeakers, without a crackle and without a delay.

Owns the gain by which too loud sound is turned down; must not know clips, devices or words.

Between two samples a converter may reach higher than both, so the peaks are those of ITU-R
BS.1770-4, Annex 2: of the sound at four times its rate. The gain is worked out for cells of
1.25 ms at fixed places on the clock, and goes in straight lines from one to the next. It comes
down over the 5 ms before a peak, for the mixer knows what it will play; it is held while the
next peaks of a low tone may come, and then comes back within half a second. All of it follows
from the sound and from positions, so that the sizes of blocks change nothing.
"""

import math
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import Sound, decibels, positions
from voice_coach.units import Samples, to_frames, to_samples, to_seconds

CEILING_DB: Final = -1.0
"""No true peak exceeds this, in dB of full scale."""

_CEILING: Final = decibels(CEILING_DB - 0.3)
"""What the gain aims at: an estimate at four times the rate may be too low by a little."""

_CELL: Final = to_samples(0.00125)
_AHEAD: Final = 4
"""Cells before a peak in which the gain comes down."""
_HELD: Final = 8
"""Cells in which it stays there: half a period of 50 Hz."""
_RISE: Final = 1.0 - math.exp(-to_seconds(_CELL) / 0.15)
"""Share of what is missing by which the gain comes back from one cell to the next."""
_SAME: Final = 1.005
"""Peaks that differ by less are those of one tone."""
_FULL: Final = 0.9995
"""A gain that is taken for 1."""

_QUARTERS: Final = np.array(
    [
        [0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875,
         0.1373291015625, 0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250,
         0.0148925781250, -0.0083007812500],
        [-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500,
         0.4650878906250, 0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625,
         0.0330810546875, -0.0189208984375],
    ],
    dtype=np.float32,
)  # fmt: skip
_PHASES: Final = (*_QUARTERS, *_QUARTERS[:, ::-1])
"""The filter of BS.1770-4 for each of the four places between two samples."""

_REACH: Final[Samples] = 2
"""How far around a cell the filter looks: six frames."""
_SAFE: Final = 0.999 * _CEILING / max(float(np.abs(taps).sum()) for taps in _PHASES)
"""Between samples that are all below this nothing reaches the ceiling."""

_COMING: Final = 1.0 - np.arange(_AHEAD) / _AHEAD
"""How much of the way down is behind, so many cells before a peak."""

_Curve: TypeAlias = npt.NDArray[np.float64]


class _Gain(NamedTuple):
    """The gain at the boundary of two cells."""

    value: float
    held: int
    """Cells in which it does not rise yet."""

    def towards(self, aim: float) -> "_Gain":
        """Return the gain a cell later, where `aim` is the highest that is allowed."""
        if aim < min(1.0, self.value * _SAME):  # also by the next peak of the same tone
            return _Gain(min(aim, self.value), _HELD)
        if self.held:
            return _Gain(self.value, self.held - 1)
        risen = min(aim, self.value + (1.0 - self.value) * _RISE)
        return _REST if risen > _FULL else _Gain(risen, 0)

    def at_most(self, value: float) -> "_Gain":
        """Return the gain that this must become at once, where nobody knew of what comes now."""
        return self if value >= self.value else _Gain(value, _HELD)


_REST: Final = _Gain(1.0, 0)


class Limiter:
    """Turns a stream down where it is too loud; belongs to one thread."""

    def __init__(self) -> None:
        self._past: Sound = np.zeros(to_frames(_CELL + _REACH), dtype=np.float32)
        self._before = self._after = _REST
        """The gain where the cell at hand begins and where it ends."""
        self._knot: tuple[Samples, float] = (0, 1.0)
        """Where the line begins on which the gain goes to the end of the cell, and its value."""

    @staticmethod
    def known_until(end: Samples) -> Samples:
        """Return how far the sound must be known, for it to be limited up to `end`."""
        return (-(-end // _CELL) + 1 + _AHEAD) * _CELL + _REACH

    def limited(self, sound: Sound, start: Samples, length: Samples, *, replanned: bool) -> Sound:
        """Return the first `length` samples of the clock of `sound`, which begins at `start`.

        It must reach to `known_until` the end. `replanned` tells that from `start` on it may be
        another than what was known of it before.
        """
        frames = to_frames(length)
        whole = np.concatenate([self._past, sound])
        self._past = whole[frames : frames + len(self._past)]
        # From as far before the cell at hand as the filter looks.
        cells = whole[to_frames(start // _CELL * _CELL - start + _CELL) :]
        at_rest = self._before == self._after == _REST and self._knot[1] == 1.0
        if at_rest and np.abs(cells).max() <= _SAFE:
            return sound[:frames]
        allowed = _allowed(cells)
        if at_rest and allowed.min() == 1.0:
            return sound[:frames]
        gains = self._gains(allowed, start, length, replanned=replanned)
        return sound[:frames] * gains.astype(np.float32)

    def _gains(
        self, allowed: _Curve, start: Samples, length: Samples, *, replanned: bool
    ) -> _Curve:
        """Return the gain of every frame; `allowed` is the highest in each cell from here on."""
        first, end = start // _CELL, start + length
        aims, knots = _aims(allowed), [self._knot]
        for number in range(first, -(-end // _CELL)):
            begins, anew = number * _CELL, replanned and number == first
            if begins >= start:
                self._before = self._after
            if anew:
                now = self._before.value if begins == start else self._value(start, begins)
                self._before = self._before.at_most(allowed[0])
                knots = [(start, min(now, float(allowed[0])))]
            elif begins >= start:
                knots.append((begins, self._before.value))
            if anew or begins >= start:
                self._after = self._before.towards(float(aims[number - first]))
        self._knot = knots[-1]
        knots.append((-(-end // _CELL) * _CELL, self._after.value))
        places, values = np.array(knots).T
        return np.asarray(np.interp(positions(start, to_frames(length)), places, values))

    def _value(self, at: Samples, begins: Samples) -> float:
        """Return the gain at a place in the cell that begins at `begins`."""
        places, values = np.array([self._knot, (begins + _CELL, self._after.value)]).T
        return float(np.interp(at, places, values))


def _aims(allowed: _Curve) -> _Curve:
    """Return how high the gain may be where each cell ends, so that it comes down in time."""
    nodes = np.minimum(allowed[:-1], allowed[1:])
    windows = np.lib.stride_tricks.sliding_window_view(nodes, _AHEAD)
    return np.asarray((1.0 - (1.0 - windows) * _COMING).min(axis=1))


def _allowed(sound: Sound) -> _Curve:
    """Return the highest gain of each cell of `sound`, which begins and ends _REACH beside them."""
    margin, cell = to_frames(_REACH), to_frames(_CELL)
    size = np.abs(sound)
    allowed = np.ones((len(sound) - 2 * margin) // cell)
    loud = np.flatnonzero(size > _SAFE)
    if len(loud):
        first = max(0, int(loud[0]) - 2 * margin) // cell
        last = min(len(allowed), int(loud[-1]) // cell + 1)
        begins, ends = first * cell, last * cell
        peaks = size[begins + margin : ends + margin].reshape(-1, cell).max(axis=1)
        for taps in _PHASES:
            between = np.abs(np.correlate(sound[begins : ends + 2 * margin], taps, "valid"))
            np.maximum(peaks, between[:-1].reshape(-1, cell).max(axis=1), out=peaks)
            np.maximum(peaks, between[cell::cell], out=peaks)
        allowed[first:last] = np.minimum(1.0, _CEILING / np.maximum(peaks, _SAFE))
    return allowed
