"""What those who watch a session are told: one type for each thing that happens in it.

Owns these types and their plain form, which timelines hold; must not know who watches, nor what
leads to what happens.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from voice_coach.core.cues import BreathTone, Signal
from voice_coach.core.intents import Intent
from voice_coach.core.routine import Breath, Side
from voice_coach.core.state import Mode, Role
from voice_coach.units import Samples


@dataclass(frozen=True)
class SpeechHeard:
    """The user was heard; at `at` it was decided what they said."""

    at: Samples
    start: Samples
    """Where their words begin."""
    end: Samples
    """Where their words end."""
    text: str
    intent: Intent | None
    """What is done about it; None for words that are no command just now."""


@dataclass(frozen=True)
class SpeechLeft:
    """Somebody spoke to the coach and was not understood, as is known at `at`."""

    at: Samples
    start: Samples
    """Where their words begin."""
    end: Samples
    """Where their words end."""
    written: str
    """What they were most like; "" where like nothing."""
    reason: str
    """What was heard and what to do, in plain words, to go on after "heard"."""


@dataclass(frozen=True)
class Said:
    """Words of the coach were given to the loudspeaker, to sound from `at` on."""

    at: Samples
    end: Samples
    """Where they end, if nothing cuts them off."""
    text: str
    role: Role


@dataclass(frozen=True)
class SignalGiven:
    """A signal in place of words was given to the loudspeaker, to sound from `at` on."""

    at: Samples
    end: Samples
    signal: Signal


@dataclass(frozen=True)
class ToneSounded:
    """A tone that leads the breath was given to the loudspeaker, to sound from `at` on."""

    at: Samples
    end: Samples
    """Where it ends, if nothing cuts it off."""
    tone: BreathTone


@dataclass(frozen=True)
class Standing:
    """Where in its routine a session stands."""

    routine: str
    exercise: str
    side: Side | None
    repetition: int | None
    """Counted from 1; None outside of repetitions."""
    repetitions: int | None
    breath: Breath


@dataclass(frozen=True)
class StateShown:
    """What may be seen of the session has changed."""

    at: Samples
    mode: Mode
    standing: Standing | None
    """None while no routine runs."""


Happening = SpeechHeard | SpeechLeft | Said | SignalGiven | ToneSounded | StateShown

Watcher = Callable[[Happening], None]
"""Is told what happens, as it happens."""


def kind_and_details(happening: Happening) -> tuple[str, dict[str, Any]]:
    """Return `happening` as plain data: its kind in a word, and all but `at` by name.

    Timelines hold just this, with positions in seconds; scripts of others read them, so neither
    names nor their order may change.
    """
    match happening:
        case SpeechHeard(start=start, end=end, text=text, intent=intent):
            name, slots = (intent.name, dict(intent.slots)) if intent else (None, {})
            details = {"text": text, "intent": name, "slots": slots, "start": start, "end": end}
            return "heard", details
        case SpeechLeft(start=start, end=end, written=written, reason=reason):
            return "unheard", {"written": written, "reason": reason, "start": start, "end": end}
        case Said(end=end, text=text, role=role):
            return "said", {"text": text, "role": role.value, "end": end}
        case SignalGiven(end=end, signal=signal):
            return "signal", {"signal": signal.value, "end": end}
        case ToneSounded(end=end, tone=tone):
            return "tone", {"tone": tone.value, "end": end}
        case StateShown(mode=mode, standing=standing):
            return "state", {"mode": mode.value, **(asdict(standing) if standing else {})}
