"""One exercise laid out: the cues that lead it, from its heading to its last movement.

Owns what is said and counted in an exercise, and the marks within a count; must not know the
exercises around it (`plan.py`), nor the present time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

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
from voice_coach.core.language import Language
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Breath, Exercise, Release, Routine, Side, Sides, Step
from voice_coach.settings.keys import GetReady, Verbosity
from voice_coach.units import Samples, to_samples

BREATHER = to_samples(0.5)
"""Silence after words that nothing else follows."""
SHORT_GET_READY_SECONDS = 5
"""Time before an exercise that needs no change of position."""


@dataclass(frozen=True)
class Layout:
    """Lays out one exercise."""

    index: int
    exercise: Exercise
    routine: Routine
    language: Language
    preferences: Preferences
    told: bool
    praise: str

    def cues(self, total: int, *, moved: bool) -> Iterator[Cue]:
        """Yield them all; `moved` tells whether the user comes from another position."""
        yield from self._opening(total, moved=moved)
        rounds = self._rounds()
        for i, (repetition, side) in enumerate(rounds):
            yield from self._round(repetition, side)
            between = i + 1 < len(rounds) and rounds[i + 1][0] != repetition
            closing_follows = i + 1 == len(rounds) and self.exercise.closing is not None
            if self.exercise.rest_seconds and (between or closing_follows):
                rest = self._cue(
                    CueKind.REST,
                    self.language.texts.rest,
                    self._paced(self.exercise.rest_seconds),
                    True,
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
        heading = self.language.exercise_heading(self.index + 1, total, exercise.name)
        announced = self._cue(CueKind.INTRODUCE, heading, BREATHER)
        yield replace(announced, praise=self.praise) if self._full else announced
        if moved:
            yield self._cue(CueKind.INTRODUCE, exercise.get_there, 2 * BREATHER)
        why = self.language.texts.easier_since if self.told else None
        setup = " ".join(filter(None, (why, exercise.setup, exercise.safety)))
        yield self._cue(CueKind.INTRODUCE, setup, BREATHER)
        yield self._get_ready(moved)

    def _get_ready(self, moved: bool) -> Cue:
        """Leave time to come into position; it is never shorter than the user wants it."""
        if moved and self.preferences.get_ready is GetReady.WAIT:
            waiting = self._cue(CueKind.GET_READY, self.language.texts.ready_waiting, 0)
            return replace(waiting, waits=True)
        seconds = self.exercise.get_ready_seconds / self.preferences.tempo
        if not moved:
            seconds = min(seconds, SHORT_GET_READY_SECONDS / self.preferences.tempo)
        elif self.preferences.get_ready_seconds:
            seconds = self.preferences.get_ready_seconds
        counted = max(1, round(seconds))
        return self._cue(
            CueKind.GET_READY, self.language.get_ready(counted), to_samples(counted), True
        )

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
            cue = self._step(step, self.language.name_side(text, side), side)
            made.append(self._signalled(cue, repetition, side) if i == 0 else cue)
        if release := self.exercise.release:
            text = release.cue if whole else release.short or release.cue
            cue = self._release(release, self.language.name_side(text, side))
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
            text = f"{self.language.side(side)} {text}"
        if repetition > 1 and not turn:
            text = f"{self.language.repetition(repetition, self.exercise.repetitions)} {text}"
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
            marks=tuple(
                replace(mark, text=self.language.name_side(mark.text, side)) for mark in marks
            ),
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
        rhythm = rhythm_of(pace, self.preferences, self.language, counted=step.breaths is not None)
        if step.breaths is not None:
            count = step.breaths * rhythm.cycle
            return count, rhythm, tuple(prompts(rhythm, count))
        assert step.seconds is not None  # noqa: S101 - the model requires one of the two
        if step.moves_with_breath:
            return self._paced(step.seconds), None, ()
        count = to_samples(step.seconds)
        last = [self._quietly(mark) for mark in self._countdown(count)]
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
            yield Mark(count // 2, self.language.texts.halfway, MarkKind.HALFWAY)

    def _countdown(self, count: Samples) -> Iterator[Mark]:
        """The last five seconds of a long hold, the last three of a short one."""
        first = 5 if count >= to_samples(15) else 3
        if count >= to_samples(first + 3):
            for seconds in range(first, 0, -1):
                yield Mark(
                    to_samples(seconds), self.language.countdown(seconds), MarkKind.COUNTDOWN
                )


def _apart(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Leave out what would begin while other words are being said, or outlast the hold."""
    free: Samples | None = None
    for mark in marks:
        after = mark.left - speech_length(mark.text)
        if after >= 0 and (free is None or mark.left <= free):
            yield mark
            free = after
