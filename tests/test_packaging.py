"""The wheel works alone: built here, installed in a fresh environment, used far from the checkout.

Needs the package index the first time; what was fetched once is taken from uv's cache.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests import CHECKOUT

pytestmark = pytest.mark.slow

UV = str(Path(sys.executable).with_name("uv"))
WITHOUT_OURS = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "VOICE_COACH", "VIRTUAL_ENV"))
}


def run(*command: str | Path, cwd: Path) -> str:
    """Run `command` in `cwd` as a stranger would; return what it printed."""
    done = subprocess.run(
        command, cwd=cwd, env=WITHOUT_OURS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    run(*build, CHECKOUT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but an environment, `env`, that has the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(UV, "venv", "--quiet", "--python", sys.executable, "env", cwd=folder)
    install = (UV, "pip", "install", "--quiet", "--python", "env/bin/python", wheel)
    pinned = ("--constraint", CHECKOUT / "requirements" / "run.txt")
    try:
        run(*install, *pinned, cwd=folder)
    except AssertionError:  # perhaps only without a network
        run(*install, *pinned, "--offline", cwd=folder)
    return folder


def test_the_wheel_carries_everything_that_travels(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    routines = {f"voice_coach/data/routines/{p.name}" for p in CHECKOUT.glob("routines/*.yaml")}
    package = {str(path.relative_to(CHECKOUT)) for path in CHECKOUT.glob("voice_coach/**/*.py")}
    sentences = {str(p.relative_to(CHECKOUT)) for p in CHECKOUT.glob("voice_coach/**/*.yaml")}
    assert routines
    assert sentences
    assert not (routines | package | sentences) - names
    assert {"voice_coach/data/models/manifest.json", "voice_coach/py.typed"} <= names


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top.split("-")[0] for top in tops} == {"voice_coach"}


def test_the_changelog_tells_of_this_version_first() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    changelog = (CHECKOUT / "CHANGELOG.md").read_text("utf-8")
    told = re.findall(r"^## \[(\d[^]]*)\]", changelog, re.MULTILINE)
    assert told[0] == project["version"]


def test_it_knows_its_version_and_routines(installed: Path) -> None:
    coach = installed / "env" / "bin" / "voice-coach"
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    assert run(coach, "--version", cwd=installed) == f"voice-coach {project['version']}\n"
    listed = run(coach, "routines", "list", cwd=installed)
    for name in ("Back", "Breathing", "Gentle stretch"):
        assert name in listed


def test_it_comes_from_the_wheel_and_not_from_the_checkout(installed: Path) -> None:
    place = "import voice_coach; print(voice_coach.__file__)"
    printed = run(installed / "env" / "bin" / "python", "-c", place, cwd=installed)
    assert Path(printed.strip()).is_relative_to(installed)


@pytest.mark.timeout(300)
def test_it_rehearses(installed: Path) -> None:
    coach = installed / "env" / "bin" / "voice-coach"
    files = ("--out", "room.wav", "--timeline", "room.jsonl")
    engines = ("--recogniser", "pocketsphinx", "--voice", "espeak")
    run(coach, "rehearse", *files, *engines, cwd=installed)
    lines = (installed / "room.jsonl").read_text().splitlines()
    heard = [event["intent"] for event in map(json.loads, lines) if event["event"] == "heard"]
    assert heard[:4] == ["start", "next", "pause", "resume"]
    assert heard[-2:] == ["stop", "yes"]
    assert (installed / "room.wav").stat().st_size > 1_000_000
