"""What a user may ask for in the middle of a routine: another exercise, an end, time, a number.

Owns where "go to the bridge" and "done" lead, pauses and holds of a given length, and the answers
about the exercise itself; must not know how a routine moves on by itself (`progress.py`).
"""

from dataclasses import replace

from voice_coach.core import answers, commands, leading_in, notes, progress
from voice_coach.core.cues import Cue, CueKind, MarkKind
from voice_coach.core.plan import Arrival, numbered
from voice_coach.core.routine import Sides
from voice_coach.core.state import Event, Mode, State, slot_of
from voice_coach.core.transitions import (
    GAP,
    Result,
    about,
    answer,
    ask,
    begin,
    called,
    coming_at,
    laid_out,
    lead_to,
    names_of,
    plan_of,
    with_due,
)
from voice_coach.units import Samples, to_samples, to_seconds

MORE_TIME = 10
"""Seconds of "more time" where no number is said …"""
LEAST_MORE, MOST_MORE = 5, 120
"""… and where one is, how few and how many it may be."""
MORE_PAUSE = 60
"""Seconds by which a pause is longer with "more time" where no number is said."""
SHORTEST_PAUSE, LONGEST_PAUSE = 5, 30 * 60
"""Seconds that a pause may be asked for; for longer, a session is left and continued later."""
_NAMED = 3
"""So many exercises are named at most: nobody remembers more by ear."""
_LAST = (MarkKind.COUNTDOWN, MarkKind.LEAD_IN)
"""Marks that belong to the end of a count, wherever that is."""


# Another exercise


def goto(state: State, event: Event, now: Samples) -> Result:
    """Lead to the exercise that is named, wherever in the routine it is; the present one anew."""
    wanted = _exercise(event)
    at = [i for i, name in enumerate(_exercises(state)) if name.casefold() == wanted.casefold()]
    if not at:
        return answer(state, state.language.no_such_exercise(wanted, _to_come(state)), now)
    here = state.cue.exercise
    target = next((i for i in at if i >= here), at[-1])
    if state.cue.kind is CueKind.WELCOME:
        return _out_of_the_welcome(state, target, now)
    if target == here and state.cue.kind is not CueKind.FINISH:
        return commands.restart(state, event, now)
    passed, left = _passing_over(state, target)
    after, actions = lead_to(replace(passed, then=None), target, now)
    return after, (*left, *actions)


def _out_of_the_welcome(state: State, target: int, now: Samples) -> Result:
    """Say first what nobody may begin without having heard."""
    if target == 0:
        return commands.cut_welcome(replace(state, then=None), now)
    passed, left = _passing_over(state, target)
    here = plan_of(state)
    known = {cue.words: cue.measured for cue in here.cues if cue.measured is not None}
    coming = replace(passed, arrival=Arrival(target, here.position_at(state.index)))
    plan = laid_out(coming, here.routine).measured(known)
    led = replace(coming, plan=plan, then=plan.heading_of(target), then_left=None)
    after, actions = commands.cut_welcome(led, now)
    return after, (*left, *actions)


def _passing_over(state: State, target: int) -> tuple[State, tuple[notes.Note, ...]]:
    """Return the state, and what to note, once all exercises before `target` are left out."""
    here, done = state.cue.exercise, state.progress
    passed = [i for i in range(here, target) if i not in done.done]
    left = tuple(
        (notes.PartlyDone if i in done.begun else notes.Skipped)(i, name)
        for i, name in enumerate(_exercises(state))
        if i in passed and (i == here or i not in done.begun)
    )
    progress = replace(done, skipped=done.skipped | set(passed))
    return replace(state, progress=progress), left


def goto_idle(state: State, event: Event, now: Samples) -> Result:
    """Say which routine has the exercise that is named, and how to start it."""
    wanted = _exercise(event)
    have = [
        routine.name
        for routine in state.routines
        if wanted.casefold() in (each.name.casefold() for each in routine.exercises)
    ]
    if not have:
        return answer(state, state.language.nothing_running(names_of(state)), now)
    return answer(state, state.language.exercise_in(wanted, have[:_NAMED]), now)


