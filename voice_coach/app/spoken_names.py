"""Whether a routine's name is understood when spoken: our voices say it, our ears hear it.

Owns how that is tried, and what is proposed where it fails; must not know how a name is written
in a file.
"""

import hashlib
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np

from voice_coach.app.ears import attend
from voice_coach.app.engines import Engine, make_recogniser, make_voice
from voice_coach.audio.pcm import Pcm, as_heard, decibels, silence
from voice_coach.core.intents import Commands
from voice_coach.core.names import as_asked
from voice_coach.core.routine import Routine
from voice_coach.errors import ModelError, NoHomeError
from voice_coach.files import replace
from voice_coach.grammar import ListeningState
from voice_coach.hearing.files import heard_in
from voice_coach.hearing.listener import Listener
from voice_coach.library import read_commands
from voice_coach.paths import spoken_names_path
from voice_coach.settings.keys import VoiceChoice
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.speaking.voice import Voice
from voice_coach.units import to_samples

SENTENCES: Final = ("start {name} routine", "start {name}")
_SPEAKERS: Final = ("en-us+m3", "en-gb", "en-us+f2")
"""Voices of espeak, beside the coach's own."""
_SPEEDS: Final = (1.0, 1.2)
_ROOM_DB: Final = -65.0
_USER_DB: Final = -20.0
_SURE: Final = 0.75
"""Share of the tries from which a name is good: voices of machines are harder than people's."""
_TRIED: Final = 4
"""Aliases that are tried at most, until one is good."""
_PATIENCE_SECONDS: Final = 900.0
"""How long all tries may take: some 50 sentences, on a machine that has more urgent work."""
_LOOK_SECONDS: Final = 0.5
_NICE: Final = 15
"""How far a try stands back behind a coach that is speaking."""


@dataclass(frozen=True)
class SpokenName:
    """What became of a name that was spoken."""

    name: str
    right: int
    """Tries in which its routine was understood …"""
    tries: int
    others: dict[str, int] = field(default_factory=dict)
    """… and those in which another one would have begun, by its name."""
    alias: str = ""
    """What would be understood better, if anything was found."""

    @property
    def sure(self) -> bool:
        """Whether it is understood, and never taken for another."""
        return not self.others and self.right >= _SURE * self.tries


def try_names(routine: Routine, others: Sequence[Routine], listens: Engine) -> list[SpokenName]:
    """Say the name of `routine` and its aliases, and hear them beside all of `others`.

    It is tried once: what came of it is kept, until a name or an engine changes. Raises
    ModelError where nothing can be said or heard.
    """
    kept = _Kept(routine, others, listens)
    if kept.found is None:
        kept.keep(_tried(routine, others, listens))
    return kept.found or []


