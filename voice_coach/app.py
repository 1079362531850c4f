"""The coach itself: the one place where hearing, the session and speaking meet.

Owns the session and the one loop that moves it; must not know how a device works, what an
engine is called inside, nor what a routine contains.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from voice_coach.core.intents import Commands, Intent
from voice_coach.core.plan import Plan
from voice_coach.core.routine import Routine
from voice_coach.core.session import advance, upcoming
from voice_coach.core.state import (
    Action,
    Event,
    Heard,
    Say,
    SetVolume,
    Silence,
    Spoken,
    State,
    TimeUp,
)
from voice_coach.hearing.listener import Heard as Utterance
from voice_coach.hearing.listener import Listener
from voice_coach.sound.pcm import Pcm
from voice_coach.sound.playback import Playback
from voice_coach.speaking.renderer import Renderer
from voice_coach.units import Samples, to_samples

LEAD = to_samples(0.1)
"""How long before its time a cue is decided, so that it can begin at its very sample."""

Observer = Callable[[str, Samples, dict[str, Any]], None]
"""Told of all that happens: ("heard" | "said" | "state", position, details)."""


@dataclass(frozen=True)
class Parts:
    """What a coach is made of; each part is real or a file, the coach does not care."""

    routines: tuple[Routine, ...]
    commands: Commands
    listener: Listener
    renderer: Renderer
    playback: Playback


class Coach:
    """Hears, decides and speaks.

    Two threads may use it: one calls `listen` with every block of the microphone, the other
    calls `move` often. With files, one thread does both in turn, and the same input gives
    the same samples.
    """

    def __init__(self, parts: Parts, observe: Observer = lambda *_: None) -> None:
        self.state = State(parts.routines)
        self._commands = parts.commands
        self._listener = parts.listener
        self._renderer = parts.renderer
        self._playback = parts.playback
        self._observe = observe
        self._utterances: SimpleQueue[Utterance] = SimpleQueue()
        self._unspoken: deque[Say] = deque()
        self._rendered_for: tuple[Plan | None, float] | None = None
        self._grammars = {name: parts.commands.grammar(name) for name in parts.commands.states}
        self._listening = ""

    def listen(self, microphone: Pcm, played: Pcm, _: Samples) -> None:
        """Take one block of the microphone, with what the loudspeaker played meanwhile."""
        listening = self.state.listening
        if listening != self._listening:
            self._listener.use(self._grammars[listening])
            self._listening = listening
        for utterance in self._listener.process(microphone, played):
            self._utterances.put(utterance)

    def move(self) -> None:
        """Let everything happen that is due, and say what has been rendered meanwhile."""
        position = self._playback.position
        for finished in self._playback.finished():
            if not finished.cut:
                self._advance(Spoken(finished.tag), finished.at)
        self._answer_utterances(position)
        while self.state.due is not None and self.state.due <= position + LEAD:
            self._advance(TimeUp(), self.state.due)
        self._speak()

    def do(self, intent: Intent) -> None:
        """Do what `intent` asks, as if it had been heard now."""
        self._advance(Heard(intent), self._playback.position)

    def _answer_utterances(self, position: Samples) -> None:
        while True:
            try:
                utterance = self._utterances.get_nowait()
            except Empty:
                return
            intent = self._commands.match(utterance.text, self.state.listening)
            details = {"text": utterance.text, "intent": intent.name if intent else None}
            self._observe("heard", utterance.decided, details)
            if intent is not None:
                self._advance(Heard(intent), max(position, utterance.decided))

    def _advance(self, event: Event, now: Samples) -> None:
        before = self.state
        self.state, actions = advance(before, event, now)
        if (self.state.mode, self.state.index) != (before.mode, before.index):
            self._observe("state", now, {"mode": self.state.mode})
        for action in actions:
            self._perform(action)
        self._render_ahead()

    def _perform(self, action: Action) -> None:
        match action:
            case Say():
                self._unspoken.append(action)
            case Silence():
                self._unspoken.clear()
                self._playback.silence()
            case SetVolume(db):
                self._playback.volume_db = db

    def _speak(self) -> None:
        """Schedule what is ready; an engine that is still rendering is not waited for."""
        while self._unspoken and self._renderer.ready(
            self._unspoken[0].text, self._unspoken[0].speed
        ):
            say = self._unspoken.popleft()
            clip = self._renderer.get(say.text, say.speed)
            at = max(say.at, self._playback.position)
            self._playback.play(clip, at, say.utterance)
            self._observe("said", at, {"text": say.text, "until": at + len(clip)})

    def _render_ahead(self) -> None:
        """Have the rest of the plan rendered, anew where the tempo changed, answers first."""
        urgent = [say.text for say in self._unspoken]
        wanted = (self.state.plan, self.state.tempo)
        if urgent or wanted != self._rendered_for:
            self._rendered_for = wanted
            self._renderer.prefetch([*urgent, *upcoming(self.state)], self.state.tempo)
