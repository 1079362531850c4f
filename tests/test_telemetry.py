"""onnxruntime reports nothing to its maker, whichever way it comes to be imported."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests import CHECKOUT

pytestmark = pytest.mark.slow

WAYS = {
    "hearing": "import voice_coach.hearing.engines.moonshine",
    "another process": """
if __name__ == "__main__":
    from voice_coach.app.engines import Engine, make_separate_recogniser
    from voice_coach.settings.keys import RecogniserChoice
    recogniser = make_separate_recogniser(Engine(RecogniserChoice.MOONSHINE))
    assert "moonshine" in recogniser.name
    recogniser.close()
""",
    "piper": "import voice_coach.speaking.piper, piper",
    "a benchmark": "import benchmarks.hearing, onnxruntime",
    "the tests": f"""
import sys, pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "{CHECKOUT}/tests/speaking/test_piper.py"]))
""",
}


def left_by(program: str, home: Path, **env: str) -> list[str]:
    """Return what a program leaves in an empty home, of a user who has none of CI's variables."""
    script = home.with_suffix(".py")
    script.write_text(program)
    home.mkdir()
    subprocess.run(
        [sys.executable, str(script)],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(CHECKOUT)} | env,
        timeout=100,
        check=True,
    )
    return [path.relative_to(home).as_posix() for path in home.rglob("*")]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left(way: str, tmp_path: Path) -> None:
    assert left_by(WAYS[way], tmp_path / "home") == []


def test_also_where_the_user_has_it_switched_on(tmp_path: Path) -> None:
    program = "import voice_coach.hearing.engines.moonshine"
    assert left_by(program, tmp_path / "home", ORT_DISABLE_TELEMETRY="0") == []


@pytest.mark.skipif(
    tuple(map(int, version("onnxruntime").split(".")[:2])) < (1, 29), reason="it does not report"
)
def test_without_us_it_would_be(tmp_path: Path) -> None:
    left = left_by("import onnxruntime", tmp_path / "home")
    assert ".cache/Microsoft/DeveloperTools/.onnxruntime/deviceid" in left
