"""Gives memory that was needed for a moment back to the system.

Owns that one request to the C library; must not know what the memory was needed for.
"""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Return what is free of this process's memory to the system; takes a few milliseconds.

    Loading a model or a dictionary, and rendering a long line, take some ten MB for a moment,
    which the C library would keep for itself. Where it cannot be asked (it is not glibc), it does.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
