"""Answers: commands that leave the session where it stands, and those out of place.

Owns what is said to them, and the changes of preferences; must not know where the
session goes from one cue to the next (`session.py`).
"""

from dataclasses import replace

from voice_coach.core.cues import CueKind
from voice_coach.core.lines import SaidLine, meant_by_again
from voice_coach.core.preferences import Preferences
from voice_coach.core.state import RUNNING, Event, Heard, Mode, SetVolume, State
from voice_coach.core.transitions import (
    GAP,
    Result,
    answer,
    begin,
    called,
    cut_off,
    hush,
    names_of,
    plan_of,
    prefer,
    ways_on,
)
from voice_coach.settings.keys import FASTEST, LOUDEST_DB, QUIETEST_DB, SLOWEST, Verbosity
from voice_coach.units import Samples

TEMPO_STEP = 1.15
LEAST_STEP = 0.01
"""What is left of a step at the end of the range; less of it nobody would notice."""
VOLUME_STEP_DB = 4.0


def out_of_place(state: State, _: Event, now: Samples) -> Result:
    """Answer a command that has no rule in this mode."""
    texts = {
        Mode.IDLE: state.language.nothing_running(names_of(state)),
        Mode.FINISHING: state.texts.done,
        Mode.PAUSED: state.texts.still_paused,
        Mode.CONFIRMING_STOP: state.texts.confirm_stop,
        Mode.ASKING_PAIN: state.texts.ask_number,
        Mode.CONFIRMING_PAIN: state.texts.yes_or_no,
        Mode.OFFERING: state.texts.yes_or_no,
    }
    if state.mode is Mode.HURTING:
        return answer(state, state.language.hurt_choices(ways_on(state)), now)
    return answer(state, texts.get(state.mode, state.texts.not_asked), now)


def repeat(state: State, _: Event, now: Samples) -> Result:
    """Say the line again that was heard last: in its place, or beside what goes on.

    In a row, it goes one line further back each time.
    """
    text = meant_by_again(state.lines, state.again, now)
    if not text:
        return out_of_place(state, _, now)
    again = replace(state, again=SaidLine(text, now))
    present = next((line.text for line in reversed(state.lines) if not line.aside), "")
    if state.mode in RUNNING and state.ends is None and text == present:
        after, actions = begin(again, state.index, now + GAP, left=state.left, words=text)
        return called(after), hush(state) + actions
    after, actions = answer(again, text, now)
    return replace(after, lines=state.lines), actions


def time_left(state: State, _: Event, now: Samples) -> Result:
    """Say how long this hold, if any, and the whole routine still take."""
    held = state.cue.kind is CueKind.MOVE and not (state.cue.with_words or state.cue.until_done)
    step = state.count_left(now) if held else None
    return answer(state, state.language.time_left(step, state.session_left(now)), now)


def whats_next(state: State, _: Event, now: Samples) -> Result:
    """Name the next exercise; in the welcome that is the one it leads to."""
    plan, after = plan_of(state), state.cue.exercise + 1
    if state.cue.kind is CueKind.WELCOME:
        after = plan.cues[state.then or state.index + 1].exercise
    later = plan.routine.exercises[after:]
    return answer(state, state.language.whats_next(later[0].name if later else None), now)


def why(state: State, _: Event, now: Samples) -> Result:
    """Say what this exercise, or at either end this routine, is for."""
    whole = state.cue.kind in (CueKind.WELCOME, CueKind.FINISH)
    return answer(state, (plan_of(state).routine if whole else state.exercise).purpose, now)


def which_side(state: State, _: Event, now: Samples) -> Result:
    """Name the side of this movement, or of the next one of this exercise."""
    moves = (each for each in plan_of(state).cues[state.index :] if each.kind is CueKind.MOVE)
    coming = next((each for each in moves if each.exercise == state.cue.exercise), None)
    side = coming.side if coming else None
    return answer(state, state.language.which_side(side, state.exercise.sides), now)


