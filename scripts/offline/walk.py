"""A user's way through the whole coach: every command that listens, speaks, draws or remembers.

Owns what is run and with which input; must not know how it is watched. Files stand in for
microphone and loudspeaker, so that it goes the same way on every machine.
"""

import itertools
import json
import os
import re
import signal
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from websockets.sync.client import connect

from scripts import ROOT
from voice_coach.app.checkup import questions
from voice_coach.audio import pcm
from voice_coach.audio.pcm import Pcm, as_heard, decibels, silence
from voice_coach.dictionary import read_language
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.speaking.hibari import HibariVoice
from voice_coach.speaking.voice import Voice
from voice_coach.units import SAMPLE_RATE, to_samples

USER: Final = "en-us+m5"
SCRIPT: Final = """\
00:01 say 'start breathing'
+8 say 'pause'
+4 say 'resume'
+5 say 'how long left'
+6 say 'stop'
+3 say 'yes'
"""
ROUTINE: Final = """\
name: Evening
purpose: It calms.
exercises:
  - name: Reach
    purpose: It is good.
    position: any
    get_there: Sit.
    setup: Relax.
    steps:
      - cue: Hold it.
        seconds: 20
"""
EMBEDDED: Final = ("--recogniser=pocketsphinx", "--voice=hibari")


@dataclass(frozen=True)
class Step:
    """One command, and the exit statuses that are good."""

    arguments: tuple[str, ...]
    statuses: tuple[int, ...] = (0,)

    def __str__(self) -> str:
        return f"voice-coach {' '.join(self.arguments)}"


LIVE: Final = Step(
    ("run", "--mic=session.flac", "--speaker=session.wav", "--screen", "--no-ask-pain", *EMBEDDED),
    (130,),
)
"""A session with a page; it is ended with Ctrl-C once the page has been seen."""
STEPS: Final = (
    Step(("--version",)),
    Step(("settings", "show")),
    Step(("routines", "check", "evening.yaml")),
    Step(("models", "list")),
    Step(("devices",), (0, 2)),  # with or without any sound device
    Step(("say", "Slowly lift your hips.", "--out=said.wav", "--voice=espeak")),
    Step(("say", "Slowly lift your hips.", "--out=hibari.wav", "--voice=hibari")),
    Step(("say", "Slowly lift your hips.", "--out=piper.wav", "--voice=piper")),
    Step(("listen", "pause.wav", "--json", "--recogniser=pocketsphinx")),
    Step(("listen", "pause.wav", "--json", "--recogniser=vosk")),
    Step(("teach", "--phrases=1", "--mic=lesson.wav", "--speaker=taught.wav", "--voice=hibari")),
    Step(("doctor", "--mic=pause.wav", "--speaker=doctor.wav", *EMBEDDED)),
    Step(("doctor", "--hearing", "--mic=answers.wav", "--speaker=doctor.wav", *EMBEDDED)),
    Step(("rehearse", "script.txt", "--out=rehearsal.wav", "--timeline=line.jsonl", *EMBEDDED)),
    LIVE,
    Step(("history",)),
    Step(("history", "--plot", "history.png")),
    Step(("history", "export", "events.jsonl")),
    Step(("history", "backup", "backup.sqlite3")),
    Step(("history", "restore", "backup.sqlite3", "--yes")),
    Step(("report", "--out", "report.html")),
    Step(("history", "export", "sessions.csv")),
    Step(("move", "pack", "all.tar")),
    Step(("move", "unpack", "all.tar", "--force")),
    Step(("teach", "--forget")),
    Step(("forget", "--everything", "--yes")),
)
WRITTEN: Final = (
    "said.wav hibari.wav piper.wav taught.wav doctor.wav rehearsal.wav line.jsonl session.wav "
    "history.png events.jsonl sessions.csv backup.sqlite3 report.html "
    "all.tar"
).split()
"""What the commands were asked to write."""


