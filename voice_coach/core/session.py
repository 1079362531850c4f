"""The session: what the coach does next, given what was heard and how far the clock has come.

Theory of operation. A routine is laid out as a row of cues (`plan.py`). The session stands at
one cue. First its words are on air; when the loudspeaker has said them (`Spoken`), its time is
counted; when that is over (`TimeUp` at `State.due`), the next cue begins at that very sample.
Marks ("halfway", "breathe out") fall due while a cue is counted. An answer to a command takes
the air from whatever is being said; of words that it cut, those that nobody has heard come
afterwards (`lines.py`), while a running count goes on beneath it. Pausing, and every question
that waits for an answer, freezes the count; going on says the words of the cue again and counts
what was left, or leads into it after a long pause (`leading_in.py`). A jump leads to the earliest
thing that was not heard yet (`transitions.lead_to`).

Everything that can change the state stands in `TABLE`: (mode, trigger) → the modes it may lead
to and the function that does it. What is not in the table gets a short spoken answer. This
module must not do I/O nor know the time: `now` is always given, in samples.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from voice_coach.core import (
    answers,
    attention,
    care,
    commands,
    ending,
    progress,
    questions,
    replies,
    requests,
)
from voice_coach.core.state import (
    LED,
    RUNNING,
    WAITING,
    Event,
    Heard,
    Measured,
    Missed,
    Mode,
    Opened,
    Spoken,
    State,
    TimeUp,
    Unheard,
)
from voice_coach.core.transitions import Result
from voice_coach.units import Samples

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
    if isinstance(event, Measured):
        measured = state.plan.measured(event.lengths) if state.plan else None
        return replace(state, plan=measured), ()
    if isinstance(event, Heard):
        return _obeyed(state, event, now) if attention.heeds(state, event) else (state, ())
    return _followed(state, event, now)


def _obeyed(state: State, event: Heard, now: Samples) -> Result:
    """Do what a command asks; one that is given by hand, or must be heard, ends "muted"."""
    again = state.again if event.intent.name == "repeat" else None
    heard = replace(state, asked=0, again=again, muted=False, missed=Missed())
    if state.muted and event.intent.name == "mute":
        return attention.listen_again(heard, now)
    return _followed(heard, event, now)


def _followed(state: State, event: Event, now: Samples) -> Result:
    """Return what the table says; who feels unwell is not led on before they insist on it."""
    trigger = trigger_of(event)
    rule = TABLE.get((state.mode, trigger))
    if rule is None:
        return answers.out_of_place(state, event, now) if isinstance(event, Heard) else (state, ())
    after, actions = rule.act(state, event, now)
    assert after.mode in rule.to, f"{state.mode} --{trigger}--> {after.mode}"  # noqa: S101
    if state.unwell and after.mode in RUNNING:
        return care.well_again(state, now)
    return after, actions


def trigger_of(event: Event) -> str:
    """Return the name under which `event` stands in the table."""
    match event:
        case Heard(intent):
            return intent.name
        case Unheard():
            return "(unheard)"
        case Spoken():
            return "(spoken)"
        case TimeUp():
            return "(time up)"
        case Opened():
            return "(opened)"
        case Measured():
            return "(measured)"


def upcoming(state: State) -> Iterator[tuple[str, Samples]]:
    """Yield what will be said if nobody interrupts, soonest first, to be rendered ahead.

    With each text comes the length of the breath that it leads, 0 where it leads none.

    Common answers come early: they must not wait for the end of a long routine.
    """
    cues = state.plan.cues[state.index :] if state.plan else ()
    led = [
        words
        for cue in cues
        for words in ((cue.words, 0), *((mark.text, mark.length) for mark in cue.marks))
    ]
    words = [(text, breath) for text, breath in led if text]
    if state.cut and state.rest:
        yield state.rest, 0
    yield from words[:10]
    yield from ((text, 0) for text in state.language.common)
    yield from words[10:]


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
_PAIN = (Mode.ASKING_PAIN, Mode.CONFIRMING_PAIN)
_BEFORE_THE_END = tuple(mode for mode in RUNNING if mode is not Mode.FINISHING)
_UNDER_WAY = (*_BEFORE_THE_END, Mode.PAUSED, Mode.HURTING)
"""Modes in which there is still something to be done."""
_DONE = (Mode.FINISHING,)
_START = (Mode.INTRODUCING,)
_BEGIN = (Mode.ASKING_PAIN, *_START)
_AROUND = (*_START, Mode.IDLE)
_OVER = (Mode.ASKING_PAIN, Mode.IDLE)

TABLE: dict[tuple[Mode, str], Rule] = {
    # The routine moves on by itself
    **_rows(_BEFORE_THE_END, "(spoken)", RUNNING, progress.spoken),
    **_rows(_BEFORE_THE_END, "(time up)", RUNNING, progress.time_up),
    **_rows(
        (Mode.GETTING_READY, Mode.EXERCISING),
        "(time up)",
        (*RUNNING, Mode.PAUSED),
        progress.time_up,
    ),
    **_rows(
        (Mode.FINISHING,), "(spoken)", (Mode.ASKING_PAIN, Mode.IDLE), progress.spoken, or_stay=True
    ),
    **_rows(
        (Mode.FINISHING,),
        "(time up)",
        (Mode.ASKING_PAIN, Mode.IDLE),
        progress.time_up,
        or_stay=True,
    ),
    **_stay((Mode.IDLE,), "(spoken)", progress.answered),
    **_stay((Mode.PAUSED,), "(spoken)", progress.paused),
    **_rows((Mode.PAUSED,), "(time up)", (Mode.IDLE, *RUNNING), requests.pause_over, or_stay=True),
    **_stay((*_ASKING, *_PAIN, Mode.OFFERING), "(spoken)", progress.asked),
    **_rows(_ASKING, "(time up)", (Mode.PAUSED,), commands.no_answer),
    **_stay(Mode, "(unheard)", attention.unheard),
    # Going on with a session that was cut off
    **_rows((Mode.IDLE,), "(opened)", (Mode.OFFERING,), questions.offer, or_stay=True),
    **_rows((Mode.OFFERING,), "(time up)", (Mode.IDLE,), questions.leave_open),
    **_rows((Mode.OFFERING,), "yes", _START, questions.proceed),
    **_rows((Mode.OFFERING,), "resume", _START, questions.proceed),
    **_rows((Mode.OFFERING,), "ready", _START, questions.proceed),
    **_rows((Mode.OFFERING,), "start", _BEGIN, replies.start_instead, or_stay=True),
    **_rows((Mode.OFFERING,), "restart", _BEGIN, replies.begin_anew),
    **_rows((Mode.OFFERING,), "no", (Mode.IDLE,), questions.decline),
    **_rows((Mode.OFFERING,), "stop", (Mode.IDLE,), questions.decline),
    **_rows((Mode.OFFERING,), "next", (Mode.IDLE,), questions.decline),
    **_rows((Mode.OFFERING,), "unsure", (Mode.IDLE,), replies.leave_for_later),
    **_rows((Mode.OFFERING,), "goodbye", (Mode.IDLE,), replies.goodbye),
    **_stay((Mode.OFFERING,), "repeat", questions.offer),
    **_rows((Mode.IDLE,), "resume", _START, questions.proceed, or_stay=True),
    # How it feels, before and after
    **_rows(_PAIN, "number", (Mode.CONFIRMING_PAIN,), questions.number),
    **_rows((Mode.ASKING_PAIN,), "no", _AROUND, questions.skip),
    **_rows(_PAIN, "start", (*_BEGIN, Mode.IDLE), replies.start_at_pain, or_stay=True),
    **_rows(_PAIN, "ready", _AROUND, questions.skip),
    **_rows(_PAIN, "resume", _AROUND, questions.skip),
    **_rows(_PAIN, "unsure", _AROUND, replies.unsure_of_pain),
    **_rows(_PAIN, "(time up)", _AROUND, questions.unanswered),
    **_rows(_PAIN, "next", _AROUND, questions.skip),
    **_rows((Mode.CONFIRMING_PAIN,), "yes", _AROUND, questions.right),
    **_rows((Mode.CONFIRMING_PAIN,), "no", (Mode.ASKING_PAIN,), questions.repeat_pain),
    **_rows(_PAIN, "repeat", (Mode.ASKING_PAIN,), questions.repeat_pain),
    **_stay((*_PAIN, Mode.OFFERING), "pause", questions.wait),
    **_rows(_PAIN, "stop", (Mode.IDLE,), commands.end),
    **_rows(_PAIN, "goodbye", (Mode.IDLE,), commands.end),
    **_stay((*_PAIN, Mode.OFFERING), "hurts", answers.hurts_idle),
    # Starting and ending
    **_rows((Mode.IDLE,), "start", _BEGIN, commands.start, or_stay=True),
    **_rows((Mode.IDLE,), "fit", _BEGIN, commands.start, or_stay=True),
    **_rows(_BEFORE_THE_END, "fit", _START, commands.fit, or_stay=True),
    **_rows(_BEFORE_THE_END, "start", RUNNING, commands.start_again),
    **_rows(WAITING, "start", RUNNING, commands.start_again, or_stay=True),
    **_rows(_BEFORE_THE_END, "stop", (Mode.CONFIRMING_STOP,), commands.stop),
    **_rows((Mode.PAUSED,), "stop", (Mode.CONFIRMING_STOP, Mode.IDLE), commands.stop),
    **_rows(_BEFORE_THE_END, "goodbye", (Mode.CONFIRMING_STOP,), commands.stop),
    **_rows((Mode.PAUSED,), "goodbye", (Mode.CONFIRMING_STOP, Mode.IDLE), commands.stop),
    **_rows(_ASKING, "stop", _OVER, commands.end),
    **_rows(_ASKING, "goodbye", _OVER, commands.end),
    **_rows((Mode.CONFIRMING_STOP,), "yes", _OVER, commands.end),
    **_rows((Mode.CONFIRMING_STOP,), "no", RUNNING, commands.resume),
    **_rows((Mode.CONFIRMING_STOP,), "unsure", (Mode.PAUSED,), replies.unsure_of_stopping),
    **_stay((Mode.HURTING,), "unsure", replies.unsure_of_the_way),
    **_stay((Mode.IDLE,), "goodbye", answers.goodbye),
    # Pausing and going on
    **_rows((*_BEFORE_THE_END, *_ASKING), "pause", (Mode.PAUSED,), requests.pause),
    **_stay((Mode.PAUSED,), "pause", requests.pause_again),
    **_stay((Mode.PAUSED,), "more_time", requests.pause_longer),
    **_rows(WAITING, "resume", RUNNING, commands.resume),
    **_rows((Mode.PAUSED, Mode.CONFIRMING_STOP), "ready", RUNNING, commands.resume),
    **_rows(_BEFORE_THE_END, "ready", RUNNING, commands.ready),
    **_stay(_BEFORE_THE_END, "resume", commands.go_on),
    **_rows(_BEFORE_THE_END, "done", RUNNING, requests.done),
    # Feeling unwell: at once, from anywhere, and nothing goes on by itself
    **_rows((*_BEFORE_THE_END, *WAITING), "unwell", (Mode.PAUSED,), care.unwell),
    **_rows((*_PAIN, Mode.OFFERING, *_DONE), "unwell", (Mode.IDLE,), care.unwell_at_an_end),
    **_stay((Mode.IDLE,), "unwell", care.unwell_idle),
    # Pain: at once, from anywhere
    **_rows((*_BEFORE_THE_END, *WAITING), "hurts", (Mode.HURTING,), commands.hurts),
    **_stay((Mode.IDLE,), "hurts", answers.hurts_idle),
    **_rows(_UNDER_WAY, "easier", _START, commands.easier, or_stay=True),
    **_rows(_UNDER_WAY, "full_version", _START, commands.full_version, or_stay=True),
    # Moving about
    **_rows(_UNDER_WAY, "next", (Mode.INTRODUCING, Mode.FINISHING), commands.skip),
    **_rows((*_UNDER_WAY, *_DONE), "previous", _START, commands.previous),
    **_rows((*_UNDER_WAY, *_DONE), "restart", _START, commands.restart),
    **_rows((*_UNDER_WAY, *_DONE), "goto", _START, requests.goto, or_stay=True),
    **_stay((Mode.IDLE,), "goto", requests.goto_idle),
    # The farewell: what is done can be done again, but not paused, skipped or stopped
    **_rows(_DONE, "start", (*_BEGIN, Mode.IDLE), ending.start_another, or_stay=True),
    **_rows(_DONE, "next", (Mode.ASKING_PAIN, Mode.IDLE), ending.skip),
    **_stay(_DONE, "pause", ending.wait),
    **_rows(_DONE, "stop", (Mode.IDLE,), commands.end),
    **_rows(_DONE, "goodbye", (Mode.IDLE,), commands.end),
    **_stay(_DONE, "hurts", ending.hurts),
    # Answers
    **_stay((Mode.IDLE, *RUNNING, Mode.PAUSED), "repeat", answers.repeat),
    **_stay(_UNDER_WAY, "time_left", answers.time_left),
    **_stay(_UNDER_WAY, "whats_next", answers.whats_next),
    **_stay((*_UNDER_WAY, *_DONE), "why", answers.why),
    **_stay(_UNDER_WAY, "which_side", answers.which_side),
    **_stay(_BEFORE_THE_END, "more_time", requests.more_time),
    **_stay(_UNDER_WAY, "count_left", requests.count_left),
    **_stay(_UNDER_WAY, "position", requests.position),
    **_stay((*_BEFORE_THE_END, Mode.PAUSED), "mute", attention.mute),
    **_stay(Mode, "help", answers.help_with),
    **_stay((Mode.IDLE, *RUNNING, Mode.PAUSED), "unsure", answers.help_with),
    **_stay(Mode, "thanks", answers.thanked),
    **_stay((Mode.IDLE, *LED), "slower", answers.slower),
    **_stay((Mode.IDLE, *LED), "faster", answers.faster),
    **_stay((Mode.IDLE, *LED), "louder", answers.louder),
    **_stay((Mode.IDLE, *LED), "quieter", answers.quieter),
    **_stay((Mode.IDLE, *LED), "verbosity", answers.verbosity),
    **_stay((Mode.IDLE, *LED), "another_voice", answers.another_voice),
}
"""Every change of state there is; `python -m scripts.draw_states` draws it."""
