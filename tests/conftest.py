"""What tests share: recorded speech and a small model. Knows nothing of any one room's tests.

The recordings are not part of this repository; a test that needs them is skipped where they
are missing, except where VOICE_COACH_REQUIRE_SHARED=1 turns that skip into a failure.
"""

import os
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import voice_coach  # noqa: F401 - before piper and onnxruntime: it keeps them from reporting

KEPT = {
    "VOICE_COACH_JOURNAL": "journal.sqlite3",
    "VOICE_COACH_SETTINGS": "settings.toml",
    "VOICE_COACH_PROFILE": "voice.npz",
    "VOICE_COACH_CACHE": "cache",
    "VOICE_COACH_PAIRED": "paired.json",
    "VOICE_COACH_CRASH": "crash.txt",
}
"""What a user keeps, by the variable that says where."""
CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def a_user_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Every test is another user: it finds nothing of anybody's, and leaves nothing.

    Returns the variables that make it so, for programs with an environment of their own.
    """
    folder = tmp_path_factory.mktemp("kept")
    kept = {variable: str(folder / name) for variable, name in KEPT.items()}
    for variable, place in kept.items():
        monkeypatch.setenv(variable, place)
    monkeypatch.setenv("VOICE_COACH_TRACEBACK", "1")  # whoever mends a test wants to see it all
    return kept


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
    if folder.is_dir():
        return folder
    message = f"no recorded speech at {folder}; set VOICE_COACH_SPEECH to its folder"
    if os.environ.get("VOICE_COACH_REQUIRE_SHARED") == "1":
        pytest.fail(f"{message} (VOICE_COACH_REQUIRE_SHARED=1 forbids skipping)", pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def vosk_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Vosk model that knows the coach's commands as synthetic voices say them."""
    folder = tmp_path_factory.mktemp("models")
    with zipfile.ZipFile(CHECKOUT / "tests/fixtures/vosk/vosk-model-tiny-en.zip") as archive:
        archive.extractall(folder)
    return folder / "vosk-model-tiny-en"
