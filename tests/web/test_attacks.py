"""Every attack on the page that we could think of, tried against the real server."""

import asyncio
import json
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.tools.page_server import SECONDS, Browser, Served, next_message
from voice_coach.core.intents import Intent
from voice_coach.paths import routines_dir
from voice_coach.resources import resource
from voice_coach.web.guard import Guard
from voice_coach.web.mailbox import MOST_WAITING
from voice_coach.web.pairing import WRONG_TRIES, Screens
from voice_coach.web.sockets import MOST_SOCKETS

BACK = (resource("routines") / "back.yaml").read_text()
MINE = BACK.replace("name: Back", "name: My back").replace(
    "aliases: [back pain, my back, spine]", "aliases: []"
)
CLOSED = ("/api/commands", "/api/routines", "/api/routines/0", "/api/history", "/api/drawings")


class TestStrangers:
    """Whoever is not paired sees nothing of the session and can change nothing."""

    @pytest.mark.parametrize("path", CLOSED)
    def test_no_cookie(self, served: Served, path: str) -> None:
        assert served.browser().get(path).status_code == 401

    @pytest.mark.parametrize("token", ["", "x", "a" * 43, "é", '"', "a" * 5_000])
    def test_a_cookie_that_was_never_given(self, served: Served, token: str) -> None:
        stranger = served.browser()
        cookie = f"voice_coach={token}".encode("latin-1")
        answer = stranger.client.get("/api/routines", headers={b"cookie": cookie})
        assert answer.status_code == 401

    def test_no_socket_without_a_cookie(self, served: Served) -> None:
        with pytest.raises(InvalidStatus) as refused:
            served.browser().socket()
        assert refused.value.response.status_code == 403

    @pytest.mark.parametrize("path", ["check", "save", "say"])
    def test_nothing_is_done(self, served: Served, path: str) -> None:
        answer = served.browser().post(f"/api/{path}", {"yaml": MINE, "text": "hello"})
        assert answer.status_code == 401
        assert not routines_dir().exists()
        assert served.screen.mailbox.take() is None

    def test_the_page_itself_holds_nothing_of_the_session(self, served: Served) -> None:
        answer = served.browser().get("/")
        assert answer.status_code == 200
        assert served.screen.code not in answer.text


class TestPairing:
    """A code of six digits, once, and not many tries."""

    def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(self, served: Served) -> None:
        answer = served.browser().post("/pair", {"code": served.screen.code})
        cookie = answer.headers["set-cookie"].lower()
        assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/"))
        assert "domain" not in cookie

    def test_a_code_opens_once(self, served: Served) -> None:
        code = served.screen.code
        served.browser().pair()
        assert served.screen.code != code
        assert served.browser().post("/pair", {"code": code}).status_code == 403
        assert len([line for line in served.told if "paired" in line]) == 1

    def test_the_sixth_wrong_code_meets_a_locked_door_and_so_does_the_right_one(
        self, served: Served
    ) -> None:
        stranger, right = served.browser(), served.screen.code
        wrong = f"{(int(right) + 1) % 10**6:06}"
        found = [stranger.post("/pair", {"code": wrong}).status_code for _ in range(6)]
        assert found == [403] * (WRONG_TRIES - 1) + [429, 429]
        assert stranger.post("/pair", {"code": right}).status_code == 429
        assert stranger.post("/pair", {"code": right}).cookies == {}

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "code",
        ["", "12345", "1234567", "12345a", "１２３４５６", " 123456", "123456\n", None, 123456],
    )
    def test_what_is_no_code_is_no_try(self, served: Served, code: Any) -> None:
        for _ in range(WRONG_TRIES + 1):
            assert served.browser().post("/pair", {"code": code}).status_code == 400
        assert served.browser().pair().get("/api/routines").status_code == 200


