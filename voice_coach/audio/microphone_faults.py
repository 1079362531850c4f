"""What is wrong with a microphone, as far as its sound tells.

Owns how faults are recognised in samples, and how often each is told; must not know devices,
streams, words or exercise.
"""

from dataclasses import dataclass
from enum import Enum, Flag, auto
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import Pcm, Sound
from voice_coach.units import BLOCK, Samples, to_samples


class NoticeKind(Enum):
    """What there is to tell about a device."""

    LOST = "lost"
    FOUND = "found"
    ZEROS = "zeros"
    """A microphone that delivers nothing but digital silence: muted, or the wrong one."""
    CONSTANT = "constant"
    """A microphone that delivers one value for ever: broken, or nothing is plugged in."""
    CLIPPED = "clipped"
    """A microphone that is overdriven."""
    NO_NUMBERS = "no numbers"
    """A microphone that delivers samples that are no numbers, which are taken as silence."""


@dataclass(frozen=True)
class Notice:
    """News about a device that are no error yet."""

    kind: NoticeKind
    text: str
    """One line for people."""


class Flaw(Flag):
    """What one look at a few samples may find wrong with them."""

    CLIPPED = auto()
    NO_NUMBERS = auto()


NO_FLAW: Final = Flaw(0)
"""Nothing wrong."""

TOLD_AGAIN: Final = to_samples(60)
"""The least time between two notices of the same kind."""

_RUN: Final = 3
"""So many equal samples in a row at the highest or lowest value are a ceiling …"""
_STEP: Final = 0.005
"""… where the sound comes to it, or leaves it, by a step of this share of it."""
_LOUD: Final = 0.05
"""Full scale is 1; what stays below this is not overdriven."""
_TOP: Final = 99.0
"""Percentile of the samples that sound which is taken for the ceiling, if there is one."""
_NEAR: Final = 0.15
_MIDDLE: Final = 0.3
_PILED: Final = 0.25
"""Of the samples above _MIDDLE of the ceiling, so many lie within _NEAR of it: in natural speech
10 % as a rule and 20 % at worst, where 9 dB were cut off 34 %, 12 dB 45 % (medians)."""
_TONE: Final = 0.5
"""A sound with so much of its power at one frequency has its samples at the top anyway."""
_OWN: Final = 0.1
"""A peak of the coach's own sound from which its echo may be what overdrives a microphone …"""
_ECHO: Final = to_samples(0.6)
"""… for so long after it was played: by way of the devices, and through the room."""
_CLIPPED_BLOCKS: Final = 5
_CLIPPED_WITHIN: Final = to_samples(1.0)
"""One clap may be too loud; so many blocks in so long a time are a level that is wrong."""

_TEXTS: Final = {
    NoticeKind.ZEROS: "The {name} delivers only silence: is it muted, or not the one you mean?"
    " 'voice-coach devices' lists all.",
    NoticeKind.CONSTANT: "The {name} delivers no sound but one value for ever: is it plugged in?"
    " 'voice-coach devices' lists all.",
    NoticeKind.CLIPPED: "The {name} is overdriven: turn its level down, or move away from it.",
    NoticeKind.NO_NUMBERS: "The {name} delivers samples that are no numbers; they are taken as"
    " silence. Unplug it and plug it in again.",
}


def inspected(frames: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Flaw]:
    """Return `frames`, shape (samples,) or (samples, channels), with silence in place of what is
    no number, and what is wrong with them."""
    if not np.isfinite(frames).all():
        return np.nan_to_num(frames, nan=0.0, posinf=0.0, neginf=0.0), Flaw.NO_NUMBERS
    channels = frames.T if frames.ndim > 1 else [frames]
    return frames, Flaw.CLIPPED if any(clips(channel) for channel in channels) else NO_FLAW


def clips(sound: npt.NDArray[Any]) -> bool:
    """Whether `sound`, some milliseconds of it, is cut off at a ceiling, of any height.

    A slow wave has some equal samples at its top too; but it comes there gently.
    """
    return len(sound) > _RUN and (_has_ceiling(sound) or _has_ceiling(-sound))


