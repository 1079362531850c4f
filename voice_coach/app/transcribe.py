"""Commands found in recordings or by a microphone, without a session: `voice-coach listen`.

Owns the way from a file to its commands with their slots; must not know how they are shown.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from voice_coach.app.addressed import Attempt, like
from voice_coach.app.coach import Ears, attend
from voice_coach.app.engines import Engine, make_recogniser, make_separate_recogniser
from voice_coach.audio import pcm
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm
from voice_coach.audio.world import Notice, Nowhere, open_audio
from voice_coach.core.intents import Commands
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.files import heard_in
from voice_coach.hearing.listener import Listener, Transcript
from voice_coach.units import Samples, to_samples, to_seconds

MICROPHONE = "microphone"
TAIL = to_samples(2)
"""How long to listen on after a recording that stands in for the microphone."""


@dataclass(frozen=True)
class Found:
    """A command found in a recording; times in seconds of its sound."""

    file: str
    """The recording, or the name of the microphone."""
    start: float
    end: float
    decided: float
    text: str
    intent: str | None
    slots: dict[str, str | float]
    confidence: float


@dataclass(frozen=True)
class Judged:
    """A stretch of voice in a recording, and why it was or was not a command."""

    file: str
    start: float
    end: float
    decided: float
    accepted: bool
    reason: str
    text: str
    """The likeliest command, or "" if nothing is like one, or none was looked for."""
    heard: str
    """What was said, as far as it could be written down, be it a command or not."""
    confidence: float
    evidence: str
    """What the engines heard."""
    own_voice: float
    """The share of the coach's own voice, 0 … 1."""
    removed_db: float
    """How much quieter it became without that."""
    suppression_db: float
    """How much of it can be taken out; 0 where that is not to be trusted."""


Explain = Callable[[Judged], None]


def listen_to_files(
    files: list[Path],
    commands: Commands,
    state: str,
    engine: Engine,
    explain: Explain | None = None,
) -> Iterator[Found]:
    """Yield every command of `state` in each of `files`; AudioFileError for an unreadable one.

    `explain` is told of every stretch of voice, before its command.
    """
    with closing(make_recogniser(engine)) as recogniser:
        for path in files:
            listener = Listener(recogniser, watch=_explaining(explain, str(path)))
            attend(listener, commands, state)
            for heard in heard_in(pcm.read(path), listener):
                yield _found(str(path), heard, commands, state)


def listen_to_microphone(
    mic: str | None,
    commands: Commands,
    state: str,
    engine: Engine,
    *,
    tell: Callable[[Found], None],
    notice: Callable[[Notice], None],
    explain: Explain | None = None,
    missed: Callable[[Attempt], None] = lambda _: None,
) -> None:
    """Call `tell` with every command that is heard, until Ctrl-C or the end of a recording.

    `missed` is told what was said to the coach in vain, as a session would show it.
    """
    decisions: SimpleQueue[Decision] = SimpleQueue()
    explained = _explaining(explain, mic or MICROPHONE)

    def decided(decision: Decision) -> None:
        explained(decision)
        decisions.put(decision)

    with (
        open_audio(mic, Nowhere(), tail=TAIL) as audio,
        closing(make_separate_recogniser(engine)) as recogniser,
        closing(
            Ears(
                Listener(recogniser, watch=decided),
                commands,
                live=audio.realtime,
                decisions=decisions,
            )
        ) as ears,
    ):

        def on_block(microphone: Pcm, played: Pcm, _: Samples) -> None:
            for heard in ears.hear(microphone, played, state):
                tell(_found(mic or MICROPHONE, heard, commands, state))
            for attempt in ears.attempts():
                missed(attempt)

        audio.run(Mixer(), on_block, notice)


def _explaining(explain: Explain | None, name: str) -> Callable[[Decision], None]:
    def told(decision: Decision) -> None:
        if explain:
            explain(_judged(name, decision))

    return told


def _judged(name: str, decision: Decision) -> Judged:
    segment, found = decision.segment, decision.hypothesis
    start, end, decided = (
        round(to_seconds(position), 3)
        for position in (segment.voice_start, segment.voice_end, segment.decided)
    )
    return Judged(
        file=name,
        start=start,
        end=end,
        decided=decided,
        accepted=decision.accepted,
        reason=decision.reason,
        text=found.text,
        heard=like(found),
        confidence=round(found.confidence, 3),
        evidence=found.evidence,
        own_voice=round(segment.own_voice, 2),
        removed_db=round(segment.removed_db, 1),
        suppression_db=round(segment.suppression_db, 1),
    )


def _found(name: str, heard: Transcript, commands: Commands, state: str) -> Found:
    intent = commands.match(heard.text, state)
    start, end, decided = (
        round(to_seconds(position), 3) for position in (heard.start, heard.end, heard.decided)
    )
    return Found(
        file=name,
        start=start,
        end=end,
        decided=decided,
        text=heard.text,
        intent=intent.name if intent else None,
        slots=dict(intent.slots) if intent else {},
        confidence=round(heard.confidence, 3),
    )
