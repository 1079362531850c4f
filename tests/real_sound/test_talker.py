"""Somebody else talks through a whole session: the user is obeyed, and they are not."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from benchmarks.neural import uttered
from benchmarks.people import talker
from benchmarks.rig.sound_server import SoundServer, Take
from benchmarks.rooms import SPEECH_DB, levelled
from tests.tools.running_coach import RunningCoach, running
from tests.tools.user import keep_routine, not_the_first_time
from voice_coach.audio.pcm import Pcm, level_db
from voice_coach.units import to_samples

pytestmark = [pytest.mark.real_sound, pytest.mark.usefixtures("shared_speech")]

QUIETER_DB: Final = 20.0
SESSION: Final = to_samples(70)
"""Longer than the test takes: they never stop talking."""
TWO_EXERCISES: Final = """\
    get_ready_seconds: 1
    steps:
      - cue: Lift your hips.
        seconds: 120
  - name: Cobra
    purpose: It opens your chest.
    position: front
    get_there: Turn over.
    setup: Hands under your shoulders.
    get_ready_seconds: 30
    steps:
      - cue: Lift your chest.
        seconds: 120
"""
DIALOGUE: Final = (
    ("hold on a moment", "We are paused."),
    ("let's carry on please", "Lift your hips."),
    ("how much time is left", "Two minutes for this one"),
    ("skip this exercise", "Next exercise: cobra."),
    ("stop the session", "Stop the session?"),
    ("yes that's what i want", "All right, we stop here."),
)
"""What the user says, and how the coach's answer begins."""
ANSWERED: Final = 3.5
"""Seconds after which a person takes it that they were not understood, and says it again."""
TRIES: Final = 3
"""How often one thing is said: in every run the talker's words fall elsewhere on the user's."""
HEARD_OUT: Final = 1.0
"""Seconds for which the user lets the coach answer."""
QUIET: Final = 3.0
"""Seconds in which only the talker speaks."""


def spoken(words: str) -> Pcm:
    """Return what the user says, as loud as from two metres away."""
    return levelled(uttered("hibari", words, 1.1), SPEECH_DB)


def obeyed(take: Take, coach: RunningCoach, words: str, answer: str) -> bool:
    """Say `words`; return whether the coach has begun to answer so in time."""
    before = len(coach.lines)
    take.play(spoken(words))
    deadline = time.monotonic() + ANSWERED
    while time.monotonic() < deadline:
        if any(line.startswith(f"coach  {answer}") for line in coach.lines[before:]):
            return True
        time.sleep(0.02)
    return False


def test_the_user_is_obeyed_and_the_talker_is_not(
    sound_server: SoundServer, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each command is obeyed, at the latest the third time; nothing else ever is."""
    keep_routine(tmp_path, TWO_EXERCISES)
    sound_server.env["XDG_DATA_HOME"] = str(tmp_path)
    not_the_first_time()
    for words, _ in DIALOGUE:
        spoken(words)  # rendered before the clock runs
    options = ("--no-ask-pain", "--verbosity=brief")
    talk = talker(SESSION, 1, SPEECH_DB - QUIETER_DB)
    again = []
    with (
        sound_server.recording() as take,
        sound_server.murmuring(talk),
        running(sound_server, "morning", *options) as coach,
    ):
        coach.wait_for("coach  ", until="Lift your hips.")
        alone = take.now
        take.wait(QUIET)
        assert coach.heard == []
        for number, (words, answer) in enumerate(DIALOGUE, 1):
            tries = 1
            while not obeyed(take, coach, words, answer):
                again.append(words)
                tries += 1
                assert tries <= TRIES, (words, coach.lines)
            assert len(coach.heard) == number, coach.heard  # this, once, and nothing else
            take.wait(HEARD_OUT)
        status, said = coach.interrupt()
    assert (status, "Traceback" in said) == (130, False), said
    record_property("said_again", " ".join(again))
    sys.stdout.write(f"said again: {', '.join(again) or 'nothing'}; heard {coach.heard}\n")
    room = take.scene(least=0.5).room
    murmur = level_db(room[alone : alone + to_samples(QUIET)])
    assert murmur == pytest.approx(SPEECH_DB - QUIETER_DB, abs=4), "nobody talked"
