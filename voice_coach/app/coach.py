"""The coach itself: the one place where hearing, the session and speaking meet.

Owns the session and the order in which the parts act; must not know how a device works, what
an engine is called inside, nor what a routine contains.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from voice_coach.app.addressed import Attempt
from voice_coach.app.ears import Ears, attend
from voice_coach.app.happenings import (
    Said,
    SignalGiven,
    SpeechHeard,
    SpeechLeft,
    Standing,
    StateShown,
    ToneSounded,
    Watcher,
)
from voice_coach.audio import tones
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, Sound, duration, faded, quiet
from voice_coach.core.attention import heeds
from voice_coach.core.intents import Commands, Intent
from voice_coach.core.language import Language
from voice_coach.core.names import as_asked
from voice_coach.core.notes import Note
from voice_coach.core.plan import Plan
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Routine
from voice_coach.core.session import advance, upcoming
from voice_coach.core.state import (
    Action,
    Chime,
    Event,
    Give,
    Heard,
    Measured,
    Memory,
    Mode,
    Opened,
    Say,
    SetVolume,
    Silence,
    Spoken,
    State,
    TimeUp,
    Tone,
    Unheard,
)
from voice_coach.core.transitions import answer
from voice_coach.crash import described
from voice_coach.errors import ModelError, VoiceCoachError
from voice_coach.hearing.listener import Transcript
from voice_coach.speaking.pronunciation import respelled
from voice_coach.speaking.renderer import Renderer
from voice_coach.speaking.voices import Voices
from voice_coach.units import Samples, to_frames, to_samples

__all__ = [
    "Coach",
    "Ears",
    "Persistence",
    "attend",
]

LEAD = to_samples(0.1)
"""How long before its time a cue is decided, so that it can begin at its very sample."""

DUCK_DB = -15.0
"""How much lower the coach speaks while the user does."""
DUCK_OVER = to_samples(0.01)
"""How fast it lowers its voice: the user shall be heard, and no click."""
RELEASE_OVER = to_samples(0.4)
"""How fast it comes back when what the user said was no command."""

PATIENCE = to_samples(60)
"""What happens only after so long is not waited for at the end of a recording or a script."""
MEASURED_EVERY = to_samples(0.5)
"""How often it is looked whether all words of a plan have been rendered."""


@dataclass(frozen=True)
class Persistence:
    """What outlives the session: where it comes from, and where it goes."""

    preferences: Preferences = field(default_factory=Preferences)
    memory: Memory = field(default_factory=Memory)
    note: Callable[[Note, Samples], None] = lambda *_: None
    """Keeps what happened."""
    prefer: Callable[[Preferences], None] = lambda _: None
    """Keeps what the user has changed by voice."""


class Coach:
    """Hears, decides and speaks, block by block; the only owner of the session."""

    def __init__(
        self,
        routines: tuple[Routine, ...],
        commands: Commands,
        *,
        language: Language,
        ears: Ears,
        renderer: Renderer,
        mixer: Mixer,
        voices: Mapping[str, Callable[[], Renderer]] = MappingProxyType({}),
        persistence: Persistence | None = None,
        watch: Watcher = lambda _: None,
    ) -> None:
        """Speak with `renderer`, the first of `voices`; see `Voices`."""
        self._persistence = persistence or Persistence()
        self.state = State(
            routines,
            language,
            preferences=self._persistence.preferences,
            voices=tuple(voices),
            memory=self._persistence.memory,
        )
        self.problems: list[str] = []
        """One line for each voice that failed, and for what none could say."""
        self._first = next(iter(voices), "")
        mixer.volume_db = self.state.preferences.volume_db
        self._commands = commands
        self._ears = ears
        self._voices = Voices(renderer, voices, self._respelled)
        self._mixer = mixer
        self._watch = watch
        self._unspoken: deque[tuple[Say, Future[Sound]]] = deque()
        self._rendered_ahead: tuple[Plan | None, float] | None = None
        self._unmeasured: Plan | None = None
        self._look_again: Samples = 0
        self._shelf: tuple[tuple[Routine, ...], Commands] | None = None
        self._preview: deque[str] = deque()
        self._preview_voice: str | None = None
        self._previewed: Future[Sound] | None = None
        self._sample: Future[Sound] | None = None
        self._tones = 0
        self._ducked = False
        self._obeyed = False

    def on_block(self, microphone: Pcm, played: Pcm, _: Samples) -> None:
        """Take one block of sound, and let everything happen that is due."""
        for utterance in self._ears.hear(microphone, played, self.state.listening):
            self._understand(utterance)
        for attempt in self._ears.attempts():
            self._miss(attempt)
        self._give_way()
        for finished in self._mixer.finished():
            if finished.tag > 0 and not finished.cut:
                self._advance(Spoken(finished.tag), finished.at)
        while (due := self.state.due) is not None and due <= self._mixer.position + LEAD:
            self._advance(TimeUp(), due)
        self._speak()
        self._say_preview()
        self._take_shelf()
        self._measure()

    def open(self) -> None:
        """Come alive: offer to go on with a session that was cut off."""
        self._advance(Opened(), self._mixer.position)

    def do(self, intent: Intent) -> None:
        """Do what `intent` asks, as if it had been heard now, and listened to."""
        self._advance(Heard(intent, by_hand=True), self._mixer.position)

    def shelve(self, routines: tuple[Routine, ...], commands: Commands) -> None:
        """Offer these routines from now on, once nothing is running."""
        self._shelf = (routines, commands)

    def preview(self, text: str, voice: str | None = None) -> None:
        """Say `text` when it is rendered, if nothing is running then; one at a time.

        `voice` names another voice than the one that speaks; it says this and nothing more.
        """
        if voice is not None and voice not in self._voices.names:
            return  # it has failed since it was asked for
        whole = [text] if voice else re.split(r"(?<=[.!?]) +", text.strip())
        self._preview, self._preview_voice = deque(whole), voice
        self._previewed = None

    @property
    def at_rest(self) -> bool:
        """Whether nothing more will happen for a minute unless somebody speaks."""
        due = self.state.due
        later = due is None or due - self._mixer.position > PATIENCE
        waiting = later and self.state.on_air is None
        return waiting and not self._unspoken and not self._ears.speaking

    def _understand(self, utterance: Transcript) -> None:
        intent = self._commands.match(utterance.text, utterance.grammar)
        if intent is not None:
            intent = as_asked(intent, utterance.text, utterance.written, self._commands.nameless)
            intent = intent if heeds(self.state, Heard(intent)) else None
        decided, start, end = utterance.decided, utterance.start, utterance.end
        self._watch(SpeechHeard(decided, start, end, utterance.text, intent))
        if intent is not None:
            self._obeyed = True
            self._advance(Heard(intent), max(self._mixer.position, decided))

    def _miss(self, attempt: Attempt) -> None:
        """Let whoever spoke to the coach in vain know it, as often as is good for them."""
        if self.state.muted:
            return
        now = self._mixer.position
        meant = self._commands.match(attempt.written, self.state.listening)
        if meant is not None and "unknown" in meant.slots:  # a name that no grammar has
            self._watch(SpeechHeard(now, attempt.start, attempt.end, attempt.written, meant))
            self._advance(Heard(meant), now)
            return
        self._watch(SpeechLeft(now, attempt.start, attempt.end, attempt.written, attempt.reason))
        self._advance(Unheard(), now)

    def _say_preview(self) -> None:
        """Say one sentence after the other, so that a command need not wait for all of them.

        What cannot be spoken is passed over: it is not part of any routine yet.
        """
        if not self._preview:
            return
        if self.state.mode is not Mode.IDLE:
            self._preview.clear()
            self._previewed = None
        elif self.state.on_air is None:
            text = self._preview[0]
            if self._previewed is None:
                speed, voice = self.state.preferences.tempo, self._preview_voice
                sample = partial(self._voices.sample, voice) if voice else self._voices.request
                self._previewed = sample(text, speed)
            if self._previewed.done():
                self._preview.popleft()
                if fault := self._previewed.exception():
                    self.problems += [described(fault)] if self._preview_voice else []
                else:
                    now = self._mixer.position
                    self._sample = self._previewed
                    self._become(*answer(self.state, text, now), now)
                self._previewed = self._sample = None

    def _take_shelf(self) -> None:
        if self._shelf is not None and self.state.mode is Mode.IDLE:
            routines, self._commands = self._shelf
            self.state = replace(self.state, routines=routines)
            self._ears.learn(self._commands)
            self._shelf = None

    def _give_way(self) -> None:
        """Lower the voice while the user speaks; what has been obeyed is answered in full."""
        speaking = self._ears.speaking
        ducked = speaking and not self._obeyed
        if ducked != self._ducked:
            self._ducked = ducked
            if ducked:
                self._mixer.duck(DUCK_DB, DUCK_OVER)
            else:
                self._mixer.duck(0.0, DUCK_OVER if self._obeyed else RELEASE_OVER)
        self._obeyed = speaking and self._obeyed

    def _advance(self, event: Event, now: Samples) -> None:
        self._become(*advance(self.state, event, now), now)

    def _become(self, state: State, actions: tuple[Action, ...], now: Samples) -> None:
        before, self.state = self.state, state
        if (shown := _shown(self.state, now)) != _shown(before, now):
            self._watch(shown)
        if self.state.preferences != before.preferences:
            self._like(before.preferences)
        for action in actions:
            self._perform(action, now)
        wanted = (self.state.plan, self.state.preferences.tempo)
        if wanted != self._rendered_ahead:
            self._rendered_ahead = wanted
            self._voices.prefetch(upcoming(self.state), self.state.preferences.tempo)
            self._unmeasured = self.state.plan

    def _like(self, before: Preferences) -> None:
        """Take over what the user has changed, and keep it."""
        name = self.state.preferences.voice_name
        if name is not None and name != before.voice_name and name in self._voices.names:
            self._voices.change(name)
            self._rendered_ahead = None
        self._persistence.prefer(self.state.preferences)

    def close(self) -> None:
        """End the voices."""
        self._voices.close()

    def _measure(self) -> None:
        """Tell the session how long its words are, once all that are to come have been rendered."""
        plan, speed = self._unmeasured, self.state.preferences.tempo
        if plan is None or self._mixer.position < self._look_again:
            return
        self._look_again = self._mixer.position + MEASURED_EVERY
        texts = {cue.words for cue in plan.cues[self.state.index : -1] if cue.words}
        lengths = self._voices.lengths(texts, speed)
        if lengths is not None:
            self._advance(Measured(lengths), self._mixer.position)
            self._rendered_ahead = (self.state.plan, speed)
            self._unmeasured = None

    def _perform(self, action: Action, now: Samples) -> None:
        match action:
            case Say(_, text, _, _, speed, breath):
                sample, self._sample = self._sample, None
                asked = sample or self._voices.request(text, speed, breath)
                self._unspoken.append((action, asked))
            case Give(utterance, signal, at):
                clip = tones.earcon(tones.Earcon(signal.value))
                self._watch(SignalGiven(*self._play(clip, at, utterance), signal))
            case Tone(tone, at, length):
                self._tones -= 1
                clip = tones.breath_tone(tones.Contour(tone.value), length)
                self._watch(ToneSounded(*self._play(clip, at, self._tones), tone))
            case Chime(signal, at):
                self._tones -= 1
                clip = tones.earcon(tones.Earcon(signal.value))
                self._watch(SignalGiven(*self._play(clip, at, self._tones), signal))
            case Silence(tones=everything):
                self._unspoken.clear()
                self._mixer.silence(spare=lambda tag: tag < 0 and not everything)
            case SetVolume(db):
                self._mixer.volume_db = db
            case note:
                self._persistence.note(note, now)
        self._speak()

    def _respelled(self, text: str) -> str:
        """Return `text` as the language and the routine write it for the voice."""
        plan, routines = self.state.plan, self.state.routines
        pronounce = dict(self.state.language.written.pronounce)
        for routine in (plan.routine,) if plan else routines:
            pronounce |= routine.pronounce
        return respelled(text, pronounce)

    def _speak(self) -> None:
        """Schedule what has been rendered; an engine that is still at work is not waited for."""
        while self._unspoken and self._unspoken[0][1].done():
            say, future = self._unspoken.popleft()
            if (fault := future.exception()) is not None:
                self._unspoken.appendleft(self._otherwise(say, future, fault))
                continue
            begins, ends = self._play(future.result(), say.at, say.utterance)
            self._watch(Said(begins, ends, say.text, say.role))

    def _otherwise(
        self, say: Say, future: Future[Sound], fault: BaseException
    ) -> tuple[Say, Future[Sound]]:
        """Have another voice say what one has failed to; where none can, it is left unsaid."""
        unsaid: Future[Sound] = Future()
        unsaid.set_result(quiet(0))
        if isinstance(fault, VoiceCoachError) and not isinstance(fault, ModelError):
            self.problems.append(str(fault))  # it is the text's fault, and no voice's
            return say, unsaid
        if self._voices.speaks(future):
            if not self._take_over(fault):
                return say, unsaid
            if say.text == self.state.texts.other_voice:
                say = replace(say, text=self.state.texts.voice_failed)
        return say, self._voices.request(say.text, say.speed, say.breath)

    def _take_over(self, fault: BaseException) -> bool:
        """Let another voice speak in place of one that failed; return whether there is one.

        A failed voice that the user has changed to is not kept for the next session.
        """
        kept = self._persistence.preferences.voice_name
        changed = self.state.preferences.voice_name != kept
        name = self._voices.replace_failed()
        said = f"The coach speaks with {name} instead." if name else "There is no other voice."
        self.problems.append(f"{described(fault).rstrip('.')}. {said}")
        if name is None:
            return False
        chosen = kept if name == self._first else name
        preferences = replace(self.state.preferences, voice_name=chosen)
        self.state = replace(self.state, preferences=preferences, voices=self._voices.names)
        self._rendered_ahead = None
        if changed:
            self._persistence.prefer(preferences)
        return True

    def _play(self, clip: Sound, at: Samples, tag: int) -> tuple[Samples, Samples]:
        """Schedule a clip, and return where it begins and ends.

        Tones, which nothing waits for, have tags below zero.
        """
        late = self._mixer.position - at
        if late > 0 and tag < 0:  # it ends in time, or it would run into the next one
            clip = faded(clip[to_frames(late) :])
        at = max(at, self._mixer.position)
        self._mixer.play(clip, at, tag)
        return at, at + duration(clip)


def _shown(state: State, now: Samples) -> StateShown:
    """Return what is worth showing of a state."""
    if state.plan is None:
        return StateShown(now, state.mode, None)
    cue = state.cue
    standing = Standing(
        routine=state.plan.routine.name,
        exercise=state.exercise.name,
        side=cue.side,
        repetition=cue.repetition or None,
        repetitions=cue.repetitions or None,
        breath=state.breath,
    )
    return StateShown(now, state.mode, standing)
