"""A session on real sound: opens devices and engines in order, runs, and closes them.

Owns the start and the end of everything that is alive; must not know what is said when.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from voice_coach.app.assembly import Assembly, assemble
from voice_coach.app.coach import Coach, Persistence
from voice_coach.app.engines import (
    Engine,
    load_voice,
    make_separate_recogniser,
    make_voice,
)
from voice_coach.app.happenings import Happening, Said, SpeechHeard, SpeechLeft, Watcher
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, Sound, silence
from voice_coach.audio.world import Audio, Recording, open_audio
from voice_coach.core.intents import Commands, Intent
from voice_coach.core.notes import Continued, Discarded, Note, kind_and_details
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Routine
from voice_coach.core.state import Memory, Place
from voice_coach.crash import described
from voice_coach.errors import OutputError, VoiceCoachError
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.engines.separate_process import SeparateProcess
from voice_coach.hearing.listener import Listener
from voice_coach.history.journal import Journal
from voice_coach.settings import file as settings_file
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.voice import Voice
from voice_coach.units import Samples, to_samples
from voice_coach.web.mailbox import Mailbox, NewRoutines, Preview, Sight

if TYPE_CHECKING:
    from voice_coach.web.server import Screen

TAIL = to_samples(10)
"""How long the coach goes on listening after a recording that stands in for the microphone."""

GREETED = timedelta(hours=1)
"""Who has used the coach so lately knows that it listens."""

_BETWEEN = to_samples(0.6)
"""Silence between two voices that are compared."""

Notify = Callable[[str, Samples], None]
"""Takes what is wrong and yet no error, as one line for people, and when it was noticed."""

RESTARTED = (
    "What listens stopped working and was started again. If you have just said something, say it"
    " once more."
)


@dataclass(frozen=True)
class Stage(Assembly):
    """What is alive during a session, for those who watch it."""

    audio: Audio


def coach_live(
    routines: tuple[Routine, ...],
    commands: Commands,
    engines: tuple[Engine, Engine],
    *,
    recogniser: SeparateProcess | None = None,
    start: str | None = None,
    mic: str | None = None,
    speaker: str | None = None,
    preferences: Preferences | None = None,
    phrases: PhraseCache | None = None,
    watch: Watcher = lambda _: None,
    notice: Notify = lambda *_: None,
    ready: Callable[[Stage], None] = lambda _: None,
    screen: "Screen | None" = None,
) -> None:
    """Coach until the microphone's recording ends, a device fails or Ctrl-C.

    `recogniser` is the first of `engines` if that has been started already; it is closed here.
    `start` names a routine to begin with, else the coach waits to be told by voice; `phrases`
    keeps what was rendered; `ready` is called when everything is open, and `screen` then shows it
    and takes commands, too. What happens is kept in the journal, and what the user prefers in the
    settings. Raises DeviceError, ModelError, OutputError, JournalBusyError.
    """
    with ExitStack() as open_things:
        # It loads in a process of its own while everything else is opened.
        recogniser = recogniser or make_separate_recogniser(engines[0])
        open_things.enter_context(closing(recogniser))
        told = (
            notice  # what the page's server says of itself is for the terminal: it names the code
        )
        if screen:
            notice = _noticed_by(screen.mailbox, notice)
        audio = open_things.enter_context(open_audio(mic, speaker, tail=TAIL))
        audio.open()  # so that the devices wake meanwhile
        voice = open_things.enter_context(_loading(engines[1], lambda text: notice(text, 0)))
        journal = open_things.enter_context(Journal.open(threaded=audio.realtime))
        for state in commands.states:  # now, so that no change of state waits for its grammar
            recogniser.use(commands.grammar(state))
        disk = _DiskPersistence(journal, preferences or Preferences(), threaded=audio.realtime)
        open_things.enter_context(closing(disk))
        decisions: SimpleQueue[Decision] = SimpleQueue()
        assembled = assemble(
            routines,
            commands,
            Listener(recogniser, watch=decisions.put),
            engines[1],
            live=audio.realtime,
            decisions=decisions,
            phrases=phrases,
            persistence=disk.persistence(routines),
            watch=_told_to(screen.mailbox, watch) if screen else watch,
            loaded=voice,
        )
        parts = open_things.enter_context(assembled)
        coach, mixer = parts.coach, parts.mixer
        stage = Stage(coach, parts.ears, mixer, audio)
        if screen:
            open_things.enter_context(closing(screen))
            screen.show(_sight(stage), lambda text: told(text, mixer.position))
        ready(stage)
        if start is not None:
            coach.do(Intent("start", {"routine": start}))
        else:
            coach.open()
        health = _Health(coach, recogniser, disk, phrases, notice)

        def on_block(microphone: Pcm, played: Pcm, position: Samples) -> None:
            coach.on_block(microphone, played, position)
            if screen:
                obey(coach, screen.mailbox)
            health.check(position)

        audio.run(mixer, on_block, lambda news: notice(news.text, mixer.position))


@contextmanager
def _loading(
    engine: Engine, tell: Callable[[str], None]
) -> Iterator[Callable[[], tuple[Voice, dict[str, Engine]]]]:
    """Load a voice while everything else is opened; give what waits for it, and then tells."""
    told: list[str] = []
    with ThreadPoolExecutor(1, "voice") as pool:
        loading = pool.submit(load_voice, engine, told.append)

        def loaded() -> tuple[Voice, dict[str, Engine]]:
            found = loading.result()
            for text in told:
                tell(text)
            return found

        yield loaded


def _sight(stage: Stage) -> Sight:
    """Return where a page may look."""
    return Sight(
        state=lambda: stage.coach.state,
        position=lambda: stage.mixer.position,
        latency=lambda: stage.audio.output_latency,
        level_db=lambda: stage.ears.level_db,
        speaking=lambda: stage.ears.speaking,
    )


def _told_to(mailbox: Mailbox, watch: Watcher) -> Watcher:
    """Return who watches, so that pages see what is said and heard, too."""

    def told(happening: Happening) -> None:
        match happening:
            case Said(at=at, text=text):
                mailbox.said(text, at)
            case SpeechHeard(at=at, text=text, intent=Intent()):
                mailbox.heard(text, at)
            case SpeechLeft(at=at, reason=reason):
                mailbox.heard(reason, at)
        watch(happening)

    return told


def _noticed_by(mailbox: Mailbox, tell: Notify) -> Notify:
    """Return what takes notices, so that pages see them, too."""

    def noticed(text: str, at: Samples) -> None:
        mailbox.noticed(text, at)
        tell(text, at)

    return noticed


def obey(coach: Coach, mailbox: Mailbox) -> None:
    """Do what was asked for first on a page, exactly as if it had been said."""
    match mailbox.take():
        case Intent() as intent:
            coach.do(intent)
        case Preview(text, voice):
            coach.preview(text, voice)
        case NewRoutines(routines, commands):
            coach.shelve(routines, commands)


class _DiskPersistence:
    """Keeps what happens in the journal, and what the user prefers in the settings.

    The settings are written in a thread of their own, in order: each change waits for the disk.
    """

    def __init__(self, journal: Journal, preferences: Preferences, *, threaded: bool) -> None:
        self._journal = journal
        self._preferences = preferences
        self._problem: str | None = None
        self._saving = ThreadPoolExecutor(1, "settings") if threaded else None
        self._saves: list[Future[None]] = []

    def close(self) -> None:
        """Wait until every preference is kept."""
        if self._saving:
            self._saving.shutdown()

    def persistence(self, routines: tuple[Routine, ...]) -> Persistence:
        """Return what the coach gets of it."""
        memory = _memory(self._journal, routines)
        return Persistence(self._preferences, memory, self._note, self._prefer)

    @property
    def notices(self) -> tuple[str, ...]:
        """One line each for what could not be kept, so far."""
        for save in [each for each in self._saves if each.done()]:
            self._saves.remove(save)
            self._take_problem(save.result)
        problems = (self._problem, self._journal.problem)
        return (*self._journal.notices, *filter(None, problems))

    def _note(self, note: Note, at: Samples) -> None:
        match note:
            case Discarded():  # the journal notes it itself, with the session that was cut off
                self._journal.discard_unfinished()
                return
            case Continued():
                self._journal.continue_unfinished()
        self._journal.append(*kind_and_details(note), at)

    def _prefer(self, preferences: Preferences) -> None:
        before, self._preferences = self._preferences, preferences
        for each in fields(preferences):
            value = getattr(preferences, each.name)
            if value == getattr(before, each.name):
                continue
            save = partial(settings_file.change, each.name, value)
            if self._saving:
                self._saves.append(self._saving.submit(save))
            else:
                self._take_problem(save)

    def _take_problem(self, save: Callable[[], None]) -> None:
        try:
            save()
        except OutputError as error:
            self._problem = str(error)


def _memory(journal: Journal, routines: tuple[Routine, ...]) -> Memory:
    """Return what the session needs to know of earlier ones."""
    hurt = {(routine.name, name) for routine in routines for name in journal.hurt(routine.name)}
    # Whoever never heard a welcome to its end is told the signs of danger as if for the first time.
    sessions = journal.sessions if journal.welcomed else 0
    quiet, mark = journal.quiet_for(), journal.unfinished
    return Memory(
        sessions,
        journal.led,
        frozenset(hurt),
        Place(mark.routine, mark.exercise, mark.name, mark.repetition, mark.side, mark.shifts)
        if mark
        else None,
        greeted=quiet is not None and timedelta() <= quiet < GREETED,
    )


class _Health:
    """Tells once what is wrong and yet no error: a lost voice or recogniser, a full disk."""

    def __init__(
        self,
        coach: Coach,
        recogniser: SeparateProcess,
        disk: _DiskPersistence,
        phrases: PhraseCache | None,
        tell: Notify,
    ) -> None:
        self._coach = coach
        self._recogniser = recogniser
        self._disk = disk
        self._phrases = phrases
        self._tell = tell
        self._restarts = 0
        self._told: set[str] = set()

    def check(self, now: Samples) -> None:
        if self._recogniser.restarts > self._restarts:
            self._restarts = self._recogniser.restarts
            self._tell(RESTARTED, now)
        problem = self._phrases.problem if self._phrases else None
        for line in (*self._coach.problems, *self._disk.notices, *filter(None, [problem])):
            if line not in self._told:
                self._told.add(line)
                self._tell(line, now)


def speak(
    text: str,
    engine: Engine,
    speaker: str | Path | None = None,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Say `text` through the loudspeaker; returns when it has been heard.

    `tell` gets one line where another voice had to take the place of `engine`. Raises DeviceError,
    ModelError, OutputError, and VoiceCoachError for an unspeakable text.
    """
    voice, _ = load_voice(engine, tell)
    with closing(voice):
        clip = voice.render(text)
    if not len(clip):
        raise VoiceCoachError(f"There is nothing to say in '{text[:40]}'. Give some words.")
    _play([clip], speaker)


