"""The memory of all processes: those that a process started are found and counted with it."""

import subprocess
import sys

import pytest

from benchmarks.session_memory import proportional_mb

PARENT = """
import subprocess, sys
child = "hold = bytearray(b'1' * 40 * 2**20); print('held', flush=True); input()"
subprocess.run([sys.executable, "-c", child])
"""


def test_a_process_is_counted_with_what_it_started() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert parent.stdout
        assert parent.stdout.readline() == b"held\n"
        sizes = proportional_mb(parent.pid)
    finally:
        parent.communicate(b"\n", timeout=10)
    assert len(sizes) == 2
    own, (child,) = sizes.pop("the coach"), sizes.values()
    assert 1 < own < 30
    assert child - own == pytest.approx(40, abs=12)
