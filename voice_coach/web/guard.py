"""The guard before every request: who may come in, by which name, how often, and what goes out.

Owns the checks that hold for all pages alike, and the headers that bind the browser; must not
know what any page does. It refuses in fixed words, and tells nobody why in detail.
"""

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voice_coach.web.limits import Bucket
from voice_coach.web.pairing import Screens

COOKIE: Final = "voice_coach"
YEAR_SECONDS: Final = 365 * 24 * 3600
_OPEN: Final = ("/", "/pair", "/favicon.ico")
"""What may be had without being paired, beside /static: nothing of the session."""
_REFUSED: Final = {
    400: "This request is not understood.",
    401: "This screen is not paired.",
    403: "This comes from another place.",
    421: "This is not the name of this machine.",
    429: "Too much at once. Try again in a moment.",
}


class Guard:
    """Wraps an application: nothing reaches it that is not from a paired screen of this host."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], screens: Screens) -> None:
        """`hosts` are the names that the browser may use, with their port."""
        self._app = app
        self._hosts = frozenset(hosts)
        self._screens = screens
        self._headers = _binding(self._hosts)
        self._requests = Bucket(600, 10)
        self._strangers = Bucket(200, 10)  # of their own, so that they leave screens theirs
        self._sockets = Bucket(40, 10)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return
        status = self._verdict(scope)
        if scope["type"] == "websocket":
            if status == 200:
                await self._app(scope, receive, send)
            else:  # before it is accepted: the browser sees 403
                await send({"type": "websocket.close", "code": 1008})
            return

        async def bound(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        if status == 200:
            await self._app(scope, receive, bound)
        else:
            refusal = JSONResponse({"ok": False, "text": _REFUSED[status]}, status)
            await refusal(scope, receive, bound)

    def _verdict(self, scope: Scope) -> int:
        headers = Headers(scope=scope)
        if len(headers.getlist("host")) != 1 or len(headers.getlist("origin")) > 1:
            return 400
        if headers["host"].lower() not in self._hosts:
            return 421
        if not self._is_own(scope, headers):
            return 403
        paired = self._screens.know(token_in(headers))
        if paired and scope["type"] == "websocket":
            bucket = self._sockets
        else:
            bucket = self._requests if paired else self._strangers
        if not bucket.take():
            return 429
        return 200 if paired or _is_open(scope) else 401

    def _is_own(self, scope: Scope, headers: Headers) -> bool:
        """Whether it is asked for by a page of ours, where only that may ask."""
        origin = headers.get("origin")
        if origin is not None:
            return origin.lower() == f"http://{headers['host'].lower()}"
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        # A link elsewhere may lead to the page itself, and to nothing else.
        foreign = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        return not changes and not (foreign and scope["path"] != "/")


def _is_open(scope: Scope) -> bool:
    path = scope["path"]
    return scope["type"] == "http" and (path in _OPEN or path.startswith("/static/"))


def token_in(headers: Headers) -> str:
    """Return the token that a screen sends with its request, or nothing."""
    try:
        cookie: SimpleCookie = SimpleCookie(headers.get("cookie", "")[:4_096])
    except CookieError:
        return ""
    return cookie[COOKIE].value if COOKIE in cookie else ""


def cookie_of(token: str) -> dict[str, Any]:
    """Return the cookie that keeps a token, as arguments of `Response.set_cookie`."""
    return {
        "key": COOKIE,
        "value": token,
        "max_age": YEAR_SECONDS,
        "path": "/",
        "httponly": True,
        "samesite": "strict",
    }


def _binding(hosts: Iterable[str]) -> dict[str, str]:
    """Return the headers that keep a browser from everything but this page's own parts."""
    # Older Safari does not take 'self' for sockets.
    sockets = " ".join(f"ws://{host}" for host in sorted(hosts))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"manifest-src 'self'; connect-src 'self' {sockets}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }
