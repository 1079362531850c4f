"""What makes sense as a reply while a question is open, beside the one that was asked for.

Owns that nobody has to say yes, no or a number to be understood: what would start, skip or leave
it counts, and who does not know is led the harmless way. Must not know how the questions are
asked (`questions.py`).
"""

from voice_coach.core import questions
from voice_coach.core.commands import start
from voice_coach.core.intents import Intent
from voice_coach.core.state import Event, Heard, Mode, State
from voice_coach.core.transitions import Result, answer, ask, plan_of, to_idle, ways_on
from voice_coach.units import Samples


def start_instead(state: State, event: Event, now: Samples) -> Result:
    """Begin the routine that was named in place of going on; a bare "let's start" goes on."""
    begin = start if _named(event) else questions.proceed
    return begin(state, event, now)


def begin_anew(state: State, _: Event, now: Samples) -> Result:
    """Begin the routine that was cut off from its beginning."""
    place = state.memory.place
    named = {"routine": place.routine} if place else {}
    return start(state, Heard(Intent("start", named)), now)


def leave_for_later(state: State, _: Event, now: Samples) -> Result:
    """Who does not know whether to go on may say so at any time."""
    return answer(questions.left_open(state), state.texts.no_hurry, now)


def goodbye(state: State, _: Event, now: Samples) -> Result:
    """Take leave; a session that was cut off may still be asked for."""
    return answer(questions.left_open(state), state.texts.goodbye, now)


def start_at_pain(state: State, event: Event, now: Samples) -> Result:
    """ "Let's go" leaves the number out; another routine that is named begins."""
    named = _named(event)
    if not named or named in plan_of(state).routine.spoken_names:
        return questions.skip(state, event, now)
    known = any(named in routine.spoken_names for routine in state.routines)
    return start(to_idle(state) if known else state, event, now)


def unsure_of_pain(state: State, _: Event, now: Samples) -> Result:
    """Nobody has to know a number."""
    return questions.without_number(state, state.texts.no_number_needed, now)


def unsure_of_stopping(state: State, _: Event, now: Samples) -> Result:
    """Who does not know stays in the session, which waits."""
    return ask(state, Mode.PAUSED, state.texts.unsure_paused, now)


def unsure_of_the_way(state: State, _: Event, now: Samples) -> Result:
    """Whom it hurts has time to choose."""
    choices = state.language.hurt_choices(ways_on(state))
    return answer(state, f"{state.texts.take_your_time} {choices}", now)


def _named(event: Event) -> str:
    """Return the routine that was asked for, which there may not be; nothing if none was."""
    slots = event.intent.slots if isinstance(event, Heard) else {}
    return str(slots.get("routine") or slots.get("unknown") or "").casefold()
