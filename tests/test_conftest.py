"""What all tests rely on holds however they are started."""

import signal
import subprocess
import sys

import pytest

from tests import CHECKOUT

pytestmark = pytest.mark.slow

INTERRUPTED = (
    "tests/cli/test_settings.py::TestEdit::test_the_interrupt_key_is_left_to_the_editor",
    "tests/cli/test_bad_input.py::TestEnding::test_while_listening[file]",
    "tests/cli/test_bad_input.py::TestEnding::test_in_a_rehearsal[1-129]",
)


def test_a_background_job_can_test_the_interrupt_key() -> None:
    """A shell without job control starts it with SIGINT ignored, and nohup with SIGHUP."""

    def ignore() -> None:
        for each in (signal.SIGINT, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *INTERRUPTED],
        cwd=CHECKOUT,
        preexec_fn=ignore,
        stdout=subprocess.PIPE,
        text=True,
        timeout=250,
        check=False,
    )
    assert "3 passed" in done.stdout
