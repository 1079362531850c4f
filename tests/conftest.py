"""Fixtures that tests share: recorded speech, a small model, a sound server.

Knows nothing of any one room's tests.

The recordings are not part of this repository; a test that needs them is skipped where they
are missing, except where VOICE_COACH_REQUIRE_SHARED=1 turns that skip into a failure.
"""

import os
import shutil
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import voice_coach  # noqa: F401 - before piper and onnxruntime: it keeps them from reporting
from benchmarks.rig.fresh_user import fresh_user
from benchmarks.rig.sound_server import SoundServer, private_server
from tests import CHECKOUT
from tests.tools.needed import lacking
from voice_coach.paths import grammars_path


@pytest.fixture(autouse=True)
def a_user_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, grammars: Path
) -> Iterator[dict[str, str]]:
    """Every test is another user: it finds nothing of anybody's, and leaves nothing.

    Only the grammars, which know nobody, are made once: that takes a second. Returns the
    variables that make it so, for programs with an environment of their own.
    """
    kept = fresh_user(tmp_path_factory.mktemp("kept"))
    for variable, place in kept.items():
        monkeypatch.setenv(variable, place)
    monkeypatch.setenv("VOICE_COACH_TRACEBACK", "1")  # whoever mends a test wants to see it all
    own = grammars_path()
    if grammars.exists():
        own.parent.mkdir(parents=True)
        shutil.copy(grammars, own)
    yield kept
    if own.exists() and not grammars.exists():
        shutil.copy(own, grammars)


@pytest.fixture(scope="session")
def grammars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the grammars of the first test that needs some are kept for the others."""
    return tmp_path_factory.mktemp("grammars") / "grammars.json"


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl-C and a closed terminal reach every program that a test starts.

    A shell without job control starts its background jobs with SIGINT ignored, nohup with SIGHUP,
    and what is ignored is handed on from process to process. A handler that does nothing is not.
    """
    endings = (signal.SIGINT, signal.SIGHUP)
    ignored = [each for each in endings if signal.getsignal(each) is signal.SIG_IGN]
    for each in ignored:
        signal.signal(each, lambda *_: None)
    yield
    for each in ignored:
        signal.signal(each, signal.SIG_IGN)


@pytest.fixture(scope="session")
def shared_speech() -> Path:
    """The recorded speech: VOICE_COACH_SPEECH, else ../shared/speech beside the checkout."""
    folder = Path(os.environ.get("VOICE_COACH_SPEECH") or CHECKOUT.parent / "shared" / "speech")
    if not folder.is_dir():
        lacking(
            f"no recorded speech at {folder}; set VOICE_COACH_SPEECH to its folder",
            "VOICE_COACH_REQUIRE_SHARED",
        )
    return folder


@pytest.fixture
def sound_server() -> Iterator[SoundServer]:
    """A PulseAudio with a microphone and a loudspeaker, for one test.

    Skips where PulseAudio is not installed, or fails with VOICE_COACH_REQUIRE_REAL_SOUND=1.
    """
    if missing := SoundServer.missing():
        lacking(
            f"not installed: {', '.join(missing)} (apt: pulseaudio pulseaudio-utils)",
            "VOICE_COACH_REQUIRE_REAL_SOUND",
        )
    with private_server() as server:
        yield server


@pytest.fixture(scope="session")
def vosk_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Vosk model that knows the coach's commands as synthetic voices say them."""
    folder = tmp_path_factory.mktemp("models")
    with zipfile.ZipFile(CHECKOUT / "tests/fixtures/vosk/vosk-model-tiny-en.zip") as archive:
        archive.extractall(folder)
    return folder / "vosk-model-tiny-en"
