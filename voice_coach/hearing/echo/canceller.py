"""Takes the coach's own voice out of the microphone.

Owns when that is done and whether the result is to be trusted; must not know words, segments
or exercise. Mostly linear: a filtered copy of what was played is taken away, so that a voice
beside it stays whole; then what is left of it is turned down a little. No clock, no threads.
"""

from typing import Final

import numpy as np

from voice_coach.audio.pcm import Pcm, numbers, ramp, silence
from voice_coach.hearing.echo.adaptive_filter import FRAME, TAIL, AdaptiveFilter, Learnt
from voice_coach.hearing.echo.alignment import LONGEST_DELAY, Alignment
from voice_coach.hearing.echo.residual import ResidualSuppressor
from voice_coach.units import Samples

_IDLE: Final[Samples] = LONGEST_DELAY + TAIL + FRAME
"""When nothing was played for so long, nothing can be heard of it."""

_TRUST_DB: Final = 6.0
"""Suppression from which the result is used."""
_DOUBT_DB: Final = 3.0
"""Suppression under which it is used no longer."""
_ECHO_POWER: Final = 1e-9
"""Mean square of an echo that is worth measuring: -90 dB."""
_AUDIBLE: Final = 0.5
_ALONE: Final = 0.95
"""Shares of the echo in what the microphone hears."""
_SPEED: Final = 0.06
_RISE: Final = 0.06
_FALL: Final = 0.02
_SNAPSHOT: Final = 64
"""Frames of the coach's voice between two copies of the filter: 1 s."""
_GIVEN_UP: Final = 625
"""Frames of the coach's voice after which a filter that takes nothing out is for an echo that
never was, as with headphones: 10 s."""
_NOTHING_DB: Final = 1.0


class EchoCanceller:
    """Cleans a stream of the microphone, given what was played at the same time.

    Until the delay is known and 6 dB of echo are taken out (a second or two of the coach's
    voice), and whenever that fails, the microphone passes through unchanged. Where nothing
    was played for a second it passes too, and costs nothing. Deterministic, and independent of
    the sizes of the blocks; the result lags by `latency` samples.
    """

    def __init__(self, latency: Samples = FRAME) -> None:
        """`latency` is FRAME, or 0 for a caller whose blocks are whole frames."""
        if latency not in {0, FRAME}:
            raise ValueError(f"latency {latency} is neither 0 nor {FRAME}")
        self._unfinished = np.zeros((2, 0), dtype=np.float32)
        self._ready = silence(latency)
        self._alignment = Alignment()
        self._filter: AdaptiveFilter | None = None
        self._snapshots: list[Learnt] = []
        self._learnt = 0
        self._quiet: Samples = _IDLE
        self._residual = ResidualSuppressor()
        self._used = 0.0
        self._powers = np.zeros(4)
        self._suppression_db = 0.0
        self._trusted = False

    @property
    def delay(self) -> Samples | None:
        """By how much the microphone lags behind what was played, or None if not yet known."""
        return self._alignment.delay

    @property
    def skew_ppm(self) -> float:
        """How much slower the microphone's clock runs than the loudspeaker's, in ppm."""
        return self._alignment.skew_ppm

    @property
    def suppression_db(self) -> float:
        """How much of the coach's voice is taken out, as last heard with nobody else."""
        return self._suppression_db

    @property
    def trusted(self) -> bool:
        """Whether the coach's voice is taken out now, or would be if it spoke."""
        return self._trusted

    def process(self, microphone: Pcm, played: Pcm) -> Pcm:
        """Return as many cleaned samples as came in, shape (samples,).

        What is no number is taken as silence. Raises ValueError for a block that is no whole
        frame where the latency is 0.
        """
        both = numbers(np.stack([microphone, played]))
        both = np.concatenate([self._unfinished, both], axis=1, dtype=np.float32)
        whole = both.shape[1] // FRAME * FRAME
        frames = [both[:, start : start + FRAME] for start in range(0, whole, FRAME)]
        self._unfinished = both[:, whole:]
        result = np.concatenate([self._ready, *(self._cleaned(*frame) for frame in frames)])
        if len(result) < len(microphone):
            raise ValueError(f"{len(microphone)} samples are no whole frames of {FRAME}")
        self._ready = result[len(microphone) :]
        return result[: len(microphone)]

    def _cleaned(self, microphone: Pcm, played: Pcm) -> Pcm:
        self._quiet = 0 if played.any() else self._quiet + FRAME
        if self._quiet >= _IDLE:
            self._alignment.skip()
            return microphone
        lead = self._alignment.lead
        if self._alignment.add(microphone, played, sure=self._trusted and self._found()):
            self._realign(self._alignment.lead - lead)
        if not self._filter:
            return microphone
        echo = self._filter.echo(self._alignment.reference())
        rest = microphone - echo
        self._filter.learn(rest)
        self._keep(self._filter)
        use = self._judge(microphone, echo, rest)
        if self._learnt >= _GIVEN_UP and self._suppression_db < _NOTHING_DB:
            self._filter, self._alignment, self._suppression_db = None, Alignment(), 0.0
            return microphone
        quieter = self._residual.suppress(rest, echo, self._suppression_db)
        return self._mixed(microphone, quieter, use)

    def _realign(self, later: Samples) -> None:
        if self._filter:
            # What was learnt in the last second was learnt at the wrong place.
            self._filter.recall(self._snapshots[0])
            self._filter.move(later)
        else:
            self._filter = AdaptiveFilter(self._alignment.lead)
        self._filter.remember(self._alignment.history())
        self._snapshots = [self._filter.learnt()] * 2
        self._learnt = 0
        self._powers[:] = 0

    def _keep(self, learner: AdaptiveFilter) -> None:
        self._learnt += 1
        if self._learnt % _SNAPSHOT == 0:
            self._snapshots = [self._snapshots[1], learner.learnt()]

    def _judge(self, microphone: Pcm, echo: Pcm, rest: Pcm) -> bool:
        """Return whether the filter does good at this moment."""
        pairs = ((microphone, microphone), (echo, echo), (rest, rest), (microphone, echo))
        powers = np.array([np.dot(*pair) / FRAME for pair in pairs], dtype=np.float64)
        self._powers += _SPEED * (powers - self._powers)
        before, taken, after, _ = self._powers
        now_db = 10 * float(np.log10(max(before, _ECHO_POWER) / max(after, _ECHO_POWER / 100)))
        rises = now_db > self._suppression_db
        # Somebody else makes it look too small; where the echo should be all, nobody else is there.
        if taken > max(_ECHO_POWER, before * (_AUDIBLE if rises else _ALONE)):
            speed = _RISE if rises else _FALL
            self._suppression_db += speed * (now_db - self._suppression_db)
        self._trusted = self._suppression_db > (_DOUBT_DB if self._trusted else _TRUST_DB)
        return self._trusted and self._found()

    def _found(self) -> bool:
        """Return whether what the filter predicts is there, whoever else speaks.

        The predicted echo, correlated with the microphone, gives its own power if so, and
        nothing if the path has changed.
        """
        _, taken, _, common = self._powers
        return bool(common >= taken / 2)

    def _mixed(self, microphone: Pcm, rest: Pcm, use: bool) -> Pcm:
        """Go over from one to the other smoothly."""
        gain = ramp(self._used, float(use), FRAME)
        self._used = float(use)
        return microphone + gain * (rest - microphone)
