"""How many connections there may be, and how long one may hold its place without being a page.

Owns these limits; must not know what is asked. Whoever opens connections and says nothing, or
says it one letter at a time, shall not use up what files and devices of the coach need.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS: Final = 160
"""Sockets of pages and all that load at the same time."""
SILENT_SECONDS: Final = 10.0
"""How long a connection may be open before its first request is complete."""
OLDEST_SECONDS: Final = 60.0
"""How long a connection that has not become a socket lives; browsers open another one."""


class Connection(H11Protocol):
    """One connection of a browser, until it becomes a socket."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it in, or end it at once if there are too many."""
        too_many = len(self.connections) >= MOST_CONNECTIONS
        super().connection_made(transport)
        if too_many:
            transport.abort()
            return
        self.loop.call_later(SILENT_SECONDS, self._end, True)
        self.loop.call_later(OLDEST_SECONDS, self._end, False)

    def _end(self, only_if_silent: bool) -> None:
        # One that has become a socket has left the set.
        if self in self.connections and not (only_if_silent and self.cycle):
            self.transport.abort()
