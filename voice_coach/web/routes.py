"""The web application: which address does what.

Owns routes, bodies and answers; must not know sound, nor threads. What fails is told to the
page in fixed words, and to the terminal in one line.
"""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from voice_coach.core.state import Mode
from voice_coach.errors import OutputError, RoutineError, VoiceCoachError
from voice_coach.history.journal import local_now, read_sessions
from voice_coach.history.statistics import calendar, day_of, relief, totals
from voice_coach.web import choices, routines
from voice_coach.web.drawings import Drawings
from voice_coach.web.guard import cookie_of
from voice_coach.web.limits import Bucket
from voice_coach.web.mailbox import Mailbox, Preview, Sight
from voice_coach.web.messages import (
    LARGEST_ROUTINE,
    Check,
    Choose,
    Pair,
    Refused,
    Save,
    SayThis,
    check_voice,
)
from voice_coach.web.pairing import Door
from voice_coach.web.sockets import Sockets
from voice_coach.web.trials import NameTrials

STATIC: Final = Path(__file__).parent / "static"
_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
LARGEST_BODY: Final = 4 * LARGEST_ROUTINE
"""Bytes of a request; a character takes four at most."""
MOST_WAITING: Final = 6
"""Requests that may wait for their turn at the files."""
_REST: Final = 3.0
"""After heavy work, so many times as long nothing of the kind is done: the coach goes first."""

Body = TypeVar("Body", bound=BaseModel)
Reply = TypeVar("Reply")


@dataclass(frozen=True)
class PagePart:
    """One file of the page, in memory."""

    kind: str
    plain: bytes
    packed: bytes
    tag: str


def parts(folder: Path = STATIC) -> dict[str, PagePart]:
    """Return the files of the page by name; VoiceCoachError if the page itself is missing."""
    found: dict[str, PagePart] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.suffix in _KINDS and path.is_file() and not path.is_symlink():
            plain = path.read_bytes()
            tag = f'"{hashlib.sha256(plain).hexdigest()[:16]}"'
            name = path.relative_to(folder).as_posix()
            found[name] = PagePart(_KINDS[path.suffix], plain, gzip.compress(plain, mtime=0), tag)
    if "index.html" not in found:
        raise VoiceCoachError("This installation lacks the page; install voice-coach again.")
    return found


