"""A session on real sound: opens devices and engines in order, runs, and closes them.

Owns the start and the end of everything that is alive; must not know what is said when.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from voice_coach.app.assembly import Assembly, assemble
from voice_coach.app.coach import Coach, Persistence
from voice_coach.app.engines import Engine, make_separate_recogniser, make_voice
from voice_coach.app.happenings import Happening, Said, SpeechHeard, Watcher
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.audio.world import Audio, Recording, open_audio
from voice_coach.core.intents import Commands, Intent
from voice_coach.core.notes import Continued, Discarded, Note, kind_and_details
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Routine
from voice_coach.core.state import Memory, Place
from voice_coach.errors import OutputError, VoiceCoachError
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
        voice = open_things.enter_context(_loading(engines[1]))
        journal = open_things.enter_context(Journal.open(threaded=audio.realtime))
        for state in commands.states:  # now, so that no change of state waits for its grammar
            recogniser.use(commands.grammar(state))
        disk = _DiskPersistence(journal, preferences or Preferences(), threaded=audio.realtime)
        open_things.enter_context(closing(disk))
        assembled = assemble(
            routines,
            commands,
            Listener(recogniser),
            engines[1],
            live=audio.realtime,
            phrases=phrases,
            persistence=disk.persistence(routines),
            watch=_told_to(screen.mailbox, watch) if screen else watch,
            loaded=voice.result,
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
        health = _Health(recogniser, disk, phrases, notice)

        def on_block(microphone: Pcm, played: Pcm, position: Samples) -> None:
            coach.on_block(microphone, played, position)
            if screen:
                obey(coach, screen.mailbox)
            health.check(position)

        audio.run(mixer, on_block, lambda news: notice(news.text, mixer.position))


@contextmanager
def _loading(engine: Engine) -> Iterator[Future[Voice]]:
    """Load a voice while everything else is opened; whoever takes it closes it."""
    with ThreadPoolExecutor(1, "voice") as pool:
        yield pool.submit(make_voice, engine)


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
        case Preview(text):
            coach.preview(text)
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
    mark = journal.unfinished
    if mark is None:
        return Memory(sessions, frozenset(hurt))
    where = (mark.routine, mark.exercise, mark.name, mark.repetition, mark.side, mark.eased)
    return Memory(sessions, frozenset(hurt), Place(*where))


class _Health:
    """Tells once what is wrong and yet no error: a restarted recogniser, a full disk."""

    def __init__(
        self,
        recogniser: SeparateProcess,
        disk: _DiskPersistence,
        phrases: PhraseCache | None,
        tell: Notify,
    ) -> None:
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
        for line in (*self._disk.notices, *filter(None, [problem])):
            if line not in self._told:
                self._told.add(line)
                self._tell(line, now)


def speak(text: str, engine: Engine, speaker: str | Path | None = None) -> None:
    """Say `text` through the loudspeaker; returns when it has been heard.

    Raises DeviceError, ModelError, OutputError, and VoiceCoachError for an unspeakable text.
    """
    with closing(make_voice(engine)) as voice:
        clip = voice.render(text)
    if not len(clip):
        raise VoiceCoachError(f"There is nothing to say in '{text[:40]}'. Give some words.")
    mixer = Mixer()
    with open_audio(Recording(silence(0)), speaker) as audio:
        mixer.play(clip, 0, tag=0)

        def on_block(_: Pcm, __: Pcm, ___: Samples) -> None:
            if mixer.finished():
                audio.stop()

        audio.run(mixer, on_block)
