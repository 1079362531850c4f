"""What a routine is: the shape of the YAML that people write, and the rules it must keep.

Owns the vocabulary of exercise (position, side, breath, step, release) and its limits;
must not know where routines are stored, nor when or how anything is said.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from voice_coach.errors import nearest


class Position(StrEnum):
    """How the body rests while an exercise is done."""

    ANY = "any"
    SITTING = "sitting"
    HANDS_AND_KNEES = "hands and knees"
    FRONT = "front"
    BACK = "back"
    STANDING = "standing"
    SIDE = "side"
    KNEELING = "kneeling"
    HALF_KNEELING = "half kneeling"
    CHAIR = "chair"
    PLANK = "plank"
    STANDING_AT_A_WALL = "standing at a wall"


class Side(StrEnum):
    """One side of the body."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> "Side":
        """The opposite side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Sides(StrEnum):
    """How the sides take turns."""

    NONE = "none"
    """The exercise has no sides."""
    BOTH = "both"
    """Both sides at the same time."""
    ALTERNATE = "alternate"
    """Left, then right, in every repetition."""
    ONE_AFTER_THE_OTHER = "one after the other"
    """All repetitions on the left, then all on the right."""
    IN_TURN = "in turn"
    """Left in the first repetition, right in the second, and so on."""
    HALFWAY = "halfway"
    """They change in the middle of each hold."""

    @property
    def one_at_a_time(self) -> bool:
        """Whether each movement is done on one side only, which has to be named."""
        return self not in (Sides.NONE, Sides.BOTH)


class Breath(StrEnum):
    """How to breathe during a step."""

    NATURAL = "natural"
    """As it comes; never held."""
    INHALE = "inhale"
    """One breath in, as long as the step; the movement goes with it."""
    EXHALE = "exhale"
    """One breath out, as long as the step; the movement goes with it."""
    DEEP = "deep"
    """Slow breaths in and out, each prompted, in the rhythm of the routine."""
    HOLD = "hold"
    """The breath is held: never unless the routine asks for it in so many words."""


def _sided(text: str) -> str:
    """Return `text` on one line, or say what cannot be spoken about it."""
    text = " ".join(text.split())
    if not any(c.isalnum() for c in text):
        raise ValueError("expected words that can be spoken")
    if unknown := set(re.findall(r"\{([^{}]*)\}", text)) - {"side", "other_side"}:
        raise ValueError(f"unknown placeholder {{{min(unknown)}}}; use {{side}} or {{other_side}}")
    if set("{}") & set(re.sub(r"\{(side|other_side)\}", "", text)):
        raise ValueError("a brace is not closed; write {side} or {other_side}")
    if not text.isprintable():
        raise ValueError("expected printable text, without control characters")
    return text


def _spoken(text: str) -> str:
    """Return `text` on one line; it is said where no side is meant."""
    text = _sided(text)
    if "{" in text:
        raise ValueError("{side} can stand only in the words of a step or release")
    return text


def _name(text: str) -> str:
    """Return a name that can be spoken and listened for."""
    text = _spoken(text)
    if not re.fullmatch(r"[A-Za-z][A-Za-z' -]*", text):
        raise ValueError("expected letters and spaces only, because it is listened for by ear")
    return text


def spelled(text: str) -> str:
    """Return a word, or how it is said, on one line; ValueError if it is not in plain letters."""
    text = " ".join(text.split())
    if not re.fullmatch(r"[^\W\d_](?:[^\W\d_]|['’ -])*", text):
        raise ValueError("expected plain letters, such as 'supine: soo pine'")
    return text


SpokenText = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_spoken)]
Sided = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_sided)]
"""Words that may contain {side} and {other_side}."""
Name = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_name)]
Spelling = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(spelled)]
"""A word, or how it is to be said, in plain letters."""
Seconds = Annotated[float, Field(gt=0, le=600)]


def _several(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Wordings = Annotated[
    tuple[Sided, ...],
    Field(min_length=1, max_length=10),
    BeforeValidator(_several, json_schema_input_type=Sided | list[Sided]),
]
"""One or more texts that mean the same and take turns. May contain {side} and {other_side}."""


class _Part(BaseModel):
    """Read-only, and strict about its keys: a typo must never be a silent default."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        str_strip_whitespace=True,
        use_attribute_docstrings=True,
    )


