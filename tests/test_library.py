"""Routine files as people write them: what is read, and what is said about mistakes."""

import json
import re
import time
from pathlib import Path

import pytest

from tests.tools.language import ENGLISH
from voice_coach.core.intents import Intent
from voice_coach.core.names import Names
from voice_coach.core.session import advance
from voice_coach.core.state import Heard, State
from voice_coach.errors import RoutineError, SentencesError
from voice_coach.files import LARGEST_TEXT
from voice_coach.library import (
    check_names,
    find,
    read_commands,
    read_library,
    read_routine,
    read_sentences,
    routine_names,
    schema,
)
from voice_coach.paths import routines_dir
from voice_coach.resources import resource

ROOT = Path(__file__).parent.parent

GOOD = """\
name: Evening
aliases: [night]
purpose: It calms.
pace:
  inhale_seconds: 4
exercises:
  - name: Reach
    purpose: It is good.
    position: any
    get_there: Sit.
    setup: Relax.
    steps:
      - cue: Hold it.
        seconds: 20
    release:
      cue: Let go.
    closing:
      steps:
        - cue: Rest.
          seconds: 40
    easier:
      setup: Gently.
      steps:
        - cue: A little.
          seconds: 10
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a routine may be written."""
    return tmp_path / "evening.yaml"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for the user's own routines, empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    routines_dir().mkdir(parents=True)
    return routines_dir()


def complaint(file: Path, text: str | bytes) -> str:
    """Return what is said about `text`, from the line number on; always one line."""
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(RoutineError) as problem:
        read_routine(file)
    message = str(problem.value)
    assert "\n" not in message
    assert message.isprintable()
    assert len(message) < 500
    return message.removeprefix(str(file)).lstrip(":").strip()


def changed(before: str, after: str) -> str:
    assert GOOD.count(before) >= 1
    return GOOD.replace(before, after, 1)


def test_a_good_file(file: Path) -> None:
    file.write_text(GOOD)
    routine = read_routine(file)
    assert (routine.name, routine.spoken_names) == ("Evening", ("evening", "night"))
    assert routine.exercises[0].steps[0].seconds == 20


ONE_LENGTH = "expected either 'seconds' or 'breaths' (or 'minutes', or 'until: done')."


@pytest.mark.parametrize(
    ("right", "typo", "line"),
    [
        ("purpose: It calms", "purpse: It calms", 3),
        ("inhale_seconds", "inhale_second", 5),
        ("position", "postion", 9),
        ("get_there", "getthere", 10),
        ("cue: Hold", "queue: Hold", 13),
        ("seconds: 20", "secs: 20", 14),
        ("cue: Let", "ceu: Let", 16),
        ("    closing", "    closng", 17),
        ("seconds: 40", "second: 40", 20),
        ("setup: Gently", "set_up: Gently", 22),
        ("cue: A", "cues: A", 24),
    ],
)
def test_a_typo_in_a_key_at_every_depth(file: Path, right: str, typo: str, line: int) -> None:
    key, word = (text.split(":")[0].strip() for text in (right, typo))
    said = complaint(file, changed(right, typo))
    assert said == f"{line}: unknown key '{word}'. Did you mean '{key}'?"


def test_a_key_that_is_like_none_gets_the_list(file: Path) -> None:
    said = complaint(file, changed("    setup:", "    xyzzy:"))
    assert said.startswith("11: unknown key 'xyzzy'. Known here: name, purpose, position,")


