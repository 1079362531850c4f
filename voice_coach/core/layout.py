"""One exercise laid out: the cues that lead it, from its heading to its last movement.

Owns what is said and counted in an exercise, and the marks within a count; must not know the
exercises around it (`plan.py`), nor the present time.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from voice_coach.core.breathing import prompts, rhythm_of
from voice_coach.core.cues import (
    LONGEST_MOVEMENT,
    BreathTone,
    Cue,
    CueKind,
    Mark,
    MarkKind,
    Rhythm,
    Signal,
    longest_speech,
    speech_length,
)
from voice_coach.core.language import Language
from voice_coach.core.phrasing import Turns
from voice_coach.core.preferences import Preferences
from voice_coach.core.rounds import Round, rounds_of
from voice_coach.core.routine import (
    Breath,
    Exercise,
    Lap,
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
LEAST_REST = to_samples(3)
"""A rest that is shorter is none that one would speak of."""
TURNING_SECONDS = 8
"""Time to change sides where the whole body has to turn …"""
TURNING = (Position.SIDE, Position.HALF_KNEELING)
"""… and where that is so."""
NUMBERED = 5
"""Repetitions in time are numbered up to this one, and then every so many."""
NAMED = 3
"""The movements of so many repetitions in time are named; then only ticked."""
SHORT_HOLD = to_samples(10)
"""A hold up to which one needs no count to know that it will soon be over."""
COUNTED = 3
"""How many seconds are counted towards an end, or ticked towards a beginning."""
LONGEST_UNTIL_DONE = to_samples(600)
"""How long it is waited for somebody who is to say "done"."""
ASKED_AFTER = to_samples(60)
"""After so long without a word they are asked, once."""
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
    lap: Lap | None
    """Where in a circuit it is done, if in any."""
    again: bool
    """Whether the user has just been told how it is done, in an earlier round or beforehand."""
    beforehand: tuple[tuple[str, str], ...]
    """(name, set-up) of the other exercises of a circuit that leaves no time for them later."""
    told: bool
    """Whether it is said why it is done in its easier variant."""
    praise: str
    """Said of the exercise before, if that was done to its end."""
    knows_ready: bool
    """Whether the user has been told in this session how to cut the time to get ready short."""
    turns: Turns

    def cues(self, position: int, total: int, *, moved: bool) -> Iterator[Cue]:
        """Yield them all; `moved` tells whether the user comes from another position.

        It is exercise number `position` of `total`, as the user counts them.
        """
        yield from self._round_rest()
        yield from self._opening(position, total, moved=moved)
        rounds = rounds_of(self.exercise)
        told = False
        for here, coming in pairwise([*rounds, None]):
            assert here is not None  # noqa: S101 - only the last one is
            yield from self._round(here, told=told)
            between = self._between(here, coming)
            told = between is not None
            if between is not None:
                yield between
        if closing := self.exercise.closing:
            for step in closing.steps:
                yield self._step(step, step.cue, None, Guidance.COUNTED)
            if closing.release:
                yield self._release(closing.release, closing.release.cue)
        if self.exercise.finish:
            yield self._cue(CueKind.MOVE, self.exercise.finish, BREATHER)

    def _between(self, here: Round, coming: Round | None) -> Cue | None:
        """Return the rest or the change of sides after a repetition, if there is one."""
        exercise = self.exercise
        if coming is None:
            if not exercise.closing:
                return None
            return self._resting(exercise.rest_seconds, self.language.coming(2, 1))
        if coming.set != here.set:
            what = self.language.coming_set(coming.set, coming.sets)
            return self._resting(exercise.set_rest_seconds, what)
        turns = coming.side is not here.side and exercise.sides is not Sides.HALFWAY
        if turns and (seconds := self._change_seconds):
            rest = exercise.rest_seconds if coming.through != here.through else 0
            return self._change_sides(max(seconds, rest), coming.side)
        if coming.through == here.through:
            return None
        what = self.language.coming(coming.repetition, coming.repetitions)
        return self._resting(exercise.rest_seconds, what)

    @property
    def _change_seconds(self) -> float:
        if self.exercise.change_sides_seconds is not None:
            return self.exercise.change_sides_seconds
        return TURNING_SECONDS if self.exercise.position in TURNING else 0

    def _round_rest(self) -> Iterator[Cue]:
        """Rest before the first exercise of a later round."""
        lap = self.lap
        if lap and lap.rest_seconds:
            what = self.language.coming_round(lap.number, lap.of)
            rest = self._resting(lap.rest_seconds, what)
            if rest is not None:
                yield rest

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

    def _resting(self, seconds: float, coming: str) -> Cue | None:
        """Announce a rest with its length, and what is `coming` after it; None if it has none."""
        length = self._paced(seconds)
        if not length:
            return None
        whole = max(1, round(to_seconds(length)))
        if self.exercise.timed:
            texts = (
                self.language.rest(whole, coming, self.turns),
                self.language.rest_for(whole),
                self.language.texts.short_rest,
            )
            text = self._fitting(texts, length) if length >= LEAST_REST else ""
            rest = self._cue(CueKind.REST, text, length, length >= LEAST_REST)
            return replace(rest, timed=True, marks=tuple(self._last_seconds(length)))
        if length < LEAST_REST:
            return replace(self._cue(CueKind.REST, "", length), timed=True)
        text = self.language.rest(whole, coming, self.turns)
        rest = self._cue(CueKind.REST, text, length, True)
        signal = Signal.REST if self._tones_only else None
        return replace(rest, signal=signal, marks=tuple(self._last_seconds(length)))

    def _change_sides(self, seconds: float, side: Side | None) -> Cue:
        length = self._paced(seconds)
        named = self.language.side(side) if side else ""
        change = self.language.texts.change_sides
        texts = (f"{change} {named}".strip(), named, change)
        text = self._fitting(texts, length) if self.exercise.timed else texts[0]
        cue = self._cue(CueKind.REST, text, length, True)
        signal = Signal.SWITCH_SIDES if self._tones_only else None
        return replace(
            cue, timed=self.exercise.timed, signal=signal, side=side, marks=tuple(lead_in(length))
        )

    def _last_seconds(self, length: Samples) -> Iterator[Mark]:
        """Count the last seconds of a long rest aloud, and tick those of a short one."""
        if length < SHORT_HOLD or self._tones_only:
            yield from lead_in(length)
            return
        for seconds in range(COUNTED, 0, -1):
            text = self.language.countdown(seconds)
            yield Mark(to_samples(seconds), text, MarkKind.COUNTDOWN)

    def _fitting(self, texts: Iterable[str], length: Samples) -> str:
        """Return the first of `texts` that can be said in `length`; nothing if none can."""
        room = length * self.preferences.tempo
        return next((text for text in texts if text and longest_speech(text) <= room), "")

    def _opening(self, position: int, total: int, *, moved: bool) -> Iterator[Cue]:
        exercise = self.exercise
        known = self._known
        heading = self.language.exercise_heading(position, total, exercise.name, known=known)
        if self.again:
            heading = self.language.exercise_heading(2, 2, exercise.name, known=True)
            yield from self._brief_opening(heading, moved=moved)
            return
        announced = self._cue(CueKind.INTRODUCE, heading, BREATHER)
        yield announced if self._quiet else replace(announced, praise=self.praise)
        if moved:
            yield self._cue(CueKind.INTRODUCE, exercise.get_there, BREATHER)
        why = self.language.texts.easier_since if self.told else None
        # Whoever may do it in any position is told so once, and has nowhere to go.
        anywhere = exercise.get_there if exercise.position is Position.ANY and not known else None
        setup = (known and exercise.short_setup) or exercise.setup
        safety = self.wording.of_safety(exercise)
        parts = (why, anywhere, setup, safety, *self._shown_beforehand())
        yield self._cue(CueKind.INTRODUCE, " ".join(filter(None, parts)), BREATHER)
        yield self._get_ready(moved)

    def _brief_opening(self, heading: str, *, moved: bool) -> Iterator[Cue]:
        """Announce an exercise of a circuit that was told already, within the time to get ready."""
        whole = self._paced(self.exercise.get_ready_seconds)
        if moved:
            heading = self._fitting((f"{heading} {self.exercise.get_there}",), whole) or heading
        seconds = math.ceil(to_seconds(longest_speech(heading)) / self.preferences.tempo)
        said = min(whole, to_samples(seconds))
        yield replace(self._cue(CueKind.INTRODUCE, heading, said), timed=True)
        ready = self._cue(CueKind.GET_READY, "", max(1, whole - said), True)
        marks = tuple(self._last_seconds(whole)) if whole - said >= to_samples(COUNTED) else ()
        yield replace(ready, timed=True, marks=marks)

    def _shown_beforehand(self) -> Iterator[str]:
        """Yield what has to be told before a movement begins that leaves no time for it."""
        exercise = self.exercise
        if exercise.timed and not self._tones_only:
            side = exercise.first_side if exercise.sides.one_at_a_time else None
            way = self._way(rounds_of(exercise)[0])
            for i, step in enumerate(exercise.steps):
                text = self.language.name_side(step.cue, side)
                said = f"{'' if i else way} {text}".strip()
                if step.length and not self._fitting((said,), self._moving(step.length)):
                    yield text
            if side and exercise.sides is not Sides.ALTERNATE:
                yield self.language.side(side)
        if exercise.until:
            yield self.language.texts.say_done
        for name, setup in self.beforehand:
            yield self.language.then_exercise(name, setup)

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

    def _round(self, here: Round, *, told: bool) -> Iterator[Cue]:
        """One repetition on one side: in full words the first time, in short ones later.

        `told`: the rest or the change of sides before it has said which one it is.
        """
        halves = self.exercise.sides is Sides.HALFWAY
        second = halves and here.side is not self.exercise.first_side
        whole = here.first and self.wording.is_whole_for(here.side) and not second
        guided = Guidance.of(here.through, here.side, self.exercise)
        made = []
        for i, step in enumerate(self.exercise.steps):
            part = step.model_copy(update=_halved(step)) if halves else step
            if self.exercise.timed or (second and i == 0):
                made.append(self._in_time(part, i, here, told=told))
                continue
            text = self._worded(part, whole=whole)
            text = self._numbered(text, here, told=told) if i == 0 else text
            cue = self._step(part, self.language.name_side(text, here.side), here.side, guided)
            made.append(self._signalled(cue, here) if i == 0 else cue)
        if (release := self.exercise.release) and not (halves and not second):
            text = self.language.name_side(self._worded(release, whole=whole), here.side)
            cue = self._release(release, text)
            known = self._tones_only and here.through > 1
            made.append(replace(cue, signal=Signal.END) if known else cue)
        sets = here.sets > 1
        for cue in made:
            yield replace(
                cue,
                side=here.side,
                repetition=here.repetition,
                repetitions=here.repetitions,
                through=here.through,
                set=here.set if sets else 0,
                sets=here.sets if sets else 0,
            )

    def _in_time(self, step: Step, i: int, here: Round, *, told: bool) -> Cue:
        """Lead a movement that lasts just as long as it says, in the words that fit into it."""
        guided = Guidance.of(here.through, here.side, self.exercise)
        cue = self._step(step, "", here.side, guided)
        if step.length is None:
            return replace(cue, text=self.language.name_side(step.cue, here.side))
        length = self._moving(step.length)
        text = self._fitting(self._words_in_time(step, i, here, told=told), length)
        signal = Signal.BEGIN if self._tones_only and not here.first else None
        marks = self._apart_from(text, length, cue.marks)
        if step.counted:
            silent = (mark for mark in marks if not mark.text)
            marks = (*self._counted_aloud(text, step, length), *silent)
        return replace(cue, text=text, count=length, timed=True, signal=signal, marks=marks)

    def _words_in_time(self, step: Step, i: int, here: Round, *, told: bool) -> Iterator[str]:
        """Yield what may be said to a movement in time, from the longest to the shortest."""
        language, side = self.language, here.side
        cue = language.name_side(step.cue, side)
        short = language.name_side(self.turns.next(step.short or (step.cue,)), side)
        sided = self.exercise.sides
        each_time = sided in (Sides.ALTERNATE, Sides.IN_TURN)
        if i:
            if here.first and self.wording.is_whole_for(side):
                yield cue
            if here.repetition <= NAMED or step.counted:
                yield short
            return
        if sided is Sides.HALFWAY and side is not self.exercise.first_side:
            named = language.side(side) if side else ""
            yield f"{language.texts.change_sides} {named}".strip()
            yield language.texts.change_sides
            return
        way = self._way(here)
        if here.first and self.wording.is_whole_for(side):
            yield f"{way} {cue}".strip()
        if each_time and side:
            yield short if language.side_name(side) in short.lower() else language.side(side)
            yield f"{language.side_name(side).capitalize()}."
        if here.repetition == 1 and here.set > 1 and not told:
            yield language.set_of(here.set, here.sets)
        if here.first or here.repetition == 1:
            yield f"{way} {short}".strip()
            yield way or short
            return
        if here.last and here.repetitions > 1:
            yield language.repetition(here.repetition, here.repetitions, self.turns)
            yield from language.phrasings.last_repetition
        if here.repetition <= NUMBERED or here.repetition % NUMBERED == 0 or here.last:
            number = language.count(here.repetition)
            if here.repetition <= NAMED:
                yield f"{number} {short}"
            yield number

    def _way(self, here: Round) -> str:
        """Say which way it goes, where that is new."""
        ways = self.exercise.directions
        if not ways or here.repetition > 1:
            return ""
        return self.language.direction(ways[here.direction], first=here.direction == 0)

    def _counted_aloud(self, text: str, step: Step, length: Samples) -> Iterator[Mark]:
        """Count every second from the second one on, as soon as the words are over."""
        said = longest_speech(text) / self.preferences.tempo if text else 0
        seconds = int(step.length or 0)
        for number in range(2, seconds + 1):
            begins = length * (number - 1) // seconds
            if begins >= said:
                yield Mark(length - begins, self.language.count(number), MarkKind.COUNTDOWN)

    def _apart_from(self, text: str, length: Samples, marks: Iterable[Mark]) -> tuple[Mark, ...]:
        """Leave out what would fall due while the words of a movement in time are said."""
        said = round(longest_speech(text) / self.preferences.tempo) if text else 0
        return tuple(mark for mark in marks if length - mark.left >= said)

    def _moving(self, seconds: float) -> Samples:
        """Return how long a movement in time takes: work of many seconds is never shortened."""
        moving = to_samples(seconds) <= LONGEST_MOVEMENT
        return self._paced(seconds) if moving else to_samples(seconds)

    def _signalled(self, cue: Cue, here: Round) -> Cue:
        """Give a signal in place of the words, where the user knows them and wants that."""
        if not self._tones_only or here.first:
            return cue
        each_time = self.exercise.sides in (Sides.ALTERNATE, Sides.IN_TURN)
        switches = each_time and here.side is not None
        return replace(cue, signal=Signal.SWITCH_SIDES if switches else Signal.BEGIN)

    def _worded(self, part: Step | Release, *, whole: bool) -> str:
        return part.cue if whole or not part.short else self.turns.next(part.short)

    def _numbered(self, text: str, here: Round, *, told: bool) -> str:
        """Put the repetition, and the side where the text does not name it, before `text`."""
        side = here.side
        second = side is not None and side is not self.exercise.first_side
        turn = self.exercise.sides in (Sides.ALTERNATE, Sides.HALFWAY) and second
        if side and "{side}" not in text and not (told and here.repetition == 1):
            text = f"{self.language.side(side)} {text}"
        if way := self._way(here):
            text = f"{way} {text}"
        if here.repetition > 1 and not turn and not told:
            numbered = self.language.repetition(here.repetition, here.repetitions, self.turns)
            text = f"{numbered} {text}"
        if here.repetition == 1 and here.set > 1 and not told:
            text = f"{self.language.set_of(here.set, here.sets)} {text}"
        return text

    def _step(self, step: Step, text: str, side: Side | None, guided: "Guidance") -> Cue:
        count, rhythm, marks = self._count(step, guided)
        if step.until:
            late = Mark(count - ASKED_AFTER, self.language.texts.are_you_done, MarkKind.REMINDER)
            aloud = self._up_aloud(count) if step.counted else ()
            marks = (*aloud, late)
            text = f"{text} {self.language.texts.say_done}" if guided is Guidance.COUNTED else text
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
            may_extend=not step.moves_with_breath and step.breaths is None and not step.until,
            until_done=step.until is not None,
        )

    def _up_aloud(self, count: Samples) -> Iterator[Mark]:
        """Count the seconds of the first minute aloud."""
        for number in range(1, round(to_seconds(ASKED_AFTER))):
            yield Mark(count - to_samples(number), self.language.count(number), MarkKind.COUNTDOWN)

    def _release(self, release: Release, text: str) -> Cue:
        return Cue(
            CueKind.MOVE,
            self.index,
            text,
            self._paced(release.seconds),
            with_words=release.breath in (Breath.INHALE, Breath.EXHALE),
            timed=self.exercise.timed,
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
        if step.length is None:
            return LONGEST_UNTIL_DONE, None, ()
        if step.moves_with_breath:
            return self._paced(step.length), None, ()
        count = to_samples(step.length)
        if step.minutes is not None and step.breath is Breath.DEEP:
            count = max(1, round(count / rhythm.cycle)) * rhythm.cycle
            return count, rhythm, tuple(prompts(rhythm, count))
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
    def of(cls, repetition: int, side: Side | None, exercise: Exercise) -> "Guidance":
        """Return how closely this repetition on this side is led."""
        second = side is not None and side is not exercise.first_side
        if second and exercise.sides is Sides.ALTERNATE:
            return cls.LEFT_ALONE
        return cls.COUNTED if repetition == 1 and not second else cls.REMINDED


def _halved(step: Step) -> dict[str, float | None]:
    """Return what is different of a step of which each side does a half."""
    return {"seconds": (step.length or 0) / 2, "minutes": None}


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