class TestOtherSites:
    """A page of another origin, in the browser of a paired user."""

    FOREIGN = ("http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:8642", "x")

    @pytest.mark.parametrize("origin", FOREIGN)
    def test_a_cross_site_socket(self, browser: Browser, origin: str) -> None:
        with pytest.raises(InvalidStatus):
            browser.socket(origin=origin)

    def test_a_socket_without_origin(self, browser: Browser) -> None:
        with pytest.raises(InvalidStatus):
            browser.socket(origin="")

    @pytest.mark.parametrize("origin", [*FOREIGN, ""])
    def test_a_cross_site_post(self, browser: Browser, origin: str) -> None:
        answer = browser.post("/api/say", {"text": "hello"}, origin=origin)
        assert answer.status_code == 403
        assert browser.screen.mailbox.take() is None

    @pytest.mark.parametrize("origin", FOREIGN)
    def test_nothing_is_shared_with_another_origin(self, browser: Browser, origin: str) -> None:
        answer = browser.get("/api/routines", origin=origin)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_a_foreign_page_can_embed_nothing(self, browser: Browser) -> None:
        for path in (*CLOSED, "/static/app.js"):
            assert browser.get(path, sec_fetch_site="cross-site").status_code == 403
        assert browser.get("/", sec_fetch_site="cross-site").status_code == 200

    def test_preflight_gets_nothing(self, browser: Browser) -> None:
        asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
        answer = browser.client.options("/api/say", headers=asked)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers

    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1.evil:{port}", ""]
    )
    def test_a_foreign_host_is_not_served(self, browser: Browser, host: str) -> None:
        """DNS rebinding: the browser believes that another name leads here."""
        name = host.format(port=browser.host.partition(":")[2])
        headers = {"host": name, "cookie": f"voice_coach={browser.cookies['voice_coach']}"}
        for path in ("/", "/static/app.js", *CLOSED):
            assert browser.client.get(path, headers=headers).status_code in (400, 421)

    def test_a_rebound_socket(self, browser: Browser) -> None:
        with pytest.raises((InvalidStatus, ConnectionClosed)):
            browser.socket(host="evil.example", origin="http://evil.example")

    def test_a_form_cannot_post(self, browser: Browser) -> None:
        body = b'{"text": "hello"}'
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            assert browser.post("/api/say", body, content_type=kind).status_code == 415


class TestBrowserIsBound:
    """What the browser is told it may do."""

    @pytest.mark.parametrize("path", ["/", "/static/app.js", "/api/routines", "/nowhere"])
    def test_every_answer_carries_the_policy(self, browser: Browser, path: str) -> None:
        headers = browser.get(path).headers
        policy = dict(
            rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";")
        )
        assert policy.pop("default-src") == "'none'"
        assert policy.pop("connect-src").split()[0] == "'self'"
        assert set(policy.values()) <= {"'self'", "'none'"}
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers

    @pytest.mark.slow
    def test_what_is_private_is_kept_nowhere(self, browser: Browser) -> None:
        assert all(browser.get(path).headers["cache-control"] == "no-store" for path in CLOSED)


class TestPaths:
    """Names from outside never become paths."""

    @pytest.mark.parametrize(
        "name",
        ["../server.py", "..%2fserver.py", "%2e%2e/server.py", "/etc/passwd", "%2Fetc%2Fpasswd",
         "notes.txt", "poses", "poses/../app.js", "app.js%00.html", "", "APP.JS"],
    )  # fmt: skip
    def test_only_known_files_are_served(self, browser: Browser, name: str) -> None:
        answer = browser.client.get(f"/static/{name}")
        # httpx, like a browser, resolves plain dots before it asks.
        assert answer.status_code in (401, 404) or answer.url.path == "/static/app.js"

    def test_files_in_folders_are(self, browser: Browser) -> None:
        assert browser.get("/static/poses/cobra.svg").headers["content-type"] == "image/svg+xml"

    @pytest.mark.parametrize(
        "name", ["../../x", "..", "/etc/passwd", "a/b", "a\\b", "x.yaml", "nul\0", "$(x)", "<b>x"]
    )
    def test_names_that_are_no_names_are_not_saved(self, browser: Browser, name: str) -> None:
        text = MINE.replace("name: My back", f"name: {json.dumps(name)}")
        answer = browser.post("/api/save", {"yaml": text}).json()
        assert answer["ok"] is False
        assert answer["line"] == 2
        assert answer["key"] == "name"
        assert not routines_dir().exists()

    @pytest.mark.parametrize("index", ["-1", "99", "../0", "0/../1", "x", "9" * 400])
    def test_a_routine_that_is_not_there(self, browser: Browser, index: str) -> None:
        assert browser.get(f"/api/routines/{index}").status_code in (404, 401, 200)
        assert browser.get("/api/routines/99").status_code == 404

    def test_a_link_in_the_own_folder_is_not_followed(
        self, browser: Browser, tmp_path: Path
    ) -> None:
        outside = tmp_path / "precious.yaml"
        outside.write_text(MINE)
        routines_dir().mkdir(parents=True)
        (routines_dir() / "my-back.yaml").symlink_to(outside)
        changed = MINE.replace("Seven gentle", "Eight gentle")
        answer = browser.post("/api/save", {"yaml": changed, "replace": True})
        assert answer.status_code == 409
        assert outside.read_text() == MINE
        assert (routines_dir() / "my-back.yaml").is_symlink()

    def test_a_link_to_nowhere_is_not_filled(self, browser: Browser, tmp_path: Path) -> None:
        routines_dir().mkdir(parents=True)
        (routines_dir() / "my-back.yaml").symlink_to(tmp_path / "made.yaml")
        assert browser.post("/api/save", {"yaml": MINE, "replace": True}).status_code == 409
        assert not (tmp_path / "made.yaml").exists()

    @pytest.mark.slow
    def test_a_shipped_routine_is_never_replaced(self, browser: Browser) -> None:
        for name in ("Back", "BACK", "back"):
            text = BACK.replace("name: Back", f"name: {name}")
            answer = browser.post("/api/save", {"yaml": text, "replace": True})
            assert answer.status_code == 409
        assert (resource("routines") / "back.yaml").read_text() == BACK
        assert not routines_dir().exists()


