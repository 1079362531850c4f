"""Who speaks in the benchmarks and what they say: synthetic voices, texts and recordings.

Owns clean speech and its cache on the disk; must not know rooms, noise or the listener.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

import numpy as np
import soundfile
from platformdirs import user_cache_path

from voice_coach.audio.pcm import Pcm, as_heard, decibels, read
from voice_coach.core.intents import Commands
from voice_coach.files import Replacement
from voice_coach.grammar import WideGrammar
from voice_coach.library import read_commands, read_library
from voice_coach.speaking.delivery import mastered
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import Samples, to_samples

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = Path(__file__).resolve().parent / "data"

Half = Literal["tuning", "test"]
"""Thresholds may be chosen by what is heard of "tuning", never by "test"."""


@dataclass(frozen=True)
class Speaker:
    """A synthetic person; who speaks through two synthesisers is in one half."""

    synthesiser: Literal["espeak", "flite", "festival"]
    voice: str
    half: Half

    def __str__(self) -> str:
        """Name it as tables do."""
        return f"{self.synthesiser} {self.voice}"


SPEAKERS: Final = (
    Speaker("espeak", "en-us+f2", "tuning"),
    Speaker("espeak", "en-gb+m3", "tuning"),
    Speaker("espeak", "en-gb-x-gbclan+m1", "tuning"),
    Speaker("flite", "kal16", "tuning"),
    Speaker("flite", "slt", "tuning"),
    Speaker("festival", "kal_diphone", "tuning"),
    Speaker("festival", "cmu_us_slt_arctic_hts", "tuning"),
    Speaker("espeak", "en-us+m5", "test"),
    Speaker("espeak", "en-gb-scotland+f4", "test"),
    Speaker("espeak", "en-029+f1", "test"),
    Speaker("flite", "awb", "test"),
    Speaker("flite", "rms", "test"),
    Speaker("festival", "ked_diphone", "test"),
)
"""None of them is the coach's own voice, which is espeak's en-gb."""
FEW_SPEAKERS: Final = (SPEAKERS[0], SPEAKERS[4], SPEAKERS[7], SPEAKERS[10])
RATES: Final = (0.85, 1.0, 1.2)

MOST_USED: Final = (
    "pause", "stop", "next", "go on", "go back", "repeat that", "slower", "faster", "louder",
    "how long left", "that hurts", "help",
)  # fmt: skip
PER_INTENT: Final = 3
CONFIRM: Final = ("yes", "no", "yes please", "nope", "yeah", "carry on", "don't stop", "okay")

_END_DB: Final = -35.0
"""A word ends where its level falls so far under its loudest 10 ms."""
_FRAME: Final = to_samples(0.01)
_EDGE: Final = to_samples(0.1)


@cache
def own_commands() -> Commands:
    """Return what may be said to the coach with the routines that ship."""
    return read_commands(shelved.routine for shelved in read_library()[0] if not shelved.own)


def session_sample(per_intent: int = PER_INTENT) -> list[str]:
    """Return the key sentences of state "session" that are spoken: the most used, and some of each.

    The others are chosen by their hash, so that a sentence that is added to the grammar or
    taken out of it changes little.
    """
    commands = own_commands()
    by_intent: dict[str, list[str]] = {}
    for sentence in _key_sentences(commands, 8 * per_intent):
        if intent := commands.match(sentence, "session"):
            by_intent.setdefault(intent.name, []).append(sentence)
    chosen = list(MOST_USED)
    for _, sentences in sorted(by_intent.items()):
        lacking = per_intent - sum(s in MOST_USED for s in sentences)
        others = sorted(set(sentences) - set(MOST_USED), key=_digest)
        chosen += others[: max(0, lacking)]
    return chosen


def _key_sentences(commands: Commands, at_most: int) -> Iterator[str]:
    """Yield so many sentences of each kind that is said most in state "session"."""
    heard = commands.grammar("session")
    assert isinstance(heard, WideGrammar)
    for part in heard.parts.key:
        yield from sorted(part.sentences(), key=_digest)[:at_most]


def said(speaker: Speaker, text: str, rate: float = 1.0) -> Pcm:
    """Return `text` as `speaker` says it, at the common level, silence trimmed."""
    key = (speaker.synthesiser, speaker.voice, text, f"{rate:g}", _version(speaker))
    return kept_clip(key, lambda: _synthesised(speaker, text, rate))


def kept_clip(key: Iterable[str], make: Callable[[], Pcm]) -> Pcm:
    """Return what `make` made when it was first asked for `key`, silence after it trimmed."""
    path = _cache_folder() / f"{_digest(*key)}.npy"
    if not path.exists():
        clip = make()
        _keep(path, clip[: speech_ends(clip)[1]])
    return np.asarray(np.load(path), dtype=np.float32)


def rate_of(*names: str) -> float:
    """Return one of RATES, always the same one for the same names."""
    return RATES[seed_of(*names) % len(RATES)]


def seed_of(*names: str) -> int:
    """Return a number that depends on nothing but `names`."""
    return int(_digest(*names)[:12], 16)


def speech_ends(clip: Pcm) -> tuple[Samples, Samples]:
    """Return where the first word of `clip` begins and the last one ends."""
    whole = len(clip) // _FRAME * _FRAME
    power = np.square(clip[:whole].reshape(-1, _FRAME), dtype=np.float64).mean(axis=1)
    loud = np.flatnonzero(power > power.max(initial=0.0) * decibels(_END_DB) ** 2)
    return (int(loud[0]) * _FRAME, int(loud[-1] + 1) * _FRAME) if len(loud) else (0, 0)


def spoken(path: Path) -> Pcm:
    """Return a recording without the silence before its first word and after its last."""
    recording = read(path)
    first, last = speech_ends(recording)
    return recording[max(0, first - _EDGE) : last + _EDGE]


def lines(name: str) -> list[str]:
    """Return the lines of a text in benchmarks/data that hold something."""
    return [line for line in (DATA / name).read_text("utf-8").splitlines() if line.strip()]


def speech_folder() -> Path:
    """Return where the recorded speech lies, if anywhere."""
    return Path(os.environ.get("VOICE_COACH_SPEECH") or ROOT.parent / "shared" / "speech")


def recordings(folder: str, pattern: str = "*.flac") -> list[Path]:
    """Return the recordings in a folder of the recorded speech, sorted by name."""
    return sorted((speech_folder() / folder).glob(pattern))


def half_of(paths: Iterable[Path]) -> dict[Path, Half]:
    """Return the half of each of the sorted `paths`: every second, from the first, is tuning."""
    return {path: "test" if index % 2 else "tuning" for index, path in enumerate(paths)}


@cache
def background(name: str) -> Pcm:
    """Return a recorded noise: a kitchen of a minute, a bike or dishes."""
    return read(speech_folder() / "noise" / f"{name}.flac")


def kitchen() -> Pcm:
    """Return a minute of kitchen noise."""
    return background("kitchen")


def lacking_programs() -> list[str]:
    """Return the names of the synthesisers that are not installed."""
    return [name for name in ("flite", "festival") if not shutil.which(name)]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _cache_folder() -> Path:
    folder = user_cache_path("voice-coach") / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(path: Path, clip: Pcm) -> None:
    with Replacement(path, durable=False) as new:
        np.save(new.file, clip)


@cache
def _version(speaker: Speaker) -> str:
    if speaker.synthesiser == "espeak":
        return version("espeakng-loader")
    shown = subprocess.run([speaker.synthesiser, "--version"], capture_output=True, check=False)
    return shown.stdout.decode(errors="replace").strip()


def _synthesised(speaker: Speaker, text: str, rate: float) -> Pcm:
    if speaker.synthesiser == "espeak":
        return as_heard(EspeakVoice(speaker.voice).render(text, rate))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        program = _flite if speaker.synthesiser == "flite" else _festival
        subprocess.run(program(speaker.voice, text, 1 / rate, path), check=True, timeout=60)
        samples, sample_rate = soundfile.read(path, dtype="float32")
    return as_heard(mastered(samples, sample_rate))


def _flite(voice: str, text: str, stretch: float, path: Path) -> list[str]:
    return [
        "flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.3f}",
        "-t", text, "-o", str(path),
    ]  # fmt: skip


def _festival(voice: str, text: str, stretch: float, path: Path) -> list[str]:
    spoken = text.replace("\\", " ").replace('"', " ")
    return [
        "festival", "-b", f"(voice_{voice})",
        f"(Parameter.set 'Duration_Stretch {stretch:.3f})",
        f'(utt.save.wave (utt.synth (Utterance Text "{spoken}")) "{path}" (quote riff))',
    ]  # fmt: skip
