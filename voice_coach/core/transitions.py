"""The moves that a session can make: say, answer, begin a cue, jump, freeze, ask.

Owns how one move changes the state and what it asks for; must not know which command or event
leads to it (`session.py`, `answers.py`).
"""

from dataclasses import replace

from voice_coach.core import notes
from voice_coach.core.breathing import at_pace, breath_begun, from_the_next_breath, marks_left
from voice_coach.core.cues import Cue, CueKind, Signal
from voice_coach.core.lines import SaidLine, unheard, with_line
from voice_coach.core.plan import Arrival, Plan, make_plan, numbered
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Routine
from voice_coach.core.state import (
    DANGER_EVERY,
    RUNNING,
    Action,
    Chime,
    Give,
    Mode,
    Progress,
    Role,
    Say,
    Silence,
    State,
    Tone,
)
from voice_coach.units import Samples, to_samples

GAP = to_samples(0.05)
"""Silence between what was cut off and the answer."""
AFTER_ANSWER = to_samples(0.25)
"""Silence between an answer and what goes on after it."""
SHORT_WORDS = to_samples(5)
"""Words that start a movement are said whole after an answer if they take no longer."""
ESTIMATED = 1.5
"""So much longer than estimated words may take that have not been measured."""

_MODE_OF = {
    CueKind.WELCOME: Mode.INTRODUCING,
    CueKind.INTRODUCE: Mode.INTRODUCING,
    CueKind.GET_READY: Mode.GETTING_READY,
    CueKind.MOVE: Mode.EXERCISING,
    CueKind.REST: Mode.RESTING,
    CueKind.FINISH: Mode.FINISHING,
}

Result = tuple[State, tuple[Action, ...]]
"""The state after a move, and what is to be done."""


def say(state: State, text: str, at: Samples, role: Role, breath: Samples = 0) -> Result:
    """Put `text` on air from sample `at` on, as the next utterance."""
    number = state.utterance + 1
    lines = state.lines
    if role is Role.ANSWER:
        lines = with_line(lines, SaidLine(text, at, aside=True))
    speaking = replace(state, utterance=number, on_air=role, lines=lines)
    return speaking, (Say(number, text, at, role, state.preferences.tempo, breath),)


def give(state: State, signal: Signal, at: Samples, role: Role) -> Result:
    """Give `signal` from sample `at` on, as the next utterance."""
    number = state.utterance + 1
    return replace(state, utterance=number, on_air=role), (Give(number, signal, at, role),)


def hush(state: State) -> tuple[Action, ...]:
    """Return what silences the words on air, if there are any.

    A tone goes on, unless it is that of a cue whose words are cut: it comes again with them.
    """
    return (Silence(tones=state.on_air is Role.CUE),) if state.on_air else ()


def answer(state: State, text: str, now: Samples) -> Result:
    """Say something that is not part of the routine; of words that it cuts the rest comes again."""
    cut = cut_off(state, now)
    due = cut.due if state.mode in RUNNING else None
    at = now + GAP if state.on_air else now
    after, actions = say(replace(cut, due=due), text, at, Role.ANSWER)
    return after, hush(state) + actions


def cut_off(state: State, now: Samples) -> State:
    """Return `state` knowing what is still to be said of the words that are cut off, if any are."""
    if state.cut or state.on_air is not Role.CUE or state.mode not in RUNNING:
        return state
    if state.cue.kind is not CueKind.INTRODUCE and state.cue.timed and state.ends is not None:
        return state  # it goes on, whatever is said
    cue, words, length = state.cue, state.words, state.words_length
    whole = cue.with_words or (cue.kind is CueKind.MOVE and length <= SHORT_WORDS)
    at_most = length if cue.measured is not None else round(ESTIMATED * length)
    rest = words if whole else unheard(words, at_most, now - state.said_at)
    if cue.timed:  # nobody may be led on without having heard where to
        return replace(state, cut=True, rest=words, ends=None, due=None)
    return replace(state, cut=True, rest=rest)


