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

from voice_coach.core import phrases
from voice_coach.core.plan import CueKind, MarkKind, Plan, make_plan, name_side
from voice_coach.core.routine import Breath
from voice_coach.core.state import (
    RUNNING,
    WAITING,
    Action,
    Event,
    Heard,
    Mode,
    Role,
    Say,
    SetVolume,
    Silence,
    Spoken,
    State,
    TimeUp,
)
from voice_coach.units import Samples, to_samples

GAP = to_samples(0.25)
"""Silence between what was cut off and the answer."""
MORE_TIME = to_samples(10)
ASK_AGAIN = to_samples(15)
"""How long a question waits for its answer."""
TEMPO_STEP, SLOWEST, FASTEST = 1.15, 1.15**-4, 1.15**4
VOLUME_STEP_DB, QUIETEST_DB, LOUDEST_DB = 4.0, -24.0, 8.0

_MODE_OF = {
    CueKind.WELCOME: Mode.INTRODUCING,
    CueKind.INTRODUCE: Mode.INTRODUCING,
    CueKind.GET_READY: Mode.GETTING_READY,
    CueKind.MOVE: Mode.EXERCISING,
    CueKind.REST: Mode.RESTING,
    CueKind.FINISH: Mode.FINISHING,
}

Result = tuple[State, tuple[Action, ...]]
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
        return _out_of_place(state, event, now) if isinstance(event, Heard) else (state, ())
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


# Speaking


def _say(state: State, text: str, at: Samples, role: Role) -> Result:
    number = state.utterance + 1
    speaking = replace(state, utterance=number, on_air=role)
    return speaking, (Say(number, text, at, role, state.tempo),)


def _hush(state: State) -> tuple[Action, ...]:
    return (Silence(),) if state.on_air else ()


def _answer(state: State, text: str, now: Samples) -> Result:
    """Say something that is not part of the routine; words that it cuts come again."""
    cut = state.cut or (state.on_air is Role.CUE and state.mode in RUNNING)
    due = state.due if state.mode in RUNNING else None
    at = now + GAP if state.on_air else now
    after, say = _say(replace(state, cut=cut, due=due), text, at, Role.ANSWER)
    return after, _hush(state) + say


def _out_of_place(state: State, _: Event, now: Samples) -> Result:
    match state.mode:
        case Mode.IDLE:
            return _answer(state, phrases.nothing_running(_names(state)), now)
        case Mode.PAUSED:
            return _answer(state, phrases.STILL_PAUSED, now)
        case Mode.CONFIRMING_STOP:
            return _answer(state, phrases.CONFIRM_STOP, now)
        case Mode.HURTING:
            return _answer(state, phrases.hurt_choices(_ways_on(state)), now)
        case _:
            return _answer(state, phrases.NOT_ASKED, now)


def _plan(state: State) -> Plan:
    assert state.plan is not None  # noqa: S101 - a bug of ours: only `start` leaves idle
    return state.plan


def _names(state: State) -> list[str]:
    return [routine.name for routine in state.routines]


# Walking along the plan


def _begin(state: State, index: int, at: Samples, *, left: Samples | None = None,
           prefix: str = "") -> Result:  # fmt: skip
    """Say the words of cue `index`, and count `left` (all of it, if not given) after them."""
    cue = _plan(state).cues[index]
    left = cue.count if left is None or cue.with_words else left
    standing = replace(
        state,
        mode=_MODE_OF[cue.kind],
        index=index,
        said_at=at,
        cut=False,
        left=left,
        ends=None,
        due=None,
        marks=tuple(mark for mark in cue.marks if mark.left <= left),
        breath=cue.breath,
    )
    return _say(standing, f"{prefix} {cue.text}".strip(), at, Role.CUE)


def _jump(state: State, index: int, now: Samples, *, prefix: str = "") -> Result:
    """Leave the current cue, whatever it is doing, for cue `index`."""
    at = now + GAP if state.on_air else now
    after, actions = _begin(state, index, at, prefix=prefix)
    return after, _hush(state) + actions


