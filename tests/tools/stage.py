"""A coach with a voice of tones and ears that are whispered to, on a clock that the test turns.

Owns what stands in for voice, recogniser and devices; must not know what is tested.
"""

import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue

import numpy as np

from tests.tools.language import ENGLISH
from voice_coach.app.addressed import Attempt
from voice_coach.app.coach import Coach, Persistence
from voice_coach.app.happenings import Happening, Said
from voice_coach.audio.decimation import Decimator
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, Sound, silence
from voice_coach.core.intents import Commands
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Routine
from voice_coach.errors import ModelError
from voice_coach.hearing.listener import Transcript
from voice_coach.speaking.renderer import Renderer
from voice_coach.units import BLOCK, Samples, to_frames, to_samples

QUIET = silence(BLOCK)


class Tone:
    """A voice that says everything as a tone, about 50 ms for each letter, or fails where told."""

    name = "tone"

    def __init__(self) -> None:
        self.unspeakable = ""
        self.fault: Exception | None = None
        self.rendered: SimpleQueue[str] = SimpleQueue()
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False
        self.led: list[tuple[str, Samples]] = []
        """What was said, with the length of the breath that it leads."""

    def render(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Sound:
        self.gate.wait(10)
        if self.fault:
            raise self.fault
        if self.unspeakable and self.unspeakable in text:
            raise ModelError(f"The voice broke at '{text}'.")
        self.rendered.put(text)
        self.led.append((text, breath))
        return np.full(to_frames(round(len(text) * 777 / speed)), 0.1, dtype=np.float32)

    def drained(self) -> Iterator[str]:
        """Yield what has been rendered."""
        while not self.rendered.empty():
            yield self.rendered.get()

    def close(self) -> None:
        self.closed = True


class Whisper:
    """Ears to which utterances are whispered, each to be heard in the block at its time."""

    level_db = -60.0
    speaking = False

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self.whispered: list[tuple[Samples, str]] = []
        self.position: Samples = 0
        self.listening = ""
        self.reference: list[Pcm] = []
        self.learnt: Commands | None = None
        self.attempted: list[Attempt] = []

    def learn(self, commands: Commands) -> None:
        self.learnt = commands

    def attempts(self) -> Iterator[Attempt]:
        """Yield what the test lets be said in vain."""
        while self.attempted:
            yield self.attempted.pop(0)

    def hear(self, microphone: Pcm, played: Pcm, listening: str) -> Iterator[Transcript]:
        assert len(microphone) == len(played) == BLOCK
        self.reference.append(played)
        self.position += BLOCK
        self.listening = listening
        while self.whispered and self.whispered[0][0] <= self.position:
            _, text = self.whispered.pop(0)
            yield Transcript(
                text, 1.0, self.position - 8000, self.position, self.position, listening
            )


class Stage:
    """A coach with all that it needs, and a clock that the test turns."""

    def __init__(
        self, routines: tuple[Routine, ...], commands: Commands, *, threaded: bool = False
    ) -> None:
        self.voice, self.mixer, self.ears = Tone(), Mixer(), Whisper(commands)
        self.renderer = Renderer(self.voice, threaded=threaded)
        self.other, self.loading = Tone(), threading.Event()
        self.loading.set()
        self.broken = ""
        """Why the other voice cannot be made, if it cannot."""
        self.kept: list[Preferences] = []
        self.happenings: list[Happening] = []
        self.reference = Decimator()
        self.sound: list[Sound] = []
        self.coach = Coach(
            routines,
            commands,
            language=ENGLISH,
            ears=self.ears,  # type: ignore[arg-type]
            renderer=self.renderer,
            mixer=self.mixer,
            voices={"first": self._first, "second": self._second},
            persistence=Persistence(prefer=self.kept.append),
            watch=self.happenings.append,
        )

    def _first(self) -> Renderer:
        """Return the first voice anew: the renderer that it had is retired with another voice."""
        return Renderer(self.voice, threaded=not self.renderer.in_step)

    def _second(self) -> Renderer:
        """Return the other voice, which loads when the test lets it."""

        def make() -> Tone:
            self.loading.wait(10)
            if self.broken:
                raise ModelError(self.broken)
            return self.other

        return Renderer(make, threaded=not self.renderer.in_step)

    def run(self, seconds: float) -> None:
        """Move the clock on, block by block."""
        for _ in range(to_samples(seconds) // BLOCK):
            self.block()

    def block(self) -> None:
        sound = self.mixer.render(BLOCK)
        self.sound.append(sound)
        self.coach.on_block(QUIET, self.reference.push(sound), self.mixer.position - BLOCK)

    def hear(self, text: str, seconds: float = 0.02) -> Samples:
        """Let `text` be heard now; return when that was."""
        now = self.mixer.position
        self.ears.whispered.append((now, text))
        self.run(seconds)
        return now

    def said(self) -> list[Said]:
        return [each for each in self.happenings if isinstance(each, Said)]

    def until_said(self, text: str) -> None:
        """Move the clock on until `text` is said, for ten seconds of the machine at most."""
        give_up = time.monotonic() + 10
        while text not in [each.text for each in self.said()]:
            assert time.monotonic() < give_up, f"'{text}' was never said"
            self.block()

    def heard(self) -> Sound:
        """Return all that was played, three frames to each sample of the clock."""
        return np.concatenate(self.sound)

    def close(self) -> None:
        self.coach.close()
