"""Questions around a session: how it feels, and whether to go on with the last one.

Owns how they are asked, read back and left unanswered; must not know how a routine is led.
None of them stands in anybody's way: whoever does not answer is led on without.
"""

from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from voice_coach.core import notes
from voice_coach.core.cues import SIGNAL_LENGTH, Signal
from voice_coach.core.fitting import fit
from voice_coach.core.plan import Arrival
from voice_coach.core.routine import Side
from voice_coach.core.state import Event, Heard, Memory, Mode, Place, Progress, Role, State
from voice_coach.core.transitions import (
    GAP,
    Result,
    answer,
    ask,
    coming_at,
    give,
    hush,
    jump,
    laid_out,
    names_of,
    plan_of,
    say,
    to_idle,
)
from voice_coach.units import Samples

MILD = 3
"""Pain up to which nothing depends on the number: it is said again, and taken as right unless the
user objects. What is worse is asked about."""


def ask_pain(state: State, now: Samples, prefix: str = "") -> Result | None:
    """Ask how it feels, after `prefix`, if the user likes that and the routine has a question."""
    routine = plan_of(state).routine
    if not (state.preferences.asks_about(routine) and routine.question):
        return None
    known = bool(state.memory.led.get(routine.name)) or _when(state) == "after"
    text = (
        routine.short_question
        if known and routine.short_question
        else state.language.pain_question(routine.question)
    )
    asking = replace(state, mode=Mode.ASKING_PAIN, due=None, told_number=None)
    at = now + GAP if state.on_air else now
    after, actions = say(asking, f"{prefix} {text}".strip(), at, Role.ANSWER)
    return after, hush(state) + actions


def repeat_pain(state: State, _: Event, now: Samples) -> Result:
    """Ask once more."""
    return ask_pain(state, now) or _go_on(state, now)


def number(state: State, event: Event, now: Samples) -> Result:
    """Read back what was heard."""
    value = event.intent.slots["value"] if isinstance(event, Heard) else None
    assert isinstance(value, int | float)  # noqa: S101 - the templates fill it with a number
    heard = replace(state, mode=Mode.CONFIRMING_PAIN, told_number=value, due=None)
    return answer(heard, state.language.read_back(value, certain=value <= MILD), now)


def assumed(state: State) -> bool:
    """Whether the number that is read back is taken as right without an answer."""
    number = state.told_number
    return state.mode is Mode.CONFIRMING_PAIN and number is not None and number <= MILD


def right(state: State, _: Event, now: Samples) -> Result:
    """Keep the number, and go on."""
    value, when = state.told_number, _when(state)
    assert value is not None  # noqa: S101 - it has been read back
    note = notes.PainTold(when, value)
    if when == "before":
        progress = replace(state.progress, pain=value)
        after, actions = _go_on(replace(state, progress=progress), now)
    else:
        text = state.language.pain_told(state.progress.pain, value)
        after, actions = _go_on(state, now, text)
    return after, (note, *actions)


def skip(state: State, _: Event, now: Samples) -> Result:
    """Go on without a number."""
    return _go_on(state, now, "" if _when(state) == "before" else state.texts.not_kept)


def without_number(state: State, text: str, now: Samples) -> Result:
    """Go on without a number, after `text`."""
    return _go_on(state, now, text)


def unanswered(state: State, event: Event, now: Samples) -> Result:
    """Go on: a question stands in nobody's way."""
    if assumed(state):
        return right(state, event, now)
    texts = state.texts
    text = texts.no_number_before if _when(state) == "before" else texts.no_number_after
    return _go_on(state, now, text)


def wait(state: State, _: Event, now: Samples) -> Result:
    """Give time to think."""
    return answer(replace(state, due=None), state.texts.take_your_time, now)


def asks_after(state: State) -> bool:
    """Whether it is asked how it feels after the exercises, so that the session is over."""
    asking = state.mode in (Mode.ASKING_PAIN, Mode.CONFIRMING_PAIN)
    return asking and _when(state) == "after"


