"""A session without devices: a synthetic user, a quiet room, and everything else for real.

Owns the rehearsal script and the room that it describes; what is heard goes through the real
recogniser, session, speech and mixer, on the clock of the samples alone, so that the same
script gives the same sound and the same timeline at every run.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Self

import numpy as np

from voice_coach.app.assembly import assemble
from voice_coach.app.coach import Persistence
from voice_coach.app.engines import Engine, make_recogniser
from voice_coach.app.happenings import Happening, SpeechHeard, Watcher, kind_and_details
from voice_coach.audio import pcm
from voice_coach.audio.pcm import Pcm
from voice_coach.audio.world import Nowhere, Tape, open_audio
from voice_coach.core.intents import Commands
from voice_coach.core.routine import Routine
from voice_coach.errors import OutputError, ScriptError, nearest
from voice_coach.files import read_text, reason
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.listener import Listener
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.speaking.voice import Voice
from voice_coach.units import SAMPLE_RATE, Samples, to_samples, to_seconds

USER_VOICE: Final = "en-us+m5"
"""Another voice than the coach's."""
USER_DB: Final = -12.0
"""Of the user's voice against the coach's: two metres from a laptop's microphone."""
ROOM_DB: Final = -62.0
"""Level of the room's own noise, in dB of full scale."""
LONGEST: Final = to_samples(3 * 3600)
"""A rehearsal that has not come to rest by then is ended."""
_LINE = re.compile(
    r"(?:(\d{1,4}):([0-5]?\d(?:\.\d{1,6})?)|\+(\d{1,5}(?:\.\d{1,6})?))"
    r"\s+(\w+)\s+(['\"])(.+)\5\s*(?:#.*)?",
    re.ASCII,
)


@dataclass(frozen=True)
class ScriptLine:
    """What the synthetic user does at some time: say words, or be heard from a recording."""

    at: Samples | None
    """When it begins; None where it follows the one before."""
    after: Samples
    """How long after the end of the one before, if `at` is None."""
    words: str | None
    recording: Path | None


def read_script(path: Path) -> list[ScriptLine]:
    """Read a rehearsal script; ScriptError names file and line.

    A line is `00:12 say 'pause'`, `+5 say 'resume'` (seconds after the end of the line
    before) or `01:30 play 'me.wav'` (a recording, beside the script). `#` begins a comment.
    """
    text = read_text(path, ScriptError, "lines like 00:12 say 'pause'")
    utterances = [
        _utterance(path, number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not utterances:
        raise ScriptError(f"{path}: the script is empty; expected lines like 00:12 say 'pause'.")
    return utterances


def _utterance(path: Path, number: int, line: str) -> ScriptLine:
    found = _LINE.fullmatch(line.strip())
    if not found:
        raise ScriptError(
            f"{path}:{number}: expected a line like 00:12 say 'pause', or +5 say 'resume'."
        )
    minutes, seconds, later, verb, _, content = found.groups()
    if verb not in ("say", "play"):
        hint = nearest(verb, ("say", "play"))
        raise ScriptError(f"{path}:{number}: unknown word '{verb}'; expected say or play.{hint}")
    at = None if later else to_samples(int(minutes) * 60 + float(seconds))
    after = to_samples(float(later)) if later else 0
    if (at or after) > LONGEST:
        raise ScriptError(f"{path}:{number}: later than three hours. Expected minutes:seconds.")
    if verb == "say":
        return ScriptLine(at, after, content, None)
    return ScriptLine(at, after, None, path.parent / content)


class Room:
    """What the microphone hears: the user's utterances over the noise of a quiet room."""

    def __init__(self, script: list[ScriptLine], voice: Voice) -> None:
        """Lay out the script in time; AudioFileError for a recording that cannot be read."""
        self._noise = _room_noise()
        self._clips: list[tuple[Samples, Pcm]] = []
        end: Samples = 0
        for utterance in script:
            start = end + utterance.after if utterance.at is None else utterance.at
            clip = _sound_of(utterance, voice)
            self._clips.append((start, clip))
            end = start + len(clip)
        self.end = max((start + len(clip) for start, clip in self._clips), default=0)
        """Where the last utterance ends."""

    def read(self, frames: Samples, position: Samples) -> Pcm:
        """Return what is heard in `frames` samples from `position` on."""
        start = position % len(self._noise)
        heard: Pcm = self._noise[start : start + frames].copy()
        if len(heard) < frames:
            heard = np.resize(np.roll(self._noise, -start), frames)
        for start, clip in self._clips:
            first, last = max(start, position), min(start + len(clip), position + frames)
            if first < last:
                heard[first - position : last - position] += clip[first - start : last - start]
        return heard


def _sound_of(utterance: ScriptLine, voice: Voice) -> Pcm:
    if utterance.recording:
        return pcm.read(utterance.recording)
    spoken = pcm.as_heard(voice.render(utterance.words or ""))
    return spoken * np.float32(pcm.decibels(USER_DB))


def _room_noise() -> Pcm:
    """Ten seconds of noise that falls by 3 dB per octave, the same at every run."""
    frames = 10 * SAMPLE_RATE
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(frames))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, frames)
    noise *= pcm.decibels(ROOM_DB) / np.std(noise)
    return np.asarray(noise, dtype=np.float32)