def go_on_with_rest(state: State, at: Samples) -> Result:
    """Say what an answer has left unheard of the words of the cue; then they count as said now."""
    whole = next((line for line in reversed(state.lines) if not line.aside), None)
    after, actions = begin(state, state.index, at, left=state.left, words=state.rest)
    lines = with_line(state.lines, replace(whole, at=at)) if whole else after.lines
    return replace(after, lines=lines), actions


def begin(state: State, index: int, at: Samples, *, left: Samples | None = None,
           prefix: str = "", words: str = "", praised: bool = False,
           aloud: bool = False) -> Result:  # fmt: skip
    """Say the words of cue `index`, and count `left` (all of it, if not given) after them.

    `words` are said in place of its own. `praised`: what came before was done to its end.
    `aloud`: words even where a signal would do.
    """
    cue = plan_of(state).cues[index]
    sounds = cue.signal if not (prefix or words or aloud) else None
    left = cue.count if left is None or cue.begun_anew else left
    going = _going(state, at)
    standing = replace(
        going,
        progress=_begun(going, cue),
        mode=_MODE_OF[cue.kind],
        index=index,
        said_at=at,
        words="",
        cut=False,
        rest="",
        left=left,
        ends=None,
        due=None,
        marks=marks_left(cue, left),
        breath=cue.breath,
        breath_at=at,
        breath_length=cue.count if cue.with_words else 0,
        wake=None,
        unwell=False,
        # Who is waited for, and who has come to the end, must be heard.
        muted=state.muted and not cue.waits and cue.kind is not CueKind.FINISH,
    )
    tone = (Tone(cue.tone, at, cue.count),) if cue.tone else ()
    text = f"{prefix} {words or _words(standing, praised)}".strip()
    if cue.timed and not words:  # other words than its own take the time that they take
        standing = with_due(replace(standing, ends=at + left))
    if not (text or sounds):
        ticks = (Chime(Signal.LEAD_IN, at),) if cue.kind is CueKind.MOVE else ()
        return standing, (*ticks, *tone, _reached(standing))
    standing = replace(standing, lines=with_line(state.lines, SaidLine(text, at)))
    after, actions = (
        give(standing, sounds, at, Role.CUE)
        if sounds
        else say(replace(standing, words=text), text, at, Role.CUE)
    )
    return after, (*actions, *tone, _reached(after))


def called(state: State) -> State:
    """Return `state` knowing that a command led to the last line, which is meant by "again"."""
    *earlier, last = state.lines
    return replace(state, lines=(*earlier, replace(last, called=True)))


def _going(state: State, at: Samples) -> State:
    """Let time count again for the session, if it stood still."""
    progress = state.progress
    if progress.frozen is None:
        return state
    began = progress.began + at - progress.frozen
    return replace(state, progress=replace(progress, began=began, frozen=None))


def _begun(state: State, cue: Cue) -> Progress:
    """Return the progress once `cue` has begun: its exercise is, with the first move."""
    moves = {cue.exercise} if cue.kind is CueKind.MOVE else set()
    return replace(state.progress, begun=state.progress.begun | moves)


def _words(state: State, praised: bool) -> str:
    if state.cue.kind is CueKind.FINISH:
        return farewell(state, state.said_at)
    return state.cue.words if praised and not state.cue.signal else state.cue.text


def farewell(state: State, now: Samples) -> str:
    """Return what is said at the end: what was done and what was not."""
    progress, routine = state.progress, plan_of(state).routine
    skipped = list(
        dict.fromkeys(routine.exercises[i].name for i in sorted(progress.skipped - progress.begun))
    )
    done, partly = done_and_partly(state)
    last, length = not state.preferences.asks_about(routine), now - progress.began
    return state.language.farewell(routine.name, done, partly, skipped, length, last=last)


