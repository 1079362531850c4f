"""When the microphone hears what was played: the delay, the skew of two clocks, and jumps.

Owns the time line of the reference; must not know filters, words or exercise.

The delay is the peak of the cross-correlation by phase alone (GCC-PHAT; Knapp and Carter, IEEE
Trans. ASSP 24, 1976) of the last half second, sixteen times a second. A line through the delays
of the last minute gives the skew, and the reference is read at that speed. A delay that has
moved, and was measured three times over, is a jump.

While the coach speaks only the speed is set right: the filter has learnt the path at the place
where the reference is, and each later move would make it learn again. After a pause the
reference is brought back to that place, since an error of the skew has moved it away unlearnt.
"""

from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import Pcm, silence
from voice_coach.hearing.echo.adaptive_filter import FRAME, TAIL
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

LONGEST_DELAY: Final = to_samples(0.5)
"""From a sample's way into the loudspeaker's buffer to its way out of the microphone's;
Bluetooth may take longer."""
LEAD: Final = to_samples(0.030)
"""How much before the echo the reference comes, so that the filter may hold what arrives
before the strongest path, and survives a small error of the delay."""

_WINDOW: Final = 8192
_HOP: Final = 1024
_KEPT: Final = 32_768
_HALF: Final = 16
"""Taps on each side of the interpolation between two samples."""
_LEAST_SHIFT: Final = _HALF + 1.0

_CLEAR: Final = 8.0
"""A peak counts that stands out so many times over the correlation's effective value."""
_AGREEING: Final = 3
"""Measurements in a row that find a delay or prove a jump."""
_SAME: Final = 8.0
"""Delays so many samples apart are the same."""
_QUIET: Final = 1e-3
"""Peak of the reference under which there is nothing to measure."""

_LINE_KEPT: Final = 960
"""Measurements in the line: one minute of the coach's voice."""
_LINE_FROM: Final = 16
"""Measurements from which a line is believed: one second of the coach's voice."""
_LINE_SURE: Final = 64
"""After a jump the skew from before counts until the new line is as long as the old, or so long."""
_PAUSE: Final = to_samples(1.0)
_RETURN: Final = 8
"""Measurements after a pause by which the reference is brought back to its place."""

_Line = npt.NDArray[np.float64]


