"""The table of sizes: every file is counted once, and what is over the limit fails."""

import sys
from pathlib import Path

import pytest

from benchmarks import install_size
from benchmarks.install_size import Size, measured, not_needed, table, whole


def test_every_package_is_measured_and_no_byte_twice() -> None:
    sizes = measured()
    assert {"numpy", "onnxruntime", "moonshine-voice"} <= {size.name for size in sizes[:12]}
    assert 0.9 * whole() < sum(size.megabytes for size in sizes) <= 1.02 * whole()


def test_what_is_not_required_by_the_coach_is_named() -> None:
    assert "pytest" in not_needed()
    assert not {"numpy", "vosk", "srt", "markupsafe"} & not_needed()


def test_small_ones_share_a_line() -> None:
    text = table([Size("numpy", "2", 70.04), Size("idna", "3", 0.5), Size("h11", "1", 0.3)])
    assert text.splitlines()[2].startswith("| numpy 2 | 70.0 | all arithmetic")
    assert text.splitlines()[3:] == ["| 2 smaller ones | 0.8 | |"]


def test_too_large_an_install_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"0" * 3 * 2**20)
    monkeypatch.setattr(install_size.sys, "prefix", str(tmp_path))
    monkeypatch.setattr(install_size, "measured", list)
    monkeypatch.setattr(sys, "argv", ["install_size", "--limit", "2"])
    assert install_size.main() == 1
    assert "3 MB of at most 2 ✗" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["install_size", "--limit", "4"])
    assert install_size.main() == 0
