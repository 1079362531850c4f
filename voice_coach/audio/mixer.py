"""Schedules clips by sample position and mixes them: the clock and the loudspeaker's content.

Owns what sounds when, to the sample; must not know devices, words or exercise.

Positions are samples of the clock. Each is rendered as three frames for the loudspeaker, so a
clip that begins at position n begins with frame 3n.

What comes out is a pure function of the commands and of the positions at which they took
effect; the sizes of the rendered blocks change nothing. Commands may come from another
thread than `render`: they cross in a queue that `render` empties before it mixes, so the
sound callback never waits for a lock.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from voice_coach.audio.limiter import Limiter
from voice_coach.audio.pcm import EDGE, Sound, decibels, duration, positions, quiet
from voice_coach.units import Samples, to_frames, to_samples

SILENCE_FADE: Final = to_samples(0.010)
"""How long `silence` takes: one block."""

GAIN_RAMP: Final = to_samples(0.050)
"""How long a change of volume takes, so that it does not crackle."""


@dataclass(frozen=True)
class ClipFinished:
    """A clip has ended; every `play` leads to exactly one of these."""

    tag: int
    at: Samples
    """When it is over, to the sample; for a clip that never sounded, when it was dropped."""
    cut: bool
    """True if it was silenced or stopped before its natural end."""


@dataclass(frozen=True)
class _Ramp:
    """A gain that goes in a straight line from one value to another, by position."""

    start: Samples
    length: Samples
    before: float
    after: float

    def at(self, positions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the gain at each position."""
        if self.length <= 0:
            return np.where(positions < self.start, self.before, self.after)
        part = np.clip((positions - self.start) / self.length, 0.0, 1.0)
        return self.before + (self.after - self.before) * part

    def towards(self, after: float, position: Samples, length: Samples) -> "_Ramp":
        """Return the ramp that leaves this one at `position`."""
        now = float(self.at(np.array([position], dtype=np.float64))[0])
        return _Ramp(position, length, now, after)

    def settled(self, position: Samples) -> bool:
        """Whether the gain no longer changes from `position` on."""
        return position >= self.start + self.length


_FULL: Final = _Ramp(0, 0, 1.0, 1.0)


@dataclass
class _Voice:
    """A clip on the schedule."""

    sound: Sound
    start: Samples
    tag: int
    gain: np.float32
    end: Samples
    fades: list[_Ramp] = field(default_factory=list)
    duck: _Ramp | None = None
    """Its own ducking; None while it follows that of all."""

    def cut(self, position: Samples, fade: Samples) -> None:
        """End within `fade` samples of `position`; at once if it has not begun to sound."""
        self.fades.append(_Ramp(position, fade, 1.0, 0.0))
        self.end = min(self.end, position if self.start >= position else position + fade)

    def mix_into(self, mix: Sound, position: Samples, duck: _Ramp) -> None:
        """Add what sounds of this clip from `position` on."""
        first = max(self.start, position)
        last = min(self.end, position + duration(mix))
        if first >= last:
            return
        part = self.sound[to_frames(first - self.start) : to_frames(last - self.start)] * self.gain
        for fade in (*self.fades, self.duck or duck):
            if fade.after == 1.0 and fade.settled(first):
                continue
            part *= fade.at(positions(first, len(part))).astype(np.float32)
        start = to_frames(first - position)
        mix[start : start + len(part)] += part


