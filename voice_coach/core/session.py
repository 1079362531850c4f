"""The session: what the coach does next, given what was heard and how far the clock has come.

Theory of operation. A routine is laid out as a row of cues (`plan.py`). The session stands at
one cue. First its words are on air; when the loudspeaker has said them (`Spoken`), its time is
counted; when that is over (`TimeUp` at `State.due`), the next cue begins at that very sample.
Marks ("halfway", "breathe out") fall due while a cue is counted. An answer to a command takes
the air from whatever is being said; words that it cut are said again afterwards, while a
running count goes on beneath it. Pausing, and every question that waits for an answer, freezes
the count; going on says the words of the cue again and counts what was left.

Everything that can change the state stands in `TABLE`: (mode, trigger) → the modes it may lead
to and the function that does it. What is not in the table gets a short spoken answer. This
module must not do I/O nor know the time: `now` is always given, in samples.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from voice_coach.core import answers, phrases
from voice_coach.core.moves import (
    GAP,
    Result,
    answer,
    ask,
    begin,
    hush,
    jump,
    names_of,
    plan_of,
    say,
    ways_on,
    with_due,
)
from voice_coach.core.plan import CueKind, make_plan, name_side
from voice_coach.core.state import (
    RUNNING,
    WAITING,
    Event,
    Heard,
    Mode,
    Role,
    Silence,
    Spoken,
    State,
    TimeUp,
)
from voice_coach.units import Samples, to_samples

ASK_AGAIN = to_samples(15)
"""How long a question waits for its answer."""


Act = Callable[[State, Event, Samples], Result]


@dataclass(frozen=True)
class Rule:
    """One row of the transition table."""

    to: tuple[Mode, ...]
    """The modes that it may lead to."""
    act: Act


def advance(state: State, event: Event, now: Samples) -> Result:
    """Return the state after `event` at sample `now`, and what is to be done."""
    if isinstance(event, Spoken) and event.utterance != state.utterance:
        return state, ()  # it was cut off, or something newer is on air
    trigger = trigger_of(event)
    rule = TABLE.get((state.mode, trigger))
    if rule is None:
        return answers.out_of_place(state, event, now) if isinstance(event, Heard) else (state, ())
    after, actions = rule.act(state, event, now)
    assert after.mode in rule.to, f"{state.mode} --{trigger}--> {after.mode}"  # noqa: S101
    return after, actions


def trigger_of(event: Event) -> str:
    """Return the name under which `event` stands in the table."""
    match event:
        case Heard(intent):
            return intent.name
        case Spoken():
            return "(spoken)"
        case TimeUp():
            return "(time up)"


def upcoming(state: State) -> Iterator[str]:
    """Yield what will be said if nobody interrupts, soonest first, to be rendered ahead.

    Common answers come early: they must not wait for the end of a long routine.
    """
    cues = state.plan.cues[state.index :] if state.plan else ()
    words = [text for cue in cues for text in (cue.text, *(mark.text for mark in cue.marks))]
    yield from words[:10]
    yield from phrases.COMMON
    yield from words[10:]


def _count(state: State, start: Samples, now: Samples) -> State:
    """Let the count run from `start`; it cannot end before `now`."""
    return with_due(replace(state, on_air=None, ends=max(start + state.left, now)))


def _spoken(state: State, _: Event, now: Samples) -> Result:
    said, silent = state.on_air, replace(state, on_air=None)
    if state.cut:
        return begin(silent, state.index, now + GAP, left=state.left)
    if said is Role.CUE:
        return _count(silent, state.said_at if state.cue.with_words else now, now), ()
    if state.ends is not None and state.ends <= now:
        return _next_cue(silent, now + GAP)
    return silent, ()


def _asked(state: State, _: Event, now: Samples) -> Result:
    """A question has been said: the answer is waited for, but not for ever."""
    return replace(state, on_air=None, due=now + ASK_AGAIN), ()


def _answered(state: State, _: Event, __: Samples) -> Result:
    return replace(state, on_air=None), ()


def _time_up(state: State, _: Event, now: Samples) -> Result:
    if state.marks:
        mark, *later = state.marks
        after = with_due(replace(state, marks=tuple(later), breath=mark.breath or state.breath))
        return (after, ()) if state.on_air else say(after, mark.text, now, Role.MARK)
    if state.on_air:  # an answer, longer than the count: `_spoken` goes on after it
        return replace(state, due=None), ()
    return _next_cue(state, now)


def _next_cue(state: State, at: Samples) -> Result:
    if state.cue.kind is CueKind.FINISH:
        return _to_idle(state), ()
    return begin(state, state.index + 1, at)


def _to_idle(state: State) -> State:
    return State(state.routines, tempo=state.tempo, volume_db=state.volume_db,
                 utterance=state.utterance)  # fmt: skip


def _start(state: State, event: Event, now: Samples) -> Result:
    wanted = str(_slot(event, "routine") or state.routines[0].name).casefold()
    for routine in sorted(state.routines, key=lambda each: each.name.casefold() != wanted):
        if wanted in routine.spoken_names:
            fresh = replace(state, plan=make_plan(routine, tempo=state.tempo), easier=frozenset())
            return jump(fresh, 0, now)
    return answer(state, phrases.unknown_routine(names_of(state)), now)


def _slot(event: Event, name: str) -> object:
    return event.intent.slots.get(name) if isinstance(event, Heard) else None


def _start_again(state: State, event: Event, now: Samples) -> Result:
    """ "Let's go" means "ready" or "resume"; a named routine would be another session."""
    if _slot(event, "routine"):
        return answer(state, phrases.already_in(plan_of(state).routine.name), now)
    return (_resume if state.mode in WAITING else _ready)(state, event, now)


def _skip(state: State, _: Event, now: Samples) -> Result:
    return jump(state, plan_of(state).heading_of(state.cue.exercise + 1), now)


def _previous(state: State, _: Event, now: Samples) -> Result:
    if state.cue.exercise == 0:
        return jump(state, plan_of(state).setup_of(0), now, prefix=phrases.FIRST_EXERCISE)
    return jump(state, plan_of(state).heading_of(state.cue.exercise - 1), now)


def _restart(state: State, _: Event, now: Samples) -> Result:
    setup = plan_of(state).setup_of(state.cue.exercise)
    return jump(state, setup, now, prefix=phrases.FROM_THE_START)


def _easier(state: State, _: Event, now: Samples) -> Result:
    if state.exercise.easier is None:
        return answer(state, phrases.NO_EASIER, now)
    easier = state.easier | {state.cue.exercise}
    plan = make_plan(plan_of(state).routine, tempo=state.tempo, easier=easier)
    setup = plan.setup_of(state.cue.exercise)
    eased = replace(state, easier=easier, plan=plan)
    return jump(eased, setup, now, prefix=phrases.EASIER)


def _ready(state: State, _: Event, now: Samples) -> Result:
    if state.mode not in (Mode.GETTING_READY, Mode.RESTING):
        return answer(state, phrases.ALREADY_GOING, now)
    return jump(state, state.index + 1, now)


def _pause(state: State, _: Event, now: Samples) -> Result:
    return ask(state, Mode.PAUSED, phrases.PAUSED, now)


def _stop(state: State, _: Event, now: Samples) -> Result:
    return ask(state, Mode.CONFIRMING_STOP, phrases.CONFIRM_STOP, now)


def _end(state: State, _: Event, now: Samples) -> Result:
    after, actions = say(_to_idle(state), phrases.STOPPED, now + GAP, Role.ANSWER)
    return after, (Silence(), *actions)


def _hurts(state: State, _: Event, now: Samples) -> Result:
    release = state.exercise.release if state.cue.kind is CueKind.MOVE else None
    words = name_side(release.cue, state.cue.side) if release else None
    ways = ways_on(state)
    return ask(state, Mode.HURTING, phrases.hurts(words, ways), now)


def _resume(state: State, event: Event, now: Samples) -> Result:
    declined = isinstance(event, Heard) and event.intent.name == "no"
    after, actions = begin(
        state,
        state.index,
        now + GAP if state.on_air else now,
        left=state.left,
        prefix=phrases.GOING_ON if declined else "",
    )
    return after, hush(state) + actions


def _no_answer(state: State, _: Event, now: Samples) -> Result:
    """A question that nobody answers becomes a pause, in which every way on stays open."""
    hurting = state.mode is Mode.HURTING
    text = phrases.hurt_choices(ways_on(state)) if hurting else phrases.NO_ANSWER
    return ask(state, Mode.PAUSED, text, now)


# The transition table


def _rows(
    modes: Iterable[Mode], trigger: str, to: Iterable[Mode], act: Act, *, or_stay: bool = False
) -> dict[tuple[Mode, str], Rule]:
    """Return the same rule for several modes, which may also be left as they are."""
    return {
        (mode, trigger): Rule(tuple(dict.fromkeys((*to, *((mode,) if or_stay else ())))), act)
        for mode in modes
    }


def _stay(modes: Iterable[Mode], trigger: str, act: Act) -> dict[tuple[Mode, str], Rule]:
    """Return a rule that changes no mode."""
    return _rows(modes, trigger, (), act, or_stay=True)


_ASKING = (Mode.CONFIRMING_STOP, Mode.HURTING)
_BEFORE_THE_END = tuple(mode for mode in RUNNING if mode is not Mode.FINISHING)
_LED = (*RUNNING, Mode.PAUSED, Mode.HURTING)
_START = (Mode.INTRODUCING,)

TABLE: dict[tuple[Mode, str], Rule] = {
    # The routine moves on by itself
    **_rows(_BEFORE_THE_END, "(spoken)", RUNNING, _spoken),
    **_rows(_BEFORE_THE_END, "(time up)", RUNNING, _time_up),
    **_rows((Mode.FINISHING,), "(spoken)", (Mode.IDLE,), _spoken, or_stay=True),
    **_rows((Mode.FINISHING,), "(time up)", (Mode.IDLE,), _time_up, or_stay=True),
    **_stay((Mode.IDLE, Mode.PAUSED), "(spoken)", _answered),
    **_stay(_ASKING, "(spoken)", _asked),
    **_rows(_ASKING, "(time up)", (Mode.PAUSED,), _no_answer),
    # Starting and ending
    **_rows((Mode.IDLE,), "start", _START, _start, or_stay=True),
    **_rows(RUNNING, "start", RUNNING, _start_again),
    **_rows((Mode.PAUSED, Mode.HURTING), "start", RUNNING, _start_again, or_stay=True),
    **_rows((*RUNNING, Mode.PAUSED), "stop", (Mode.CONFIRMING_STOP,), _stop),
    **_rows((Mode.HURTING,), "stop", (Mode.IDLE,), _end),
    **_rows((Mode.CONFIRMING_STOP,), "yes", (Mode.IDLE,), _end),
    **_rows((Mode.CONFIRMING_STOP,), "stop", (Mode.IDLE,), _end),
    **_rows((Mode.CONFIRMING_STOP,), "no", RUNNING, _resume),
    # Pausing and going on
    **_rows((*RUNNING, *_ASKING), "pause", (Mode.PAUSED,), _pause),
    **_rows(WAITING, "resume", RUNNING, _resume),
    **_rows((Mode.PAUSED,), "ready", RUNNING, _resume),
    **_rows(RUNNING, "ready", RUNNING, _ready),
    **_rows(RUNNING, "resume", RUNNING, _ready),
    # Pain: at once, from anywhere
    **_rows((*RUNNING, *WAITING), "hurts", (Mode.HURTING,), _hurts),
    **_stay((Mode.IDLE,), "hurts", answers.hurts_idle),
    **_rows(_LED, "easier", _START, _easier, or_stay=True),
    # Moving about
    **_rows(_LED, "next", (Mode.INTRODUCING, Mode.FINISHING), _skip),
    **_rows(_LED, "previous", _START, _previous),
    **_rows(_LED, "restart", _START, _restart),
    # Answers
    **_stay((*RUNNING, Mode.PAUSED), "repeat", answers.repeat),
    **_stay(_LED, "time_left", answers.time_left),
    **_stay(_LED, "whats_next", answers.whats_next),
    **_stay(_LED, "why", answers.why),
    **_stay(_LED, "which_side", answers.which_side),
    **_stay(RUNNING, "more_time", answers.more_time),
    **_stay(Mode, "help", answers.help_with),
    **_stay(Mode, "slower", answers.slower),
    **_stay(Mode, "faster", answers.faster),
    **_stay(Mode, "louder", answers.louder),
    **_stay(Mode, "quieter", answers.quieter),
}
"""Every change of state there is; `scripts/draw_states` draws it."""