def test_a_key_that_is_missing(file: Path) -> None:
    assert complaint(file, changed("    setup: Relax.\n", "")) == "7: 'setup' is missing."
    assert complaint(file, "name: Evening\n") in {
        "1: 'purpose' is missing.",
        "1: 'exercises' is missing.",
    }


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "position: any",
            "position: knees",
            "9: 'position' is 'knees'; expected 'any', 'sitting', 'hands and knees', 'front', "
            "'back', 'standing', 'side', 'kneeling', 'half kneeling', 'chair', 'plank' or "
            "'standing at a wall'. Did you mean 'kneeling'?",
        ),
        ("seconds: 20", "seconds: -20", "14: 'seconds' is -20; it should be greater than 0."),
        ("seconds: 20", "seconds: 0", "14: 'seconds' is 0; it should be greater than 0."),
        (
            "seconds: 20",
            "seconds: 86400",
            "14: 'seconds' is 86400; it should be less than or equal to 600.",
        ),
        (
            "seconds: 20",
            "seconds: .inf",
            "14: 'seconds' is inf; it should be less than or equal to 600.",
        ),
        ("seconds: 20", "seconds: 20s", "14: 'seconds' is '20s'; expected a number."),
        ("seconds: 20", 'seconds: "20"', "14: 'seconds' is '20'; expected a number."),
        (
            "seconds: 20",
            "seconds: yes",
            "14: 'seconds' is 'yes'; expected a number.",
        ),
        ("        seconds: 20\n", "", f"13: 'steps'; {ONE_LENGTH}"),
        ("seconds: 20", "seconds:", f"13: 'steps'; {ONE_LENGTH}"),
        (
            "name: Evening",
            "name: true",
            "1: 'name' is true; expected text; put it in quotes.",
        ),
        ("name: Evening", "name: 7", "1: 'name' is 7; expected text; put it in quotes."),
        (
            "name: Evening",
            "name: 2024-01-01",
            "1: 'name' is '2024-01-01'; expected letters and spaces only, because it is listened "
            "for by ear.",
        ),
        ("[night]", "night", "2: 'aliases' is 'night'; expected a list."),
        ("[night]", "[false]", "2: 'aliases' is false; expected text; put it in quotes."),
        ("seconds: 20", "seconds: 1:30", "14: 'seconds' is '1:30'; expected a number. Write 90."),
        ("cue: Hold it.", "cue: '{side} leg'", "7: 'exercises'; {side} needs 'sides: alternate' or "
         "'sides: one after the other'."),
        ("purpose: It calms.", "purpose:", "3: 'purpose' is empty; expected text; put it in "
         "quotes."),
    ],
)  # fmt: skip
def test_wrong_values_name_line_key_and_what_was_expected(
    file: Path, before: str, after: str, said: str
) -> None:
    assert complaint(file, changed(before, after)) == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("    purpose", "\tpurpose", "Indent with spaces, not with tabs."),
        ("cue: Hold it.", "cue: Hold: it.", "A text with a colon in it needs quotes."),
        ("[night]", "[night", "A bracket is not closed."),
        ("[night]", "*night", "found undefined alias 'night'."),
        (
            "    setup",
            "    setup: Sit.\n    setup",
            "12: not valid YAML: key 'setup' stands twice.",
        ),
        ("pace:", "---\npace:", "Keep one routine in one file, without a line of '---' inside."),
        ("Evening", "!!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("It calms.", "It\x00calms.", "3: not a text file; expected YAML in UTF-8."),
        ("20", "9" * 5000, "a number of too many digits"),
        ("It calms.", "!!set {a, b}", "neither text, number nor yes or no"),
        ("pace:", "? [a, b]\n: c\npace:", "found unhashable key"),
        ("It calms.", '"\\ud800"', "holds a character that is no text"),
    ],
)
def test_what_is_no_yaml_of_a_routine(file: Path, before: str, after: str, said: str) -> None:
    assert said in complaint(file, changed(before, after))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty."),
        (b"# Only a comment.\n", "the file is empty."),
        (b"---\n", "the file is empty."),
        (b"- one\n- two\n", "1: expected a routine with 'name:' and 'exercises:'."),
        (b"just words\n", "1: expected a routine with 'name:' and 'exercises:'."),
        (bytes(range(256)) * 9, "1: not a text file; expected YAML in UTF-8."),
        (GOOD.encode("utf-16"), "1: not a text file; expected YAML in UTF-8."),
        ("purpose: Für".encode("latin-1"), "1: not a text file; expected YAML in UTF-8."),
        (b"#" * (LARGEST_TEXT + 1), "larger than 256 kB; expected a short text."),
        (b"a: " + b"[" * 3000, "nested too deeply, or an alias (*) inside its own anchor."),
        (b"a: &a [*a]", "nested too deeply, or an alias (*) inside its own anchor."),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value[:9]),
)
def test_what_is_no_routine_at_all(file: Path, content: bytes, said: str) -> None:
    assert complaint(file, content) == said