def _exercise(event: Event) -> str:
    return str(slot_of(event, "exercise") or "")


def _exercises(state: State) -> list[str]:
    return [each.name for each in plan_of(state).routine.exercises]


def _to_come(state: State) -> list[str]:
    """Return names of exercises that one may go to: those that come, else the first ones."""
    names = _exercises(state)
    here = -1 if state.cue.kind is CueKind.WELCOME else state.cue.exercise
    return (names[here + 1 :] or names)[:_NAMED]


# An end


def done(state: State, event: Event, now: Samples) -> Result:
    """End what is counted, a whole set of movements or the time to get ready: on to what follows.

    How many were done is noted, if the user has told it.
    """
    count = slot_of(event, "count")
    counting = state.mode in (Mode.EXERCISING, Mode.RESTING)
    told = (notes.Counted(*about(state), int(count)),) if counting and count is not None else ()
    resting = state.mode is Mode.RESTING and not state.exercise.until
    if state.mode is Mode.GETTING_READY or resting:
        after, actions = commands.ready(state, event, now)
    elif state.mode is Mode.EXERCISING or state.exercise.until:
        last = replace(state, index=_end_of_set(state))
        after, actions = progress.next_cue(last, now + GAP if state.on_air else now)
        actions = (*commands.silenced(state), *actions)
        if after.on_air is None:  # it goes on in silence, but whoever asked hears an answer
            after, said = answer(after, state.texts.we_go_on, now)
            actions = (*actions, *said)
    else:
        return answer(state, state.texts.nothing_to_end, now)
    return after, (*told, *actions)


def _end_of_set(state: State) -> int:
    """Return the last cue of the movements that follow one another with the breath, or in time.

    Of an exercise that goes on until then, it is the last repetition.
    """
    cues, index = plan_of(state).cues, state.index
    if state.exercise.until:
        here = state.cue.exercise
        return max(i for i, cue in enumerate(cues) if cue.exercise == here and cue.through)
    while _one_set(cues[index], cues[index + 1], state.exercise.sides):
        index += 1
    return index


def _one_set(cue: Cue, following: Cue, sides: Sides) -> bool:
    together = all(
        each.kind is CueKind.MOVE and (each.with_words or each.timed) for each in (cue, following)
    )
    same = (cue.exercise, bool(cue.repetition), cue.set) == (
        following.exercise,
        bool(following.repetition),
        following.set,
    )
    turned = sides is Sides.ONE_AFTER_THE_OTHER and cue.side is not following.side
    return together and same and not turned


# Time


def pause(state: State, event: Event, now: Samples) -> Result:
    """Freeze the count, and for how long, if that is said: then it goes on by itself."""
    seconds = slot_of(event, "seconds")
    if not isinstance(seconds, int | float):
        return commands.pause(state, event, now)
    after, actions = _paused_for(state, seconds, now)
    return after, (notes.Paused(), *actions)


def pause_again(state: State, event: Event, now: Samples) -> Result:
    """Make a pause end by itself, or no longer; who feels unwell is not led on by the clock."""
    seconds = slot_of(event, "seconds")
    if isinstance(seconds, int | float) and not state.unwell:
        return _paused_for(state, seconds, now)
    if state.wake is not None:
        return ask(state, Mode.PAUSED, state.texts.paused, now)
    return answers.out_of_place(state, event, now)


def pause_longer(state: State, event: Event, now: Samples) -> Result:
    """Give "more time" to a pause that ends by itself; any other lasts as long as one likes."""
    said = slot_of(event, "seconds")
    if state.wake is None:
        return answers.out_of_place(state, event, now)
    more = said if isinstance(said, int | float) else MORE_PAUSE
    return _paused_for(state, to_seconds(max(0, state.wake - now)) + more, now)


def _paused_for(state: State, seconds: float, now: Samples) -> Result:
    length = to_samples(min(max(seconds, SHORTEST_PAUSE), LONGEST_PAUSE))
    after, actions = ask(state, Mode.PAUSED, state.language.paused_for(length), now)
    return replace(after, wake=now + length), actions


