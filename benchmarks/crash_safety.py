"""How safe the journal is: kills, power cuts, full disks, damage, and ten thousand sessions.

Run `python -m benchmarks.crash_safety` in a checkout. A full disk and a read-only folder are made
by mounting, which only root may; without that, their rows say so and are not met.
"""

import json
import os
import random
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from voice_coach.history import database
from voice_coach.history.journal import Journal, delete, export_events, local_now, read_sessions
from voice_coach.history.salvage import PAGE

KILLS = 200
CUTS = 200
DAMAGES = 20
SESSIONS = 10_000
NAMES = [f"Exercise {number}" for number in range(10)]

Event = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    goal: str
    figure: str
    met: bool


def measure(kills: int = KILLS, sessions: int = SESSIONS) -> list[Row]:
    """Take all figures; takes some minutes."""
    return list(rows(kills, sessions))


def rows(kills: int = KILLS, sessions: int = SESSIONS) -> Iterator[Row]:
    """Take one figure after the other."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        yield killed(folder / "kills", kills)
        yield cut_within_a_write(folder / "writes", kills // 2)
        yield power_cut(folder / "cuts")
        yield disk_filled(folder / "full")
        yield disk_full(folder / "opened-full")
        yield read_only(folder / "read-only")
        yield clock_set_back(folder / "clock")
        yield log_damaged(folder / "logs")
        for kind in DAMAGE:
            yield damaged(folder / kind.replace(" ", "-"), kind)
        yield from large(folder / "large", sessions)


# What happens in sessions.


def begin(journal: Journal) -> None:
    """Begin a session."""
    journal.append("started", {"routine": "Back routine", "exercises": NAMES}, 0)


def cue(journal: Journal, number: int) -> None:
    """Let the next cue happen."""
    exercise = number // 5 % len(NAMES)
    details = {
        "cue": number,
        "exercise": exercise,
        "name": NAMES[exercise],
        "repetition": number % 5,
        "side": None,
    }
    journal.append("cue", details, number * 16_000)


def whole_session(journal: Journal) -> None:
    """A session of 60 events."""
    begin(journal)
    journal.append("pain", {"when": "before", "value": 5}, 16_000)
    for number in range(46):
        cue(journal, number)
    for exercise, name in enumerate(NAMES):
        details = {"exercise": exercise, "name": name, "easier": False}
        journal.append("done", details, 50 * 16_000)
    journal.append("finished", {}, 60 * 16_000)
    journal.append("pain", {"when": "after", "value": 3}, 70 * 16_000)


# Kills and power cuts.


def write_until_killed(path: Path, seed: int) -> None:
    """Append as fast as possible, and print the number of the last event whenever it is saved."""
    chance = random.Random(seed)
    journal = Journal.open(path)
    if journal.unfinished is not None:
        journal.continue_unfinished()
        journal.append("continued", {}, 0)
    else:
        begin(journal)
    print(f"opened {len(journal.notices)}", flush=True)
    number = 0
    while True:
        for _ in range(chance.choice([1, 1, 2, 3, 40])):
            number += 1
            cue(journal, number)
        if journal.flush():
            print(number, flush=True)


@dataclass
class Losses:
    """What a journal lost of what it had said to be saved, over many ends of its writer."""

    path: Path
    said: int = 0
    lost: int = 0
    notices: int = 0

    def count(self, saved: int) -> None:
        """Open it after one more end, before which cues 1 to `saved` were said to be saved."""
        with Journal.open(self.path) as journal:
            self.notices += len(journal.notices)
        kept = _cues_of_last_run(self.path) if saved else []
        self.lost += saved - min(saved, len(kept)) + (kept != list(range(1, len(kept) + 1)))
        self.said += saved

    def row(self, name: str, where: str) -> Row:
        """Return the figure; `where` says where the ends fell."""
        numbers = [event["number"] for event in export_events(self.path)]
        gaps = numbers != list(range(1, len(numbers) + 1))
        figure = (
            f"{self.lost} of {self.said:,} saved events lost, {self.notices} times damaged; {where}"
        )
        return Row(name, "0 lost", figure, not (self.lost or self.notices or gaps))


def killed(folder: Path, times: int) -> Row:
    """Kill a process that writes at random moments, each time on the same journal."""
    folder.mkdir()
    path = folder / "journal.sqlite3"
    chance = random.Random(1)
    losses = Losses(path)
    inside = opening = 0
    for run in range(times):
        opened, saved = _killed_once(path, run, chance.uniform(0.0, 0.6))
        opening += not opened
        inside += _ends_within_a_transaction(path)
        losses.count(saved)
    where = f"{inside} kills within a transaction, {opening} while opening"
    return losses.row(f"kill -9 at {times} random moments", where)


def _killed_once(path: Path, seed: int, seconds: float) -> tuple[bool, int]:
    """Return whether the journal had been opened, and the last cue that was said to be saved."""
    code = (
        "import sys; from pathlib import Path; "
        "from benchmarks.crash_safety import write_until_killed; "
        "print('here', flush=True); write_until_killed(Path(sys.argv[1]), int(sys.argv[2]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(seed)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    lines = [line for line in process.stdout.readlines() if line.endswith("\n")]
    process.wait()
    return bool(lines), int(lines[-1]) if len(lines) > 1 else 0


def write_until_too_large(path: Path, limit: int) -> None:
    """Write until a file would be larger than `limit` bytes: there the kernel ends the process.

    What still fits of that write is written, so that the file ends anywhere within a page.
    """
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    write_until_killed(path, limit)


def cut_within_a_write(folder: Path, times: int) -> Row:
    """End the process at a random byte of what it writes: to the log, or to the database."""
    folder.mkdir()
    path = folder / "journal.sqlite3"
    with Journal.open(path) as journal:
        for _ in range(500):
            whole_session(journal)
    chance = random.Random(3)
    losses = Losses(path)
    where: Counter[str] = Counter()
    for run in range(times):
        size = path.stat().st_size
        least, most = (size, size + 100_000) if run % 4 == 0 else (40_000, 600_000)
        limit = chance.randint(least, most)
        saved = _cut_once(path, limit)
        files = {"log": path.with_name(path.name + "-wal"), "database": path}
        where[next((one for one, f in files.items() if _size(f) == limit), "between")] += 1
        losses.count(saved)
    ends = (
        f"{where['log']} within the log, {where['database']} within the database, "
        f"{where['between']} between two pages"
    )
    return losses.row(f"ended by the kernel at {times} random bytes of a write", ends)


def _cut_once(path: Path, limit: int) -> int:
    code = (
        "import sys; from pathlib import Path; "
        "from benchmarks.crash_safety import write_until_too_large; "
        "write_until_too_large(Path(sys.argv[1]), int(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(limit)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGXFSZ, done.returncode
    lines = done.stdout.splitlines()
    return int(lines[-1]) if len(lines) > 1 else 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _cues_of_last_run(path: Path) -> list[int]:
    with database.reading(path) as connection:
        run = connection.execute("SELECT run FROM events ORDER BY number DESC").fetchone()[0]
        newest = "SELECT run, kind, details FROM events ORDER BY number DESC"
        events = takewhile(lambda event: event[0] == run, connection.execute(newest))
        cues = [json.loads(details)["cue"] for _, kind, details in events if kind == "cue"]
    return cues[::-1]


def _ends_within_a_transaction(path: Path) -> bool:
    """Whether the last page in the write-ahead log is not the last one of a transaction.

    See https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
    """
    log = path.with_name(path.name + "-wal")
    content = log.read_bytes() if log.exists() else b""
    frames = [content[at : at + 24 + PAGE] for at in range(32, len(content), 24 + PAGE)]
    ours = [frame for frame in frames if frame[8:16] == content[16:24]]
    return bool(ours) and (len(ours[-1]) < 24 + PAGE or ours[-1][4:8] == bytes(4))


def power_cut(folder: Path) -> Row:
    """Tear the last transaction of the write-ahead log, as a power cut before its sync may.

    Before the next one begins it is synced, so that no more than one can be torn.
    """
    folder.mkdir()
    chance = random.Random(2)
    lost = damages = 0
    for cut in range(CUTS):
        torn = folder / f"{cut}" / "journal.sqlite3"
        torn.parent.mkdir()
        with Journal.open(folder / f"{cut}.sqlite3", threaded=False) as journal:
            begin(journal)
            for number in range(chance.randint(1, 30)):
                cue(journal, number)
            saved = len(list(export_events(folder / f"{cut}.sqlite3")))
            log = folder / f"{cut}.sqlite3-wal"
            synced = log.stat().st_size
            names = [f"Exercise {number}" for number in range(chance.randint(1, 2000))]
            journal.append("started", {"routine": "Long", "exercises": names}, 0)
            shutil.copy(folder / f"{cut}.sqlite3", torn)
            content = log.read_bytes()
        _tear(torn.with_name(torn.name + "-wal"), content, synced, chance)
        with Journal.open(torn) as journal:
            damages += len(journal.notices)
        numbers = [event["number"] for event in export_events(torn)]
        lost += numbers[:saved] != list(range(1, saved + 1))
        lost += numbers != list(range(1, len(numbers) + 1))
    figure = f"{lost} journals with a loss, {damages} damaged"
    name = f"power cut: last transaction, not synced yet, torn at {CUTS} random places"
    return Row(name, "0 lost", figure, not (lost or damages))


def log_damaged(folder: Path) -> Row:
    """Damage the write-ahead log that a killed process left behind."""
    chance = random.Random(4)
    told = lost = said = unseen = 0
    for number in range(DAMAGES):
        path = folder / f"{number}" / "journal.sqlite3"
        path.parent.mkdir(parents=True)
        log = path.with_name(path.name + "-wal")
        for delay in (0.2, 0.5, 1.0, 2.0, 4.0):  # a busy machine may not have written it yet
            if not log.exists():
                _killed_once(path, number, delay)
        before = len(list(export_events(path)))
        start = chance.randrange(log.stat().st_size - 2 * PAGE)
        with log.open("r+b") as file:
            file.seek(start)
            file.write(chance.randbytes(chance.randint(10, 1000)))
        with Journal.open(path) as journal:
            seen = any("was damaged" in notice for notice in journal.notices)
        after = len(list(export_events(path)))
        told += seen
        lost += max(0, before - after)
        unseen += after < before and not seen
        said += before
    figure = (
        f"told {told} of {DAMAGES} times, {lost} of {said:,} events lost, {unseen} times untold"
    )
    name = f"damaged write-ahead log after a kill, {DAMAGES} times"
    return Row(name, "no loss untold", figure, unseen == 0)


def _tear(log: Path, content: bytes, synced: int, chance: random.Random) -> None:
    at = chance.randint(synced, len(content))
    rest = chance.choice([b"", bytes(len(content) - at), chance.randbytes(len(content) - at)])
    log.write_bytes(content[:at] + rest)


# Disks and folders.


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[bool]:
    """Mount something at `folder`; yields whether that was allowed."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, check=False)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk to the last byte; return the file that does it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


