"""How well the coach keeps time on real streams: jitter, drift, underruns and holes.

Owns the rows of long live sessions; must not know what is said when. What the coach meant is
taken from its own positions and the sound it handed to its loudspeaker, what came of it from a
recording of the sink's monitor, which runs on the sink's clock.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np

from benchmarks.coaching_table import Line, Options
from benchmarks.ideal_clock import Begun, Clips, place_of
from benchmarks.live_session import Casting, Performance, performing
from benchmarks.rig.crowd import REFUSED, Crowd, crowd
from benchmarks.rig.sound_server import AHEAD, private_server
from voice_coach.audio.pcm import Pcm, as_heard, level_db
from voice_coach.units import SAMPLE_RATE, Samples, to_samples, to_seconds

JITTER_MS: Final = 5.0
DRIFT_PPM: Final = 1.0
"""A drift below this is none: the fit of ten minutes is no finer."""
ALIKE: Final = 0.5
"""A clip with a tone beneath it is still found at this likeness."""
REACH: Final = to_samples(0.4)
FAR: Final = to_samples(3)
EARLY: Final = to_samples(10)
"""A recording begins at most twice this before the coach."""
DUTY: Final = 0.8
_BUSY: Final = """
import sys, time
while True:
    begun = time.perf_counter()
    while time.perf_counter() - begun < 0.010 * {duty}:
        pass
    time.sleep(0.010 * (1 - {duty}))
"""
"""Keeps one core busy for that part of every 10 ms."""
STALL_SECONDS: Final = 0.02
NEAR_SECONDS: Final = 1.0
"""An underrun so soon after the machine stood still for everybody is the machine's."""
_BYSTANDER: Final = """
import time
last = time.time()
while True:
    time.sleep(0.005)
    now = time.time()
    if now - last > 0.005 + {stall}:
        print(now, now - last - 0.005, flush=True)
    last = now
"""
"""Notes when the machine did not let it run in time, at the priority of the sound server."""


@dataclass(frozen=True)
class Session:
    """What was meant and what was recorded in one live session."""

    records: list[dict[str, Any]]
    played: Pcm
    """What the coach handed to the loudspeaker, from position 0 on."""
    recorded: Pcm
    """What the sink's monitor heard."""
    load: float
    """The machine's load average, in the middle of it."""
    busy: float
    """How busy the machine's processors were, 0 to 1, whoever kept them so."""
    stalls: tuple[tuple[float, float], ...] = ()
    """When, in seconds since 1970, a bystander was held up, and for how many seconds."""
    sent: int = 0
    """How many messages the hammering page has sent."""

    @property
    def counters(self) -> dict[str, Any]:
        """What the coach's own streams say went wrong."""
        return next(one for one in self.records if one["kind"] == "counters")


def session(minutes: float, *, busy: bool = False, pages: bool = False) -> Session:
    """Let the coach lead the back routine in real time.

    `busy` keeps another core at work; with `pages` twenty pages look on, and one more hammers.
    """
    with tempfile.TemporaryDirectory() as folder, private_server() as server:
        casting = Casting(folder, 60 * minutes, page=pages)
        with server.recording() as take, _load_elsewhere(busy), bystander() as stalls:
            before = _ticks()
            with (
                performing(server, casting) as performance,
                _pages(performance) if pages else nullcontext() as crowded,
            ):
                time.sleep(30 * minutes)
                load = os.getloadavg()[0]
                performance.wait(30 * minutes + 60)
                time.sleep(1)
                after = _ticks()
                sent = crowded.stop() if crowded else 0
            recorded = take.scene().loudspeaker
        return Session(
            list(performance.records), performance.sound("played"), recorded, load,
            1 - (after[1] - before[1]) / max(1, after[0] - before[0]), tuple(stalls),
            sent,
        )  # fmt: skip


@contextmanager
def _pages(performance: Performance) -> Iterator[Crowd]:
    """Pair as a page does, and open all of them."""
    assert performance.wait_for(lambda one: one["kind"] == "page", 30) >= 0, "there is no page"
    told = performance.of("page")[0]
    origin = f"http://{told['host']}"
    answer = httpx.post(
        f"{origin}/pair", json={"code": told["code"]}, headers={"origin": origin}, trust_env=False
    )
    answer.raise_for_status()
    with crowd(told["host"], answer.cookies["voice_coach"], REFUSED) as pages:
        yield pages


