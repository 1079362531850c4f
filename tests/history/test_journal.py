"""The journal, with real files, real locks, real kills and really damaged databases."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from voice_coach.errors import JournalBusyError, JournalError, OutputError
from voice_coach.history.journal import (
    Bookmark,
    Journal,
    PastSession,
    Work,
    backup,
    delete,
    export_events,
    read_sessions,
)
from voice_coach.paths import journal_path
from voice_coach.units import to_samples

NAMES = ["Cat stretch", "Bridge", "Cobra"]
NOW = datetime(2026, 3, 1, 18, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.sqlite3"


def begin(journal: Journal, at: float = 0.0) -> None:
    details = {"routine": "Back routine", "exercises": NAMES}
    journal.append("started", details, to_samples(at))


def cue(journal: Journal, exercise: int, repetition: int, at: float) -> None:
    details = {
        "cue": exercise * 10 + repetition,
        "exercise": exercise,
        "name": NAMES[exercise],
        "repetition": repetition,
        "side": "left" if exercise == 1 else None,
    }
    journal.append("cue", details, to_samples(at))


def about(exercise: int, **more: object) -> dict[str, object]:
    return {"exercise": exercise, "name": NAMES[exercise], **more}


def cut_off(journal: Journal) -> None:
    """End without an end of the session, as a process that was killed."""
    journal.flush()
    journal.close()


def one_session(path: Path) -> None:
    with Journal.open(path, threaded=False, now=lambda: NOW) as journal:
        begin(journal)
        journal.append("pain", {"when": "before", "value": 6}, to_samples(5))
        cue(journal, 0, 1, 10)
        journal.append("done", about(0, easier=False), to_samples(60))
        journal.append("paused", {}, to_samples(70))
        journal.append("resumed", {}, to_samples(170))
        cue(journal, 1, 1, 180)
        journal.append("hurt", about(1), to_samples(190))
        journal.append("skipped", about(1), to_samples(200))
        journal.append("done", about(2, easier=True), to_samples(240))
        journal.append("finished", {}, to_samples(250))
        journal.append("pain", {"when": "after", "value": 3}, to_samples(300))


def test_a_session_comes_back_as_it_was(path: Path) -> None:
    one_session(path)

    assert read_sessions(path) == (
        PastSession(
            number=1,
            routine="Back routine",
            began=NOW,
            seconds=150.0,
            planned=3,
            done=("Cat stretch", "Cobra"),
            skipped=("Bridge",),
            hurt=("Bridge",),
            pain_before=6,
            pain_after=3,
            ending="finished",
            work=(
                Work("Cat stretch", "", 1, ""),
                Work("Bridge", "", 1, ""),
                Work("Cobra", "", 0, "easier"),
            ),
        ),
    )
    assert read_sessions(path)[0].began.utcoffset() == timedelta(hours=1)


def test_every_event_is_exported_in_order(path: Path) -> None:
    one_session(path)

    events = list(export_events(path))

    assert [event["number"] for event in events] == list(range(1, 13))
    assert {event["session"] for event in events} == {1}
    assert events[0] == {
        "number": 1,
        "session": 1,
        "run": 1,
        "time": "2026-03-01T18:00:00.000+01:00",
        "at": 0,
        "kind": "started",
        "details": {"routine": "Back routine", "exercises": NAMES},
    }
    json.dumps(events)


def test_events_cannot_be_changed_or_deleted(path: Path) -> None:
    one_session(path)
    connection = sqlite3.connect(path)

    with pytest.raises(sqlite3.IntegrityError, match="only added"):
        connection.execute("DELETE FROM events")
    with pytest.raises(sqlite3.IntegrityError, match="only added"):
        connection.execute("UPDATE events SET kind = 'done'")
    connection.close()


def test_the_thread_keeps_the_order_and_flush_means_saved(path: Path) -> None:
    with Journal.open(path) as journal:
        begin(journal)
        for repetition in range(1, 201):
            cue(journal, 0, repetition, repetition)
        assert journal.flush()
        assert journal.problem is None
        kept = list(export_events(path))
        assert [event["details"].get("repetition") for event in kept[1:]] == list(range(1, 201))
        assert read_sessions(path)[0].ending == "unfinished"
        assert read_sessions(path)[0].seconds == 200


def test_where_it_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VOICE_COACH_JOURNAL", str(path))
    assert journal_path() == path
    monkeypatch.delenv("VOICE_COACH_JOURNAL")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert journal_path() == tmp_path / "voice-coach" / "journal.sqlite3"


def test_it_is_private(path: Path) -> None:
    with Journal.open(path) as journal:
        begin(journal)
        journal.flush()
        modes = {one.name: one.stat().st_mode & 0o077 for one in path.parent.iterdir()}
    assert set(modes.values()) == {0}, modes
    assert path.parent.stat().st_mode & 0o077 == 0


# Going on where it stopped.


def test_a_session_that_was_cut_off_can_be_continued(path: Path) -> None:
    journal = Journal.open(path)
    assert not journal.sessions
    assert journal.unfinished is None
    begin(journal)
    cue(journal, 0, 1, 10)
    journal.append("eased", about(1), to_samples(12))
    cue(journal, 1, 3, 20)
    cut_off(journal)

    journal = Journal.open(path)
    assert journal.sessions
    assert journal.unfinished == Bookmark(
        session=1,
        routine="Back routine",
        exercise=1,
        name="Bridge",
        repetition=3,
        side="left",
        shifts={"Bridge": -1},
    )
    journal.continue_unfinished()
    journal.append("continued", {}, to_samples(5))
    cue(journal, 1, 4, 8)
    cut_off(journal)

    (session,) = read_sessions(path)
    assert session.seconds == 20 + 3
    again = Journal.open(path)
    assert again.unfinished is not None
    assert again.unfinished.repetition == 4
    again.continue_unfinished()
    assert again.unfinished is None
    again.append("continued", {}, 0)
    again.append("finished", {}, to_samples(7))
    cut_off(again)
    assert read_sessions(path)[0].ending == "finished"
    assert read_sessions(path)[0].seconds == 30
    with Journal.open(path) as after:
        assert after.unfinished is None


def test_whether_anybody_came_further_than_a_welcome(path: Path) -> None:
    """Stopped in the welcome, again and again: then nobody has heard it to its end."""
    for begun in range(3):
        with Journal.open(path, threaded=False, now=lambda: NOW) as journal:
            assert (journal.sessions, journal.welcomed) == (begun, False)
            begin(journal)
            journal.append("cue", about(0, cue=0, repetition=0, side=None), 0)
    with Journal.open(path, threaded=False, now=lambda: NOW) as journal:
        journal.append("cue", about(0, cue=1, repetition=0, side=None), 0)
    with Journal.open(path, threaded=False, now=lambda: NOW) as journal:
        assert (journal.sessions, journal.welcomed) == (3, True)


def test_no_is_remembered(path: Path) -> None:
    journal = Journal.open(path)
    begin(journal)
    cue(journal, 0, 1, 10)
    cut_off(journal)

    journal = Journal.open(path)
    journal.discard_unfinished()
    assert journal.unfinished is None
    cut_off(journal)

    with Journal.open(path) as journal:
        assert journal.unfinished is None
        begin(journal)
        journal.append("finished", {}, to_samples(9))
    assert [(one.number, one.ending) for one in read_sessions(path)] == [
        (1, "unfinished"),
        (2, "finished"),
    ]


def test_a_new_session_leaves_the_unfinished_one_behind(path: Path) -> None:
    journal = Journal.open(path)
    begin(journal)
    cue(journal, 2, 1, 10)
    cut_off(journal)
    journal = Journal.open(path)
    begin(journal)
    cut_off(journal)

    with Journal.open(path) as journal:
        assert journal.unfinished is None  # the new one had not got anywhere
    assert [one.seconds for one in read_sessions(path)] == [10, 0]


@pytest.mark.parametrize(
    ("later", "offered"),
    [
        (timedelta(hours=23), True),
        (timedelta(hours=25), False),
        (timedelta(days=-400), True),
    ],
)
def test_an_old_session_is_not_offered(path: Path, later: timedelta, offered: bool) -> None:
    journal = Journal.open(path, now=lambda: NOW)
    begin(journal)
    cue(journal, 0, 1, 10)
    cut_off(journal)

    with Journal.open(path, now=lambda: NOW + later) as journal:
        assert (journal.unfinished is not None) is offered


def test_a_clock_set_back_changes_neither_order_nor_duration(path: Path) -> None:
    clock = iter([NOW + timedelta(hours=hours) for hours in (0, -5, -10, -20, -30, -40)])
    with Journal.open(path, threaded=False, now=lambda: next(clock)) as journal:
        begin(journal)
        cue(journal, 0, 1, 10)
        journal.append("finished", {}, to_samples(40))
        begin(journal, 50)
        journal.append("stopped", {}, to_samples(65))

    sessions = read_sessions(path)
    assert [(one.number, one.seconds, one.ending) for one in sessions] == [
        (1, 40, "finished"),
        (2, 15, "stopped"),
    ]
    assert sessions[1].began < sessions[0].began


# What hurts.


def session_with(path: Path, *events: tuple[str, dict[str, object]]) -> frozenset[str]:
    with Journal.open(path, threaded=False) as journal:
        begin(journal)
        for kind, details in events:
            journal.append(kind, details, 0)
        journal.append("finished", {}, 0)
        now = journal.hurt("Back routine")
        assert journal.hurt("Neck routine") == frozenset()
    with Journal.open(path, threaded=False) as journal:
        assert journal.hurt("Back routine") == now
    return now


def test_what_hurt_is_remembered_until_it_was_done_in_full(path: Path) -> None:
    hurt, full, easier = (
        ("hurt", about(1)),
        ("done", about(1, easier=False)),
        ("done", about(1, easier=True)),
    )
    assert session_with(path, full) == frozenset()
    assert session_with(path, hurt, full) == {"Bridge"}  # gone on with, though it hurt
    assert session_with(path, easier) == {"Bridge"}
    assert session_with(path, ("done", about(0, easier=False))) == {"Bridge"}
    assert session_with(path, hurt, full) == {"Bridge"}
    assert session_with(path, full) == frozenset()
    assert session_with(path, full, hurt) == {"Bridge"}


# Kills.

APPENDS = """
import sys
from pathlib import Path
from voice_coach.history.journal import Journal

