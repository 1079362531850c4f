"""The lesson: what is asked, what is learnt, and that it helps; with a synthetic user."""

import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.tools.language import ENGLISH
from tests.tools.speech import breath, room, said
from voice_coach.app.coach import attend
from voice_coach.app.engines import Engine, make_recogniser
from voice_coach.app.enrolment import Lesson, Teacher, teach
from voice_coach.audio import pcm
from voice_coach.audio.decimation import Decimator
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, decibels, silence
from voice_coach.core.intents import Commands
from voice_coach.errors import VoiceCoachError
from voice_coach.hearing.enrolled.profile import Profile
from voice_coach.hearing.enrolled.takes import TakeRecorder, Trial, Trouble
from voice_coach.hearing.files import heard_in
from voice_coach.hearing.listener import Listener
from voice_coach.library import read_commands
from voice_coach.settings.keys import RecogniserChoice, VoiceChoice
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.speaking.renderer import Renderer
from voice_coach.units import BLOCK, Samples, to_samples

COACH = Path(sys.executable).with_name("voice-coach")
VOICE = Engine(VoiceChoice.ESPEAK)
ECHO_DB = -25.0
TEXTS = ENGLISH.written.enrolment


@pytest.fixture(scope="module")
def commands() -> Commands:
    return read_commands([])


def take(seed: int, number: int = 0) -> Trial:
    """Return a trial of the word `seed`, a little different each time."""
    steps = np.random.default_rng(seed).standard_normal((30, 288)).cumsum(axis=0)
    noise = np.random.default_rng(number).standard_normal((30, 288)) * 0.1
    return Trial(0, 1, ((steps + noise).astype(np.float32),))


def test_a_lesson_asks_for_each_phrase_until_the_takes_agree() -> None:
    lesson = Lesson(TEXTS, ("pause", "stop"), takes=3)
    assert lesson.question() == "The next phrase is: pause."
    assert lesson.answered(take(1, 1)) == "Once again."
    assert lesson.answered(take(1, 2)) == "Once more."
    assert lesson.answered(take(7)) == "That sounded different. Please say: pause."
    assert lesson.progress == "1 of 2"
    assert lesson.answered(take(1, 3)) == "Good. The next phrase is: stop."
    assert lesson.progress == "2 of 2"
    assert [lesson.answered(take(2, n)) for n in range(3)][:2] == ["Once again.", "Once more."]
    assert lesson.phrase is None
    assert lesson.ending() == "Thank you. I know 2 phrases now."
    profile = lesson.profile("now")
    assert profile.phrases == ("pause", "stop")
    assert [t.phrase for t in profile.takes] == ["pause"] * 3 + ["stop"] * 3


def test_a_first_take_that_was_a_cough_is_dropped() -> None:
    lesson = Lesson(TEXTS, ("pause",), takes=2)
    lesson.answered(take(9))
    lesson.answered(take(1, 1))
    assert "I know 1 phrase now." in lesson.answered(take(1, 2))
    assert len(lesson.learnt["pause"]) == 2
    assert lesson.learnt["pause"][0].takes[0] is not take(9).takes[0]
    assert np.array_equal(lesson.learnt["pause"][0].takes[0], take(1, 1).takes[0])


def test_a_phrase_can_be_left_out() -> None:
    lesson = Lesson(TEXTS, ("pause", "stop"), takes=1)
    skip = Trial(0, 1, take(5).takes, skip=True)
    assert lesson.answered(skip) == "We leave it out. The next phrase is: stop."
    assert lesson.answered(take(1)).endswith("I know 1 phrase now. We have left out: pause.")


def test_a_phrase_that_sounds_like_skip_is_learnt_all_the_same() -> None:
    lesson = Lesson(TEXTS, ("stop",), takes=2)
    lesson.answered(take(1, 1))
    again = take(1, 2)
    assert "I know 1" in lesson.answered(Trial(0, 1, again.takes, skip=True))