_LONGEST_BREATH = {Breath.INHALE: 20, Breath.EXHALE: 20, Breath.HOLD: 30}
"""Seconds that nobody should be asked to exceed."""


class Pace(_Part):
    """The rhythm of prompted breaths: in, hold, out, rest."""

    inhale_seconds: Annotated[float, Field(ge=1, le=15)] = 4
    """Length of a breath in."""
    hold_seconds: Annotated[float, Field(ge=0, le=20)] = 0
    """How long the breath is then held: not at all, unless this says so."""
    exhale_seconds: Annotated[float, Field(ge=1, le=20)] = 6
    """Length of a breath out; longer than the breath in calms."""
    rest_seconds: Annotated[float, Field(ge=0, le=20)] = 0
    """How long to wait before the next breath in."""


PATTERNS: Mapping[str, Pace] = {
    "calm": Pace(),
    "even": Pace(inhale_seconds=5, exhale_seconds=5),
    "box": Pace(inhale_seconds=4, hold_seconds=4, exhale_seconds=4, rest_seconds=4),
    "four seven eight": Pace(inhale_seconds=4, hold_seconds=7, exhale_seconds=8),
}
"""Rhythms that every routine may name."""


class Step(_Part):
    """One movement or hold, with the words that lead it."""

    cue: Sided
    """The whole instruction, said the first time. May contain {side} and {other_side}."""
    short: Wordings | None = None
    """What is said in later repetitions, one wording or several; without it, `cue` again."""
    seconds: Seconds | None = None
    """How long it lasts: a hold counts from the end of the words, a breath from their start, and
    every step of an exercise that is `timed` from their start."""
    minutes: Annotated[float, Field(gt=0, le=60)] | None = None
    """How long it lasts, instead of `seconds`; deep breaths are never cut in the middle."""
    breaths: Annotated[int, Field(ge=1, le=100)] | None = None
    """How long it lasts in deep breaths, instead of `seconds`."""
    until: Literal["done"] | None = None
    """It lasts until the user says "done", instead of `seconds`."""
    counted: bool = False
    """Whether the seconds are counted aloud: "down, two, three"."""
    breath: Breath = Breath.NATURAL
    """How to breathe meanwhile; never held by default."""
    pattern: Name | None = None
    """Name of the rhythm of deep breaths, instead of the routine's pace."""
    reminder: Wordings | None = None
    """Said once, early in the hold, such as "Keep breathing."; one wording or several."""

    @model_validator(mode="after")
    def _one_duration(self) -> Self:
        lengths = (self.seconds, self.minutes, self.breaths, self.until)
        if sum(each is not None for each in lengths) != 1:
            raise ValueError(
                "expected either 'seconds' or 'breaths' (or 'minutes', or 'until: done')"
            )
        if self.breaths is not None and self.breath is not Breath.DEEP:
            raise ValueError("'breaths' counts deep breaths: write 'breath: deep' beside it")
        return self

    @model_validator(mode="after")
    def _breath_is_possible(self) -> Self:
        longest = _LONGEST_BREATH.get(self.breath)
        if longest is not None and self.seconds is not None and self.seconds > longest:
            raise ValueError(f"'breath: {self.breath}' can last {longest} seconds at most")
        if longest is not None and self.seconds is None:
            raise ValueError(f"'breath: {self.breath}' needs 'seconds'")
        if self.breath is not Breath.NATURAL and (self.counted or self.until):
            key = "counted" if self.counted else "until"
            raise ValueError(f"'{key}' goes with natural breath; take out 'breath: {self.breath}'")
        if self.pattern and self.breath is not Breath.DEEP:
            raise ValueError("'pattern' leads deep breaths: write 'breath: deep' beside it")
        if self.reminder and (self.moves_with_breath or self.breath is Breath.DEEP):
            raise ValueError(f"'reminder' is never said with 'breath: {self.breath}'; take it out")
        return self

    @property
    def length(self) -> float | None:
        """How long it lasts, in seconds; None where breaths or the user say so."""
        return self.seconds if self.minutes is None else 60 * self.minutes

    @property
    def words(self) -> tuple[str, ...]:
        """All that may be said in it."""
        return (self.cue, *(self.short or ()), *(self.reminder or ()))

    @property
    def moves_with_breath(self) -> bool:
        """Whether the movement goes along with the words instead of following them."""
        return self.breath in (Breath.INHALE, Breath.EXHALE)


