"""How soon the coach answers: from the decision what was heard to the first sample of the answer.

Owns these rows; must not know how commands are recognised. "Decided" is the position in the
microphone's sound at which the listener had heard enough, "answered" the one at which the answer
begins, both on the coach's sample clock; the way through devices and sound server is measured
apart, in a recording of the sink's monitor.
"""

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.coaching_table import Line, Options
from benchmarks.cue_timing import ALIKE, REACH, Session, bystander, held_up, start_of
from benchmarks.ideal_clock import EMBEDDED, place_of, shipped
from benchmarks.live_session import Casting, Performance, Record, performing, record_of
from benchmarks.rig.sound_server import Scene, Take, private_server
from voice_coach.app.coach import Persistence
from voice_coach.app.happenings import Happening
from voice_coach.app.rehearsal import USER_DB, USER_VOICE, ScriptLine, rehearse
from voice_coach.audio.pcm import Pcm, as_heard, decibels
from voice_coach.core.preferences import Preferences
from voice_coach.core.transitions import GAP
from voice_coach.dictionary import read_language
from voice_coach.library import read_commands
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.speaking.renderer import Renderer
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

GOALS_MS: Final = {True: 60.0, False: 250.0}
"""By whether the answer had been rendered before."""
GET_READY: Final = 30
"""Seconds of silence before each exercise, in which to ask something."""
ROUNDS: Final = 6
SCRIPT: Final = (
    (1.0, "start back routine"), (4.0, "pause"), (4.0, "resume"), (3.0, "how long left"),
    (7.0, "next exercise"), (1.5, "pause"), (4.0, "how long left"), (5.0, "resume"),
    (16.0, "how long left"), (5.0, "pause"), (4.0, "resume"), (1.5, "how long left"),
)  # fmt: skip
"""Seconds after the end of what was said before, and what the user says."""
SAYINGS: Final = 40


@dataclass(frozen=True)
class Answer:
    """One command, and when it was answered."""

    command: str
    on_air: bool
    """Whether words were on air that the answer cut off."""
    cached: bool
    """Whether the answer had been rendered before it was asked for."""
    delay: Samples
    """From the decision to the first sample of the answer."""
    lag: Samples
    """The part of it until the decision had come to the session."""
    ahead: Samples = 0
    """By how much what is rendered was ahead of what had been heard, at that moment."""

    @property
    def delay_ms(self) -> float:
        """The delay in milliseconds."""
        return self.delay / SAMPLE_RATE * 1000


def answers_in(records: Iterable[Record]) -> list[Answer]:
    """Pair every command with what was said next."""
    found, asked, air = [], None, 0
    for one in records:
        if one["kind"] == "heard" and one["intent"]:
            asked = {"on_air": one["at"] < air, "position": one["at"], **one}
        if one["kind"] == "said":
            if asked is not None:
                found.append(
                    Answer(
                        asked["intent"],
                        asked["on_air"],
                        one.get("cached", True),
                        one["at"] - asked["at"],
                        asked["position"] - asked["at"],
                        asked.get("ahead", 0),
                    )
                )
            asked, air = None, one["end"]
    return found


def on_files(_: Options) -> list[Line]:
    """Measure what the rules alone take, where computing takes no time on the clock."""
    records: list[Record] = []

    def watch(happening: Happening) -> None:
        records.append(record_of(happening))

    routine = shipped("back")
    script = [ScriptLine(None, to_samples(after), words, None) for after, words in SCRIPT]
    script.append(ScriptLine(None, to_samples(3), "stop the session", None))
    script.append(ScriptLine(None, to_samples(4), "yes", None))
    persistence = Persistence(Preferences(get_ready_seconds=GET_READY))
    rehearse(
        script,
        (routine,),
        read_commands([routine]),
        EMBEDDED,
        persistence=persistence,
        watch=watch,
    )
    found = answers_in(records)
    lines = []
    for on_air in (False, True):
        delays = [one.delay_ms for one in found if one.on_air is on_air]
        where = "words on air" if on_air else "silence"
        figure = f"{min(delays):.0f} to {max(delays):.0f} ms, {len(delays)} commands"
        if on_air:
            figure += f"; {GAP / SAMPLE_RATE * 1000:.0f} ms of it are the gap after words cut off"
        limit = GOALS_MS[True]
        lines.append(
            Line(
                f"command decided → answer by the rules alone (file mode), in {where}",
                f"≤ {limit:g} ms",
                figure,
                max(delays) <= limit,
                {"ms": delays},
            )
        )
    return lines


# Live.


