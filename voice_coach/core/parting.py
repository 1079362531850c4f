"""How a session that is stopped is parted from: what was done, a kind word, and how it feels.

Owns what is said then; must not know which command stopped it, nor the farewell of a routine that
was led to its end (`transitions.farewell`).
"""

from voice_coach.core import notes, questions
from voice_coach.core.state import Mode, Role, Silence, State
from voice_coach.core.transitions import GAP, Result, done_and_partly, freeze, say, to_idle
from voice_coach.units import Samples


def part(state: State, now: Samples) -> Result:
    """End the session under way; who has begun to exercise may be asked how it feels."""
    told = _what_was_done(state, now)
    asking = questions.ask_pain(freeze(state, state.mode, now), now, prefix=told) if told else None
    if asking is not None:
        after, actions = asking
        return after, (notes.Stopped(), *actions)
    at = now + GAP if state.on_air else now
    text = f"{told} {state.texts.until_next}" if told else state.texts.stopped
    after, actions = say(to_idle(state), text, at, Role.ANSWER)
    return after, (notes.Stopped(), Silence(), *actions)


def _what_was_done(state: State, now: Samples) -> str:
    """Return it with the praise that it deserves; nothing if no exercise was begun."""
    progress, texts = state.progress, state.texts
    done, partly = done_and_partly(state)
    if not (done or partly):
        return ""
    until = now if progress.frozen is None else progress.frozen
    told = state.language.stopped(done, partly, until - progress.began)
    if state.mode is Mode.HURTING:
        return f"{told} {texts.right_to_stop}"
    return f"{told} {texts.praise_done if done else texts.praise_begun}"