journal = Journal.open(Path(sys.argv[1]))
if journal.unfinished:
    journal.continue_unfinished()
    journal.append("continued", {}, 0)
else:
    journal.append("started", {"routine": "Back routine", "exercises": ["Bridge"]}, 0)
number = 0
while True:
    number += 1
    details = {"cue": number, "exercise": 0, "name": "Bridge", "repetition": number, "side": None}
    journal.append("cue", details, number * 160)
    if number % 3 == 0 and journal.flush():
        print(number, flush=True)
"""


@pytest.mark.slow
def test_nothing_that_was_saved_is_lost_when_it_is_killed(path: Path) -> None:
    chance = random.Random(4)
    for run in range(1, 6):
        process = subprocess.Popen(
            [sys.executable, "-c", APPENDS, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(chance.randint(1, 150))]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
        process.wait()
        saved = int([line for line in told if line.endswith("\n")][-1])

        events = [event for event in export_events(path) if event["run"] == run]
        cues = [event["details"]["cue"] for event in events if event["kind"] == "cue"]
        assert cues == list(range(1, len(cues) + 1))
        assert len(cues) >= saved
        with Journal.open(path) as journal:
            assert journal.notices == ()
            assert journal.unfinished is not None
            assert journal.unfinished.repetition == len(cues)
            assert journal.unfinished.session == 1


# Two at once.


def test_the_second_coach_says_who_holds_the_journal(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", APPENDS, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(JournalBusyError) as told:
            Journal.open(path)
        assert f"process {process.pid}, since 20" in str(told.value)
        assert str(path) in str(told.value)
        assert "\n" not in str(told.value)
        with pytest.raises(JournalBusyError):
            delete(path)
        assert read_sessions(path)[0].routine == "Back routine"
        backup(path, path.with_name("copy.sqlite3"))
        assert next(export_events(path.with_name("copy.sqlite3")))["kind"] == "started"
    finally:
        process.kill()
        process.communicate()
    with Journal.open(path) as journal:  # the lock of a killed process is no obstacle
        assert journal.notices == ()
    with Journal.open(path) as journal:
        assert journal.notices == ()


# What cannot be used.


def many(path: Path, sessions: int = 40) -> list[dict[str, object]]:
    with Journal.open(path) as journal:
        for _ in range(sessions):
            begin(journal)
            for repetition in range(1, 20):
                cue(journal, 0, repetition, repetition)
            journal.append("finished", {}, to_samples(30))
    return list(export_events(path))


def garbage_at(path: Path, at: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(random.Random(7).randbytes(size))


@pytest.mark.parametrize(
    ("at", "size"),
    [
        pytest.param(0, 100, id="header"),
        pytest.param(0, 4096, id="first page"),
        pytest.param(20 * 4096, 3 * 4096, id="three pages"),
        pytest.param(24 * 4096 + 2000, 500, id="within a page"),
    ],
)
def test_a_damaged_journal_is_kept_aside_and_what_can_be_read_is_saved(
    path: Path, at: int, size: int
) -> None:
    before = many(path)
    garbage_at(path, at, size)
    damaged = path.read_bytes()

    with Journal.open(path) as journal:
        notices = journal.notices
        begin(journal)
        assert journal.flush()
    after = list(export_events(path))

    assert len(notices) == 1
    assert "was damaged" in notices[0]
    (aside,) = path.parent.glob("journal.damaged-*.sqlite3")
    assert aside.name in notices[0]
    assert aside.read_bytes() == damaged
    kept = after[:-1]
    assert all(event in before for event in kept)
    if at == 0:
        assert kept == before
    else:
        assert 0.8 * len(before) < len(kept) < len(before)
        assert f"at least {len(before) - len(kept)} are lost" in notices[0]
    # Which tables the three pages belong to depends on when SQLite took its checkpoints.
    assert len(read_sessions(path)) >= 37
    with Journal.open(path) as journal:
        assert journal.notices == ()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.97])
def test_a_truncated_journal(path: Path, share: float) -> None:
    before = many(path)
    os.truncate(path, int(path.stat().st_size * share))

    with Journal.open(path) as journal:
        assert "was damaged" in journal.notices[0]
    kept = list(export_events(path))
    assert len(kept) >= share * len(before) * 0.7
    assert all(event in before for event in kept)


def test_a_damaged_file_that_was_kept_is_never_overwritten(path: Path) -> None:
    for times in range(1, 4):
        many(path, 1)
        path.write_bytes(b"This is no database." * (100 + times))
        with Journal.open(path) as journal:
            assert "0 events" in journal.notices[0]
        kept = sorted(path.parent.glob("journal.damaged-*.sqlite3"))
        assert len(kept) == times
        assert len({one.read_bytes() for one in kept}) == times


def test_what_was_not_yet_in_the_file_is_saved_too(path: Path) -> None:
    journal = Journal.open(path)
    begin(journal)
    cue(journal, 0, 1, 3)
    journal.flush()
    for suffix in ("", "-wal"):  # as if it were killed now
        shutil.copy(path.with_name(path.name + suffix), path.parent.parent / (path.name + suffix))
    journal.close()
    killed = path.parent.parent / path.name
    garbage_at(killed, 0, killed.stat().st_size)
    lost = killed.with_name(killed.name + "-wal").read_bytes()

    with Journal.open(killed) as journal:
        assert "2 events could be read" in journal.notices[0]
        assert journal.unfinished is not None
    (log,) = killed.parent.glob("journal.damaged-*-wal")
    assert log.read_bytes() == lost


def test_an_event_larger_than_a_page_is_salvaged(path: Path) -> None:
    names = [f"Exercise number {number} of a very long routine" for number in range(1000)]
    with Journal.open(path) as journal:
        journal.append("started", {"routine": "Long", "exercises": names}, 0)
        journal.append("finished", {}, 0)
    garbage_at(path, 0, 100)

    with Journal.open(path) as journal:
        assert "2 events could be read" in journal.notices[0]
    assert next(export_events(path))["details"] == {"routine": "Long", "exercises": names}


def test_damage_that_is_met_while_writing_is_mended_at_once(path: Path) -> None:
    before = many(path)
    journal = Journal.open(path, threaded=False)
    other = sqlite3.connect(path)
    with other:  # so that nothing is read from memory any more
        other.execute("INSERT INTO hurts VALUES ('Neck routine', 'Turn', 1)")
    garbage_at(path, 4096, path.stat().st_size - 8192)
    begin(journal)
    other.close()
    assert "was damaged" in journal.notices[0]
    assert journal.problem is None
    journal.close()
    assert list(export_events(path))[-1]["number"] == len(before) + 1


def test_readers_tell_of_damage(path: Path) -> None:
    many(path)
    garbage_at(path, 0, path.stat().st_size)
    with pytest.raises(JournalError, match="is damaged"):
        read_sessions(path)
    with pytest.raises(JournalError, match="is damaged"):
        list(export_events(path))


def test_a_journal_of_a_newer_version_is_left_as_it_is(path: Path) -> None:
    one_session(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    before = path.read_bytes()

    with Journal.open(path) as journal:
        begin(journal)
        assert "newer version" in journal.notices[0]
        assert "Nothing of this session is kept" in journal.notices[0]
        assert not journal.flush()
    assert path.read_bytes() == before
    with pytest.raises(JournalError, match="newer version"):
        read_sessions(path)


def test_another_database_is_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE birds (name)")
    connection.close()
    before = path.read_bytes()

    with Journal.open(path) as journal:
        begin(journal)
        assert "no journal of the coach" in journal.notices[0]
    assert path.read_bytes() == before


VERSION_1 = """
PRAGMA application_id = 1987011439;
CREATE TABLE events (number INTEGER PRIMARY KEY, session INTEGER NOT NULL, run INTEGER NOT NULL,
  time TEXT NOT NULL, utc_offset INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
  details TEXT NOT NULL, checksum INTEGER NOT NULL);
