"""What was said: lines, their sentences, and how much of them has been heard.

Owns how a line goes on where it was cut off, and which one is meant by "say that again"; must
not know what any line is about, nor when it is said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from voice_coach.core.cues import speech_length
from voice_coach.units import Samples, to_samples

UNSURE = to_samples(0.8)
"""A sentence counts as heard so long after its end, which is known only by its share of the
letters: of 25 lines by hibari the worst ended 0.7 s later than that."""
JUST_BEGUN = to_samples(2)
"""Who asks for a line again has begun to speak so long ago at most, and means what came before."""
STALE = to_samples(8)
"""Age of an answer after which nobody means it any more."""
IN_A_ROW = to_samples(6)
"""Time after a line that was said again in which the next request means the one before it."""
KEPT = 5
"""How many lines are kept."""

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) ")


@dataclass(frozen=True)
class SaidLine:
    """Something that was said, as a whole."""

    text: str
    at: Samples
    """Where it began."""
    aside: bool = False
    """Whether it was an answer, which does not matter for long."""
    called: bool = False
    """Whether a command led to it, so that it is meant from its first word on."""


def length_of(text: str, tempo: float) -> Samples:
    """Estimate how long `text` takes to say."""
    return round(speech_length(text) / tempo)


def unheard(text: str, length: Samples, heard: Samples) -> str:
    """Return `text` from the first sentence on that was not heard to its end.

    `heard` of its `length` had been said when it was cut off. The last sentence is never heard.
    """
    begins = [0, *(found.end() for found in _BETWEEN_SENTENCES.finditer(text))]
    known = (heard - UNSURE) * len(text)
    return text[max(at for at in begins if at == 0 or at * length <= known) :]


def with_line(lines: tuple[SaidLine, ...], line: SaidLine) -> tuple[SaidLine, ...]:
    """Return `lines` with `line` as the last; one that is said anew stands there once."""
    return (*(each for each in lines if each.text != line.text), line)[-KEPT:]


def meant_by_again(lines: Sequence[SaidLine], again: SaidLine | None, now: Samples) -> str:
    """Return which of `lines` is to be said again at `now`; nothing if there is none.

    It is the last one that could be heard, not one that had only just begun when the user began
    to ask; after `again`, which was said again a moment ago, the one before it.
    """
    meant = [each for each in lines if not each.aside or now - each.at < STALE]
    if not meant:
        return ""
    texts = [each.text for each in meant]
    if again and again.text in texts and now - again.at < length_of(again.text, 1) + IN_A_ROW:
        return texts[max(texts.index(again.text) - 1, 0)]
    begun = now - meant[-1].at < JUST_BEGUN and not meant[-1].called
    return texts[-2 if begun and len(texts) > 1 else -1]
