"""What commands do to a routine: start, stop, pause, skip, make it easier, let go.

Owns where each of them leads; must not know how a routine moves on by itself (`progress.py`).
"""

from dataclasses import replace
from types import MappingProxyType

from voice_coach.core import answers, care, fitting, leading_in, notes, parting, questions
from voice_coach.core.cues import CueKind
from voice_coach.core.progress import following
from voice_coach.core.routine import Routine
from voice_coach.core.state import (
    WAITING,
    Action,
    Event,
    Heard,
    Mode,
    Progress,
    Role,
    Silence,
    State,
    slot_of,
)
from voice_coach.core.transitions import (
    GAP,
    Result,
    about,
    answer,
    ask,
    begin,
    called,
    can_be_easier,
    hush,
    jump,
    laid_out,
    lead_to,
    names_of,
    plan_of,
    say,
    to_idle,
    ways_on,
    with_hurt,
)
from voice_coach.units import Samples, to_seconds


def start(state: State, event: Event, now: Samples) -> Result:
    """Begin the routine that was named, or the first one; never another than was asked for."""
    if slot_of(event, "unknown"):
        return unknown_routine(state, event, now)
    wanted = str(slot_of(event, "routine") or state.routines[0].name).casefold()
    for routine in sorted(state.routines, key=lambda each: each.name.casefold() != wanted):
        if wanted in routine.spoken_names:
            return _begin_routine(state, routine, now, seconds=_seconds(event))
    return unknown_routine(state, event, now)


def fit(state: State, event: Event, now: Samples) -> Result:
    """Begin the routine anew so that it takes as long as is asked; later on it is too late."""
    if state.progress.begun:
        return answer(state, state.texts.only_at_the_start, now)
    routine = next(each for each in state.routines if each.name == plan_of(state).routine.name)
    return jump(_laid_for(state, routine, _seconds(event)), 0, now)


def _seconds(event: Event) -> float | None:
    """Return how long it is to take, if that was said."""
    seconds = slot_of(event, "seconds")
    return seconds if isinstance(seconds, int | float) else None


def unknown_routine(state: State, _: Event, now: Samples) -> Result:
    """Say which routines there are, in place of one that there is not."""
    return answer(state, state.language.unknown_routine(names_of(state)), now)


def silenced(state: State) -> tuple[Action, ...]:
    """Return what silences all that sounds of a cue that is left before its end."""
    return (Silence(),) if state.on_air or state.ends is not None else ()


def _begin_routine(
    state: State, routine: Routine, now: Samples, seconds: float | None = None
) -> Result:
    memory = replace(state.memory, place=None)
    fresh = replace(state, memory=memory, progress=Progress(began=now))
    laid = _laid_for(fresh, routine, seconds)
    names = tuple(exercise.name for exercise in plan_of(laid).routine.exercises)
    after, actions = questions.ask_pain(laid, now) or jump(laid, 0, now)
    return after, (notes.Started(routine.name, names), *actions)


def _laid_for(state: State, routine: Routine, seconds: float | None) -> State:
    """Return the state before the first word of `routine`, made to fit into `seconds`, if any."""
    done = fitting.fit(routine, state.language, state.preferences, seconds)
    hurt = frozenset(
        i
        for i, exercise in enumerate(done.routine.exercises)
        if (routine.name, exercise.name) in state.memory.hurt and exercise.easiest < 0
    )
    shifts = MappingProxyType(dict.fromkeys(hurt, -1))
    fresh = replace(state, shifts=shifts, told=hurt, arrival=None, then=None)
    plan = laid_out(fresh, done.routine, done.told(state.language))
    return replace(fresh, plan=plan, index=0)


def start_again(state: State, event: Event, now: Samples) -> Result:
    """ "Let's go" means "ready" or "resume"; a named routine would be another session."""
    if slot_of(event, "unknown"):
        return unknown_routine(state, event, now)
    if slot_of(event, "routine"):
        return answer(state, state.language.already_in(plan_of(state).routine.name), now)
    return (resume if state.mode in WAITING else ready)(state, event, now)


def skip(state: State, _: Event, now: Samples) -> Result:
    """Leave the exercise for the next one; in the welcome that is the first one."""
    if state.cue.kind is CueKind.WELCOME:
        return cut_welcome(state, now)
    here, progress = state.cue.exercise, state.progress
    after, actions = lead_to(_with_skipped(state), here + 1, now)
    if here in progress.done:
        return after, actions
    left = notes.PartlyDone if here in progress.begun else notes.Skipped
    return after, (left(*about(state)), *actions)


def cut_welcome(state: State, now: Samples) -> Result:
    """Say only what nobody may begin without having heard, then begin."""
    safety = plan_of(state).safety
    if safety and state.heard_to == state.index:
        return jump(state, state.index, now, words=safety)
    index, left, going = following(state)
    return jump(going, index, now, left=left)


def _with_skipped(state: State) -> State:
    here, progress = state.cue.exercise, state.progress
    skipped = progress.skipped | ({here} - progress.done)
    return replace(state, progress=replace(progress, skipped=skipped), then=None)


def previous(state: State, event: Event, now: Samples) -> Result:
    """Go back to the exercise before; in the farewell that is the last one."""
    state = replace(state, then=None)
    if state.cue.kind is CueKind.WELCOME:
        return restart(state, event, now)
    if state.cue.kind is CueKind.FINISH:
        return lead_to(state, state.cue.exercise, now)
    first = state.cue.exercise == 0
    prefix = state.texts.first_exercise if first else ""
    return lead_to(state, max(0, state.cue.exercise - 1), now, prefix=prefix)