def disk_filled(folder: Path) -> Row:
    """Let a disk become full within a session, and have room again."""
    name, goal = "disk full within a session", "told; all kept when there is room"
    with mounted(folder, "-t", "tmpfs", "-o", "size=2m", "tmpfs") as allowed:
        if not allowed:
            return Row(name, goal, "not measured: no disk can be mounted here", met=False)
        path = folder / "journal.sqlite3"
        journal = Journal.open(path)
        begin(journal)
        journal.flush()
        filler = fill(folder)
        number = 0
        while journal.problem is None and number < 10_000:
            number += 1
            cue(journal, number)
            journal.flush()
        told = journal.problem or ""
        for _ in range(50):
            number += 1
            cue(journal, number)
        meanwhile = len(list(export_events(path)))
        filler.unlink()
        flushed = journal.flush()
        silent = journal.problem is None
        journal.close()
        kept = [event["details"].get("cue") for event in export_events(path)][1:]
    met = "disk is full" in told and flushed and silent and kept == list(range(1, number + 1))
    figure = f"told “{_plain(told, folder)}”; {meanwhile - 1} of {number} cues on disk while it "
    return Row(name, goal, figure + f"was full, {len(kept)} when there was room", met)


def disk_full(folder: Path) -> Row:
    """Begin on a disk that is full, with a journal on it."""
    name, goal = "disk full from the start", "told; all kept when there is room"
    with mounted(folder, "-t", "tmpfs", "-o", "size=2m", "tmpfs") as allowed:
        if not allowed:
            return Row(name, goal, "not measured: no disk can be mounted here", met=False)
        with Journal.open(folder / "journal.sqlite3") as journal:
            begin(journal)
            journal.append("finished", {}, 16_000)
        told, sessions = [], []
        for path in (folder / "journal.sqlite3", folder / "new" / "journal.sqlite3"):
            filler = fill(folder)
            with Journal.open(path) as journal:
                begin(journal)
                journal.flush()
                told += [*journal.notices, *filter(None, [journal.problem])]
                filler.unlink()
                journal.append("finished", {}, 16_000)
                journal.flush()
            sessions.append([one.ending for one in read_sessions(path)])
    met = len(told) == 2 and sessions == [["finished", "finished"], ["finished"]]
    figure = (
        f"told “{_plain(told[0], folder)}”, also without a journal; all kept once there was room"
    )
    return Row(name, goal, figure if met else f"{told}, {sessions}", met)


