"""Looks whether everything is there, and asks the user to speak, to measure how well it hears.

Owns the order of the questions and the time for each answer; must not know a word of them, nor
what the figures mean.
"""

import platform
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, get_args

import numpy as np

from voice_coach.app.addressed import like
from voice_coach.app.advice import Figures, Finding, Grade, Understood
from voice_coach.app.coach import attend
from voice_coach.app.engines import Engine, load_voice, make_recogniser, make_voice, second_best
from voice_coach.app.offers import why
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, Sound, duration, silence
from voice_coach.audio.world import Audio, Limits, Notice, NoticeKind, open_audio
from voice_coach.core.intents import Commands
from voice_coach.core.written import CheckupPhrases, CheckupTexts
from voice_coach.errors import ModelError, VoiceCoachError
from voice_coach.grammar import ListeningState
from voice_coach.hearing import measures
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.listener import Listener, Transcript
from voice_coach.models import store
from voice_coach.paths import telemetry_leftover
from voice_coach.units import BLOCK, Samples, to_samples

_BRIEF: Final = Limits(start=4.0, patience=2.0, zeros=1.0)
_TRIAL: Final = to_samples(2.0)
"""How long devices are tried."""
_BEGIN: Final = to_samples(1.0)
"""Before the first word: a sound server starts its devices."""
_QUIET: Final = to_samples(3.0)
_PHRASE: Final = to_samples(4.0)
_BREATH: Final = to_samples(0.4)
"""Between the coach's words and what is measured, and after it."""


@dataclass(frozen=True)
class Request:
    """A command that the user is asked to say."""

    phrase: str
    state: ListeningState
    """In which it is heard."""
    intent: str
    """What it means."""


@dataclass(frozen=True)
class Question:
    """Something that the coach says, and the stretch of sound that answers it."""

    text: str
    clip: Sound
    start: Samples
    """Where it is said."""
    answer: slice
    """What is measured of the recording."""
    request: Request | None = None
    """What the user is asked to say; None for silence."""


def requests(phrases: CheckupPhrases) -> list[Request]:
    """Return what the user is asked to say, in this order."""
    return [
        Request(phrases.pause, ListeningState.SESSION, "pause"),
        Request(phrases.time_left, ListeningState.SESSION, "time_left"),
        Request(phrases.start, ListeningState.IDLE, "start"),
    ]


def questions(texts: CheckupTexts, speak: Callable[[str], Sound]) -> list[Question]:
    """Lay out the examination in time; `speak` gives the sound of a text."""
    asked: list[Question] = []
    at = _BEGIN
    for text, request in _asked(texts):
        clip = speak(text)
        ends = at + duration(clip)
        begins = ends + _BREATH
        answer = slice(begins, begins + (_PHRASE if request else _QUIET))
        if text == texts.stay_quiet:
            answer = slice(at, ends)
        asked.append(Question(text, clip, at, answer, request))
        at = max(answer.stop, ends) + _BREATH
    return asked


def _asked(texts: CheckupTexts) -> Iterator[tuple[str, Request | None]]:
    yield texts.be_quiet, None
    for request in requests(texts.phrases):
        yield texts.say.format(phrase=request.phrase), request
    yield texts.stay_quiet, None


def examine(
    texts: CheckupTexts,
    commands: Commands,
    engines: tuple[Engine, Engine],
    *,
    mic: str | None,
    speaker: str | None,
    tell: Callable[[str], None],
) -> Figures:
    """Ask, listen and measure for half a minute; `tell` gets each question as it is asked.

    Raises DeviceError, ModelError, OutputError, AudioFileError.
    """
    voice, _ = load_voice(engines[1], tell)
    with closing(voice):
        asked = questions(texts, voice.render)
    notices: list[NoticeKind] = []
    with open_audio(mic, speaker) as audio:
        microphone, played = _record(audio, asked, tell, notices)
    with closing(make_recogniser(engines[0])) as recogniser:
        decisions: list[Decision] = []
        listener = Listener(recogniser, watch=decisions.append)
        heard = _heard(microphone, played, asked, listener, commands)
    quiet, own = asked[0], asked[-1]
    noise_db = measures.noise_db(microphone[quiet.answer])
    answers = np.concatenate([microphone[q.answer] for q in asked if q.request])
    return Figures(
        lifeless=not np.ptp(microphone),
        torn=NoticeKind.NO_NUMBERS in notices,
        offset=measures.offset(microphone),
        noise_db=noise_db,
        speech=measures.speech(answers, noise_db),
        clipped=measures.clipped(answers),
        echo=measures.echo(microphone, played, own.answer, noise_db),
        phrases=tuple(_understood(q, heard, decisions, commands) for q in asked if q.request),
    )


