"""The sockets of open pages: the session sent to each as fast as it can take it, wishes taken in.

Owns how often and to how many; must not know what a picture shows, nor who may connect. Every
page has its own pace: one that is slow is sent fewer pictures, and nobody waits for it.
"""

import asyncio
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from voice_coach.web.limits import Bucket
from voice_coach.web.mailbox import EarClock, Mailbox, Sight
from voice_coach.web.messages import LARGEST_MESSAGE, Picture, Refused, intent_of, refusal

MOST_SOCKETS: Final = 32
LOOK_SECONDS: Final = 0.02
"""How often it is looked whether the session has moved on, while any page is open."""
HEARTBEAT_SECONDS: Final = 1.0
"""Time between two pictures at most."""
GAUGE_SECONDS: Final = 0.25
"""Time between two pictures of which only the level differs."""
PATIENCE_SECONDS: Final = 10.0
"""How long a page may leave what it is sent before it is let go."""
MOST_MISTAKES: Final = 50
"""Messages without meaning after which a page is let go."""

_TOO_BIG, _POLICY, _TRY_AGAIN, _GOING_AWAY = 1009, 1008, 1013, 1001


class Sockets:
    """All open pages. Everything here happens in the one loop of the pages' thread."""

    def __init__(self, sight: Sight, mailbox: Mailbox, intents: Collection[str]) -> None:
        self._sight = sight
        self._mailbox = mailbox
        self._intents = intents
        self._picture = Picture(sight, mailbox)
        self._clock = EarClock(sight)
        self._open: set[WebSocket] = set()
        self._drawn = asyncio.Condition()
        self._number = 0
        self._watcher: asyncio.Task[None] | None = None
        self._wishes = Bucket(20, 2)

    async def serve(self, socket: WebSocket) -> None:
        """Serve one page until it goes."""
        if len(self._open) >= MOST_SOCKETS:
            await socket.close(_TRY_AGAIN)
            return
        self._open.add(socket)
        sending = None
        try:
            await socket.accept()
            if self._watcher is None or self._watcher.done():
                self._watcher = asyncio.create_task(self._watch())
            sending = asyncio.create_task(self._send(socket))
            await self._receive(socket)
        finally:
            self._open.discard(socket)
            await _ended(sending)

    async def _watch(self) -> None:
        """Draw a picture whenever there is something new to see, as long as anybody looks."""
        pace = Bucket(3, 3 / 7)  # no more than ten in any second
        last = level = 0.0
        while self._open:
            self._clock.look()
            now = time.monotonic()
            gauge = self._picture.level() != level and now - last >= GAUGE_SECONDS
            due = self._picture.changed() or gauge or now - last >= HEARTBEAT_SECONDS
            if due and pace.take():
                self._picture.draw()
                last, level = now, self._picture.level()
                self._number += 1
                async with self._drawn:
                    self._drawn.notify_all()
            await asyncio.sleep(LOOK_SECONDS)

    async def _send(self, socket: WebSocket) -> None:
        """Send the newest picture, and then the newest of those that came meanwhile."""
        sent = 0
        try:
            while True:
                async with self._drawn:
                    while self._number == sent:
                        await self._drawn.wait()
                    sent = self._number
                text = self._picture.text(self._clock.seconds)
                await asyncio.wait_for(socket.send_text(text), PATIENCE_SECONDS)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            with suppress(Exception):
                await asyncio.wait_for(socket.close(_GOING_AWAY), 1)

    async def _receive(self, socket: WebSocket) -> None:
        """Take wishes in until the page goes, or has to."""
        pace, mistakes = Bucket(20, 2), 0
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = message.get("text")
                if not pace.take() or mistakes >= MOST_MISTAKES:
                    await self._answer(socket, "Too much at once. Reload the page.")
                    await socket.close(_POLICY)
                    return
                if text is not None and len(text.encode()) > LARGEST_MESSAGE:
                    await socket.close(_TOO_BIG)
                    return
                try:
                    self._wish(text or "")
                except Refused as refused:
                    mistakes += 1
                    await self._answer(socket, str(refused))

    def _wish(self, text: str) -> None:
        intent = intent_of(text, self._intents, self._sight.state())
        if not self._wishes.take() or not self._mailbox.ask(intent):
            raise Refused("Too much at once. Try again in a moment.")

    @staticmethod
    async def _answer(socket: WebSocket, text: str) -> None:
        await asyncio.wait_for(socket.send_text(refusal(text)), PATIENCE_SECONDS)


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