def test_nobody_is_asked_for_ever() -> None:
    lesson = Lesson(TEXTS, ("pause", "stop"), takes=3)
    told = [lesson.answered(None) for _ in range(6)]
    assert told[0] == "I did not hear you. Please say: pause."
    assert told[5] == "I did not hear you. Let us leave that one out. The next phrase is: stop."
    told = [lesson.answered(take(seed)) for seed in range(20, 26)]
    assert "leave that one out" in told[5]
    assert told[5].endswith("This time, I could learn nothing. Everything stays as it was.")


def test_two_takes_that_agree_are_enough_in_the_end() -> None:
    lesson = Lesson(TEXTS, ("pause",), takes=3)
    for trial in (take(1, 1), take(1, 2), take(4), take(5), take(6)):
        lesson.answered(trial)
    assert "I know 1" in lesson.answered(take(7))
    assert len(lesson.learnt["pause"]) == 2


def test_trouble_is_told_with_what_to_do() -> None:
    lesson = Lesson(TEXTS, ("pause",))
    told = lesson.answered(Trial(0, 1, trouble=Trouble.TOO_LONG))
    assert told == "This was too long. Please say: pause."
    assert lesson.phrase == "pause"


@dataclass
class User:
    """Says what is asked for, some time after the coach has ended; the room answers too."""

    reply: Callable[[str, int], Pcm]
    """The sound that answers a phrase, when asked the n-th time."""
    after: Samples = 12_800
    asked: list[str] = field(default_factory=list)
    waiting: deque[Pcm] = field(default_factory=deque)
    said: Pcm = field(default_factory=lambda: silence(0))
    quiet: Samples = 0
    spoken_to: bool = False

    def told(self, phrase: str | None) -> None:
        if phrase:
            self.spoken_to = False
            self.asked.append(phrase)
            self.waiting.append(self.reply(phrase, self.asked.count(phrase)))

    def block(self, played: Pcm) -> Pcm:
        self.quiet = 0 if played.any() else self.quiet + len(played)
        self.spoken_to |= bool(played.any())
        if self.waiting and self.spoken_to and self.quiet >= self.after:
            self.said = self.waiting.popleft()
        now, self.said = self.said[:BLOCK], self.said[BLOCK:]
        return played * np.float32(decibels(ECHO_DB)) + np.pad(now, (0, BLOCK - len(now)))


def held(
    lesson: Lesson, user: User, commands: Commands, seconds: float = 200
) -> tuple[Teacher, Pcm]:
    """Hold a lesson with a user in a quiet room; return what the microphone heard, too."""
    sounds: list[Pcm] = []
    noise = room(to_samples(seconds))
    mixer, reference = Mixer(), Decimator()
    with closing(Renderer(EspeakVoice(), threaded=False)) as renderer:
        teacher = Teacher(
            lesson,
            TakeRecorder(lesson.phrases, TEXTS.skips),
            commands,
            renderer=renderer,
            mixer=mixer,
            live=False,
            tell=lambda _: user.told(lesson.phrase),
        )
        while not teacher.over and mixer.position < len(noise) - BLOCK:
            position = mixer.position
            played = reference.push(mixer.render(BLOCK))
            microphone = user.block(played) + noise[position : position + BLOCK]
            sounds.append(microphone)
            teacher.on_block(microphone, played, position)
        teacher.close()
    return teacher, np.concatenate(sounds)


def varied(phrase: str, number: int, voice: str = "en-029+f1") -> Pcm:
    """Return `phrase`, each time a little faster."""
    clip = said(phrase, voice)
    return pcm.resample(clip, round(16_000 * (0.97 + 0.02 * number)))


@pytest.fixture(scope="module")
def session(commands: Commands) -> tuple[Lesson, Pcm, Samples]:
    """A whole lesson of four phrases, what the microphone heard of it, and how long it took."""
    lesson = Lesson(TEXTS, ("pause", "stop", "that hurts", "help"))
    teacher, sound = held(lesson, User(varied), commands)
    assert teacher.over
    return lesson, sound, len(sound)


