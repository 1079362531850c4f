"""How the name of a routine is heard, as a page is told."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.tools.language import ENGLISH
from tests.tools.page_server import Browser, Served, serve
from voice_coach.core.intents import Commands
from voice_coach.core.routine import Routine
from voice_coach.core.state import State
from voice_coach.errors import ModelError
from voice_coach.library import routine_text
from voice_coach.resources import resource
from voice_coach.web.trials import MOST_WAITING, NameTrial, NameTrials, TrialStage

SECONDS = 30.0
"""How long is waited for what comes at once, on a machine that is busy."""


@dataclass
class Ear:
    """Hears every name when it is let, and knows how many were being heard at once."""

    let: threading.Event = field(default_factory=threading.Event)
    began: list[str] = field(default_factory=list)
    gave_up: int = 0
    at_once: int = 0
    most: int = 0
    fails: bool = False

    def __call__(
        self, routine: Routine, others: Sequence[Routine], give_up: Callable[[], bool]
    ) -> str | None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.began.append(routine.name)
        try:
            while not self.let.wait(0.01):
                if give_up():
                    self.gave_up += 1
                    return None
            if self.fails:
                raise ModelError("No voice is installed.")
            return f"Heard 9 of 10 times beside {len(others)}."
        finally:
            self.at_once -= 1


@pytest.fixture
def ear() -> Ear:
    """An ear that is busy until it is let."""
    return Ear()


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def named(routine: Routine, name: str) -> Routine:
    """The same under another name."""
    return routine.model_copy(update={"name": name, "aliases": ()})


def test_names_are_tried_one_at_a_time_and_each_once(
    ear: Ear, routines: tuple[Routine, ...]
) -> None:
    back, *others = routines
    with closing(NameTrials(ear, lambda: True)) as trials:
        asked = [named(back, f"Evening {letter}") for letter in "abcd"]
        assert len(asked) == MOST_WAITING
        assert {trials.ask(each, others).stage for each in asked * 2} == {TrialStage.TRYING}
        assert trials.ask(named(back, "Evening e"), others).stage is TrialStage.FULL
        ear.let.set()
        for each in asked:
            until(lambda each=each: trials.ask(each, others).stage is TrialStage.DONE)
        told = NameTrial(TrialStage.DONE, "Heard 9 of 10 times beside 2.")
        assert trials.ask(asked[0], others) == told
    assert ear.most == 1
    assert ear.began == [each.name for each in asked]


def test_a_routine_that_runs_comes_first(ear: Ear, routines: tuple[Routine, ...]) -> None:
    back, *others = routines
    idle = [True]
    with closing(NameTrials(ear, lambda: idle[0])) as trials:
        assert trials.ask(back, others).stage is TrialStage.TRYING
        until(lambda: bool(ear.began))
        idle[0] = False
        until(lambda: ear.gave_up == 1)
        told = trials.ask(back, others)
        assert told.stage is TrialStage.LATER
        assert "tried afterwards" in told.text
        ear.let.set()
        time.sleep(0.1)
        assert len(ear.began) == 1
        idle[0] = True
        until(lambda: trials.ask(back, others).stage is TrialStage.DONE)


def test_what_fails_is_told(ear: Ear, routines: tuple[Routine, ...]) -> None:
    back, *others = routines
    ear.fails = True
    ear.let.set()
    with closing(NameTrials(ear, lambda: True)) as trials:
        until(lambda: trials.ask(back, others).stage is TrialStage.DONE)
        told = trials.ask(back, others).text
    assert told == "How the name is heard was not tried. No voice is installed."


def test_the_end_gives_up_what_is_being_tried(ear: Ear, routines: tuple[Routine, ...]) -> None:
    trials = NameTrials(ear, lambda: True)
    trials.ask(routines[0], routines[1:])
    until(lambda: bool(ear.began))
    trials.close()
    until(lambda: ear.gave_up == 1)


@pytest.fixture
def hearing(
    page: Path, routines: tuple[Routine, ...], commands: Commands, ear: Ear
) -> Iterator[Served]:
    """A server of an idle session that tries names."""
    with closing(serve(page, State(routines, ENGLISH), commands, try_name=ear)) as running:
        yield running


def test_a_page_asks_and_is_answered_at_once(hearing: Served, ear: Ear) -> None:
    browser = hearing.browser().pair()
    text = routine_text(resource("routines") / "back.yaml")
    text = text.replace("name: Back", "name: Otago balance")
    told = browser.post("/api/name", {"yaml": text}).json()  # while the ear is still busy
    assert (told["ok"], told["stage"]) == (True, "trying")
    ear.let.set()
    until(lambda: browser.post("/api/name", {"yaml": text}).json()["stage"] == "done")
    told = browser.post("/api/name", {"yaml": text}).json()
    assert told["text"].startswith("Heard 9 of 10 times")
    assert ear.began == ["Otago balance"]


def test_a_page_is_told_that_there_is_nothing_to_try(browser: Browser) -> None:
    assert browser.post("/api/name", {"yaml": "name: 7"}).status_code == 422
    text = routine_text(resource("routines") / "back.yaml")
    assert browser.post("/api/name", {"yaml": text}).json()["stage"] == "never"