@dataclass(frozen=True)
class Report:
    """What came of a rehearsal."""

    length: Samples
    heard: int
    """Commands that were recognised."""
    asked: int
    """Utterances of the script."""


def rehearse(
    script: list[ScriptLine],
    routines: tuple[Routine, ...],
    commands: Commands,
    engines: tuple[Engine, Engine],
    *,
    phrases: PhraseCache | None = None,
    persistence: Persistence | None = None,
    out: Path | None = None,
    timeline: Path | None = None,
    watch: Watcher = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Run `script` as fast as the machine can, until the coach has come to rest.

    `engines` are the recogniser and the coach's voice; `phrases` keeps what it has rendered, which
    changes no sample. Writes a stereo WAV (left: the coach,
    right: the room) to `out` and a line of JSON for everything that happened to `timeline`; `tell`
    gets one line for a voice that failed.
    """
    if out and out.suffix and out.suffix.casefold() != ".wav":
        raise OutputError(f"{out}: only WAV is written. Give a name that ends in .wav.")
    room = Room(script, EspeakVoice(USER_VOICE))
    with ExitStack() as open_things:
        tape = open_things.enter_context(Tape(out)) if out else None
        lines = open_things.enter_context(_Timeline(timeline)) if timeline else None
        recogniser = open_things.enter_context(closing(make_recogniser(engines[0])))
        commands_heard = 0

        def note(happening: Happening) -> None:
            nonlocal commands_heard
            commands_heard += isinstance(happening, SpeechHeard)
            if lines:
                lines.write(happening)
            watch(happening)

        decisions: SimpleQueue[Decision] = SimpleQueue()
        assembled = assemble(
            routines,
            commands,
            Listener(recogniser, watch=decisions.put),
            engines[1],
            live=False,
            decisions=decisions,
            phrases=phrases,
            persistence=persistence,
            watch=note,
            tell=tell,
        )
        parts = open_things.enter_context(assembled)
        coach, mixer = parts.coach, parts.mixer
        audio = open_audio(room, tape or Nowhere())
        rest_since: Samples = 0

        def on_block(microphone: Pcm, played: Pcm, position: Samples) -> None:
            nonlocal rest_since
            if tape:
                tape.hear(microphone)
            coach.on_block(microphone, played, position)
            if not coach.at_rest or position < room.end:
                rest_since = position
            if position - rest_since > SAMPLE_RATE or position > LONGEST:
                audio.stop()

        audio.run(mixer, on_block)
        for problem in dict.fromkeys(coach.problems):
            tell(problem)
    return Report(mixer.position, commands_heard, len(script))


class _Timeline:
    """A file with a line of JSON for everything that happened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._guarded():
            self._file = path.open("w", encoding="utf-8")

    def write(self, happening: Happening) -> None:
        """Append one line, times in seconds."""
        kind, details = kind_and_details(happening)
        line: dict[str, Any] = {"time": _seconds(happening.at), "event": kind}
        for key, value in details.items():
            line[key] = _seconds(value) if key in ("start", "end") else value
        with self._guarded():
            self._file.write(json.dumps(line) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._guarded():
            self._file.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"Cannot write {self._path}: {reason(error)}. Choose another place for it."
            ) from error


def _seconds(position: Samples) -> float:
    return round(to_seconds(position), 4)