def read_only(folder: Path) -> Row:
    """Begin where nothing can be written, with a journal of a process that was killed."""
    name, goal = "read-only folder", "told; the session goes on, the past is readable"
    kept = folder.with_name("kept")
    kept.mkdir()
    _killed_once(kept / "journal.sqlite3", 1, 0.3)
    events = len(list(export_events(kept / "journal.sqlite3")))
    for left in kept.glob("*-shm"):
        left.unlink()
    with mounted(folder, "--bind", str(kept)) as allowed:
        again = ["mount", "-o", "remount,ro,bind", str(folder)]
        if not allowed or subprocess.run(again, capture_output=True, check=False).returncode:
            return Row(name, goal, "not measured: no folder can be mounted here", met=False)
        path = folder / "journal.sqlite3"
        with Journal.open(path) as journal:
            told = journal.notices
            known = journal.unfinished is not None and not journal.first_time
            begin(journal)
            cue(journal, 1)
            journal.flush()
            told = (*told, *filter(None, [journal.problem]))
        readable = len(list(export_events(path)))
    figure = f"told “{_plain(told[0], folder)}”; {readable} of {events} events readable"
    return Row(name, goal, figure, len(told) == 1 and known and readable == events)


def clock_set_back(folder: Path) -> Row:
    """Set the clock back by a year between events, and between runs."""
    folder.mkdir()
    path = folder / "journal.sqlite3"
    shown = [datetime(2026, 6, 1, 12, 0).astimezone()]

    def clock() -> datetime:
        shown[0] -= timedelta(days=365)
        return shown[0]

    for _ in range(3):
        with Journal.open(path, now=clock) as journal:
            if journal.unfinished is not None:
                journal.continue_unfinished()
                journal.append("continued", {}, 0)
            else:
                begin(journal)
            for number in range(1, 11):
                cue(journal, number)
    numbers = [event["number"] for event in export_events(path)]
    (session,) = read_sessions(path)
    met = numbers == list(range(1, 34)) and session.seconds == 30.0
    figure = f"order kept, continued twice, {session.seconds:.0f} s of 30 s"
    return Row("clock set back by a year at every event", "order and durations kept", figure, met)


