"""How a routine moves on by itself: words end, counts end, marks fall due, nobody answers.

Owns what follows when the loudspeaker or the clock reports; must not know any command.
"""

from dataclasses import replace

from voice_coach.core import notes, questions
from voice_coach.core.cues import BEAT, CueKind
from voice_coach.core.routine import Breath
from voice_coach.core.state import Event, Mode, Place, Role, Silence, State, Tone
from voice_coach.core.transitions import (
    AFTER_ANSWER,
    Result,
    about,
    ask,
    begin,
    give,
    go_on_with_rest,
    named,
    plan_of,
    say,
    to_idle,
    with_due,
)
from voice_coach.units import Samples, to_samples

ASK_AGAIN = to_samples(15)
"""How long a question waits for its answer."""
PROMPTED = to_samples(8)
"""How long after the coach's last words what is said is likely meant for it."""
OBJECTION = to_samples(0.6)
"""How long there is to object to what is taken as right."""
STILL_THERE = to_samples(120)
"""How long a pause lasts before it is asked whether anybody is there."""
ASKED_AT_MOST = 3
"""How often that is asked before the session is left for another time."""


def _count(state: State, start: Samples, now: Samples) -> State:
    """Let the count run from `start`; it cannot end before the words, and a beat after them."""
    if state.cue.waits and not state.led_in:
        return replace(state, on_air=None, due=now + STILL_THERE)
    start += state.beat
    counted = replace(state, on_air=None, ends=max(start + state.left, now + BEAT))
    if state.cue.breath is Breath.HOLD and not state.cue.with_words:
        counted = replace(counted, breath_at=start, breath_length=state.left)
    return with_due(counted)


def spoken(state: State, _: Event, now: Samples) -> Result:
    """Words have ended: count, or say again what they had cut off."""
    said, silent = state.on_air, replace(state, on_air=None)
    if state.cut:
        return go_on_with_rest(silent, now + AFTER_ANSWER)
    if said is Role.CUE and state.cue.timed and state.ends is not None:
        return silent, ()
    if said is Role.CUE:
        return _count(silent, state.said_at if state.cue.with_words else now, now), ()
    if state.ends is not None and (state.due is None or state.ends <= now):
        # The count is over, or will be at once: an end is told a little ahead of its time.
        return next_cue(silent, max(now + AFTER_ANSWER, state.ends))
    return silent, ()


def asked(state: State, _: Event, now: Samples) -> Result:
    """A question has been said: the answer is waited for, but not for ever."""
    wait = OBJECTION if questions.assumed(state) else ASK_AGAIN
    return replace(state, on_air=None, due=now + wait), ()


def answered(state: State, _: Event, now: Samples) -> Result:
    """An answer has ended, and nothing follows."""
    return replace(state, on_air=None, prompted=now + PROMPTED), ()


def paused(state: State, _: Event, now: Samples) -> Result:
    """The pause has been told: wait for its end, or for some minutes."""
    due = now + STILL_THERE if state.wake is None else max(state.wake, now)
    return replace(state, on_air=None, due=due), ()


def still_there(state: State, _: Event, now: Samples) -> Result:
    """Nobody has said anything for long: ask, and at last leave it for another time."""
    if state.asked < ASKED_AT_MOST:
        text = state.texts.still_unwell if state.unwell else state.texts.still_there
        after, actions = ask(state, Mode.PAUSED, text, now)
        return replace(after, asked=state.asked + 1), actions
    idle = to_idle(state)
    place = replace(idle, memory=replace(idle.memory, place=_place(state)))
    after, actions = say(place, state.texts.left, now, Role.ANSWER)
    return after, (notes.Left(), *actions)


def _place(state: State) -> Place:
    """Return where the session stands, to be continued there."""
    routine = plan_of(state).routine
    repetition, side = plan_of(state).repetition_at(state.then or state.index)
    shifts = {routine.exercises[i].name: shift for i, shift in state.shifts.items()}
    where = state.cue.exercise
    named = side.value if side else None
    return Place(routine.name, where, state.exercise.name, repetition, named, shifts)


def time_up(state: State, event: Event, now: Samples) -> Result:
    """A mark is due, a count is over, or nobody has said anything for long."""
    if state.ends is None:
        return still_there(state, event, now)
    if state.marks:
        return _mark(state, now)
    if state.cue.until_done:
        return still_there(state, event, now)
    if state.on_air is not None and state.cue.timed:  # words never stretch what keeps time
        after, actions = next_cue(replace(state, on_air=None), now)
        return after, (Silence(), *actions)
    if state.on_air:  # an answer, longer than the count: `_spoken` goes on after it
        return replace(state, due=None), ()
    return next_cue(state, now)


def _mark(state: State, now: Samples) -> Result:
    """Say what falls due; while other words are on air it passes, but its tone sounds."""
    mark, *later = state.marks
    after = with_due(replace(state, marks=tuple(later)))
    if mark.breath:
        after = replace(after, breath=mark.breath, breath_at=now, breath_length=mark.length)
    tone = (Tone(mark.tone, now, mark.length),) if mark.tone else ()
    if state.on_air or not (mark.text or mark.signal):
        return after, tone
    if mark.signal:
        return give(after, mark.signal, now, Role.MARK)
    after, actions = say(after, mark.text, now, Role.MARK, mark.length)
    return after, (*actions, *tone)


def next_cue(state: State, at: Samples) -> Result:
    """Go on: the exercise is done where another one, or the farewell, comes next."""
    if state.cue.kind is CueKind.FINISH:
        return questions.ask_pain(state, at) or (to_idle(state), ())
    index, left, state = following(state)
    cue = plan_of(state).cues[index]
    same = cue.kind is not CueKind.FINISH and cue.exercise == state.cue.exercise
    if same or state.cue.kind is CueKind.WELCOME:
        return begin(state, index, at, left=left, aloud=left is not None)
    after, actions = begin(_with_done(state), index, at, praised=True)
    easier = state.cue.exercise in state.easier
    return after, (notes.Done(*about(state), easier), *actions)


def following(state: State) -> tuple[int, Samples | None, State]:
    """Return the next cue, and what is left of it if not all.

    After the welcome, or time to get ready, that may be another one than the next in the row.
    """
    if state.then is not None and state.cue.kind in (CueKind.WELCOME, CueKind.GET_READY):
        return state.then, state.then_left, replace(state, then=None, then_left=None)
    return state.index + 1, None, state


def _with_done(state: State) -> State:
    """Count the exercise as done; done in full, it is not begun easier next time."""
    here, progress, memory = state.cue.exercise, state.progress, state.memory
    progress = replace(progress, done=progress.done | {here}, skipped=progress.skipped - {here})
    if here not in state.easier and here not in progress.hurt:
        memory = replace(memory, hurt=memory.hurt - {named(state)})
    return replace(state, progress=progress, memory=memory)