Steps = Annotated[tuple[Step, ...], Field(min_length=1, max_length=100)]


class Release(_Part):
    """How to let go; said after every hold, and at once when something hurts."""

    cue: Sided
    """The instruction."""
    short: Wordings | None = None
    """What is said in later repetitions, one wording or several."""
    seconds: Seconds = 3
    """Time to come back."""
    breath: Breath = Breath.NATURAL
    """How to breathe meanwhile."""

    @property
    def words(self) -> tuple[str, ...]:
        """All that may be said in it."""
        return (self.cue, *(self.short or ()))


class Closing(_Part):
    """A different last block, done once after all repetitions."""

    steps: Steps
    """Done one after the other."""
    release: Release | None = None
    """How to let go at its end."""


Repetitions = Annotated[int, Field(ge=1, le=50)]
Sets = (
    Annotated[int, Field(ge=1, le=20)]
    | Annotated[tuple[Repetitions, ...], Field(min_length=1, max_length=20)]
)
"""How many sets, or the repetitions of each."""


class Variant(_Part):
    """A gentler or harder variant; whatever is not given stays as in the exercise itself."""

    setup: SpokenText
    """What is different, said in place of the exercise's own set-up."""
    repetitions: Repetitions | None = None
    """How often, if not as often."""
    sets: Sets | None = None
    """How many sets, if not as many."""
    steps: Steps | None = None
    """What one repetition is made of, if not of the same."""
    closing: Closing | None = None
    """The block at the end, if it is another one."""


class Level(Variant):
    """One of the levels in which an exercise may be done."""

    name: Annotated[str, Field(min_length=1, max_length=20), AfterValidator(_name)]
    """What it is called, such as A."""