class TestMessages:
    """What is malformed, too large or too much."""

    BAD = (
        "", "x", "[]", "null", "1", '"do"', "{}", '{"type": "do"}', '{"type": "do", "intent": 1}',
        '{"type": "do", "intent": "pause", "extra": 1}', '{"type": "done", "intent": "pause"}',
        '{"type": "do", "intent": "pause", "slots": []}', '{"type": "do", "intent": "x"}',
        '{"type": "do", "intent": "__class__"}', '{"type": "do", "intent": "(time up)"}',
        '{"type": "do", "intent": "pause", "slots": {"x": 1}}',
        '{"type": "do", "intent": "number"}',
        '{"type": "do", "intent": "number", "slots": {"value": 11}}',
        '{"type": "do", "intent": "number", "slots": {"value": -1}}',
        '{"type": "do", "intent": "number", "slots": {"value": "4"}}',
        '{"type": "do", "intent": "number", "slots": {"value": true}}',
        '{"type": "do", "intent": "number", "slots": {"value": 4.0}}',
        '{"type": "do", "intent": "number", "slots": {"value": 7.25}}',
        '{"type": "do", "intent": "start", "slots": {"routine": "../../x"}}',
        '{"type": "do", "intent": "start", "slots": {"routine": {"a": 1}}}',
        '{"type": "do", "intent": "verbosity", "slots": {"amount": "loud"}}',
        '{"type": "do", "intent": "verbosity"}', "[" * 900, '{"a":' * 300, "\ud83d\ude00",
    )  # fmt: skip

    @pytest.mark.parametrize("text", BAD)
    def test_malformed(self, served: Served, browser: Browser, text: str) -> None:
        with browser.socket() as socket:
            socket.send(text.encode("utf-16", "surrogatepass").decode("utf-16"))
            refused = next_message(socket, lambda message: message["type"] == "error")
            assert set(refused) == {"type", "text"}
            assert "Traceback" not in refused["text"]
            assert "Error" not in refused["text"]
            socket.send('{"type": "do", "intent": "help", "slots": {}}')
            assert _next_wish(served) == Intent("help", {})
        assert _waiting(served) == []

    def test_binary(self, browser: Browser, served: Served) -> None:
        with browser.socket() as socket:
            socket.send(b'{"type": "do", "intent": "pause"}')
            assert next_message(socket, lambda message: message["type"] == "error")
        assert _waiting(served) == []

    @pytest.mark.parametrize("size", [2_049, 100_000])
    def test_oversized(self, served: Served, browser: Browser, size: int) -> None:
        with browser.socket() as socket:
            socket.send('{"type": "do", "intent": "' + "p" * size + '"}')
            assert closing_code(socket) in (1009, None)
        assert _waiting(served) == []

    def test_a_flood_ends_the_socket_and_leaves_little(
        self, served: Served, browser: Browser
    ) -> None:
        with browser.socket() as socket:
            with suppress(ConnectionClosed):
                for _ in range(5_000):
                    socket.send('{"type": "do", "intent": "pause"}')
            assert closing_code(socket) in (1008, None)
        assert len(_waiting(served)) <= MOST_WAITING
        with browser.socket() as again:
            assert next_message(again)["type"] == "state"

    def test_no_more_than_so_many_sockets(self, browser: Browser) -> None:
        with ExitStack() as stack:
            opened = [stack.enter_context(browser.socket()) for _ in range(MOST_SOCKETS)]
            with pytest.raises(InvalidStatus):
                stack.enter_context(browser.socket())
            assert next_message(opened[0])["type"] == "state"
        with browser.socket() as again:
            assert next_message(again)["type"] == "state"

    @pytest.mark.parametrize(
        "body",
        [b"", b"x", b"[]", b"{}", b'{"yaml": 1}', b'{"yaml": "a", "replace": "yes"}', b"\xff\xfe",
         b'{"yaml": "' + b"a" * 48_001 + b'"}', b"[" * 10_000],
    )  # fmt: skip
    def test_bodies_that_are_none(self, browser: Browser, body: bytes) -> None:
        answer = browser.post("/api/save", body)
        assert answer.status_code == 400
        assert answer.json() == {"ok": False, "text": "This request is not understood."}

    def test_a_body_without_end(self, browser: Browser) -> None:
        assert browser.post("/api/check", b" " * 1_000_000).status_code == 413

    def test_yaml_that_unfolds_without_end(self, browser: Browser) -> None:
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
            f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]"
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        )
        began = time.monotonic()
        answer = browser.post("/api/check", {"yaml": bomb}).json()
        assert time.monotonic() - began < 2
        assert answer["ok"] is False

    def test_yaml_that_would_make_objects(self, browser: Browser) -> None:
        evil = "name: !!python/object/apply:os.system ['true']\n"
        answer = browser.post("/api/check", {"yaml": evil}).json()
        assert (answer["ok"], answer["line"]) == (False, 1)

    def test_too_much_at_once(self, browser: Browser) -> None:
        for _ in range(3):
            assert browser.post("/api/say", {"text": "hello"}).status_code == 200
        assert browser.post("/api/say", {"text": "hello"}).status_code == 429

    @pytest.mark.parametrize("text", ["", " ", "...", "a" * 401, "a\0b", "a\x1b[2Jb"])
    def test_what_cannot_be_said(self, browser: Browser, text: str) -> None:
        assert browser.post("/api/say", {"text": text}).status_code == 400
        assert browser.screen.mailbox.take() is None


