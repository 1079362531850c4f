"""A routine laid out as the flat row of cues that the session walks along.

Owns which words come at which place and how long each cue lasts; must not know the
present time, nor what the user says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from voice_coach.core import phrases
from voice_coach.core.routine import (
    Breath,
    Exercise,
    Pace,
    Release,
    Routine,
    Side,
    Sides,
    Step,
)
from voice_coach.units import Samples, to_samples

BREATHER = to_samples(0.5)
"""Silence after words that nothing else follows."""
SHORT_GET_READY_SECONDS = 5
"""Time before an exercise that needs no change of position."""


class CueKind(StrEnum):
    """What a cue is for."""

    WELCOME = "welcome"
    INTRODUCE = "introduce"
    GET_READY = "get ready"
    MOVE = "move"
    REST = "rest"
    FINISH = "finish"


class MarkKind(StrEnum):
    """What is said in the middle of a step."""

    BREATH = "breath"
    REMINDER = "reminder"
    HALFWAY = "halfway"
    COUNTDOWN = "countdown"


@dataclass(frozen=True)
class Mark:
    """Words that fall due while a step is counted."""

    left: Samples
    """Due when this much of the step is left."""
    text: str
    kind: MarkKind
    breath: Breath | None = None
    """The breath that begins here, for the eye."""


@dataclass(frozen=True)
class Cue:
    """One thing to say, and the time that is then counted."""

    kind: CueKind
    exercise: int
    """Index of the exercise in the routine."""
    text: str
    count: Samples
    """How long it lasts, from the end of the words, or from their start if `with_words`."""
    with_words: bool = False
    """The movement goes along with the words: a breath in or out."""
    breath: Breath = Breath.NATURAL
    side: Side | None = None
    repetition: int = 0
    """Counted from 1; 0 outside of repetitions, and in a closing block."""
    repetitions: int = 0
    marks: tuple[Mark, ...] = field(default=())
    """In the order in which they fall due."""
    may_extend: bool = False
    """Whether "more time" can lengthen it."""
    tempo: float = 1.0
    """How fast the words are spoken."""

    @property
    def length(self) -> Samples:
        """Estimated time from the first word to the next cue."""
        words = round(speech_length(self.text) / self.tempo)
        return max(words, self.count) if self.with_words else words + self.count


@dataclass(frozen=True)
class Plan:
    """All cues of a routine, in order."""

    routine: Routine
    cues: tuple[Cue, ...]

    def heading_of(self, exercise: int) -> int:
        """Return the index of the cue that announces `exercise`; past the last, the finish."""
        for i, cue in enumerate(self.cues):
            if cue.kind is CueKind.FINISH or (
                cue.kind is CueKind.INTRODUCE and cue.exercise == exercise
            ):
                return i
        raise AssertionError("a plan ends with its finish")

    def setup_of(self, exercise: int) -> int:
        """Return the index of the cue that says how to set up `exercise`."""
        return max(
            i
            for i, cue in enumerate(self.cues)
            if cue.kind is CueKind.INTRODUCE and cue.exercise == exercise
        )

    def remaining_after(self, index: int) -> Samples:
        """Estimated time from the end of cue `index` to the end of the plan."""
        return sum(cue.length for cue in self.cues[index + 1 :])

    @property
    def length(self) -> Samples:
        """Estimated time of the whole plan."""
        return sum(cue.length for cue in self.cues)


def speech_length(text: str) -> Samples:
    """Estimate how long `text` takes to say at tempo 1: about 150 words a minute."""
    return to_samples(0.25 + 0.064 * len(text))


def name_side(text: str, side: Side | None) -> str:
    """Return `text` with {side} and {other_side} as words."""
    if side is None:
        return text
    return text.replace("{side}", side.value).replace("{other_side}", side.other.value)


def make_plan(
    routine: Routine, *, tempo: float = 1.0, easier: frozenset[int] = frozenset()
) -> Plan:
    """Lay out `routine`.

    `tempo` above 1 shortens breaths, rests and changes of position, never the holds that are
    given in seconds; `easier` holds the indexes of exercises to be done in their easier
    variant. Neither changes an exercise's place. An easier variant may have other cues.
    """
    exercises = [e.made_easier() if i in easier else e for i, e in enumerate(routine.exercises)]
    cues: list[Cue] = []
    position = None
    for i, exercise in enumerate(exercises):
        moved = exercise.position is not position
        cues += _Layout(i, exercise, routine.pace, tempo).cues(len(exercises), moved=moved)
        position = exercise.position
    farewell = phrases.well_done(routine.name, len(exercises))
    cues.append(Cue(CueKind.FINISH, len(exercises) - 1, farewell, BREATHER))
    cues = [replace(cue, tempo=tempo) for cue in cues]
    length = sum(cue.length for cue in cues)
    opening = phrases.welcome(routine.name, len(exercises), length, routine.safety)
    return Plan(routine, (Cue(CueKind.WELCOME, 0, opening, 2 * BREATHER, tempo=tempo), *cues))


@dataclass(frozen=True)
class _Layout:
    """Lays out one exercise."""

    index: int
    exercise: Exercise
    pace: Pace
    tempo: float

    def cues(self, total: int, *, moved: bool) -> Iterator[Cue]:
        yield from self._opening(total, moved=moved)
        rounds = self._rounds()
        for i, (repetition, side) in enumerate(rounds):
            yield from self._round(repetition, side)
            between = i + 1 < len(rounds) and rounds[i + 1][0] != repetition
            closing_follows = i + 1 == len(rounds) and self.exercise.closing is not None
            if self.exercise.rest_seconds and (between or closing_follows):
                yield self._cue(
                    CueKind.REST, phrases.REST, self._paced(self.exercise.rest_seconds), True
                )
        if closing := self.exercise.closing:
            for step in closing.steps:
                yield self._step(step, step.cue, None)
            if closing.release:
                yield self._release(closing.release, closing.release.cue)

    def _cue(self, kind: CueKind, text: str, count: Samples, may_extend: bool = False) -> Cue:
        return Cue(kind, self.index, text, count, may_extend=may_extend)

    def _paced(self, seconds: float) -> Samples:
        return to_samples(seconds / self.tempo)

    def _opening(self, total: int, *, moved: bool) -> Iterator[Cue]:
        exercise = self.exercise
        heading = phrases.exercise_heading(self.index + 1, total, exercise.name)
        yield self._cue(CueKind.INTRODUCE, heading, BREATHER)
        if moved:
            yield self._cue(CueKind.INTRODUCE, exercise.get_there, 2 * BREATHER)
        setup = f"{exercise.setup} {exercise.safety or ''}".strip()
        yield self._cue(CueKind.INTRODUCE, setup, BREATHER)
        seconds = exercise.get_ready_seconds
        if not moved:
            seconds = min(seconds, SHORT_GET_READY_SECONDS)
        counted = max(1, round(seconds / self.tempo))
        yield self._cue(CueKind.GET_READY, phrases.get_ready(counted), to_samples(counted), True)

    def _rounds(self) -> list[tuple[int, Side | None]]:
        """Every (repetition, side), in the order in which they are done."""
        numbers = range(1, self.exercise.repetitions + 1)
        match self.exercise.sides:
            case Sides.ALTERNATE:
                return [(n, side) for n in numbers for side in Side]
            case Sides.ONE_AFTER_THE_OTHER:
                return [(n, side) for side in Side for n in numbers]
            case _:
                return [(n, None) for n in numbers]

    def _round(self, repetition: int, side: Side | None) -> Iterator[Cue]:
        """One repetition on one side: in full words the first time, in short ones later."""
        made = []
        for i, step in enumerate(self.exercise.steps):
            text = step.cue if repetition == 1 else step.short or step.cue
            text = self._numbered(text, repetition, side) if i == 0 else text
            made.append(self._step(step, name_side(text, side), side))
        if release := self.exercise.release:
            text = release.cue if repetition == 1 else release.short or release.cue
            made.append(self._release(release, name_side(text, side)))
        of = self.exercise.repetitions
        for cue in made:
            yield replace(cue, side=side, repetition=repetition, repetitions=of)

    def _numbered(self, text: str, repetition: int, side: Side | None) -> str:
        """Put the repetition, and the side where the text does not name it, before `text`."""
        turn = self.exercise.sides is Sides.ALTERNATE and side is Side.RIGHT
        if side and "{side}" not in text:
            text = f"{phrases.side(side)} {text}"
        if repetition > 1 and not turn:
            text = f"{phrases.repetition(repetition, self.exercise.repetitions)} {text}"
        return text

    def _step(self, step: Step, text: str, side: Side | None) -> Cue:
        count, marks = self._count(step)
        return Cue(
            CueKind.MOVE,
            self.index,
            text,
            count,
            with_words=step.moves_with_breath,
            breath=step.breath,
            marks=tuple(replace(mark, text=name_side(mark.text, side)) for mark in marks),
            may_extend=not step.moves_with_breath and step.breaths is None,
        )

    def _release(self, release: Release, text: str) -> Cue:
        with_words = release.breath in (Breath.INHALE, Breath.EXHALE)
        count = self._paced(release.seconds)
        return Cue(
            CueKind.MOVE, self.index, text, count, with_words=with_words, breath=release.breath
        )

    def _count(self, step: Step) -> tuple[Samples, tuple[Mark, ...]]:
        """Return how long a step is counted, and what is said meanwhile."""
        inhale = self._paced(self.pace.inhale_seconds)
        cycle = inhale + self._paced(self.pace.exhale_seconds)
        if step.breaths is not None:
            count = step.breaths * cycle
            return count, tuple(_breaths(count, inhale, cycle, step.breaths))
        assert step.seconds is not None  # noqa: S101 - the model requires one of the two
        if step.moves_with_breath:
            return self._paced(step.seconds), ()
        count = to_samples(step.seconds)
        if step.breath is Breath.DEEP:
            whole = count // cycle
            after = count - whole * cycle
            breaths = _breaths(count, inhale, cycle, whole)
            return count, (*breaths, *(m for m in _countdown(count) if m.left <= after))
        return count, tuple(_apart([*_hold_marks(step, count), *_countdown(count)]))


def _breaths(count: Samples, inhale: Samples, cycle: Samples, how_many: int) -> Iterator[Mark]:
    """Prompt `how_many` breaths from the start of a step that lasts `count`."""
    for i in range(how_many):
        start = count - i * cycle
        yield Mark(start, phrases.BREATHE_IN, MarkKind.BREATH, Breath.INHALE)
        yield Mark(start - inhale, phrases.BREATHE_OUT, MarkKind.BREATH, Breath.EXHALE)


def _hold_marks(step: Step, count: Samples) -> Iterator[Mark]:
    """A reminder early on, and the middle of a hold that is long enough to wonder."""
    if step.reminder:
        yield Mark(count * 3 // 4, step.reminder, MarkKind.REMINDER)
    if count >= to_samples(20):
        yield Mark(count // 2, phrases.HALFWAY, MarkKind.HALFWAY)


def _apart(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Leave out what would begin while other words are being said, or outlast the hold."""
    free: Samples | None = None
    for mark in marks:
        after = mark.left - speech_length(mark.text)
        if after >= 0 and (free is None or mark.left <= free):
            yield mark
            free = after


def _countdown(count: Samples) -> Iterator[Mark]:
    """The last five seconds of a long hold, the last three of a short one."""
    first = 5 if count >= to_samples(15) else 3
    if count >= to_samples(first + 3):
        for seconds in range(first, 0, -1):
            yield Mark(to_samples(seconds), phrases.countdown(seconds), MarkKind.COUNTDOWN)
