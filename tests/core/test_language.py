"""Everything that is spoken comes from the language: a made-up one proves it."""

import ast
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import voice_coach.core
from tests.tools.fake_engines import FakeEngine
from tests.tools.language import ENGLISH
from tests.tools.simulation import Simulation, Transcript
from voice_coach.app import checkup, enrolment
from voice_coach.app.checkup import questions, requests
from voice_coach.app.enrolment import Lesson, Teacher
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.core.language import Language
from voice_coach.core.routine import Side
from voice_coach.core.session import advance
from voice_coach.core.state import Event, Say, State
from voice_coach.core.transitions import laid_out
from voice_coach.core.written import (
    CheckupPhrases,
    CheckupTexts,
    EnrolmentTexts,
    Phrasings,
    Texts,
    Troubles,
)
from voice_coach.dictionary import language_of, read_language
from voice_coach.errors import LanguageError
from voice_coach.grammar import ListeningState
from voice_coach.hearing.decision import Segment
from voice_coach.hearing.enrolled.takes import Trial, Trouble
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.units import BLOCK, Samples

CORE = Path(voice_coach.core.__file__).parent
FILES = resource("languages/en")
TRANSCRIPTS = sorted((Path(__file__).parents[1] / "transcripts").rglob("*.txt"))
ROUTINES = tuple(read_routine(path) for path in sorted(resource("routines").glob("*.yaml")))
COMMANDS = read_commands(ROUTINES)


def marked(part: Any) -> Any:
    """Return every text of `part` louder, and just as long: the times stay the same."""
    if isinstance(part, str):
        pieces = re.split(r"({\w+})", part)
        return "".join(p if p.startswith("{") else p.upper().replace(".", "!") for p in pieces)
    if isinstance(part, tuple):
        return tuple(marked(each) for each in part)
    if isinstance(part, Mapping):
        return part
    assert is_dataclass(part)
    return replace(part, **{each.name: marked(getattr(part, each.name)) for each in fields(part)})  # type: ignore[type-var]


MADE_UP = Language(
    replace(marked(ENGLISH.written), language=ENGLISH.written.language),
    replace(ENGLISH.catalogue, help=marked(ENGLISH.catalogue.help)),
)


def plain(text: str) -> str:
    """Return `text` without its marks."""
    return text.casefold().replace("!", ".")


def own_words() -> str:
    """Return everything that the routines say themselves."""
    texts = " ".join(_texts([routine.model_dump(mode="json") for routine in ROUTINES]))
    return " ".join(plain(ENGLISH.name_side(texts, side)) for side in Side)


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from _texts(each)


OWN = own_words()


class Bilingual(Simulation):
    """A session in English that looks at every event how it would be answered in the other one."""

    lines = 0

    def _advance(self, event: Event, now: Samples) -> None:
        _, english = advance(self.state, event, now)
        _, others = advance(translated(self.state), event, now)
        said = [each.text for each in english if isinstance(each, Say)]
        told = [each.text for each in others if isinstance(each, Say)]
        assert [plain(text) for text in told] == [plain(text) for text in said]
        for text in told:
            assert is_marked(text), text
        self.lines += len(told)
        super()._advance(event, now)


def translated(state: State) -> State:
    """Return `state` as it were if all had been said in the made-up language."""
    said = {key: marked(getattr(state, key)) for key in ("words", "rest")}
    lines = tuple(replace(line, text=marked(line.text)) for line in state.lines)
    again = state.again and replace(state.again, text=marked(state.again.text))
    other = replace(state, language=MADE_UP, lines=lines, again=again, **said)
    if state.plan is None:
        return other
    plan = laid_out(other, state.plan.routine)
    marks = {plain(mark.text): mark.text for cue in plan.cues for mark in cue.marks}
    waiting = (replace(mark, text=marks.get(plain(mark.text), mark.text)) for mark in state.marks)
    return replace(other, plan=plan, marks=tuple(waiting))


def is_marked(text: str) -> bool:
    """Whether every sentence is of the made-up language, or the routine's own."""
    sentences = re.split(r"(?<=[.!?]) ", text)
    return all(re.search(r"[A-Z]{2}|!", each) or plain(each) in OWN for each in sentences)


@pytest.mark.slow
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_every_line_of_every_transcript_is_spoken_in_the_language(path: Path) -> None:
    simulation = Bilingual(State(ROUTINES, ENGLISH), COMMANDS)
    Transcript(path, simulation).play()
    assert simulation.lines


def test_a_line_that_is_not_of_the_language_would_be_found() -> None:
    assert is_marked("LOUDER!")
    assert not is_marked("Louder.")
    assert not is_marked("LOUDER! And an English line.")