def help_with(state: State, _: Event, now: Samples) -> Result:
    """Say what fits this moment: three things, not the manual."""
    language, cut_off = state.language, state.memory.place is not None
    texts = {
        Mode.IDLE: language.help_idle(names_of(state), cut_off=cut_off),
        Mode.GETTING_READY: language.help.getting_ready,
        Mode.RESTING: language.help.getting_ready,
        Mode.PAUSED: language.help.paused,
        Mode.FINISHING: language.help.finishing,
        Mode.OFFERING: language.help.offering,
        Mode.ASKING_PAIN: language.help.asking_pain,
        Mode.CONFIRMING_PAIN: language.help.confirming_pain,
        Mode.CONFIRMING_STOP: language.help.confirming_stop,
    }
    if state.mode is Mode.HURTING:
        return answer(state, language.hurt_choices(ways_on(state)), now)
    return answer(state, texts.get(state.mode, language.help.leading), now)


def thanked(state: State, _: Event, now: Samples) -> Result:
    """Answer thanks."""
    return answer(state, state.texts.thanked, now)


def goodbye(state: State, _: Event, now: Samples) -> Result:
    """Take leave while nothing is running."""
    return answer(state, state.texts.goodbye, now)


def hurts_idle(state: State, _: Event, now: Samples) -> Result:
    """Answer pain while nothing is running."""
    return answer(state, state.texts.nothing_running_pain, now)


def slower(state: State, _: Event, now: Samples) -> Result:
    """Slow breath and speech down, from the next breath or cue on."""
    return _change_tempo(state, 1 / TEMPO_STEP, now, state.texts.slower, state.texts.slowest)


def faster(state: State, _: Event, now: Samples) -> Result:
    """Speed breath and speech up, from the next breath or cue on."""
    return _change_tempo(state, TEMPO_STEP, now, state.texts.faster, state.texts.fastest)


def _change_tempo(state: State, factor: float, now: Samples, done: str, limit: str) -> Result:
    tempo = min(max(round(state.preferences.tempo * factor, 6), SLOWEST), FASTEST)
    if abs(tempo - state.preferences.tempo) < LEAST_STEP:
        return answer(state, limit, now)
    return answer(_preferring(state, replace(state.preferences, tempo=tempo), now), done, now)


def _preferring(state: State, preferences: Preferences, now: Samples) -> State:
    """Change the preferences; what is cut off goes on in the words in which it was begun."""
    return prefer(cut_off(state, now), preferences)


def verbosity(state: State, event: Event, now: Samples) -> Result:
    """Say more or less from the next words on."""
    wanted = Verbosity(str(event.intent.slots["amount"])) if isinstance(event, Heard) else None
    assert wanted  # noqa: S101 - the templates always fill it
    changed = _preferring(state, replace(state.preferences, verbosity=wanted), now)
    return answer(changed, state.language.verbosity(wanted), now)


def another_voice(state: State, event: Event, now: Samples) -> Result:
    """Speak with the next voice from now on, or with the one that a page names."""
    if len(state.voices) < 2:
        return answer(state, state.texts.only_voice, now)
    name = state.preferences.voice_name
    at = state.voices.index(name) if name in state.voices else 0
    following = state.voices[(at + 1) % len(state.voices)]
    named = str(event.intent.slots.get("name")) if isinstance(event, Heard) else ""
    wanted = named if named in state.voices else following
    changed = _preferring(state, replace(state.preferences, voice_name=wanted), now)
    return answer(changed, state.texts.other_voice, now)


def louder(state: State, _: Event, now: Samples) -> Result:
    """Raise the volume."""
    return _change_volume(state, VOLUME_STEP_DB, now, state.texts.louder, state.texts.loudest)


def quieter(state: State, _: Event, now: Samples) -> Result:
    """Lower the volume."""
    return _change_volume(state, -VOLUME_STEP_DB, now, state.texts.quieter, state.texts.quietest)


def _change_volume(state: State, step: float, now: Samples, done: str, limit: str) -> Result:
    db = min(max(state.preferences.volume_db + step, QUIETEST_DB), LOUDEST_DB)
    if db == state.preferences.volume_db:
        return answer(state, limit, now)
    louder_now = _preferring(state, replace(state.preferences, volume_db=db), now)
    after, actions = answer(louder_now, done, now)
    return after, (SetVolume(db), *actions)
