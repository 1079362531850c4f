"""The examination of the hearing, from a recording made to answer it, and the check-up."""

import itertools
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soxr

from tests.tools.language import ENGLISH
from tests.tools.speech import room, said
from voice_coach.app.advice import Figures, Grade, diagnosed
from voice_coach.app.checkup import Question, check_up, examine, questions, requests
from voice_coach.app.engines import Engine, choose_recogniser, choose_voice
from voice_coach.audio import pcm
from voice_coach.audio.pcm import Pcm, as_heard, decibels, duration, silence
from voice_coach.core.intents import Commands
from voice_coach.library import read_commands, read_library
from voice_coach.settings.keys import RecogniserChoice, VoiceChoice
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import Samples, to_samples

EMBEDDED = Engine(RecogniserChoice.POCKETSPHINX), Engine(VoiceChoice.ESPEAK)
COACH = Path(sys.executable).with_name("voice-coach")
TEXTS = ENGLISH.written.checkup
DELAY = to_samples(0.08)


@pytest.fixture(scope="module")
def commands() -> Commands:
    """What may be said."""
    return read_commands([shelved.routine for shelved in read_library()[0]])


@pytest.fixture(scope="module")
def asked() -> list[Question]:
    """The questions, in the coach's voice."""
    with closing(EspeakVoice()) as voice:
        return questions(TEXTS, voice.render)


def answered(
    asked: list[Question],
    *,
    user_db: float = 0.0,
    noise_db: float = -65.0,
    echo_db: float = -12.0,
    words: str | None = None,
) -> Pcm:
    """Return what the microphone hears of a user who says what is asked for, half a second later.

    The user speaks at -20 dB of full scale and `user_db` more, the coach comes back `echo_db`
    quieter than it spoke. With `words`, the user says those each time.
    """
    sound = room(asked[-1].answer.stop + to_samples(1.5), db=noise_db)
    for question in asked:
        _add(sound, as_heard(question.clip) * np.float32(decibels(echo_db)), question.start + DELAY)
        if question.request:
            answer = said(words or question.request.phrase) * np.float32(decibels(user_db))
            _add(sound, answer, question.answer.start + to_samples(0.5))
    return sound


def _add(sound: Pcm, clip: Pcm, at: Samples) -> None:
    sound[at : at + len(clip)] += clip


def examined(folder: Path, commands: Commands, sound: Pcm) -> Figures:
    """Return the figures of an examination, and see that everything is asked."""
    texts: list[str] = []
    pcm.write(folder / "mic.wav", sound)
    mic, speaker = str(folder / "mic.wav"), str(folder / "out.wav")
    figures = examine(TEXTS, commands, EMBEDDED, mic=mic, speaker=speaker, tell=texts.append)
    assert [text for text in texts if text.startswith("Now say")] == [
        "Now say this: pause.",
        "Now say this: how long left.",
        "Now say this: start back routine.",
    ]
    assert texts[-1] == TEXTS.stay_quiet
    return figures


def troubles(figures: Figures) -> str:
    found = [f.text for f in diagnosed(figures) if f.grade is not Grade.GOOD]
    return " ".join(found)


def test_questions_leave_time_for_their_answers(asked: list[Question]) -> None:
    assert [q.request for q in asked] == [None, *requests(TEXTS.phrases), None]
    for before, after in itertools.pairwise(asked):
        assert before.start + duration(before.clip) <= after.start
        assert before.answer.stop <= after.start
    assert to_samples(25) < asked[-1].answer.stop < to_samples(45)


@pytest.mark.slow
def test_a_good_room(tmp_path: Path, commands: Commands, asked: list[Question]) -> None:
    figures = examined(tmp_path, commands, answered(asked))
    assert figures.noise_db == pytest.approx(-65, abs=1)
    assert figures.speech
    assert figures.speech.level_db == pytest.approx(-20, abs=3)
    assert figures.echo
    assert figures.echo.coupling_db == pytest.approx(-12, abs=1)
    assert figures.echo.delay == pytest.approx(DELAY, abs=32)
    assert figures.echo.trusted
    assert all(phrase.right for phrase in figures.phrases)
    assert troubles(figures) == ""


@pytest.mark.slow
def test_a_user_hardly_louder_than_the_room(
    tmp_path: Path, commands: Commands, asked: list[Question]
) -> None:
    figures = examined(tmp_path, commands, answered(asked, user_db=-15, noise_db=-43.0))
    assert figures.speech
    assert figures.speech.snr_db == pytest.approx(8, abs=2)
    assert "dB louder than the room. Come closer" in troubles(figures)


@pytest.mark.slow
def test_a_user_who_says_nothing(tmp_path: Path, commands: Commands, asked: list[Question]) -> None:
    figures = examined(tmp_path, commands, answered(asked, user_db=-90))
    assert figures.speech is None
    assert not any(phrase.right for phrase in figures.phrases)
    assert "I did not hear you" in troubles(figures)


