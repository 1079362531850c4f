"""Which phone sounds in which frame: a Viterbi search, and its start from nothing.

Owns the alignment of phone sequences with frames; must not know sound or networks.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Scores: TypeAlias = npt.NDArray[np.float32]
"""Log likelihoods, shape (frames, phones)."""

Path: TypeAlias = npt.NDArray[np.int64]
"""A phone for each frame, shape (frames,)."""

_IMPOSSIBLE = -1e9
_BATCH = 400


def flat_start(
    features: Sequence[npt.NDArray[np.float32]],
    sequences: Sequence[list[int]],
    phones: int,
    rounds: int = 14,
) -> list[Path]:
    """Return a path for each utterance, found without any model.

    The phones are first spread evenly over the loud part; then one Gaussian for each phone is
    estimated, the frames are aligned by them, and so on.
    """
    paths = [_spread(f, s) for f, s in zip(features, sequences, strict=True)]
    everything = np.concatenate(list(features))
    floor = 0.05 * everything.var(0)
    for _ in range(rounds):
        labels = np.concatenate(paths)
        means = np.zeros((phones, everything.shape[1]))
        variances = np.ones_like(means)
        for phone in range(phones):
            frames = everything[labels == phone]
            if len(frames) > 5:
                means[phone], variances[phone] = frames.mean(0), frames.var(0) + floor
        paths = align(_gaussian(features, means, variances), sequences)
    return paths


def align(score: Callable[[int], Scores], sequences: Sequence[list[int]]) -> list[Path]:
    """Return the best path of each utterance `i`, whose frames `score(i)` judges."""
    paths: dict[int, Path] = {}
    by_length = sorted(range(len(sequences)), key=lambda i: len(sequences[i]))
    for first in range(0, len(by_length), _BATCH):
        batch = by_length[first : first + _BATCH]
        found = _viterbi([score(i) for i in batch], [sequences[i] for i in batch])
        paths.update(zip(batch, found, strict=True))
    return [paths[i] for i in range(len(sequences))]


def _spread(features: npt.NDArray[np.float32], sequence: list[int]) -> Path:
    energy = features[:, 0]
    threshold = (np.percentile(energy, 5) + np.percentile(energy, 95)) / 2
    loud = np.flatnonzero(energy > threshold)
    first, last = loud[0], loud[-1] + 1
    inner = np.array([phone for phone in sequence if phone])
    path = np.zeros(len(features), np.int64)
    places = (np.arange(last - first) * len(inner)) // (last - first)
    path[first:last] = inner[places]
    return path


def _gaussian(
    features: Sequence[npt.NDArray[np.float32]],
    means: npt.NDArray[np.float64],
    variances: npt.NDArray[np.float64],
) -> Callable[[int], Scores]:
    precision = 1 / variances
    constant = -0.5 * (np.log(variances).sum(1) + (means**2 * precision).sum(1))

    def score(utterance: int) -> Scores:
        x = features[utterance]
        linear = x @ (means * precision).T
        return (linear - 0.5 * (x**2) @ precision.T + constant).astype(np.float32)

    return score


def _viterbi(scores: list[Scores], sequences: list[list[int]]) -> list[Path]:
    """Return the best monotonic path of each utterance of a batch.

    A silence that is neither first nor last may be skipped.
    """
    shape = len(sequences), max(map(len, scores)), max(map(len, sequences))
    emitted = np.full(shape, _IMPOSSIBLE, np.float32)
    skip = np.full((shape[0], shape[2]), -np.inf, np.float32)
    for row, (frames, sequence) in enumerate(zip(scores, sequences, strict=True)):
        emitted[row, : len(frames), : len(sequence)] = frames[:, sequence]
        skip[row, 2 : len(sequence)][np.array(sequence[1:-1]) == 0] = 0
    best = np.full((shape[0], shape[2]), _IMPOSSIBLE, np.float32)
    best[:, 0] = emitted[:, 0, 0]
    steps = np.zeros(shape, np.int8)
    for frame in range(1, shape[1]):
        ways = np.full((3, *best.shape), _IMPOSSIBLE, np.float32)
        ways[0] = best
        ways[1, :, 1:] = best[:, :-1]
        ways[2, :, 2:] = best[:, :-2] + skip[:, 2:]
        steps[:, frame] = ways.argmax(0)
        best = ways.max(0) + emitted[:, frame]
    return [
        _traced(steps[row, : len(frames)], sequence)
        for row, (frames, sequence) in enumerate(zip(scores, sequences, strict=True))
    ]


def _traced(steps: npt.NDArray[np.int8], sequence: list[int]) -> Path:
    place, path = len(sequence) - 1, []
    for frame in range(len(steps) - 1, -1, -1):
        path.append(sequence[place])
        place -= int(steps[frame, place])
    return np.array(path[::-1])