def _has_ceiling(sound: npt.NDArray[Any]) -> bool:
    top = float(sound.max())
    if top < _LOUD:
        return False
    level = sound >= top
    run = level[:-2] & level[1:-1] & level[2:]
    if not run.any() or level.all():
        return False
    steps = np.abs(np.diff(sound))
    edges = level[:-1] != level[1:]
    return bool((steps[edges] >= _STEP * top).any())


def piled_up(sound: Pcm) -> Samples:
    """Return how many samples of a second of `sound` lie at its ceiling; 0 where it has none.

    This finds what `clips` does not: sound that was cut off and then converted to another rate.
    """
    size = np.abs(sound)
    peak = float(size.max(initial=0.0))
    if peak < _LOUD:
        return 0
    ceiling = float(np.percentile(size[size > peak / 50], _TOP))
    near = np.abs(size / ceiling - 1) < _NEAR
    blocks = near[: len(near) // BLOCK * BLOCK].reshape(-1, BLOCK).any(axis=1)
    if near.sum() < _PILED * (size > _MIDDLE * ceiling).sum() or blocks.sum() < _CLIPPED_BLOCKS:
        return 0
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    strongest = int(np.argmax(power))
    tone = power[max(0, strongest - 2) : strongest + 3].sum() > _TONE * power.sum()
    return 0 if tone else int(near.sum())


class MicrophoneWatch:
    """Watches a microphone's stream and tells each fault in time, and none too often.

    That it is overdriven is told only where the coach itself cannot be the reason: the user can
    turn the microphone down, and would then be heard worse whenever the coach is silent.
    """

    def __init__(self, lifeless: Samples | None) -> None:
        """`lifeless` is how long a microphone may deliver one value before that is told."""
        self._lifeless = lifeless
        self._position: Samples = 0
        self._value = 0.0
        self._still: Samples = 0
        self._clipped: list[Samples] = []
        self._second: list[Pcm] = []
        self._told: dict[NoticeKind, Samples] = {}
        self._echo_until: Samples = 0

    def played(self, sound: Sound) -> None:
        """Take what the coach plays while the next block is heard."""
        if np.abs(sound).max(initial=0.0) > _OWN:
            self._echo_until = self._position + _ECHO

    def add(self, block: Pcm, flaws: Flaw, name: str) -> Notice | None:
        """Take the next block of the microphone called `name`; return what there is to tell."""
        self._position += len(block)
        kind = self._fault(block, flaws)
        if kind is None or self._position < self._told.get(kind, -TOLD_AGAIN) + TOLD_AGAIN:
            return None
        self._told[kind] = self._position
        return Notice(kind, _TEXTS[kind].format(name=name))

    def _fault(self, block: Pcm, flaws: Flaw) -> NoticeKind | None:
        if flaws & Flaw.NO_NUMBERS:
            return NoticeKind.NO_NUMBERS
        if self._position > self._echo_until and self._overdriven(block, flaws):
            return NoticeKind.CLIPPED
        return self._lifelessness(block)

    def _overdriven(self, block: Pcm, flaws: Flaw) -> bool:
        if flaws & Flaw.CLIPPED:
            self._clipped = [at for at in self._clipped if at > self._position - _CLIPPED_WITHIN]
            self._clipped.append(self._position)
            if len(self._clipped) >= _CLIPPED_BLOCKS:
                return True
        self._second.append(block)
        if len(self._second) * len(block) < _CLIPPED_WITHIN:
            return False
        second, self._second = np.concatenate(self._second), []
        return piled_up(second) > 0

    def _lifelessness(self, block: Pcm) -> NoticeKind | None:
        before, value = self._still, float(block[0])
        still = bool((block == value).all())
        if still and (not before or value == self._value):
            self._still += len(block)
        else:
            self._still = len(block) if still else 0
        self._value = value
        # Told as it comes true: a user who mutes the microphone on purpose is told once.
        if self._lifeless is not None and before < self._lifeless <= self._still:
            return NoticeKind.CONSTANT if value else NoticeKind.ZEROS
        return None
