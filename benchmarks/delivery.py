"""How calmly and evenly each voice speaks: rate, loudness, peaks, ends and cost over all lines.

Owns what is measured of a line and the table; must not know which lines there are
(`spoken_lines.py`). `python -m benchmarks.delivery [--voice NAME …] [--share 0.25]`
"""

import argparse
import resource
import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.intelligibility import chosen, engine_of, shipped_lines
from voice_coach.app.engines import make_voice
from voice_coach.audio.pcm import Sound
from voice_coach.speaking import delivery
from voice_coach.speaking.delivery import PAUSES
from voice_coach.speaking.loudness import loudness, true_peak_db
from voice_coach.speaking.voice import Voice
from voice_coach.units import LOUDSPEAKER_RATE

CLIPPED_DB: Final = -50.0
"""A sound between 2 and 10 kHz that was cut away counts from here on, against the line's peak."""
_BAND: Final = 2_000, 10_000
_TAPS: Final = 193
_STRETCH: Final = LOUDSPEAKER_RATE // 200


@dataclass(frozen=True)
class Spoken:
    """What was measured of a line."""

    words: int
    seconds: float
    loudness: float
    true_peak_db: float
    lost_db: float
    """The loudest 5 ms between 2 and 10 kHz of what was cut away, against the peak."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voice", nargs="+", default=["hibari", "joe", "espeak"])
    parser.add_argument("--share", type=float, default=1.0, help="of the lines, drawn by a seed")
    asked = parser.parse_args()
    lines = chosen(shipped_lines(), "", asked.share, 1)
    print(f"{len(lines)} lines\n")
    print(
        "| voice | words a minute | loudness, LUFS | spread, dB | highest peak, dBTP | clipped ends"
        " | load, s | times real time | memory, MB |\n| --- " + "| ---: " * 8 + "|"
    )
    for name in asked.voice:
        print(_row(name, lines), flush=True)


def _row(name: str, lines: list[str]) -> str:
    before = _memory()
    began = time.process_time()
    voice = make_voice(engine_of(name))
    load = time.process_time() - began
    began = time.process_time()
    sounds = [voice.render(line) for line in lines]
    cost = time.process_time() - began
    spoken = [_measured(voice, *each) for each in zip(lines, sounds, strict=True)]
    seconds = sum(each.seconds for each in spoken)
    # A line is followed by the rest of its sentence's pause, whatever comes next.
    rate = 60 * sum(each.words for each in spoken) / (seconds + PAUSES["."] * len(lines))
    loud = [each.loudness for each in spoken]
    clipped = sum(each.lost_db > CLIPPED_DB for each in spoken)
    return (
        f"| {voice.name} | {rate:.0f} | {np.mean(loud):.1f} | {max(loud) - min(loud):.2f}"
        f" | {max(each.true_peak_db for each in spoken):.1f} | {clipped} | {load:.2f}"
        f" | {seconds / cost:.0f} | {_memory() - before:.0f} |"
    )


def _measured(voice: Voice, line: str, sound: Sound) -> Spoken:
    lost = [-200.0]

    def watched(whole: Sound) -> Sound:
        kept = trim(whole)
        lost.append(_lost_db(whole, kept))
        return kept

    trim, delivery.trimmed = delivery.trimmed, watched
    try:
        voice.render(line)
    finally:
        delivery.trimmed = trim
    return Spoken(
        len(line.replace("-", " ").split()),
        len(sound) / LOUDSPEAKER_RATE,
        loudness(sound, LOUDSPEAKER_RATE),
        true_peak_db(sound, LOUDSPEAKER_RATE),
        max(lost),
    )


def _lost_db(whole: Sound, kept: Sound) -> float:
    """Return the loudest 5 ms of the band in what `kept`, a part of `whole`, lacks."""
    if not len(kept):
        return -200.0
    begin = (kept.ctypes.data - whole.ctypes.data) // whole.itemsize
    band = np.convolve(whole, _band_pass(), mode="same")
    power = np.square(np.concatenate([band[:begin], band[begin + len(kept) :]]))
    if len(power) < _STRETCH:
        return -200.0
    stretches = power[: len(power) // _STRETCH * _STRETCH].reshape(-1, _STRETCH).mean(axis=1)
    peak = float(np.abs(whole).max())
    return 10 * float(np.log10(max(stretches.max(), 1e-20) / peak**2))


def _band_pass() -> np.ndarray:
    """Return a windowed sinc for the band; short, so that it does not ring into the silence."""
    at = np.arange(_TAPS) - _TAPS // 2
    low, high = (2 * edge / LOUDSPEAKER_RATE for edge in _BAND)
    taps = (high * np.sinc(high * at) - low * np.sinc(low * at)) * np.blackman(_TAPS)
    return np.asarray(taps, dtype=np.float32)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
