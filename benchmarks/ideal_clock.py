"""The session alone on an ideal clock: what should sound when, and what deciding it costs.

Owns the rows that compare a rehearsal with its plan and sessions of different lengths; must not
know devices. The core is led by clip lengths alone, without blocks, threads or a mixer.
"""

import math
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from benchmarks.coaching_table import Line, Options
from voice_coach.app.engines import Engine
from voice_coach.app.happenings import Happening, SpeechHeard
from voice_coach.app.rehearsal import ScriptLine, rehearse
from voice_coach.audio import tones
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, Sound, duration
from voice_coach.core.cues import SIGNAL_LENGTH, speech_length
from voice_coach.core.intents import Intent
from voice_coach.core.plan import make_plan
from voice_coach.core.routine import Routine
from voice_coach.core.session import advance
from voice_coach.core.state import (
    Action,
    Event,
    Give,
    Heard,
    Mode,
    Say,
    Silence,
    Spoken,
    State,
    TimeUp,
    Tone,
)
from voice_coach.dictionary import read_language
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.settings.keys import RecogniserChoice, VoiceChoice
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import (
    BLOCK,
    LOUDSPEAKER_RATE,
    SAMPLE_RATE,
    Samples,
    to_frames,
    to_samples,
    to_seconds,
)

EMBEDDED: Final = Engine(RecogniserChoice.POCKETSPHINX), Engine(VoiceChoice.ESPEAK)
SIZES: Final = (10, 100, 1000)
"""Exercises of the sessions whose cost is compared."""
LINEAR: Final = 1.15
"""The power of the number of cues with which the cost may grow; 2 is quadratic."""
ONE_BIT: Final = 1 / 32768


@dataclass(frozen=True)
class Begun:
    """What the plan says shall begin to sound, and when."""

    at: Samples
    kind: str
    text: str
    speed: float = 1.0
    length: Samples = 0
    """Of a tone."""
    breath: Samples = 0
    """Of the breath that the words lead, if they lead one."""


class IdealClock:
    """Leads a session with speech of given lengths; every event comes at its very sample."""

    def __init__(self, state: State, length: Callable[[str, float, Samples], Samples]) -> None:
        self.state = state
        self.begun: list[Begun] = []
        self._length = length
        self._on_air: tuple[Samples, int] | None = None

    def run(self, start: Samples, routine: str) -> Samples:
        """Do all of `routine` from sample `start` on; return when it is over."""
        now = start
        self._advance(Heard(Intent("start", {"routine": routine})), now)
        while self.state.mode is not Mode.IDLE:
            now = self._step()
        return now

    def _step(self) -> Samples:
        due = self.state.due
        if self._on_air and (due is None or self._on_air[0] <= due):
            (now, utterance), self._on_air = self._on_air, None
            self._advance(Spoken(utterance), now)
            return now
        assert due is not None, "nothing will happen any more"
        self._advance(TimeUp(), due)
        return due

    def _advance(self, event: Event, now: Samples) -> None:
        self.state, actions = advance(self.state, event, now)
        for action in actions:
            self._perform(action)

    def _perform(self, action: Action) -> None:
        match action:
            case Say(utterance, text, at, _, speed, breath):
                self._on_air = (at + self._length(text, speed, breath), utterance)
                self.begun.append(Begun(at, "said", text, speed, breath=breath))
            case Give(utterance, signal, at):
                self._on_air = (at + SIGNAL_LENGTH, utterance)
                self.begun.append(Begun(at, "signal", signal))
            case Tone(tone, at, length):
                self.begun.append(Begun(at, "tone", tone, length=length))
            case Silence():
                self._on_air = None


class Clips:
    """The sounds of the coach, each made once."""

    def __init__(self) -> None:
        self._voice = EspeakVoice()
        self._kept: dict[tuple[str, float, Samples], Sound] = {}

    def words(self, text: str, speed: float, breath: Samples = 0) -> Sound:
        """Return `text` as the coach says it."""
        said = (text, speed, breath)
        if said not in self._kept:
            self._kept[said] = self._voice.render(*said)
        return self._kept[said]

    def of(self, begun: Begun) -> Sound:
        """Return what sounds."""
        if begun.kind == "said":
            return self.words(begun.text, begun.speed, begun.breath)
        if begun.kind == "signal":
            return tones.earcon(tones.Earcon(begun.text))
        return tones.breath_tone(tones.Contour(begun.text), begun.length)

    def close(self) -> None:
        """Release the voice."""
        self._voice.close()


def shipped(name: str) -> Routine:
    """Return a routine that ships."""
    return read_routine(resource("routines") / f"{name}.yaml")


def place_of(clip: Pcm, sound: Pcm, near: int, reach: int) -> tuple[int, float]:
    """Return where `clip` lies in `sound`, at most `reach` from `near`, and how alike it is there.

    All are of one rate, and so are the places. By normalised cross-correlation: 1 is the clip
    and nothing else.
    """
    first = max(0, near - reach)
    window = sound[first : near + reach + len(clip)]
    if len(window) < len(clip):
        return near, 0.0
    size = 1 << int(np.ceil(np.log2(len(window) + len(clip))))
    product = np.fft.rfft(window, size) * np.conj(np.fft.rfft(clip, size))
    match = np.fft.irfft(product)[: len(window) - len(clip) + 1]
    squares = np.concatenate([[0.0], np.cumsum(window.astype(np.float64) ** 2)])
    norms = np.sqrt(np.maximum(squares[len(clip) :] - squares[: -len(clip)], 0))
    norm = float(np.linalg.norm(clip))
    # Where there is next to nothing, rounding errors resemble anything.
    likeness = match / (norm * np.maximum(norms, 0.05 * norm))
    best = int(np.argmax(likeness))
    return first + best, float(likeness[best])


