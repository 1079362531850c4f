"""The server from its start to its end: addresses, files, screens that stay paired, a quick end."""

import json
import os
import socket
import stat
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.tools.language import ENGLISH
from tests.tools.page_server import Browser, Served, next_message, serve
from voice_coach.core.catalogue import Button
from voice_coach.core.intents import Commands, Intent
from voice_coach.core.routine import Routine
from voice_coach.core.session import advance
from voice_coach.core.state import Heard, Mode, State
from voice_coach.errors import VoiceCoachError
from voice_coach.history.journal import Journal
from voice_coach.library import read_routine
from voice_coach.paths import paired_path, routines_dir
from voice_coach.resources import resource
from voice_coach.settings.keys import ScreenChoice
from voice_coach.units import SAMPLE_RATE
from voice_coach.web.address import home_address, hosts_of, listen, qr_code
from voice_coach.web.connections import MOST_CONNECTIONS
from voice_coach.web.limits import Bucket
from voice_coach.web.mailbox import EarClock, Mailbox, Preview, Sight
from voice_coach.web.messages import Refused, intent_of
from voice_coach.web.pairing import MINUTE, MOST_SCREENS, WRONG_TRIES, Door, Screens
from voice_coach.web.routes import STATIC, parts
from voice_coach.web.server import Screen

