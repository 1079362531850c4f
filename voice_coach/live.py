"""A session on real sound: opens devices and engines in order, runs, and closes them.

Owns the start and the end of everything that is alive; must not know what is said when.
"""

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from voice_coach.app import Coach, Ears, Watcher
from voice_coach.core.intents import Commands, Intent
from voice_coach.core.routine import Routine
from voice_coach.engines import Engine, make_separate_recogniser, make_voice
from voice_coach.errors import VoiceCoachError
from voice_coach.hearing.listener import Listener
from voice_coach.hearing.worker import SeparateProcess
from voice_coach.sound.device import Audio, Recording, open_audio
from voice_coach.sound.pcm import Pcm, silence
from voice_coach.sound.playback import Playback
from voice_coach.speaking.renderer import Renderer
from voice_coach.units import Samples, to_samples

TAIL = to_samples(10)
"""How long the coach goes on listening after a recording that stands in for the microphone."""

Tell = Callable[[str, Samples], None]
"""Takes what is wrong and yet no error, as one line for people, and when it was noticed."""

RESTARTED = (
    "What listens stopped working and was started again. If you have just said something, say it"
    " once more."
)


@dataclass(frozen=True)
class Stage:
    """What is alive during a session, for those who watch it."""

    coach: Coach
    ears: Ears
    playback: Playback
    audio: Audio


def coach_live(
    routines: tuple[Routine, ...],
    commands: Commands,
    engines: tuple[Engine, Engine],
    *,
    start: str | None = None,
    mic: str | None = None,
    speaker: str | None = None,
    watch: Watcher = lambda _: None,
    notice: Tell = lambda *_: None,
    ready: Callable[[Stage], None] = lambda _: None,
) -> None:
    """Coach until the microphone's recording ends, a device fails or Ctrl-C.

    `start` names a routine to begin with, else the coach waits to be told by voice; `ready`
    is called when everything is open. Raises DeviceError, ModelError, OutputError.
    """
    with ExitStack() as open_things:
        # The devices first: the commonest thing to go wrong, and the quickest to tell.
        audio = open_things.enter_context(open_audio(mic, speaker, tail=TAIL))
        recogniser = open_things.enter_context(closing(make_separate_recogniser(engines[0])))
        renderer = open_things.enter_context(
            closing(Renderer(make_voice(engines[1]), threaded=audio.realtime))
        )
        for state in commands.states:
            recogniser.use(
                commands.grammar(state)
            )  # loaded now, so that no change of state waits for it
        listener = Listener(recogniser)
        ears = open_things.enter_context(closing(Ears(listener, commands, live=audio.realtime)))
        playback = Playback()
        coach = Coach(
            routines, commands, ears=ears, renderer=renderer, playback=playback, watch=watch
        )
        ready(Stage(coach, ears, playback, audio))
        if start is not None:
            coach.do(Intent("start", {"routine": start}))
        health = _Health(recogniser, notice)

        def on_block(microphone: Pcm, played: Pcm, position: Samples) -> None:
            coach.on_block(microphone, played, position)
            health.check(position)

        audio.run(playback, on_block, lambda news: notice(news.text, playback.position))


class _Health:
    """Tells when the recogniser had to be started anew."""

    def __init__(self, recogniser: SeparateProcess, tell: Tell) -> None:
        self._recogniser = recogniser
        self._tell = tell
        self._restarts = 0

    def check(self, now: Samples) -> None:
        if self._recogniser.restarts > self._restarts:
            self._restarts = self._recogniser.restarts
            self._tell(RESTARTED, now)


def speak(text: str, engine: Engine, speaker: str | Path | None = None) -> None:
    """Say `text` through the loudspeaker; returns when it has been heard.

    Raises DeviceError, ModelError, OutputError, and VoiceCoachError for an unspeakable text.
    """
    with closing(make_voice(engine)) as voice:
        clip = voice.render(text)
    if not len(clip):
        raise VoiceCoachError(f"There is nothing to say in '{text[:40]}'. Give some words.")
    playback = Playback()
    with open_audio(Recording(silence(0)), speaker) as audio:
        playback.play(clip, 0, tag=0)

        def on_block(_: Pcm, __: Pcm, ___: Samples) -> None:
            if playback.finished():
                audio.stop()

        audio.run(playback, on_block)
