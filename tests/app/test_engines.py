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
    ESPEAK_VOICES,
    VOICES,
    Engine,
    EngineRow,
    choose_recogniser,
    choose_voice,
    load_voice,
    make_recogniser,
    make_separate_recogniser,
    make_voice,
    second_best,
    voices_of,
)
from voice_coach.app.happenings import Happening, Said
from voice_coach.app.offers import why
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
            for choice in (VoiceChoice.HIBARI, VoiceChoice.AUTO):
                with pytest.raises(ModelError, match=f"'{name}' would have to be downloaded"):
                    choose_voice(choice, name)
        assert list(voices_of(HEART)) == ["heart", *ESPEAK_VOICES]

    @pytest.mark.usefixtures("models")
    def test_without_hibari_espeak_speaks_and_it_is_told(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert second_best(choose_voice(VoiceChoice.AUTO)) is None
        monkeypatch.setattr(engines, "find_spec", lambda _: None)
        chosen = choose_voice(VoiceChoice.AUTO)
        assert chosen == Engine(VoiceChoice.ESPEAK)
        note = second_best(chosen)
        assert note == (
            "The voice hibari is not installed, so espeak speaks: harder to understand."
            " Get it with 'pip install hibari-tts'."
        )
        assert second_best(choose_voice(VoiceChoice.ESPEAK)) is None
        with pytest.raises(ModelError, match=r"^The voice hibari is not installed\. Get it with"):
            choose_voice(VoiceChoice.HIBARI)

    def test_with_a_model_vosk_unless_told_otherwise(self, vosk: Path) -> None:
        for choice in (RecogniserChoice.AUTO, RecogniserChoice.VOSK):
            assert choose_recogniser(choice) == Engine(RecogniserChoice.VOSK, vosk)
        chosen = choose_recogniser(RecogniserChoice.POCKETSPHINX)
        assert chosen == Engine(RecogniserChoice.POCKETSPHINX)
        assert choose_voice(VoiceChoice.AUTO) == HEART

    def test_of_several_vosk_models_the_better_one_unless_one_is_named(
        self, models: Path, vosk_model: Path
    ) -> None:
        small, large = "vosk-model-small-en-us-0.15", "vosk-model-en-us-0.22-lgraph"
        for name in (small, large, "vosk-model-small-ko-0.22"):
            (models / name).symlink_to(vosk_model)
        best = choose_recogniser(RecogniserChoice.AUTO)
        assert best == Engine(RecogniserChoice.VOSK, models / large)
        assert why(best) == (
            "it is the first of vosk, pocketsphinx, moonshine that is there,"
            " and the best of its 2 models (7.82 % of words wrong, by its publisher)"
        )
        named = choose_recogniser(RecogniserChoice.AUTO, small)
        assert named == Engine(RecogniserChoice.VOSK, models / small)
        assert why(named) == "you have chosen it"
        with pytest.raises(ModelError, match=f"^vosk has no model 'large'.* are: {large}, {small}"):
            choose_recogniser(RecogniserChoice.VOSK, "large")
        other = choose_recogniser(RecogniserChoice.POCKETSPHINX, small)
        assert other == Engine(RecogniserChoice.POCKETSPHINX)

    def test_a_model_of_another_language_is_not_taken(self, models: Path, vosk_model: Path) -> None:
        (models / "vosk-model-small-ko-0.22").symlink_to(vosk_model)
        for name in (TONES.name, f"{TONES.name}.json"):
            shutil.copy(TONES.with_name(name), models / f"de_DE-{name}")
        chosen = choose_recogniser(RecogniserChoice.AUTO)
        assert chosen == Engine(RecogniserChoice.POCKETSPHINX)
        assert choose_voice(VoiceChoice.AUTO) == HEART

    @pytest.mark.usefixtures("piper")
    @pytest.mark.parametrize(
        ("choice", "name", "said"),
        [
            ("auto", "hart", r"^The coach has no voice 'hart'\. Did you mean 'heart'\? There a"),
            ("auto", "en-gb+f3", r"Did you mean 'en-gb\+f2'\? There are: tones-22050, heart, en-"),
            ("piper", "tone", r"^piper has no voice 'tone'\..* There is: tones-22050\.$"),
            ("hibari", "emma", r"^The voice 'emma' would have to be .* There is: heart\.$"),
            ("espeak", "heart", r"^'heart' is a voice of hibari, and espeak was asked for\. There"),
            ("auto", "en_GB-cori-high", r"not installed\. Get it: voice-coach models install en_"),
        ],
    )
    def test_a_voice_that_is_not_there_is_told_with_those_that_are(
        self, choice: str, name: str, said: str
    ) -> None:
        with pytest.raises(ModelError, match=said):
            choose_voice(VoiceChoice(choice), name)

    @pytest.mark.usefixtures("piper")
    def test_a_name_alone_finds_its_engine(self) -> None:
        assert choose_voice(VoiceChoice.AUTO, "heart") == HEART
        accent = choose_voice(VoiceChoice.AUTO, "en-us")
        assert accent == Engine(VoiceChoice.ESPEAK, voice="en-us")
        assert next(iter(voices_of(accent))) == "en-us"

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
        assert list(voices_of(chosen)) == ["high", "low", "heart", *ESPEAK_VOICES]
        assert list(voices_of(choose_voice("hum", "high"))) == ["high", "low"]  # type: ignore[arg-type]
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

    @pytest.mark.usefixtures("piper")
    def test_in_place_of_a_voice_that_cannot_be_loaded_the_next_speaks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_: Engine) -> Hum:
            raise ModelError("The file is damaged.")

        rows = {"hum": EngineRow(lambda: {"low": Engine("hum", voice="low")}, broken), **VOICES}  # type: ignore[arg-type]
        monkeypatch.setattr(engines, "VOICES", rows)
        told: list[str] = []
        voice, turns = load_voice(choose_voice(VoiceChoice.AUTO), told.append)
        voice.close()
        assert voice.name == "piper tones-22050"
        assert list(turns)[:2] == ["tones-22050", "heart"]
        assert told == ["The file is damaged. The coach speaks with piper (tones-22050) instead."]
        for choice, name in (("auto", "low"), ("hum", None)):
            with pytest.raises(ModelError, match=r"^The file is damaged\.$"):
                load_voice(choose_voice(choice, name), told.append)  # type: ignore[arg-type]
        assert len(told) == 1

    def test_voices(self, piper: Path) -> None:
        with closing(make_voice(Engine(VoiceChoice.PIPER, piper))) as voice:
            assert voice.name.startswith("piper")
            tones = voice.render("hello")
        with closing(make_voice(Engine(VoiceChoice.ESPEAK))) as voice:
            assert voice.name.startswith("espeak")
            speech = voice.render("hello")
        assert len(speech) > 1000
        assert not np.array_equal(tones, speech)
