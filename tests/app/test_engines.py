"""Which engine "auto" means, and that each one chosen is the one that works."""

import shutil
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice_coach.app import engines
from voice_coach.app.engines import (
    VOICES,
    Engine,
    EngineRow,
    choose_recogniser,
    choose_voice,
    make_recogniser,
    make_separate_recogniser,
    make_voice,
    second_best,
    voices_of,
)
from voice_coach.app.happenings import Happening, Said
from voice_coach.app.rehearsal import read_script, rehearse
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.settings.keys import RecogniserChoice, VoiceChoice
from voice_coach.units import SAMPLE_RATE, Samples

TONES = Path(__file__).resolve().parents[1] / "fixtures" / "piper" / "tones-22050.onnx"
HEART = Engine(VoiceChoice.HIBARI, voice="heart")
PAUSE = Grammar("session", ((0, 1, "pause"),), frozenset({1}))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of models, empty."""
    monkeypatch.setenv("VOICE_COACH_MODELS", str(tmp_path))
    return tmp_path


@pytest.fixture
def vosk(models: Path, vosk_model: Path) -> Path:
    """A model for vosk, installed."""
    (models / vosk_model.name).symlink_to(vosk_model)
    return models / vosk_model.name


@pytest.fixture
def piper(models: Path) -> Path:
    """A voice for piper, installed."""
    for name in (TONES.name, f"{TONES.name}.json"):
        shutil.copy(TONES.with_name(name), models / name)
    return models / TONES.name


class TestChoice:
    """What is taken with and without models."""

    @pytest.mark.usefixtures("models")
    def test_without_models_the_embedded_engines(self) -> None:
        for recogniser in (RecogniserChoice.AUTO, RecogniserChoice.POCKETSPHINX):
            assert choose_recogniser(recogniser) == Engine(RecogniserChoice.POCKETSPHINX)
        for voice in (VoiceChoice.AUTO, VoiceChoice.HIBARI):
            assert choose_voice(voice) == HEART
        assert choose_voice(VoiceChoice.ESPEAK) == Engine(VoiceChoice.ESPEAK)

    @pytest.mark.usefixtures("models")
    def test_of_hibari_only_the_voice_that_is_there_can_be_chosen(self) -> None:
        for name in ("emma", "fenrir", "fable", "kore"):  # the package would download them
            assert choose_voice(VoiceChoice.HIBARI, name) == HEART
        assert list(voices_of(HEART)) == ["heart"]

    @pytest.mark.usefixtures("models")
    def test_without_hibari_espeak_speaks_and_it_is_told(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert second_best(VoiceChoice.AUTO, choose_voice(VoiceChoice.AUTO)) is None
        monkeypatch.setattr(engines, "find_spec", lambda _: None)
        chosen = choose_voice(VoiceChoice.AUTO)
        assert chosen == Engine(VoiceChoice.ESPEAK)
        note = second_best(VoiceChoice.AUTO, chosen)
        assert note == (
            "The voice hibari is not installed, so espeak speaks: harder to understand."
            " Get it with 'pip install hibari-tts'."
        )
        assert second_best(VoiceChoice.ESPEAK, chosen) is None
        with pytest.raises(ModelError, match=r"^The voice hibari is not installed\. Get it with"):
            choose_voice(VoiceChoice.HIBARI)

    def test_with_a_model_vosk_unless_told_otherwise(self, vosk: Path) -> None:
        for choice in (RecogniserChoice.AUTO, RecogniserChoice.VOSK):
            assert choose_recogniser(choice) == Engine(RecogniserChoice.VOSK, vosk)
        chosen = choose_recogniser(RecogniserChoice.POCKETSPHINX)
        assert chosen == Engine(RecogniserChoice.POCKETSPHINX)
        assert choose_voice(VoiceChoice.AUTO) == HEART

    def test_with_a_voice_piper_unless_told_otherwise(self, piper: Path) -> None:
        for choice in (VoiceChoice.AUTO, VoiceChoice.PIPER):
            assert choose_voice(choice) == Engine(VoiceChoice.PIPER, piper)
        assert choose_voice(VoiceChoice.ESPEAK) == Engine(VoiceChoice.ESPEAK)

    @pytest.mark.usefixtures("models")
    def test_a_wish_without_its_model_is_told_with_the_way_out(self) -> None:
        with pytest.raises(ModelError, match=r"vosk is not installed.*models install vosk-model-"):
            choose_recogniser(RecogniserChoice.VOSK)
        with pytest.raises(ModelError, match=r"piper is not installed.*models install en_"):
            choose_voice(VoiceChoice.PIPER)

    def test_an_incomplete_model_is_never_taken_and_told_when_wished_for(
        self, models: Path
    ) -> None:
        (models / "mine" / "am").mkdir(parents=True)
        (models / "mine" / "am" / "final.mdl").write_bytes(b"model")
        shutil.copy(TONES, models / "mine.onnx")
        assert choose_recogniser(RecogniserChoice.AUTO).model is None
        assert choose_voice(VoiceChoice.AUTO).model is None
        with pytest.raises(ModelError, match=r"vosk cannot be used: .*/mine/.* is missing"):
            choose_recogniser(RecogniserChoice.VOSK)
        with pytest.raises(ModelError, match=r"piper cannot be used: .*mine\.onnx\.json is miss"):
            choose_voice(VoiceChoice.PIPER)

    def test_names_for_people(self, piper: Path) -> None:
        assert str(Engine(VoiceChoice.PIPER, piper)) == "piper (tones-22050)"
        chosen = Engine(RecogniserChoice.POCKETSPHINX)
        assert str(chosen) == "pocketsphinx and moonshine (embedded)"
        assert str(Engine(RecogniserChoice.MOONSHINE)) == "moonshine (embedded)"


class Hum:
    """A voice that hums each letter for 10 ms, at its own pitch."""

    def __init__(self, pitch: int) -> None:
        self.name = self.identity = f"hum {pitch}"
        self._pitch = pitch
        self.closed = False

    def render(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Pcm:  # noqa: ARG002
        at = np.arange(round(160 * len(text) / speed))
        wave = np.rint(2_000 * np.sin(2 * np.pi * self._pitch * at / SAMPLE_RATE))
        return (wave / 32_768).astype(np.float32)

    def close(self) -> None:
        self.closed = True


class TestAnotherEngine:
    """A new voice is a row: here one that brings its model along as a package."""

    @pytest.fixture
    def hums(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> list[Hum]:  # noqa: ARG002
        pitches, made = {"low": 200, "high": 400}, []

        def found() -> dict[str, Engine]:
            there = find_spec("json")  # in the place of a package with a model
            return {name: Engine("hum", voice=name) for name in pitches} if there else {}  # type: ignore[arg-type]

        def make(engine: Engine) -> Hum:
            made.append(Hum(pitches[engine.voice or ""]))
            return made[-1]

        monkeypatch.setattr(engines, "VOICES", {"hum": EngineRow(found, make), **VOICES})
        return made

    @pytest.mark.usefixtures("hums")
    def test_it_is_chosen_and_named(self) -> None:
        chosen = choose_voice(VoiceChoice.AUTO, "high")
        assert str(chosen) == "hum (high)"
        assert str(choose_voice(VoiceChoice.AUTO, "none of its own")) == "hum (low)"
        assert list(voices_of(chosen)) == ["high", "low"]
        assert choose_voice(VoiceChoice.ESPEAK) == Engine(VoiceChoice.ESPEAK)

    @pytest.mark.usefixtures("models")
    def test_without_its_package_it_is_passed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        row: EngineRow[Hum] = EngineRow(dict, lambda _: Hum(200))
        monkeypatch.setattr(engines, "VOICES", {"hum": row, **VOICES})
        assert choose_voice(VoiceChoice.AUTO) == choose_voice(VoiceChoice.HIBARI)
        with pytest.raises(ModelError, match=r"^hum is not installed\. Install it, or leave"):
            choose_voice("hum")  # type: ignore[arg-type]

    def test_it_speaks_a_rehearsal(self, hums: list[Hum], tmp_path: Path) -> None:
        routine = read_routine(resource("routines") / "back.yaml")
        (tmp_path / "script.txt").write_text("00:01 say 'what can I say'\n+14 say 'another voice'")
        told: list[Happening] = []
        rehearse(
            read_script(tmp_path / "script.txt"),
            (routine,),
            read_commands([routine]),
            (Engine(RecogniserChoice.POCKETSPHINX), choose_voice(VoiceChoice.AUTO)),
            out=tmp_path / "out.wav",
            watch=told.append,
        )
        assert sum(isinstance(one, Said) for one in told) == 2
        coach = soundfile.read(tmp_path / "out.wav", dtype="float32")[0][:, 0]
        (spoken,) = np.nonzero(coach)
        change = spoken[np.argmax(np.diff(spoken))] + 1
        assert _pitch(coach[:change]) == pytest.approx(200, abs=2)
        assert _pitch(coach[change:]) == pytest.approx(400, abs=2)
        assert [each.name for each in hums] == ["hum 200", "hum 400"]
        assert all(each.closed for each in hums)


def _pitch(sound: Pcm) -> float:
    spectrum = np.abs(np.fft.rfft(sound))
    return float(np.argmax(spectrum)) * SAMPLE_RATE / len(sound)


class TestMaking:
    """What is chosen is what is made."""

    @pytest.mark.slow
    def test_recognisers(self, vosk: Path) -> None:
        chosen = Engine(RecogniserChoice.VOSK, vosk)
        with closing(make_recogniser(chosen)) as recogniser:
            assert recogniser.name.startswith("vosk")
        with closing(make_recogniser(Engine(RecogniserChoice.POCKETSPHINX))) as recogniser:
            assert recogniser.name == "pocketsphinx en-us and moonshine tiny-en"
        with closing(make_recogniser(Engine(RecogniserChoice.MOONSHINE))) as recogniser:
            assert recogniser.name == "moonshine tiny-en"

    @pytest.mark.slow
    def test_a_recogniser_in_a_process_of_its_own(self) -> None:
        chosen = Engine(RecogniserChoice.POCKETSPHINX)
        with closing(make_separate_recogniser(chosen)) as recogniser:
            assert recogniser.name.startswith("pocketsphinx")
            recogniser.use(PAUSE)
            recogniser.start()
            recogniser.hear(silence(16_000))
            assert recogniser.finish().text in {"", "pause"}

    def test_voices(self, piper: Path) -> None:
        with closing(make_voice(Engine(VoiceChoice.PIPER, piper))) as voice:
            assert voice.name.startswith("piper")
            tones = voice.render("hello")
        with closing(make_voice(Engine(VoiceChoice.ESPEAK))) as voice:
            assert voice.name.startswith("espeak")
            speech = voice.render("hello")
        assert len(speech) > 1000
        assert not np.array_equal(tones, speech)
