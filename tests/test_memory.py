"""Memory that was needed for a moment goes back to the system."""

import ctypes
from pathlib import Path

import pytest

from voice_coach.memory import give_back


def resident_mb() -> float:
    """Return what of this process is in memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * 4096 / 2**20


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="this is not glibc")
def test_what_many_small_things_took_is_given_back() -> None:
    # More than Python manages itself. The last one holds the end of the heap in its place.
    many = [bytes(700) for _ in range(50_000)]
    last = many.pop()
    del many
    before = resident_mb()
    give_back()
    assert resident_mb() < before - 5
    assert last
