"""A routine laid out as the flat row of cues that the session walks along.

Owns which words come at which place and how long each cue lasts; must not know the
present time, nor what the user says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from types import MappingProxyType

from voice_coach.core.cues import Cue, CueKind
from voice_coach.core.language import Language
from voice_coach.core.layout import BREATHER, KNOWN_AFTER, Layout, Wording
from voice_coach.core.phrasing import Turns
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Position, Routine, Side
from voice_coach.settings.keys import Verbosity
from voice_coach.units import Samples


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
    safety: str = ""
    """What nobody may begin without having heard; nothing if there is no such thing."""
    arrival: Arrival | None = None
    """Where the user came from to one of the exercises, if not from the one before it."""
    remark: str = ""
    """What is said in the welcome about this session alone."""

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
        if index < heading:  # the rest before it
            return self._coming_to(cue.exercise)
        moves = setup - heading > 1  # the way into position comes between the two
        if moves and index == heading:
            return self._coming_to(cue.exercise)
        on_the_way = moves and index < setup
        return None if on_the_way else self.routine.exercises[cue.exercise].position

    def _coming_to(self, exercise: int) -> Position | None:
        return _coming_to(self.routine, exercise, self.arrival)

    def repetition_at(self, index: int) -> tuple[int, Side | None]:
        """Return the repetition and the side to which cue `index` belongs or leads.

        Counted from 1 through all sets and directions; 0 before the first one, one more than there
        are in the closing block.
        """
        cue = self.cues[index]
        if cue.kind is CueKind.REST:
            cue = self.cues[index + 1]
        if cue.kind is not CueKind.MOVE:
            return 0, None
        return cue.through or self._closing(index), cue.side

    def place_of(self, exercise: int, repetition: int, side: Side | None) -> int | None:
        """Return the index of the cue with which a repetition begins, if there is one."""
        for i, cue in enumerate(self.cues):
            here = cue.exercise == exercise and cue.kind is CueKind.MOVE
            if here and self.repetition_at(i) == (repetition, side):
                return i
        return None

    def _closing(self, index: int) -> int:
        """Return one more than the repetitions before cue `index` of a closing block."""
        while not self.cues[index].through and self.cues[index].kind is not CueKind.INTRODUCE:
            index -= 1
        return 1 + self.cues[index].through

    def remaining_after(self, index: int, then: int | None = None) -> Samples:
        """Time from the end of cue `index` to the farewell; exact once `measured`.

        `then` is the cue that follows the welcome or the time to get ready, if it is not the next.
        """
        if then is None:
            return self._remaining[index]
        welcome = self.cues[index].kind is CueKind.WELCOME
        ready = index if welcome else self.setup_of(self.cues[index].exercise) + 1
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


def make_plan(
    routine: Routine,
    language: Language,
    preferences: Preferences = Preferences(),  # noqa: B008 - it is frozen
    *,
    shifts: Mapping[int, int] = MappingProxyType({}),
    told: frozenset[int] = frozenset(),
    sessions: int = 0,
    led: int = 0,
    danger: str = "",
    arrival: Arrival | None = None,
    remark: str = "",
) -> Plan:
    """Lay out `routine`, in `language`.

    A tempo above 1 shortens breaths, rests and changes of position, never the holds that are
    given in seconds. `shifts` says by the index of an exercise how much harder than usual it is
    done, or easier; `told` holds those of which it is said why. `sessions` that were done before
    make the wordings other ones; the more often this routine was `led` to its end, the less is
    said. The signs of `danger` are named before the first exercise. The way into position is
    said wherever it changes, also for who comes to an exercise as `arrival` says. A `remark` is
    part of the welcome. How many cues there are depends on the routine, on `shifts` and on
    `arrival` alone.
    """
    wording, turns = Wording.of(preferences.verbosity, led), Turns(sessions)
    exercises = [e.at(shifts.get(i, 0)) for i, e in enumerate(routine.exercises)]
    known_before, beforehand = told_beforehand(routine, arrival.exercise if arrival else None)
    places, total = numbered(routine)
    cues: list[Cue] = []
    knows_ready = wording is not Wording.WHOLE
    for i, exercise in enumerate(exercises):
        anywhere = exercise.position is Position.ANY
        moved = not anywhere and exercise.position is not _coming_to(routine, i, arrival)
        layout = Layout(
            i,
            exercise,
            routine,
            language,
            preferences,
            wording,
            lap=routine.laps[i],
            again=i in known_before,
            beforehand=beforehand.get(i, ()),
            told=i in told,
            praise="" if i == 0 or (i + sessions) % 2 else turns.next(language.phrasings.praise),
            knows_ready=knows_ready,
            turns=turns,
        )
        laid = list(layout.cues(places[i], total, moved=moved))
        cues += laid
        knows_ready = knows_ready or any(layout.tells_ready(cue) for cue in laid)
    cues = [replace(cue, tempo=preferences.tempo) for cue in cues]
    length = sum(cue.length for cue in cues)
    last = not preferences.asks_about(routine)
    farewell = language.farewell(routine.name, total, 0, (), length, last=last)
    ending = Cue(CueKind.FINISH, len(exercises) - 1, farewell, BREATHER, tempo=preferences.tempo)
    safety = " ".join(filter(None, (wording.of_safety(routine), danger)))
    opening = (
        language.welcome(routine.name, total, length)
        if wording is Wording.WHOLE
        else language.welcome_again(routine.name)
    )
    familiar = language.texts.familiar if _becomes_familiar(preferences, led) else None
    welcome = " ".join(filter(None, (opening, remark, safety, familiar)))
    first = Cue(CueKind.WELCOME, 0, welcome, BREATHER, tempo=preferences.tempo)
    return Plan(routine, (first, *cues, ending), safety, arrival, remark)


def numbered(routine: Routine) -> tuple[list[int], int]:
    """Return the number by which the user counts each exercise, from 1, and how many there are.

    What is done again in a later round of a circuit has the number that it had.
    """
    numbers: dict[int, int] = {}
    places = [numbers.setdefault(id(each), len(numbers) + 1) for each in routine.exercises]
    return places, len(numbers)


def told_beforehand(
    routine: Routine, arrival: int | None
) -> tuple[frozenset[int], dict[int, tuple[tuple[str, str], ...]]]:
    """Return which exercises of circuits are announced in a word, since they are known by then.

    That is so in every later round; where all of a circuit keeps time, already in the first one,
    and what the others are like is told before the first exercise: by its index (name, set-up) of
    each. Whoever comes to one from elsewhere, as to `arrival`, is told all of it.
    """
    known: set[int] = set()
    beforehand: dict[int, tuple[tuple[str, str], ...]] = {}
    exercises, laps = routine.exercises, routine.laps
    first = 0
    for i, lap in enumerate(laps):
        if lap is None:
            continue
        begins = lap.number == 1 and (
            i == 0 or laps[i - 1] is None or (laps[i - 1] or lap).number > 1
        )
        if begins:
            first = i
        members = [k for k in range(first, len(laps)) if (other := laps[k]) and other.number == 1]
        timed = all(exercises[k].timed for k in members)
        if begins and timed and len(members) > 1:
            beforehand[i] = tuple((exercises[k].name, exercises[k].setup) for k in members[1:])
        if i != arrival and (lap.number > 1 or (timed and not begins)):
            known.add(i)
    return frozenset(known), beforehand


def _becomes_familiar(preferences: Preferences, led: int) -> bool:
    """Whether less is said from this session on by itself: that is told once."""
    return preferences.verbosity is Verbosity.AUTO and led == KNOWN_AFTER
