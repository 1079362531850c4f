"""Voices and models on a page: what is offered, and what is kept of a choice."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools.page_server import Browser, Served, next_message
from voice_coach.core.intents import Intent
from voice_coach.core.preferences import Preferences
from voice_coach.settings.file import read
from voice_coach.web.mailbox import Preview


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings are: there is none yet."""
    monkeypatch.setenv("VOICE_COACH_SETTINGS", str(tmp_path / "settings.toml"))
    return tmp_path / "settings.toml"


@pytest.fixture(autouse=True)
def two_voices(served: Served) -> None:
    """A coach with two of the three voices: the third has failed."""
    served.session.state = replace(served.session.state, voices=("heart", "en-gb"))


def test_what_may_be_chosen_and_what_is_in_use(browser: Browser, settings: Path) -> None:
    told = browser.get("/api/settings").json()
    assert [(each["name"], each["engine"], each["speaks"]) for each in told["voices"]] == [
        ("heart", "hibari", True),
        ("en-gb", "espeak", False),
    ]
    assert [(each["name"], each["listens"]) for each in told["models"]] == [
        ("large", True),
        ("small", False),
    ]
    assert (told["voice"], told["vosk_model"]) == ("auto", None)
    assert told["engines"] == ["auto", "hibari", "espeak"]
    settings.write_text('voice = "espeak"\nvosk_model = "small"\n')
    told = browser.get("/api/settings").json()
    assert (told["voice"], told["vosk_model"]) == ("espeak", "small")


def test_a_voice_that_is_chosen_speaks_at_once(served: Served, browser: Browser) -> None:
    with browser.socket() as page:
        assert next_message(page)["preferences"]["voice"] == "heart"
        page.send('{"type": "do", "intent": "another_voice", "slots": {"name": "en-gb"}}')
        asked = None
        while asked is None:
            asked = served.screen.mailbox.take()
        assert asked == Intent("another_voice", {"name": "en-gb"})
        served.session.state = replace(
            served.session.state, preferences=Preferences(voice_name="en-gb")
        )
        next_message(page, lambda told: told["preferences"]["voice"] == "en-gb")
        page.send('{"type": "do", "intent": "another_voice", "slots": {"name": "emma"}}')
        refused = next_message(page, lambda told: told["type"] == "error")
    assert refused["text"] == "There is no voice 'emma'. There are: heart, en-gb."


def test_a_voice_is_heard_before_it_is_chosen(served: Served, browser: Browser) -> None:
    said = browser.post("/api/say", {"text": "Breathe in.", "voice": "en-gb"})
    assert said.status_code == 200
    assert served.screen.mailbox.take() == Preview("Breathe in.", "en-gb")
    said = browser.post("/api/say", {"text": "Breathe in.", "voice": "en-us"})
    assert said.status_code == 404
    assert said.json()["text"] == "There is no voice 'en-us'. There are: heart, en-gb."


def test_what_counts_from_the_next_start_on_is_kept(browser: Browser) -> None:
    for key, value in (("vosk_model", "small"), ("voice", "espeak")):
        assert browser.post("/api/settings", {"key": key, "value": value}).status_code == 200
    assert read().values == {"vosk_model": "small", "voice": "espeak"}
    assert browser.post("/api/settings", {"key": "vosk_model", "value": None}).status_code == 200
    assert read().values == {"voice": "espeak"}


def test_an_engine_that_is_chosen_takes_the_name_of_anothers_voice_back(
    browser: Browser, settings: Path
) -> None:
    for name, kept in (("heart", None), ("en-us", "en-us")):
        settings.write_text(f'voice_name = "{name}"\n')
        assert browser.post("/api/settings", {"key": "voice", "value": "espeak"}).status_code == 200
        assert read().values.get("voice_name") == kept


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (
            {"key": "vosk_model", "value": "huge"},
            404,
            "There is no 'huge'. There are: large, small.",
        ),
        (
            {"key": "voice", "value": "piper"},
            404,
            "There is no 'piper'. There are: auto, hibari, es",
        ),
        ({"key": "microphone", "value": "usb"}, 400, "not understood"),
        ({"key": "voice"}, 400, "not understood"),
    ],
)
def test_what_is_not_offered_is_refused(
    body: dict[str, str], status: int, text: str, browser: Browser, settings: Path
) -> None:
    answer = browser.post("/api/settings", body)
    assert answer.status_code == status
    assert text in answer.json()["text"]
    assert not settings.exists()
