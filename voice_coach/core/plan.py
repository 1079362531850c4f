"""A routine laid out as the flat row of cues that the session walks along.

Owns which words come at which place and how long each cue lasts; must not know the
present time, nor what the user says.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from voice_coach.core import phrases
from voice_coach.core.breathing import prompts, rhythm_of
from voice_coach.core.cues import (
    BreathTone,
    Cue,
    CueKind,
    Mark,
    MarkKind,
    Rhythm,
    Signal,
    speech_length,
)
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import (
    Breath,
    Exercise,
    Position,
    Release,
    Routine,
    Side,
    Sides,
    Step,
)
from voice_coach.settings import GetReady, Verbosity
from voice_coach.units import Samples, to_samples

BREATHER = to_samples(0.5)
"""Silence after words that nothing else follows."""
SHORT_GET_READY_SECONDS = 5
"""Time before an exercise that needs no change of position."""


@dataclass(frozen=True)
class Arrival:
    """How the user comes to an exercise that they did not reach from the one before it."""

    exercise: int
    """Its index; past the last one, that of the finish."""
    position: Position | None
    """Where the user comes from; None if nobody can know."""


@dataclass(frozen=True)
class Plan:
    """All cues of a routine, in order."""

    routine: Routine
    cues: tuple[Cue, ...]
    opening: str = ""
    """Said before the first exercise, beside the routine's own word of safety."""
    arrival: Arrival | None = None
    """Where the user came from to one of the exercises, if not from the one before it."""

    @property
    def safety(self) -> str:
        """What nobody may begin without having heard; nothing if there is no such thing."""
        return " ".join(filter(None, (self.routine.safety, self.opening)))

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

    def position_at(self, index: int) -> Position | None:
        """Return the position of whoever was told all that comes before cue `index`.

        None while nobody can know: before the first exercise, and on the way.
        """
        cue = self.cues[index]
        if cue.kind is CueKind.WELCOME:
            return None
        if cue.kind is CueKind.FINISH:
            return self._coming_to(len(self.routine.exercises))
        heading, setup = self.heading_of(cue.exercise), self.setup_of(cue.exercise)
        moves = setup - heading > 1  # the way into position comes between the two
        if moves and index == heading:
            return self._coming_to(cue.exercise)
        on_the_way = moves and index < setup
        return None if on_the_way else self.routine.exercises[cue.exercise].position

    def _coming_to(self, exercise: int) -> Position | None:
        return _coming_to(self.routine, exercise, self.arrival)

    def repetition_at(self, index: int) -> tuple[int, Side | None]:
        """Return the repetition and the side to which cue `index` belongs or leads.

        Counted from 1; 0 before the first one, one more than there are in the closing block.
        """
        cue = self.cues[index]
        if cue.kind is CueKind.REST:
            cue = self.cues[index + 1]
        if cue.kind is not CueKind.MOVE:
            return 0, None
        return cue.repetition or self._closing(index), cue.side

    def place_of(self, exercise: int, repetition: int, side: Side | None) -> int | None:
        """Return the index of the cue with which a repetition begins, if there is one."""
        for i, cue in enumerate(self.cues):
            here = cue.exercise == exercise and cue.kind is CueKind.MOVE
            if here and self.repetition_at(i) == (repetition, side):
                return i
        return None

    def _closing(self, index: int) -> int:
        """Return one more than the repetitions before cue `index` of a closing block."""
        while not self.cues[index].repetition and self.cues[index].kind is not CueKind.INTRODUCE:
            index -= 1
        return 1 + self.cues[index].repetition

    def remaining_after(self, index: int, then: int | None = None) -> Samples:
        """Time from the end of cue `index` to the farewell; exact once `measured`.

        `then` is the cue that follows the time to get ready, if it is not the next one.
        """
        if then is None:
            return self._remaining[index]
        ready = self.setup_of(self.cues[index].exercise) + 1
        passed_over = self._remaining[ready] - self._remaining[then - 1]
        return self._remaining[index] - passed_over

    @property
    def length(self) -> Samples:
        """Time from the first word to the farewell; exact once `measured`."""
        return self.cues[0].length + self._remaining[0]

    @cached_property
    def _remaining(self) -> list[Samples]:
        after = accumulate(cue.length for cue in reversed(self.cues[1:-1]))
        return [*reversed([0, *after]), 0]

    def measured(self, lengths: Mapping[str, Samples]) -> "Plan":
        """Return it with the exact lengths of the words that have been rendered."""
        cues = (replace(cue, measured=lengths.get(cue.words, cue.measured)) for cue in self.cues)
        return replace(self, cues=tuple(cues))


def _coming_to(routine: Routine, exercise: int, arrival: Arrival | None) -> Position | None:
    """Return the position from which the user comes to `exercise`."""
    if arrival is not None and arrival.exercise == exercise:
        return arrival.position
    return routine.exercises[exercise - 1].position if exercise else None


