"""Draw how each voice sounds: a minute of it as spectrogram and loudness, into docs/voice-NAME.png.

Owns what is drawn; must not know how a voice makes it. `python -m scripts.draw_voices`
"""

import argparse
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from benchmarks.intelligibility import engine_of, shipped_lines
from scripts import ROOT
from voice_coach.app.engines import make_voice
from voice_coach.audio.pcm import Sound, quiet
from voice_coach.speaking.delivery import LOUDNESS, PAUSES
from voice_coach.speaking.loudness import loudness
from voice_coach.speaking.voice import Voice
from voice_coach.units import LOUDSPEAKER_RATE, to_samples

NAMES: Final = ("hibari", "joe", "espeak")
SECONDS: Final = 60
_WINDOW: Final = 1_024
_HOP: Final = LOUDSPEAKER_RATE // 100
_FLOOR_DB: Final = -90.0
_BLOCK: Final = round(0.4 * LOUDSPEAKER_RATE)


def main() -> None:
    """Draw the voices that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voice", nargs="*", default=NAMES, help=", ".join(NAMES))
    for name in parser.parse_args().voice:
        path = ROOT / "docs" / f"voice-{name}.png"
        voice = make_voice(engine_of(name))
        figure = _drawn(_minute(voice), voice.name)
        figure.savefig(path, dpi=80, pil_kwargs={"optimize": True})
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def _minute(voice: Voice) -> tuple[Sound, list[tuple[int, int]]]:
    """Return a minute of lines with the pause of a sentence between them, and where each is."""
    sound, places = quiet(0), []
    for line in shipped_lines():
        said = voice.render(line)
        places.append((len(sound), len(sound) + len(said)))
        sound = np.concatenate([sound, said, quiet(to_samples(PAUSES["."]))])
        if len(sound) >= SECONDS * LOUDSPEAKER_RATE:
            break
    return sound, places[:-1]


def _drawn(minute: tuple[Sound, list[tuple[int, int]]], name: str) -> Figure:
    sound, places = minute
    figure = Figure(figsize=(12, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    above.imshow(
        _spectrogram(sound), origin="lower", aspect="auto", cmap="magma", vmin=_FLOOR_DB, vmax=-20,
        extent=(0.0, len(sound) / LOUDSPEAKER_RATE, 0.0, LOUDSPEAKER_RATE / 2_000),
        interpolation="nearest",
    )  # fmt: skip
    above.set(ylabel="kHz", title=f"{name}: a minute of the coach's lines", ylim=(0, 16))
    times = np.arange(_BLOCK, len(sound), _HOP * 10)
    momentary = [loudness(sound[at - _BLOCK : at], LOUDSPEAKER_RATE) for at in times]
    below.plot(times / LOUDSPEAKER_RATE, momentary, color="0.6", label="momentary (0.4 s)")
    for i, (start, stop) in enumerate(places):
        level = loudness(sound[start:stop], LOUDSPEAKER_RATE)
        label = "each line, integrated" if i == 0 else None
        ends = start / LOUDSPEAKER_RATE, stop / LOUDSPEAKER_RATE
        below.plot(ends, (level, level), color="tab:red", linewidth=3, label=label)
    below.set_xlim(0, SECONDS)
    below.axhline(LOUDNESS, color="black", linewidth=0.6)
    below.set(ylabel="LUFS", xlabel="s", ylim=(-50, -10))
    below.legend(loc="lower right")
    return figure


def _spectrogram(sound: Sound) -> np.ndarray:
    """Return the power in dB of full scale, a column for each 10 ms."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP]
    window = np.hanning(_WINDOW)
    spectra = np.abs(np.fft.rfft(frames * window, axis=1)) / (window.sum() / 2)
    return 20 * np.log10(np.maximum(spectra, 1e-6)).T


if __name__ == "__main__":
    main()
