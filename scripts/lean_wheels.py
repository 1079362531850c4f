"""Repacks the wheels that carry more than is used, so that set-up unpacks only the rest.

Owns what of which wheel nothing here ever reads; must not know what else is installed. A wheel is
fetched as the lock has it, its hash compared, and becomes a wheel of the same version with the
build tag TAG, for pip to install. `python -m scripts.lean_wheels LOCK FOLDER`
"""

import base64
import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

TAG: Final = "1lean"
"""Which tells, in the name of a wheel and in what is installed of it, that it was repacked."""


@dataclass(frozen=True)
class Lean:
    """What of a wheel stays out, as patterns of its files, of which `*` also spans folders."""

    out: tuple[str, ...]
    but: tuple[str, ...] = ()
    """What stays in all the same."""
    alone: bool = False
    """Whether nothing of what the package requires is needed for what is left of it."""

    def keeps(self, name: str) -> bool:
        """Tell whether the file `name` stays in."""
        left_out = any(fnmatchcase(name, pattern) for pattern in self.out)
        return not left_out or any(fnmatchcase(name, pattern) for pattern in self.but)


WHEELS: Final = {
    # A program with an onnxruntime of its own, speech and sounds: only the weights are read.
    "moonshine-voice": Lean(
        ("moonshine_voice*", "*/entry_points.txt"),
        ("moonshine_voice/assets/tiny-en/*", "*.dist-info/[!e]*"),
        alone=True,
    ),
    # Networks that put vowels into Hebrew and Arabic. The coach speaks English.
    "piper-tts": Lean(("piper/hebrew/*.onnx", "piper/tashkeel/*.onnx")),
    # Models of language for dictation: the coach listens for the sentences of a grammar.
    "pocketsphinx": Lean(("*.lm.bin",)),
}


def main() -> int:
    """Leave in the folder a lean wheel of each of WHEELS that is not installed as such."""
    lock, folder = Path(sys.argv[1]).read_text("utf-8"), Path(sys.argv[2])
    for name, lean in WHEELS.items():
        pins = pinned(lock, name)
        if is_installed(name, pins):
            continue
        with _pip_downloads(pins) as downloads:
            for wheel in downloads.glob("*.whl"):
                repacked(wheel, lean, folder)
    return 0


def pinned(lock: str, name: str) -> str:
    """Return the lines of `lock` that pin a package, for every machine, with their hashes."""
    return "\n".join(re.findall(rf"^{name}==.*\\\n(?: +--hash=.*\n?)+", lock, re.MULTILINE))


def is_installed(name: str, pins: str) -> bool:
    """Tell whether a lean wheel of one of these pins is installed here."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return False
    return f"{name}=={found.version} " in pins and TAG in (found.read_text("WHEEL") or "")


@contextmanager
def _pip_downloads(pins: str) -> Iterator[Path]:
    """Give a folder with the wheel that fits this machine, or none where there is none."""
    with tempfile.TemporaryDirectory(prefix="voice-coach-") as name:
        folder = Path(name)
        (folder / "pins").write_text(pins, "utf-8")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        options = ["--no-deps", "--only-binary=:all:", "--require-hashes", f"--dest={folder}"]
        # What cannot be fetched is left to the installing of the lock, which says why.
        subprocess.run([*pip, *options, "-r", folder / "pins"], capture_output=True, check=False)
        yield folder


def repacked(wheel: Path, lean: Lean, folder: Path) -> Path:
    """Write the wheel without what stays out into `folder`; return where it is."""
    name, version, *_, python, abi, platform = wheel.stem.split("-")
    made = folder / f"{name}-{version}-{TAG}-{python}-{abi}-{platform}.whl"
    listed: list[str] = []
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            if entry.is_dir() or not lean.keeps(entry.filename):
                continue
            if entry.filename.endswith(".dist-info/RECORD"):
                record = entry
                continue
            content = _retold(entry.filename, old.read(entry), lean)
            new.writestr(entry, content)
            listed.append(f"{entry.filename},{_digest(content)},{len(content)}")
        new.writestr(record, "\n".join([*listed, f"{record.filename},,", ""]))
    return made


def _retold(name: str, content: bytes, lean: Lean) -> bytes:
    """Return what a file of the wheel's description says of the lean one."""
    if name.endswith(".dist-info/WHEEL"):
        return content.rstrip() + f"\nBuild: {TAG}\n".encode()
    if name.endswith(".dist-info/METADATA") and lean.alone:
        return re.sub(rb"^Requires-Dist:.*\n", b"", content, flags=re.MULTILINE)
    return content


def _digest(content: bytes) -> str:
    """Return a hash as RECORD has it."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={digest.decode().rstrip('=')}"


if __name__ == "__main__":
    sys.exit(main())
