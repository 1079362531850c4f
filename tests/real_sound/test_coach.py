"""The whole coach on real streams in real time: started, paused, resumed and stopped by voice."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.rig.sound_server import Scene, SoundServer, Take, find
from tests.tools.language import ENGLISH
from tests.tools.running_coach import RunningCoach, running
from tests.tools.user import keep_routine, not_the_first_time, user
from voice_coach.audio.pcm import as_heard, decibels, level_db
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import Samples, to_samples, to_seconds

pytestmark = pytest.mark.real_sound


def greeted(take: Take, coach: RunningCoach) -> None:
    """Wait until the coach has said that it listens."""
    coach.wait_for("coach  ")
    take.wait(3.0)


def converse(take: Take, coach: RunningCoach) -> None:
    """Start, pause, resume and stop a routine by voice."""
    greeted(take, coach)
    take.play(user("start back routine"))
    coach.wait_for("you    “start back routine”")
    coach.wait_for("coach  Back routine")
    take.wait(4.0)
    take.play(user("pause"))
    coach.wait_for("you    “pause")
    coach.wait_for("coach  We are paused.")
    take.wait(6.0)
    take.play(user("resume"))
    coach.wait_for("coach  Back routine")
    take.wait(4.0)
    take.play(user("stop"))
    coach.wait_for("coach  Stop the session?")
    take.wait(3.5)
    take.play(user("yes"))
    coach.wait_for("coach  Session stopped.")
    take.wait(4.0)


def test_a_session_by_voice_alone(
    sound_server: SoundServer, record_property: Callable[[str, object], None]
) -> None:
    """Every command is obeyed; silence after "pause" and speech after "resume" are measured."""
    with sound_server.recording() as take, running(sound_server, "--no-ask-pain") as coach:
        converse(take, coach)
        status, said = coach.interrupt()
    scene = take.scene()
    assert status == 130, said
    assert "Traceback" not in said
    start, pause, resume, stop, yes = scene.cues
    answer, over = find(
        as_heard(EspeakVoice().render(ENGLISH.texts.paused)), scene.loudspeaker, pause[1]
    )
    cut = last_sound_before(scene, answer)
    delay = to_seconds(cut - pause[1])
    record_property("pause_to_silence_ms", round(delay * 1000))
    sys.stdout.write(f"from the end of “pause” to silence: {delay * 1000:.0f} ms\n")
    assert 0 < delay < 1.2
    assert to_samples(0.03) < answer - cut < to_samples(0.6)
    assert resume[0] - over > to_samples(1)
    assert level_db(scene.loudspeaker[over : resume[0]]) < -60
    assert_repeats(scene, start[1], resume[1])
    assert scene.quiet_from(stop[1], hold=to_samples(0.15)) is not None
    ended = scene.sound_from(yes[1])
    assert ended is not None
    last_words = scene.quiet_from(ended, hold=to_samples(0.6))
    assert last_words is not None
    assert level_db(scene.loudspeaker[last_words:]) < -60


def speak_over(take: Take, coach: RunningCoach) -> None:
    """Say commands while the coach speaks, and let it say the words of commands itself."""
    greeted(take, coach)
    take.play(user("start back routine"))
    coach.wait_for("coach  Back routine")
    take.wait(9.0)  # of the welcome, in which the canceller learns the way through the room
    take.play(user("pause"))
    coach.wait_for("coach  We are paused.")
    take.wait(5.0)
    take.play(user("what can I say"))
    coach.wait_for("coach  You can say resume, next, or stop.")
    take.wait(7.0)
    take.play(user("resume"))
    coach.wait_for("coach  Back routine")
    take.wait(5.0)
    take.play(user("what can I say"))
    coach.wait_for("coach  You can say pause, next, or that hurts.")
    take.wait(7.0)
    take.play(user("pause"))
    coach.wait_for("coach  We are paused.")
    take.wait(4.0)


@pytest.mark.real_time  # what is looked for under the echo shows every hole
def test_the_user_is_obeyed_over_the_coach_and_the_coach_is_not(
    sound_server: SoundServer, record_property: Callable[[str, object], None]
) -> None:
    """The loudspeaker leaks into the room: 10 dB quieter, 80 ms later and louder than the user."""
    sound_server.leak(-10)
    with sound_server.recording() as take, running(sound_server, "--no-ask-pain") as coach:
        speak_over(take, coach)
        status, said = coach.interrupt()
    assert status == 130, said
    assert "Traceback" not in said
    say = "what can i say"
    assert coach.heard == ["start back routine", "pause", say, "resume", say, "pause"]
    scene = take.scene(least=0.25)
    echo = scene.room[scene.cues[1][0] - to_samples(5) : scene.cues[1][0]]
    assert -36 < level_db(echo) < -26, "there was no echo: the test proves nothing"
    for begin, end in (scene.cues[1], scene.cues[5]):
        assert level_db(scene.loudspeaker[begin - to_samples(1) : begin]) > -40
        answer, _ = find(
            as_heard(EspeakVoice().render(ENGLISH.texts.paused)), scene.loudspeaker, begin
        )
        delay = to_seconds(last_sound_before(scene, answer) - end)
        record_property("pause_to_silence_ms", round(delay * 1000))
        sys.stdout.write(f"from the end of “pause” to silence: {delay * 1000:.0f} ms\n")
        assert delay < 1.2


def last_sound_before(scene: Scene, position: Samples) -> Samples:
    """Return where the loudspeaker fell silent before `position`."""
    loud = np.flatnonzero(np.abs(scene.loudspeaker[: position - to_samples(0.02)]) > decibels(-50))
    return int(loud[-1]) + 1


def assert_repeats(scene: Scene, first: Samples, again: Samples) -> None:
    """What "pause" cut off is said again from its beginning."""
    length = to_samples(2.5)
    beginnings = [scene.sound_from(first), scene.sound_from(again)]
    assert all(beginnings)
    one, two = (scene.loudspeaker[at or 0 :][:length] for at in beginnings)
    shift = np.argmax(np.correlate(two, one[: len(one) - 800], "valid"))
    likeness = np.corrcoef(one[: len(one) - 800], two[shift : shift + len(one) - 800])[0, 1]
    assert likeness > 0.9


THRICE = """\
    get_ready_seconds: 2
    repetitions: 3
    rest_seconds: 3
    steps:
      - cue: Lift your hips.
        seconds: 4