def _plain(told: str, folder: Path) -> str:
    return told.replace(f"{folder}/", "")


# Damage.


def _garbage(at: Callable[[int, random.Random], tuple[int, int]]) -> Callable[..., None]:
    def spoil(path: Path, chance: random.Random) -> None:
        start, size = at(path.stat().st_size, chance)
        with path.open("r+b") as file:
            file.seek(start)
            file.write(chance.randbytes(size))

    return spoil


def _truncated(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(path.stat().st_size))


DAMAGE: dict[str, Callable[..., None]] = {
    "garbage in the header": _garbage(lambda _, chance: (0, chance.randint(20, 100))),
    "garbage in the first page": _garbage(lambda size, _: (0, min(size, PAGE))),
    "garbage in the middle": _garbage(
        lambda size, chance: (
            chance.randrange(PAGE, size - 5 * PAGE),
            chance.randint(100, 4 * PAGE),
        )
    ),
    "truncated": _truncated,
    "all garbage": _garbage(lambda size, _: (0, size)),
}


def damaged(folder: Path, kind: str) -> Row:
    """Damage a journal of 100 sessions, again and again."""
    folder.mkdir()
    path, good = folder / "journal.sqlite3", folder / "good.sqlite3"
    with Journal.open(good) as journal:
        for _ in range(100):
            whole_session(journal)
    before = list(export_events(good))
    told = aside = false = 0
    shares = []
    for seed in range(DAMAGES):
        shutil.copy(good, path)
        DAMAGE[kind](path, random.Random(seed))
        spoilt = path.read_bytes()
        with Journal.open(path) as journal:
            told += any("was damaged" in notice for notice in journal.notices)
            kept = list(export_events(path))
            whole_session(journal)
            assert journal.flush()
        false += sum(event not in before for event in kept)
        shares.append(100 * len(kept) / len(before))
        aside += any(one.read_bytes() == spoilt for one in folder.glob("*.damaged-*"))
        assert read_sessions(path)[-1].ending == "finished"
        delete(path)
    met = told == aside == DAMAGES and false == 0
    figure = (
        f"told {told}, kept aside {aside} of {DAMAGES} times; {statistics.mean(shares):.0f} % "
        f"({min(shares):.0f} to {max(shares):.0f}) of the events saved, {false} wrong"
    )
    return Row(f"damaged database: {kind}", "told, kept aside, the rest saved", figure, met)


