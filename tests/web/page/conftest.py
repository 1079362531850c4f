"""A coach, a browser and a page that must neither complain nor ask for anything elsewhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.rig.stand_in import StandIn, at_home
from tests.tools.needed import needed_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with needed_browser() as running:
        yield running


@pytest.fixture
def coach(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StandIn]:
    options = getattr(request, "param", {})
    with at_home(tmp_path):
        stand_in = StandIn(0, **options)
        stand_in.open()
        yield stand_in
        stand_in.close()


@pytest.fixture
def visit(browser: Any, coach: StandIn) -> Iterator[Callable[..., Any]]:
    """Open a page that is paired; at the end it must not have complained nor looked elsewhere."""
    complaints: list[str] = []
    contexts: list[Any] = []
    host = urlsplit(coach.screen.address).netloc

    def allow(route: Any) -> None:
        if urlsplit(route.request.url).netloc == host:
            route.continue_()
        else:
            complaints.append(f"a request to {route.request.url}")
            route.abort()

    def console(message: Any) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def socket(opened: Any) -> None:
        if urlsplit(opened.url).netloc != host:
            complaints.append(f"a socket to {opened.url}")

    def look(*, view: str = "", paired: bool = True, expected: str | None = None,
             width: int = 1280, height: int = 800, **options: Any) -> Any:  # fmt: skip
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.route("**/*", allow)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("console", console)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("websocket", socket)
        address = coach.screen.link if paired else coach.screen.address
        page.goto(address + (f"#{view}" if view else ""))
        page.wait_for_selector("main > section")
        allowed.append(expected)
        return page

    allowed: list[str | None] = []
    yield look
    for context in contexts:
        context.close()
    unexpected = [text for text in complaints if not any(word and word in text for word in allowed)]
    assert unexpected == []