BACK = (resource("routines") / "back.yaml").read_text()
MINE = BACK.replace("name: Back", "name: My back")


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestFiles:
    """The page's own files."""

    def test_a_page_that_is_missing_is_told_and_the_session_goes_on(
        self, tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("voice_coach.web.server.parts", lambda: parts(tmp_path / "none"))
        told: list[str] = []
        screen = Screen(ScreenChoice.ON, 0, commands.intents)
        assert not screen.show(
            Sight(state=lambda: State((), ENGLISH), position=lambda: 0), told.append
        )
        assert told == [
            "There is no page: This installation lacks the page; install voice-coach again."
        ]
        assert (screen.address, screen.link, screen.footer) == ("", "", "")
        assert list(screen.invitation(drawn=True)) == []
        screen.close()

    @pytest.mark.skipif(not STATIC.is_dir(), reason="the page is not made yet")
    def test_the_real_page_is_whole_small_and_of_this_place(self) -> None:
        files = parts()
        assert sum(len(part.packed) for part in files.values()) < 200_000
        html = files["index.html"].plain.decode()
        assert "https://" not in html
        assert "<script>" not in html
        assert " style=" not in html

    def test_a_file_that_has_not_changed_is_not_sent_again(self, browser: Browser) -> None:
        first = browser.get("/static/app.js")
        assert first.text == "// nothing"
        again = browser.get("/static/app.js", if_none_match=first.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
        plain = browser.get("/static/app.js", accept_encoding="identity")
        assert "content-encoding" not in plain.headers
        assert plain.text == first.text


class TestAddress:
    """Where it listens."""

    def test_this_machine_only(self) -> None:
        with closing(listen(ScreenChoice.ON, 0)) as listener:
            assert listener.getsockname()[0] == "127.0.0.1"
            port = listener.getsockname()[1]
            assert hosts_of(listener) == (f"127.0.0.1:{port}", f"localhost:{port}")

    def test_the_next_port_where_one_is_taken(self) -> None:
        with closing(listen(ScreenChoice.ON, 8700)) as first:
            taken = first.getsockname()[1]
            with closing(listen(ScreenChoice.ON, taken)) as second:
                assert taken < second.getsockname()[1] <= taken + 19

    def test_a_home_network_is_private(self) -> None:
        try:
            address = home_address()
        except VoiceCoachError as error:
            pytest.skip(f"no home network here: {error}")
        with closing(listen(ScreenChoice.LAN, 0)) as listener:
            assert hosts_of(listener) == (f"{address}:{listener.getsockname()[1]}",)

    def test_a_public_address_is_not_served(self, monkeypatch: pytest.MonkeyPatch) -> None:
        public = "voice_coach.web.address._address_towards"
        monkeypatch.setattr(public, lambda _: "203.0.114.9")
        with pytest.raises(VoiceCoachError, match=r"no address of a home network.*--screen on"):
            home_address()
        monkeypatch.setattr(public, lambda _: None)
        with pytest.raises(VoiceCoachError, match=r"in no network.*--screen on"):
            home_address()

    def test_qr_code(self) -> None:
        drawn = qr_code("http://192.168.178.100:8642/?code=123456")
        lines = drawn.splitlines()
        assert 10 < len(lines) < 24
        assert max(len(line) for line in lines) < 200
        assert "█" in drawn or "▄" in drawn


class TestScreens:
    """What is kept of paired screens, and the door."""

    def test_only_digests_are_kept_and_only_for_their_owner(self, tmp_path: Path) -> None:
        screens = Screens(tmp_path / "data" / "paired.json")
        token = screens.add()
        text = screens.path.read_text()
        assert token not in text
        assert stat.S_IMODE(screens.path.stat().st_mode) == 0o600
        assert Screens(screens.path).know(token)
        assert not Screens(screens.path).know(token[:-1])
        assert not Screens(screens.path).know("")
        assert list(screens.path.parent.iterdir()) == [screens.path]

    def test_rights_that_are_too_wide_are_narrowed(self, tmp_path: Path) -> None:
        path = tmp_path / "paired.json"
        path.write_text('{"screens": []}')
        path.chmod(0o666)
        Screens(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_deleting_the_file_forgets_all(self, tmp_path: Path) -> None:
        screens = Screens(tmp_path / "paired.json")
        token = screens.add()
        screens.path.unlink()
        assert not screens.know(token)
        assert not Screens(screens.path).know(token)

    def test_a_stranger_who_asks_while_one_is_paired_spoils_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        screens = Screens(tmp_path / "paired.json")
        first = []
        written = os.fsync

        def asked_before(file: int) -> None:
            first.append(screens.know("stranger"))
            written(file)

        monkeypatch.setattr(os, "fsync", asked_before)
        assert screens.know(screens.add())
        assert first == [False, False]  # when the file is synced, and when its name is

    @pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"screens": 1}', '{"screens": ["a"]}'])
    def test_a_damaged_file_pairs_nobody(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "paired.json"
        path.write_text(text)
        screens = Screens(path)
        assert not any(screens.know(token) for token in ("", "a", text))
        token = screens.add()
        assert Screens(path).know(token)

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        screens = Screens(tmp_path / "file" / "paired.json")
        token = screens.add()
        assert screens.know(token)
        assert screens.problem is not None
        assert "cannot be kept" in screens.problem

    def test_the_oldest_makes_room(self, tmp_path: Path) -> None:
        screens = Screens(tmp_path / "paired.json")
        tokens = [screens.add() for _ in range(MOST_SCREENS + 1)]
        assert [screens.know(token) for token in tokens] == [False] + [True] * MOST_SCREENS

    def test_the_door_opens_again_after_a_minute(self, tmp_path: Path) -> None:
        clock = Clock()
        door = Door(Screens(tmp_path / "paired.json"), clock)
        wrong = f"{(int(door.code) + 1) % 10**6:06}"
        for _ in range(WRONG_TRIES):
            assert door.open(wrong) is None
        assert door.locked
        assert door.open(door.code) is None
        clock.now += MINUTE + 0.1
        assert not door.locked
        assert door.open(door.code)

    def test_seldom_mistakes_lock_nothing(self, tmp_path: Path) -> None:
        clock = Clock()
        door = Door(Screens(tmp_path / "paired.json"), clock)
        wrong = f"{(int(door.code) + 1) % 10**6:06}"
        for _ in range(3 * WRONG_TRIES):
            door.open(wrong)
            clock.now += MINUTE / (WRONG_TRIES - 2)
        assert not door.locked

    def test_codes_are_six_digits_and_differ(self, tmp_path: Path) -> None:
        codes = {Door(Screens(tmp_path / "paired.json")).code for _ in range(50)}
        assert len(codes) > 45
        assert all(len(code) == 6 and code.isdigit() for code in codes)


class TestClock:
    """What is heard now, from a position that moves in bursts."""

    def test_bursts_are_evened_out(self) -> None:
        """A loudspeaker takes 50 ms at a time; the clock goes on by 20 ms every 20 ms."""
        clock, latency = Clock(), 0.1
        start = clock.now

        def position() -> int:
            return int((clock.now - start) / 0.05) * SAMPLE_RATE // 20 + SAMPLE_RATE

        sight = Sight(state=lambda: State((), ENGLISH), position=position, latency=lambda: latency)
        ear = EarClock(sight, clock)
        shown = []
        for _ in range(300):
            ear.look()
            shown.append((clock.now - start, ear.seconds))
            clock.now += 0.02
        off = [heard - (at + 1 - latency) for at, heard in shown[100:]]
        assert max(off) - min(off) < 0.01
        assert max(map(abs, off)) < 0.05

    def test_a_leap_is_followed_within_a_fifth_of_a_second(self) -> None:
        clock, place = Clock(), [0]
        ear = EarClock(Sight(state=lambda: State((), ENGLISH), position=lambda: place[0]), clock)
        ear.look()
        for place[0], looks in ((100 * SAMPLE_RATE, 20), (99 * SAMPLE_RATE, 20)):
            for _ in range(looks):
                ear.look()
            assert ear.seconds == pytest.approx(place[0] / SAMPLE_RATE)

    def test_it_never_goes_below_zero(self) -> None:
        sight = Sight(state=lambda: State((), ENGLISH), position=lambda: 0, latency=lambda: 0.2)
        assert EarClock(sight).seconds == 0


def test_what_is_asked_waits_in_order_and_not_without_end() -> None:
    mailbox = Mailbox()
    asked = [Preview(str(number)) for number in range(100)]
    taken_in = [mailbox.ask(each) for each in asked]
    assert taken_in == sorted(taken_in, reverse=True)
    count = sum(taken_in)
    assert 4 <= count <= 32
    assert [mailbox.take() for _ in range(count + 1)] == [*asked[:count], None]


def test_a_bucket_fills_with_time() -> None:
    clock = Clock()
    bucket = Bucket(20, 2, clock)
    assert [bucket.take() for _ in range(21)] == [True] * 20 + [False]
    clock.now += 0.1
    assert [bucket.take(), bucket.take()] == [True, False]
    clock.now += 100
    assert sum(bucket.take() for _ in range(100)) == 20


class TestPictures:
    """What pages are sent."""

    @pytest.mark.slow
    def test_every_change_and_at_least_once_a_second(
        self, served: Served, browser: Browser
    ) -> None:
        with browser.socket() as page:
            next_message(page)
            began = time.monotonic()
            next_message(page)
            assert 0.5 < time.monotonic() - began < 1.3
            state, _ = advance(served.session.state, Heard(Intent("start")), 0)
            served.session.state = state
            began = time.monotonic()
            assert next_message(page)["mode"] == "introducing"
            assert time.monotonic() - began < 0.2
            served.screen.mailbox.heard("pause", 16_000)
            heard = next_message(page, lambda message: message["heard"] is not None)
            assert heard["heard"] == {"text": "pause", "at": 1.0}

    @pytest.mark.slow
    def test_no_more_than_ten_a_second(self, served: Served, browser: Browser) -> None:
        with browser.socket() as page:
            began, count = time.monotonic(), 0
            while time.monotonic() - began < 2:
                served.screen.mailbox.said(str(count), 0)
                next_message(page)
                count += 1
        assert 10 < count <= 20

    def test_the_level_moves_the_picture(self, served: Served, browser: Browser) -> None:
        with browser.socket() as page:
            next_message(page)
            served.session.level_db = -20.0
            began = time.monotonic()
            assert next_message(page)["level_db"] == -20.0
            assert time.monotonic() - began < 0.5

    @pytest.mark.slow
    def test_a_page_that_reads_nothing_is_no_burden_to_another(
        self, served: Served, browser: Browser
    ) -> None:
        with browser.socket(), browser.socket() as page:
            for number in range(30):
                text = "x" * 1_000 + str(number)
                served.screen.mailbox.said(text, 0)
                next_message(page, lambda message, text=text: message["said"] == text)

    def test_what_is_wrong_with_the_coach_is_seen(self, browser: Browser) -> None:
        with browser.socket() as page:
            assert next_message(page)["notice"] is None
            browser.screen.mailbox.noticed("The disk is full.", 32_000)
            assert next_message(page)["notice"] == {"text": "The disk is full.", "at": 2.0}

    def test_all_keys_of_the_contract(self, browser: Browser) -> None:
        with browser.socket() as page:
            message = next_message(page)
        assert set(message) == {
            "type", "clock", "mode", "routines", "routine", "exercise", "side", "repetition",
            "repetitions", "set", "sets", "round", "rounds", "count", "breath", "next", "left",
            "said", "heard", "notice", "level_db",
            "speaking", "may", "asks", "preferences", "muted",
        }  # fmt: skip


class TestCommands:
    """What the page makes keys and buttons of."""

    def test_they_are_those_of_the_catalogue_in_order(self, browser: Browser) -> None:
        told = browser.get("/api/commands").json()
        press = {key["press"]: key for key in told["keys"]}
        assert press["n"] == {"intent": "next", "press": "n", "words": "Next exercise"}
        main = [each["intent"] for each in told["buttons"] if each["row"] == "main"]
        assert main == ["previous", "pause", "resume", "next", "hurts"]
        brief = {"amount": "brief"}
        (less,) = [each for each in told["buttons"] if each["slots"] == brief]
        assert (less["intent"], less["label"]) == ("verbosity", "Say less")

    def test_a_button_may_fill_the_slots_of_its_own_command_and_no_others(self) -> None:
        bridge = Button("goto", {"exercise": "bridge"}, "To the bridge", "more", 19)
        catalogue = replace(ENGLISH.catalogue, buttons=(*ENGLISH.catalogue.buttons, bridge))
        state = State((), replace(ENGLISH, catalogue=catalogue))

        def meant(intent: str, exercise: str) -> Intent:
            wish = {"type": "do", "intent": intent, "slots": {"exercise": exercise}}
            return intent_of(json.dumps(wish), {"goto", "next"}, state)

        assert meant("goto", "bridge") == Intent("goto", {"exercise": "bridge"})
        for intent, exercise in (("goto", "moon"), ("next", "bridge")):
            with pytest.raises(Refused):
                meant(intent, exercise)

    @pytest.mark.parametrize(
        ("intent", "good", "bad"),
        [
            ("goto", [{"exercise": "Bridge"}], [{}, {"exercise": "moon"}, {"routine": "back"}]),
            ("pause", [{}, {"seconds": 120}], [{"seconds": 1}, {"seconds": 90_000}]),
            ("more_time", [{}, {"seconds": 20}], [{"seconds": 20.5}, {"seconds": "20"}]),
            ("done", [{}, {"count": 12}], [{"count": -1}, {"count": True}, {"seconds": 12}]),
            ("unwell", [{}, {"sign": "dizzy"}], [{"sign": "bored"}]),
            (
                "fit",
                [{}, {"seconds": 600}, {"routine": "back", "seconds": 600}],
                [{"seconds": 5}, {"routine": "back"}, {"routine": "moon", "seconds": 600}],
            ),
            ("mute", [{}], [{"seconds": 10}]),
            ("start", [{}, {"routine": "back pain"}], [{"unknown": "otago"}]),
        ],
    )
    def test_what_a_page_may_fill_in(
        self, intent: str, good: list[dict[str, Any]], bad: list[dict[str, Any]]
    ) -> None:
        state = State((read_routine(resource("routines") / "back.yaml"),), ENGLISH)

        def meant(slots: dict[str, Any]) -> Intent:
            wish = {"type": "do", "intent": intent, "slots": slots}
            return intent_of(json.dumps(wish), {intent}, state)

        for slots in good:
            assert meant(slots) == Intent(intent, slots)
        for slots in bad:
            with pytest.raises(Refused):
                meant(slots)


class TestRoutines:
    """Reading, checking and keeping routines."""

    def test_the_list(self, browser: Browser) -> None:
        listed = browser.get("/api/routines").json()
        assert [each["name"] for each in listed] == ["Back", "Breathing", "Gentle stretch"]
        back = listed[0]
        assert (back["own"], back["spoken"]) == (False, "back")
        assert sum(each["seconds"] for each in back["exercises"]) == pytest.approx(
            back["length"], abs=30
        )
        text = browser.get("/api/routines/0").json()
        assert text == {"yaml": BACK, "own": False}

    def test_a_good_one_is_laid_out(self, browser: Browser) -> None:
        answer = browser.post("/api/check", {"yaml": MINE}).json()
        assert answer["ok"] is True
        assert answer["data"]["name"] == "My back"
        assert [cue["kind"] for cue in answer["plan"]][:2] == ["welcome", "introduce"]
        at = [cue["at"] for cue in answer["plan"]]
        assert at == sorted(at)

    @pytest.mark.parametrize(
        ("old", "new", "line", "key"),
        [
            ("position: sitting", "position: siting", "    position: siting", "position"),
            ("  - name: Cobra", "  - nome: Cobra", None, "nome"),
            ("exercises:", "exercises: [", None, None),
        ],
    )
    def test_a_mistake_has_its_line_and_key(
        self, browser: Browser, old: str, new: str, line: str | None, key: str | None
    ) -> None:
        text = MINE.replace(old, new, 1)
        answer = browser.post("/api/check", {"yaml": text}).json()
        assert answer["ok"] is False
        assert answer["key"] == key
        if line:
            assert text.splitlines()[answer["line"] - 1] == line
        assert not answer["text"].startswith("routine")

    @pytest.mark.slow
    def test_what_is_saved_is_what_was_written(self, browser: Browser) -> None:
        assert browser.post("/api/save", {"yaml": MINE}).json() == {"ok": True, "name": "My back"}
        (path,) = routines_dir().iterdir()
        assert path.name == "my-back.yaml"
        assert path.read_text() == MINE
        assert read_routine(path).name == "My back"
        assert browser.get("/api/routines").json()[-1]["own"] is True

    def test_a_name_that_is_a_command_is_refused_where_it_stands(self, browser: Browser) -> None:
        taken = BACK.replace("name: Back", "name: Over")
        for where in ("check", "save"):
            answer = browser.post(f"/api/{where}", {"yaml": taken}).json()
            assert "“start over” is a command already" in answer["text"]
            assert answer["line"] == taken[: taken.index("name: Over")].count("\n") + 1
        assert not (routines_dir() / "over.yaml").exists()

    @pytest.mark.slow
    def test_an_own_one_is_replaced_only_when_told_so(self, browser: Browser) -> None:
        browser.post("/api/save", {"yaml": MINE})
        changed = MINE.replace("seconds: 20", "seconds: 21", 1)
        refused = browser.post("/api/save", {"yaml": changed})
        assert (refused.status_code, refused.json()["exists"]) == (409, True)
        assert (routines_dir() / "my-back.yaml").read_text() == MINE
        assert browser.post("/api/save", {"yaml": changed, "replace": True}).status_code == 200
        assert (routines_dir() / "my-back.yaml").read_text() == changed

    def test_a_file_of_another_name_keeps_it(self, browser: Browser) -> None:
        routines_dir().mkdir(parents=True)
        (routines_dir() / "evening.yaml").write_text(MINE)
        browser.post("/api/save", {"yaml": MINE + "\n# mine\n", "replace": True})
        assert [path.name for path in routines_dir().iterdir()] == ["evening.yaml"]

    def test_a_broken_file_in_its_place_is_not_overwritten(self, browser: Browser) -> None:
        routines_dir().mkdir(parents=True)
        (routines_dir() / "my-back.yaml").write_text("half done: [")
        answer = browser.post("/api/save", {"yaml": MINE, "replace": True})
        assert (answer.status_code, answer.json()["exists"]) == (409, False)
        assert (routines_dir() / "my-back.yaml").read_text() == "half done: ["

    @pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc").is_dir(), reason="needs Linux")
    def test_a_disk_that_cannot_be_written(self, served: Served, browser: Browser) -> None:
        routines_dir().parent.mkdir(parents=True)
        routines_dir().write_text("a file in the place of the folder")
        answer = browser.post("/api/save", {"yaml": MINE})
        assert answer.status_code == 507
        assert str(routines_dir()) not in answer.text
        assert any("Cannot save the routine" in line for line in served.told)


def test_history(browser: Browser) -> None:
    nothing = browser.get("/api/history").json()
    assert (nothing["sessions"], nothing["totals"]["sessions"]) == ([], 0)
    with Journal.open(threaded=False) as journal:
        journal.append("started", {"routine": "Back", "exercises": ["Cobra"]}, 0)
        journal.append("pain", {"when": "before", "value": 6}, 10)
        journal.append("finished", {}, 60 * SAMPLE_RATE)
    told = browser.get("/api/history").json()
    (session,) = told["sessions"]
    assert (session["routine"], session["pain_before"], session["ending"]) == (
        "Back", 6, "finished"
    )  # fmt: skip
    assert datetime.fromisoformat(session["began"]) <= datetime.now(UTC)
    assert told["totals"]["sessions"] == 1


def test_a_history_that_cannot_be_read_is_told_in_the_terminal(
    served: Served, browser: Browser
) -> None:
    Path(os.environ["VOICE_COACH_JOURNAL"]).write_bytes(b"no database " * 100)
    answer = browser.get("/api/history")
    assert answer.status_code == 503
    assert os.environ["VOICE_COACH_JOURNAL"] not in answer.text
    assert len(served.told) == 2


class TestStartAndEnd:
    """Restarts, and an end without waiting."""

    def test_a_restart_keeps_paired_screens(
        self, page: Path, routines: tuple[Routine, ...], commands: Commands
    ) -> None:
        with closing(serve(page, State(routines, ENGLISH), commands, port=8710)) as first:
            browser = first.browser().pair()
            port, code = first.screen.address, first.screen.code
            with browser.socket() as socket:
                next_message(socket)
                first.close()
                with pytest.raises(ConnectionClosed):
                    next_message(socket, lambda _: False)
        with closing(serve(page, State(routines, ENGLISH), commands, port=8710)) as second:
            assert second.screen.address == port
            assert second.screen.code != code
            back = second.browser()
            back.cookies = browser.cookies
            with back.socket() as socket:
                assert next_message(socket)["mode"] == Mode.IDLE.value
        assert paired_path().exists()

    def test_it_ends_at_once_with_pages_open(
        self, page: Path, routines: tuple[Routine, ...], commands: Commands
    ) -> None:
        running = serve(page, State(routines, ENGLISH), commands)
        browser = running.browser().pair()
        with browser.socket(), browser.socket() as socket:
            next_message(socket)
            began = time.monotonic()
            running.close()
            assert time.monotonic() - began < 1
        assert "screen" not in [thread.name for thread in threading.enumerate()]
        running.screen.close()

    def test_a_page_comes_back_after_it_was_gone(self, browser: Browser) -> None:
        for _ in range(5):
            with browser.socket() as socket:
                assert next_message(socket)["type"] == "state"

    def test_a_connection_that_says_nothing_holds_nobody_up(self, browser: Browser) -> None:
        port = int(browser.host.rpartition(":")[2])
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
        try:
            assert browser.get("/").status_code == 200
            with browser.socket() as open_socket:
                assert next_message(open_socket)["type"] == "state"
        finally:
            for each in idle:
                each.close()

    @pytest.mark.slow
    def test_connections_that_say_nothing_are_ended(
        self, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("voice_coach.web.connections.SILENT_SECONDS", 0.2)
        monkeypatch.setattr("voice_coach.web.connections.OLDEST_SECONDS", 0.6)
        port = int(browser.host.rpartition(":")[2])
        with browser.socket() as page, socket.create_connection(("127.0.0.1", port)) as silent:
            silent.sendall(b"GET / HTTP/1.1\r\nHost:")
            silent.settimeout(3)
            began = time.monotonic()
            assert _closed(silent)
            assert time.monotonic() - began < 1
            with socket.create_connection(("127.0.0.1", port)) as slow:
                slow.sendall(b"POST /pair HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
                slow.settimeout(3)
                while not _closed(slow):
                    pass
            for _ in range(3):
                assert next_message(page)["type"] == "state"

    def test_more_connections_than_a_house_has_screens(self, browser: Browser) -> None:
        port = int(browser.host.rpartition(":")[2])
        with browser.socket() as page, ExitStack() as stack:
            flood = [
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                for _ in range(MOST_CONNECTIONS + 20)
            ]
            flood[-1].settimeout(3)
            assert _closed(flood[-1])
            assert next_message(page)["type"] == "state"
        for _ in range(50):
            try:
                assert browser.get("/").status_code == 200
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("it does not come back")

    def test_what_is_sent_is_json_of_one_line(self, browser: Browser) -> None:
        with browser.socket() as open_socket:
            text = open_socket.recv(timeout=5)
        assert "\n" not in text
        assert json.loads(text)["type"] == "state"
        assert len(text) < 2_000


def _closed(connection: socket.socket) -> bool:
    """Read what comes next; whether that was the end."""
    try:
        return not connection.recv(4_096)
    except ConnectionResetError:
        return True
