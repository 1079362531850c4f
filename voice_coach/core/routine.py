"""What a routine is: the shape of the YAML that people write, and the rules it must keep.

Owns the vocabulary of exercise (position, side, breath, step, release) and its limits;
must not know where routines are stored, nor when or how anything is said.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
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
    """How long it lasts: a hold counts from the end of the words, a breath from their start."""
    breaths: Annotated[int, Field(ge=1, le=100)] | None = None
    """How long it lasts in deep breaths, instead of `seconds`."""
    breath: Breath = Breath.NATURAL
    """How to breathe meanwhile; never held by default."""
    pattern: Name | None = None
    """Name of the rhythm of deep breaths, instead of the routine's pace."""
    reminder: Wordings | None = None
    """Said once, early in the hold, such as "Keep breathing."; one wording or several."""

    @model_validator(mode="after")
    def _one_duration(self) -> Self:
        if (self.seconds is None) == (self.breaths is None):
            raise ValueError("expected either 'seconds' or 'breaths'")
        if self.breaths is not None and self.breath is not Breath.DEEP:
            raise ValueError("'breaths' counts deep breaths: write 'breath: deep' beside it")
        return self

    @model_validator(mode="after")
    def _breath_is_possible(self) -> Self:
        longest = _LONGEST_BREATH.get(self.breath)
        if longest is not None and self.seconds is not None and self.seconds > longest:
            raise ValueError(f"'breath: {self.breath}' can last {longest} seconds at most")
        if self.pattern and self.breath is not Breath.DEEP:
            raise ValueError("'pattern' leads deep breaths: write 'breath: deep' beside it")
        if self.reminder and (self.moves_with_breath or self.breath is Breath.DEEP):
            raise ValueError(f"'reminder' is never said with 'breath: {self.breath}'; take it out")
        return self

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


class Easier(_Part):
    """A gentler variant; whatever is not given stays as in the exercise itself."""

    setup: SpokenText
    """What is different, said in place of the exercise's own set-up."""
    repetitions: Annotated[int, Field(ge=1, le=50)] | None = None
    """How often, if not as often."""
    steps: Steps | None = None
    """What one repetition is made of, if not of the same."""
    closing: Closing | None = None
    """The block at the end, if it is another one."""


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
    repetitions: Annotated[int, Field(ge=1, le=50)] = 1
    """How often."""
    sides: Sides = Sides.NONE
    """How the sides take turns."""
    release: Release | None = None
    """How to let go at the end of a repetition (on one side)."""
    rest_seconds: Annotated[float, Field(ge=0, le=300)] = 3
    """Rest between repetitions."""
    get_ready_seconds: Annotated[float, Field(ge=1, le=300)] = 10
    """Time to come into a new position; "ready" ends it early."""
    closing: Closing | None = None
    """A different block at the end."""
    safety: SpokenText | None = None
    """Said with the set-up."""
    short_safety: SpokenText | None = None
    """The same in a few words, for who has heard it in an earlier session."""
    easier: Easier | None = None
    """A gentler variant, offered when something hurts."""

    @model_validator(mode="after")
    def _sides_are_named_only_where_there_are_sides(self) -> Self:
        one_sided = self.sides in (Sides.ALTERNATE, Sides.ONE_AFTER_THE_OTHER)
        easier = (self.easier.steps or ()) if self.easier else ()
        closings = [part.closing for part in (self, self.easier) if part and part.closing]
        if not one_sided and _name_a_side((*self.steps, *easier, self.release)):
            raise ValueError("{side} needs 'sides: alternate' or 'sides: one after the other'")
        if any(_name_a_side((*closing.steps, closing.release)) for closing in closings):
            raise ValueError("'closing' is done once, without sides; take {side} out of its words")
        if one_sided and not any("{side}" in step.cue for step in self.steps):
            raise ValueError(f"'sides: {self.sides}' needs {{side}} in the cue of a step")
        return self

    def placed_steps(self) -> Iterator[tuple[tuple[str | int, ...], Step]]:
        """Yield every step that it may have, with the keys that lead to it."""
        parts: list[tuple[tuple[str, ...], Exercise | Easier | Closing | None]] = [
            ((), self),
            (("closing",), self.closing),
            (("easier",), self.easier),
            (("easier", "closing"), self.easier.closing if self.easier else None),
        ]
        for keys, part in parts:
            for i, step in enumerate((part.steps if part else None) or ()):
                yield (*keys, "steps", i), step

    def made_easier(self) -> "Exercise":
        """Return the gentler variant of this exercise, or itself where there is none."""
        if self.easier is None:
            return self
        given = {key: value for key in ("repetitions", "steps", "closing")
                 if (value := getattr(self.easier, key)) is not None}  # fmt: skip
        own = {"setup": self.easier.setup, "short_setup": None, "easier": None}
        return self.model_copy(update={**own, **given})


def _name_a_side(parts: Iterable[Step | Release | None]) -> bool:
    return any("{" in words for part in parts if part for words in part.words)


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
    exercises: Annotated[tuple[Exercise, ...], Field(min_length=1, max_length=100)]
    """Done in this order."""

    @model_validator(mode="after")
    def _patterns_are_there(self) -> Self:
        known = [name.casefold() for name in (*self.patterns, *PATTERNS)]
        for i, exercise in enumerate(self.exercises):
            for place, step in exercise.placed_steps():
                if step.pattern and step.pattern.casefold() not in known:
                    hint = nearest(step.pattern, known) or f" Known: {', '.join(known)}."
                    wrong = ValueError(f"there is no such pattern.{hint}")
                    raise ValidationError.from_exception_data("Routine", [InitErrorDetails(
                        type="value_error", loc=("exercises", i, *place, "pattern"),
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
