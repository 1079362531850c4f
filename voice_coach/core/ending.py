"""What commands mean once the routine is done, while the coach says its farewell.

Owns that nothing is left to pause, skip or stop by then, so that the session ends soon whatever
is said; must not know what the same commands do to a routine under way (`commands.py`).
"""

from dataclasses import replace

from voice_coach.core import notes, questions
from voice_coach.core.commands import start, unknown_routine
from voice_coach.core.progress import ASK_AGAIN
from voice_coach.core.state import Event, State, slot_of
from voice_coach.core.transitions import Result, about, answer, to_idle, with_hurt
from voice_coach.units import Samples


def skip(state: State, _: Event, now: Samples) -> Result:
    """Leave the rest of the farewell unsaid."""
    text = f"{state.texts.done} {state.texts.until_next}"
    return questions.ask_pain(state, now) or answer(to_idle(state), text, now)


def wait(state: State, _: Event, now: Samples) -> Result:
    """Be quiet for a while, then end as if the farewell had been heard out."""
    return _instead(state, state.texts.done, now, quiet=ASK_AGAIN)


def hurts(state: State, _: Event, now: Samples) -> Result:
    """Keep that the last exercise hurt, and say what to do; there is no way on to offer."""
    after, actions = _instead(with_hurt(state), state.texts.nothing_running_pain, now)
    return after, (notes.Hurt(*about(state)), *actions)


def start_another(state: State, event: Event, now: Samples) -> Result:
    """Begin another session: this one is finished."""
    if slot_of(event, "unknown"):
        return unknown_routine(state, event, now)
    return start(to_idle(state), event, now)


def _instead(state: State, text: str, now: Samples, quiet: Samples = 0) -> Result:
    """Say `text` in place of what is left of the farewell, and end it after `quiet` or the text.

    An answer alone would say again what it has cut.
    """
    after, actions = answer(state, text, now)
    return replace(after, cut=False, marks=(), ends=now + quiet, due=now + quiet), actions
