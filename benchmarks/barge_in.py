"""The row of barge-in: commands that are spoken while the coach speaks, and its own voice alone.

The coach's default voice says sentences of its routines; other voices say commands into them,
at so many dB over or under the echo in the microphone. A command is obeyed when its intent is
heard within a second of its end; another intent there is wrong, and whatever is heard elsewhere
is false. Every room has its own delay, reverberation, loudspeaker and noise.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from benchmarks.corpus import MOST_USED, Speaker, own_commands, said
from benchmarks.echoes import (
    ECHO_DB,
    ROOMS,
    DuckingCoach,
    Room,
    coach,
    echo_of,
    jumped,
    reference_of,
    skewed,
)
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.rooms import levelled
from benchmarks.scoring import Figure, Result
from voice_coach.audio.pcm import Pcm, Sound, decibels, duration, silence
from voice_coach.core.intents import Intent
from voice_coach.hearing.echo.adaptive_filter import FRAME
from voice_coach.hearing.echo.canceller import EchoCanceller
from voice_coach.hearing.listener import Listener, Transcript
from voice_coach.units import BLOCK, SAMPLE_RATE, Samples, to_samples, to_seconds

USERS: Final = (
    Speaker("espeak", "en-us+f2", "tuning"),
    Speaker("flite", "slt", "tuning"),
    Speaker("espeak", "en-gb-scotland+f4", "test"),
    Speaker("flite", "awb", "test"),
)
LEAD_IN: Final = to_samples(8.0)
"""How long the coach speaks before the first command; the canceller learns meanwhile."""
LATE: Final = to_samples(1.0)
ALONE: Final = to_samples(300)
"""Length of a stretch in which only the coach speaks, and …"""
STRETCHES: Final = 3
"""… how many there are in each room: an hour in four rooms."""
RECOVERED_DB: Final = 3.0
WINDOW: Final = to_samples(0.5)


@dataclass(frozen=True)
class Case:
    """One line: what is wrong, and how loud the user is."""

    name: str
    over_db: float | None = 0.0
    """The user's level over the echo; None for an echo alone."""
    against: str = ""
    """The case without an echo that this is measured against …"""
    goal: float | None = None
    """… and how many points may be lost."""
    echo: bool = True
    reference: bool = True
    skew_ppm: float = 0.0
    jump: Samples = 0
    clipped: bool = False
    ducks: bool = False
    """Whether the coach lowers its voice when it notices the user, as it does in a session."""


FREE, FREE_QUIET = "no echo", "no echo, user at -10 dB"
CASES: Final = (
    Case(FREE, echo=False),
    Case(FREE_QUIET, -10.0, echo=False),
    Case("+10 dB", 10.0, FREE, -1),
    Case("0 dB", 0.0, FREE, -1),
    Case("-10 dB", -10.0, FREE_QUIET, -3),
    Case("0 dB, clipping loudspeaker", 0.0, FREE, clipped=True),
    Case("0 dB, 20 ppm", 0.0, FREE, -3, skew_ppm=20),
    Case("0 dB, 100 ppm", 0.0, FREE, -3, skew_ppm=100),
    Case("-10 dB, 100 ppm", -10.0, FREE_QUIET, skew_ppm=100),
    Case("0 dB, jump of 20 ms", 0.0, FREE, jump=320),
    Case("0 dB, the coach ducks", 0.0, FREE, ducks=True),
    Case("-10 dB, the coach ducks", -10.0, FREE_QUIET, ducks=True),
    Case("0 dB, echo not taken out", 0.0, FREE, reference=False),
)
QUICK: Final = (FREE, "0 dB")
COACH: Final = Case("coach alone", None)
CLIPPING_COACH: Final = Case("coach alone, clipping loudspeaker", None, clipped=True)
JUMP: Final = Case("after the jump", None, jump=320)


class Deaf(EchoCanceller):
    """Leaves the microphone as it is."""

    def process(self, microphone: Pcm, played: Pcm) -> Pcm:
        """Return `microphone`."""
        del played
        return microphone


@dataclass(frozen=True)
class Scene:
    """Both sides of a session, and what the user says where."""

    microphone: Pcm
    played: Pcm
    said: list[tuple[str, Samples]]
    coach: DuckingCoach | None = None
    """Who speaks, where `played` and its echo depend on what is heard."""


def tasks(options: Options) -> list[Task]:
    """Return every case in every room, and the coach alone."""
    rooms = ROOMS[2:3] if options.quick else ROOMS
    cases = [case for case in CASES if not options.quick or case.name in QUICK]
    users = (USERS[0], USERS[3]) if options.quick else USERS
    stretches = range(1 if options.quick else STRETCHES)
    alone = (COACH,) if options.quick else (COACH, CLIPPING_COACH)
    return [
        *(partial(_obeyed, case, room, users) for case in cases for room in rooms),
        *(
            partial(_own_voice, case, room, number)
            for case in alone
            for room in rooms
            for number in stretches[: 1 if case.clipped else None]
        ),
        *(partial(_recovery, room) for room in rooms if not options.quick),
    ]