INSERT INTO events VALUES
  (1, 1, 1, '2025-01-01T10:00:00.000+00:00', 3600, 0, 'started', '{"routine":"Neck"}', 0),
  (2, 1, 1, '2025-01-01T10:00:10.000+00:00', 3600, 160000, 'hurt',
    '{"exercise":0,"name":"Turn"}', 0),
  (3, 1, 1, '2025-01-01T10:00:20.000+00:00', 3600, 320000, 'finished', '{}', 0);
PRAGMA user_version = 1;
"""


def test_a_journal_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
    connection.close()
    as_version_1 = read_sessions(path)

    with Journal.open(path) as journal:
        assert journal.notices == ()
        assert journal.hurt("Neck") == {"Turn"}
    assert read_sessions(path) == as_version_1
    (session,) = as_version_1
    assert (session.routine, session.seconds, session.hurt) == ("Neck", 20, ("Turn",))
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (3,)


def test_sums_of_the_second_version_get_to_know_what_the_events_tell(path: Path) -> None:
    one_session(path)
    as_it_is = read_sessions(path)
    connection = sqlite3.connect(path)
    (text,) = connection.execute("SELECT tally FROM sessions").fetchone()
    new = ("question", "prescribed", "repetitions", "begun", "levels")
    old = {key: value for key, value in json.loads(text).items() if key not in new}
    with connection:
        connection.execute("UPDATE sessions SET tally = ?", (json.dumps(old),))
        connection.execute("PRAGMA user_version = 2")
    connection.close()

    assert read_sessions(path) == as_it_is
    with Journal.open(path) as journal:
        assert journal.notices == ()
    assert read_sessions(path) == as_it_is


@pytest.mark.parametrize(
    ("shifts", "easier", "level"),
    [
        ([], False, ""),
        ([], True, "easier"),  # it hurt the last time
        ([-1], True, "easier"),
        ([-2], True, "easier by 2"),
        ([1], False, "harder"),
        ([1, 0], False, ""),
        ([-1, 0], False, ""),
        (["x"], False, ""),
    ],
)
def test_the_level_is_that_of_the_last_change(
    shifts: list[object], easier: bool, level: str, path: Path
) -> None:
    with Journal.open(path, threaded=False, now=lambda: NOW) as journal:
        begin(journal)
        for shift in shifts:
            journal.append("shifted", about(1, shift=shift), to_samples(5))
        cue(journal, 1, 1, 10)
        journal.append("done", about(1, easier=easier), to_samples(60))
    (session,) = read_sessions(path)
    assert [work.level for work in session.work] == [level]


def test_what_was_asked_and_prescribed_is_kept(path: Path) -> None:
    with Journal.open(path, threaded=False, now=lambda: NOW) as journal:
        asked = {"question": "How bad is it?", "prescribed": ["4 ×", "3 sets of 10", "20 s"]}
        journal.append("started", {"routine": "Heel", "exercises": NAMES, **asked}, 0)
        for number in (1, 2, 3):
            cue(journal, 1, number, 10 * number)
        cue(journal, 1, 1, 50)  # from the start again
        journal.append("shifted", about(1, shift=2), to_samples(55))
        journal.append("done", about(1, easier=False), to_samples(60))
        cue(journal, 2, 5, 70)
        journal.append("counted", about(2, count=4), to_samples(80))
        journal.append("eased", about(2), to_samples(90))

    (session,) = read_sessions(path)
    assert session.question == "How bad is it?"
    assert session.work == (
        Work("Bridge", "3 sets of 10", 3, "harder by 2"),
        Work("Cobra", "20 s", 4, "easier"),
    )
    assert [str(work) for work in session.work] == ["Bridge: 3 (harder by 2)", "Cobra: 4 (easier)"]


def test_a_folder_that_cannot_be_written() -> None:
    with Journal.open(Path("/proc/voice-coach/journal.sqlite3")) as journal:
        begin(journal)
        assert "Cannot write the journal /proc/voice-coach" in journal.notices[0]
        assert not journal.flush()
        assert journal.sessions


FULL = """
import resource, sys
from pathlib import Path
from voice_coach.history.journal import Journal