class TestFlood:
    """More requests than a house of screens makes, at the guard itself: faster than any network."""

    @staticmethod
    def statuses(guard: Guard, count: int, *, token: str = "", path: str = "/") -> list[int]:
        """Ask so often, and return the answers."""
        headers = [(b"host", b"127.0.0.1:1"), (b"cookie", f"voice_coach={token}".encode())]
        found: list[int] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                found.append(message["status"])

        async def receive() -> Message:
            return {"type": "http.request"}

        async def ask() -> None:
            for _ in range(count):
                scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
                await guard(scope, receive, send)

        asyncio.run(ask())
        return found

    def test_strangers_leave_paired_screens_their_own(self, tmp_path: Path) -> None:
        screens = Screens(tmp_path / "paired.json")
        guard = Guard(PlainTextResponse("hello"), hosts=["127.0.0.1:1"], screens=screens)
        strangers = self.statuses(guard, 500)
        assert strangers[:200] == [200] * 200
        assert strangers.count(429) > 200
        assert set(self.statuses(guard, 500, path="/api/routines")) <= {401, 429}
        paired = self.statuses(guard, 1_000, token=screens.add(), path="/api/routines")
        assert paired[:600] == [200] * 600
        assert paired.count(429) > 200


@pytest.mark.slow
def test_texts_arrive_as_they_are_written_and_nothing_more(browser: Browser) -> None:
    """Whatever a routine holds is text in JSON, never markup; the page shows it as text."""
    script = '<script>alert(1)</script> & "quotes"'
    text = MINE.replace("purpose: >-\n  Seven", f"purpose: >-\n  {script} Seven", 1)
    assert browser.post("/api/save", {"yaml": text}).json() == {"ok": True, "name": "My back"}
    answer = browser.get("/api/routines")
    assert answer.headers["content-type"] == "application/json"
    (mine,) = [each for each in answer.json() if each["own"]]
    assert mine["purpose"].startswith(script)


def test_what_fails_inside_is_told_in_fixed_words(
    served: Served, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[dict[str, Any]]:
        raise ValueError("/secret/path")

    monkeypatch.setattr("voice_coach.web.routines.listed", broken)
    answer = browser.get("/api/routines")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "ValueError" not in answer.text
    assert any("ValueError" in line for line in served.told)
    assert browser.get("/api/routines/0").status_code == 200


def closing_code(socket: ClientConnection) -> int | None:
    """Read until the server closes; return its reason, if it came through."""
    try:
        next_message(socket, lambda message: message["type"] == "never")
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
    raise AssertionError("the socket stays open")


def _next_wish(served: Served) -> Any:
    """Wait for the next thing that a page asks of the coach."""
    give_up = time.monotonic() + SECONDS
    while (wish := served.screen.mailbox.take()) is None and time.monotonic() < give_up:
        time.sleep(0.005)
    return wish


def _waiting(served: Served) -> list[Any]:
    found = []
    while (wish := served.screen.mailbox.take()) is not None:
        found.append(wish)
    return found
