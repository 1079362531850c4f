"""A reference that stops while the loudspeaker goes on: nothing is made worse, and it mends."""

import numpy as np
import pytest

from tests.tools.speech import room, said
from voice_coach.audio.pcm import Pcm, decibels, level_db, silence
from voice_coach.hearing.echo.canceller import EchoCanceller
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

COACH = "Lie on your back, bend your knees, and let your feet rest flat on the mat. Breathe in."
DELAY = to_samples(0.08)
BLOCK: Samples = 256


def cleaned(microphone: Pcm, played: Pcm) -> tuple[Pcm, EchoCanceller]:
    canceller = EchoCanceller(latency=0)
    blocks = range(0, len(microphone) // BLOCK * BLOCK, BLOCK)
    parts = [
        canceller.process(microphone[at : at + BLOCK], played[at : at + BLOCK]) for at in blocks
    ]
    return np.concatenate(parts), canceller


@pytest.mark.slow
def test_a_reference_that_stops_and_comes_back() -> None:
    speech = np.tile(np.append(said(COACH, "en-gb"), silence(2_000)), 5)
    echo = np.append(silence(DELAY), speech)[: len(speech)] * np.float32(decibels(-10))
    microphone = echo + room(len(echo), db=-70.0)
    stops, returns = len(speech) * 2 // 5, len(speech) * 3 // 5
    reference = speech.copy()
    reference[stops:returns] = 0
    out, canceller = cleaned(microphone, reference)

    def removed(part: slice) -> float:
        return level_db(microphone[part]) - level_db(out[part])

    assert np.isfinite(out).all()
    second = SAMPLE_RATE
    assert removed(slice(stops - 2 * second, stops)) > 10, "it worked before"
    alone = removed(slice(stops + second, returns))
    assert abs(alone) < 1, "what cannot be taken out passes unchanged"
    assert removed(slice(len(out) - 3 * second, len(out))) > 10, "it works again"
    assert canceller.trusted