def _record(
    audio: Audio, asked: list[Question], tell: Callable[[str], None], notices: list[NoticeKind]
) -> tuple[Pcm, Pcm]:
    """Ask all questions; return what was heard and what was played, of the same length."""
    mixer = Mixer()
    for tag, question in enumerate(asked):
        mixer.play(question.clip, question.start, tag)
    waiting = list(asked)
    sides: list[tuple[Pcm, Pcm]] = []
    end = asked[-1].answer.stop + to_samples(1.0)

    def on_block(microphone: Pcm, played: Pcm, position: Samples) -> None:
        sides.append((microphone, played))
        if waiting and position + BLOCK > waiting[0].start:
            tell(waiting.pop(0).text)
        if position >= end:
            audio.stop()

    audio.run(mixer, on_block, lambda notice: notices.append(notice.kind))
    microphone, played = (np.concatenate(side) for side in zip(*sides, strict=True))
    return microphone, played


def _heard(
    microphone: Pcm, played: Pcm, asked: list[Question], listener: Listener, commands: Commands
) -> list[Transcript]:
    """Return all that is understood, each answer in the state in which it was asked for."""
    heard: list[Transcript] = []
    ends = [question.start for question in asked[1:]] + [len(microphone)]
    begin = 0
    for question, end in zip(asked, ends, strict=True):
        if question.request:
            attend(listener, commands, question.request.state)
            heard += listener.process(microphone[begin:end], played[begin:end])
        else:  # nobody is asked to speak; but the canceller learns
            listener.process(microphone[begin:end], played[begin:end])
        begin = end
    return heard


def _understood(
    question: Question, heard: list[Transcript], decisions: list[Decision], commands: Commands
) -> Understood:
    request = question.request
    assert request  # noqa: S101 - the caller has looked
    answer = range(question.answer.start - _BREATH, question.answer.stop)
    found = [each for each in heard if each.start in answer]
    meant = [commands.match(each.text, request.state) for each in found]
    right = [each.name for each in meant if each] == [request.intent]
    text = ", ".join(each.text for each in found) or None
    voices = [each.hypothesis for each in decisions if each.segment.voice_start in answer]
    left = max(map(like, voices), key=len) if voices else None
    return Understood(request.phrase, text, right, left)


def check_up(
    texts: CheckupTexts,
    commands: Commands,
    choose: tuple[Callable[[], Engine], Callable[[], Engine]],
    *,
    mic: str | None,
    speaker: str | None,
) -> Iterator[Finding]:
    """Yield whether versions, models, engines and devices are as they must be.

    `choose` returns the recogniser and the voice, or raises what is wrong with the choice.
    """
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding(Grade.GOOD, "version", f"voice-coach {version('voice-coach')}, {python}.")
    for lack in (lack for kind in get_args(store.Kind) for lack in store.incomplete(kind)):
        yield Finding(Grade.BAD, "models", f"A model cannot be used: {lack}")
    yield _checked("recogniser", lambda: _try_recogniser(choose[0](), commands))
    yield _checked("voice", lambda: _try_voice(choose[1](), texts.be_quiet))
    with suppress(ModelError):  # it has been told
        if note := second_best(choose[1]()):
            yield Finding(Grade.HINT, "voice", note)
    yield _checked("devices", lambda: _try_devices(mic, speaker))
    if left := telemetry_leftover():
        yield Finding(
            Grade.HINT,
            "leftover",
            f"{left} holds an id of this machine and reports that onnxruntime meant to send to "
            "its maker. Versions of this coach before 0.2 left it, or another program that uses "
            "onnxruntime; this one neither makes nor reads it. "
            f"Delete it: rm -r {shlex.quote(str(left))}",
        )


def _checked(subject: str, trial: Callable[[], str]) -> Finding:
    try:
        return Finding(Grade.GOOD, subject, trial())
    except VoiceCoachError as problem:
        return Finding(Grade.BAD, subject, str(problem))


def _try_recogniser(engine: Engine, commands: Commands) -> str:
    began = time.monotonic()
    with closing(make_recogniser(engine)) as recogniser:
        for state in commands.states:
            recogniser.use(commands.grammar(state))
        recogniser.start()
        recogniser.hear(silence(to_samples(0.5)))
        recogniser.finish()
    return f"Listens with {engine}; ready in {time.monotonic() - began:.1f} s. {_why(engine)}"


def _try_voice(engine: Engine, text: str) -> str:
    began = time.monotonic()
    with closing(make_voice(engine)) as voice:
        clip = voice.render(text)
    if not len(clip):
        raise VoiceCoachError(f"{engine} says nothing. Choose another one with --voice.")
    return f"Speaks with {engine}; ready in {time.monotonic() - began:.1f} s. {_why(engine)}"


def _why(engine: Engine) -> str:
    reason = why(engine)
    return f"{reason[0].upper()}{reason[1:]}."


def _try_devices(mic: str | None, speaker: str | None) -> str:
    notices: list[Notice] = []
    with open_audio(mic, speaker, limits=_BRIEF) as audio:

        def on_block(_: Pcm, __: Pcm, position: Samples) -> None:
            if position >= _TRIAL:
                audio.stop()

        audio.run(Mixer(), on_block, notices.append)
        if notices:
            raise VoiceCoachError(notices[-1].text)
        if not audio.realtime:
            return "Files stand in for microphone and loudspeaker."
        return f"Sound comes in and goes out: {audio}."
