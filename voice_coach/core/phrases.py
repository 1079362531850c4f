"""What the coach says on its own account, in English: every sentence that is not a routine's.

Owns wording only; must not decide when anything is said. Short, calm, and with numbers and
sides as words, so that no speech engine can read them wrong.
"""

from collections.abc import Sequence

from voice_coach.core.routine import Side, Sides
from voice_coach.units import Samples, to_seconds

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()

HALFWAY = "Halfway."
BREATHE_IN = "Breathe in."
BREATHE_OUT = "Breathe out."
HOLD_BREATH = "Hold."
REST_BREATH = "And rest."
REST = "Rest."
AGAIN = "Once more."
PAUSED = "Paused. Say resume to go on."
STILL_PAUSED = "We are paused. Say resume to go on, or stop to end."
CONFIRM_STOP = "Stop the session? Say yes or no."
STOPPED = "Session stopped. Take care."
DONE = "We are done."
GOING_ON = "All right, we go on."
NO_ANSWER = "I heard no answer, so we stay paused. Say resume, or stop."
SLOWER = "A little slower."
FASTER = "A little faster."
SLOWEST = "That is as slow as I go."
FASTEST = "That is as fast as I go."
LOUDER = "Louder."
QUIETER = "Quieter."
LOUDEST = "That is as loud as I go."
QUIETEST = "That is as quiet as I go."
MORE_TIME = "Ten more seconds."
NO_MORE_TIME = "There is nothing to hold just now. Say slower for more time."
FIRST_EXERCISE = "This is the first exercise. From its beginning."
FROM_THE_START = "From the beginning."
ALREADY_GOING = "We are already going."
NO_SIDES = "This exercise has no sides."
BOTH_SIDES = "Both sides together."
NO_EASIER = "This is as easy as it gets. Do less of it, or say next."
EASIER = "The easier version."
EASIER_SINCE = "Last time this one hurt, so we begin with its easier version."
FULL_VERSION = "The full version."
BEGIN_EASIER = "We begin with the easier version."
BEGIN_FULL = "We begin with the full version."
ALREADY_FULL = "This is the full version."
READY_WAITING = "Say ready when you are there."
TAKE_YOUR_TIME = "Take your time."
STILL_THERE = "Are you still there? Say resume to go on, or stop to end."
LEFT = "I stop here for now. Say continue, whenever you like."
NOT_CONTINUED = "All right."
NOTHING_TO_CONTINUE = "There is nothing to go on with."
YES_OR_NO = "Say yes or no."
ASK_NUMBER = "Say a number from zero to ten, or skip this."
NOT_KEPT = "We leave it at that."
RED_FLAGS = (
    "If you have numbness between the legs, new trouble with bladder or bowel, or a weak leg, "
    "do not exercise, and get medical help at once."
)
PRAISE = ("Good work.", "Nicely done.", "Very good.", "Well held.", "That was fine.")
OTHER_VOICE = "This is another voice. Say another voice for the next one."
ONLY_VOICE = "I have no other voice."
VERBOSITY = {
    "full": "All right, I tell you everything.",
    "brief": "All right, I keep it short.",
    "tones": "All right, only tones where I can. Say full instructions to change back.",
}
NOT_ASKED = "I did not ask anything just now."
READY = "Good."
NOTHING_RUNNING_PAIN = (
    "Stop and rest. If the pain is new, strong or does not pass, ask a doctor before you exercise."
)


def number(value: int) -> str:
    """Return a whole number from 0 to 999,999 in words."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    if value >= 1000:
        thousands, rest = divmod(value, 1000)
        return f"{number(thousands)} thousand" + (f" and {number(rest)}" if rest else "")
    hundreds, rest = divmod(value, 100)
    return f"{_ONES[hundreds]} hundred" + (f" and {number(rest)}" if rest else "")


def count(value: int, noun: str) -> str:
    """Return "one second", "two seconds" and so on."""
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def sentence(text: str) -> str:
    """Return `text` with a capital first letter."""
    return text[:1].upper() + text[1:]


def listing(items: Sequence[str], last: str = "or") -> str:
    """Return "a, b or c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def duration(samples: Samples) -> str:
    """Return a duration as one says it: to the second below a minute, else to half a minute."""
    seconds = max(0, round(to_seconds(samples)))
    if seconds < 60:
        return count(seconds, "second")
    minutes, half = divmod(round(seconds / 30), 2)
    if half:
        return f"{number(minutes)} and a half minutes"
    return count(minutes, "minute")


def exercise_heading(position: int, total: int, name: str) -> str:
    """Announce an exercise, `position` counted from 1."""
    if total == 1:
        return f"{sentence(name.lower())}."
    return f"Exercise {number(position)} of {number(total)}: {name.lower()}."


def welcome(name: str, exercises: int, length: Samples, safety: str | None) -> str:
    """Announce a routine."""
    opening = f"{name} routine: {count(exercises, 'exercise')}, about {duration(length)}."
    return f"{opening} {safety}" if safety else opening


