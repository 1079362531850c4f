"""A page's server with a session that does not move, and a browser that behaves, or does not."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.language import ENGLISH
from voice_coach.core.intents import Commands
from voice_coach.core.routine import Routine
from voice_coach.core.state import State
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.settings.keys import ScreenChoice
from voice_coach.units import Samples
from voice_coach.web.mailbox import Sight
from voice_coach.web.routes import parts
from voice_coach.web.server import Screen

SECONDS = 5.0
"""How long a test waits for what comes at once."""


@pytest.fixture(scope="session")
def routines() -> tuple[Routine, ...]:
    """The routines that ship."""
    names = ("back", "breathing", "gentle-stretch")
    return tuple(read_routine(resource("routines") / f"{name}.yaml") for name in names)


@pytest.fixture(scope="session")
def commands(routines: tuple[Routine, ...]) -> Commands:
    """What may be said."""
    return read_commands(routines)


@dataclass
class Session:
    """What the pages see: set by the test."""

    state: State
    position: Samples = 0
    level_db: float = -60.0
    speaking: bool = False

    @property
    def sight(self) -> Sight:
        return Sight(
            state=lambda: self.state,
            position=lambda: self.position,
            level_db=lambda: self.level_db,
            speaking=lambda: self.speaking,
        )


@dataclass
class Browser:
    """Asks as a page of `screen` would, with the cookie that it got."""

    screen: Screen
    client: httpx.Client
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.screen.address.removeprefix("http://").rstrip("/")

    def pair(self) -> "Browser":
        """Bring the code that is shown, and keep the cookie."""
        answer = self.post("/pair", {"code": self.screen.code})
        assert answer.status_code == 200, answer.text
        self.cookies = dict(answer.cookies)
        self.client.cookies.clear()
        return self

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=self._headers(headers))

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        own = {"origin": f"http://{self.host}"} | headers
        if isinstance(body, bytes):
            own.setdefault("content_type", "application/json")
            return self.client.post(path, content=body, headers=self._headers(own))
        return self.client.post(path, json=body, headers=self._headers(own))

    def socket(self, **headers: str) -> ClientConnection:
        """Open a socket as the page does."""
        own = self._headers({"origin": f"http://{self.host}"} | headers)
        origin = own.pop("origin", None)
        return connect(
            f"ws://{self.host}/live",
            origin=origin,  # type: ignore[arg-type]
            additional_headers=own,
            open_timeout=SECONDS,
            close_timeout=0.2,
            ping_interval=None,
            compression=None,
            proxy=None,
        )

    def _headers(self, given: dict[str, str]) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = ({"cookie": cookie} if cookie else {}) | given
        return {name.replace("_", "-"): value for name, value in headers.items() if value}


def next_message(
    socket: ClientConnection, fits: Callable[[dict[str, Any]], bool] = lambda _: True
) -> dict[str, Any]:
    """Return the next message that fits."""
    for _ in range(200):
        message: dict[str, Any] = json.loads(socket.recv(timeout=SECONDS))
        if fits(message):
            return message
    raise AssertionError("no message fits")


@dataclass
class Served:
    """A server that runs, with all that it told."""

    screen: Screen
    session: Session
    told: list[str]
    browsers: list[httpx.Client] = field(default_factory=list)

    def browser(self) -> Browser:
        """A browser that nobody has paired yet."""
        client = httpx.Client(base_url=self.screen.address, timeout=SECONDS, trust_env=False)
        self.browsers.append(client)
        return Browser(self.screen, client)

    def close(self) -> None:
        for client in self.browsers:
            client.close()
        self.screen.close()


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


def serve(page: Path, state: State, commands: Commands, port: int = 0) -> Served:
    """Start a server."""
    told: list[str] = []
    session = Session(state)
    screen = Screen(ScreenChoice.ON, port, commands.intents, files=parts(page))
    assert screen.show(session.sight, told.append), told
    return Served(screen, session, told)


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