@pytest.mark.slow
def test_a_lesson_by_voice(session: tuple[Lesson, Pcm, Samples]) -> None:
    lesson, _, length = session
    assert {phrase: len(trials) for phrase, trials in lesson.learnt.items()} == dict.fromkeys(
        lesson.phrases, 3
    )
    assert lesson.left_out == []
    assert length < to_samples(60)


@pytest.mark.slow
def test_twelve_phrases_take_less_than_three_minutes(session: tuple[Lesson, Pcm, Samples]) -> None:
    lesson, _, length = session
    assert 12 / len(lesson.phrases) * length < to_samples(170)


@pytest.mark.slow
def test_what_was_taught_is_heard_better(
    session: tuple[Lesson, Pcm, Samples], commands: Commands
) -> None:
    lesson, *_ = session
    engine = Engine(RecogniserChoice.MOONSHINE)

    def right(profile: Profile | None, voice: str, texts: tuple[str, ...]) -> int:
        count = 0
        with closing(make_recogniser(engine, profile)) as recogniser:
            for number, text in enumerate(texts):
                clip = pcm.resample(said(text, voice), 17_000) * np.float32(0.5)
                sound = np.concatenate([silence(16_000), clip, silence(16_000)])
                listener = Listener(recogniser)
                attend(listener, commands, "session")
                noisy = sound + room(len(sound), seed=number, db=-38)
                heard = [each.text for each in heard_in(noisy, listener)]
                count += heard == [text]
        return count

    texts = lesson.phrases * 3
    profile = lesson.profile("now")
    before, after = (right(known, "en-029+f1", texts) for known in (None, profile))
    assert after > before
    others = ("slower", "go back", "how long left", "repeat that", "pause", "help")
    for voice in ("en-us+f2", "en-gb+m3"):
        assert right(profile, voice, others) >= right(None, voice, others)


@pytest.mark.slow
def test_the_user_may_skip_and_be_silent(commands: Commands) -> None:
    def reply(phrase: str, number: int) -> Pcm:
        if phrase == "stop":
            return said("skip")
        return silence(0) if number == 2 else said(phrase)

    lesson = Lesson(TEXTS, ("pause", "stop"), takes=2)
    user = User(reply)
    teacher, _ = held(lesson, user, commands)
    assert teacher.over
    assert list(lesson.learnt) == ["pause"]
    assert lesson.left_out == ["stop"]
    assert user.asked == ["pause"] * 3 + ["stop"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda clip: clip * np.float32(decibels(-36)), "hardly louder than the room"),
        (lambda clip: np.clip(6 * clip, -0.4, 0.4), "too loud for the microphone"),
        (lambda clip: np.tile(clip, 9), "too long"),
        (lambda clip: breath(0.5)[: len(clip)], ""),
    ],
)
def test_a_take_that_cannot_be_learnt_from(
    commands: Commands, spoil: Callable[[Pcm], Pcm], why: str
) -> None:
    texts: list[str] = []

    class Listening(Lesson):
        def answered(self, trial: Trial | None) -> str:
            texts.append(super().answered(trial))
            return texts[-1]

    def reply(phrase: str, number: int) -> Pcm:
        return spoil(said(phrase)) if number == 1 else said(phrase)

    lesson = Listening(TEXTS, ("pause",), takes=2)
    teacher, _ = held(lesson, User(reply), commands, seconds=60)
    assert teacher.over
    assert list(lesson.learnt) == ["pause"]
    assert why in texts[0]
    assert "Please say: pause." in texts[0]