def audition(
    text: str,
    voices: Mapping[str, Engine],
    speaker: str | Path | None,
    *,
    tell: Callable[[str], None],
    complain: Callable[[str], None],
) -> int:
    """Say `text` in each of `voices`, one after the other; return how many could not speak.

    `tell` gets the name of each as it begins, `complain` one line for each that cannot speak.
    Raises DeviceError, OutputError.
    """
    clips = {}
    for name, engine in voices.items():
        try:
            with closing(make_voice(engine)) as voice:
                clips[name] = voice.render(text)
        except Exception as fault:
            complain(described(fault))
    names = iter(clips)
    if clips:
        _play(list(clips.values()), speaker, lambda: tell(next(names)))
    return len(voices) - len(clips)


def _play(
    clips: list[Sound], speaker: str | Path | None, begins: Callable[[], None] = lambda: None
) -> None:
    """Play `clips` one after the other; `begins` is called as each of them begins."""
    mixer = Mixer()
    waiting = deque(clips)

    def play_next(at: Samples) -> None:
        begins()
        mixer.play(waiting.popleft(), at, tag=0)

    with open_audio(Recording(silence(0)), speaker) as audio:
        play_next(0)

        def on_block(_: Pcm, __: Pcm, ___: Samples) -> None:
            if mixer.finished():
                if waiting:
                    play_next(mixer.position + _BETWEEN)
                else:
                    audio.stop()

        audio.run(mixer, on_block)