def _count(state: State, start: Samples, now: Samples) -> State:
    """Let the count run from `start`; it cannot end before `now`."""
    return _with_due(replace(state, on_air=None, ends=max(start + state.left, now)))


def _with_due(state: State) -> State:
    assert state.ends is not None  # noqa: S101 - a bug of ours otherwise
    return replace(state, due=state.ends - (state.marks[0].left if state.marks else 0))


def _spoken(state: State, _: Event, now: Samples) -> Result:
    said, silent = state.on_air, replace(state, on_air=None)
    if state.cut:
        return _begin(silent, state.index, now + GAP, left=state.left)
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
        after = _with_due(replace(state, marks=tuple(later), breath=mark.breath or state.breath))
        return (after, ()) if state.on_air else _say(after, mark.text, now, Role.MARK)
    if state.on_air:  # an answer, longer than the count: `_spoken` goes on after it
        return replace(state, due=None), ()
    return _next_cue(state, now)


def _next_cue(state: State, at: Samples) -> Result:
    if state.cue.kind is CueKind.FINISH:
        return _to_idle(state), ()
    return _begin(state, state.index + 1, at)


def _to_idle(state: State) -> State:
    return State(state.routines, tempo=state.tempo, volume_db=state.volume_db,
                 utterance=state.utterance)  # fmt: skip


def _start(state: State, event: Event, now: Samples) -> Result:
    wanted = str(_slot(event, "routine") or state.routines[0].name).casefold()
    for routine in sorted(state.routines, key=lambda each: each.name.casefold() != wanted):
        if wanted in routine.spoken_names:
            fresh = replace(state, plan=make_plan(routine, tempo=state.tempo), easier=frozenset())
            return _jump(fresh, 0, now)
    return _answer(state, phrases.unknown_routine(_names(state)), now)


def _slot(event: Event, name: str) -> object:
    return event.intent.slots.get(name) if isinstance(event, Heard) else None


def _start_again(state: State, event: Event, now: Samples) -> Result:
    """ "Let's go" means "ready" or "resume"; a named routine would be another session."""
    if _slot(event, "routine"):
        return _answer(state, phrases.already_in(_plan(state).routine.name), now)
    return (_resume if state.mode in WAITING else _ready)(state, event, now)


def _skip(state: State, _: Event, now: Samples) -> Result:
    return _jump(state, _plan(state).heading_of(state.cue.exercise + 1), now)


def _previous(state: State, _: Event, now: Samples) -> Result:
    if state.cue.exercise == 0:
        return _jump(state, _plan(state).setup_of(0), now, prefix=phrases.FIRST_EXERCISE)
    return _jump(state, _plan(state).heading_of(state.cue.exercise - 1), now)


def _restart(state: State, _: Event, now: Samples) -> Result:
    setup = _plan(state).setup_of(state.cue.exercise)
    return _jump(state, setup, now, prefix=phrases.FROM_THE_START)


def _easier(state: State, _: Event, now: Samples) -> Result:
    if state.exercise.easier is None:
        return _answer(state, phrases.NO_EASIER, now)
    easier = state.easier | {state.cue.exercise}
    plan = make_plan(_plan(state).routine, tempo=state.tempo, easier=easier)
    setup = plan.setup_of(state.cue.exercise)
    eased = replace(state, easier=easier, plan=plan)
    return _jump(eased, setup, now, prefix=phrases.EASIER)


def _ready(state: State, _: Event, now: Samples) -> Result:
    if state.mode not in (Mode.GETTING_READY, Mode.RESTING):
        return _answer(state, phrases.ALREADY_GOING, now)
    return _jump(state, state.index + 1, now)


# Waiting for the user