def done_and_partly(state: State) -> tuple[int, int]:
    """Return how many exercises were done to their end, and how many in part.

    What is done again in a later round of a circuit counts once.
    """
    places, _ = numbered(plan_of(state).routine)
    progress = state.progress
    done = {places[i] for i in progress.done}
    begun = {places[i] for i in progress.begun - progress.done}
    return len(done), len(begun - done)


def _reached(state: State) -> notes.Finished | notes.CueReached:
    if state.cue.kind is CueKind.FINISH:
        return notes.Finished()
    repetition, side = plan_of(state).repetition_at(state.index)
    named = side.value if side else None
    return notes.CueReached(*about(state), state.index, repetition, named)


def jump(state: State, index: int, now: Samples, *, left: Samples | None = None,
         prefix: str = "", words: str = "") -> Result:  # fmt: skip
    """Leave the current cue, whatever it is doing, for cue `index`."""
    at = now + GAP if state.on_air else now
    sounding = state.on_air or state.ends is not None
    cue = plan_of(state).cues[index]
    if not (prefix or words or cue.text or cue.signal):  # whoever asked for it hears an answer
        prefix = state.texts.we_go_on
    after, actions = begin(state, index, at, left=left, prefix=prefix, words=words)
    return called(after), ((Silence(),) if sounding else ()) + actions


def lead_to(state: State, exercise: int, now: Samples, *, prefix: str = "",
            there: bool = False) -> Result:  # fmt: skip
    """Begin `exercise`, or the finish past the last one, with what was not heard yet.

    In the exercise where the session stands, nothing of its introduction (or of the welcome) is
    passed over, and its set-up is always said again. To another one the user comes from wherever
    they are now. Who is `there` already is not told how to get there, nor waited for long.
    """
    plan, here = plan_of(state), state.cue
    stays = here.exercise == exercise and here.kind is not CueKind.FINISH
    if there:
        state = replace(state, arrival=Arrival(exercise, state.exercise.position))
    elif not stays:
        state = replace(state, arrival=Arrival(exercise, plan.position_at(state.index)))
    known = {cue.words: cue.measured for cue in plan.cues if cue.measured is not None}
    laid = laid_out(state, plan.routine).measured(known)
    if there:
        setup = laid.setup_of(exercise)
        words = laid.cues[setup].text.removeprefix(state.exercise.get_there).strip()
        return jump(replace(state, plan=laid), setup, now, prefix=prefix, words=words)
    heading = laid.heading_of(exercise)
    index = min(state.heard_to, plan.setup_of(exercise)) if stays else heading
    if here.kind is CueKind.REST and stays:  # it may be that before the first movement
        index = max(index, heading)
    return jump(replace(state, plan=laid), index, now, prefix=prefix)


def about(state: State) -> tuple[int, str]:
    """Return index and name by which notes know the exercise at which the session stands."""
    return state.cue.exercise, state.exercise.name


def named(state: State) -> tuple[str, str]:
    """Return routine and exercise by which the memory knows the present exercise."""
    return plan_of(state).routine.name, state.exercise.name


def with_hurt(state: State) -> State:
    """Return `state` knowing that the exercise hurt, for the next session, too."""
    memory = replace(state.memory, hurt=state.memory.hurt | {named(state)})
    progress = replace(state.progress, hurt=state.progress.hurt | {state.cue.exercise})
    return replace(state, memory=memory, progress=progress)


def with_due(state: State) -> State:
    """Return `state` with the moment of its next mark, or of the end of its count."""
    assert state.ends is not None  # noqa: S101 - a bug of ours otherwise
    return replace(state, due=state.ends - (state.marks[0].left if state.marks else 0))


def freeze(state: State, mode: Mode, now: Samples) -> State:
    """Stop the count; a breath that was begun will be begun again. Whoever is asked is heard."""
    left = state.count_left(now)
    if state.plan is not None:
        left = breath_begun(state.cue, left)
    since = now if state.progress.frozen is None else state.progress.frozen
    progress = replace(state.progress, frozen=since)
    return replace(state, mode=mode, left=left, ends=None, due=None, marks=(), cut=False,
                   progress=progress, wake=None, muted=False)  # fmt: skip