class Exercise(_Part):
    """One exercise: how to get there, what to do, how often, and how to let go."""

    name: Name
    """Said and shown."""
    purpose: SpokenText
    """What it is for: the answer to "why?"."""
    position: Position
    """How the body rests."""
    get_there: SpokenText
    """How to come into the position; said where the position changes."""
    setup: SpokenText
    """Where hands, feet and head go, before the first repetition."""
    short_setup: SpokenText | None = None
    """The same in a few words, for who knows the routine."""
    steps: Steps
    """What one repetition (on one side) is made of."""
    repetitions: Repetitions = 1
    """How often, in each set if there are sets; with `until` at most."""
    sets: Sets | None = None
    """How many sets, or a list with the repetitions of each."""
    set_rest_seconds: Annotated[float, Field(ge=0, le=600)] = 30
    """Rest between sets."""
    until: Literal["done"] | None = None
    """It is repeated until the user says "done"."""
    sides: Sides = Sides.NONE
    """How the sides take turns."""
    first_side: Side = Side.LEFT
    """The side that begins."""
    change_sides_seconds: Annotated[float, Field(ge=0, le=120)] | None = None
    """Time to change sides, which is then said; of itself where one lies on a side or half kneels.
    """
    directions: Annotated[tuple[SpokenText, SpokenText], BeforeValidator(_several)] | None = None
    """Two ways, such as "one way" and "the other way": all repetitions the one, then the other."""
    timed: bool = False
    """Whether all its seconds run from the start of the words, which then stretch nothing."""
    release: Release | None = None
    """How to let go at the end of a repetition (on one side)."""
    rest_seconds: Annotated[float, Field(ge=0, le=300)] = 3
    """Rest between repetitions."""
    get_ready_seconds: Annotated[float, Field(ge=1, le=300)] = 10
    """Time to come into a new position; "ready" ends it early."""
    closing: Closing | None = None
    """A different block at the end."""
    finish: SpokenText | None = None
    """Said once, after all repetitions."""
    safety: SpokenText | None = None
    """Said with the set-up."""
    short_safety: SpokenText | None = None
    """The same in a few words, for who has heard it in an earlier session."""
    easier: Variant | None = None
    """A gentler variant, offered when something hurts."""
    harder: Variant | None = None
    """A harder variant, for who asks for it."""
    levels: Annotated[tuple[Level, ...], Field(min_length=2, max_length=10)] | None = None
    """Variants from the easiest to the hardest, in place of `easier` and `harder`."""
    level: Name | None = None
    """The level in which it is begun; the first one if not given."""
    drawing: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    """Name of its drawing, if not that of the exercise: one that the coach has, or a file of
    one's own in the folder `drawings`."""

    @model_validator(mode="after")
    def _sides_are_named_only_where_there_are_sides(self) -> Self:
        one_sided = self.sides.one_at_a_time
        steps = [step for _, part in self._variants() for step in part.steps or ()]
        closings = [part.closing for _, part in self._variants() if part.closing]
        if not one_sided and _name_a_side((*self.steps, *steps, self.release)):
            raise ValueError("{side} needs 'sides: alternate' or 'sides: one after the other'")
        if any(_name_a_side((*closing.steps, closing.release)) for closing in closings):
            raise ValueError("'closing' is done once, without sides; take {side} out of its words")
        named = any("{side}" in step.cue for step in self.steps)
        if one_sided and not named and self.sides is not Sides.HALFWAY:
            raise ValueError(f"'sides: {self.sides}' needs {{side}} in the cue of a step")
        if self.sides is Sides.HALFWAY and any(step.length is None for step in self.steps):
            raise ValueError("'sides: halfway' needs 'seconds' in every step")
        return self

    @model_validator(mode="after")
    def _what_says_how_often_goes_together(self) -> Self:
        given = self.model_fields_set
        if isinstance(self.sets, tuple) and "repetitions" in given:
            raise ValueError(
                "a list of 'sets' says the repetitions of each; take 'repetitions' out"
            )
        if self.until and self.sets is not None:
            raise ValueError("'until: done' has no sets; take 'sets' out")
        if "set_rest_seconds" in given and self.sets is None:
            raise ValueError("'set_rest_seconds' needs 'sets'")
        if self.change_sides_seconds is not None and not self.sides.one_at_a_time:
            raise ValueError(
                "'change_sides_seconds' needs 'sides: one after the other' or the like"
            )
        if "first_side" in given and not self.sides.one_at_a_time:
            raise ValueError("'first_side' needs 'sides: one after the other' or the like")
        return self

    @model_validator(mode="after")
    def _levels_are_a_ladder(self) -> Self:
        names = [each.name.casefold() for each in self.levels or ()]
        if names and (self.easier or self.harder):
            key = "easier" if self.easier else "harder"
            raise ValueError(f"'levels' are instead of 'easier' and 'harder'; take '{key}' out")
        if len(set(names)) < len(names):
            raise ValueError("two 'levels' have the same name")
        if self.level is not None and self.level.casefold() not in names:
            known = ", ".join(each.name for each in self.levels or ()) or "none"
            raise ValueError(f"'level: {self.level}' is none of its 'levels': {known}")
        return self

    def _variants(self) -> Iterator[tuple[tuple[str | int, ...], "Exercise | Variant"]]:
        """Yield the exercise and its variants, with the keys that lead to each."""
        yield (), self
        for key, part in (("easier", self.easier), ("harder", self.harder)):
            if part is not None:
                yield (key,), part
        for i, level in enumerate(self.levels or ()):
            yield ("levels", i), level

    def placed_steps(self) -> Iterator[tuple[tuple[str | int, ...], Step]]:
        """Yield every step that it may have, with the keys that lead to it."""
        for keys, part in self._variants():
            for i, step in enumerate(part.steps or ()):
                yield (*keys, "steps", i), step
            for i, step in enumerate(part.closing.steps if part.closing else ()):
                yield (*keys, "closing", "steps", i), step

    @property
    def ladder(self) -> tuple[tuple["Exercise", ...], int]:
        """All its variants from the easiest to the hardest, and the index of the usual one."""
        if self.levels:
            rungs = tuple(self._varied(each) for each in self.levels)
            names = [each.name.casefold() for each in self.levels]
            return rungs, names.index(self.level.casefold()) if self.level else 0
        easier = (self._varied(self.easier),) if self.easier else ()
        harder = (self._varied(self.harder),) if self.harder else ()
        return (*easier, self, *harder), len(easier)

    def at(self, shift: int) -> "Exercise":
        """Return the variant that is so many steps harder than the usual one, or easier."""
        rungs, usual = self.ladder
        return rungs[min(max(usual + shift, 0), len(rungs) - 1)]

    @property
    def easiest(self) -> int:
        """How many steps there are from the usual variant down to the easiest: 0 or less."""
        return -self.ladder[1]

    @property
    def hardest(self) -> int:
        """How many steps there are from the usual variant up to the hardest."""
        rungs, usual = self.ladder
        return len(rungs) - 1 - usual

    @property
    def set_sizes(self) -> tuple[int, ...]:
        """The repetitions of each set; one set where there are none."""
        match self.sets:
            case None:
                return (self.repetitions,)
            case int():
                return (self.repetitions,) * self.sets
            case _:
                return self.sets

    def made_easier(self) -> "Exercise":
        """Return the next gentler variant of this exercise, or itself where there is none."""
        return self.at(-1)

    def _varied(self, variant: Variant) -> "Exercise":
        given = {key: value for key in ("repetitions", "sets", "steps", "closing")
                 if (value := getattr(variant, key)) is not None}  # fmt: skip
        if "repetitions" in given and isinstance(self.sets, tuple):
            given.setdefault("sets", None)
        own = {"setup": variant.setup, "short_setup": None, "easier": None, "harder": None,
               "levels": None, "level": None}  # fmt: skip
        return self.model_copy(update={**own, **given})


