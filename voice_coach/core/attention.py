"""Whether the coach listens, and how somebody who was not understood gets to know it.

Owns how often and by what, a tone or words; must not know how it is found out that somebody has
spoken to the coach (`app.addressed`), nor what any command does.
"""

from dataclasses import replace

from voice_coach.core.answers import out_of_place
from voice_coach.core.cues import Signal
from voice_coach.core.state import LED, Chime, Event, Heard, Missed, Mode, State
from voice_coach.core.transitions import Result, answer
from voice_coach.units import Samples, to_samples

ALWAYS_HEARD = frozenset({"hurts", "unwell"})
"""Intents that are obeyed whatever the user has said about listening."""
AGAIN = to_samples(10)
"""Who is not understood twice within so long is let know."""
WORDS_EVERY = to_samples(60)
"""How often that is said in words; between them only who is asked gets the tone."""
ROOM = to_samples(3)
"""How much of a count must be left for words beside it."""
_ASKING = (
    Mode.OFFERING,
    Mode.ASKING_PAIN,
    Mode.CONFIRMING_PAIN,
    Mode.CONFIRMING_STOP,
    Mode.HURTING,
)


def heeds(state: State, event: Heard) -> bool:
    """Whether a command is obeyed: by voice, only while the coach listens."""
    return not state.muted or event.by_hand or event.intent.name in ALWAYS_HEARD


def mute(state: State, _: Event, now: Samples) -> Result:
    """Obey nothing that is heard from now on, but pain and feeling unwell."""
    after, actions = answer(state, state.texts.muted, now)
    return replace(after, muted=True), actions


def listen_again(state: State, now: Samples) -> Result:
    """Answer who takes "stop listening" back."""
    return answer(state, state.texts.listening_again, now)


def unheard(state: State, event: Event, now: Samples) -> Result:
    """Let the user know that they were not understood: by a tone first, then in words.

    At once where the coach has just asked something, else when it happens for the second time.
    """
    missed = state.missed
    again = missed.last is not None and now - missed.last <= AGAIN
    noticed = replace(state, missed=replace(missed, last=now))
    if state.muted or not (_prompted(state, now) or (again and state.mode in LED)):
        return noticed, ()
    if _within(missed.chimed, now) and not _within(missed.told, now) and _free(state, now):
        told = replace(noticed, missed=Missed(now, missed.chimed, now))
        return _pardon(told, event, now)
    if _within(missed.told, now) and not _prompted(state, now):
        return noticed, ()  # who has been told to say "help" need not be told at every word
    chimed = replace(noticed, missed=replace(noticed.missed, chimed=now))
    return chimed, (Chime(Signal.PARDON, now),)


def _prompted(state: State, now: Samples) -> bool:
    if state.mode is Mode.IDLE:
        return state.prompted is not None and now <= state.prompted
    return state.mode in _ASKING


def _within(since: Samples | None, now: Samples) -> bool:
    return since is not None and now - since <= WORDS_EVERY


def _free(state: State, now: Samples) -> bool:
    """Whether words would neither cut others nor run far into what comes next."""
    return state.on_air is None and (state.ends is None or state.count_left(now) >= ROOM)


def _pardon(state: State, event: Event, now: Samples) -> Result:
    """Say it, with what may be said: the question once more, or help."""
    if state.mode in _ASKING:
        return out_of_place(state, event, now)
    return answer(state, state.texts.pardon, now)