def get_ready(seconds: int) -> str:
    """Announce the time to come into position."""
    return f"Say ready, or I start in {count(seconds, 'second')}."


def repetition(done: int, total: int) -> str:
    """Count a repetition; the first is not counted aloud."""
    return "Last one." if done == total else f"{sentence(number(done))} of {number(total)}."


def side(which: Side) -> str:
    """Name a side."""
    return f"{sentence(which.value)} side."


def which_side(current: Side | None, sides: Sides) -> str:
    """Answer "which side?"."""
    if current:
        return side(current)
    return NO_SIDES if sides is Sides.NONE else BOTH_SIDES


def farewell(name: str, done: int, partly: int, skipped: Sequence[str], length: Samples) -> str:
    """Close a routine and say what was done, to its end or in part."""
    if not done and not partly:
        return f"That is the end of the {name.lower()} routine."
    told = f"Well done. That was the {name.lower()} routine:"
    what = count(done, "exercise") if done else f"{count(partly, 'exercise')} in part"
    what += f", and {number(partly)} in part," if done and partly else "," if partly else ""
    told = f"{told} {what} in {duration(length)}."
    if 0 < len(skipped) <= 3:
        told += f" You skipped {listing([each.lower() for each in skipped], 'and')}."
    elif skipped:
        told += f" You skipped {number(len(skipped))}."
    return told


def pain_question(question: str) -> str:
    """Ask how it feels."""
    return f"{question} Say a number, or skip this."


def score(value: float) -> str:
    """Return a number for pain, which may be a half, in words."""
    whole, half = divmod(value, 1)
    return f"{number(int(whole))} and a half" if half else number(int(whole))


def read_back(value: float) -> str:
    """Make sure that a number was heard right."""
    return f"{sentence(score(value))}. Is that right?"


def pain_told(before: float | None, after: float) -> str:
    """Close with how it feels now."""
    if before is None:
        return f"{sentence(score(after))}. Thank you."
    if before == after:
        return f"{sentence(score(after))}, as before. Thank you."
    return f"It was {score(before)} before, and is {score(after)} now. Thank you."


def offer_to_continue(exercise: str) -> str:
    """Offer to go on with a session that was cut off."""
    return f"Last time we stopped at {exercise.lower()}. Continue there? Say yes or no."


def continuing(exercise: str) -> str:
    """Go on with a session that was cut off."""
    return f"We go on with {exercise.lower()}."


def countdown(seconds: int) -> str:
    """One count at the end of a hold."""
    return f"{sentence(number(seconds))}."


def time_left(step: Samples | None, session: Samples) -> str:
    """Answer "how long left?": in this hold, if any, and in all."""
    whole = f"about {duration(session)} in all"
    return sentence(f"{duration(step)} here, {whole}." if step else f"{whole}.")


def whats_next(name: str | None) -> str:
    """Answer "what's next?"."""
    return f"Next comes {name.lower()}." if name else "This is the last exercise."


def hurts(release: str | None, ways: Sequence[str]) -> str:
    """Answer "that hurts": let go first, then the ways on."""
    letting_go = f"Stop. Let go gently. {release or ''}".strip()
    return f"{letting_go} {hurt_choices(ways)}"


def hurt_choices(ways: Sequence[str]) -> str:
    """Name the ways on after pain."""
    meaning = {
        "easier": "easier for a gentler version",
        "next": "next for the next exercise",
        "stop": "stop to end the session",
    }
    return f"Say {listing([meaning[way] for way in ways])}."


def welcome_idle(routines: Sequence[str]) -> str:
    """Say what may be started."""
    return f"Say start {listing([f'{name.lower()} routine' for name in routines])}."


def nothing_running(routines: Sequence[str]) -> str:
    """Answer a command that needs a session while there is none."""
    return f"Nothing is running. {welcome_idle(routines)}"


def unknown_routine(routines: Sequence[str]) -> str:
    """Answer a start that names no routine that we have."""
    return f"I do not have that routine. {welcome_idle(routines)}"


def already_in(name: str) -> str:
    """Answer "start" during a session."""
    return f"We are in the {name.lower()} routine. Say stop first to change."


HELP_LEADING = (
    "You can say pause, next, go back, say that again, slower, faster, louder, quieter, "
    "more time, how long left, what's next, what is this for, which side, be brief, "
    "that hurts, or stop."
)
HELP_PAUSED = "We are paused. Say resume, next, go back, or stop."
HELP_IDLE_TAIL = "During a routine, say pause, next, slower, that hurts, or stop, at any time."


def help_idle(routines: Sequence[str]) -> str:
    """Answer "what can I say?" before a session."""
    return f"{welcome_idle(routines)} {HELP_IDLE_TAIL}"


COMMON = (PAUSED, CONFIRM_STOP, STOPPED, MORE_TIME, SLOWER, FASTER, LOUDER, QUIETER, HELP_LEADING)
"""Answers worth having at hand before anybody asks."""
