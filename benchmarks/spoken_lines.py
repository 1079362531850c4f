"""Every line that the coach can say: the routines that ship, and the language's own phrases.

Owns which texts are spoken aloud, and what is filled into them for a trial; must not know who says
them, nor who listens.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any, Final

from voice_coach.core.language import Language
from voice_coach.core.phrasing import Turns
from voice_coach.core.routine import Exercise, Routine, Side, Sides
from voice_coach.settings.keys import Verbosity
from voice_coach.units import to_samples

_NO_WORDS: Final = frozenset("name aliases position sides breath pattern patterns pace".split())
"""Keys of a routine's texts that are no words of the coach; names are said in the headings."""
_FILLED: Final = frozenset("language sides verbosity ways_on plurals lists templates".split())
"""Parts of a language that nobody says as they stand: `_told` fills them."""
_USERS: Final = ("enrolment.phrases", "enrolment.skips", "checkup.phrases")
"""What the user says."""


def spoken_lines(language: Language, routines: Sequence[Routine]) -> list[str]:
    """Return every line once, in the order of the files."""
    lines = [line for routine in routines for line in routine_lines(routine, language)]
    lines += [*language_lines(language), *_told(language, routines), *_asked_to_say(language)]
    return list(dict.fromkeys(line.strip() for line in lines))


def routine_lines(routine: Routine, language: Language) -> Iterator[str]:
    """Yield every text of `routine` that is said, for each side that it may name."""
    for place, text in _texts(routine.model_dump(), ""):
        if not _NO_WORDS.intersection(place.split(".")):
            yield from (language.name_side(text, side) for side in Side)


def language_lines(language: Language) -> Iterator[str]:
    """Yield every phrase of `language` in which nothing has to be filled."""
    for place, text in _texts(asdict(language.written), ""):
        known = place.split(".")[0] in _FILLED or place.startswith(_USERS)
        if not known and "{" not in text:
            yield text


def _told(language: Language, routines: Sequence[Routine]) -> Iterator[str]:
    """Yield what is put together of the language's templates, as in a session of each routine."""
    for routine in routines:
        yield from _of_routine(language, routine)
    for routine in routines[:1]:
        yield from _of_session(language, routine.name, [e.name for e in routine.exercises])
    names = [routine.name for routine in routines]
    yield from (language.welcome_idle(names), language.nothing_running(names))
    yield language.unknown_routine(names)
    yield from (language.help_idle(names, cut_off=cut_off) for cut_off in (False, True))
    yield from (language.verbosity(amount) for amount in Verbosity)
    yield from (language.countdown(seconds) for seconds in range(5, 0, -1))
    yield from (language.get_ready(seconds) for seconds in (4, 12))
    for seconds, wording in product((12, 15), _each_of(language.phrasings.get_ready_again)):
        yield language.get_ready_again(seconds, wording)
    yield language.rest(8, language.coming(4, 3), Turns(0))
    yield from _of_sets(language)
    for value, certain in product((*range(11), 4.5), (False, True)):
        yield language.read_back(value, certain=certain)
    yield from (language.pain_told(before, 4) for before in (None, 2, 4, 5.5))
    yield from (language.which_side(side, Sides.ALTERNATE) for side in Side)


def _of_routine(language: Language, routine: Routine) -> Iterator[str]:
    exercises, length = routine.exercises, to_samples(13.5 * 60)
    yield language.welcome(routine.name, len(exercises), length)
    yield language.welcome_again(routine.name)
    for question in filter(None, (routine.question, routine.short_question)):
        yield language.pain_question(question)
    for position, exercise in enumerate(exercises, 1):
        yield language.exercise_heading(position, len(exercises), exercise.name)
        yield language.exercise_heading(position, len(exercises), exercise.name, known=True)
        yield language.whats_next(exercise.name)
        yield from _counted(language, exercise)
    yield language.farewell(routine.name, len(exercises), 0, (), length, last=True)