class Routes:
    """What is behind every address."""

    def __init__(
        self,
        files: dict[str, PagePart],
        door: Door,
        sight: Sight,
        mailbox: Mailbox,
        sockets: Sockets,
        *,
        equipment: Callable[[], choices.Equipment] = lambda: choices.NOTHING,
        trials: NameTrials | None = None,
        paired: Callable[[], None] = lambda: None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`equipment` returns what may be chosen, off the loop.

        `trials` tries how names are heard. `paired` is called when a code was used, `tell` with
        one line when something fails.
        """
        self._files = files
        self._door = door
        self._sight = sight
        self._mailbox = mailbox
        self._sockets = sockets
        self._equipment = equipment
        self._trials = trials or NameTrials(None, lambda: True)
        self._paired = paired
        self._tell = tell
        self._drawings = Drawings()
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._previews = Bucket(3, 6)

    def application(self) -> Starlette:
        """Return the application, without its guard."""
        return Starlette(
            routes=[
                Route("/", self._index),
                Route("/favicon.ico", self._favicon),
                Route("/static/{name:path}", self._static),
                Route("/pair", self._pair, methods=["POST"]),
                Route("/api/commands", self._commands),
                Route("/api/routines", self._routines),
                Route("/api/routines/{index:int}", self._routine),
                Route("/api/drawings", self._own_drawings),
                Route("/drawings/{name}", self._drawing),
                Route("/api/check", self._check, methods=["POST"]),
                Route("/api/save", self._save, methods=["POST"]),
                Route("/api/name", self._name, methods=["POST"]),
                Route("/api/say", self._say, methods=["POST"]),
                Route("/api/settings", self._settings),
                Route("/api/settings", self._choose, methods=["POST"]),
                Route("/api/history", self._history),
                WebSocketRoute("/live", self._sockets.serve),
            ],
            exception_handlers={
                _Unfit: _unfit,
                404: _plainly(404, "There is nothing here."),
                405: _plainly(405, "This cannot be done here."),
                Exception: self._failed,
            },
        )

    async def _index(self, request: Request) -> Response:
        return _part(request, self._files["index.html"])

    async def _static(self, request: Request) -> Response:
        part = self._files.get(request.path_params["name"])
        return _part(request, part) if part else _told(404, "There is nothing here.")

    async def _favicon(self, request: Request) -> Response:
        part = self._files.get("favicon.svg") or self._files.get("icon.svg")
        return _part(request, part) if part else Response(status_code=204)

    async def _pair(self, request: Request) -> Response:
        body = await _body(request, Pair)
        token = await run_in_threadpool(self._door.open, body.code)
        if token is None:
            if self._door.locked:
                return _told(429, "Too many wrong codes. Wait for a minute.")
            return _told(403, "This is not the code that is shown.")
        self._paired()
        response = JSONResponse({"ok": True})
        response.set_cookie(**cookie_of(token))
        return response

    async def _commands(self, _: Request) -> Response:
        catalogue = self._sight.state().language.catalogue
        keys, buttons = map(asdict, catalogue.keys), map(asdict, catalogue.buttons)
        return JSONResponse({"keys": list(keys), "buttons": list(buttons)})

    async def _routines(self, _: Request) -> Response:
        return JSONResponse(await self._in_turn(routines.listed))

    async def _routine(self, request: Request) -> Response:
        index = request.path_params["index"]
        found = await self._in_turn(lambda: routines.written(index))
        return JSONResponse(found) if found else _told(404, "There is no such routine.")

    async def _own_drawings(self, _: Request) -> Response:
        found, problems = await run_in_threadpool(self._drawings.look)
        for problem in problems:
            self._tell(problem)
        return JSONResponse({"ok": True, "names": list(found)})

    async def _drawing(self, request: Request) -> Response:
        found, _ = await run_in_threadpool(self._drawings.look)
        drawing = found.get(request.path_params["name"])
        if drawing is None:
            return _told(404, "There is no such drawing.")
        return Response(drawing.content, headers={"content-type": drawing.kind})

    async def _check(self, request: Request) -> Response:
        body = await _body(request, Check)
        return JSONResponse(await self._in_turn(lambda: routines.checked(body.yaml)))

    async def _save(self, request: Request) -> Response:
        body = await _body(request, Save)

        def save() -> dict[str, Any]:
            try:
                name = routines.save(body.yaml, replace=body.replace)
            except RoutineError:
                return routines.checked(body.yaml)
            with suppress(VoiceCoachError):  # it is kept; the next start tells what is wrong
                self._mailbox.ask(routines.shelf())
            return {"ok": True, "name": name}

        try:
            told = await self._in_turn(save)
            return JSONResponse(told, 200 if told["ok"] else 422)
        except routines.Refusal as refusal:
            told = {"ok": False, "exists": refusal.exists, "text": str(refusal)}
            return JSONResponse(told, 409)
        except OutputError as error:
            self._tell(str(error))
            return _told(507, "It cannot be written. The terminal tells why.")

    async def _name(self, request: Request) -> Response:
        body = await _body(request, Check)
        try:
            named = await self._in_turn(lambda: routines.beside_others(body.yaml))
        except RoutineError:
            return _told(422, "There is a mistake in the routine.")
        trial = self._trials.ask(*named)
        return JSONResponse({"ok": True, "stage": trial.stage, "text": trial.text})

    async def _say(self, request: Request) -> Response:
        body = await _body(request, SayThis)
        if not body.text.isprintable() or not any(c.isalnum() for c in body.text):
            return _told(400, "There is nothing to say in this.")
        state = self._sight.state()
        if state.mode is not Mode.IDLE:
            return _told(409, "Not while a routine is running.")
        try:
            if body.voice is not None:
                check_voice(body.voice, state)
        except Refused as refused:
            return _told(404, str(refused))
        if not self._previews.take() or not self._mailbox.ask(Preview(body.text, body.voice)):
            return _told(429, "Too much at once. Try again in a moment.")
        return JSONResponse({"ok": True})

    async def _settings(self, _: Request) -> Response:
        state = self._sight.state()
        return JSONResponse(await self._in_turn(lambda: choices.shown(self._equipment(), state)))

    async def _choose(self, request: Request) -> Response:
        body = await _body(request, Choose)
        try:
            await self._in_turn(lambda: choices.choose(self._equipment(), body.key, body.value))
        except choices.Unknown as unknown:
            return _told(404, str(unknown))
        except OutputError as error:
            self._tell(str(error))
            return _told(507, "It cannot be written. The terminal tells why.")
        return JSONResponse({"ok": True})

    async def _history(self, _: Request) -> Response:
        try:
            return Response(await self._in_turn(_past), media_type="application/json")
        except VoiceCoachError as error:
            self._tell(str(error))
            return _told(503, "The history cannot be read. The terminal tells why.")

    async def _in_turn(self, work: Callable[[], Reply]) -> Reply:
        """Do heavy work off the loop, one piece at a time and with rests between."""
        if self._waiting >= MOST_WAITING:
            raise _Unfit(429, "Too much at once. Try again in a moment.")
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            return await run_in_threadpool(work)
        finally:
            rest = min(2.0, _REST * (loop.time() - began))
            loop.call_later(rest, self._turn.release)

    async def _failed(self, _: Request, error: Exception) -> Response:
        self._tell(f"The page asked for something that failed ({type(error).__name__}).")
        return _told(500, "Something went wrong. The terminal tells more.")


class _Unfit(Exception):  # noqa: N818 - nothing has failed
    """A request that is refused before anything is done."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


async def _unfit(_: Request, error: Exception) -> Response:
    assert isinstance(error, _Unfit)  # noqa: S101 - it is registered for nothing else
    return _told(error.status, error.text)


def _plainly(status: int, text: str) -> Any:
    async def answer(_: Request, __: Exception) -> Response:
        return _told(status, text)

    return answer


def _told(status: int, text: str) -> JSONResponse:
    return JSONResponse({"ok": False, "text": text}, status)


async def _body(request: Request, kind: type[Body]) -> Body:
    """Return the body of a request, of bounded size and exactly of this shape."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise _Unfit(415, "This is not JSON.")
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > LARGEST_BODY:
            raise _Unfit(413, "This is too much.")
    try:
        return kind.model_validate_json(bytes(taken))
    except ValidationError:
        raise _Unfit(400, "This request is not understood.") from None


def _part(request: Request, part: PagePart) -> Response:
    headers = {"etag": part.tag, "cache-control": "no-cache", "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == part.tag:
        return Response(status_code=304, headers=headers)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    if packed:
        headers["content-encoding"] = "gzip"
    body = part.packed if packed else part.plain
    return Response(body, media_type=part.kind, headers=headers)


def _past() -> bytes:
    """Return what is kept of past sessions, and what they come to, as JSON."""
    sessions = read_sessions()
    today = local_now().date()
    eased = relief(sessions)
    told = {
        "sessions": [asdict(each) | {"day": day_of(each)} for each in sessions],
        "totals": asdict(totals(sessions, today)),
        "relief": asdict(eased) if eased else None,
        "calendar": [[asdict(day) for day in week] for week in calendar(sessions, today)],
        "today": today,
    }
    return json.dumps(told, default=_written, separators=(",", ":")).encode()


def _written(when: object) -> str:
    assert isinstance(when, date)  # noqa: S101 - nothing else is no JSON by itself
    return when.isoformat()  # of a moment, with its time zone