def _when(state: State) -> Literal["before", "after"]:
    return "before" if state.index == 0 else "after"


def _go_on(state: State, now: Samples, text: str = "") -> Result:
    """Begin the routine after `text`, or end it with it: the question came before or after."""
    if _when(state) == "before":
        return jump(state, 0, now, prefix=text)
    return answer(to_idle(state), f"{text} {state.texts.until_next}".strip(), now)


# Going on with a session that was cut off


def offer(state: State, _: Event, now: Samples) -> Result:
    """Offer it when the coach comes alive, if there is one; else let it be heard that it hears."""
    place = state.memory.place
    if place is None or _plan_at(state, place) is None:
        return (state, ()) if state.memory.greeted else _greet(state, now)
    return ask(state, Mode.OFFERING, state.language.offer_to_continue(place.name), now)


def _greet(state: State, now: Samples) -> Result:
    """Sound and say that the coach listens; what it said last would be known, so not each time."""
    greeted = replace(state, memory=replace(state.memory, greeted=True))
    sounding, sound = give(greeted, Signal.LISTENING, now, Role.ANSWER)
    at = now + SIGNAL_LENGTH + GAP
    after, words = say(sounding, state.texts.greeting, at, Role.ANSWER)
    return after, (notes.Greeted(), *sound, *words)


def decline(state: State, _: Event, now: Samples) -> Result:
    """Leave it, and say what may be started instead."""
    forgotten = replace(state, mode=Mode.IDLE, memory=_without_place(state.memory), due=None)
    text = f"{state.texts.not_continued} {state.language.welcome_idle(names_of(state))}"
    after, actions = answer(forgotten, text, now)
    return after, (notes.Discarded(), *actions)


def leave_open(state: State, _: Event, now: Samples) -> Result:
    """Nobody answered: it may still be asked for."""
    return answer(left_open(state), state.texts.whenever, now)


def left_open(state: State) -> State:
    """Return `state` without the offer, which may still be asked for."""
    return replace(state, mode=Mode.IDLE, due=None)


def proceed(state: State, _: Event, now: Samples) -> Result:
    """Go on with it: into position first, then with the very repetition."""
    place = state.memory.place
    laid = _plan_at(state, place) if place else None
    if laid is None or place is None:
        return answer(state, state.language.nothing_running(names_of(state)), now)
    plan = plan_of(laid)
    side = Side(place.side) if place.side else None
    then = plan.place_of(place.exercise, place.repetition, side)
    going = replace(laid, then=then, memory=_without_place(state.memory))
    begun = frozenset({place.exercise} if then is not None else ())
    going = replace(going, progress=Progress(began=now, begun=begun))
    # Who was cut off before the first exercise may not have heard the welcome to its end.
    anew = place.exercise == 0 and then is None
    way = 0 if anew else plan.heading_of(place.exercise) + 1
    coming = coming_at(going, then) if then is not None else ""
    words = state.language.continuing(place.name, coming)
    after, actions = jump(going, way, now, prefix=words)
    return after, (notes.Continued(), *actions)


def _plan_at(state: State, place: Place) -> State | None:
    """Return the state with the plan of `place`; None if its routine is no longer the same."""
    for routine in state.routines:
        done = fit(routine, state.language, state.preferences)
        names = [exercise.name for exercise in done.routine.exercises]
        same = place.exercise < len(names) and names[place.exercise] == place.name
        if routine.name == place.routine and same:
            arrival = Arrival(place.exercise, None)
            shifts = MappingProxyType(
                {i: place.shifts[name] for i, name in enumerate(names) if name in place.shifts}
            )
            begun = replace(state, shifts=shifts, told=frozenset(), arrival=arrival)
            plan = laid_out(begun, done.routine, done.told(state.language))
            return replace(begun, plan=plan)
    return None


def _without_place(memory: Memory) -> Memory:
    return replace(memory, place=None)