def _obeyed(case: Case, room: Room, users: tuple[Speaker, ...], ears: Ears) -> Result:
    scene = _scene(case, room, users, ROOMS.index(room))
    result, heard = _listened(case, room, scene, ears)
    commands = own_commands()
    found = [(h.end, commands.match(h.text, "session")) for h in heard]
    meant = [(end, commands.match(text, "session")) for text, end in scene.said]
    return result | counted(found, meant) | {"commands": len(meant)}


def counted(
    heard: list[tuple[Samples, Intent | None]], meant: list[tuple[Samples, Intent | None]]
) -> dict[str, int]:
    """Count what was heard, each with its end, against what was meant: "obeyed", "wrong", "false".

    A command can be obeyed once; what is heard again at its place is neither.
    """
    counts = {"obeyed": 0, "wrong": 0, "false": 0}
    done: set[Samples] = set()
    for end, intent in heard:
        near = [(at, wanted) for at, wanted in meant if abs(end - at) < LATE]
        right = [at for at, wanted in near if wanted == intent]
        counts["obeyed"] += bool(set(right) - done)
        counts["wrong"] += bool(near) and not right
        counts["false"] += not near
        done.update(right)
    return counts


def _own_voice(case: Case, room: Room, number: int, ears: Ears) -> Result:
    seed = 10 * (1 + number) + ROOMS.index(room)
    played = coach(ALONE, np.random.default_rng(seed))
    result, heard = _listened(case, room, _mixed(case, room, played, silence(0), seed), ears)
    return result | {"heard": [found.text for found in heard]}


def _listened(case: Case, room: Room, scene: Scene, ears: Ears) -> tuple[Result, list[Transcript]]:
    listener = ears.listener("session")
    if not case.reference:
        listener.canceller = Deaf()
    heard, trusted, spent = _heard(listener, scene)
    result = {
        "case": case.name,
        "room": room.name,
        "seconds": to_seconds(len(scene.played)),
        "compute": round(spent, 2),
        "seconds_to_trust": None if trusted is None else to_seconds(trusted),
        "skew_ppm": round(listener.canceller.skew_ppm, 1),
        "suppression_db": round(listener.canceller.suppression_db, 1),
    }
    listener.flush()
    return result, heard


def _heard(listener: Listener, scene: Scene) -> tuple[list[Transcript], Samples | None, float]:
    """Return what is heard, since when the canceller is trusted, and the seconds of computing."""
    heard: list[Transcript] = []
    trusted, spent, obeyed = None, 0.0, False
    for start in range(0, len(scene.played), BLOCK):
        part = slice(start, start + BLOCK)
        microphone, played = scene.microphone[part], scene.played[part]
        if scene.coach:
            obeyed = obeyed and listener.speaking
            lower = listener.speaking and not obeyed
            played, echo = scene.coach.speak(len(microphone), lower=lower)
            microphone = microphone + echo
        began = time.process_time()
        found = listener.process(microphone, played)
        spent += time.process_time() - began
        heard += found
        obeyed = obeyed or bool(found)
        if trusted is None and listener.canceller.trusted:
            trusted = start
    return heard, trusted, spent


