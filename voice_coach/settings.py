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