@pytest.mark.parametrize("link", ["[{}]", "{{<<: [{}]}}"])
def test_a_billion_laughs_are_not_laughed(file: Path, link: str) -> None:
    """Anchors that unfold to 9^12 values, as lists and as merged keys."""
    lines = ["a: &a {x: 1}"]
    for before, name in zip("abcdefghijkl", "bcdefghijklm", strict=True):
        lines.append(f"{name}: &{name} " + link.format(", ".join([f"*{before}"] * 9)))
    began = time.process_time()
    assert "values. Leave out aliases" in complaint(file, "\n".join(lines))
    with pytest.raises(SentencesError, match="values"):
        read_sentences(file)
    assert time.process_time() - began < 2


def test_anchors_in_moderation_are_welcome(file: Path) -> None:
    text = changed("      - cue: Hold it.\n", "      - &hold\n        cue: Hold it.\n")
    text = text.replace("        - cue: A little.\n          seconds: 10\n", "        - *hold\n")
    file.write_text(text)
    easier = read_routine(file).exercises[0].made_easier()
    assert easier.steps[0].cue == "Hold it."


def test_files_of_other_systems(file: Path) -> None:
    for raw in (b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode()):
        file.write_bytes(raw)
        assert read_routine(file).name == "Evening"


def test_what_is_no_file(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path, "Is a directory"),
        (tmp_path / "none.yaml", "No such file"),
        (Path("/dev/zero"), "larger than 256 kB"),
        (Path("/dev/null"), "the file is empty"),
    ):
        with pytest.raises(RoutineError, match=said) as problem:
            read_routine(path)
        assert str(path) in str(problem.value)


class TestShelf:
    """The user's own routines beside those that ship."""

    def test_the_back_routine_is_first_and_nothing_is_wrong(self, own: Path) -> None:
        shelf, problems = read_library()
        assert [(s.routine.name, s.own) for s in shelf] == [
            ("Back", False),
            ("Breathing", False),
            ("Gentle stretch", False),
        ]
        assert problems == []
        assert own.is_dir()

    def test_an_own_routine_takes_the_place_of_one_that_ships(self, own: Path) -> None:
        (own / "mine.yaml").write_text(changed("name: Evening", "name: back"))
        shelf, _ = read_library()
        assert (shelf[0].routine.name, shelf[0].own) == ("back", True)
        assert len(shelf) == 3

    @pytest.mark.parametrize("name", ["evening.yaml", "evening.yml"])
    def test_an_own_routine_is_found_by_every_name(self, own: Path, name: str) -> None:
        (own / name).write_text(changed("name: Evening", "name: Good night"))
        shelf, _ = read_library()
        for spoken in ("good night", "Night", "evening", " good night routine"):
            assert find(shelf, spoken).path == own / name

    def test_a_broken_one_is_told_and_does_not_stop_the_rest(self, own: Path) -> None:
        (own / "a-broken.yaml").write_text("name: [")
        (own / "b-good.yaml").write_text(GOOD)
        (own / "c-folder.yaml").mkdir()
        (own / "d-link.yaml").symlink_to(own / "nothing")
        (own / ".#e-lock.yaml").symlink_to(own / "nothing")
        (own / "f-notes.txt").write_text("name: [")
        shelf, problems = read_library()
        assert "Evening" in [s.routine.name for s in shelf]
        assert len(shelf) == 4
        assert [str(p).split(":")[0].rpartition("/")[2] for p in problems] == [
            "a-broken.yaml",
            "c-folder.yaml",
            "d-link.yaml",
        ]

    def test_a_folder_that_is_a_file(self, own: Path) -> None:
        own.rmdir()
        own.write_text("not a folder")
        assert len(read_library()[0]) == 3

    @pytest.mark.parametrize(("wrong", "right"), [("bakc", "back"), ("breathe", "breath")])
    def test_the_nearest_name_is_offered(self, own: Path, wrong: str, right: str) -> None:
        assert own.is_dir()
        shelf, _ = read_library()
        with pytest.raises(RoutineError) as problem:
            find(shelf, wrong)
        assert str(problem.value) == (
            f"There is no routine '{wrong}'. Did you mean '{right}'? "
            "There are: back, breathing, gentle stretch."
        )

    def test_every_spoken_name_can_be_said_and_starts_its_routine(self, own: Path) -> None:
        (own / "evening.yaml").write_text(GOOD)
        routines = [shelved.routine for shelved in read_library()[0]]
        commands = read_commands(routines)
        for spoken, name in routine_names(routines).items():
            intent = commands.match(f"start {spoken} routine", "idle")
            assert intent is not None
            assert (intent.name, intent.slots["routine"]) == ("start", name)
            assert commands.grammar("idle").accepts(f"start {spoken} routine")

    def test_a_name_that_two_routines_claim_means_the_same_everywhere(self, own: Path) -> None:
        (own / "back.yaml").write_text(changed("Evening", "Back").replace("night", "breathing"))
        shelf, problems = read_library()
        assert [str(problem) for problem in problems] == [
            f"{own}/back.yaml:2: alias 'breathing'; it starts the routine 'Breathing' already. "
            "Choose another one, such as 'breathing stretch'."
        ]
        routines = tuple(shelved.routine for shelved in shelf)
        assert routines[0].spoken_names == ("back",)
        assert routine_names(routines)["breathing"] == "Breathing"
        assert find(shelf, "breathing").routine.name == "Breathing"
        heard = Heard(Intent("start", {"routine": "Breathing"}))
        after, _ = advance(State(routines, ENGLISH), heard, 0)
        assert after.plan is not None
        assert after.plan.routine.name == "Breathing"


