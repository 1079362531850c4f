"""The lesson in which the user teaches the coach their voice: `voice-coach teach`.

Owns which text comes when, when a phrase is asked for again, and the end; must not know a word
of the texts, how takes are compared, nor what is made of them later.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Final

import numpy as np

from voice_coach.app.coach import Ears
from voice_coach.app.engines import Engine, load_voice
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.audio.world import Audio, open_audio
from voice_coach.core.intents import Commands
from voice_coach.core.written import EnrolmentTexts
from voice_coach.errors import OutputError, VoiceCoachError
from voice_coach.grammar import ListeningState
from voice_coach.hearing import measures
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.enrolled.profile import Profile, Take, own_profile
from voice_coach.hearing.enrolled.takes import TakeRecorder, Trial, Trouble, agreeing
from voice_coach.hearing.listener import Listener
from voice_coach.paths import profile_path
from voice_coach.speaking.renderer import Renderer
from voice_coach.units import BLOCK, Samples, to_samples

TAKES: Final = 3
"""How often each is said."""
_ENOUGH: Final = 2
"""Takes that must agree, for a phrase to be learnt at all."""
_TRIES: Final = 6
"""How often a phrase is asked for at most."""
_PATIENCE: Final = to_samples(5.0)
"""How long an answer is waited for."""
_BEGIN: Final = to_samples(1.0)
"""Before the first word: a sound server starts its devices."""
_ECHO: Final = to_samples(0.1)
"""How much longer the coach is heard than it speaks."""
_CLIPPED: Final = to_samples(0.02)
_KEPT: Final = to_samples(12.0)
"""Sound of the microphone that is kept, to look whether it was cut off."""


@dataclass
class Lesson:
    """Which phrase is asked for, and what has been learnt: no clock and no sound in it."""

    texts: EnrolmentTexts
    """Of the language in which it is held."""
    phrases: tuple[str, ...]
    takes: int = TAKES
    learnt: dict[str, list[Trial]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    _heard: list[Trial] = field(default_factory=list)
    _tries: int = 0

    @property
    def phrase(self) -> str | None:
        """The phrase that is asked for; None at the end."""
        done = len(self.learnt) + len(self.left_out)
        return self.phrases[done] if done < len(self.phrases) else None

    @property
    def progress(self) -> str:
        """How far the lesson is, for the terminal."""
        done = len(self.learnt) + len(self.left_out)
        return f"{min(done + 1, len(self.phrases))} of {len(self.phrases)}"

    def question(self) -> str:
        """Return what to ask first, or next."""
        return self.texts.say.format(phrase=self.phrase) if self.phrase else self.ending()

    def answered(self, trial: Trial | None) -> str:
        """Take what the user said, None for nothing; return what to say to it."""
        self._tries += 1
        if trial is None:
            return self._again(self.texts.not_heard)
        if trial.trouble or not trial.takes:
            return self._again(self._told(trial.trouble))
        together = agreeing([*self._heard, trial])
        if trial.skip and (len(together) == 1 or trial not in together):
            return self._left(self.texts.left_out)
        self._heard.append(trial)
        if len(together) >= self.takes:
            return self._learnt(together)
        if len(self._heard) > len(together):
            return self._again(self.texts.different)
        return self.texts.again if len(together) == 1 else self.texts.once_more

    def ending(self) -> str:
        """Return what to say at the end."""
        if not self.learnt:
            return self.texts.nothing_learnt
        count, learnt = len(self.learnt), self.texts.learnt
        told = (learnt.one if count == 1 else learnt.other).format(number=count)
        if not self.left_out:
            return told
        return f"{told} {self.texts.all_left_out.format(phrases=', '.join(self.left_out))}"

    def profile(self, made: str) -> Profile:
        """Return all that was learnt."""
        takes = (
            Take(phrase, frames)
            for phrase, trials in self.learnt.items()
            for trial in trials
            for frames in trial.takes
        )
        return Profile(tuple(takes), made)

    def _told(self, trouble: Trouble | None) -> str:
        meant: Mapping[str, str] = vars(self.texts.troubles)
        return meant[trouble] if trouble else self.texts.did_not_work

    def _again(self, why: str) -> str:
        if self._tries < _TRIES:
            return f"{why} {self.texts.please_say.format(phrase=self.phrase)}"
        together = agreeing(self._heard)
        if len(together) >= _ENOUGH:
            return self._learnt(together)
        return self._left(f"{why} {self.texts.let_us_leave_it_out}")

    def _learnt(self, trials: list[Trial]) -> str:
        self.learnt[str(self.phrase)] = trials
        return self._onward(self.texts.good)

    def _left(self, why: str) -> str:
        self.left_out.append(str(self.phrase))
        return self._onward(why)

    def _onward(self, told: str) -> str:
        self._heard, self._tries = [], 0
        done = len(self.learnt) + len(self.left_out)
        if self.phrase and 2 * done == len(self.phrases) > 4:
            told += f" {self.texts.half_done}"
        return f"{told} {self.question()}".strip()


class Teacher:
    """Holds a lesson on a stream of sound, block by block."""

    def __init__(
        self,
        lesson: Lesson,
        recorder: TakeRecorder,
        commands: Commands,
        *,
        renderer: Renderer,
        mixer: Mixer,
        live: bool,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`tell` gets every sentence that is said, for the terminal."""
        self.lesson = lesson
        self._recorder = recorder
        self._trials: SimpleQueue[Trial] = SimpleQueue()
        self._ears = Ears(Listener(recorder, watch=self._watch), commands, live=live)
        self._renderer = renderer
        self._mixer = mixer
        self._tell = tell
        self._waiting_since: Samples | None = None
        self._asked = 0
        self._recent: deque[Pcm] = deque(maxlen=_KEPT // BLOCK)
        self._heard_until: Samples = 0
        self.over = False
        """Whether the last word has been said."""
        renderer.prefetch(_foreseen(lesson))
        self._say(f"{lesson.texts.opening} {lesson.question()}", _BEGIN)

    def on_block(self, microphone: Pcm, played: Pcm, position: Samples) -> None:
        """Take one block of sound, and let everything happen that is due."""
        self._recent.append(microphone)
        self._heard_until = position + len(microphone)
        for _ in self._ears.hear(microphone, played, ListeningState.SESSION):
            pass
        for finished in self._mixer.finished():
            if finished.tag == self._asked:
                self._waiting_since = finished.at
                self.over = self.lesson.phrase is None
        if self._waiting_since is None or self.over:
            return
        for trial in self._spoken():
            # What began while the coach spoke may be the coach; it is asked again, if need be.
            if trial.start >= self._waiting_since + _ECHO:
                self._answer(self._inspected(trial))
                return
        silent = self._heard_until - self._waiting_since > _PATIENCE
        if silent and not self._ears.speaking:
            unheard = Trial(self._waiting_since + _ECHO, self._heard_until)
            inspected = self._inspected(unheard)
            self._answer(inspected if inspected.trouble else None)

    def close(self) -> None:
        """End the thread that listens."""
        self._ears.close()

    def _watch(self, decision: Decision) -> None:
        trial = self._recorder.judged(decision.segment)
        if trial:
            self._trials.put(trial)

    def _spoken(self) -> Iterator[Trial]:
        while True:
            try:
                yield self._trials.get_nowait()
            except Empty:
                return

    def _inspected(self, trial: Trial) -> Trial:
        """Return `trial`, or what is wrong with its sound as it came from the microphone."""
        sound = np.concatenate([silence(0), *self._recent])
        first = self._heard_until - len(sound)
        voice = sound[max(0, trial.start - first) : max(0, trial.end - first)]
        if measures.clipped(voice) > _CLIPPED:
            return Trial(trial.start, trial.end, trouble=Trouble.TOO_LOUD)
        return trial

    def _answer(self, trial: Trial | None) -> None:
        self._say(self.lesson.answered(trial), self._mixer.position)

    def _say(self, text: str, at: Samples) -> None:
        self._waiting_since = None
        self._asked += 1
        self._tell(f"{self.lesson.progress}: {text}" if self.lesson.phrase else text)
        clip = self._renderer.get(text)
        self._mixer.play(clip, max(at, self._mixer.position), self._asked)


def _foreseen(lesson: Lesson) -> Iterator[str]:
    """Yield what will be said if all goes well, so that nobody waits for it."""
    texts = lesson.texts
    yield from (texts.again, texts.once_more)
    for phrase in lesson.phrases:
        yield f"{texts.good} {texts.say.format(phrase=phrase)}"
        yield f"{texts.different} {texts.please_say.format(phrase=phrase)}"


def teach(
    commands: Commands,
    voice: Engine,
    lesson: Lesson,
    *,
    mic: str | None,
    speaker: str | None,
    tell: Callable[[str], None],
) -> Profile | None:
    """Hold `lesson` on real sound or files; keep what was learnt, and return it.

    Nothing is written before the end: None, and an older profile as it was, where nothing was
    learnt. Raises DeviceError, ModelError, OutputError, AudioFileError, VoiceCoachError.
    """
    with ExitStack() as open_things:
        audio = open_things.enter_context(open_audio(mic, speaker, tail=_PATIENCE))
        recorder = TakeRecorder(lesson.phrases, lesson.texts.skips)
        teacher_voice, _ = load_voice(voice, tell)
        renderer = open_things.enter_context(
            closing(Renderer(teacher_voice, threaded=audio.realtime))
        )
        mixer = Mixer()
        teacher = open_things.enter_context(
            closing(
                Teacher(
                    lesson,
                    recorder,
                    commands,
                    renderer=renderer,
                    mixer=mixer,
                    live=audio.realtime,
                    tell=tell,
                )
            )
        )
        _run(audio, mixer, teacher, tell)
    if not teacher.over:
        raise VoiceCoachError(
            f"The recording ended at “{lesson.phrase}”, before the lesson did. "
            "Nothing was changed; give a longer recording, or a microphone."
        )
    if not lesson.learnt:
        return None
    learnt = lesson.profile(f"{datetime.now(UTC):%d %B %Y}, {audio}")
    learnt.save(profile_path())
    return learnt


def known() -> str:
    """Say what has been learnt, and where it is kept; ModelError for a damaged profile."""
    profile = own_profile()
    if profile is None:
        return "It has not been taught your voice. Begin with voice-coach teach."
    phrases = ", ".join(profile.phrases)
    return f"It knows how you say: {phrases}. Taught {profile.made}; kept in {profile_path()}."


def forgotten() -> str:
    """Delete what has been learnt, and say so; OutputError where that fails."""
    path = profile_path()
    try:
        path.unlink()
    except FileNotFoundError:
        return "There is nothing to forget: it has not been taught your voice."
    except OSError as error:
        raise OutputError(f"Cannot delete {path}: {error.strerror or error}.") from error
    return f"Forgotten: {path} is deleted."


def _run(audio: Audio, mixer: Mixer, teacher: Teacher, tell: Callable[[str], None]) -> None:
    def on_block(microphone: Pcm, played: Pcm, position: Samples) -> None:
        teacher.on_block(microphone, played, position)
        if teacher.over:
            audio.stop()

    audio.run(mixer, on_block, lambda notice: tell(notice.text))
