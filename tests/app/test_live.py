"""A session on devices, or on files in their place: what goes wrong is told, and it goes on."""

import multiprocessing
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.tools.speech import room, said
from voice_coach.app.engines import Engine
from voice_coach.app.happenings import Happening, Said, SpeechHeard
from voice_coach.app.live import RESTARTED, Stage, _DiskPersistence, coach_live
from voice_coach.audio import pcm
from voice_coach.core.intents import Commands
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Routine
from voice_coach.errors import OutputError
from voice_coach.history.journal import Journal
from voice_coach.library import read_commands, read_library, read_routine
from voice_coach.resources import resource
from voice_coach.settings import file as settings_file
from voice_coach.settings.keys import RecogniserChoice, VoiceChoice
from voice_coach.speaking.cache import PhraseCache
from voice_coach.units import Samples, to_samples

EMBEDDED = Engine(RecogniserChoice.POCKETSPHINX), Engine(VoiceChoice.ESPEAK)
PAUSE_AT = to_samples(5)


@pytest.fixture(scope="module")
def routines() -> tuple[Routine, ...]:
    """One routine that ships."""
    return (read_routine(resource("routines") / "back.yaml"),)


@pytest.fixture(scope="module")
def commands(routines: tuple[Routine, ...]) -> Commands:
    """What may be said."""
    return read_commands(routines)


@pytest.fixture(scope="module")
def speech() -> pcm.Pcm:
    """The user says "pause" after five seconds and "resume" after eleven."""
    sound = room(to_samples(13))
    for at, words in ((PAUSE_AT, "pause"), (to_samples(11), "resume")):
        clip = said(words)
        sound[at : at + len(clip)] += clip
    return sound


class Session:
    """A session that was coached from a recording, with all that was told."""

    def __init__(self, folder: Path, sound: pcm.Pcm, *, recogniser_dies: bool = False) -> None:
        self.dies = recogniser_dies
        self.heard: list[str] = []
        self.said: list[str] = []
        self.told: list[tuple[str, Samples]] = []
        self.mic = folder / "mic.wav"
        pcm.write(self.mic, sound)
        self.speaker = folder / "out.wav"

    def run(
        self,
        routines: tuple[Routine, ...],
        commands: Commands,
        phrases: PhraseCache | None = None,
        *,
        start: str | None = "Back",
    ) -> "Session":
        coach_live(
            routines,
            commands,
            EMBEDDED,
            start=start,
            mic=str(self.mic),
            speaker=str(self.speaker),
            phrases=phrases,
            watch=self._watch,
            notice=lambda text, at: self.told.append((text, at)),
            ready=self._ready,
        )
        return self

    def _watch(self, happening: Happening) -> None:
        if isinstance(happening, SpeechHeard):
            self.heard.append(happening.text)
        if isinstance(happening, Said):
            self.said.append(happening.text)

    def _ready(self, stage: Stage) -> None:
        assert stage.coach.at_rest
        if self.dies:
            (recogniser,) = multiprocessing.active_children()
            assert recogniser.pid
            os.kill(recogniser.pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_recogniser_that_dies_is_told_once_and_the_session_goes_on(
    tmp_path: Path, speech: pcm.Pcm, routines: tuple[Routine, ...], commands: Commands
) -> None:
    session = Session(tmp_path, speech, recogniser_dies=True).run(routines, commands)
    ((text, at),) = session.told
    assert text == RESTARTED
    assert at <= PAUSE_AT + to_samples(2)
    assert session.heard == ["pause", "resume"]
    assert len(pcm.read(session.speaker)) > len(speech)


@pytest.mark.slow
def test_an_overdriven_recording_is_told_and_still_understood(
    tmp_path: Path, speech: pcm.Pcm, routines: tuple[Routine, ...], commands: Commands
) -> None:
    loud = np.clip(speech * 6, -0.6, 0.6)
    session = Session(tmp_path, loud).run(routines, commands)
    ((text, at),) = session.told
    assert text == "The recording is overdriven: turn its level down, or move away from it."
    assert PAUSE_AT <= at <= PAUSE_AT + to_samples(1)
    assert session.heard == ["pause", "resume"]


@pytest.mark.slow
def test_a_session_without_faults_tells_nothing(
    tmp_path: Path, speech: pcm.Pcm, routines: tuple[Routine, ...], commands: Commands
) -> None:
    session = Session(tmp_path, speech).run(routines, commands)
    assert (session.heard, session.told) == (["pause", "resume"], [])


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["start the kettlebell routine"])
def test_a_routine_that_does_not_exist_is_answered_with_those_that_do(
    tmp_path: Path, asked: str
) -> None:
    shipped = tuple(each.routine for each in read_library()[0] if not each.own)
    sound = room(to_samples(40))
    clip, at = said(asked), to_samples(15)
    sound[at : at + len(clip)] += clip
    session = Session(tmp_path, sound).run(shipped, read_commands(shipped), start=None)
    answer = session.said[-1]
    assert answer.startswith("I do not have that routine.")
    assert all(each.name.casefold() in answer for each in shipped)


def test_phrases_that_cannot_be_kept_are_told_once(
    tmp_path: Path, speech: pcm.Pcm, routines: tuple[Routine, ...], commands: Commands
) -> None:
    place = tmp_path / "phrases"
    place.write_text("no folder")
    session = Session(tmp_path, speech).run(routines, commands, PhraseCache(place))
    ((text, _),) = session.told
    assert text.startswith(f"Spoken phrases cannot be kept in {place}")
    assert session.heard == ["pause", "resume"]


def test_a_slow_disk_under_the_settings_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, kept = threading.Event(), list[str]()

    def change(name: str, value: object) -> None:
        assert gate.wait(10)
        kept.append(f"{name} = {value}")
        if name == "tempo":
            raise OutputError("Cannot save settings.")

    monkeypatch.setattr(settings_file, "change", change)
    with Journal.open(tmp_path / "journal.sqlite3") as journal:
        disk = _DiskPersistence(journal, Preferences(), threaded=True)
        prefer = disk.persistence(()).prefer
        prefer(Preferences(tempo=0.8))
        prefer(Preferences(tempo=0.8, voice_name="other"))
        assert (kept, disk.notices) == ([], ())
        gate.set()
        disk.close()
        assert kept == ["tempo = 0.8", "voice_name = other"]
        assert disk.notices == ("Cannot save settings.",)