def _recovery(room: Room, ears: Ears) -> Result:
    """Return how long after a jump the echo is taken out as well as before it."""
    del ears
    seed = 50 + ROOMS.index(room)
    played = coach(to_samples(60), np.random.default_rng(seed))
    scene = _mixed(JUMP, room, played, silence(0), seed)
    canceller = EchoCanceller(latency=0)
    frames = range(0, len(scene.played) - FRAME + 1, FRAME)
    cleaned = [
        canceller.process(scene.microphone[s : s + FRAME], scene.played[s : s + FRAME])
        for s in frames
    ]
    removed = removed_db(scene.microphone, np.concatenate(cleaned))
    seconds = seconds_to_recover(removed, len(scene.played) // 2)
    return {"case": JUMP.name, "room": room.name, "seconds_to_recover": round(seconds, 2)}


def removed_db(microphone: Pcm, cleaned: Pcm) -> list[float]:
    """Return how much quieter each WINDOW of the coach's voice became, the latest first sample
    of each at a multiple of WINDOW; what is quiet in the microphone counts as the window before.
    """
    removed = [0.0]
    loud = float(np.mean(np.square(microphone, dtype=np.float64)))
    for start in range(0, len(cleaned) - WINDOW + 1, WINDOW):
        before, after = (
            float(np.mean(np.square(sound[start : start + WINDOW], dtype=np.float64)))
            for sound in (microphone, cleaned)
        )
        heard = before > 0.1 * loud
        removed.append(10 * np.log10(before / max(after, 1e-12)) if heard else removed[-1])
    return removed[1:]


def seconds_to_recover(removed: list[float], jump: Samples) -> float:
    """Return the seconds from `jump` until the echo is taken out, within RECOVERED_DB, as well
    as in the ten seconds before it, twice in a row; what is left of the time if it never is.
    """
    at = -(-jump // WINDOW)
    wanted = float(np.median(removed[max(0, at - 20) : jump // WINDOW])) - RECOVERED_DB
    after = removed[at:]
    for index in range(len(after) - 1):
        if min(after[index : index + 2]) >= wanted:
            return to_seconds((at + index) * WINDOW - jump)
    return to_seconds(len(after) * WINDOW)


def _scene(case: Case, room: Room, users: tuple[Speaker, ...], seed: int) -> Scene:
    rng = np.random.default_rng(seed)
    turns = [(user, text) for user in users for text in MOST_USED]
    words, parts, at, end = [], [], LEAD_IN, 0
    for index in rng.permutation(len(turns)):
        clip = levelled(said(*turns[index]), 0.0)
        parts += [silence(at - end), clip]
        end = at + len(clip)
        words.append((turns[index][1], end))
        at = end + int(rng.integers(to_samples(1.2), to_samples(2.5)))
    played = coach(at + SAMPLE_RATE, rng)
    mixed = _mixed(case, room, played, np.concatenate(parts), seed)
    speaker = DuckingCoach(played, room, seed) if case.ducks else None
    return Scene(mixed.microphone, mixed.played, words, speaker)


def _mixed(case: Case, room: Room, played: Sound, user: Pcm, seed: int) -> Scene:
    length, mixed_in = duration(played), case.echo and not case.ducks
    echo = echo_of(played, room, seed, clipped=case.clipped) if mixed_in else silence(length)
    microphone = jumped(skewed(echo, case.skew_ppm), case.jump)
    voice = np.pad(user, (0, length - len(user)))
    microphone = microphone + voice * decibels(ECHO_DB + (case.over_db or 0.0))
    noise = np.random.default_rng(1000 + seed).standard_normal(length)
    microphone = (microphone + noise * decibels(room.noise_db)).astype(np.float32)
    reference = reference_of(played) if case.reference and case.echo else silence(length)
    return Scene(microphone, reference, [])


def figures(results: list[Result]) -> list[Figure]:
    """Return what is lost in each case against the same commands without an echo."""
    found = list(_losses(results))
    recovered = [r["seconds_to_recover"] for r in results if r["case"] == JUMP.name]
    if recovered:
        name, of = "barge-in, seconds lost by a jump of 20 ms", f"{len(recovered)} rooms"
        mean = float(np.mean(recovered))
        found.append(Figure(name, mean, "s", of, goal=1.5, less=True))
    for case, goal in ((COACH, 1.0), (CLIPPING_COACH, None)):
        alone = [r for r in results if r["case"] == case.name]
        if alone:
            hours = sum(r["seconds"] for r in alone) / 3600
            rate = sum(len(r["heard"]) for r in alone) / hours
            of = f"{60 * hours:.0f} min at {ECHO_DB:g} dB"
            name = case.name.replace("coach alone", "coach's own voice obeyed")
            found.append(Figure(name, rate, "/h", of, goal=goal, less=True))
    return found


def _losses(results: list[Result]) -> Iterator[Figure]:
    rates = {}
    for case in CASES:
        some = [r for r in results if r["case"] == case.name]
        if some:
            commands = sum(r["commands"] for r in some)
            rates[case.name] = 100 * sum(r["obeyed"] for r in some) / commands
            of = f"{commands} commands"
            if case.against in rates:
                lost = rates[case.name] - rates[case.against]
                name = f"barge-in, {case.name}: against no echo"
                yield Figure(name, lost, "points", of, case.goal)
            else:
                yield Figure(f"barge-in, {case.name}: obeyed", rates[case.name], "%", of)


def details(results: list[Result]) -> str:
    """Return what came of each case, room by room."""
    rooms = list(dict.fromkeys(r["room"] for r in results))
    lines = [
        f"| barge-in: obeyed, % | {' | '.join(rooms)} | wrong | false per min | trusted after, s "
        "| skew, ppm | suppression, dB | computing, % |",
        "| --- |" + " ---: |" * (len(rooms) + 6),
    ]
    for case in CASES:
        some = [r for r in results if r["case"] == case.name]
        if some:
            lines.append(_line(case.name, some))
    false = [
        f"“{text}” in the {r['room']} ({r['case']})" for r in results for text in r.get("heard", ())
    ]
    lines += ["", f"Heard in the coach's own voice: {'; '.join(false) or 'nothing'}."]
    return "\n".join(lines)


def _line(name: str, row: list[Result]) -> str:
    seconds = sum(r["seconds"] for r in row)
    trust = [r["seconds_to_trust"] for r in row if r["seconds_to_trust"] is not None]
    cells = [
        *(f"{100 * r['obeyed'] / r['commands']:.0f}" for r in row),
        str(sum(r["wrong"] for r in row)),
        f"{60 * sum(r['false'] for r in row) / seconds:.2f}",
        f"{np.mean(trust):.1f}" if trust else "–",
        f"{np.mean([r['skew_ppm'] for r in row]):.1f}",
        f"{np.mean([r['suppression_db'] for r in row]):.1f}",
        f"{100 * sum(r['compute'] for r in row) / seconds:.1f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


ROW: Final = Row("barge-in", tasks, figures, details, whole=True)
