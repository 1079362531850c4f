"""Wheels that carry more than is used: what set-up leaves out of them, and that they stay whole."""

import csv
import hashlib
import io
import zipfile
from base64 import urlsafe_b64encode
from importlib.metadata import distribution
from pathlib import Path

import pytest

from scripts import ROOT
from scripts.lean_wheels import TAG, WHEELS, Lean, is_installed, pinned, repacked

LOCK = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
WEIGHTS = Lean(("thing*", "*/entry_points.txt"), ("thing/assets/*", "*.dist-info/[!e]*"), True)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel with a program, weights, and a description that requires something."""
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    described = "Name: thing\nVersion: 1.0\nRequires-Dist: requests\n\nA thing.\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("thing/program.so", b"0" * 1000)
        archive.writestr("thing/assets/weights", b"1" * 1000)
        archive.writestr("thing-1.0.dist-info/METADATA", described)
        archive.writestr("thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n\n")
        archive.writestr("thing-1.0.dist-info/entry_points.txt", "[console_scripts]\nthing=t:t\n")
        archive.writestr("thing-1.0.dist-info/RECORD", "thing/program.so,,\n")
    return path


def test_only_what_is_used_is_repacked_and_the_record_tells_it_true(
    wheel: Path, tmp_path: Path
) -> None:
    (tmp_path / "lean").mkdir()
    made = repacked(wheel, WEIGHTS, tmp_path / "lean")
    assert made.name == f"thing-1.0-{TAG}-py3-none-any.whl"
    with zipfile.ZipFile(made) as archive:
        names = {name for name in archive.namelist() if not name.endswith("RECORD")}
        rows = list(csv.reader(io.StringIO(archive.read("thing-1.0.dist-info/RECORD").decode())))
        for name, digest, size in rows[:-1]:
            content = archive.read(name)
            hashed = urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            assert (digest, int(size)) == (f"sha256={hashed}", len(content))
        assert rows[-1] == ["thing-1.0.dist-info/RECORD", "", ""]
        assert "Requires-Dist" not in archive.read("thing-1.0.dist-info/METADATA").decode()
    assert {row[0] for row in rows[:-1]} == names
    assert {name.rpartition("/")[2] for name in names} == {"weights", "METADATA", "WHEEL"}


def test_what_requires_something_goes_on_requiring_it(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "lean").mkdir()
    made = repacked(wheel, Lean(("*.so",)), tmp_path / "lean")
    with zipfile.ZipFile(made) as archive:
        assert "Requires-Dist: requests" in archive.read("thing-1.0.dist-info/METADATA").decode()
        assert "thing/program.so" not in archive.namelist()


@pytest.mark.parametrize("name", WHEELS)
def test_set_up_installs_them_so_from_the_lock(name: str) -> None:
    pins = pinned(LOCK, name)
    assert pins.count("--hash=sha256:") > 1
    assert is_installed(name, pins)
    files = [str(file) for file in distribution(name).files or ()]
    left_out = [f for f in files if not f.endswith((".pyc", "REQUESTED", "direct_url.json"))]
    assert [f for f in left_out if not WHEELS[name].keeps(f)] == []


def test_another_version_and_a_whole_wheel_are_not_what_is_wanted() -> None:
    pins = pinned(LOCK, "numpy")
    assert not is_installed("numpy", pins)
    assert not is_installed("pocketsphinx", pinned(LOCK, "pocketsphinx").replace("==5", "==6"))
    assert not is_installed("no-such-package", "no-such-package==1 ")