def name_side(text: str, side: Side | None) -> str:
    """Return `text` with {side} and {other_side} as words."""
    if side is None:
        return text
    return text.replace("{side}", side.value).replace("{other_side}", side.other.value)


def make_plan(
    routine: Routine,
    preferences: Preferences = Preferences(),  # noqa: B008 - it is frozen
    *,
    easier: frozenset[int] = frozenset(),
    told: frozenset[int] = frozenset(),
    sessions: int = 0,
    opening: str = "",
    arrival: Arrival | None = None,
) -> Plan:
    """Lay out `routine`.

    A tempo above 1 shortens breaths, rests and changes of position, never the holds that are
    given in seconds. `easier` holds the indexes of exercises to be done in their easier
    variant, `told` those of which it is said why. `sessions` that were done before make the
    praise another one; `opening` is said before the first exercise. The way into position is
    said wherever it changes, also for who comes to an exercise as `arrival` says. How many cues
    there are depends on the routine, on `easier` and on `arrival` alone.
    """
    exercises = [e.made_easier() if i in easier else e for i, e in enumerate(routine.exercises)]
    cues: list[Cue] = []
    for i, exercise in enumerate(exercises):
        moved = exercise.position is not _coming_to(routine, i, arrival)
        layout = _Layout(i, exercise, routine, preferences, i in told, _praise(i, sessions))
        cues += layout.cues(len(exercises), moved=moved)
    cues = [replace(cue, tempo=preferences.tempo) for cue in cues]
    length = sum(cue.length for cue in cues)
    farewell = phrases.farewell(routine.name, len(exercises), 0, (), length)
    last = Cue(CueKind.FINISH, len(exercises) - 1, farewell, BREATHER, tempo=preferences.tempo)
    laid = Plan(routine, (*cues, last), opening, arrival)
    welcome = phrases.welcome(routine.name, len(exercises), length, laid.safety)
    first = Cue(CueKind.WELCOME, 0, welcome, 2 * BREATHER, tempo=preferences.tempo)
    return replace(laid, cues=(first, *laid.cues))