@contextmanager
def _load_elsewhere(wanted: bool) -> Iterator[None]:
    """Keep the last core busy; the coach may run wherever the system puts it."""
    if not wanted:
        yield
        return
    core = max(os.sched_getaffinity(0))
    process = subprocess.Popen([sys.executable, "-c", _BUSY.format(duty=DUTY)])
    os.sched_setaffinity(process.pid, {core})
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def bystander() -> Iterator[list[tuple[float, float]]]:
    """Yield the list that is filled, at the end, with when the machine stood still."""
    code = _BYSTANDER.format(stall=STALL_SECONDS)
    stalls: list[tuple[float, float]] = []
    process = subprocess.Popen(
        [*AHEAD, sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    try:
        yield stalls
    finally:
        process.terminate()
        told, _ = process.communicate()
        stalls += [(float(at), float(late)) for at, late in map(str.split, told.splitlines())]


def _ticks() -> tuple[int, int]:
    """Return how much time all processors have had, and how much of it they were idle."""
    numbers = [
        int(one) for one in Path("/proc/stat").read_text("utf-8").splitlines()[0].split()[1:9]
    ]
    return sum(numbers), numbers[3] + numbers[4]


# From a session to figures.


def positions(session: Session) -> list[tuple[Samples, Samples]]:
    """Return (meant, found) of everything that was said: coach's clock, and recording."""
    said = [one for one in session.records if one["kind"] == "said"]
    offset = start_of(session)
    found = []
    with closing(Clips()) as clips:
        for one in said:
            clip = as_heard(clips.of(Begun(one["at"], "said", one["text"])))
            if one["at"] + len(clip) > len(session.played):
                continue
            at, likeness = _sought(clip, session.recorded, one["at"] + offset, ALIKE)
            if likeness >= ALIKE:
                found.append((one["at"], at))
                offset = at - one["at"]
    return found


def _sought(clip: Pcm, sound: Pcm, near: Samples, enough: float) -> tuple[Samples, float]:
    """Return where `clip` lies, by a wider search where it is not close by."""
    at, likeness = place_of(clip, sound, near, REACH)
    return (at, likeness) if likeness > enough else place_of(clip, sound, near, FAR)


def start_of(session: Session) -> Samples:
    """Return where position 0 of the coach lies in the recording, by its first sounds."""
    loud = np.flatnonzero(np.abs(session.played) > 0.01)
    first = int(loud[0])
    clip = session.played[first : first + 2 * SAMPLE_RATE]
    # The same words may come again later; the recording was begun only just before the coach.
    at, likeness = place_of(clip, session.recorded, first + EARLY, EARLY)
    assert likeness > ALIKE, f"the beginning was not recorded (likeness {likeness:.2f})"
    return at - first


def holes(session: Session) -> tuple[list[float], int, int]:
    """Compare all that sounded with its recording, quarter of a second by quarter.

    Returns each shift against what came before in ms (above 0: silence was put in; below:
    sound is missing), how many quarters are not recorded as they were played, and of how many.
    """
    size = SAMPLE_RATE // 4
    offset, shifts, spoilt, whole = start_of(session), [], 0, 0
    for start in range(0, len(session.played) - size, size):
        part = session.played[start : start + size]
        if level_db(part) < -45:
            continue
        whole += 1
        if _apart(session, start, part, offset) < 0.02:
            continue
        at, likeness = _sought(part, session.recorded, start + offset, 0.98)
        if likeness > 0.98:
            if at - start != offset:
                shifts.append((at - start - offset) / SAMPLE_RATE * 1000)
                offset = at - start
        else:
            spoilt += 1
    return shifts, spoilt, whole


def _apart(session: Session, start: Samples, part: Pcm, offset: Samples) -> float:
    heard = session.recorded[start + offset : start + offset + len(part)]
    if len(heard) < len(part):
        return 0.0
    return float(np.linalg.norm(heard - part) / np.linalg.norm(part))


def drift_ppm(pairs: Sequence[tuple[Samples, Samples]]) -> float:
    """Return by how much the recording's clock goes faster than the coach's, by a line fit."""
    meant, found = np.array(pairs, dtype=np.float64).T
    return float((np.polyfit(meant - meant[0], found - found[0], 1)[0] - 1) * 1e6)


def jitter_ms(pairs: Sequence[tuple[Samples, Samples]]) -> tuple[float, float, float]:
    """Return p50, p99 and the greatest distance from where it should be, by the first cue."""
    meant, found = np.array(pairs, dtype=np.float64).T
    off = np.abs((found - found[0]) - (meant - meant[0])) / SAMPLE_RATE * 1000
    return float(np.median(off)), float(np.percentile(off, 99)), float(off.max())


# The rows.


def live_position(options: Options) -> list[Line]:
    """Measure where cues sound in a live session."""
    minutes = 0.5 if options.quick else options.minutes
    lived = session(minutes)
    drift = drift_ppm(positions(lived))
    return [
        _jitter(lived, f"cue position live through PortAudio, {minutes:g} min: jitter"),
        Line(
            "the same: drift against the sink's clock",
            f"0 (± {DRIFT_PPM:g} ppm)",
            f"{drift:+.2f} ppm by a line fit",
            abs(drift) <= DRIFT_PPM,
            {"ppm": drift},
        ),
        _lates(lived),
    ]


def with_pages(options: Options) -> list[Line]:
    """Measure the same with twenty pages open, of which half are dead, and one that hammers."""
    minutes = 0.5 if options.quick else options.minutes
    lived = session(minutes, pages=True)
    title = f"cue position live, {minutes:g} min, with 20 pages open and one that hammers: jitter"
    return [_jitter(lived, title), _lates(lived)]


def _jitter(lived: Session, title: str) -> Line:
    """How far cues sound from where they were meant, by the first of them."""
    pairs = positions(lived)
    p50, p99, most = jitter_ms(pairs)
    said = sum(one["kind"] == "said" for one in lived.records)
    underran = lived.counters["underruns"]
    sent = f"; {lived.sent:,} messages sent" if lived.sent else ""
    return Line(
        title,
        f"p99 ≤ {JITTER_MS:g} ms",
        f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, at most {most:.2f} ms; {len(pairs)} of {said} "
        f"cues found; {underran} underruns{sent}; {_about(lived)}",
        p99 <= JITTER_MS and len(pairs) >= said - 2,
        {"p50_ms": p50, "p99_ms": p99, "most_ms": most, "found": len(pairs), "said": said,
         "underruns": underran, "sent": lived.sent, "load": lived.load, "busy": lived.busy},
    )  # fmt: skip


def _lates(lived: Session) -> Line:
    """How long after its time a cue that had been rendered began, on the coach's own clock."""
    late = [one["at"] - one["planned"] for one in lived.records
            if one.get("planned") is not None and one["cached"]]  # fmt: skip
    worst = max(late, default=0)
    behind = [one for one in late if one > 0]
    ms = worst / SAMPLE_RATE * 1000
    return Line(
        "the same: cues that began after their planned sample on the coach's own clock",
        "0",
        f"{len(behind)} of {len(late)}; at most {ms:.1f} ms",
        not behind,
        {"late": len(behind), "of": len(late), "worst_samples": worst,
         "late_samples": sorted(behind)},
    )  # fmt: skip


def underruns(options: Options) -> list[Line]:
    """Count what goes wrong with the sound while another core is kept busy."""
    minutes = 0.5 if options.quick else options.minutes
    lived = session(minutes, busy=True)
    shifts, spoilt, whole = holes(lived)
    counted = lived.counters
    pairs = positions(lived)
    p50, p99, _ = jitter_ms(pairs)
    gone = {name: counted[name] for name in ("overruns", "filled", "dropped", "reopened")}
    others = ", ".join(f"{name} {number}" for name, number in gone.items())
    share = 100 * counted["cpu_s"] / to_seconds(counted["at"])
    title = f"underruns in {minutes:g} min live, another core at {DUTY:.0%}"
    values = {"shifts_ms": shifts, "spoilt": spoilt, "quarters": whole, **counted,
              "load": lived.load, "busy": lived.busy}  # fmt: skip
    longest = max(map(abs, shifts), default=0.0)
    stalled = _while_stalled(lived)
    values["at_stalls"], values["moments"] = stalled
    return [
        Line(
            title,
            "0",
            f"{counted['underruns']} counted by the stream, at {stalled[1]} moments, "
            f"{stalled[0]} of them just when the bystander was held up; microphone: {others}; "
            f"{_about(lived)}",
            counted["underruns"] == 0,
            values,
        ),
        Line(
            "the same: holes in the recording",
            "0",
            f"{len(shifts)} shifts (longest {longest:.1f} ms), {spoilt} of {whole} quarter seconds "
            "of sound spoilt",
            not shifts and not spoilt,
        ),
        Line(
            "the same: jitter of cues",
            f"p99 ≤ {JITTER_MS:g} ms",
            f"p50 {p50:.2f} ms, p99 {p99:.2f} ms; the coach used {share:.1f} % of a core",
            p99 <= JITTER_MS,
            {"p50_ms": p50, "p99_ms": p99, "cpu_percent": share},
        ),
    ]


def _while_stalled(lived: Session) -> tuple[int, int]:
    """Return at how many moments of underruns the machine had just stood still, and of how many."""
    moments = [one["wall"] for one in lived.records if one["kind"] == "underrun"]
    near = [any(0 <= at - stall < NEAR_SECONDS for stall, _ in lived.stalls) for at in moments]
    return sum(near), len(moments)


def _about(lived: Session) -> str:
    busy = f"load average {lived.load:.1f}, processors {lived.busy:.0%} busy"
    return f"{busy}; {held_up(lived.stalls)}"


def held_up(stalls: Sequence[tuple[float, float]]) -> str:
    """Tell how often the machine stood still for everybody."""
    longest = max((late for _, late in stalls), default=0.0)
    return f"a bystander was held up {len(stalls)} times, for {longest * 1000:.0f} ms at most"