def prepare(folder: Path) -> None:
    """Make all that the steps read."""
    (folder / "script.txt").write_text(SCRIPT)
    (folder / "evening.yaml").write_text(ROUTINE)
    with closing(EspeakVoice(USER)) as user, closing(HibariVoice()) as coach:
        quiet = silence(SAMPLE_RATE)
        pause = _said(user, "pause")
        pcm.write(folder / "pause.wav", np.concatenate([quiet, pause, quiet]))
        lesson = [np.concatenate([pause, silence(to_samples(3.3))]) for _ in range(30)]
        pcm.write(folder / "lesson.wav", np.concatenate(lesson))
        pcm.write(folder / "answers.wav", _answers(user, coach))
        start = np.concatenate([quiet, _said(user, "start back routine")])
    with soundfile.SoundFile(folder / "session.flac", "w", SAMPLE_RATE, 1) as file:
        file.write(start)
        for _ in range(30):
            file.write(silence(60 * SAMPLE_RATE))


def install_models(home: Path) -> None:
    """Give a home the small models of the tests, so that piper and vosk run too."""
    models = home / ".local" / "share" / "voice-coach" / "models"
    fixtures = ROOT / "tests" / "fixtures"
    with zipfile.ZipFile(fixtures / "vosk" / "vosk-model-tiny-en.zip") as archive:
        archive.extractall(models)
    (models / "piper").mkdir()
    for path in (fixtures / "piper").glob("*.onnx*"):
        (models / "piper" / path.name).write_bytes(path.read_bytes())


def _said(voice: Voice, text: str) -> Pcm:
    return as_heard(voice.render(text)) * np.float32(decibels(-12))


def _answers(user: Voice, coach: Voice) -> Pcm:
    """Return what the microphone hears of somebody who does as the doctor asks."""
    asked = questions(read_language().written.checkup, coach.render)
    noise = np.random.default_rng(1).normal(0, 3e-4, asked[-1].answer.stop + 2 * SAMPLE_RATE)
    sound: Pcm = noise.astype(np.float32)
    for question in asked:
        if question.request:
            words = _said(user, question.request.phrase)
            at = question.answer.start + to_samples(0.5)
            sound[at : at + len(words)] += words
    return sound


def perform(step: Step, command: list[str], folder: Path, env: dict[str, str]) -> str:
    """Run a step as `command`; return in one line what went wrong, or ""."""
    with subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        told: list[str] = []
        try:
            if step is LIVE:
                _look(process.stdout, told)
                _interrupt(process.pid)
            told += process.stdout
            status = process.wait(timeout=120)
        except Exception as problem:  # whatever it is, it is told with the rest
            return f"{type(problem).__name__}: {problem}. It said: {' '.join(told[-5:])}"
        finally:
            process.kill()
    return "" if status in step.statuses else f"status {status}. It said: {' '.join(told[-5:])}"


def _look(lines: Iterator[str], told: list[str]) -> None:
    """Fetch the page, pair with it, and see the session there."""
    found = None
    while not found:
        line = next(lines)
        told.append(line)
        found = re.search(r"(http://([\d.]+:\d+))/\?code=(\d{6})", line)
    origin, host, code = found.groups()
    own = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    page = own.open(f"{origin}/", timeout=20).read().decode()
    for part in re.findall(r'(?:src|href)="(/?[\w./-]+)"', page):
        own.open(f"{origin}/{part.lstrip('/')}", timeout=20).read()
    wanted = urllib.request.Request(  # noqa: S310 - the address is the coach's own
        f"{origin}/pair",
        json.dumps({"code": code}).encode(),
        {"Origin": origin, "Content-Type": "application/json"},
    )
    cookie = own.open(wanted, timeout=20).headers["Set-Cookie"].split(";")[0]
    with connect(
        f"ws://{host}/live",
        origin=origin,  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie},
        proxy=None,
    ) as live:
        for _ in range(3):
            live.recv(timeout=20)
    told += itertools.takewhile(lambda line: "when you say ready" not in line, lines)


def _interrupt(process: int) -> None:
    """Press Ctrl-C for the coach, which may run below what watches it."""
    if Path(f"/proc/{process}/comm").read_text().strip() == "strace":
        children = Path(f"/proc/{process}/task/{process}/children")
        process = int(children.read_text().split()[0])
    os.kill(process, signal.SIGINT)


def seconds_since(began: float) -> str:
    """Return how long something took, for people."""
    return f"{time.monotonic() - began:.1f} s"