class Alignment:
    """Reads the reference so that it comes LEAD before its echo, whatever the clocks do.

    Its own clock counts the samples of `add` and `skip`.
    """

    def __init__(self) -> None:
        self._now: Samples = 0
        self._microphone = silence(_WINDOW)
        self._played = silence(_KEPT)
        self._correlation: _Line = np.zeros(LONGEST_DELAY)
        self._candidates: deque[tuple[Samples, float]] = deque(maxlen=_AGREEING)
        self._line: deque[tuple[Samples, float]] = deque(maxlen=_LINE_KEPT)
        self._delay: float | None = None
        self._skew = 0.0
        self._shift = 0.0
        self._step = 0.0
        self._ahead: float | None = None
        self._enough = _LINE_FROM
        self._returning = 0

    @property
    def delay(self) -> Samples | None:
        """By how much the microphone lags behind what was played, or None if not yet known."""
        return None if self._delay is None else round(self._delay)

    @property
    def skew_ppm(self) -> float:
        """How much the delay grows, in samples per million samples."""
        return self._skew * 1e6

    @property
    def lead(self) -> Samples:
        """By how much `reference` comes before its echo: LEAD, or less where the delay is short."""
        return round(self._ahead or 0.0)

    def add(self, microphone: Pcm, played: Pcm, *, sure: bool = False) -> bool:
        """Take the next FRAME samples; return whether the delay was found, or has jumped.

        No jump is believed while the caller is `sure` that it finds the echo where it was.
        """
        self._microphone = np.concatenate([self._microphone[FRAME:], microphone])
        self._played[:-FRAME] = self._played[FRAME:]
        self._played[-FRAME:] = played
        self._advance()
        return self._now % _HOP == 0 and self._measured(sure)

    def skip(self) -> None:
        """Let FRAME samples pass in which, and long before which, nothing was played."""
        if self._played.any():
            self._played[:] = 0
            self._microphone = silence(_WINDOW)
            self._correlation[:] = 0
            self._candidates.clear()
        self._advance()

    def reference(self) -> Pcm:
        """Return the FRAME samples of the reference that belong to those of the last `add`."""
        start = self._read(FRAME, self._shift - self._step)
        if abs(self._step) < 1e-4:
            return start
        fade = np.arange(1, FRAME + 1, dtype=np.float32) / np.float32(FRAME)
        return start + fade * (self._read(FRAME, self._shift) - start)

    def history(self) -> Pcm:
        """Return the TAIL + FRAME samples of the reference before those of `reference`."""
        return self._read(TAIL + 2 * FRAME, self._shift)[:-FRAME]

    def _read(self, frames: Samples, shift: float) -> Pcm:
        whole = int(np.floor(shift))
        taps = np.arange(-_HALF, _HALF + 1) - (shift - whole)
        window = np.sinc(taps) * np.cos(np.pi * taps / (2 * _HALF + 4)) ** 2
        end = len(self._played) - whole + _HALF
        part = self._played[end - frames - 2 * _HALF : end]
        return np.convolve(part, window.astype(np.float32), "valid")

    def _advance(self) -> None:
        self._now += FRAME
        if self._delay is None or self._ahead is None:
            return
        self._delay += self._skew * FRAME
        self._step = 0.0
        self._move(self._skew * FRAME)

    def _move(self, later: float) -> None:
        if self._shift + later >= _LEAST_SHIFT:  # the future cannot be read
            self._step += later
            self._shift += later

    def _measured(self, sure: bool) -> bool:
        found = self._peak()
        if found is None:
            return False
        if self._delay is not None and abs(found - self._delay) <= _SAME:
            self._candidates.clear()
            if self._now - self._line[-1][0] > _PAUSE:
                self._returning = _RETURN
            self._line.append((self._now, found))
            self._follow()
            return False
        if sure:
            self._candidates.clear()
            return False
        self._candidates.append((self._now, found))
        delays = [delay for _, delay in self._candidates]
        if len(delays) < _AGREEING or max(delays) - min(delays) > _SAME:
            return False
        self._lock(float(np.median(delays)))
        return True

    def _lock(self, delay: float) -> None:
        self._delay = delay
        self._enough = min(max(len(self._line), _LINE_FROM), _LINE_SURE)
        self._returning = 0
        self._line = deque(self._candidates, maxlen=_LINE_KEPT)
        self._candidates.clear()
        self._step = 0.0
        if self._ahead is None or delay - self._ahead < _LEAST_SHIFT:
            self._ahead = min(LEAD, delay / 2, delay - _LEAST_SHIFT)
        self._shift = delay - self._ahead

    def _follow(self) -> None:
        """Put a line through the delays; the less it is sure of its slope, the less of that."""
        if len(self._line) < self._enough:
            return
        times, delays = np.array(self._line).T
        times -= self._now
        middle, spread = times.mean(), np.sum((times - times.mean()) ** 2)
        slope = np.sum((times - middle) * delays) / spread
        off = delays - delays.mean() - slope * (times - middle)
        # Half seconds that overlap by seven eighths: an eighth of them are independent.
        variance = 8 * np.mean(off**2) / spread
        self._skew = float(slope * slope**2 / (slope**2 + 4 * variance + 1e-18))
        self._delay = float(delays.mean() - self._skew * middle)
        self._settle(self._delay)

    def _settle(self, delay: float) -> None:
        """Move the reference after a pause; else take the place where it is for the right one."""
        if self._returning:
            self._returning -= 1
            self._move(delay - (self._ahead or 0.0) - self._shift)
        else:
            self._ahead = delay - self._shift

    def _peak(self) -> float | None:
        """Return the delay in the latest window to a fraction of a sample, if it is clear."""
        if np.abs(self._played[-2 * _WINDOW :]).max() < _QUIET:
            return None
        correlation = _phase_correlation(self._microphone, self._played[-2 * _WINDOW :])
        self._correlation = 0.5 * self._correlation + correlation
        size = np.abs(self._correlation)
        top = int(np.argmax(size))
        if size[top] < _CLEAR * np.sqrt(np.mean(size**2)) or not 0 < top < len(size) - 1:
            return None
        before, at, after = size[top - 1 : top + 2]
        return top + 0.5 * float((before - after) / (before - 2 * at + after))


def _phase_correlation(microphone: Pcm, played: Pcm) -> _Line:
    """Return how alike the two are at each delay, of all frequencies alike."""
    size = len(played)
    heard = np.fft.rfft(np.concatenate([silence(size - len(microphone)), microphone]))
    said = np.fft.rfft(played)
    cross = heard * np.conj(said)
    low, high = (round(hertz * size / SAMPLE_RATE) for hertz in (150, 7000))
    cross[:low] = cross[high:] = 0
    return np.asarray(np.fft.irfft(cross / (np.abs(cross) + 1e-9))[:LONGEST_DELAY])
