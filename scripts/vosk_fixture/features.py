"""From sound to what the network sees: features like Kaldi's, from sound made less clean.

Owns feature extraction and augmentation; must not know networks or file formats of models.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import kaldi_native_fbank as knf
import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from .speech import RATE, Sound, Utterance, resampled
from .vocabulary import PHONES, Lexicon

Features = npt.NDArray[np.float32]
"""Shape (frames, coefficients)."""

COEFFICIENTS = 20
FRAME_STEP = 3
"""The network answers once for three frames of 10 ms."""

MFCC_CONF = f"""\
--use-energy=false
--sample-frequency={RATE}
--num-mel-bins=30
--num-ceps={COEFFICIENTS}
--low-freq=20
--high-freq=-400
--dither=0
"""
"""What libvosk must compute to see what `mfcc` computes."""

_NOISE_COLOURS = (0.0, 1.5, 5.0)


@dataclass(frozen=True)
class Example:
    """One sound to learn from."""

    features: Features
    """Of the noisy sound; 10 ms a frame."""
    clean: Features | None
    """To align by: clean cepstra and their slopes, 30 ms a frame; None for sound without words."""
    phones: list[int]
    """Indices into PHONES, silence before, between and after the words."""


def mfcc(sound: Sound) -> Features:
    """Return Kaldi's MFCC by MFCC_CONF, 10 ms a frame."""
    options = knf.MfccOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = RATE
    options.mel_opts.num_bins = 30
    options.mel_opts.low_freq, options.mel_opts.high_freq = 20, -400
    options.num_ceps, options.use_energy = COEFFICIENTS, False
    computer = knf.OnlineMfcc(options)
    computer.accept_waveform(RATE, sound.tolist())
    computer.input_finished()
    frames = [computer.get_frame(i) for i in range(computer.num_frames_ready)]
    return np.stack(frames).astype(np.float32)


def examples(
    utterances: Iterable[Utterance], lexicon: Lexicon, copies: int, seed: int = 3
) -> list[Example]:
    """Return `copies` differently augmented examples of each utterance, and some of noise alone."""
    rng = np.random.default_rng(seed)
    found = list(_examples_of_noise(rng, 40 * copies))
    for utterance in utterances:
        sound = utterance.load()
        if np.count_nonzero(np.abs(sound) > 60) < RATE // 10:
            continue
        phones = _phones(utterance.words, lexicon)
        for _ in range(copies):
            clean, noisy = _augmented(sound, utterance.voice.engine, rng)
            to_align = _alignment_features(clean)
            if len(to_align) > np.count_nonzero(phones) + 2:
                found.append(Example(mfcc(noisy), to_align, phones))
    return found


def _examples_of_noise(rng: np.random.Generator, count: int) -> Iterator[Example]:
    for _ in range(count):
        noise = _noise(int(rng.uniform(0.6, 2) * RATE), rng, rng.choice(_NOISE_COLOURS))
        yield Example(mfcc(noise * np.float32(10 ** rng.uniform(0, 3))), None, [0])


def _phones(words: Iterable[str], lexicon: Lexicon) -> list[int]:
    phones = [0]
    for word in words:
        phones += [*map(PHONES.index, lexicon[word][0]), 0]
    return phones


def _alignment_features(clean: Sound) -> Features:
    cepstra = mfcc(clean)[:, :13]
    slopes = np.zeros_like(cepstra)
    slopes[2:-2] = cepstra[4:] - cepstra[:-4]
    return np.concatenate([cepstra - cepstra.mean(0), slopes], 1)[::FRAME_STEP]


def _noise(samples: int, rng: np.random.Generator, colour: float) -> Sound:
    noise = rng.standard_normal(samples)
    if colour:  # a gentle low-pass, like the noise of a room
        noise = np.convolve(noise, np.exp(-np.arange(16) / colour), "same")
    return (noise / noise.std()).astype(np.float32)


def _augmented(sound: Sound, engine: str, rng: np.random.Generator) -> tuple[Sound, Sound]:
    """Return the sound clean and noisy, on the same time line.

    Resampling moves pitch and formants; flite has few voices, so it is moved further.
    """
    sound = resampled(sound, 1 / rng.uniform(0.88, 1.3 if engine == "flite" else 1.12))
    sound = sound * np.float32(rng.uniform(0.06, 0.9) * 32767 / max(1.0, np.abs(sound).max()))
    before, after = rng.uniform(0.03, 0.4), rng.uniform(0.1, 0.5)
    sound = np.pad(sound, (int(before * RATE), int(after * RATE))).astype(np.float32)
    clean = sound + _noise(len(sound), rng, 0) * 2
    if rng.random() < 0.2:
        return clean, sound  # digital silence happens too
    if rng.random() < 0.25:
        sound = _in_room(sound, rng)
    level = np.sqrt(np.mean(sound[np.abs(sound) > 50] ** 2) + 1)
    noise = _noise(len(sound), rng, rng.choice(_NOISE_COLOURS))
    noisy = sound + noise * np.float32(level * 10 ** (-rng.uniform(8, 45) / 20))
    return clean, np.clip(noisy, -32768, 32767).astype(np.float32)


def _in_room(sound: Sound, rng: np.random.Generator) -> Sound:
    """Return `sound` with the decaying echoes of a small room behind it."""
    decay = rng.uniform(0.03, 0.1)
    times = np.arange(int(4 * decay * RATE)) / RATE
    response = rng.standard_normal(len(times)) * np.exp(-times / decay)
    response *= rng.uniform(0.2, 0.7) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    return fftconvolve(sound, response)[: len(sound)].astype(np.float32)