class Mixer:
    """The schedule of the loudspeaker: what sounds at which sample position.

    `render` belongs to one thread (the sound callback, or the caller in file mode); all
    else may be called from one other thread. A command takes effect at the start of the
    next `render`.
    """

    def __init__(self) -> None:
        self._position: Samples = 0
        self._commands: deque[Callable[[], None]] = deque()
        self._voices: list[_Voice] = []
        self._finished: deque[ClipFinished] = deque()
        self._volume_db = 0.0
        self._volume = _FULL
        self._duck = _FULL
        self._limiter = Limiter()
        self._ahead = quiet(0)
        """What is known of the sound from the position on, before the limiter."""

    @property
    def position(self) -> Samples:
        """The next sample to be rendered: the coach's clock."""
        return self._position

    def play(self, clip: Sound, at: Samples, tag: int, gain_db: float = 0.0) -> None:
        """Let `clip` begin at position `at`, or at once, whole, if that has passed.

        `tag` names it for `stop` and `finished`. The samples must not change afterwards.
        """
        if clip.ndim != 1:
            raise ValueError(f"a clip is mono, shape (frames,), not {clip.shape}")
        gain = np.float32(decibels(gain_db))
        self._commands.append(lambda: self._begin(clip, at, tag, gain))

    def silence(
        self, fade: Samples = SILENCE_FADE, *, spare: Callable[[int], bool] = lambda _: False
    ) -> None:
        """Fade out all that sounds, over `fade` samples, and drop all that is scheduled.

        Clips whose tag is to be spared, and what is played after this call, are not cut.
        Ducking ends: what is fading stays as low as it is, what is spared comes back within
        GAIN_RAMP samples, and what comes next is heard in full from its first sample on.
        """
        self._commands.append(lambda: self._silence(fade, spare))

    def stop(self, tag: int) -> None:
        """Fade out, or drop, the clips of this tag; none is harmless."""
        self._commands.append(lambda: self._cut(lambda voice: voice.tag == tag, EDGE))

    @property
    def volume_db(self) -> float:
        """Gain of all that is played, in dB; a change takes GAIN_RAMP samples."""
        return self._volume_db

    @volume_db.setter
    def volume_db(self, volume_db: float) -> None:
        self._volume_db = volume_db
        self._commands.append(lambda: self._set_volume(decibels(volume_db)))

    def duck(self, gain_db: float, over: Samples = GAIN_RAMP) -> None:
        """Go to `gain_db` on top of the volume within `over` samples; 0 dB ends it.

        Where nothing sounds it takes no time, so that nothing begins in the middle of it.
        """
        self._commands.append(lambda: self._set_duck(decibels(gain_db), over))

    def finished(self) -> list[ClipFinished]:
        """Return, in order of time and each only once, the clips that ended."""
        events = []
        while self._finished:
            events.append(self._finished.popleft())
        return events

    def render(self, length: Samples) -> Sound:
        """Return what is played in the next `length` samples, and move the clock on by as many."""
        replanned = bool(self._commands)
        while self._commands:
            self._commands.popleft()()
        self._look_ahead(Limiter.known_until(self._position + length), anew=replanned)
        sound = self._limiter.limited(self._ahead, self._position, length, replanned=replanned)
        self._ahead = self._ahead[to_frames(length) :]
        self._position += length
        self._retire()
        return sound

    def _look_ahead(self, until: Samples, *, anew: bool) -> None:
        """Mix what is to be played up to `until`, as far as is known now."""
        if anew:
            self._ahead = quiet(0)
        known = self._position + duration(self._ahead)
        mix = quiet(max(0, until - known))
        for voice in self._voices:
            voice.mix_into(mix, known, self._duck)
        if not (self._volume.after == 1.0 and self._volume.settled(known)):
            mix *= self._volume.at(positions(known, len(mix))).astype(np.float32)
        self._ahead = np.concatenate([self._ahead, mix])

    def _begin(self, clip: Sound, at: Samples, tag: int, gain: np.float32) -> None:
        start = max(at, self._position)
        sound = np.asarray(clip, dtype=np.float32)
        self._voices.append(_Voice(sound, start, tag, gain, start + duration(sound)))

    def _cut(self, which: Callable[[_Voice], bool], fade: Samples) -> None:
        for voice in filter(which, self._voices):
            voice.cut(self._position, fade)

    def _silence(self, fade: Samples, spare: Callable[[int], bool]) -> None:
        back = self._duck.towards(1.0, self._position, GAIN_RAMP)
        for voice in self._voices:
            voice.duck = voice.duck or (back if spare(voice.tag) else self._duck)
        self._cut(lambda voice: not spare(voice.tag), fade)
        self._duck = _FULL

    def _set_volume(self, gain: float) -> None:
        self._volume = self._volume.towards(gain, self._position, GAIN_RAMP)

    def _set_duck(self, gain: float, over: Samples) -> None:
        sounding = any(voice.start < self._position for voice in self._voices)
        self._duck = self._duck.towards(gain, self._position, over if sounding else 0)

    def _retire(self) -> None:
        over = [voice for voice in self._voices if voice.end <= self._position]
        if not over:
            return
        self._voices = [voice for voice in self._voices if voice.end > self._position]
        for voice in sorted(over, key=lambda voice: voice.end):
            self._finished.append(ClipFinished(voice.tag, voice.end, cut=bool(voice.fades)))
