"""The port behind which every speech recogniser stands. Knows no engine and no exercise."""

from dataclasses import dataclass
from typing import Final, Protocol

from voice_coach.audio.pcm import Pcm
from voice_coach.grammar import Grammar
from voice_coach.units import Samples


@dataclass(frozen=True)
class Hypothesis:
    """What a recogniser makes of one utterance."""

    text: str
    """Lower-case words of one whole sentence of the grammar, or "" where nothing fits."""
    confidence: float
    """How probable it is that just this was said, 0 … 1. Of an engine that knows nothing but
    its grammar it is a weak hint."""
    span: tuple[Samples, Samples] | None = None
    """First sample of the first word and one past the last sample of the last one, counted from
    `start()`; None where the engine cannot tell."""
    evidence: str = ""
    """In plain words, what speaks for the text and against it."""
    written: str = ""
    """What was said, whatever it was, as an engine writes it that is bound to no grammar."""
    rivals: tuple[tuple[str, float], ...] = ()
    """Other sentences of the grammar that may have been said instead, the likeliest first, and
    how probable each is, judged as `text` is."""


NOTHING: Final = Hypothesis("", 0.0)


class Recogniser(Protocol):
    """Turns utterances into sentences of the grammar in force.

    One utterance is `start()`, any number of `hear()`, then `finish()`. Not thread-safe:
    one thread owns it. An engine that works on whole utterances may do all in `finish()`.
    """

    @property
    def name(self) -> str:
        """Engine and model in a few words, such as "pocketsphinx en-us"."""

    def use(self, grammar: Grammar) -> None:
        """Accept sentences of `grammar` from the next `start()` on.

        Words that the engine cannot recognise are left out with their sentences. Cheap for
        a grammar seen before. Raises ModelError if none of its sentences can be recognised.
        """

    def start(self) -> None:
        """Begin an utterance; forget any unfinished one."""

    def hear(self, samples: Pcm) -> str:
        """Take the next samples of the utterance; return the words so far, or ""."""

    def guess(self) -> Hypothesis | None:
        """Return at once what was said so far, if it is clear; go on with the utterance.

        Meant for the silence in which an utterance may have ended. None where it is in doubt,
        or the engine cannot tell before the end.
        """

    def finish(self) -> Hypothesis:
        """End the utterance and return the best sentence; text is "" if nothing was heard."""

    def close(self) -> None:
        """Release the engine; calling it twice does no harm."""
