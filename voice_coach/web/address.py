"""Under which address the page is served, and how that is shown.

Owns the listening socket, the choice of address and port, and the QR code; must not know what
is served.
"""

import io
import ipaddress
import socket
from contextlib import closing, suppress
from typing import Final

from voice_coach.errors import VoiceCoachError
from voice_coach.settings.keys import ScreenChoice

LOOPBACK: Final = "127.0.0.1"
_PORTS_TRIED: Final = 20
_BUFFER: Final = 16_384
"""Bytes of a connection's buffers: a slow page is told what is, not what was."""
_SOMEWHERE: Final = ("192.168.255.254", "10.255.255.254", "172.31.255.254", "192.0.2.1")


def listen(choice: ScreenChoice, port: int) -> socket.socket:
    """Return a socket that listens on `port` or the next free one.

    Raises VoiceCoachError if there is none, or no home network.
    """
    address = home_address() if choice is ScreenChoice.LAN else LOOPBACK
    for each in (*range(port, min(port + _PORTS_TRIED, 65536)), 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            # So that a coach that is started again finds its port; never shared with another.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Connections inherit these.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            listener.bind((address, each))
            listener.listen(64)
        except OSError:
            listener.close()
            continue
        listener.setblocking(False)
        return listener
    raise VoiceCoachError(f"No port is free at {address} from {port} on. Choose --screen-port.")


def home_address() -> str:
    """Return this machine's address in the home network; VoiceCoachError if it is in none."""
    found = [address for target in _SOMEWHERE if (address := _address_towards(target))]
    for address in found:
        known = ipaddress.ip_address(address)
        if known.is_private and not known.is_loopback and not known.is_link_local:
            return address
    if found:
        raise VoiceCoachError(
            f"{found[0]} is no address of a home network; the page is not served there. "
            "Use --screen on."
        )
    raise VoiceCoachError("This machine is in no network. Connect it, or use --screen on.")


def _address_towards(target: str) -> str | None:
    """Return the address from which `target` would be reached; nothing is sent."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe, suppress(OSError):
        probe.connect((target, 9))
        return str(probe.getsockname()[0])
    return None


def hosts_of(listener: socket.socket) -> tuple[str, ...]:
    """Return the names, with port, by which a browser may call."""
    address, port = listener.getsockname()
    names = (LOOPBACK, "localhost") if address == LOOPBACK else (address,)
    return tuple(f"{name}:{port}" for name in names)


def qr_code(url: str) -> str:
    """Return `url` as a QR code of half blocks, for a terminal."""
    import segno  # noqa: PLC0415 - of use in a home network only

    drawn = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()
