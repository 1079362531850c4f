"""Proves that every locked package installs without a compiler where the coach is to run.

Asks the package index, without downloading, which wheels there are for each Python and machine;
prints a table and ends with status 1 where one is missing. `python -m scripts.check_wheels`
"""

import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from scripts import ROOT

LOCK = ROOT / "requirements" / "dev.txt"
PYTHONS = ((3, 11), (3, 12), (3, 13))
MACHINES = ("aarch64", "x86_64")
GLIBC = 35
"""Minor version of the oldest C library that counts: 2.35, of Ubuntu 22.04."""

Package = dict[str, Any]
Place = tuple[tuple[int, int], str]

BUILT = {"srt"}
"""Packages without any wheel that set-up builds; each has to come out as pure Python."""
COMPILED: set[tuple[str, Place]] = {("pocketsphinx", ((3, 12), "aarch64"))}
"""Where there is no wheel and set-up installs a compiler; a wheel that appears ends the need."""


def locked() -> list[Package]:
    """Return every package of the lock with the wheels that the index has of it."""
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "compile", str(LOCK), "--no-deps"]
    options = ["--universal", "--python-version", "3.11", "--format", "pylock.toml", "--quiet"]
    for mode in ([], ["--offline"]):  # what uv asked before, it remembers
        done = subprocess.run([*uv, *options, *mode], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            packages: list[Package] = tomllib.loads(done.stdout)["packages"]
            return packages
    sys.exit(f"check_wheels: cannot ask the package index: {done.stderr.strip().splitlines()[0]}")


def tags(place: Place) -> set[Tag]:
    """Return what a machine at `place` can install."""
    python, machine = place
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(5, GLIBC + 1)]
    platforms += [f"manylinux{name}_{machine}" for name in ("1", "2010", "2014")]
    platforms += [f"linux_{machine}"]
    return {*cpython_tags(python, platforms=platforms), *compatible_tags(python, None, platforms)}


def applies(package: Package, place: Place) -> bool:
    """Tell whether `package` is installed at `place` at all."""
    (major, minor), machine = place
    environment = {
        "python_version": f"{major}.{minor}",
        "python_full_version": f"{major}.{minor}.0",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "os_name": "posix",
        "sys_platform": "linux",
    }
    return "marker" not in package or Marker(package["marker"]).evaluate(environment)


def verdict(package: Package, place: Place) -> str:
    """Return in a word how `package` comes to `place`: "" where it does not."""
    if not applies(package, place):
        return "not needed"
    names = [Path(wheel["url"]).name for wheel in package.get("wheels", ())]
    fitting = {tag for name in names for tag in parse_wheel_filename(name)[3]} & tags(place)
    if fitting:
        best = min(fitting, key=lambda tag: (tag.platform == "any", str(tag)))
        return "any" if best.platform == "any" else f"{best.interpreter}-{best.abi}"
    if (package["name"], place) in COMPILED:
        return "compiled"
    return "built" if package["name"] in BUILT and is_built_pure(package) else ""


def is_built_pure(package: Package) -> bool:
    """Tell whether the locked version stands in this environment, built as pure Python."""
    built = distribution(package["name"])
    return built.version == package["version"] and "Tag: py3-none-any" in (
        built.read_text("WHEEL") or ""
    )


def row(title: str, cells: list[str]) -> str:
    """Return one line of the table."""
    return (f"{title:32}" + "".join(f"{cell:16}" for cell in cells)).rstrip()


def main() -> int:
    """Print the table; return 1 if a wheel is missing."""
    places = [(python, machine) for machine in MACHINES for python in PYTHONS]
    heads = [f"{machine} {major}.{minor}" for (major, minor), machine in places]
    print(row("package", heads))
    missing = []
    for package in locked():
        title = f"{package['name']} {package['version']}"
        cells = [verdict(package, place) for place in places]
        print(row(title, [cell or "MISSING" for cell in cells]))
        gaps = [head for cell, head in zip(cells, heads, strict=True) if not cell]
        missing += [f"{title} on {head}" for head in gaps]
    for name, ((major, minor), machine) in sorted(COMPILED):
        print(f"{name} has no wheel on {machine} {major}.{minor}: set-up compiles it there.")
    for line in missing:
        print(f"check_wheels: no wheel of {line}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