# Size.


def large(folder: Path, sessions: int) -> list[Row]:
    """Open and read a journal of many sessions."""
    folder.mkdir()
    path, small = folder / "large.sqlite3", folder / "small.sqlite3"
    with Journal.open(small) as journal:
        whole_session(journal)
    begun = local_now()
    with Journal.open(path, now=lambda: begun) as journal:
        for number in range(sessions):
            begun += timedelta(hours=20)
            whole_session(journal)
            if number % 100 == 0:
                journal.flush()
    more = _seconds(lambda: Journal.open(path), Journal.close) - _seconds(
        lambda: Journal.open(small), Journal.close
    )
    path.with_name(path.name + ".lock").write_text("1 cut off")
    uncertain = _seconds(lambda: Journal.open(path), Journal.close, times=1)
    history = _seconds(lambda: read_sessions(path))
    size = path.stat().st_size / 2**20
    closing, adding = _closing(path), _adding(path)
    name = f"{sessions:,} sessions of 60 events ({size:.0f} MiB)"
    return [
        Row(f"{name}: opening", "≤ 0.1 s more", f"{more * 1000:.0f} ms more", more <= 0.1),
        Row(
            f"{name}: opening after a kill, looked through whole",
            "(figure)",
            f"{uncertain * 1000:.0f} ms",
            met=True,
        ),
        Row(f"{name}: longest of 1,000 appends", "(figure)", f"{adding * 1000:.2f} ms", met=True),
        Row(f"{name}: closing", "(figure)", f"{closing * 1000:.0f} ms", met=True),
        Row(f"{name}: reading all sessions", "≤ 0.5 s", f"{history * 1000:.0f} ms", history <= 0.5),
    ]


def _seconds(
    act: Callable[[], Any], then: Callable[[Any], object] = lambda _: None, times: int = 5
) -> float:
    """Return the median time that `act` takes, without what is done with its result."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        result = act()
        taken.append(time.perf_counter() - start)
        then(result)
    return statistics.median(taken)


def _closing(path: Path) -> float:
    journal = Journal.open(path)
    begin(journal)
    return _seconds(journal.close, times=1)


def _adding(path: Path) -> float:
    with Journal.open(path) as journal:
        begin(journal)
        return max(_seconds(partial(cue, journal, number), times=1) for number in range(1000))


def main() -> None:
    """Print the table."""
    print("| | goal | measured | |\n| --- | --- | --- | --- |", flush=True)
    for row in rows():
        met = "met" if row.met else "**missed**"
        print(f"| {row.name} | {row.goal} | {row.figure} | {met} |", flush=True)


if __name__ == "__main__":
    main()
