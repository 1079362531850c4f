"""One form of sound inside the coach, and the way in and out of files and other rates.

Owns `Pcm`; must not know devices, words or exercise.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Pcm: TypeAlias = npt.NDArray[np.float32]
"""Mono sound at SAMPLE_RATE, shape (samples,), nominally within -1 … 1."""
