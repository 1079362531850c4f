"""A page's server with a session that does not move, and a browser that behaves, or does not."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from voice_coach.core.intents import Commands
from voice_coach.core.state import State
from voice_coach.settings.keys import ScreenChoice
from voice_coach.units import Samples
from voice_coach.web.choices import Equipment, Offer
from voice_coach.web.mailbox import Sight
from voice_coach.web.routes import parts
from voice_coach.web.server import Screen
from voice_coach.web.trials import TryName

EQUIPMENT = Equipment(
    voices=(
        Offer("heart", "hibari", "Calm and clear."),
        Offer("en-gb", "espeak", "Plain and quick."),
        Offer("en-us", "espeak", "Plain and quick."),
    ),
    models=(Offer("large", "vosk", "Better."), Offer("small", "vosk", "Quicker.")),
    listens="large",
)
"""What there is on the machine of the tests."""

SECONDS = 20.0
"""How long a test waits for what comes at once."""


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


def serve(
    page: Path,
    state: State,
    commands: Commands,
    port: int = 0,
    try_name: TryName | None = None,
) -> Served:
    """Start a server."""
    told: list[str] = []
    session = Session(state)
    screen = Screen(
        ScreenChoice.ON,
        port,
        commands.intents,
        files=parts(page),
        equipment=lambda: EQUIPMENT,
        try_name=try_name,
    )
    assert screen.show(session.sight, told.append), told
    return Served(screen, session, told)
