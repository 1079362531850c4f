"""What the user may choose, with its names: the ground under options and environment.

Owns the choices and nothing that acts on them.
"""

from enum import StrEnum


class RecogniserChoice(StrEnum):
    """Engines that listen. Moonshine checks what the others hear, and can do without them."""

    AUTO = "auto"
    MOONSHINE = "moonshine"
    VOSK = "vosk"
    POCKETSPHINX = "pocketsphinx"


class VoiceChoice(StrEnum):
    """Engines that speak."""

    AUTO = "auto"
    PIPER = "piper"
    ESPEAK = "espeak"


class ListeningState(StrEnum):
    """Groups of commands that may be heard."""

    IDLE = "idle"
    SESSION = "session"
    NUMBER = "number"
    CONFIRM = "confirm"


class Verbosity(StrEnum):
    """How much the coach says: every instruction whole, the least that will do, or tones only."""

    FULL = "full"
    BRIEF = "brief"
    TONES = "tones"


class BreathCue(StrEnum):
    """What leads the breath: words, tones that rise and fall with it, or both."""

    VOICE = "voice"
    TONES = "tones"
    BOTH = "both"


class GetReady(StrEnum):
    """What ends the pause before a change of position: a count, or the word “ready”."""

    COUNT = "count"
    WAIT = "wait"
