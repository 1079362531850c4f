"""What the coach says and does when the user feels unwell.

Owns that everything stops at once, that the first words are what to do, and that nothing goes on
by itself afterwards, nor at one word that may have been misheard; must not know what pain in an
exercise leads to (`commands.hurts`).
"""

from dataclasses import replace

from voice_coach.core import notes, questions
from voice_coach.core.cues import CueKind
from voice_coach.core.state import Event, Mode, Role, Silence, State, slot_of
from voice_coach.core.transitions import GAP, Result, answer, ask, hush, say, to_idle
from voice_coach.units import Samples


def unwell(state: State, event: Event, now: Samples) -> Result:
    """Stop everything, and say what to do."""
    after, actions = ask(state, Mode.PAUSED, _what_to_do(state, event), now)
    return replace(after, unwell=True), (_noted(event), notes.Paused(), *actions)


def unwell_at_an_end(state: State, event: Event, now: Samples) -> Result:
    """Say what to do in place of a question or a farewell, after which nothing begins."""
    at = now + GAP if state.on_air else now
    after, actions = say(to_idle(state), _what_to_do(state, event), at, Role.ANSWER)
    return after, (_noted(event), *_stopped(state), *hush(state), *actions)


def unwell_idle(state: State, event: Event, now: Samples) -> Result:
    """Say what to do."""
    after, actions = answer(state, _what_to_do(state, event), now)
    return after, (_noted(event), *actions)


def leave(state: State, now: Samples) -> Result:
    """End the session at once: nobody who feels unwell is asked anything, or praised."""
    at = now + GAP if state.on_air else now
    after, actions = say(to_idle(state), state.texts.stopped, at, Role.ANSWER)
    return after, (*_stopped(state), Silence(), *actions)


def well_again(state: State, now: Samples) -> Result:
    """Answer the first word that would go on with the session; the second one does."""
    return answer(replace(state, unwell=False), state.texts.well_again, now)


def _stopped(state: State) -> tuple[notes.Stopped, ...]:
    """Return what is noted of a session that ends; nothing of one that has ended already."""
    over = state.plan is None or state.cue.kind is CueKind.FINISH or questions.asks_after(state)
    return () if over else (notes.Stopped(),)


def _noted(event: Event) -> notes.Unwell:
    return notes.Unwell(str(slot_of(event, "sign") or "other"))


def _what_to_do(state: State, event: Event) -> str:
    return state.language.unwell(_noted(event).sign)
