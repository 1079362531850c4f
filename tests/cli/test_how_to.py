"""The how-to pages: what they tell to type can be typed, and what they point to is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from tests import CHECKOUT
from voice_coach.cli.main import app
from voice_coach.settings.keys import KEYS

PAGES = sorted((CHECKOUT / "docs" / "how-to").glob("*.md"))


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words after "voice-coach" of every command on a page."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    for line in [*lines, *re.findall(r"`(voice-coach [^`]*)`", text)]:
        if line.strip().startswith("voice-coach "):
            yield shlex.split(line, comments=True)[1:]


def mistakes(words: list[str]) -> list[str]:
    """Return the words that are neither a command nor an option of it."""
    command = typer.main.get_command(app)
    while isinstance(command, typer.core.TyperGroup) and words and words[0] in command.commands:
        command = command.commands[words[0]]
        words = words[1:]
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    if isinstance(command, typer.core.TyperGroup) and not command.invoke_without_command:
        known |= {"--install-completion"}
        return [word for word in words if word not in known]
    return [word for word in words if word.startswith("-") and word not in known]


def test_a_page_for_each_task() -> None:
    assert len(PAGES) == 10
    index = (CHECKOUT / "docs" / "how-to" / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in PAGES} == {"README.md", *re.findall(r"\]\(([\w-]+\.md)\)", index)}
    assert "](docs/how-to/README.md)" in (CHECKOUT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_and_options_are_there(page: Path) -> None:
    found = list(commands(page))
    assert found or page.name == "README.md"
    assert [(words, wrong) for words in found if (wrong := mistakes(words))] == []


def test_a_command_that_is_not_there_is_found() -> None:
    assert mistakes(["histroy"]) == ["histroy"]
    assert mistakes(["move", "pakc", "x.tar"]) == ["pakc", "x.tar"]
    assert mistakes(["report", "--owt", "x.html"]) == ["--owt"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).resolve().exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings_that_are_named_are_keys(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r'`(\w+) = [\w".]+`', text) + re.findall(r"```toml\n(\w+) =", text)
    assert [name for name in named if name not in KEYS] == []
