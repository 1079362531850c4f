"""Synthetic speech for training: which voices say what, rendered by espeak-ng and flite.

Owns the voices and the sound files; must not know phones, features or networks.
"""

import random
import subprocess
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from .vocabulary import random_text

RATE = 16_000
"""Samples per second."""

Sound = npt.NDArray[np.float32]
"""Mono, shape (samples,), on the scale of 16-bit integers, as Kaldi wants it."""

ACCENTS = ("en-us", "en-us", "en-us", "en-gb", "en-gb", "en-gb-x-rp", "en-gb-scotland")
VARIANTS = tuple(
    """f1 f2 f3 f4 f5 m1 m2 m3 m4 m5 m6 m7 m8 Alex Alicia Andrea Andy Annie Denis Diogo Gene
    Henrique Hugo Jacky Lee Marco Mario Michael Mike Storm adam anika antonio belinda benjamin
    boris caleb david ed edward grandma grandpa iven john klatt klatt2 klatt3 linda max michel
    miguel pablo paul pedro quincy rob robert sandro shelby steph steph2 steph3 travis victor
    zac aunty""".split()
)
FLITE_VOICES = ("rms", "awb", "slt", "rms", "awb", "slt", "kal16")
_PLAIN_SHARE = 0.25
"""Share of espeak utterances by an accent as it is, without a variant: tests use those most."""


@dataclass(frozen=True)
class Voice:
    """A voice of one engine, at one speed and pitch."""

    engine: str
    """"espeak" or "flite"."""
    name: str
    speed: float = 1.0
    pitch: int = 50
    """0 … 99; espeak only."""

    def say(self, text: str, file: Path) -> bool:
        """Render `text` into the WAV `file`; return whether that gave any sound."""
        if self.engine == "espeak":
            tempo = ["-s", str(int(165 * self.speed)), "-p", str(self.pitch)]
            command = ["espeak-ng", "-v", self.name, *tempo, "-w", str(file), text]
        else:
            stretch = f"duration_stretch={1 / self.speed:.2f}"
            command = ["flite", "-voice", self.name, "--setf", stretch, "-t", text, "-o", str(file)]
        done = subprocess.run(command, capture_output=True, check=False)
        return done.returncode == 0 and file.exists() and file.stat().st_size > 2000


@dataclass(frozen=True)
class Utterance:
    """One rendered text."""

    words: tuple[str, ...]
    voice: Voice
    file: Path

    def load(self) -> Sound:
        """Return the sound at RATE."""
        with wave.open(str(self.file)) as wav:
            rate = wav.getframerate()
            samples = np.frombuffer(wav.readframes(wav.getnframes()), np.int16)
        return resampled(samples.astype(np.float32), RATE / rate)


def resampled(sound: Sound, ratio: float) -> Sound:
    """Return `sound` with `ratio` times as many samples."""
    fraction = Fraction(ratio).limit_denominator(200)
    if fraction == 1:
        return sound
    return resample_poly(sound, fraction.numerator, fraction.denominator).astype(np.float32)


def training_speech(folder: Path, espeak: int, flite: int, seed: int = 1) -> list[Utterance]:
    """Render `espeak` + `flite` random utterances into `folder`; files already there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    planned = [
        Utterance(tuple(random_text(chance)), voice, folder / f"{number:05d}.wav")
        for number, voice in enumerate(_voices(chance, espeak, flite))
    ]
    with ThreadPoolExecutor(2) as pool:
        sounded = list(pool.map(_rendered, planned))
    return [utterance for utterance, sounds in zip(planned, sounded, strict=True) if sounds]


def _voices(chance: random.Random, espeak: int, flite: int) -> Iterator[Voice]:
    for number in range(espeak + flite):
        if number >= espeak:
            name = chance.choice(FLITE_VOICES)
        else:
            plain = chance.random() < _PLAIN_SHARE
            name = chance.choice(ACCENTS) + ("" if plain else "+" + chance.choice(VARIANTS))
        engine = "espeak" if number < espeak else "flite"
        yield Voice(engine, name, chance.uniform(0.8, 1.25), chance.randint(30, 70))


def _rendered(utterance: Utterance) -> bool:
    if utterance.file.exists():
        return True
    return utterance.voice.say(" ".join(utterance.words), utterance.file)
