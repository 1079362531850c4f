"""A browser for the tests of the page, and axe-core, which looks for what shuts people out.

Owns where the two come from; what is not installed skips the tests with a plain word,
or fails them where VOICE_COACH_REQUIRE_BROWSER=1.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from platformdirs import user_cache_path

CHROMIUM = "/usr/bin/chromium"
AXE = "4.10.3"


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Debian's chromium, without a window."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    if not Path(CHROMIUM).exists():
        missing(f"there is no {CHROMIUM}; apt-get install chromium")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it where a browser is required."""
    if os.environ.get("VOICE_COACH_REQUIRE_BROWSER") == "1":
        pytest.fail(what)
    pytest.skip(what)


def axe() -> str:
    """Return axe-core as JavaScript, from the user's cache, where npm puts it once."""
    kept = user_cache_path("voice-coach") / f"axe-core-{AXE}.js"
    if not kept.exists():
        if not shutil.which("npm"):
            missing("axe-core is not in the cache and there is no npm; apt-get install npm")
        with tempfile.TemporaryDirectory() as folder:
            command = ["npm", "pack", f"axe-core@{AXE}", "--silent", "--pack-destination", folder]
            got = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            packed = list(Path(folder).glob("*.tgz"))
            if not packed:
                missing(f"npm cannot fetch axe-core: {got.stderr.strip()[:200]}")
            with tarfile.open(packed[0]) as archive:
                member = archive.extractfile("package/axe.min.js")
                assert member is not None
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(member.read())
    return kept.read_text("utf-8")
