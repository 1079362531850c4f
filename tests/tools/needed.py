"""What a test needs beyond the project: where it is missing, the test is skipped, or fails.

Owns the choice between the two; must not know what is needed, nor how it is found.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

from benchmarks.rig.browser import NotInstalledError, axe, chromium


def lacking(what: str, required: str) -> NoReturn:
    """Skip the test, because of `what`; fail it where the variable `required` is 1."""
    if os.environ.get(required) == "1":
        pytest.fail(f"{what} ({required}=1 forbids skipping)", pytrace=False)
    pytest.skip(what)


@contextmanager
def needed_browser() -> Iterator[Any]:
    """Give a browser; where there is none, skip, or fail with VOICE_COACH_REQUIRE_BROWSER=1."""
    with _needing_browser(), chromium() as browser:
        yield browser


def needed_axe() -> str:
    """Return axe-core as JavaScript; where it is not to be had, skip or fail likewise."""
    with _needing_browser():
        return axe()


@contextmanager
def _needing_browser() -> Iterator[None]:
    """Skip where the block finds that something of the browser's is not installed, or fail."""
    try:
        yield
    except NotInstalledError as error:
        lacking(str(error), "VOICE_COACH_REQUIRE_BROWSER")
