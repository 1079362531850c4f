"""A whole session, seen and led in a real browser, with the real coach on real sound.

Started by its button, paused by a voice that the recogniser hears, and by touch; done to its
end, found in the history; a routine edited. The page must neither complain nor look elsewhere.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.rig.sound_server import SoundServer
from tests.tools.needed import needed_browser
from tests.tools.running import Running
from tests.tools.user import keep_routine, not_the_first_time, user

pytestmark = [pytest.mark.real_sound, pytest.mark.browser]

SHORT = """\
    get_ready_seconds: 3
    steps:
      - cue: Lift your hips, with deep breaths.
        seconds: 16
        breath: deep
pace: {inhale_seconds: 2, exhale_seconds: 2}
"""


@contextmanager
def visited(browser: Any, address: str) -> Iterator[Any]:
    """Open the page that the coach's terminal names; it may ask nothing of anybody else."""
    host, complaints = urlsplit(address).netloc, []

    def allow(route: Any) -> None:
        if urlsplit(route.request.url).netloc == host:
            route.continue_()
        else:
            complaints.append(f"a request to {route.request.url}")
            route.abort()

    context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
    context.route("**/*", allow)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


def test_a_whole_session_is_led_by_touch_and_voice_and_seen(
    sound_server: SoundServer,
    tmp_path: Path,
) -> None:
    routines = keep_routine(tmp_path, SHORT)
    not_the_first_time()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = max(1024, free.getsockname()[1])
    env = sound_server.env | {"XDG_DATA_HOME": str(tmp_path)}
    coach = Running(env, "--no-ask-pain", "--screen", f"--screen-port={port}")
    try:
        address = coach.find(r"http://[\d.]+:\d+/\?code=\d{6}")[0]
        with (
            needed_browser() as browser,
            sound_server.recording() as take,
            visited(browser, address) as page,
        ):
            _session(page, take)
            _history(page)
            _editing(page)
        assert (routines / "evening-back.yaml").exists()
    finally:
        coach.close()


def _session(page: Any, take: Any) -> None:
    page.click("[data-start='morning']:visible")
    page.wait_for_selector("h1.name:has-text('Bridge')")
    page.wait_for_function("() => window.__phase && window.__phase.led", timeout=40_000)
    seen = []
    for _ in range(5):
        seen.append(page.evaluate("() => window.__phase"))
        page.wait_for_timeout(300)
    assert len({round(phase["radius"], 1) for phase in seen}) >= 4, "the breath does not move"
    assert len({phase["ring"] for phase in seen}) >= 4, "the ring does not move"
    assert page.locator(".stage .figure").count() == 1
    take.play(user("pause"))
    page.wait_for_selector(".heard:has-text('heard: pause')")
    page.wait_for_selector("[data-intent=resume]:visible")
    page.wait_for_timeout(3500)  # it says that it is paused
    page.tap("[data-intent=resume]")
    page.wait_for_selector("[data-intent=pause]:visible")
    page.wait_for_timeout(1500)
    page.tap("[data-intent=pause]")
    page.wait_for_selector("[data-intent=resume]:visible")
    page.tap("[data-intent=resume]")
    page.wait_for_selector(".session[data-mode=idle]", timeout=60_000, state="attached")


def _history(page: Any) -> None:
    page.click("nav >> text=History")
    page.wait_for_selector("tbody tr:has-text('Morning')")


def _editing(page: Any) -> None:
    page.click("nav >> text=Routines")
    page.click("text=Edit a copy >> nth=0")
    page.wait_for_selector(".verdict.good")
    page.fill("#f--name", "Evening back")
    page.wait_for_selector("h1:has-text('Evening back')")
    page.wait_for_selector(".verdict.good")
    page.click("button:text-is('Save')")
    page.wait_for_selector("h2:has-text('Evening back')")