"""


def test_a_session_that_was_killed_goes_on_at_the_same_repetition(
    sound_server: SoundServer, tmp_path: Path
) -> None:
    """Kill -9 in the middle of an exercise: the next start offers to go on, and does, by voice."""
    keep_routine(tmp_path, THRICE)
    sound_server.env["XDG_DATA_HOME"] = str(tmp_path)
    not_the_first_time()
    options = ("--no-ask-pain", "--verbosity=brief")
    with sound_server.recording() as take:
        with running(sound_server, "morning", *options) as coach:
            coach.wait_for("coach  Lift your hips.", 60)
            coach.wait_for("coach  Rest for three seconds, and then number two.")
            take.wait(1.0)
        # `running` has killed it, with SIGKILL, in the middle of the repetition.
        with running(sound_server, *options) as coach:
            coach.wait_for("coach  Last time, we stopped at bridge.")
            take.wait(5.0)
            take.play(user("yes"))
            coach.wait_for("you    “yes")
            coach.wait_for("coach  We go on with bridge, number two.")
            lift = coach.wait_for("coach  ", until="Lift your hips.")
            status, said = coach.interrupt()
    assert lift == "coach  Lift your hips."
    assert status == 130, said
    assert "Traceback" not in said
    scene = take.scene()
    answered = scene.sound_from(scene.cues[-1][1])
    assert answered is not None
    assert to_seconds(answered - scene.cues[-1][1]) < 2
