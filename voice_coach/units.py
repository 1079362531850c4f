"""The one clock of the coach: sample positions at one rate. Knows nothing of sound or words.

Every position and duration inside the coach is a whole number of samples at
SAMPLE_RATE, counted by the loudspeaker; seconds appear only where people read or write them.
"""

from typing import Final, TypeAlias

SAMPLE_RATE: Final = 16_000
"""Samples per second of every sound inside the coach; devices and files are converted."""

BLOCK: Final = 160
"""Samples moved at a time between devices and the coach: 10 ms."""

Samples: TypeAlias = int
"""A position on the clock, or a duration, in samples at SAMPLE_RATE."""


def to_samples(seconds: float) -> Samples:
    """Return the whole number of samples nearest to `seconds`."""
    return round(seconds * SAMPLE_RATE)


def to_seconds(samples: Samples) -> float:
    """Return `samples` in seconds."""
    return samples / SAMPLE_RATE