class TestNames:
    """A name that means something else already is told, and takes nothing over."""

    COMMANDS = (
        ("Over", "start over"),
        ("Again", "start again"),
        ("This exercise", "start this exercise again"),
        ("From the beginning", "start from the beginning"),
    )

    @pytest.mark.parametrize(("name", "sentence"), COMMANDS)
    def test_a_routine_does_not_take_a_command_over(
        self, own: Path, name: str, sentence: str
    ) -> None:
        (own / "mine.yaml").write_text(changed("name: Evening", f"name: {name}"))
        shelf, problems = read_library()
        assert [str(problem) for problem in problems] == [
            f"{own}/mine.yaml:1: 'name' is '{name}'; “{sentence}” is a command already. "
            f"Choose another one, such as '{name} stretch'."
        ]
        assert name not in [each.routine.name for each in shelf]
        with_it, without = read_commands(each.routine for each in shelf), read_commands(())
        for state in without.states:
            assert with_it.match(sentence, state) == without.match(sentence, state)

    @pytest.mark.parametrize(("name", "_"), COMMANDS)
    def test_what_is_offered_instead_is_good(self, own: Path, name: str, _: str) -> None:
        (own / "mine.yaml").write_text(changed("name: Evening", f"name: {name} stretch"))
        assert read_library()[1] == []

    def test_of_two_own_routines_of_one_name_the_first_stays(self, own: Path) -> None:
        (own / "a.yaml").write_text(GOOD)
        (own / "b.yaml").write_text(changed("name: Evening", "name: evening"))
        shelf, problems = read_library()
        assert find(shelf, "evening").path == own / "a.yaml"
        assert [str(problem) for problem in problems] == [
            f"{own}/b.yaml:1: 'name' is 'evening'; {own}/a.yaml has a routine of this name "
            "already. Choose another one, such as 'evening stretch'."
        ]

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("The evening", "start the evening"),
            ("Evening routine", "begin evening routine"),
            ("My evening", "let's do my evening exercises"),
        ],
    )
    def test_of_two_names_the_longer_one_counts_where_it_is_said(
        self, own: Path, name: str, sentence: str
    ) -> None:
        (own / "a.yaml").write_text(GOOD)
        (own / "b.yaml").write_text(changed("Evening", name).replace("[night]", "[]"))
        shelf, problems = read_library()
        assert problems == []
        commands = read_commands(each.routine for each in shelf)
        for said, meant in ((sentence, name), ("start evening", "Evening")):
            intent = commands.match(said, "idle")
            assert intent is not None
            assert intent.slots["routine"] == meant

    def test_an_own_name_goes_before_an_alias_that_ships(self, own: Path) -> None:
        (own / "mine.yaml").write_text(changed("name: Evening", "name: My back"))
        shelf, problems = read_library()
        assert problems == []
        intent = read_commands(each.routine for each in shelf).match("start my back", "idle")
        assert intent is not None
        assert intent.slots["routine"] == "My back"
        assert find(shelf, "my back").own

    def test_an_alias_of_another_routine_is_left_out_alone(self, own: Path) -> None:
        (own / "a.yaml").write_text(GOOD)
        (own / "b.yaml").write_text(
            changed("name: Evening", "name: Moon").replace("[night]", "[luna, night, spine]")
        )
        shelf, problems = read_library()
        assert find(shelf, "moon").routine.spoken_names == ("moon", "luna")
        assert find(shelf, "night").routine.name == "Evening"
        assert ["alias 'night'" in str(problems[0]), "alias 'spine'" in str(problems[1])] == [
            True,
            True,
        ]

    def test_a_name_goes_before_an_alias(self, own: Path) -> None:
        (own / "a.yaml").write_text(GOOD)
        (own / "b.yaml").write_text(
            changed("name: Evening", "name: Night").replace("[night]", "[]")
        )
        shelf, (problem,) = read_library()
        assert find(shelf, "night").routine.name == "Night"
        assert str(problem).startswith(f"{own}/a.yaml:2: alias 'night'; ")

    def test_those_that_ship_are_told_apart(self) -> None:
        names = Names(read_commands(()))
        for path in resource("routines").glob("*.yaml"):
            routine = read_routine(path)
            for name in routine.spoken_names:
                assert names.clash(name, routine.name) is None
                names.use(name, routine.name)

    def test_a_file_that_is_checked_is_held_against_all_others(
        self, own: Path, tmp_path: Path
    ) -> None:
        (own / "a.yaml").write_text(GOOD)
        (own / "b.yaml").write_text(GOOD)
        with pytest.raises(RoutineError, match=r"b\.yaml:1: 'name' is 'Evening'"):
            check_names(read_routine(own / "b.yaml"), own / "b.yaml")
        draft = tmp_path / "draft.yaml"
        draft.write_text(GOOD)  # it is to take the place of the one that is there
        (own / "b.yaml").unlink()
        check_names(read_routine(draft), draft)
        draft.write_text(changed("name: Evening", "name: Over"))
        with pytest.raises(RoutineError, match="“start over” is a command"):
            check_names(read_routine(draft), draft)