def _name_a_side(parts: Iterable[Step | Release | None]) -> bool:
    return any("{" in words for part in parts if part for words in part.words)


class Circuit(_Part):
    """Exercises that are done one after the other, several rounds of them."""

    rounds: Annotated[int, Field(ge=2, le=20)]
    """How many rounds."""
    round_rest_seconds: Annotated[float, Field(ge=0, le=600)] = 0
    """Rest between rounds."""
    exercises: Annotated[tuple[Exercise, ...], Field(min_length=1, max_length=30)]
    """Done in this order in each round."""


@dataclass(frozen=True)
class Lap:
    """Where in a circuit an exercise is done."""

    number: int
    """Which round, counted from 1."""
    of: int
    """How many rounds there are."""
    rest_seconds: float = 0
    """Rest before the exercise: it is the first one of a later round."""


EXERCISE_TAG, CIRCUIT_TAG = "<exercise>", "<circuit>"


def without_tags(keys: Iterable[str | int]) -> tuple[str | int, ...]:
    """Return the keys that lead to a place in a file, of those in an error of the model."""
    return tuple(key for key in keys if key not in (EXERCISE_TAG, CIRCUIT_TAG))


def _kind_of_part(value: object) -> str:
    rounds = "rounds" in value if isinstance(value, Mapping) else isinstance(value, Circuit)
    return CIRCUIT_TAG if rounds else EXERCISE_TAG


RoutinePart = Annotated[
    Annotated[Exercise, Tag(EXERCISE_TAG)] | Annotated[Circuit, Tag(CIRCUIT_TAG)],
    Discriminator(_kind_of_part),
]


