"""The proof that nothing leaves the machine can fail: it does where onnxruntime reports."""

import shutil
import subprocess
import sys

import pytest

from tests import CHECKOUT

pytestmark = pytest.mark.slow


def prove(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "scripts.offline", *options],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
class TestWatched:
    ONE = ("--only", "strace", "--match", "piper")

    def test_one_command_of_those_that_the_whole_proof_goes_through(self) -> None:
        done = prove(*self.ONE)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("watched by strace: 1 commands, 0 found")
        assert done.stdout.endswith("Nothing leaves this machine.\n")

    def test_with_telemetry_it_fails_and_says_where(self) -> None:
        done = prove(*self.ONE, "--with-telemetry")
        assert done.returncode == 1
        assert "watched by strace: voice-coach say Slowly lift your hips." in done.stdout
        assert "/.onnxruntime/deviceid, outside the coach's own folders\n    " in done.stdout
        assert "linkat(" in done.stdout
        assert "a file is left\n" in done.stdout
        assert done.stdout.endswith("Something would leave this machine.\n")


@pytest.mark.skipif(
    subprocess.run(
        ["unshare", "--net", "--map-root-user", "true"], capture_output=True, check=False
    ).returncode
    != 0,
    reason="no network namespace may be made here",
)
def test_without_a_network_it_fails_with_telemetry_too() -> None:
    options = ("--only", "namespace", "--match", "piper")
    assert prove(*options).returncode == 0
    done = prove(*options, "--with-telemetry")
    assert done.returncode == 1
    assert "without a network: all of it\n  a file is left\n" in done.stdout
    assert ".onnxruntime/deviceid" in done.stdout