@pytest.mark.slow
def test_the_coach_does_not_learn_its_own_voice(commands: Commands) -> None:
    lesson = Lesson(TEXTS, ("pause",), takes=2)
    user = User(lambda *_: silence(0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.app.test_enrolment.ECHO_DB", -3.0)
        teacher, _ = held(lesson, user, commands, seconds=120)
    assert teacher.over
    assert lesson.learnt == {}
    assert user.asked == ["pause"] * 6


@pytest.mark.slow
def test_a_lesson_with_files(
    session: tuple[Lesson, Pcm, Samples],
    commands: Commands,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VOICE_COACH_PROFILE", str(tmp_path / "voice.npz"))
    before, sound, _ = session
    pcm.write(tmp_path / "mic.wav", sound)
    told: list[str] = []
    found = teach(
        commands,
        VOICE,
        Lesson(TEXTS, before.phrases),
        mic=str(tmp_path / "mic.wav"),
        speaker=str(tmp_path / "out.wav"),
        tell=told.append,
    )
    assert found
    assert found.phrases == before.phrases
    assert Profile.load(tmp_path / "voice.npz").phrases == before.phrases
    assert told[-1] == "Good. Thank you. I know 4 phrases now."


@pytest.mark.slow
def test_a_recording_that_ends_too_early_changes_nothing(
    session: tuple[Lesson, Pcm, Samples],
    commands: Commands,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VOICE_COACH_PROFILE", str(tmp_path / "voice.npz"))
    before, sound, _ = session
    pcm.write(tmp_path / "mic.wav", sound[: len(sound) // 2])
    (tmp_path / "voice.npz").write_bytes(b"the old one")
    with pytest.raises(VoiceCoachError, match=r"Nothing was changed"):
        teach(
            commands,
            VOICE,
            Lesson(TEXTS, before.phrases),
            mic=str(tmp_path / "mic.wav"),
            speaker=str(tmp_path / "out.wav"),
            tell=lambda _: None,
        )
    assert (tmp_path / "voice.npz").read_bytes() == b"the old one"


@pytest.mark.slow
def test_ctrl_c_in_the_middle_changes_nothing(
    session: tuple[Lesson, Pcm, Samples],
    commands: Commands,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VOICE_COACH_PROFILE", str(tmp_path / "voice.npz"))
    before, sound, _ = session
    pcm.write(tmp_path / "mic.wav", sound)

    def interrupted(text: str) -> None:
        if "The next phrase is: stop" in text:
            raise KeyboardInterrupt

    files = {"mic": str(tmp_path / "mic.wav"), "speaker": str(tmp_path / "out.wav")}
    with pytest.raises(KeyboardInterrupt):
        teach(commands, VOICE, Lesson(TEXTS, before.phrases), **files, tell=interrupted)
    assert not (tmp_path / "voice.npz").exists()


@pytest.mark.slow
def test_the_command(session: tuple[Lesson, Pcm, Samples], tmp_path: Path) -> None:
    _, sound, _ = session
    pcm.write(tmp_path / "mic.wav", sound)
    place = tmp_path / "mine" / "voice.npz"

    def run(*arguments: str) -> tuple[int, str]:
        # The first two phrases of the recording are those that are asked for first.
        done = subprocess.run(
            [COACH, "teach", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={"VOICE_COACH_PROFILE": str(place), "PATH": "", "HOME": str(tmp_path)},
        )
        return done.returncode, done.stdout + done.stderr

    files = "--mic", str(tmp_path / "mic.wav"), "--speaker", str(tmp_path / "out.wav")
    assert run("--show") == (
        0,
        "It has not been taught your voice. Begin with voice-coach teach.\n",
    )
    status, told = run("--phrases", "2", "--voice", "espeak", *files)
    assert status == 0
    assert "1 of 2: Let me learn your voice." in told
    assert "It knows how you say: pause, stop." in told
    assert Profile.load(place).phrases == ("pause", "stop")
    assert str(place) in run("--show")[1]
    status, told = run("--phrases", "12", "--voice", "espeak", *files)
    assert status == 2
    assert "Nothing was changed" in told
    assert Profile.load(place).phrases == ("pause", "stop")
    assert "deleted" in run("--forget")[1]
    assert not place.exists()
    assert "nothing to forget" in run("--forget")[1]
    place.write_bytes(b"PK no profile")
    status, told = run("--show")
    assert status == 2
    assert told.count("\n") == 1