def _take(seed: int) -> Trial:
    steps = np.random.default_rng(seed).standard_normal((30, 288)).cumsum(axis=0)
    return Trial(0, 1, (steps.astype(np.float32),))


SAME, SKIPPED = _take(0), replace(_take(99), skip=True)
LESSONS: dict[str, list[Trial | None]] = {
    "all is well": [SAME] * 15,
    "nobody is there": [None] * 30,
    "every take differs": [_take(seed) for seed in range(30)],
    "some are left out": [SAME, SAME, SAME, SKIPPED, SKIPPED, *[SAME] * 6],
    "nothing can be learnt from": [Trial(0, 1, trouble=each) for each in (*Trouble, None)] * 6,
}


def told_in_lesson(language: Language, trials: list[Trial | None]) -> list[str]:
    """Return all that a lesson says of its own accord and to `trials`."""
    texts = language.written.enrolment
    lesson = Lesson(texts, texts.phrases[:5])
    told = [texts.opening, lesson.question()]
    told += [lesson.answered(trial) for trial in trials if lesson.phrase]
    assert lesson.phrase is None
    return told


@pytest.mark.parametrize("trials", LESSONS.values(), ids=LESSONS)
def test_a_lesson_is_held_in_the_language(trials: list[Trial | None]) -> None:
    english, told = (told_in_lesson(each, trials) for each in (ENGLISH, MADE_UP))
    assert [plain(text) for text in told] == [plain(text) for text in english]
    for text in told:
        assert is_marked(text), text