# The row of the plan.


def against_the_plan(options: Options) -> list[Line]:
    """Rehearse a whole routine, and compare its sound with what the session alone plans."""
    name = "breathing" if options.quick else "back"
    routine = shipped(name)
    with tempfile.TemporaryDirectory() as folder, closing(Clips()) as clips:
        sound, happened = _rehearsed(routine, Path(folder) / "sound.wav")
        start = next(one.at for one in happened if isinstance(one, SpeechHeard))
        clock = IdealClock(
            State((routine,), read_language()),
            lambda *said: duration(clips.words(*said)),
        )
        # The coach decides between two blocks of 10 ms: the first one after the command is its.
        clock.run(-(-start // BLOCK) * BLOCK, routine.name)
        return _compared(name, clock.begun, sound, clips)


def _rehearsed(routine: Routine, out: Path) -> tuple[Sound, list[Happening]]:
    happened: list[Happening] = []
    script = [ScriptLine(SAMPLE_RATE, 0, f"start {routine.name} routine", None)]
    rehearse(script, (routine,), read_commands([routine]), EMBEDDED, out=out, watch=happened.append)
    both, _ = soundfile.read(out, dtype="float32", always_2d=True)
    return np.ascontiguousarray(both[:, 0]), happened


def _compared(name: str, planned: Iterable[Begun], sound: Sound, clips: Clips) -> list[Line]:
    planned = list(planned)
    mixer = Mixer()
    off, lost = [], 0
    for number, begun in enumerate(planned):
        clip = clips.of(begun)
        mixer.play(clip, begun.at, number)
        if begun.kind == "said":
            at = to_frames(begun.at)
            found, likeness = place_of(clip, sound, at, LOUDSPEAKER_RATE // 2)
            lost += likeness < 0.5
            off.append(found - at)
    apart = np.abs(mixer.render(duration(sound)) - sound)
    wrong = int(np.count_nonzero(apart > 1.5 * ONE_BIT))
    worst = max(map(abs, off))
    minutes = to_seconds(duration(sound)) / 60
    values = {"clips": len(off), "worst": worst, "lost": lost, "samples_wrong": wrong}
    return [
        Line(
            f"cue position against the plan, file mode ({name} routine, {minutes:.0f} min)",
            "0 frames",
            f"{worst} frames of 48 kHz at most, of {len(off)} cues; {lost} not found",
            worst == 0 and lost == 0,
            values,
        ),
        Line(
            "the written sound against one mixed from the plan alone, words and tones",
            "the same to 1/32768",
            f"{wrong} of {len(sound):,} frames differ",
            wrong == 0,
            {"samples_wrong": wrong, "greatest": float(apart.max())},
        ),
    ]


# The row of the cost.


def cost_of_lengths(options: Options) -> list[Line]:
    """Do sessions of 10, 100 and 1,000 exercises on the ideal clock, and time the core alone."""
    sizes = SIZES[:2] if options.quick else SIZES
    costs = {size: _cost(size) for size in sizes}
    lines = []
    for size, (plan, session, minutes, cues) in costs.items():
        figure = (
            f"{session / minutes * 1e3:.3f} ms of processor per minute, {session / cues * 1e6:.0f} "
            f"µs per cue; plan {plan * 1e3:.1f} ms; {minutes:,.0f} min, {cues:,} cues"
        )
        values = {"plan_s": plan, "session_s": session, "minutes": minutes, "cues": cues}
        lines.append(Line(f"cost of a session with {size:,} exercises", "", figure, True, values))
    few, many = costs[sizes[0]], costs[sizes[-1]]
    longer = math.log(many[3] / few[3])
    plan, session = (math.log(many[i] / few[i]) / longer for i in (0, 1))
    figure = f"to the power of {session:.2f} for the session, {plan:.2f} for the plan"
    name = f"how the cost grows with the number of cues, {sizes[0]} to {sizes[-1]:,} exercises"
    values = {"session": session, "plan": plan}
    met = session <= LINEAR and plan <= LINEAR
    return [*lines, Line(name, f"linear (power ≤ {LINEAR})", figure, met, values)]


def long_routine(exercises: int) -> Routine:
    """Return the back routine's exercises, over and over, by names of their own, twice each."""
    back = shipped("back")
    made = tuple(
        exercise.model_copy(
            update={
                "name": f"{exercise.name} {number}",
                "repetitions": min(2, exercise.repetitions),
            }
        )
        for number in range(exercises)
        for exercise in (back.exercises[number % len(back.exercises)],)
    )
    return back.with_parts(made)


def _cost(exercises: int) -> tuple[float, float, float, int]:
    """Return processor seconds of the plan and of the session, its minutes, and its cues."""
    routine = long_routine(exercises)
    times = max(1, 100 // exercises)
    plans, sessions = [], []
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            plan = make_plan(routine, read_language())
        plans.append((time.process_time() - began) / times)
        began = time.process_time()
        for _ in range(times):
            end = IdealClock(State((routine,), read_language()), _estimated).run(0, routine.name)
        sessions.append((time.process_time() - began) / times)
    return min(plans), min(sessions), to_seconds(end) / 60, len(plan.cues)


def _estimated(text: str, *_: float) -> Samples:
    return max(to_samples(0.3), speech_length(text))
