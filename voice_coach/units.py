"""The one clock of the coach: sample positions at one rate. Knows nothing of sound or words.

Every position and duration inside the coach is a whole number of samples at
SAMPLE_RATE, counted by the loudspeaker; seconds appear only where people read or write them.
What is played has exactly FRAMES_PER_SAMPLE frames to each sample of the clock, so that a cue
at position n begins at frame 3n, and nothing is ever rounded.
"""

from typing import Final, TypeAlias

SAMPLE_RATE: Final = 16_000
"""Samples per second of the clock, and of everything that is heard."""

FRAMES_PER_SAMPLE: Final = 3
"""Frames of the loudspeaker to each sample of the clock."""

LOUDSPEAKER_RATE: Final = FRAMES_PER_SAMPLE * SAMPLE_RATE
"""Frames per second of everything that is played: 48,000."""

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


def to_frames(samples: Samples) -> int:
    """Return how many frames of the loudspeaker `samples` of the clock are, exactly."""
    return samples * FRAMES_PER_SAMPLE
