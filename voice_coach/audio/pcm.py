"""The two forms of sound inside the coach, and the way in and out of files and other rates.

Owns `Pcm`, which is heard, and `Sound`, which is played; must not know devices, words or exercise.
"""

import struct
from functools import cache
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from voice_coach.errors import AudioFileError, OutputError
from voice_coach.files import Replacement, reason
from voice_coach.units import (
    FRAMES_PER_SAMPLE,
    LOUDSPEAKER_RATE,
    SAMPLE_RATE,
    Samples,
    to_frames,
    to_samples,
)

Pcm: TypeAlias = npt.NDArray[np.float32]
"""Mono sound that is heard, at SAMPLE_RATE, shape (samples,), nominally within -1 … 1."""

Sound: TypeAlias = npt.NDArray[np.float32]
"""Mono sound that is played, at LOUDSPEAKER_RATE, shape (frames,), nominally within -1 … 1."""

SILENCE_DB: Final = -120.0
"""The level of digital silence, and the lowest that `level_db` returns."""

EDGE: Final = to_samples(0.005)
"""How long a sound takes to fade where it is cut, so that it does not click."""

_RATES: Final = range(1_000, 1_000_000)
_RIFF_LIMIT: Final = 2**32 - 1
_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")


def silence(frames: Samples) -> Pcm:
    """Return `frames` samples of digital silence."""
    return np.zeros(frames, dtype=np.float32)


def quiet(samples: Samples) -> Sound:
    """Return digital silence for the loudspeaker that lasts `samples` of the clock."""
    return np.zeros(to_frames(samples), dtype=np.float32)


def ramp(before: float, after: float, frames: int) -> npt.NDArray[np.float32]:
    """Return a straight line from one value to another, both reached, shape (frames,).

    `np.linspace` takes four times as long for the few frames of a block.
    """
    return np.float32(before) + np.float32(after - before) * _parts(frames)


@cache
def _parts(frames: int) -> npt.NDArray[np.float32]:
    return np.linspace(0.0, 1.0, frames, dtype=np.float32)


def numbers(sound: Pcm) -> Pcm:
    """Return `sound` with silence in place of what is no number; the same array where all are."""
    return sound if np.isfinite(sound).all() else np.nan_to_num(sound, posinf=0.0, neginf=0.0)


