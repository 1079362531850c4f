"""One exercise laid out: the cues that lead it, from its heading to its last movement.

Owns what is said and counted in an exercise, and the marks within a count; must not know the
exercises around it (`plan.py`), nor the present time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

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
from voice_coach.core.phrasing import Turns
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
from voice_coach.settings.keys import GetReady, Verbosity
from voice_coach.units import Samples, to_samples, to_seconds

BREATHER = to_samples(0.4)
"""Silence after words that nothing else follows."""
SHORT_GET_READY_SECONDS = 5
"""Time before an exercise that needs no change of position."""
SHORT_HOLD = to_samples(10)
"""A hold up to which one needs no count to know that it will soon be over."""
COUNTED = 3
"""How many seconds are counted towards an end, or ticked towards a beginning."""
KNOWN_AFTER = 3
"""How often a routine has been led to its end when it is led in fewer words by itself."""


class Wording(StrEnum):
    """How much is put in words: a good teacher fades."""

    WHOLE = "whole"
    """Everything, as for the first time."""
    AGAIN = "again"
    """How it is done, but what was told of safety only in short."""
    SHORT = "short"
    """What is needed by somebody who knows it."""

    @classmethod
    def of(cls, verbosity: Verbosity, led: int) -> "Wording":
        """Return how much somebody wants to hear who was `led` through a routine so often."""
        match verbosity:
            case Verbosity.FULL:
                return cls.WHOLE
            case Verbosity.BRIEF | Verbosity.TONES:
                return cls.SHORT
        if not led:
            return cls.WHOLE
        return cls.AGAIN if led < KNOWN_AFTER else cls.SHORT

    def is_whole_for(self, side: Side | None) -> bool:
        """Whether the first movement is told whole: the other side needs it only once."""
        return self is Wording.WHOLE or (self is Wording.AGAIN and side is not Side.RIGHT)

    def of_safety(self, about: Routine | Exercise) -> str | None:
        """Return what is said of safety, in short where it was told before."""
        short = about.short_safety if self is not Wording.WHOLE else None
        return short or about.safety


@dataclass(frozen=True)
class Layout:
    """Lays out one exercise."""

    index: int
    exercise: Exercise
    routine: Routine
    language: Language
    preferences: Preferences
    wording: Wording
    told: bool
    """Whether it is said why it is done in its easier variant."""
    praise: str
    """Said of the exercise before, if that was done to its end."""
    knows_ready: bool
    """Whether the user has been told in this session how to cut the time to get ready short."""
    turns: Turns

    def cues(self, total: int, *, moved: bool) -> Iterator[Cue]:
        """Yield them all; `moved` tells whether the user comes from another position."""
        yield from self._opening(total, moved=moved)
        rounds = self._rounds()
        rested = False
        for i, (repetition, side) in enumerate(rounds):
            yield from self._round(repetition, side, counted=rested)
            coming = rounds[i + 1][0] if i + 1 < len(rounds) else repetition + 1
            follows = i + 1 < len(rounds) or self.exercise.closing is not None
            rested = bool(self.exercise.rest_seconds) and follows and coming != repetition
            if rested:
                yield self._rest(coming)
        if closing := self.exercise.closing:
            for step in closing.steps:
                yield self._step(step, step.cue, None, Guidance.COUNTED)
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
    def _known(self) -> bool:
        """Whether the user has done the routine before, or wants to hear no more than who has."""
        return self.wording is not Wording.WHOLE

    @property
    def _quiet(self) -> bool:
        return self.preferences.verbosity in (Verbosity.BRIEF, Verbosity.TONES)

    def _rest(self, coming: int) -> Cue:
        """Announce a rest with its length, and the repetition that is `coming` after it."""
        length = self._paced(self.exercise.rest_seconds)
        seconds = max(1, round(to_seconds(length)))
        what = self.language.coming(coming, self.exercise.repetitions)
        text = self.language.rest(seconds, what, self.turns)
        rest = self._cue(CueKind.REST, text, length, True)
        signal = Signal.REST if self._tones_only else None
        return replace(rest, signal=signal, marks=tuple(lead_in(length)))

    def _opening(self, total: int, *, moved: bool) -> Iterator[Cue]:
        exercise = self.exercise
        known = self._known
        heading = self.language.exercise_heading(self.index + 1, total, exercise.name, known=known)
        announced = self._cue(CueKind.INTRODUCE, heading, BREATHER)
        yield announced if self._quiet else replace(announced, praise=self.praise)
        if moved:
            yield self._cue(CueKind.INTRODUCE, exercise.get_there, BREATHER)
        why = self.language.texts.easier_since if self.told else None
        # Whoever may do it in any position is told so once, and has nowhere to go.
        anywhere = exercise.get_there if exercise.position is Position.ANY and not known else None
        setup = (known and exercise.short_setup) or exercise.setup
        safety = self.wording.of_safety(exercise)
        setup = " ".join(filter(None, (why, anywhere, setup, safety)))
        yield self._cue(CueKind.INTRODUCE, setup, BREATHER)
        yield self._get_ready(moved)

    def _get_ready(self, moved: bool) -> Cue:
        """Leave time to come into position; it is never shorter than the user wants it."""
        if moved and self.preferences.get_ready is GetReady.WAIT:
            waiting = self._cue(CueKind.GET_READY, self.language.texts.ready_waiting, 0)
            return replace(waiting, waits=True)
        seconds = self.exercise.get_ready_seconds / self.preferences.tempo
        if not moved:
            at_most = COUNTED if self._known else SHORT_GET_READY_SECONDS
            seconds = min(seconds, at_most / self.preferences.tempo)
        elif self.preferences.get_ready_seconds:
            seconds = self.preferences.get_ready_seconds
        counted = max(1, round(seconds))
        if counted <= SHORT_GET_READY_SECONDS:
            text = self.turns.next(self.language.phrasings.get_ready_soon)
        elif self.knows_ready:
            text = self.language.get_ready_again(counted, self.turns)
        else:
            text = self.language.get_ready(counted)
        count = to_samples(counted)
        ready = self._cue(CueKind.GET_READY, text, count, True)
        return replace(ready, marks=tuple(lead_in(count)))

    @staticmethod
    def tells_ready(cue: Cue) -> bool:
        """Return whether `cue` is long enough to tell how to cut it short."""
        return cue.kind is CueKind.GET_READY and cue.count > to_samples(SHORT_GET_READY_SECONDS)

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

    def _round(self, repetition: int, side: Side | None, *, counted: bool) -> Iterator[Cue]:
        """One repetition on one side: in full words the first time, in short ones later.

        `counted`: the rest before it has said which one it is.
        """
        whole = repetition == 1 and self.wording.is_whole_for(side)
        of = self.exercise.repetitions
        made = []
        for i, step in enumerate(self.exercise.steps):
            text = self._worded(step, whole=whole)
            text = self._numbered(text, repetition, side, counted=counted) if i == 0 else text
            guided = Guidance.of(repetition, side, self.exercise.sides)
            cue = self._step(step, self.language.name_side(text, side), side, guided)
            made.append(self._signalled(cue, repetition, side) if i == 0 else cue)
        if release := self.exercise.release:
            text = self._worded(release, whole=whole)
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

    def _worded(self, part: Step | Release, *, whole: bool) -> str:
        return part.cue if whole or not part.short else self.turns.next(part.short)

    def _numbered(self, text: str, repetition: int, side: Side | None, *, counted: bool) -> str:
        """Put the repetition, and the side where the text does not name it, before `text`."""
        turn = self.exercise.sides is Sides.ALTERNATE and side is Side.RIGHT
        if side and "{side}" not in text:
            text = f"{self.language.side(side)} {text}"
        if repetition > 1 and not turn and not counted:
            of = self.exercise.repetitions
            text = f"{self.language.repetition(repetition, of, self.turns)} {text}"
        return text

    def _step(self, step: Step, text: str, side: Side | None, guided: "Guidance") -> Cue:
        count, rhythm, marks = self._count(step, guided)
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

    def _count(
        self, step: Step, guided: "Guidance"
    ) -> tuple[Samples, Rhythm | None, tuple[Mark, ...]]:
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
        last = [self._quietly(mark) for mark in self._countdown(count, guided)]
        if step.breath is Breath.DEEP:
            after = count % rhythm.cycle
            spoken_last = (mark for mark in last if mark.left <= after)
            return count, rhythm, (*prompts(rhythm, count), *spoken_last)
        wordings = self._hold_wordings(step, count, guided)
        middle = [self._quietly(mark) for mark in _at_their_longest(wordings, count)]
        spoken = [
            replace(mark, text=self.turns.next(wordings[mark.kind]))
            if mark.kind in wordings
            else mark
            for mark in _apart([*middle, *last])
        ]
        return count, None, tuple(spoken)

    def _quietly(self, mark: Mark) -> Mark:
        """Return the signal in place of the words, for who wants only tones."""
        signals = {
            MarkKind.HALFWAY: Signal.HALFWAY,
            MarkKind.COUNTDOWN: Signal.COUNTDOWN,
        }
        return replace(mark, signal=signals.get(mark.kind)) if self._tones_only else mark

    def _hold_wordings(
        self, step: Step, count: Samples, guided: "Guidance"
    ) -> dict[MarkKind, tuple[str, ...]]:
        """A reminder early on, and the middle of a hold that is long enough to wonder."""
        wordings = {}
        if step.reminder and guided is not Guidance.LEFT_ALONE:
            wordings[MarkKind.REMINDER] = step.reminder
        wonders = guided is Guidance.COUNTED and count >= to_samples(20)
        if wonders and self.preferences.verbosity is not Verbosity.BRIEF:
            wordings[MarkKind.HALFWAY] = self.language.phrasings.halfway
        return wordings

    def _countdown(self, count: Samples, guided: "Guidance") -> Iterator[Mark]:
        """The last three seconds of a hold that is long enough for it."""
        if guided is Guidance.COUNTED and count > SHORT_HOLD:
            for seconds in range(COUNTED, 0, -1):
                yield Mark(
                    to_samples(seconds), self.language.countdown(seconds), MarkKind.COUNTDOWN
                )


class Guidance(StrEnum):
    """How closely a hold is led: the first one of an exercise shows how long it takes."""

    COUNTED = "counted"
    """Its middle and its last seconds are told."""
    REMINDED = "reminded"
    """It is reminded of what matters in it, and then let go."""
    LEFT_ALONE = "left alone"
    """Nothing is said in it: the other side has just heard it."""

    @classmethod
    def of(cls, repetition: int, side: Side | None, sides: Sides) -> "Guidance":
        """Return how closely this repetition on this side is led."""
        if side is Side.RIGHT and sides is Sides.ALTERNATE:
            return cls.LEFT_ALONE
        first = repetition == 1 and side is not Side.RIGHT
        return cls.COUNTED if first else cls.REMINDED


def lead_in(count: Samples) -> Iterator[Mark]:
    """Tick softly towards what comes, so that it does not startle after a silence."""
    if count >= to_samples(COUNTED):
        for seconds in range(COUNTED, 0, -1):
            yield Mark(to_samples(seconds), "", MarkKind.LEAD_IN, signal=Signal.LEAD_IN)


def _at_their_longest(
    wordings: Mapping[MarkKind, tuple[str, ...]], count: Samples
) -> Iterator[Mark]:
    """Yield the marks of a hold in the longest of their wordings, so that there is room for all."""
    due = {MarkKind.REMINDER: count * 3 // 4, MarkKind.HALFWAY: count // 2}
    for kind, texts in wordings.items():
        yield Mark(due[kind], max(texts, key=len), kind)


def _apart(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Leave out what would begin while other words are being said, or outlast the hold."""
    free: Samples | None = None
    for mark in marks:
        after = mark.left - speech_length(mark.text)
        if after >= 0 and (free is None or mark.left <= free):
            yield mark
            free = after