def _freeze(state: State, mode: Mode, now: Samples) -> State:
    """Stop the count; a breath that was begun will be begun again."""
    left = state.count_left(now)
    if state.plan is not None:
        breaths = [m.left for m in state.cue.marks if m.breath is Breath.INHALE and m.left >= left]
        left = min(breaths, default=left)
    return replace(state, mode=mode, left=left, ends=None, due=None, marks=(), cut=False)


def _ask(state: State, mode: Mode, text: str, now: Samples) -> Result:
    after, actions = _say(_freeze(state, mode, now), text, now + GAP, Role.ANSWER)
    return after, (Silence(), *actions)


def _pause(state: State, _: Event, now: Samples) -> Result:
    return _ask(state, Mode.PAUSED, phrases.PAUSED, now)


def _stop(state: State, _: Event, now: Samples) -> Result:
    return _ask(state, Mode.CONFIRMING_STOP, phrases.CONFIRM_STOP, now)


def _end(state: State, _: Event, now: Samples) -> Result:
    after, actions = _say(_to_idle(state), phrases.STOPPED, now + GAP, Role.ANSWER)
    return after, (Silence(), *actions)


def _hurts(state: State, _: Event, now: Samples) -> Result:
    release = state.exercise.release if state.cue.kind is CueKind.MOVE else None
    words = name_side(release.cue, state.cue.side) if release else None
    ways = _ways_on(state)
    return _ask(state, Mode.HURTING, phrases.hurts(words, ways), now)


def _ways_on(state: State) -> list[str]:
    last = state.cue.exercise + 1 == len(_plan(state).routine.exercises)
    easier = ["easier"] if state.exercise.easier else []
    return easier + ([] if last else ["next"]) + ["stop"]


def _resume(state: State, event: Event, now: Samples) -> Result:
    declined = isinstance(event, Heard) and event.intent.name == "no"
    after, actions = _begin(
        state,
        state.index,
        now + GAP if state.on_air else now,
        left=state.left,
        prefix=phrases.GOING_ON if declined else "",
    )
    return after, _hush(state) + actions


def _no_answer(state: State, _: Event, now: Samples) -> Result:
    """A question that nobody answers becomes a pause, in which every way on stays open."""
    hurting = state.mode is Mode.HURTING
    text = phrases.hurt_choices(_ways_on(state)) if hurting else phrases.NO_ANSWER
    return _ask(state, Mode.PAUSED, text, now)


# Answers


def _repeat(state: State, _: Event, now: Samples) -> Result:
    if state.mode in RUNNING and state.ends is None:
        after, actions = _begin(state, state.index, now + GAP, left=state.left)
        return after, _hush(state) + actions
    return _answer(state, state.cue.text, now)


def _time_left(state: State, _: Event, now: Samples) -> Result:
    held = state.cue.kind is CueKind.MOVE and not state.cue.with_words
    step = state.count_left(now) if held else None
    return _answer(state, phrases.time_left(step, state.session_left(now)), now)


def _whats_next(state: State, _: Event, now: Samples) -> Result:
    later = _plan(state).routine.exercises[state.cue.exercise + 1 :]
    return _answer(state, phrases.whats_next(later[0].name if later else None), now)


def _why(state: State, _: Event, now: Samples) -> Result:
    welcome = state.cue.kind is CueKind.WELCOME
    return _answer(state, (_plan(state).routine if welcome else state.exercise).purpose, now)


def _which_side(state: State, _: Event, now: Samples) -> Result:
    return _answer(state, phrases.which_side(state.cue.side, state.exercise.sides), now)


def _help(state: State, _: Event, now: Samples) -> Result:
    match state.mode:
        case Mode.IDLE:
            return _answer(state, phrases.help_idle(_names(state)), now)
        case Mode.PAUSED:
            return _answer(state, phrases.HELP_PAUSED, now)
        case Mode.CONFIRMING_STOP | Mode.HURTING:
            return _out_of_place(state, _, now)
        case _:
            return _answer(state, phrases.HELP_LEADING, now)