@pytest.mark.slow
def test_a_user_who_says_something_else_is_told_what_was_heard(
    tmp_path: Path, commands: Commands, asked: list[Question]
) -> None:
    figures = examined(tmp_path, commands, answered(asked, words="the weather is lovely"))
    assert not any(phrase.right or phrase.heard for phrase in figures.phrases)
    assert all("weather" in (phrase.like or "").lower() for phrase in figures.phrases)
    assert "Heard something like “The weather is lovely”" in troubles(figures)


@pytest.mark.slow
def test_headphones_and_a_telephone(
    tmp_path: Path, commands: Commands, asked: list[Question]
) -> None:
    sound = answered(asked, echo_db=-120)
    narrow = soxr.resample(soxr.resample(sound, 2, 1), 1, 2).astype(np.float32)
    figures = examined(tmp_path, commands, narrow)
    assert figures.echo is None
    assert "nothing above 4" in troubles(figures)


@pytest.mark.slow
def test_an_overdriven_microphone(
    tmp_path: Path, commands: Commands, asked: list[Question]
) -> None:
    figures = examined(tmp_path, commands, np.clip(4 * answered(asked), -0.4, 0.4))
    assert figures.clipped > to_samples(0.2)
    assert "overdriven" in troubles(figures)


@pytest.mark.slow
def test_a_dead_microphone(tmp_path: Path, commands: Commands) -> None:
    figures = examined(tmp_path, commands, silence(16_000))
    assert figures.lifeless
    assert "no sound at all" in troubles(figures)


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(COACH), "doctor", "--recogniser=pocketsphinx", "--voice=espeak", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.slow
def test_the_examination_on_the_command_line(tmp_path: Path, asked: list[Question]) -> None:
    pcm.write(tmp_path / "mic.wav", answered(asked))
    files = ("--mic=mic.wav", "--speaker=out.wav")
    done = run("--hearing", "--json", *files, cwd=tmp_path)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["well"] is True
    assert told["figures"]["speech"]["snr_db"] > 30
    assert done.stderr.splitlines()[0] == asked[0].text
    pcm.write(tmp_path / "mic.wav", silence(16_000))
    done = run("--hearing", *files, cwd=tmp_path)
    assert done.returncode == 1
    assert "✗ microphone: It delivers no sound at all." in done.stdout


@pytest.mark.slow
def test_the_check_up_on_the_command_line(tmp_path: Path) -> None:
    pcm.write(tmp_path / "mic.wav", room(16_000))
    done = run("--mic=mic.wav", "--speaker=out.wav", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "✓ recogniser: Listens with pocketsphinx and moonshine (embedded)" in done.stdout
    assert " s. You have chosen pocketsphinx." in done.stdout
    assert "✓ voice: Speaks with espeak (en-gb); ready in" in done.stdout
    assert " s. You have chosen espeak." in done.stdout
    done = run("--mic=missing.wav", "--json", cwd=tmp_path)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["well"] is False
    (bad,) = [finding for finding in told["findings"] if finding["grade"] == "bad"]
    assert bad["subject"] == "devices"
    assert "missing.wav: there is no such file" in bad["text"]


def test_a_check_up_goes_on_after_what_is_wrong(
    tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_COACH_MODELS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pcm.write(tmp_path / "mic.wav", room(16_000))
    choose = (
        lambda: choose_recogniser(RecogniserChoice.VOSK),
        lambda: choose_voice(VoiceChoice.PIPER),
    )
    mic, speaker = str(tmp_path / "mic.wav"), str(tmp_path / "out.wav")
    found = list(check_up(TEXTS, commands, choose, mic=mic, speaker=speaker))
    assert [f.subject for f in found] == ["version", "recogniser", "voice", "devices"]
    assert [f.grade for f in found] == [Grade.GOOD, Grade.BAD, Grade.BAD, Grade.GOOD]
    assert "models install" in found[1].text


@pytest.mark.slow
def test_what_an_earlier_version_left_is_found(
    tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches = tmp_path / "my caches"
    left = caches / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    left.mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches))
    pcm.write(tmp_path / "mic.wav", room(16_000))
    mic, speaker = str(tmp_path / "mic.wav"), str(tmp_path / "out.wav")
    choose = (lambda: EMBEDDED[0]), (lambda: EMBEDDED[1])
    *_, last = check_up(TEXTS, commands, choose, mic=mic, speaker=speaker)
    assert (last.grade, last.subject) == (Grade.HINT, "leftover")
    assert "another program that uses onnxruntime" in last.text
    assert last.text.endswith(f"Delete it: rm -r '{left}'")
    subprocess.run(last.text.split("Delete it: ")[1], shell=True, check=True)  # noqa: S602
    assert "leftover" not in [
        f.subject for f in check_up(TEXTS, commands, choose, mic=mic, speaker=speaker)
    ]