def ask(state: State, mode: Mode, text: str, now: Samples) -> Result:
    """Stop everything, freeze in `mode` and say `text`."""
    at = now + GAP if state.on_air else now
    after, actions = say(freeze(state, mode, now), text, at, Role.ANSWER)
    return after, (Silence(), *actions)


def to_idle(state: State) -> State:
    """Return what is left when a session has ended."""
    memory = state.memory
    if state.index > 0:  # else the signs of danger are still to be named
        memory = replace(memory, sessions=memory.sessions + 1)
    if state.plan is not None and state.cue.kind is CueKind.FINISH:
        name = state.plan.routine.name
        memory = replace(memory, led={**memory.led, name: memory.led.get(name, 0) + 1})
    return State(
        state.routines,
        state.language,
        preferences=state.preferences,
        voices=state.voices,
        memory=memory,
        utterance=state.utterance,
        on_air=state.on_air,
    )


def laid_out(state: State, routine: Routine, remark: str | None = None) -> Plan:
    """Return the plan of `routine` for this user, as the state says it is done.

    Its `remark` stays that of the plan that there is, if none is given.
    """
    if remark is None:
        remark = state.plan.remark if state.plan else ""
    return make_plan(
        routine,
        state.language,
        state.preferences,
        shifts=state.shifts,
        told=state.told,
        sessions=state.memory.sessions,
        led=state.memory.led.get(routine.name, 0),
        danger="" if state.memory.sessions % DANGER_EVERY else state.texts.red_flags,
        arrival=state.arrival,
        remark=remark,
    )


def prefer(state: State, preferences: Preferences) -> State:
    """Change the preferences; the plan follows, and a running count with its next breath."""
    preferred = replace(state, preferences=preferences)
    if state.plan is None:
        return preferred
    plan = laid_out(preferred, state.plan.routine)
    changed, cue = replace(preferred, plan=plan), plan.cues[state.index]
    if state.ends is not None:
        marks, ends = from_the_next_breath(state.marks, state.ends, cue)
        retimed = replace(changed, marks=marks, ends=ends)
        return retimed if state.due is None else with_due(retimed)
    left = cue.count if state.left == state.cue.count else at_pace(state.cue, cue, state.left)
    marks = marks_left(cue, left) if state.mode in RUNNING else ()
    return replace(changed, left=left, marks=marks)


def plan_of(state: State) -> Plan:
    """Return the plan; only while there is one."""
    assert state.plan is not None  # noqa: S101 - a bug of ours: only `start` leaves idle
    return state.plan


def coming_at(state: State, index: int) -> str:
    """Name the repetition, the set or the last part to which cue `index` belongs or leads.

    Nothing where it is the first one, or no movement.
    """
    plan, language = plan_of(state), state.language
    cue = plan.cues[index + 1 if plan.cues[index].kind is CueKind.REST else index]
    if cue.kind is not CueKind.MOVE:
        return ""
    if not cue.through:
        return language.coming(2, 1)
    if cue.repetition > 1:
        return language.coming(cue.repetition, cue.repetitions)
    return language.coming_set(cue.set, cue.sets) if cue.set > 1 else ""


def names_of(state: State) -> list[str]:
    """Return the names of all routines."""
    return [routine.name for routine in state.routines]


def can_be_easier(state: State) -> bool:
    """Whether there is a gentler variant of this exercise than the one that is done."""
    return state.shift > state.written.easiest


def ways_on(state: State) -> list[str]:
    """Return how one may go on after pain: "easier", "next", "stop"."""
    last = state.cue.exercise + 1 == len(plan_of(state).routine.exercises)
    easier = ["easier"] if can_be_easier(state) else []
    return easier + ([] if last else ["next"]) + ["stop"]
