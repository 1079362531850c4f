"""Mistakes in what a sentence file says of its commands: one line, with file and line number."""

from pathlib import Path

import pytest

from voice_coach.dictionary import language_of
from voice_coach.errors import LanguageError
from voice_coach.resources import resource

FILES = resource("languages/en")
TEXT = (FILES / "sentences.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('          short: "pause"\n', "", "'short' is missing, by which 'help' and 'hint'"),
        ("help: [paused]", "help: [pausing]", "'help.0' is 'pausing'; expected 'leading'"),
        ("help: [paused]", "help: paused", "'help' is 'paused'; expected"),
        ("hint: {paused: 1}", "hint: {pausd: 1}", "no mode 'pausd'. Did you mean 'paused'?"),
        ("hint: {paused: 1}", "hint: {paused: 0}", "'hint.paused' is '0'; expected"),
        ("hint: {paused: 1}", "hint: [paused]", "'hint' is"),
        ("hint: {paused: 1}", "hints: {paused: 1}", "unknown key 'hints'. Did you mean 'hint'?"),
        ('press: "n"', 'press: "nn"', "'key.press' is 'nn'; expected one character"),
        ('press: "n"', 'press: "N"', "'key.press' is 'N'; expected one character"),
        ('press: "n"', 'press: "1"', "'key.press' is '1'; expected one character"),
        ('press: "n", ', "", "'key.press' is missing"),
        ("row: main, place: 3", "row: first, place: 3", "'button.row' is 'first'; expected"),
        ("row: main, place: 3", "row: main", "'button.place' is missing"),
        ("row: main, place: 3", "row: main, palce: 3", "'button.place' is missing"),
        ("place: 3}", "place: 3, lable: Next}", "unknown key 'lable'. Did you mean 'label'?"),
        ("without: [help, hint]", "without: [hlep]", "'without.0' is 'hlep'; expected 'help'"),
        ("harmless: true", "harmless: yes", "'harmless' is 'yes'; expected"),
        ("states: [confirm]", "states: [confrim]", "'states.0' is 'confrim'; expected 'idle'"),
    ],
)  # fmt: skip
def test_a_mistake_in_metadata_is_one_line(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    wrong = tmp_path / "sentences.yaml"
    wrong.write_text(TEXT.replace(old, new, 1), "utf-8")
    with pytest.raises(LanguageError) as told:
        language_of(FILES / "phrases.yaml", wrong)
    where, said = str(told.value).split(": ", 1)
    path, number = where.rsplit(":", 1)
    at = TEXT.count("\n", 0, TEXT.index(old)) + 1
    assert path == str(wrong)
    # What is missing is told at the block that lacks it.
    assert int(number) == at or ("missing" in said and 0 < at - int(number) < 8)
    assert problem in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("[]", ":1: expected a sentence file with 'intents:'"),
        ("intents: []", ":1: expected a sentence file with 'intents:'"),
        ("intents:\n  pause: {}", ":2: intent 'pause': 'data' is missing"),
        ("intents:\n  pause:\n    data: [pause]", ":3: intent 'pause': expected a block"),
        (
            "intents:\n  pause:\n    data: [{metadata: 1}]",
            ":3: intent 'pause': 'metadata': expected",
        ),
        ("intents:\n  pause:\n  pause:", ":3: not valid YAML: key 'pause' stands twice"),
        ("intents: {", ":1: not valid YAML"),
    ],
)
def test_a_file_of_another_form_is_one_line(tmp_path: Path, text: str, problem: str) -> None:
    wrong = tmp_path / "sentences.yaml"
    wrong.write_text(text, "utf-8")
    with pytest.raises(LanguageError) as told:
        language_of(FILES / "phrases.yaml", wrong)
    assert f"{wrong}" in str(told.value)
    assert problem in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LanguageError, match="cannot be read"):
        language_of(FILES / "phrases.yaml", tmp_path / "none.yaml")


class TestPronounce:
    """Words of a language that a voice says wrong."""

    PHRASES = (FILES / "phrases.yaml").read_text("utf-8").partition("\npronounce:")[0]

    def read(self, tmp_path: Path, addition: str) -> dict[str, str]:
        phrases = tmp_path / "phrases.yaml"
        phrases.write_text(f"{self.PHRASES}\n{addition}", "utf-8")
        return dict(language_of(phrases, FILES / "sentences.yaml").written.pronounce)

    def test_a_language_may_have_some(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "pronounce: {supine: soo pine}") == {"supine": "soo pine"}

    def test_or_none(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "") == {}

    @pytest.mark.parametrize(
        ("wrong", "problem"),
        [
            ("[supine]", "'pronounce': expected words, each with how it is said."),
            ("{supine: '[[s'}", "'pronounce.supine': expected plain letters"),
            ("{supine: }", "'pronounce.supine': expected plain letters"),
        ],
    )
    def test_a_mistake_is_one_line(self, tmp_path: Path, wrong: str, problem: str) -> None:
        with pytest.raises(LanguageError, match=r"phrases\.yaml:\d+: ") as told:
            self.read(tmp_path, f"pronounce: {wrong}")
        assert problem in str(told.value)
