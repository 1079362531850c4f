"""The port behind which every speech engine stands. Knows no engine and no exercise."""

from typing import Protocol

from voice_coach.sound.pcm import Pcm


class Voice(Protocol):
    """Turns text into sound. Not thread-safe: one thread renders."""

    @property
    def name(self) -> str:
        """Engine and voice in a few words, such as "espeak en-gb"."""

    def render(self, text: str, speed: float = 1.0) -> Pcm:
        """Return `text` spoken at `speed` times the calm default rate, silence trimmed.

        The same text and speed give the same samples, whatever was rendered before.
        """

    def close(self) -> None:
        """Release the engine; calling it twice does no harm."""
