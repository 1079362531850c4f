"""The real piper with a real, tiny voice: tones instead of speech, noise like a real voice's."""

import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from piper import PiperVoice as PiperEngine
from piper import SynthesisConfig

from voice_coach.audio.pcm import duration
from voice_coach.errors import ModelError, VoiceCoachError
from voice_coach.speaking.delivery import LOUDNESS, PAUSES
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.speaking.loudness import loudness
from voice_coach.speaking.piper import PiperVoice
from voice_coach.units import LOUDSPEAKER_RATE, to_seconds

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "piper"
RATES = [16_000, 22_050]


def fixture(rate: int) -> Path:
    return FIXTURES / f"tones-{rate}.onnx"


@pytest.fixture(scope="module")
def voice() -> PiperVoice:
    return PiperVoice(fixture(22_050))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A voice of which a test may damage the files."""
    for file in FIXTURES.glob("tones-22050.*"):
        shutil.copy(file, tmp_path)
    return tmp_path / "tones-22050.onnx"


@pytest.mark.parametrize("rate", RATES)
def test_both_sample_rates_sound_alike(rate: int, voice: PiperVoice) -> None:
    sound = PiperVoice(fixture(rate)).render("Knee to chest, left side.")
    assert sound.dtype == np.float32
    assert sound.ndim == 1
    other = voice.render("Knee to chest, left side.")
    assert len(sound) == pytest.approx(len(other), rel=0.01)
    spectra = [np.abs(np.fft.rfft(each, 40_000))[:10_000] for each in (sound, other)]
    assert float(np.corrcoef(*spectra)[0, 1]) > 0.8


def test_it_is_as_loud_as_other_engines(voice: PiperVoice) -> None:
    for text in ("Paused.", "Lie on your back. Breathe in."):
        for sound in (voice.render(text), EspeakVoice().render(text)):
            assert loudness(sound, LOUDSPEAKER_RATE) == pytest.approx(LOUDNESS, abs=0.3)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.5, 2.0])
def test_speed_divides_the_length(voice: PiperVoice, speed: float) -> None:
    text = "Bring one knee to your chest. Hold it there."
    ratio = len(voice.render(text)) / len(voice.render(text, speed))
    assert ratio == pytest.approx(speed, rel=0.03)


def test_calm_speed_is_slower_than_the_voice_was_recorded(voice: PiperVoice) -> None:
    text = "Breathe in and out " * 5
    engine = PiperEngine.load(fixture(22_050))
    plain = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)
    raw = sum(len(chunk.audio_float_array) for chunk in engine.synthesize(text, plain))
    assert to_seconds(duration(voice.render(text))) == pytest.approx(
        voice.calm * raw / 22_050, rel=0.07
    )


def test_sentences_are_parted_by_a_pause(voice: PiperVoice) -> None:
    sound = np.abs(voice.render("Breathe in. Breathe out."))
    loud = np.flatnonzero(sound > 0.01)
    assert np.diff(loud).max() >= PAUSES["."] * LOUDSPEAKER_RATE
    alone = len(voice.render("Breathe in.")) + len(voice.render("Breathe out."))
    assert len(sound) > alone + PAUSES["."] * 0.9 * LOUDSPEAKER_RATE


def test_the_fixture_is_as_random_as_a_real_voice() -> None:
    engine = PiperEngine.load(fixture(22_050))
    first, second = (next(iter(engine.synthesize("Hold."))).audio_float_array for _ in range(2))
    assert first.shape != second.shape or not np.array_equal(first, second)


def test_same_samples_whatever_was_rendered_before(voice: PiperVoice) -> None:
    texts = ["Hold.", "And relax, slowly.", "Breathe in. Breathe out."]
    first = {text: voice.render(text) for text in texts}
    other = PiperVoice(fixture(22_050))
    for text in reversed(texts):
        EspeakVoice("en-us+f3").render(text)
        voice.render("Something else", 1.7)
        assert np.array_equal(voice.render(text), first[text])
        assert np.array_equal(other.render(text), first[text])


@pytest.mark.parametrize("text", ["", " \n", "…", "!?", "[[", "㤾 ਘ", "\x00\ud800"])
def test_text_that_says_nothing_gives_no_samples(voice: PiperVoice, text: str) -> None:
    assert voice.render(text).shape == (0,)


def test_hostile_texts_are_safe_and_silent_on_the_terminal(
    voice: PiperVoice, capfd: pytest.CaptureFixture[str]
) -> None:
    for text in ("[[hEl@U]] \x01x", "<speak>hi</speak>", "'" * 500 + "a", "9" * 100, "ðʕ🧘 ok"):
        assert np.isfinite(voice.render(text)).all()
    assert len(voice.render("[[bat]] b")) != len(voice.render("b"))
    assert capfd.readouterr() == ("", "")


def test_a_text_without_end_keeps_its_own_message(voice: PiperVoice) -> None:
    with pytest.raises(VoiceCoachError, match="too long") as error:
        voice.render("x" * 20_000)
    assert not isinstance(error.value, ModelError)


def one_line(model: Path, capfd: pytest.CaptureFixture[str]) -> str:
    """Load what cannot be loaded; return the message, having checked its form."""
    with pytest.raises(ModelError) as error:
        PiperVoice(model)
    message = str(error.value)
    assert "\n" not in message
    assert str(model.parent) in message
    assert "voice-coach models list" in message
    assert capfd.readouterr() == ("", ""), "onnxruntime or piper wrote to the terminal"
    return message


def test_missing_files_are_named(copy: Path, capfd: pytest.CaptureFixture[str]) -> None:
    description = Path(f"{copy}.json")
    description.unlink()
    assert f"{description} is missing" in one_line(copy, capfd)
    copy.unlink()
    assert f"{copy} is missing" in one_line(copy, capfd)
    copy.mkdir()
    assert "is missing" in one_line(copy, capfd)


@pytest.mark.parametrize("size", [0, 1, 100, 1_000, 2_000, 2_400])
def test_truncated_voice(copy: Path, size: int, capfd: pytest.CaptureFixture[str]) -> None:
    copy.write_bytes(copy.read_bytes()[:size])
    assert "damaged or incomplete" in one_line(copy, capfd)


def test_a_file_that_is_no_voice(copy: Path, capfd: pytest.CaptureFixture[str]) -> None:
    copy.write_bytes(b"<html>Not found</html>" * 100)
    assert "damaged or incomplete" in one_line(copy, capfd)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"audio": {"sample_rate": -3}}, "sample rate"),
        ({"audio": {"sample_rate": "fast"}}, "does not describe a piper voice"),
        ({"audio": None}, "does not describe a piper voice"),
        ({"phoneme_type": "smoke"}, "smoke"),
        ({"phoneme_type": "japanese"}, "cannot say"),
        ({"espeak": {"voice": "xx-none"}}, "xx-none"),
        ({"num_speakers": 3}, "cannot say"),
        ({"inference": {"length_scale": "long"}}, "cannot say"),
    ],
)
def test_wrong_descriptions(
    copy: Path, change: dict[str, object], part: str, capfd: pytest.CaptureFixture[str]
) -> None:
    description = Path(f"{copy}.json")
    settings = json.loads(description.read_text("utf-8"))
    description.write_text(json.dumps(settings | change), "utf-8")
    assert part in one_line(copy, capfd)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"null", b"\xff\xfe\x00"])
def test_unreadable_descriptions(
    copy: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    Path(f"{copy}.json").write_bytes(content)
    assert "does not describe a piper voice" in one_line(copy, capfd)


def test_samples_are_whole_steps_of_16_bits(voice: PiperVoice) -> None:
    steps = voice.render("Lie on your back.") * 32768
    assert np.array_equal(steps, np.rint(steps))


def test_identity_is_that_of_engine_and_files(voice: PiperVoice, copy: Path) -> None:
    before = PiperVoice(copy).identity
    assert version("piper-tts") in before
    assert before == PiperVoice(copy).identity
    assert PiperVoice(fixture(16_000)).identity != voice.identity
    for file in (copy, Path(f"{copy}.json")):
        later = file.stat().st_mtime_ns + 1_000_000_000
        os.utime(file, ns=(later, later))
        assert PiperVoice(copy).identity != before
        before = PiperVoice(copy).identity
    description = Path(f"{copy}.json")
    about = description.stat()
    description.write_text(description.read_text("utf-8") + " ", "utf-8")
    os.utime(description, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert PiperVoice(copy).identity != before


def test_name_and_close(voice: PiperVoice) -> None:
    assert voice.name == "piper tones-22050"
    voice.close()
    voice.close()