def told_apart(
    listens: Engine,
    routine: Routine,
    others: Sequence[Routine],
    give_up: Callable[[], bool],
) -> str | None:
    """Try the name of `routine` beside `others` and say in words how it is heard.

    It is done in a process of its own that others go before, since decoding holds Python's lock
    and would stop every sound. `give_up` is asked twice a second; None if it was given up. Raises
    ModelError where nothing can be said or heard, or where it takes too long.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_serve, args=(theirs, routine, others, listens), name="names", daemon=True
    )
    process.start()
    theirs.close()
    try:
        for _ in range(round(_PATIENCE_SECONDS / _LOOK_SECONDS)):
            if ours.poll(_LOOK_SECONDS):
                return in_words(_received(ours))
            if give_up():
                return None
        raise ModelError("It took too long.")
    finally:
        process.kill()
        process.join()
        ours.close()


def in_words(found: Sequence[SpokenName]) -> str:
    """Say how the names of a routine are heard, and what to do about it."""
    best = max(found, key=lambda each: (each.sure, each.right))
    heard = f"Heard {best.right} of {best.tries} times"
    if best.sure:
        return f"{heard}." if best is found[0] else f"{heard} by its alias “{best.name}”."
    taken = max(best.others, key=best.others.__getitem__, default="")
    said = f"Would be taken for {taken}" if taken else heard
    alias = next((each.alias for each in found if each.alias), "")
    return f"{said}; try the alias “{alias}”." if alias else f"{said}; choose a longer name."


def _serve(
    answers: Connection, routine: Routine, others: Sequence[Routine], listens: Engine
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coach, which ends this one
    os.nice(_NICE)
    try:
        answers.send(try_names(routine, others, listens))
    except ModelError as error:
        answers.send(error)


def _received(answers: Connection) -> list[SpokenName]:
    try:
        came = answers.recv()
    except EOFError:
        raise ModelError("The recogniser stopped.") from None
    if isinstance(came, ModelError):
        raise came
    return list(came)


def _tried(routine: Routine, others: Sequence[Routine], listens: Engine) -> list[SpokenName]:
    voices = list(_voices())
    try:
        with closing(make_recogniser(listens)) as recogniser:

            def heard(name: str, spoken_as: Routine) -> SpokenName:
                commands = read_commands([*others, spoken_as])
                listener = Listener(recogniser)
                attend(listener, commands, ListeningState.IDLE)
                return _judged(name, routine.name, listener, commands, voices)

            found = [heard(name, routine) for name in routine.spoken_names]
            if any(each.sure for each in found):
                return found
            for alias in _proposals(routine, others):
                named = (*routine.aliases, alias)
                better = heard(alias, routine.model_copy(update={"aliases": named}))
                if better.sure:
                    first = SpokenName(**{**asdict(found[0]), "alias": alias})
                    return [first, *found[1:]]
            return found
    finally:
        for voice, _ in voices:
            voice.close()


def _judged(
    name: str,
    wanted: str,
    listener: Listener,
    commands: Commands,
    voices: Sequence[tuple[Voice, float]],
) -> SpokenName:
    right, others = 0, dict[str, int]()
    for sentence in SENTENCES:
        for voice, speed in voices:
            sound = _in_a_room(as_heard(voice.render(sentence.format(name=name), speed)))
            for each in heard_in(sound, listener):
                intent = commands.match(each.text, ListeningState.IDLE)
                words = (each.text, each.written)
                asked = as_asked(intent, *words, commands.nameless) if intent else None
                if asked is None or asked.name != "start" or "unknown" in asked.slots:
                    continue
                started = str(asked.slots.get("routine", ""))
                right += started == wanted
                if started != wanted:
                    others[started] = others.get(started, 0) + 1
    return SpokenName(name, right, len(SENTENCES) * len(voices), others)


def _voices() -> Iterator[tuple[Voice, float]]:
    """Yield voices with the speeds at which they speak."""
    with suppress(ModelError):
        own = make_voice(Engine(VoiceChoice.HIBARI))
        yield from ((own, speed) for speed in _SPEEDS)
    yield from ((EspeakVoice(speaker), 1.0) for speaker in _SPEAKERS)


def _in_a_room(speech: Pcm) -> Pcm:
    loud = np.sqrt(np.mean(speech**2)) if len(speech) else 1.0
    around = silence(to_samples(1.0))
    sound = np.concatenate([around, speech * np.float32(decibels(_USER_DB) / loud), around])
    noise = np.random.default_rng(0).standard_normal(len(sound), dtype=np.float32)
    return np.asarray(sound + noise * np.float32(decibels(_ROOM_DB)), dtype=np.float32)


def _proposals(routine: Routine, others: Iterable[Routine]) -> list[str]:
    """Return names that may be understood better: without figures, its long words, and longer."""
    taken = {name for other in others for name in other.spoken_names}
    words = routine.name.casefold().split()
    plain = " ".join(word for word in words if word.isalpha())
    long = sorted((word for word in words if word.isalpha()), key=len, reverse=True)
    ways = [plain, f"my {plain}", *(word for word in long if len(word) > 5), f"{plain} stretch"]
    fresh = (way for way in ways if way and way not in taken and way not in routine.spoken_names)
    return list(dict.fromkeys(fresh))[:_TRIED]


class _Kept:
    """What earlier tries found, by a digest of all names and engines."""

    def __init__(self, routine: Routine, others: Sequence[Routine], listens: Engine) -> None:
        names = sorted(name for other in others for name in other.spoken_names)
        versions = [f"{each.metadata['Name']} {each.version}" for each in _engines()]
        whole = json.dumps([routine.spoken_names, names, str(listens), versions])
        self._digest = hashlib.sha256(whole.encode()).hexdigest()
        self._path: Path | None = None
        self._all: dict[str, Any] = {}
        with suppress(NoHomeError, OSError, ValueError):
            self._path = spoken_names_path()
            self._all = dict(json.loads(self._path.read_bytes()))
        self.found: list[SpokenName] | None = None
        with suppress(KeyError, TypeError):
            self.found = [SpokenName(**each) for each in self._all[self._digest]]

    def keep(self, found: list[SpokenName]) -> None:
        """Keep it where that is possible; it is a cache, and may be lost."""
        self.found = found
        self._all[self._digest] = [asdict(each) for each in found]
        if self._path is not None:
            with suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                replace(self._path, json.dumps(self._all).encode(), durable=False)


def _engines() -> Iterator[Distribution]:
    for package in ("hibari-tts", "moonshine-voice", "pocketsphinx"):
        with suppress(PackageNotFoundError):
            yield distribution(package)
