"""Commands in recordings, with their slots and times."""

from pathlib import Path

import numpy as np
import pytest

from tests.tools.speech import room, said, spoken_in_room
from voice_coach.app.addressed import Attempt
from voice_coach.app.engines import Engine
from voice_coach.app.transcribe import Found, listen_to_files, listen_to_microphone
from voice_coach.audio import pcm
from voice_coach.core.intents import Commands
from voice_coach.errors import AudioFileError
from voice_coach.library import read_commands, read_library, read_sentences
from voice_coach.settings.keys import RecogniserChoice
from voice_coach.units import to_samples, to_seconds

ENGINE = Engine(RecogniserChoice.POCKETSPHINX)


@pytest.fixture(scope="module")
def commands() -> Commands:
    """What may be said to the coach."""
    return read_commands([shelved.routine for shelved in read_library()[0]])


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a session, a start, an answer, and a room in which nobody speaks."""
    folder = tmp_path_factory.mktemp("recordings")
    pcm.write(folder / "session.wav", spoken_in_room("pause", "how long left", "skip this"))
    pcm.write(folder / "start.wav", spoken_in_room("start breathing routine"))
    pcm.write(folder / "yes.wav", spoken_in_room("yes please"))
    pcm.write(folder / "nobody.wav", room(to_samples(4)))
    return folder


def found_in(commands: Commands, state: str, *files: Path) -> list[Found]:
    return list(listen_to_files(list(files), commands, state, ENGINE))


@pytest.mark.slow
def test_every_command_of_a_recording_with_its_times(commands: Commands, recordings: Path) -> None:
    path = recordings / "session.wav"
    found = found_in(commands, "session", path)
    assert [each.intent for each in found] == ["pause", "time_left", "next"]
    assert {each.file for each in found} == {str(path)}
    begins = 1.0
    for each, words in zip(found, ("pause", "how long left", "skip this"), strict=True):
        ends = begins + to_seconds(len(said(words)))
        assert each.start == pytest.approx(begins, abs=0.2)
        assert each.end == pytest.approx(ends, abs=0.2)
        assert each.end < each.decided < each.end + 0.6
        assert 0 <= each.confidence <= 1
        begins = ends + 1.0


@pytest.mark.slow
def test_slots_are_filled(commands: Commands, recordings: Path) -> None:
    (found,) = found_in(commands, "idle", recordings / "start.wav")
    assert (found.text, found.intent) == ("start breathing routine", "start")
    assert found.slots == {"routine": "Breathing"}


@pytest.mark.slow
def test_files_come_in_their_order_and_do_not_touch_each_other(
    commands: Commands, recordings: Path
) -> None:
    session, nobody = recordings / "session.wav", recordings / "nobody.wav"
    alone = found_in(commands, "session", session)
    together = found_in(commands, "session", session, nobody, session)
    assert together == alone + alone


@pytest.mark.slow
def test_a_state_hears_what_may_be_said_in_it(commands: Commands, recordings: Path) -> None:
    (found,) = found_in(commands, "confirm", recordings / "yes.wav")
    assert (found.intent, found.slots) == ("yes", {})
    assert "yes" not in {
        each.intent for each in found_in(commands, "session", recordings / "yes.wav")
    }


def test_sentences_of_others(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "other.yaml").write_text(
        "intents:\n  order:\n    data:\n      - sentences: ['how long [is it] {when}']\n"
        "lists:\n  when:\n    values: [{in: left, out: 0}, {in: ago, out: 1}]\n"
    )
    sentences = read_sentences(tmp_path / "other.yaml")
    found = found_in(sentences, "session", recordings / "session.wav")
    heard = [(each.text, each.intent, each.slots) for each in found]
    assert ("how long left", "order", {"when": 0}) in heard


def test_what_was_found_before_a_bad_file_is_not_lost(
    commands: Commands, recordings: Path, tmp_path: Path
) -> None:
    files = [recordings / "start.wav", tmp_path / "none.wav"]
    listening = listen_to_files(files, commands, "idle", ENGINE)
    assert next(listening).intent == "start"
    with pytest.raises(AudioFileError, match=r"none\.wav"):
        next(listening)


@pytest.mark.slow
def test_a_recording_as_microphone_gives_the_same_and_ends(
    commands: Commands, recordings: Path
) -> None:
    path = recordings / "session.wav"
    found: list[Found] = []
    listen_to_microphone(
        str(path), commands, "session", ENGINE, tell=found.append, notice=lambda _: None
    )
    assert found == found_in(commands, "session", path)


def test_what_is_said_in_vain_by_a_microphone_is_told(commands: Commands, tmp_path: Path) -> None:
    pcm.write(tmp_path / "talk.wav", spoken_in_room("elephants remember everything"))
    found: list[Found] = []
    missed: list[Attempt] = []
    listen_to_microphone(
        str(tmp_path / "talk.wav"),
        commands,
        "session",
        ENGINE,
        tell=found.append,
        notice=lambda _: None,
        missed=missed.append,
    )
    assert found == []
    assert [each.reason.startswith("something") for each in missed] == [True]


def test_the_last_word_of_a_recording_is_heard(commands: Commands, tmp_path: Path) -> None:
    whole = spoken_in_room("pause")
    cut = whole[: to_samples(1.0) + len(said("pause"))]
    pcm.write(tmp_path / "cut.wav", np.asarray(cut))
    (found,) = found_in(commands, "session", tmp_path / "cut.wav")
    assert found.intent == "pause"
    assert found.end <= found.decided <= round(to_seconds(len(cut)), 3)
