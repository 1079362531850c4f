"""Events are found in real SQLite files, byte by byte, and nothing else is taken for one."""

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from voice_coach.history.events import JournalEvent
from voice_coach.history.journal import Journal, export_events
from voice_coach.history.salvage import PAGE, carve, last_committed
from voice_coach.history.schema import EVENTS, adding


def event(number: int, **details: object) -> JournalEvent:
    time = "2026-03-01T10:00:00.000+00:00"
    return JournalEvent(number, 1, 1, time, -3600, number * 160, "cue", details)


def write(path: Path, events: list[JournalEvent]) -> None:
    connection = sqlite3.connect(path)
    for statement in (*EVENTS, *map(adding, events)):
        connection.execute(*statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("length", [0, 1, 100, 3800, 3990, 4000, 4100, 8200, 20_000, 100_000])
def test_events_of_every_length(tmp_path: Path, length: int) -> None:
    events = [event(1), event(2, name="é" * length), event(3), event(2**40, a=1)]
    write(tmp_path / "j.sqlite3", events)
    assert carve(tmp_path / "j.sqlite3") == events


def test_numbers_of_every_size(tmp_path: Path) -> None:
    at = [0, 1, -1, 127, 128, -32769, 2**23, 2**31, 2**40, 2**62, -(2**62)]
    events = [
        JournalEvent(number, 1, 1, "", 0, position, "cue", {})
        for number, position in enumerate(at, start=1)
    ]
    write(tmp_path / "j.sqlite3", events)
    assert carve(tmp_path / "j.sqlite3") == events


def test_a_changed_event_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite3"
    write(path, [event(number, name="Bridge") for number in range(1, 11)])
    path.write_bytes(path.read_bytes().replace(b"Bridge", b"Bricks", 1))
    found = carve(path)
    assert len(found) == 9
    assert all(one.name == "Bridge" for one in found)


@pytest.mark.slow
def test_no_file_and_noise_hold_no_events(tmp_path: Path) -> None:
    assert carve(tmp_path / "none") == []
    chance = random.Random(5)
    for _ in range(20):
        noise = bytearray(chance.randbytes(10 * PAGE + 17))
        noise[::PAGE] = b"\x0d" * len(noise[::PAGE])  # as if every page were a leaf
        (tmp_path / "noise").write_bytes(noise)
        assert carve(tmp_path / "noise") == []


def test_a_loop_of_pages_comes_to_an_end(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite3"
    write(path, [event(1), event(2, name="x" * 50_000)])
    content = bytearray(path.read_bytes())
    for start in range(0, len(content), PAGE):
        if content[start : start + 2] == b"\0\0":  # a page that goes on with a long event
            content[start : start + 4] = (start // PAGE + 1).to_bytes(4)
    path.write_bytes(content)
    assert carve(path) == [event(1)]


def test_a_damaged_log_is_noticed(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "live.sqlite3", threaded=False) as journal:
        for number in range(50):
            journal.append("cue", {"repetition": number}, number)
        for suffix in ("", "-wal"):
            shutil.copy(tmp_path / f"live.sqlite3{suffix}", tmp_path / f"killed.sqlite3{suffix}")
    killed = tmp_path / "killed.sqlite3"
    log = tmp_path / "killed.sqlite3-wal"
    assert last_committed(killed) == 49

    content = bytearray(log.read_bytes())
    middle = 32 + 20 * (24 + PAGE)
    content[middle + 4000 : middle + 4010] = bytes(10)
    log.write_bytes(content)

    with Journal.open(killed) as journal:
        assert "was damaged: 50 events could be read" in journal.notices[0]
    assert len(list(export_events(killed))) == 50


def test_a_torn_last_transaction_is_nothing_amiss(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "live.sqlite3", threaded=False) as journal:
        for number in range(5):
            journal.append("cue", {"repetition": number}, number)
        for suffix in ("", "-wal"):
            shutil.copy(tmp_path / f"live.sqlite3{suffix}", tmp_path / f"killed.sqlite3{suffix}")
    log = tmp_path / "killed.sqlite3-wal"
    torn = log.read_bytes()[:-10]
    for rest in (b"", bytes(10), b"?" * 10):
        log.write_bytes(torn + rest)
        with Journal.open(tmp_path / "killed.sqlite3") as journal:
            assert journal.notices == ()
        assert len(list(export_events(tmp_path / "killed.sqlite3"))) == 4
