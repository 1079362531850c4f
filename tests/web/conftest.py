"""Fixtures of the page: its server with a session that does not move, and a paired browser."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.tools.language import ENGLISH
from tests.tools.page_server import Browser, Served, serve
from voice_coach.core.intents import Commands
from voice_coach.core.routine import Routine
from voice_coach.core.state import State
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource


@pytest.fixture(scope="session")
def routines() -> tuple[Routine, ...]:
    """The routines that ship."""
    names = ("back", "breathing", "gentle-stretch")
    return tuple(read_routine(resource("routines") / f"{name}.yaml") for name in names)


@pytest.fixture(scope="session")
def commands(routines: tuple[Routine, ...]) -> Commands:
    """What may be said."""
    return read_commands(routines)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page with nothing on it."""
    folder = tmp_path / "page"
    (folder / "poses").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Voice Coach</title>")
    (folder / "app.js").write_text("// nothing")
    (folder / "poses" / "cobra.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "notes.txt").write_text("not for the page")
    return folder


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this user's routines are."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def served(page: Path, routines: tuple[Routine, ...], commands: Commands) -> Iterator[Served]:
    """A server of an idle session."""
    before = threading.active_count()
    with closing(serve(page, State(routines, ENGLISH), commands)) as running:
        yield running
    assert threading.active_count() <= before + 1  # that of the pool ends by itself


@pytest.fixture
def browser(served: Served) -> Browser:
    """A browser that is paired."""
    return served.browser().pair()
