"""Small grammars, and sound given to a recogniser piece by piece.

Owns how the tests of recognisers ask them; must not know which one listens, nor to what.
"""

from voice_coach.audio.pcm import Pcm
from voice_coach.grammar import Grammar, minimised
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.hearing.engines.vosk import VoskRecogniser
from voice_coach.units import BLOCK


def grammar(*sentences: str, name: str = "test") -> Grammar:
    following: dict[int, dict[str, int]] = {}
    finals = set()
    for sentence in sentences:
        state = 0
        for word in sentence.split():
            state = following.setdefault(state, {}).setdefault(
                word, 1 + sum(map(len, following.values()))
            )
        finals.add(state)
    return minimised(name, following, finals)


def partials(recogniser: VoskRecogniser, sound: Pcm) -> list[str]:
    return [recogniser.hear(sound[at : at + 10 * BLOCK]) for at in range(0, len(sound), 10 * BLOCK)]


def heard(recogniser: VoskRecogniser, sound: Pcm) -> Hypothesis:
    recogniser.start()
    partials(recogniser, sound)
    return recogniser.finish()