def _hurts_idle(state: State, _: Event, now: Samples) -> Result:
    return _answer(state, phrases.NOTHING_RUNNING_PAIN, now)


def _slower(state: State, _: Event, now: Samples) -> Result:
    return _change_tempo(state, 1 / TEMPO_STEP, now, phrases.SLOWER, phrases.SLOWEST)


def _faster(state: State, _: Event, now: Samples) -> Result:
    return _change_tempo(state, TEMPO_STEP, now, phrases.FASTER, phrases.FASTEST)


def _change_tempo(state: State, factor: float, now: Samples, done: str, limit: str) -> Result:
    """Change the pace of breath and speech, from the next cue on."""
    tempo = round(state.tempo * factor, 6)
    if not SLOWEST - 1e-6 <= tempo <= FASTEST + 1e-6:
        return _answer(state, limit, now)
    changed = replace(state, tempo=tempo)
    if state.plan is not None:
        plan = make_plan(_plan(state).routine, tempo=tempo, easier=state.easier)
        whole = state.ends is None and state.left == state.cue.count
        left = plan.cues[state.index].count if whole else state.left
        changed = replace(changed, plan=plan, left=left)
    return _answer(changed, done, now)


def _louder(state: State, _: Event, now: Samples) -> Result:
    return _change_volume(state, VOLUME_STEP_DB, now, phrases.LOUDER, phrases.LOUDEST)


def _quieter(state: State, _: Event, now: Samples) -> Result:
    return _change_volume(state, -VOLUME_STEP_DB, now, phrases.QUIETER, phrases.QUIETEST)


def _change_volume(state: State, step: float, now: Samples, done: str, limit: str) -> Result:
    db = state.volume_db + step
    if not QUIETEST_DB <= db <= LOUDEST_DB:
        return _answer(state, limit, now)
    after, actions = _answer(replace(state, volume_db=db), done, now)
    return after, (SetVolume(db), *actions)


def _more_time(state: State, _: Event, now: Samples) -> Result:
    """Lengthen a hold or a rest; its last seconds are then counted down anew."""
    if not state.cue.may_extend:
        return _answer(state, phrases.NO_MORE_TIME, now)
    unsaid = [replace(mark, left=mark.left + MORE_TIME) for mark in state.marks
              if mark.kind not in (MarkKind.COUNTDOWN, MarkKind.HALFWAY)]  # fmt: skip
    countdown = [mark for mark in state.cue.marks if mark.kind is MarkKind.COUNTDOWN]
    longer = replace(state, left=state.left + MORE_TIME, marks=(*unsaid, *countdown))
    if state.ends is not None:
        longer = _with_due(replace(longer, ends=max(state.ends, now) + MORE_TIME))
    return _answer(longer, phrases.MORE_TIME, now)


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
    **_stay((Mode.IDLE,), "hurts", _hurts_idle),
    **_rows(_LED, "easier", _START, _easier, or_stay=True),
    # Moving about
    **_rows(_LED, "next", (Mode.INTRODUCING, Mode.FINISHING), _skip),
    **_rows(_LED, "previous", _START, _previous),
    **_rows(_LED, "restart", _START, _restart),
    # Answers
    **_stay((*RUNNING, Mode.PAUSED), "repeat", _repeat),
    **_stay(_LED, "time_left", _time_left),
    **_stay(_LED, "whats_next", _whats_next),
    **_stay(_LED, "why", _why),
    **_stay(_LED, "which_side", _which_side),
    **_stay(RUNNING, "more_time", _more_time),
    **_stay(Mode, "help", _help),
    **_stay(Mode, "slower", _slower),
    **_stay(Mode, "faster", _faster),
    **_stay(Mode, "louder", _louder),
    **_stay(Mode, "quieter", _quieter),
}
"""Every change of state there is; `scripts/draw_states` draws it."""