def _counted(language: Language, exercise: Exercise) -> Iterator[str]:
    """Yield how repetitions are counted, and the rest before each, in every wording."""
    of = exercise.repetitions
    for done in range(2, of + 1):
        for wording in _each_of(language.phrasings.repetition):
            yield language.repetition(done, of, wording)
        for wording in _each_of(language.phrasings.rest) if exercise.rest_seconds else ():
            yield language.rest(round(exercise.rest_seconds), language.coming(done, of), wording)


def _of_sets(language: Language) -> Iterator[str]:
    """Yield what is said of sets, rounds, directions and seconds that are counted aloud."""
    for coming in (language.coming_set(2, 3), language.coming_set(3, 3),
                   language.coming_round(2, 3), language.coming_round(3, 3)):  # fmt: skip
        yield language.rest(45, coming, Turns(0))
    yield language.rest_for(20)
    yield from (language.set_of(2, 3), language.in_set(2, 3), language.in_round(2, 3))
    for first in (True, False):
        yield language.direction("the other way", first=first)
    yield language.then_exercise("Plank", "Forearms and toes on the floor.")
    yield from (language.count(number) for number in range(2, 11))
    yield language.left_out(["Wrist stretch", "Shoulder rolls"])


def _each_of(wordings: Sequence[str]) -> Iterator[Turns]:
    """Yield turns that begin with each of `wordings`."""
    return map(Turns, range(len(wordings)))


def _of_session(language: Language, name: str, exercises: list[str]) -> Iterator[str]:
    """Yield what is said where not all goes to plan."""
    few, half = to_samples(240), to_samples(150)
    yield language.farewell(name, 0, 0, (), few, last=True)
    yield language.farewell(name, 0, 1, (), half, last=False)
    yield language.farewell(name, 5, 1, exercises[1:3], few, last=True)
    yield language.farewell(name, 3, 0, exercises[:4], few, last=True)
    yield language.stopped(2, 1, half)
    yield language.stopped(0, 1, few)
    yield language.offer_to_continue(exercises[3])
    yield language.continuing(exercises[4])
    yield language.continuing(exercises[3], language.coming(2, 3))
    yield from _of_requests(language, name, exercises)
    yield language.already_in(name)
    yield language.time_left(None, few)
    yield language.time_left(to_samples(20), half)
    yield language.hurts(None, ("easier", "next", "stop"))
    yield language.hurt_choices(("next", "stop"))


def _of_requests(language: Language, name: str, exercises: list[str]) -> Iterator[str]:
    """Yield what is said to who asks for an exercise, a time or a number."""
    yield from (language.more_time(seconds) for seconds in (10, 45))
    yield from (language.paused_for(to_samples(seconds)) for seconds in (30, 90, 120))
    for left, one_side in product((0, 1, 2), (False, True)):
        yield language.more_after_this(left, one_side=one_side)
    yield from (language.more_to_come(number) for number in (1, 3))
    yield language.exercise_of(3, len(exercises))
    yield language.exercises_to_come(len(exercises))
    yield language.no_such_exercise("Slow breathing", exercises[:3])
    yield language.exercise_in(exercises[5], [name])
    yield language.unknown_routine([name, *exercises])


def _asked_to_say(language: Language) -> Iterator[str]:
    """Yield what is put together in the lesson and the check-up."""
    enrolment, checkup = language.written.enrolment, language.written.checkup
    for phrase in enrolment.phrases:
        yield enrolment.say.format(phrase=phrase)
    yield enrolment.please_say.format(phrase=enrolment.phrases[0])
    yield enrolment.all_left_out.format(phrases=", ".join(enrolment.phrases[:3]))
    yield enrolment.learnt.one.format(number=language.number(1))
    yield enrolment.learnt.other.format(number=language.number(12))
    for phrase in asdict(checkup.phrases).values():
        yield checkup.say.format(phrase=phrase)


def _texts(part: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield each text in `part` with the keys that lead to it, such as "enrolment.opening"."""
    match part:
        case str():
            yield place, part
        case Mapping():
            for key, value in part.items():
                yield from _texts(value, f"{place}.{key}".removeprefix("."))
        case list() | tuple():
            for value in part:
                yield from _texts(value, place)
