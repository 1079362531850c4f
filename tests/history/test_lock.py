"""One process at a time, whatever became of the one before."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from voice_coach.errors import JournalBusyError
from voice_coach.history.lock import Lock

HOLDS = """
import sys, time
from pathlib import Path
from voice_coach.history.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_held_once_and_again_after_release(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite3"
    with Lock(path) as lock:
        assert not lock.uncertain
        with pytest.raises(JournalBusyError, match=rf"process {os.getpid()}, since "):
            Lock(path)
    with Lock(path) as lock:
        assert not lock.uncertain


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_holder_is_no_obstacle_and_noticed(tmp_path: Path, how: signal.Signals) -> None:
    path = tmp_path / "j.sqlite3"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(JournalBusyError, match=f"process {holder.pid}, "):
        Lock(path)
    holder.send_signal(how)
    holder.communicate()
    with Lock(path) as lock:
        assert lock.uncertain


def test_what_is_amiss_is_passed_on(tmp_path: Path) -> None:
    Lock(tmp_path / "j").release(uncertain=True)
    with Lock(tmp_path / "j") as lock:
        assert lock.uncertain


def test_whatever_is_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "j.lock").write_bytes(b"\xff\xfe\x00 not a process")
    with Lock(tmp_path / "j"):
        (tmp_path / "j.lock").write_bytes(b"\xff\xfe\x00 not a process")
        with pytest.raises(JournalBusyError, match="Another coach holds the journal"):
            Lock(tmp_path / "j")


def test_a_removed_lock_is_free(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "j")
    lock.remove()
    assert list(tmp_path.iterdir()) == []
    Lock(tmp_path / "j").release()