path = Path(sys.argv[1])
journal = Journal.open(path)
journal.append("started", {"routine": "Back routine", "exercises": []}, 0)
assert journal.flush()
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 2, hard))
for number in range(50):
    journal.append("cue", {"repetition": number}, number)
assert not journal.flush()
print(journal.problem, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
assert journal.flush()
assert journal.problem is None
assert journal.close()
"""


def test_what_could_not_be_written_is_written_later(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Cannot write the journal {path}: ")
    assert len(list(export_events(path))) == 51


FULL_AT_FIRST = """
import resource, sys
from pathlib import Path
from voice_coach.history.journal import Journal

path = Path(sys.argv[1])
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
journal = Journal.open(path)
journal.append("started", {"routine": "Back routine", "exercises": []}, 0)
assert not journal.flush()
print(*journal.notices, journal.problem, sep="|", flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
print(journal.close())
"""


def test_a_disk_that_is_full_at_first_is_waited_for(path: Path) -> None:
    for session in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", FULL_AT_FIRST, str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"Cannot write the journal {path}: ")
        assert done.stdout.endswith("\nTrue\n")
        assert read_sessions(path)[-1].number == session


@pytest.mark.slow
def test_what_is_damaged_and_cannot_be_mended_is_left_as_it_is(path: Path) -> None:
    many(path)
    garbage_at(path, 0, 100)
    before = path.read_bytes()

    done = subprocess.run(
        [sys.executable, "-c", FULL_AT_FIRST, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "is damaged, and cannot be mended: the disk is full." in done.stdout
    assert "Nothing of this session is kept." in done.stdout
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*damaged*"))
    with Journal.open(path) as journal:
        assert "840 events could be read" in journal.notices[0]


# The whole file.


def test_a_backup_is_a_journal(path: Path, tmp_path: Path) -> None:
    one_session(path)
    backup(path, tmp_path / "copy.sqlite3")
    assert read_sessions(tmp_path / "copy.sqlite3") == read_sessions(path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy.sqlite3", "data"]
    with pytest.raises(OutputError, match="Nothing was changed"):
        backup(path, tmp_path / "missing" / "copy.sqlite3")
    with pytest.raises(OutputError, match="itself"):
        backup(path, path)
    with pytest.raises(JournalError, match="no journal"):
        backup(tmp_path / "none.sqlite3", tmp_path / "copy.sqlite3")


def test_deleted_is_deleted(path: Path) -> None:
    many(path)
    garbage_at(path, 0, 100)
    Journal.open(path).close()
    path.with_name("other.txt").touch()

    deleted = delete(path)

    assert path in deleted
    assert len(deleted) == 2
    assert [one.name for one in path.parent.iterdir()] == ["other.txt"]
    assert read_sessions(path) == ()
    assert list(export_events(path)) == []
    assert delete(path) == ()
    with Journal.open(path) as journal:
        assert not journal.sessions


def test_times_are_kept_in_utc(path: Path) -> None:
    one_session(path)
    kept = sqlite3.connect(path).execute("SELECT time FROM events").fetchone()[0]
    assert datetime.fromisoformat(kept) == NOW
    assert datetime.fromisoformat(kept).tzinfo == UTC


def test_a_session_that_was_left_may_be_continued_later(path: Path) -> None:
    """Nobody answered; the coach stopped asking. The next day it goes on, or is declined."""
    with Journal.open(path, threaded=False) as journal:
        journal.append("started", {"routine": "Back", "exercises": ["Cobra", "Bridge"]}, 0)
        journal.append("cue", {"exercise": 1, "name": "Bridge", "repetition": 2}, 16_000)
        journal.append("left", {}, 32_000)
        journal.append("continued", {}, 48_000)  # in the same run
        journal.append("done", {"exercise": 1, "name": "Bridge", "easier": False}, 64_000)
        journal.append("left", {}, 64_000)
    (left,) = read_sessions(path)
    assert (left.ending, left.done, left.planned, left.seconds) == ("left", ("Bridge",), 2, 3.0)
    with Journal.open(path, threaded=False) as journal:
        assert journal.unfinished is not None
        assert journal.unfinished.name == "Bridge"
        journal.continue_unfinished()
        journal.append("continued", {}, 0)
    assert read_sessions(path)[0].ending == "unfinished"
    with Journal.open(path, threaded=False) as journal:
        journal.discard_unfinished()
    with Journal.open(path, threaded=False) as journal:
        assert journal.unfinished is None
