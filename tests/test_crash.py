"""A fault of the coach's own: one line for its user, the traceback for whoever mends it."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

BROKEN = """
import sys, threading
from voice_coach.cli.console import guarded

def break_down():
    raise {what}

sys.exit(guarded({how}))
"""
HERE, THREAD = "break_down", "lambda: threading.Thread(target=break_down).start()"


def broken(
    what: str = "ValueError('no\\nnumber')", how: str = HERE, *, state: Path, **env: str
) -> "subprocess.CompletedProcess[str]":
    kept = {n: v for n, v in os.environ.items() if not n.startswith("VOICE_COACH_")}
    return subprocess.run(
        [sys.executable, "-c", BROKEN.format(what=what, how=how)],
        env=kept | {"XDG_STATE_HOME": str(state)} | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_one_line_and_the_rest_in_a_file(tmp_path: Path) -> None:
    done = broken(state=tmp_path)
    kept = tmp_path / "voice-coach" / "crash.txt"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "voice-coach: The coach has a fault of its own (ValueError: no number). "
        f"Where it happened stands in {kept}; please report it.\n"
    )
    assert kept.read_text().startswith("voice-coach 0.")
    assert ", in break_down\n" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_only_the_last_one_is_kept(tmp_path: Path) -> None:
    broken(state=tmp_path)
    broken("KeyError('second')", state=tmp_path)
    kept = (tmp_path / "voice-coach" / "crash.txt").read_text()
    assert kept.count("Traceback") == 1
    assert "second" in kept


def test_where_it_cannot_be_kept_it_can_be_seen(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = broken("ValueError", state=tmp_path / "file")
    assert done.returncode == 1
    assert done.stderr == (
        "voice-coach: The coach has a fault of its own (ValueError). "
        "Set VOICE_COACH_TRACEBACK=1 and do it again to see where.\n"
    )


@pytest.mark.parametrize("how", [HERE, THREAD])
def test_whoever_mends_it_sees_the_traceback(tmp_path: Path, how: str) -> None:
    done = broken(how=how, state=tmp_path, VOICE_COACH_TRACEBACK="1")
    assert "Traceback" in done.stderr
    assert "in break_down" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_thread_that_fails_is_told_in_one_line_too(tmp_path: Path) -> None:
    done = broken(how=THREAD, state=tmp_path)
    assert done.stderr.startswith("voice-coach: The coach has a fault of its own (ValueError: no")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize("ignored", [False, True])
def test_a_signal_that_is_ignored_stays_so(ending: signal.Signals, ignored: bool) -> None:
    """As `nohup voice-coach run &` asks for."""
    program = (
        "import os, signal, sys\nfrom voice_coach.cli.console import guarded\n"
        f"sys.exit(guarded(lambda: os.kill(os.getpid(), {int(ending)})))"
    )
    disposition = signal.SIG_IGN if ignored else signal.SIG_DFL
    done = subprocess.run(
        [sys.executable, "-c", program],
        preexec_fn=lambda: signal.signal(ending, disposition),
        timeout=60,
        check=False,
    )
    assert done.returncode == (0 if ignored else 128 + ending)