class TestSentences:
    """Sentence files, ours and others'."""

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("", "the file is empty"),
            ("- one\n", "expected a Home Assistant sentence file with 'intents:'"),
            ("language: en\n", "expected a Home Assistant sentence file with 'intents:'"),
            ("intents: 5\n", "expected a Home Assistant sentence file with 'intents:'"),
            ("intents:\n  order: 5\n", "intent 'order': expected 'data'"),
            ("intents:\n  true:\n    data: []\n", "the name must be text"),
            (
                "intents:\n  a:\n    data:\n      - sentences: ['{b}']\n",
                "the list 'b' has no values",
            ),
            ("intents:\n  a:\n    data:\n      - sentences: ['<b>']\n", "no rule named 'b'"),
            ("intents:\n  a:\n    data:\n      - sentences: ['(b']\n", "cannot read the sentence"),
            ("intents: [\n", "not valid YAML"),
        ],
    )
    def test_what_is_wrong_is_told_in_a_line(self, file: Path, content: str, said: str) -> None:
        file.write_text(content)
        with pytest.raises(SentencesError) as problem:
            read_sentences(file)
        assert said in str(problem.value)
        assert str(problem.value).startswith(str(file))
        assert "\n" not in str(problem.value)


def test_the_routines_in_the_docs_can_be_done(file: Path) -> None:
    page = (ROOT / "docs" / "routines.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        file.write_text(example)
        assert read_routine(file).exercises


class TestSchema:
    """The JSON Schema that editors use."""

    def test_the_published_file_is_as_the_model_says(self) -> None:
        published = (ROOT / "docs" / "routine.schema.json").read_text(encoding="utf-8")
        assert published == schema(), "run: voice-coach routines schema > docs/routine.schema.json"

    def test_every_key_is_described(self) -> None:
        whole = json.loads(schema())
        for model in (whole, *whole["$defs"].values()):
            for key, value in model.get("properties", {}).items():
                described = value.get("description") or "$ref" in value
                assert described, f"{model['title']}.{key}"

    def test_shipped_routines_point_to_it(self) -> None:
        for path in resource("routines").glob("*.yaml"):
            first = path.read_text(encoding="utf-8").splitlines()[0]
            assert first == "# yaml-language-server: $schema=../docs/routine.schema.json"
