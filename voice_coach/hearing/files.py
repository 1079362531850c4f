"""Commands in a whole recording, found by the same listener as in a stream.

Owns the way from a file's sound to what was heard in it; must not know files, grammars or
what a sentence means.
"""

from collections.abc import Iterator
from dataclasses import replace

from voice_coach.audio.pcm import Pcm, silence
from voice_coach.hearing.listener import Listener, Transcript
from voice_coach.units import SAMPLE_RATE


def heard_in(recording: Pcm, listener: Listener) -> Iterator[Transcript]:
    """Yield what `listener` hears in `recording`, positions in samples of the recording.

    The listener has its grammar already, and may be used for the next recording afterwards.
    `end` and `decided` are never later than the recording's end.
    """
    for start in range(0, len(recording), SAMPLE_RATE):
        block = recording[start : start + SAMPLE_RATE]
        yield from listener.process(block, silence(len(block)))
    for heard in listener.flush():
        end, decided = (min(at, len(recording)) for at in (heard.end, heard.decided))
        yield replace(heard, end=end, decided=decided)
