"""The doctor on real streams: asks, hears the answers and its own voice, and measures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.rig.sound_server import AHEAD, SoundServer
from tests.tools.language import ENGLISH
from tests.tools.user import user
from voice_coach.app.checkup import requests

pytestmark = pytest.mark.real_sound

COACH = Path(sys.executable).with_name("voice-coach")
DOCTOR = [*AHEAD, str(COACH), "doctor", "--recogniser=pocketsphinx", "--voice=espeak", "--json"]


def test_an_examination(sound_server: SoundServer) -> None:
    sound_server.leak(-15)
    with sound_server.recording() as take:
        doctor = subprocess.Popen(
            [*DOCTOR, "--hearing"],
            env=sound_server.env | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert doctor.stderr
            for line in doctor.stderr:
                for asked in requests(ENGLISH.written.checkup.phrases):
                    if line.strip() == f"Now say this: {asked.phrase}.":
                        take.wait(2.8)  # until it was said, and a little longer
                        take.play(user(asked.phrase))
            assert doctor.stdout
            told = json.loads(doctor.stdout.read())
            assert doctor.wait(timeout=10) == 0, told
        finally:
            doctor.kill()
            doctor.wait()
    figures = told["figures"]
    assert [phrase["right"] for phrase in figures["phrases"]] == [True] * 3
    assert -36 < figures["speech"]["level_db"] < -26
    echo = figures["echo"]
    assert echo["coupling_db"] == pytest.approx(-15, abs=2)
    assert 1_280 < echo["delay"] < 8_000
    assert echo["trusted"]
    assert echo["suppression_db"] > 6


def test_a_check_up(sound_server: SoundServer) -> None:
    done = subprocess.run(
        DOCTOR, env=sound_server.env, capture_output=True, text=True, timeout=60, check=False
    )
    told = json.loads(done.stdout)
    texts = {finding["subject"]: finding["text"] for finding in told["findings"]}
    # Nobody makes a sound in the room: the doctor cannot know whether that is a mute switch.
    assert done.returncode == 1
    assert "delivers only silence" in texts["devices"]
