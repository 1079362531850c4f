"""What may stand in for a microphone or a loudspeaker: files, and sounds made elsewhere.

Owns how a file behaves as a device; must not know real devices, words or exercise.
"""

from pathlib import Path
from typing import Final, Protocol, Self

import numpy as np
import soxr

from voice_coach.audio import pcm
from voice_coach.audio.pcm import Pcm, Sound, WavWriter, quiet, silence
from voice_coach.errors import OutputError
from voice_coach.units import BLOCK, LOUDSPEAKER_RATE, SAMPLE_RATE, Samples

_SOUND_FILES: Final = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif"}


class Source(Protocol):
    """What may stand in for a microphone."""

    def read(self, frames: Samples, position: Samples) -> Pcm:
        """Return what is heard in `frames` samples from `position` on; fewer if it ends there."""


class Sink(Protocol):
    """What may stand in for a loudspeaker; a WavWriter of one channel at its rate is one."""

    def write(self, sound: Sound, /) -> None:
        """Take the next block."""

    def close(self) -> None:
        """Take no more; calling it twice does no harm."""


class Nowhere:
    """A loudspeaker that nobody hears."""

    def write(self, sound: Sound, /) -> None:
        """Let the block go."""

    def close(self) -> None:
        """Nothing to release."""


class Tape:
    """A loudspeaker of which both sides are recorded: left what it plays, right what is heard.

    The file is at LOUDSPEAKER_RATE, so the left side is what was played to the frame; what was
    heard is brought to that rate, and nothing of it is delayed. Raises OutputError.
    """

    def __init__(self, path: Path) -> None:
        self._file = WavWriter(path, channels=2, rate=LOUDSPEAKER_RATE)
        self._raised = soxr.ResampleStream(
            SAMPLE_RATE, LOUDSPEAKER_RATE, 1, dtype="float32", quality="HQ"
        )
        self._played = self._heard = quiet(0)
        self._closed = False

    def hear(self, block: Pcm) -> None:
        """Take what was heard while the block of the next `write` is played."""
        self._heard = np.concatenate([self._heard, self._raised.resample_chunk(block)])

    def write(self, sound: Sound, /) -> None:
        """Take the next block that is played."""
        self._played = np.concatenate([self._played, sound])
        # A resampler gives out a little later what it was given.
        both = min(len(self._played), len(self._heard))
        self._file.write(self._played[:both], self._heard[:both])
        self._played, self._heard = self._played[both:], self._heard[both:]

    def close(self) -> None:
        """Write the rest and put the file in its place; calling it twice does no harm."""
        if not self._closed:
            self._closed = True
            rest = self._raised.resample_chunk(silence(0), last=True)
            self._file.write(self._played, np.append(self._heard, rest)[: len(self._played)])
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Recording:
    """A sound as microphone: heard from the first block on, once."""

    def __init__(self, samples: Pcm) -> None:
        self._samples = samples
        self._read = 0

    def read(self, frames: Samples, position: Samples) -> Pcm:  # noqa: ARG002
        """Return the next `frames` samples; fewer at the end."""
        self._read += frames
        return self._samples[self._read - frames : self._read]


def source_of(mic: str | Path | Source | None) -> Source | None:
    if isinstance(mic, str):
        return Recording(pcm.read(Path(mic))) if _is_file(mic) else None
    return Recording(pcm.read(mic)) if isinstance(mic, Path) else mic


def sink_of(speaker: str | Path | Sink | None) -> Sink | None:
    if isinstance(speaker, str):
        if not _is_file(speaker):
            return None
        speaker = Path(speaker)
    if isinstance(speaker, Path):
        if speaker.suffix.casefold() in _SOUND_FILES - {".wav"}:
            raise OutputError(
                f"Cannot write {speaker}: only WAV is written. Give a name that ends in .wav."
            )
        return WavWriter(speaker, rate=LOUDSPEAKER_RATE)
    return speaker


def _is_file(name: str) -> bool:
    path = Path(name)
    return path.suffix.casefold() in _SOUND_FILES or path.exists()


class Reel:
    """A source that never ends: silence follows, and it knows for how long."""

    def __init__(self, source: Source, tail: Samples | None) -> None:
        self._source: Source | None = source
        self._left = tail

    def read(self, position: Samples) -> Pcm:
        """Return the next block."""
        heard = self._source.read(BLOCK, position) if self._source else silence(0)
        if len(heard) < BLOCK:
            self._source = None
            if self._left is not None:
                self._left -= BLOCK - len(heard)
        return heard if len(heard) == BLOCK else np.append(heard, silence(BLOCK - len(heard)))

    @property
    def over(self) -> bool:
        """Whether the recording and its tail have been heard."""
        return self._left is not None and self._left <= 0 and self._source is None
