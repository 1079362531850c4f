"""A stand-in for the coach in a process of its own: runs the sound room and tells what it saw.

Reads its task as JSON from the command line; writes one JSON object per line.
"""

import json
import sys
import time

import numpy as np

from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, Sound
from voice_coach.audio.world import Limits, Notice, open_audio
from voice_coach.errors import VoiceCoachError
from voice_coach.units import BLOCK, Samples, to_frames, to_samples


def tell(**what: object) -> None:
    """Print one event."""
    print(json.dumps(what), flush=True)  # noqa: T201


def speech(seconds: float) -> Sound:
    """What the probe plays from position 0: noise, found again in a recording to the frame."""
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, to_frames(to_samples(seconds)))
    return noise.astype(np.float32)


class Probe:
    """Plays noise without end, and falls silent for good when it hears something."""

    def __init__(self, task: dict[str, object]) -> None:
        limits = Limits(patience=float(str(task.get("patience", 3.0))))
        self.audio = open_audio(task.get("mic"), task.get("speaker"), limits=limits)  # type: ignore[arg-type]
        self.mixer = Mixer()
        self.seconds = float(str(task["seconds"]))
        self.reacts = bool(task.get("reacts"))
        self.blocks: list[tuple[Samples, float, float, float]] = []

    def block(self, mic: Pcm, played: Pcm, position: Samples) -> None:
        """Note what came; react to what is heard."""
        if not self.blocks:
            tell(event="begun", audio=str(self.audio))
        peaks = float(np.abs(mic).max()), float(np.abs(played).max())
        self.blocks.append((position, time.monotonic(), *peaks))
        if self.reacts and peaks[0] > 0.05:
            self.mixer.silence()
            tell(event="reacted", position=position, at=self.mixer.position)
            self.reacts = False
        if position + BLOCK >= to_samples(self.seconds):
            self.audio.stop()

    def notice(self, notice: Notice) -> None:
        """Tell what the user would be told."""
        tell(event=notice.kind.value, text=notice.text, position=self.mixer.position)

    def run(self) -> None:
        """Run to the end and sum up."""
        self.mixer.play(speech(self.seconds), 0, tag=1)
        try:
            self.audio.run(self.mixer, self.block, self.notice)
        finally:
            self.sum_up()

    def sum_up(self) -> None:
        """Print the figures that tests look at."""
        positions = np.array([b[0] for b in self.blocks])
        times = np.array([b[1] for b in self.blocks])
        steady = positions > 2 * 16_000
        late = 1_000 * (times[steady] - positions[steady] / 16_000)
        # By how much half a second of the clock differs from half a second of the wall's, in
        # nine of ten such spans: one hole that a busy machine tears is no unsteady clock.
        spans = np.abs(late[50:] - late[:-50])
        tell(
            event="end",
            blocks=len(positions),
            steps=sorted({int(step) for step in np.diff(positions)}),
            first=int(positions[0]) if len(positions) else None,
            jitter_ms=float(np.percentile(spans, 90)) if len(spans) else None,
            heard=int(sum(b[2] > 0.05 for b in self.blocks)),
            counters=vars(self.audio.counters),
        )


if __name__ == "__main__":
    try:
        Probe(json.loads(sys.argv[1])).run()
    except VoiceCoachError as error:
        tell(event="error", kind=type(error).__name__, text=str(error))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