def restart(state: State, _: Event, now: Samples) -> Result:
    """Begin the exercise anew, from its set-up."""
    anew = replace(state, then=None)
    return lead_to(anew, state.cue.exercise, now, prefix=state.texts.from_the_start)


def easier(state: State, _: Event, now: Samples) -> Result:
    """Begin the exercise anew in its easier variant, where it has one."""
    texts = state.texts
    if not can_be_easier(state):
        return answer(state, texts.easiest if state.written.levels else texts.no_easier, now)
    prefix = texts.level_down if state.written.levels else texts.easier
    prefix = texts.begin_easier if _welcoming(state) else prefix
    after, actions = _vary(state, state.shift - 1, prefix, now)
    return after, (notes.Eased(*about(state)), *actions)


def full_version(state: State, _: Event, now: Samples) -> Result:
    """Begin the exercise anew a step harder, where there is one: to begin with, not made easier."""
    texts, written = state.texts, state.written
    if state.shift >= written.hardest:
        return answer(state, texts.hardest if written.hardest else texts.already_full, now)
    prefix = texts.full_version if state.shift < 0 else texts.harder
    prefix = texts.level_up if written.levels else prefix
    prefix = texts.begin_full if _welcoming(state) else prefix
    return _vary(state, state.shift + 1, prefix, now)


def _welcoming(state: State) -> bool:
    return state.cue.kind is CueKind.WELCOME


def _vary(state: State, shift: int, prefix: str, now: Samples) -> Result:
    """Begin the exercise anew in another variant, in which it is done in later rounds, too.

    Who is in the middle of it is in position: they hear only what is different, and have a few
    seconds.
    """
    here, moving = state.cue.exercise, state.cue.kind in (CueKind.MOVE, CueKind.REST)
    there = moving or state.led_in
    again = (
        i
        for i, each in enumerate(plan_of(state).routine.exercises)
        if i == here or (i > here and each is state.written)
    )
    shifts = MappingProxyType({**state.shifts, **dict.fromkeys(again, shift)})
    varied = replace(state, shifts=shifts, told=state.told - {here}, then=None)
    after, actions = lead_to(varied, here, now, prefix=prefix, there=there)
    return after, (notes.Shifted(*about(varied), shift), *actions)


def ready(state: State, _: Event, now: Samples) -> Result:
    """Cut the time to get ready, or a rest, short."""
    if state.mode not in (Mode.GETTING_READY, Mode.RESTING):
        return answer(state, state.texts.already_going, now)
    index, left, going = following(state)
    return jump(going, index, now, left=left)


def go_on(state: State, event: Event, now: Samples) -> Result:
    """ "Go on" while it goes on: nobody's time to get ready is cut short for it."""
    if state.mode is not Mode.GETTING_READY:
        return answer(state, state.texts.already_going, now)
    if state.ends is None:
        return answers.repeat(called(state), event, now)
    seconds = max(1, round(to_seconds(state.count_left(now))))
    return answer(state, state.language.get_ready(seconds), now)


def pause(state: State, _: Event, now: Samples) -> Result:
    """Freeze the count."""
    after, actions = ask(state, Mode.PAUSED, state.texts.paused, now)
    return after, (notes.Paused(), *actions)


def stop(state: State, _: Event, now: Samples) -> Result:
    """Ask whether to end the session; who feels unwell is not asked."""
    if state.unwell:
        return care.leave(state, now)
    return ask(state, Mode.CONFIRMING_STOP, state.texts.confirm_stop, now)


def end(state: State, _: Event, now: Samples) -> Result:
    """End the session; one that is over already, or at its farewell, is not stopped."""
    if state.unwell:
        return care.leave(state, now)
    if not (state.cue.kind is CueKind.FINISH or questions.asks_after(state)):
        return parting.part(state, now)
    at = now + GAP if state.on_air else now
    text = f"{state.texts.done} {state.texts.until_next}"
    after, actions = say(to_idle(state), text, at, Role.ANSWER)
    return after, (Silence(), *actions)


def hurts(state: State, _: Event, now: Samples) -> Result:
    """Stop everything, say how to let go, and offer the ways on."""
    release = state.exercise.release if state.cue.kind is CueKind.MOVE else None
    words = state.language.name_side(release.cue, state.cue.side) if release else None
    after, actions = ask(
        with_hurt(state), Mode.HURTING, state.language.hurts(words, ways_on(state)), now
    )
    return after, (notes.Hurt(*about(state)), *actions)


def resume(state: State, event: Event, now: Samples) -> Result:
    """Say the words of the cue again, and count what was left; after long, lead into it."""
    declined = isinstance(event, Heard) and event.intent.name == "no"
    at = now + GAP if state.on_air else now
    silent = not state.cue.text
    prefix = state.texts.we_go_on if silent else ""
    prefix = state.texts.going_on if declined else prefix
    after, actions = (
        leading_in.begin_again(state, at)
        if leading_in.is_due(state, now)
        else begin(state, state.index, at, left=state.left, prefix=prefix, aloud=True)
    )
    return called(after), (notes.Resumed(), *hush(state), *actions)


def no_answer(state: State, _: Event, now: Samples) -> Result:
    """A question that nobody answers becomes a pause, in which every way on stays open."""
    hurting = state.mode is Mode.HURTING
    text = state.language.hurt_choices(ways_on(state)) if hurting else state.texts.no_answer
    return ask(state, Mode.PAUSED, text, now)
