"""In which order the repetitions of an exercise are done: its sets, sides and directions.

Owns that order, and how each repetition is counted; must not know what is said in it.
"""

from dataclasses import dataclass

from voice_coach.core.routine import Exercise, Side, Sides

MOST_UNTIL_DONE = 50
"""Repetitions of an exercise that goes on until "done", if it does not say how many at most."""


@dataclass(frozen=True)
class Round:
    """One repetition on one side."""

    repetition: int
    """Within its set and direction, counted from 1."""
    repetitions: int
    """How many there are in this set, in one direction."""
    through: int
    """Counted from 1 through all sets and directions: with the side, what tells it from all others.
    """
    side: Side | None
    set: int = 1
    sets: int = 1
    direction: int = 0
    """Index of the direction."""

    @property
    def first(self) -> bool:
        """Whether it is the first on its side."""
        return self.through == 1

    @property
    def last(self) -> bool:
        """Whether it is the last of its set, in its direction."""
        return self.repetition == self.repetitions


def rounds_of(exercise: Exercise) -> list[Round]:
    """Return every repetition on every side, in the order in which they are done."""
    sizes = _sizes(exercise)
    directions = range(2 if exercise.directions else 1)
    done = 0
    rounds: list[Round] = []
    for number, size in enumerate(sizes, 1):
        for direction, repetition, side in _in_a_set(exercise, size, directions, done):
            through = done + direction * size + repetition
            rounds.append(Round(repetition, size, through, side, number, len(sizes), direction))
        done += size * len(directions)
    return rounds


def _sizes(exercise: Exercise) -> tuple[int, ...]:
    if exercise.until and "repetitions" not in exercise.model_fields_set:
        return (MOST_UNTIL_DONE,)
    return exercise.set_sizes


def _in_a_set(
    exercise: Exercise, size: int, directions: range, done: int
) -> list[tuple[int, int, Side | None]]:
    """Return direction, repetition and side of each round of a set of this size."""
    first = exercise.first_side
    sides, numbers = (first, first.other), range(1, size + 1)
    match exercise.sides:
        case Sides.ALTERNATE | Sides.HALFWAY:
            return [(d, n, side) for d in directions for n in numbers for side in sides]
        case Sides.ONE_AFTER_THE_OTHER:
            return [(d, n, side) for side in sides for d in directions for n in numbers]
        case Sides.IN_TURN:
            return [(d, n, sides[(done + n - 1) % 2]) for d in directions for n in numbers]
        case _:
            return [(d, n, None) for d in directions for n in numbers]