class Routine(_Part):
    """A named sequence of exercises; one YAML file."""

    format: Literal[1] = 1
    """Version of this file format."""
    name: Name
    """Said and shown; "start <name> routine" starts it."""
    aliases: tuple[Name, ...] = ()
    """Other names that start it."""
    purpose: SpokenText
    """What it is for, in a sentence."""
    safety: SpokenText | None = None
    """Said before the first exercise."""
    short_safety: SpokenText | None = None
    """The same in a few words, for who has heard it in an earlier session."""
    question: SpokenText | None = None
    """How it feels, from zero to ten: asked before and after, if the user likes that."""
    short_question: SpokenText | None = None
    """The same in a few words, for who has been asked before."""
    pace: Pace = Pace()
    """The rhythm of prompted breaths."""
    patterns: Mapping[Name, Pace] = Field(default_factory=dict)
    """Rhythms of one's own, by name, beside calm, even, box and four seven eight."""
    pronounce: Mapping[Spelling, Spelling] = Field(default_factory=dict)
    """Words that a voice says wrong, each with how it is to be said, such as "supine: soo pine"."""
    fit_minutes: Annotated[float, Field(ge=1, le=120)] | None = None
    """How long it takes in all: repetitions and rests follow, and what does not fit is left out."""
    parts: Annotated[
        tuple[RoutinePart, ...], Field(min_length=1, max_length=100, alias="exercises")
    ]
    """Exercises and circuits, done in this order."""

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """Every exercise as often as it is done, in the order in which it is."""
        return tuple(exercise for exercise, _ in self._course)

    @cached_property
    def laps(self) -> tuple[Lap | None, ...]:
        """For each of `exercises` where in a circuit it is done, if in any."""
        return tuple(lap for _, lap in self._course)

    @cached_property
    def _course(self) -> tuple[tuple[Exercise, Lap | None], ...]:
        done: list[tuple[Exercise, Lap | None]] = []
        for part in self.parts:
            if isinstance(part, Exercise):
                done.append((part, None))
                continue
            for number in range(1, part.rounds + 1):
                for i, exercise in enumerate(part.exercises):
                    rest = part.round_rest_seconds if number > 1 and i == 0 else 0
                    done.append((exercise, Lap(number, part.rounds, rest)))
        return tuple(done)

    def with_parts(self, parts: tuple["Exercise | Circuit", ...]) -> "Routine":
        """Return it with other exercises and circuits."""
        other = self.model_copy(update={"parts": parts})
        for worked_out in ("exercises", "laps", "_course"):  # pydantic copies them, too
            other.__dict__.pop(worked_out, None)
        return other

    def placed_exercises(self) -> Iterator[tuple[tuple[str | int, ...], Exercise]]:
        """Yield every exercise that is written, with the keys that lead to it."""
        for i, part in enumerate(self.parts):
            if isinstance(part, Exercise):
                yield ("exercises", i), part
            else:
                for k, exercise in enumerate(part.exercises):
                    yield ("exercises", i, "exercises", k), exercise

    @model_validator(mode="after")
    def _patterns_are_there(self) -> Self:
        known = [name.casefold() for name in (*self.patterns, *PATTERNS)]
        for at, exercise in self.placed_exercises():
            for place, step in exercise.placed_steps():
                if step.pattern and step.pattern.casefold() not in known:
                    hint = nearest(step.pattern, known) or f" Known: {', '.join(known)}."
                    wrong = ValueError(f"there is no such pattern.{hint}")
                    raise ValidationError.from_exception_data("Routine", [InitErrorDetails(
                        type="value_error", loc=(*at, *place, "pattern"),
                        input=step.pattern, ctx={"error": wrong},
                    )])  # fmt: skip
        return self

    @model_validator(mode="after")
    def _pronounced_words_are_there(self) -> Self:
        said = " ".join(_texts(self.model_dump(exclude={"pronounce"}))).casefold()
        for word in self.pronounce:
            if not re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", said):
                wrong = ValueError(f"'{word}' stands nowhere in this routine")
                raise ValidationError.from_exception_data("Routine", [InitErrorDetails(
                    type="value_error", loc=("pronounce", word),
                    input=self.pronounce[word], ctx={"error": wrong},
                )])  # fmt: skip
        return self

    def pace_of(self, step: Step) -> Pace:
        """Return the rhythm of the deep breaths of `step`."""
        if step.pattern is None:
            return self.pace
        own = {name.casefold(): pace for name, pace in self.patterns.items()}
        return {**PATTERNS, **own}[step.pattern.casefold()]

    @property
    def spoken_names(self) -> tuple[str, ...]:
        """Every name that starts it, lower case."""
        return tuple(dict.fromkeys(name.casefold() for name in (self.name, *self.aliases)))


def _texts(part: object) -> Iterator[str]:
    """Yield every text in what a model has dumped."""
    match part:
        case str():
            yield part
        case Mapping():
            for value in part.values():
                yield from _texts(value)
        case tuple() | list():
            for value in part:
                yield from _texts(value)
