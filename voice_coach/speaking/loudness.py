"""How loud a sound is to people, and the same loudness for all without a peak over a limit.

Owns the measure of ITU-R BS.1770-4 and the limiter; must not know what is spoken, nor by whom.
Everything is a function of the rate.
"""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from voice_coach.audio.pcm import SILENCE_DB, decibels

Wave = npt.NDArray[np.float32]
"""Mono sound of any rate, shape (frames,)."""

_STEP: Final = 0.1
_STEPS: Final = 4
"""A block of 0.4 s begins every 0.1 s."""
_OFFSET: Final = -0.691
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0
_OVERSAMPLED: Final = 4

_HOP: Final = 0.001
_REACH: Final = 6
"""The limiter turns down over so many hops before a peak, and up as slowly after it."""
_ROUNDS: Final = 4
_UNHEARD_DB: Final = 0.1
_BETWEEN_DB: Final = -3.0
"""Samples so far under the ceiling have no peak between them over it, where a voice has them."""


def loudness(sound: Wave, rate: int) -> float:
    """Return the integrated loudness in LUFS; SILENCE_DB for silence.

    A sound shorter than a block, 0.4 s, counts as one block of its own length: spread over 0.4 s
    a short word would seem quieter than it is.
    """
    blocks = _blocks(sound, rate)
    heard = blocks[blocks > _power(_ABSOLUTE_GATE)]
    if not len(heard):
        return SILENCE_DB
    gate = heard.mean() * decibels(_RELATIVE_GATE) ** 2
    return _OFFSET + 10 * float(np.log10(heard[heard > gate].mean()))


def true_peak_db(sound: Wave, rate: int) -> float:
    """Return the highest peak between the samples, too, in dB of full scale (dBTP)."""
    if not len(sound):
        return SILENCE_DB
    peak = float(np.abs(_oversampled(sound, rate)).max())
    return max(SILENCE_DB, 20 * float(np.log10(peak))) if peak > 0 else SILENCE_DB


def levelled(sound: Wave, rate: int, target: float, ceiling_db: float) -> Wave:
    """Return `sound` at a loudness of `target` LUFS, with no true peak over `ceiling_db`.

    Where peaks stand out so far that both cannot be, they are turned down by themselves.
    """
    gain = target - loudness(sound, rate)
    for _ in range(_ROUNDS):
        loud = sound * np.float32(decibels(gain))
        result = limited(loud, rate, ceiling_db)
        if result is loud:
            break  # what is not limited is as loud as was reckoned
        missing = target - loudness(result, rate)
        gain += missing
        if abs(missing) < _UNHEARD_DB:
            break
    return result


def limited(sound: Wave, rate: int, ceiling_db: float) -> Wave:
    """Return `sound` with its true peaks turned down to `ceiling_db`, a few milliseconds around."""
    ceiling = decibels(ceiling_db)
    if float(np.abs(sound).max(initial=0.0)) < ceiling * decibels(_BETWEEN_DB):
        return sound
    hop = round(_HOP * rate)
    peaks = np.abs(_oversampled(sound, rate))
    peaks = np.pad(peaks, (0, -len(peaks) % (hop * _OVERSAMPLED)))
    peaks = peaks.reshape(-1, hop * _OVERSAMPLED).max(axis=1)
    if peaks.max(initial=0.0) <= ceiling:
        return sound
    needed = np.minimum(1.0, 0.995 * ceiling / np.maximum(peaks, ceiling * 1e-3))
    around = np.pad(needed, 2 * _REACH, constant_values=1.0)
    lowest = np.lib.stride_tricks.sliding_window_view(around, 2 * _REACH + 3).min(axis=1)
    window = np.hanning(2 * _REACH + 1)
    smooth = np.convolve(lowest, window / window.sum(), mode="same")
    smooth = smooth[_REACH - 1 : _REACH - 1 + len(needed)]
    at = (np.arange(len(sound)) + 0.5) / hop - 0.5
    gain = np.interp(at, np.arange(len(smooth)), smooth)
    return np.asarray(sound * gain, dtype=np.float32)


def _blocks(sound: Wave, rate: int) -> npt.NDArray[np.float64]:
    """Return the weighted power of each block of 0.4 s; of the whole if it is shorter.

    Weighted are the spectra of steps of 0.1 s, and not the sound: for speech that differs from
    the filters of the standard by less than 0.02 dB, and takes a fifth of the time.
    """
    step = round(_STEP * rate)
    if len(sound) < _STEPS * step:
        return _weighted_power(sound[np.newaxis], rate) if len(sound) else np.zeros(0)
    steps = _weighted_power(sound[: len(sound) // step * step].reshape(-1, step), rate)
    return np.convolve(steps, np.full(_STEPS, 1 / _STEPS), mode="valid")


def _weighted_power(pieces: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float64]:
    """Return the mean power of each row through both filters of K-weighting (by Parseval)."""
    length = pieces.shape[1]
    spectra = np.fft.rfft(pieces)
    power = np.square(spectra.real) + np.square(spectra.imag)
    return np.asarray(power @ _k_weighting(rate, length), dtype=np.float64)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))


@lru_cache(maxsize=4)
def _k_weighting(rate: int, length: int) -> npt.NDArray[np.float32]:
    """Return the weight of each bin of a spectrum of so many frames in their mean power."""
    z = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    response = np.square(np.abs(_shelf(rate, z) * _high_pass(rate, z)))
    response[1 : (length + 1) // 2] *= 2  # for the negative frequencies
    return np.asarray(response / length**2, dtype=np.float32)


# The analogue prototypes behind the table for 48 kHz in the standard (Brecht De Man, 2014).


def _shelf(rate: int, z: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """The first stage: a head makes high tones louder."""
    k = np.tan(np.pi * 1681.974450955533 / rate)
    q, high = 0.7071752369554196, decibels(3.999843853973347)
    middle = high**0.4996667741545416
    b = (high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k)
    a = (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k)
    return _response(b, a, z)


def _high_pass(rate: int, z: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """The second stage: what is low is hardly heard."""
    k = np.tan(np.pi * 38.13547087602444 / rate)
    q = 0.5003270373238773
    scale = 1 + k / q + k * k
    return _response((scale, -2 * scale, scale), (scale, 2 * (k * k - 1), 1 - k / q + k * k), z)


def _response(
    b: tuple[float, float, float], a: tuple[float, float, float], z: npt.NDArray[np.complex128]
) -> npt.NDArray[np.complex128]:
    over, under = ((c[2] * z + c[1]) * z + c[0] for c in (b, a))
    return np.asarray(over / under)


def _oversampled(sound: Wave, rate: int) -> Wave:
    # In pieces: a resampler holds the global lock, and the sound must not wait for a long line.
    stream = soxr.ResampleStream(rate, _OVERSAMPLED * rate, 1, dtype="float32", quality="HQ")
    piece = max(1, round(_STEP * rate))
    parts = [
        stream.resample_chunk(sound[at : at + piece], last=at + piece >= len(sound))
        for at in range(0, len(sound), piece)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