def _praise(exercise: int, sessions: int) -> str:
    """Praise every other exercise, never twice in a row in the same words."""
    turn = exercise + sessions
    if exercise == 0 or turn % 2:
        return ""
    return phrases.PRAISE[(turn // 2) % len(phrases.PRAISE)]


@dataclass(frozen=True)
class _Layout:
    """Lays out one exercise."""

    index: int
    exercise: Exercise
    routine: Routine
    preferences: Preferences
    told: bool
    praise: str

    def cues(self, total: int, *, moved: bool) -> Iterator[Cue]:
        yield from self._opening(total, moved=moved)
        rounds = self._rounds()
        for i, (repetition, side) in enumerate(rounds):
            yield from self._round(repetition, side)
            between = i + 1 < len(rounds) and rounds[i + 1][0] != repetition
            closing_follows = i + 1 == len(rounds) and self.exercise.closing is not None
            if self.exercise.rest_seconds and (between or closing_follows):
                rest = self._cue(
                    CueKind.REST, phrases.REST, self._paced(self.exercise.rest_seconds), True
                )
                yield replace(rest, signal=Signal.REST) if self._tones_only else rest
        if closing := self.exercise.closing:
            for step in closing.steps:
                yield self._step(step, step.cue, None)
            if closing.release:
                yield self._release(closing.release, closing.release.cue)

    def _cue(self, kind: CueKind, text: str, count: Samples, may_extend: bool = False) -> Cue:
        return Cue(kind, self.index, text, count, may_extend=may_extend)

    def _paced(self, seconds: float) -> Samples:
        return to_samples(seconds / self.preferences.tempo)

    @property
    def _tones_only(self) -> bool:
        return self.preferences.verbosity is Verbosity.TONES

    @property
    def _full(self) -> bool:
        return self.preferences.verbosity is Verbosity.FULL

    def _opening(self, total: int, *, moved: bool) -> Iterator[Cue]:
        exercise = self.exercise
        heading = phrases.exercise_heading(self.index + 1, total, exercise.name)
        announced = self._cue(CueKind.INTRODUCE, heading, BREATHER)
        yield replace(announced, praise=self.praise) if self._full else announced
        if moved:
            yield self._cue(CueKind.INTRODUCE, exercise.get_there, 2 * BREATHER)
        why = phrases.EASIER_SINCE if self.told else None
        setup = " ".join(filter(None, (why, exercise.setup, exercise.safety)))
        yield self._cue(CueKind.INTRODUCE, setup, BREATHER)
        yield self._get_ready(moved)

    def _get_ready(self, moved: bool) -> Cue:
        """Leave time to come into position; it is never shorter than the user wants it."""
        if moved and self.preferences.get_ready is GetReady.WAIT:
            waiting = self._cue(CueKind.GET_READY, phrases.READY_WAITING, 0)
            return replace(waiting, waits=True)
        seconds = self.exercise.get_ready_seconds / self.preferences.tempo
        if not moved:
            seconds = min(seconds, SHORT_GET_READY_SECONDS / self.preferences.tempo)
        elif self.preferences.get_ready_seconds:
            seconds = self.preferences.get_ready_seconds
        counted = max(1, round(seconds))
        return self._cue(CueKind.GET_READY, phrases.get_ready(counted), to_samples(counted), True)

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
        whole = repetition == 1 and self._full
        of = self.exercise.repetitions
        made = []
        for i, step in enumerate(self.exercise.steps):
            text = step.cue if whole else step.short or step.cue
            text = self._numbered(text, repetition, side) if i == 0 else text
            cue = self._step(step, name_side(text, side), side)
            made.append(self._signalled(cue, repetition, side) if i == 0 else cue)
        if release := self.exercise.release:
            text = release.cue if whole else release.short or release.cue
            cue = self._release(release, name_side(text, side))
            known = self._tones_only and repetition > 1
            made.append(replace(cue, signal=Signal.END) if known else cue)
        for cue in made:
            yield replace(cue, side=side, repetition=repetition, repetitions=of)

    def _signalled(self, cue: Cue, repetition: int, side: Side | None) -> Cue:
        """Give a signal in place of the words, where the user knows them and wants that."""
        if not self._tones_only or repetition == 1:
            return cue
        switches = self.exercise.sides is Sides.ALTERNATE and side is not None
        return replace(cue, signal=Signal.SWITCH_SIDES if switches else Signal.BEGIN)

    def _numbered(self, text: str, repetition: int, side: Side | None) -> str:
        """Put the repetition, and the side where the text does not name it, before `text`."""
        turn = self.exercise.sides is Sides.ALTERNATE and side is Side.RIGHT
        if side and "{side}" not in text:
            text = f"{phrases.side(side)} {text}"
        if repetition > 1 and not turn:
            text = f"{phrases.repetition(repetition, self.exercise.repetitions)} {text}"
        return text

    def _step(self, step: Step, text: str, side: Side | None) -> Cue:
        count, rhythm, marks = self._count(step)
        return Cue(
            CueKind.MOVE,
            self.index,
            text,
            count,
            with_words=step.moves_with_breath,
            breath=step.breath,
            tone=self._tone(step.breath),
            marks=tuple(replace(mark, text=name_side(mark.text, side)) for mark in marks),
            rhythm=rhythm,
            may_extend=not step.moves_with_breath and step.breaths is None,
        )

    def _release(self, release: Release, text: str) -> Cue:
        return Cue(
            CueKind.MOVE,
            self.index,
            text,
            self._paced(release.seconds),
            with_words=release.breath in (Breath.INHALE, Breath.EXHALE),
            breath=release.breath,
            tone=self._tone(release.breath),
        )

    def _tone(self, breath: Breath) -> BreathTone | None:
        tones = {Breath.INHALE: BreathTone.RISE, Breath.EXHALE: BreathTone.FALL}
        return tones.get(breath) if self.preferences.toned_breath else None

    def _count(self, step: Step) -> tuple[Samples, Rhythm | None, tuple[Mark, ...]]:
        """Return how long a step is counted, and what is said meanwhile."""
        pace = self.routine.pace_of(step)
        rhythm = rhythm_of(pace, self.preferences, counted=step.breaths is not None)
        if step.breaths is not None:
            count = step.breaths * rhythm.cycle
            return count, rhythm, tuple(prompts(rhythm, count))
        assert step.seconds is not None  # noqa: S101 - the model requires one of the two
        if step.moves_with_breath:
            return self._paced(step.seconds), None, ()
        count = to_samples(step.seconds)
        last = [self._quietly(mark) for mark in _countdown(count)]
        if step.breath is Breath.DEEP:
            after = count % rhythm.cycle
            spoken_last = (mark for mark in last if mark.left <= after)
            return count, rhythm, (*prompts(rhythm, count), *spoken_last)
        middle = [self._quietly(mark) for mark in self._hold_marks(step, count)]
        return count, None, tuple(_apart([*middle, *last]))

    def _quietly(self, mark: Mark) -> Mark:
        """Return the signal in place of the words, for who wants only tones."""
        signals = {
            MarkKind.HALFWAY: Signal.HALFWAY,
            MarkKind.COUNTDOWN: Signal.COUNTDOWN,
        }
        return replace(mark, signal=signals.get(mark.kind)) if self._tones_only else mark

    def _hold_marks(self, step: Step, count: Samples) -> Iterator[Mark]:
        """A reminder early on, and the middle of a hold that is long enough to wonder."""
        if step.reminder:
            yield Mark(count * 3 // 4, step.reminder, MarkKind.REMINDER)
        if count >= to_samples(20) and self.preferences.verbosity is not Verbosity.BRIEF:
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