def duration(sound: npt.NDArray[Any]) -> Samples:
    """Return how long a `Sound` lasts on the clock, the last sample counted in full."""
    return -(-len(sound) // FRAMES_PER_SAMPLE)


def decibels(gain_db: float) -> float:
    """Return the amplitude factor of a gain: 1.0 for 0 dB, about 0.5 for -6 dB."""
    return float(10.0 ** (gain_db / 20.0))


def level_db(pcm: Pcm) -> float:
    """Return the root-mean-square level in dB of full scale; SILENCE_DB for silence."""
    if not len(pcm):
        return SILENCE_DB
    power = float(np.mean(np.square(pcm, dtype=np.float64)))
    return max(SILENCE_DB, 10.0 * float(np.log10(power))) if power > 0.0 else SILENCE_DB


def positions(first: Samples, frames: int) -> npt.NDArray[np.float64]:
    """Return where each of so many frames from `first` on lies on the clock, in samples."""
    start = to_frames(first)
    return np.arange(start, start + frames, dtype=np.float64) / FRAMES_PER_SAMPLE


def faded(sound: Sound, start: Samples = EDGE, end: Samples = EDGE) -> Sound:
    """Return a copy that rises over `start` samples of the clock and falls over the last `end`."""
    result = np.array(sound, dtype=np.float32)
    start, end = (min(to_frames(length), len(result)) for length in (start, end))
    result[:start] *= np.arange(start, dtype=np.float32) / max(1, start)
    result[len(result) - end :] *= np.arange(end, dtype=np.float32)[::-1] / max(1, end)
    return result


def to_int16(pcm: Pcm) -> npt.NDArray[np.int16]:
    """Return 16-bit samples, clipped at full scale; what is not a number becomes silence."""
    scaled = np.nan_to_num(np.multiply(pcm, 32768.0, dtype=np.float64), nan=0.0)
    return np.asarray(np.clip(np.rint(scaled), -32768, 32767), dtype=np.int16)


def from_int16(samples: npt.NDArray[np.int16] | bytes) -> Pcm:
    """Return 16-bit samples (an array, or bytes in the machine's order) as floats."""
    array = np.frombuffer(samples, dtype=np.int16) if isinstance(samples, bytes) else samples
    return array.astype(np.float32) / np.float32(32768.0)


def exact_int16(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.int16] | None:
    """Return `sound` as 16-bit samples if `from_int16` makes the very same of them, else None."""
    # Not by `to_int16`, which rounds in 64 bits: this is done where sound must not wait.
    scaled = np.asarray(sound, dtype=np.float32) * np.float32(32768.0)
    if not ((scaled >= -32768.0) & (scaled <= 32767.0)).all():
        return None
    samples = scaled.astype(np.int16)
    return samples if np.array_equal(samples.astype(np.float32), scaled) else None


def resample(
    samples: npt.NDArray[Any], rate: int, to: int = SAMPLE_RATE
) -> npt.NDArray[np.float32]:
    """Return sound of `rate` samples per second at the rate `to`, nothing of it delayed.

    Takes floats or int16, shape (samples,) or (samples, channels); channels are averaged.
    """
    mono = _mono(from_int16(samples) if samples.dtype == np.int16 else samples)
    if rate == to or not len(mono):
        return mono
    return np.asarray(soxr.resample(mono, rate, to, quality="HQ"), dtype=np.float32)


def as_heard(sound: Sound) -> Pcm:
    """Return what is played as a microphone beside it would hear it, nothing of it delayed."""
    return resample(sound, LOUDSPEAKER_RATE)


def _mono(samples: npt.NDArray[Any]) -> Pcm:
    finite = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    averaged = finite if finite.ndim == 1 else finite.mean(axis=1)
    return np.ascontiguousarray(averaged, dtype=np.float32)


def read(path: Path) -> Pcm:
    """Return the sound of a file: any rate, any channels, WAV, FLAC, OGG, MP3 and others.

    Samples that are no numbers become silence. Raises AudioFileError.
    """
    try:
        if path.is_dir():
            raise AudioFileError(f"Cannot read {path}: it is a folder. Give a recording.")
        if path.stat().st_size == 0:
            raise AudioFileError(f"Cannot read {path}: the file is empty. Give a recording.")
        with soundfile.SoundFile(path) as file:
            pcm = _read_open(file, path)
    except OSError as error:
        raise AudioFileError(
            f"Cannot read {path}: {_reason(error)}. Check the path and its permissions."
        ) from error
    except (soundfile.SoundFileError, TypeError) as error:
        raise AudioFileError(
            f"Cannot read {path}: it is damaged or no sound file. "
            "Give a WAV, FLAC, OGG or MP3 recording."
        ) from error
    if not len(pcm):
        raise AudioFileError(f"Cannot read {path}: it holds no sound. Give a longer recording.")
    return pcm


def _read_open(file: soundfile.SoundFile, path: Path) -> Pcm:
    # Block by block, because an hour of 48 kHz stereo as floats would fill a Raspberry Pi.
    if file.samplerate not in _RATES:
        raise AudioFileError(
            f"Cannot read {path}: a rate of {file.samplerate} Hz is no sound. "
            "Convert it to a WAV of 16000 Hz."
        )
    blocks = (_mono(b) for b in file.blocks(1 << 16, dtype="float32", always_2d=True))
    if file.samplerate == SAMPLE_RATE:
        return np.concatenate([silence(0), *blocks])
    stream = soxr.ResampleStream(file.samplerate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
    parts = [stream.resample_chunk(block) for block in blocks]
    return np.concatenate([*parts, stream.resample_chunk(silence(0), last=True)])


def _reason(error: OSError) -> str:
    known = {
        FileNotFoundError: "there is no such file or folder",
        PermissionError: "this is not permitted",
        IsADirectoryError: "it is a folder",
        NotADirectoryError: "part of its path is not a folder",
    }
    return known.get(type(error), reason(error).casefold())


class WavWriter:
    """Writes a 16-bit WAV file block by block; the file appears at its place when closed.

    Of one channel at LOUDSPEAKER_RATE it is a `Sink`.

    Until then the sound is in a hidden file of the same folder, which is a valid WAV up to
    the last whole second. What is no regular file (/dev/null) is written directly.
    Raises OutputError from every call that meets a full disk, a read-only or missing folder;
    then nothing is left behind and an older file at `path` is untouched.
    """

    def __init__(self, path: Path, channels: int = 1, *, rate: int = SAMPLE_RATE) -> None:
        self._path = path
        self._rate = rate
        self._channels = channels
        self._written = 0
        self._pending = bytearray()
        self._closed = False
        try:
            self._new = Replacement(path, devices=True)
        except OSError as error:
            raise self._failure(error) from error
        self._guarded_flush()

    def write(self, *channels: npt.NDArray[np.float32]) -> None:
        """Append one sound of the file's rate per channel; the shorter are padded with silence."""
        if len(channels) != self._channels:
            raise ValueError(f"{len(channels)} sounds for {self._channels} channels")
        frames = np.zeros((max(map(len, channels)), self._channels), dtype="<i2")
        for index, channel in enumerate(channels):
            frames[: len(channel), index] = to_int16(channel)
        self._pending += frames.tobytes()
        if len(self._pending) >= 2 * self._channels * self._rate:
            self._guarded_flush()

    def close(self) -> None:
        """Write the rest and put the file in its place; calling it twice does no harm."""
        if self._closed:
            return
        self._guarded_flush()
        self._closed = True
        try:
            self._new.commit()
        except OSError as error:
            raise self._failure(error) from error

    def discard(self) -> None:
        """Close without a file; harmless after close()."""
        self._closed = True
        self._new.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Kept whatever ended the session (Ctrl-C above all): half a recording beats none.
        self.close()

    def _guarded_flush(self) -> None:
        try:
            self._flush()
        except OSError as error:
            self.discard()
            raise self._failure(error) from error

    def _flush(self) -> None:
        total = self._written + len(self._pending)
        if total + _HEADER.size > _RIFF_LIMIT:
            raise OSError(0, "a WAV file cannot be longer than 4 GB")
        file = self._new.file
        file.seek(0)
        file.write(self._header(total))
        file.seek(_HEADER.size + self._written)
        file.write(self._pending)
        file.flush()
        self._written, self._pending = total, bytearray()

    def _header(self, data_bytes: int) -> bytes:
        frame = 2 * self._channels
        form = (b"fmt ", 16, 1, self._channels, self._rate, self._rate * frame, frame, 16)
        riff_bytes = _HEADER.size - 8 + data_bytes
        return _HEADER.pack(b"RIFF", riff_bytes, b"WAVE", *form, b"data", data_bytes)

    def _failure(self, error: OSError) -> OutputError:
        return OutputError(
            f"Cannot write {self._path}: {_reason(error)}. Choose another place for the recording."
        )


def write(path: Path, *channels: npt.NDArray[np.float32], rate: int = SAMPLE_RATE) -> None:
    """Write one sound of `rate` per channel (one or two) as a 16-bit WAV; all of it or nothing.

    Shorter channels are padded with silence. Raises OutputError.
    """
    with WavWriter(path, len(channels), rate=rate) as file:
        file.write(*channels)