def pause_over(state: State, event: Event, now: Samples) -> Result:
    """Go on when the pause has lasted as long as was asked for, with what and which side."""
    if state.wake is None:
        return progress.still_there(state, event, now)
    after, actions = (
        leading_in.begin_again(state, now + GAP)
        if leading_in.is_due(state, now)
        else _go_on(state, now + GAP)
    )
    return called(after), (notes.Resumed(), *actions)


def _go_on(state: State, at: Samples) -> Result:
    """Count what was left, after the name of what comes and its side."""
    _, side = plan_of(state).repetition_at(state.index)
    text = state.texts.we_go_on
    if state.cue.kind in (CueKind.GET_READY, CueKind.MOVE, CueKind.REST):
        text = state.language.continuing(state.exercise.name, coming_at(state, state.index))
        named = state.language.side(side) if side else ""
        text = f"{text} {'' if state.cue.text.startswith(named) else named}".strip()
    return begin(state, state.index, at, left=state.left, prefix=text, aloud=True)


def more_time(state: State, event: Event, now: Samples) -> Result:
    """Lengthen a hold or a rest; its last seconds are then counted down anew."""
    if not state.cue.may_extend:
        return answer(state, state.texts.no_more_time, now)
    said = slot_of(event, "seconds")
    seconds = min(max(said, LEAST_MORE), MOST_MORE) if isinstance(said, int | float) else MORE_TIME
    more = to_samples(seconds)
    unsaid = [replace(mark, left=mark.left + more) for mark in state.marks
              if mark.kind not in (*_LAST, MarkKind.HALFWAY)]  # fmt: skip
    countdown = [mark for mark in state.cue.marks if mark.kind in _LAST]
    longer = replace(state, left=state.left + more, marks=(*unsaid, *countdown))
    if state.ends is not None:
        longer = with_due(replace(longer, ends=max(state.ends, now) + more))
    return answer(longer, state.language.more_time(round(seconds)), now)


# What the exercise is like


def count_left(state: State, _: Event, now: Samples) -> Result:
    """Say how many repetitions or breaths are left, and which exercise it is of how many."""
    language, exercise = state.language, state.exercise
    places, total = numbered(plan_of(state).routine)
    if state.cue.kind is CueKind.WELCOME:
        return answer(state, language.exercises_to_come(total), now)
    place = language.exercise_of(places[state.cue.exercise], total)
    if lap := plan_of(state).routine.laps[state.cue.exercise]:
        place = f"{place} {language.in_round(lap.number, lap.of)}".strip()
    move = _move(state)
    begun = state.cue.kind is CueKind.MOVE
    if move is None or not move.through:
        left = state.texts.last_part
    elif move.repetitions == 1 and not move.sets and (breaths := _breaths_left(state, now)):
        breathing = state.count_left(now) < state.cue.count
        left = (
            language.more_after_this(breaths - 1, one_side=False)
            if breathing
            else language.more_to_come(breaths)
        )
    elif begun:
        turns = exercise.sides is Sides.ONE_AFTER_THE_OTHER
        left = language.more_after_this(move.repetitions - move.repetition, one_side=turns)
    else:
        left = language.more_to_come(move.repetitions - move.repetition + 1)
    if move is not None and move.sets:
        left = f"{left} {language.in_set(move.set, move.sets)}"
    return answer(state, f"{left} {place}".strip(), now)


def _breaths_left(state: State, now: Samples) -> int:
    """Return how many breaths are still to be ended, where so many were asked for; else 0."""
    rhythm = state.cue.rhythm
    if rhythm is None or not rhythm.counted:
        return 0
    return -(-state.count_left(now) // rhythm.cycle)


def _move(state: State) -> Cue | None:
    """Return the movement that is done, or the next one of this exercise."""
    here = (each for each in plan_of(state).cues[state.index :] if each.kind is CueKind.MOVE)
    return next((each for each in here if each.exercise == state.cue.exercise), None)


def position(state: State, _: Event, now: Samples) -> Result:
    """Say again how to be for this exercise, and which side it is."""
    coming = _move(state)
    side = state.language.side(coming.side) if coming and coming.side else ""
    return answer(state, f"{state.exercise.setup} {side}".strip(), now)
