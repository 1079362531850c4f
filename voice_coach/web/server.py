"""The page's server: one thread with a loop of its own, from its first address to its end.

Owns start, stop and what the terminal is told; must not know what is served. Whatever happens
here, the session goes on without it.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Final

import uvicorn

from voice_coach.core.state import Mode
from voice_coach.errors import VoiceCoachError
from voice_coach.settings.keys import ScreenChoice
from voice_coach.web.address import hosts_of, listen, qr_code
from voice_coach.web.choices import NOTHING, Equipment
from voice_coach.web.connections import Connection
from voice_coach.web.guard import Guard
from voice_coach.web.mailbox import Mailbox, Sight
from voice_coach.web.messages import LARGEST_MESSAGE
from voice_coach.web.pairing import Door, Screens
from voice_coach.web.routes import PagePart, Routes, parts
from voice_coach.web.sockets import Sockets
from voice_coach.web.trials import NameTrials, TryName

STOP_SECONDS: Final = 0.6
"""How long the end of a session waits for the server's."""


Tell = Callable[[str], None]


def _nobody(_: str) -> None:
    """Tell nobody."""


class Screen:
    """Serves the page while a session runs."""

    def __init__(
        self,
        choice: ScreenChoice,
        port: int,
        intents: Collection[str],
        *,
        tell: Tell = _nobody,
        files: dict[str, PagePart] | None = None,
        equipment: Callable[[], Equipment] = lambda: NOTHING,
        try_name: TryName | None = None,
    ) -> None:
        """Serve whom `choice` says, on `port` or the next free one.

        `tell` takes one line for people, from any thread; `equipment` returns what a page may
        choose, in the thread that asks; `try_name` tries how a routine's name is heard.
        """
        self.mailbox = Mailbox()
        self._choice = choice
        self._port = port
        self._intents = intents
        self._tell = tell
        self._files = files
        self._equipment = equipment
        self._try_name = try_name
        self._trials: NameTrials | None = None
        self._screens: Screens | None = None
        self._door: Door | None = None
        self._host = ""
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where the page is; nothing while it is not served."""
        return f"http://{self._host}/" if self._host else ""

    @property
    def code(self) -> str:
        """The code that pairs the next screen."""
        return self._door.code if self._door else ""

    @property
    def link(self) -> str:
        """The address that pairs the screen that opens it, once."""
        return f"{self.address}?code={self.code}" if self._host else ""

    @property
    def footer(self) -> str:
        """Address and code in a few words; nothing while it is not served."""
        return f"page {self.address} code {self.code}" if self._host else ""

    def invitation(self, *, drawn: bool) -> Iterator[str]:
        """Yield what the user is told, once it is served; `drawn`: also as a QR code."""
        if not self._host or self._screens is None:
            return
        if drawn and self._choice is ScreenChoice.LAN:
            yield qr_code(self.link)
        yield f"Page: {self.address} with the code {self.code}, or at once: {self.link}"
        yield f"Screens stay paired; to forget all of them, delete {self._screens.path}"

    def show(self, sight: Sight, tell: Tell | None = None) -> bool:
        """Begin to serve what is seen there; False, with one line told, if that cannot be done.

        `tell` takes the place of the one given before, if there is a better one by now.
        """
        self._tell = tell or self._tell
        try:
            files = self._files or parts()
            listener = listen(self._choice, self._port)
        except (VoiceCoachError, OSError) as error:
            self._tell(f"There is no page: {error}")
            return False
        self._screens = Screens()
        self._door = Door(self._screens)
        hosts = hosts_of(listener)
        sockets = Sockets(sight, self.mailbox, self._intents)
        self._trials = NameTrials(self._try_name, lambda: sight.state().mode is Mode.IDLE)
        pages = Routes(
            files,
            self._door,
            sight,
            self.mailbox,
            sockets,
            equipment=self._equipment,
            trials=self._trials,
            paired=self._paired,
            tell=self._tell,
        )
        guarded = Guard(pages.application(), hosts=hosts, screens=self._screens)
        self._server = uvicorn.Server(_configured(guarded))
        self._host = hosts[0]
        self._thread = threading.Thread(
            target=self._run, args=(self._server, listener), name="screen", daemon=True
        )
        self._thread.start()
        self._tell_problem()
        return True

    def close(self) -> None:
        """End the server and all sockets, within a second."""
        server, thread = self._server, self._thread
        self._host = ""
        if self._trials is not None:
            self._trials.close()
        if server is None or thread is None:
            return
        server.should_exit = True
        thread.join(STOP_SECONDS)
        server.force_exit = True
        thread.join(STOP_SECONDS / 2)
        self._server = self._thread = None

    def _run(self, server: uvicorn.Server, listener: socket.socket) -> None:
        try:
            asyncio.run(server.serve(sockets=[listener]))
        except BaseException as error:
            self._host = ""
            self._tell(f"The page is no longer served ({type(error).__name__}).")
        finally:
            listener.close()

    def _paired(self) -> None:
        self._tell(f"A screen was paired. The code for another is {self.code}.")
        self._tell_problem()

    def _tell_problem(self) -> None:
        if self._screens and self._screens.problem:
            self._tell(self._screens.problem)


def _configured(application: Guard) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=Connection,
        ws="websockets-sansio",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        h11_max_incomplete_event_size=16_384,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=1,
    )