def live(options: Options) -> list[Line]:
    """Ask and order by voice in a live session, and see how soon it answers."""
    rounds = max(1, min(ROUNDS, round(0.6 * options.minutes)))
    with tempfile.TemporaryDirectory() as folder, private_server() as server:
        casting = Casting(folder, 3600, get_ready_seconds=GET_READY)
        with (
            bystander() as stalls,
            server.recording() as take,
            performing(server, casting) as performance,
        ):
            commands = _converse(take, performance, rounds)
            scene = take.scene(least=0.3)
            records = list(performance.records)
            heard, played = performance.sound("heard"), performance.sound("played")
    path = _path_ms(records, scene, commands, heard, played)
    found = answers_in(records)
    understood = f"{len(found)} of {len(commands)} commands understood and answered"
    lines = [
        _line(found, cached=cached, on_air=on_air)
        for cached in (True, False)
        for on_air in (False, True)
    ]
    figure = (
        f"{path:.0f} ms both ways, on top of the above for who listens in the room; {understood}; "
        f"{held_up(stalls)}"
    )
    way = Line("the way through microphone, PortAudio and sound server", "", figure, True,
               {"path_ms": path})  # fmt: skip
    return [*lines, way, *_rendering()]


def _converse(take: Take, coach: Performance, rounds: int) -> list[Pcm]:
    """Ask while words are on air, and while nothing is; return what was said, in order."""
    voice = EspeakVoice(USER_VOICE)
    said: list[Pcm] = []

    def say(words: str, then: float) -> None:
        said.append(as_heard(voice.render(words)) * np.float32(decibels(USER_DB)))
        take.play(said[-1])
        time.sleep(then)

    seen = 0
    time.sleep(4)
    for _ in range(rounds):
        say("pause", 4.0)
        say("resume", 1.0)
        say("how long left", 4.0)
        seen = coach.wait_for(_gets_ready, 60, seen)
        if seen < 0:
            break
        announced = coach.records[seen - 1]
        time.sleep((announced["end"] - announced["at"]) / SAMPLE_RATE + 0.8)
        say("how long left", 5.0)
        say("pause", 4.0)
        say("resume", 0.5)
        say("next exercise", 0.3)
        seen = len(coach.records)
    voice.close()
    return said


def _gets_ready(record: Record) -> bool:
    return record["kind"] == "said" and record["text"].startswith("We start in")


def _line(found: Sequence[Answer], *, cached: bool, on_air: bool) -> Line:
    chosen = [one for one in found if one.cached is cached and one.on_air is on_air]
    kind = "rendered before" if cached else "not rendered before (espeak)"
    where = "words on air" if on_air else "silence"
    name = f"command decided → first sample of the answer, {kind}, in {where}"
    limit = GOALS_MS[cached]
    if not chosen:
        return Line(name, f"≤ {limit:g} ms", "no such answer was given", False)
    delays = sorted(one.delay_ms for one in chosen)
    lag, ahead = (
        statistics.median(times) / SAMPLE_RATE * 1000
        for times in ([one.lag for one in chosen], [one.ahead for one in chosen])
    )
    p95 = float(np.percentile(delays, 95))
    figure = (
        f"median {statistics.median(delays):.0f} ms, p95 {p95:.0f} ms of {len(chosen)}; "
        f"{lag:.0f} ms (median) of it until the session knew, {ahead:.0f} ms as sound is rendered "
        "ahead of what is heard"
    )
    if on_air:
        gap = GAP / SAMPLE_RATE * 1000
        fitting = limit - p95 + gap
        figure += f", {gap:.0f} ms the gap after words cut off"
        if p95 > limit:
            figure += f" ({fitting:.0f} ms would do)" if fitting > 0 else " (none would not do)"
    values = {"ms": delays, "lag_ms": [one.lag / SAMPLE_RATE * 1000 for one in chosen]}
    return Line(name, f"≤ {limit:g} ms", figure, p95 <= limit, values)


def _path_ms(
    records: Sequence[Record], scene: Scene, commands: Sequence[Pcm], heard: Pcm, played: Pcm
) -> float:
    """Return how long sound takes from the room through the coach's ears and out again."""
    session = Session(list(records), played, scene.loudspeaker, 0.0, 0.0)
    out = start_of(session)
    shifts = []
    for clip, (begins, _) in zip(commands, scene.cues, strict=True):
        at, likeness = place_of(clip, heard, begins - out, to_samples(1) + REACH)
        if likeness >= ALIKE:
            shifts.append(begins - at)
    return (out - statistics.median(shifts)) / SAMPLE_RATE * 1000


# The voice alone.


def _rendering() -> list[Line]:
    """Measure how long an answer takes that is in memory, on the disk, or nowhere yet."""
    taken: dict[str, list[float]] = defaultdict(list)
    texts = [read_language().get_ready(number) for number in range(10, 10 + SAYINGS)]
    with tempfile.TemporaryDirectory() as folder:
        disk = PhraseCache(Path(folder), limit=2**24)
        for places in (("espeak", "memory"), ("disk",)):
            with closing(Renderer(EspeakVoice(), disk=disk)) as renderer:
                renderer.get("Warm.")
                for text in texts:
                    for place in places:
                        taken[place].append(_ms(lambda: renderer.get(text)))  # noqa: B023
    figure = "; ".join(
        f"{place}: median {statistics.median(ms):.1f} ms, at most {max(ms):.1f} ms"
        for place, ms in taken.items()
    )
    return [Line("rendering an answer of 2.5 s alone", "", figure, True, dict(taken))]


def _ms(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
