"""A browser without a window, and axe-core, which looks on a page for what shuts people out.

Owns where the two come from; must not know which page they are for. What is not installed
raises NotInstalledError with a plain word.
"""

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

CHROMIUM = "/usr/bin/chromium"
AXE = "4.10.3"


class NotInstalledError(RuntimeError):
    """What is needed for a browser is missing; the message says what, and how to get it."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Debian's chromium, without a window; NotInstalledError where there is none."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only for a browser
    except ImportError as error:
        raise NotInstalledError("playwright is not installed") from error
    if not Path(CHROMIUM).exists():
        raise NotInstalledError(f"there is no {CHROMIUM}; apt-get install chromium")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def axe() -> str:
    """Return axe-core as JavaScript, from the user's cache, where npm puts it once."""
    kept = user_cache_path("voice-coach") / f"axe-core-{AXE}.js"
    if not kept.exists():
        if not shutil.which("npm"):
            raise NotInstalledError("axe-core is not in the cache, nor npm; apt-get install npm")
        with tempfile.TemporaryDirectory() as folder:
            command = ["npm", "pack", f"axe-core@{AXE}", "--silent", "--pack-destination", folder]
            got = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            packed = list(Path(folder).glob("*.tgz"))
            if not packed:
                raise NotInstalledError(f"npm cannot fetch axe-core: {got.stderr.strip()[:200]}")
            with tarfile.open(packed[0]) as archive:
                member = archive.extractfile("package/axe.min.js")
                assert member is not None
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(member.read())
    return kept.read_text("utf-8")