class Reader:
    """Stands for the renderer, and keeps what it was given to say."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def prefetch(self, texts: Iterable[str]) -> None:
        self.texts += texts

    def get(self, text: str) -> Pcm:
        self.texts.append(text)
        return silence(BLOCK)


class Deaf(FakeEngine):
    """Stands for the recorder of takes where nobody says anything."""

    def judged(self, segment: Segment) -> None: ...


def test_everything_that_a_teacher_renders_is_of_the_language() -> None:
    texts, mixer, reader = MADE_UP.written.enrolment, Mixer(), Reader()
    lesson = Lesson(texts, texts.phrases[:1])
    teacher = Teacher(lesson, Deaf(), COMMANDS, renderer=reader, mixer=mixer, live=False)  # type: ignore[arg-type]
    foreseen = len(reader.texts)
    with closing(teacher):
        while not teacher.over:
            position = mixer.position
            mixer.render(BLOCK)
            teacher.on_block(silence(BLOCK), silence(BLOCK), position)
    assert len(reader.texts) == foreseen + 6  # an answer to each silence
    for text in reader.texts:
        assert is_marked(text), text


def test_the_check_up_is_spoken_in_the_language() -> None:
    def texts(language: Language) -> list[str]:
        reader = Reader()
        asked = questions(language.written.checkup, reader.get)
        assert reader.texts == [each.text for each in asked]
        return reader.texts

    assert [plain(text) for text in texts(MADE_UP)] == [plain(text) for text in texts(ENGLISH)]
    for text in texts(MADE_UP):
        assert is_marked(text), text


def test_what_users_are_asked_to_say_means_something() -> None:
    asked = requests(ENGLISH.written.checkup.phrases)
    meant = [COMMANDS.match(each.phrase, each.state) for each in asked]
    assert [each.name for each in meant if each] == [each.intent for each in asked]
    for phrase in ENGLISH.written.enrolment.phrases:
        assert COMMANDS.match(phrase, ListeningState.SESSION), phrase


def test_every_trouble_with_a_take_has_its_words() -> None:
    assert {each.name for each in fields(Troubles)} == set(Trouble)


ALLOWED = {
    "sentence templates",
    "four seven eight",
    "there is no such pattern.",
    "' stands nowhere in this routine",
}
"""Names in files, and what only people who write files read."""


def literals(path: Path) -> Iterator[str]:
    """Yield what `path` might say: texts of several words that are no errors and no names."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        node_is_aside = isinstance(node, ast.Raise | ast.Assert) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        )
        is_names = isinstance(node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases
        )
        if node_is_aside or is_names:
            for inside in ast.walk(node):
                if isinstance(inside, ast.Constant):
                    inside.value = None
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", sorted(CORE.glob("*.py")), ids=lambda path: path.stem)
def test_the_core_holds_no_words_for_the_user(path: Path) -> None:
    spoken = [text for text in literals(path) if re.search(r"[a-z]{2,} [a-z]", text, re.IGNORECASE)]
    kept = [text for text in spoken if text not in ALLOWED and not text.startswith("(")]
    assert kept == []


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        (Texts, tuple(CORE.parent.rglob("*.py"))),
        (Phrasings, tuple(CORE.glob("*.py"))),
        (EnrolmentTexts, (Path(enrolment.__file__),)),
        (CheckupTexts, (Path(checkup.__file__),)),
        (CheckupPhrases, (Path(checkup.__file__),)),
    ],
)
def test_every_text_is_used(kind: type[Texts], places: tuple[Path, ...]) -> None:
    code = "".join(path.read_text("utf-8") for path in places)
    unused = [each.name for each in fields(kind) if not re.search(rf"\.{each.name}\b", code)]
    assert unused == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  stopped:", "  stoped:", r":\d+: texts: unknown key 'stoped'"),
        ('  done: "We are done."\n', "", r":\d+: texts: 'done' is missing"),
        ("{session} altogether", "{x} altogether", r":\d+: 'time_left\w*': unknown placeholder"),
        ('"We are done."', "[]", r":\d+: 'done': expected a text"),
        ("halfway: [", "halfway: [[], ", r":\d+: 'halfway': expected a text"),
        ("Number {done}", "Number {don}", r":\d+: 'repetition': unknown placeholder"),
        ("  skips: [skip, ", "  skips: [[], ", r":\d+: 'skips': expected a text"),
        ("Please say: {phrase}", "Please say: {word}", r":\d+: 'please_say': unknown placeholder"),
        ("    too_short:", "    short:", r":\d+: troubles: unknown key 'short'"),
        ("{pause: pause, ", "{", r":\d+: phrases: 'pause' is missing"),
        ("halfway: [", "halfway: {", r":\d+: not valid YAML"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_one_line(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    text = (FILES / "phrases.yaml").read_text("utf-8")
    assert old in text
    wrong = tmp_path / "phrases.yaml"
    wrong.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(LanguageError, match=problem) as told:
        language_of(wrong, FILES / "sentences.yaml")
    assert "\n" not in str(told.value)


SMALL = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def in_words(value: int) -> str:
    """Return a number below a hundred thousand as one says it in England."""
    if value < 20:
        return SMALL[value]
    if value < 100:
        unit = f"-{SMALL[value % 10]}" if value % 10 else ""
        return f"{TENS[value // 10 - 2]}{unit}"
    size, name = (100, "hundred") if value < 1000 else (1000, "thousand")
    left = value % size
    joint = " and " if left < 100 else " "
    return f"{in_words(value // size)} {name}" + (f"{joint}{in_words(left)}" if left else "")


@pytest.mark.parametrize("values", [range(2_000), range(2_000, 100_000, 37)], ids=str)
def test_numbers_are_said_in_words(values: range) -> None:
    assert [ENGLISH.number(value) for value in values] == [in_words(value) for value in values]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (21, "twenty-one"),
        (105, "one hundred and five"),
        (1_001, "one thousand and one"),
        (1_100, "one thousand one hundred"),
        (1_205, "one thousand two hundred and five"),
        (99_999, "ninety-nine thousand nine hundred and ninety-nine"),
        (100_000, "one hundred thousand"),
        (100_001, "one hundred thousand and one"),
        (100_100, "one hundred thousand, one hundred"),
        (999_999, "nine hundred and ninety-nine thousand, nine hundred and ninety-nine"),
        (1_000_001, "one million and one"),
        (1_200_007, "one million, two hundred thousand and seven"),
    ],
)  # fmt: skip
def test_a_comma_makes_a_pause_in_a_number_only_from_a_hundred_thousand(
    value: int, words: str
) -> None:
    assert ENGLISH.number(value) == words


def test_the_rules_of_numbers_are_read_with_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    spelled: list[int] = []
    monkeypatch.setattr(Language, "number", lambda _, value: spelled.append(value))
    read_language.__wrapped__("en")
    assert spelled


def test_one_code_decides_what_is_spoken_and_what_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FILES, tmp_path / "languages" / "xx")
    for name, old, new in (("phrases", "We are done.", "DONE!"), ("sentences", "slower", "adagio")):
        path = tmp_path / "languages" / "xx" / f"{name}.yaml"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    monkeypatch.setattr("voice_coach.resources._PLACES", (tmp_path,))
    assert read_language.__wrapped__("xx").texts.done == "DONE!"
    commands = read_commands((), "xx")
    assert commands.match("adagio", ListeningState.SESSION)
    assert not commands.match("slower", ListeningState.SESSION)


@pytest.mark.parametrize("moment", ["leading", "getting_ready", "paused", "finishing"])
def test_help_names_three_commands_at_most_which_are_heard(moment: str) -> None:
    told = getattr(ENGLISH.help, moment)
    named = re.split(r",? or |, ", told.removeprefix("You can say ").rstrip("."))
    assert 1 < len(named) <= 3
    assert all(COMMANDS.match(each, ListeningState.SESSION) for each in named), named
