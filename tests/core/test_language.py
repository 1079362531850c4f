"""Everything that is spoken comes from the language: a made-up one proves it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import voice_coach.core
from tests.tools.language import ENGLISH
from tests.tools.simulation import Simulation, Transcript
from voice_coach.core.language import Language, Texts
from voice_coach.core.routine import Side
from voice_coach.core.session import advance
from voice_coach.core.state import Event, Say, State
from voice_coach.core.transitions import laid_out
from voice_coach.dictionary import language_of
from voice_coach.errors import LanguageError
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.units import Samples

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
    other = replace(state, language=MADE_UP)
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


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_every_line_of_every_transcript_is_spoken_in_the_language(path: Path) -> None:
    simulation = Bilingual(State(ROUTINES, ENGLISH), COMMANDS)
    Transcript(path, simulation).play()
    assert simulation.lines


def test_a_line_that_is_not_of_the_language_would_be_found() -> None:
    assert is_marked("LOUDER!")
    assert not is_marked("Louder.")
    assert not is_marked("LOUDER! And an English line.")


ALLOWED = {"sentence templates", "four seven eight", "there is no such pattern."}
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


def test_every_text_is_used() -> None:
    code = "".join(path.read_text("utf-8") for path in CORE.glob("*.py"))
    unused = [each.name for each in fields(Texts) if not re.search(rf"\.{each.name}\b", code)]
    assert unused == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  halfway:", "  halfways:", r":\d+: texts: unknown key 'halfways'"),
        ('  halfway: "Halfway."\n', "", r":\d+: texts: 'halfway' is missing"),
        ("{session} in all", "{sesion} in all", r":\d+: 'time_left\w*': unknown placeholder"),
        ('"Halfway."', "[]", r":\d+: 'halfway': expected a text"),
        ("praise: [", "praise: {", r":\d+: not valid YAML"),
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


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "zero"),
        (21, "twenty-one"),
        (105, "one hundred and five"),
        (1205, "one thousand two hundred and five"),
        (1001, "one thousand and one"),
    ],
)
def test_numbers_are_said_in_words(value: int, words: str) -> None:
    assert ENGLISH.number(value) == words
