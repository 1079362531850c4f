"""The small time-delay network that tells phones apart, and how it learns.

Owns the network and its training; must not know sound, words or Kaldi's file formats.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812  (torch's own name for it)

from .alignment import Path, Scores, align, flat_start
from .features import FRAME_STEP, Example, Features
from .vocabulary import PHONES

CONTEXT = 12
"""Frames of 10 ms that the network sees on each side of the one it judges."""

_OFFSETS = ((-2, -1, 0, 1, 2), (-1, 0, 1), (-3, 0, 3), (-3, 0, 3), (-3, 0, 3), (0,))
"""For each layer, the frames of the layer below that it sees; they add up to CONTEXT."""

_HIDDEN = 112
_BATCH = 24
_CHANNEL_SPREAD = 0.3
"""Deviation of the random shift of every cepstrum, which stands for microphones and rooms."""


@dataclass(frozen=True)
class Layer:
    """One affine layer on several frames of the layer below."""

    offsets: tuple[int, ...]
    weights: npt.NDArray[np.float64]
    """Shape (outputs, offsets × inputs)."""
    bias: npt.NDArray[np.float64]
    rectified: bool


@dataclass(frozen=True)
class Trained:
    """What training leaves: layers that end in one logit a phone, and how common phones are."""

    layers: list[Layer]
    log_priors: npt.NDArray[np.float64]


class Tdnn(torch.nn.Module):
    """(batch, coefficients, 10 ms frames) → (batch, phones, 30 ms frames)."""

    def __init__(self, coefficients: int) -> None:
        super().__init__()
        convolution = torch.nn.Conv1d
        self.convolutions = torch.nn.ModuleList(
            [
                convolution(coefficients, _HIDDEN, 5),
                convolution(_HIDDEN, _HIDDEN, 3, stride=FRAME_STEP),
                *(convolution(_HIDDEN, _HIDDEN, 3) for _ in range(3)),
                convolution(_HIDDEN, len(PHONES), 1),
            ]
        )
        self.norms = torch.nn.ModuleList([torch.nn.BatchNorm1d(_HIDDEN) for _ in range(5)])
        self.dropout = torch.nn.Dropout(0.15)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for convolution, norm in zip(self.convolutions, self.norms, strict=False):
            x = self.dropout(norm(torch.relu(convolution(x))))
        return self.convolutions[-1](x)

    def layers(
        self, mean: npt.NDArray[np.float64], deviation: npt.NDArray[np.float64]
    ) -> list[Layer]:
        """Return the network as plain layers for features that are not normalised.

        The normalisation of the input is folded into the first layer, each batch
        normalisation into the layer above it.
        """
        scale, shift, layers = 1 / deviation, -mean / deviation, []
        for number, convolution in enumerate(self.convolutions):
            taps = convolution.weight.detach().double().numpy()  # (outputs, inputs, taps)
            bias = convolution.bias.detach().double().numpy()
            bias = bias + (taps * shift[None, :, None]).sum((1, 2))
            taps = (taps * scale[None, :, None]).transpose(0, 2, 1)
            hidden = number < len(self.norms)
            layers.append(Layer(_OFFSETS[number], taps.reshape(len(taps), -1), bias, hidden))
            if hidden:
                norm = self.norms[number]
                variance = norm.running_var.double().numpy() + norm.eps
                scale = norm.weight.detach().double().numpy() / np.sqrt(variance)
                mean_below = norm.running_mean.double().numpy()
                shift = norm.bias.detach().double().numpy() - mean_below * scale
        return layers


def train(
    examples: Sequence[Example], epochs: Sequence[int], log: Callable[[str], None]
) -> Trained:
    """Return a network trained from `examples`, in one stage for each number of `epochs`.

    After each stage the network aligns the phones anew, and the next one starts from nothing
    with the better alignment.
    """
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    sequences = [example.phones for example in examples]
    paths = _first_paths(examples)
    log(f"aligned by Gaussians: {sum(map(len, paths))} frames of 30 ms")
    padded = [_padded(example.features) for example in examples]
    everything = np.concatenate(padded)
    mean, deviation = everything.mean(0).astype(np.float64), everything.std(0).astype(np.float64)
    features = [((x - mean) / deviation).astype(np.float32).T for x in padded]
    del everything, padded
    for stage, count in enumerate(epochs):
        network = Tdnn(len(mean))
        for epoch, (loss, right) in enumerate(_epochs(network, features, paths, count, rng)):
            log(f"stage {stage} epoch {epoch}: loss {loss:.3f}, {right:.1%} of frames right")
        network.eval()
        priors = _log_priors(paths)
        if stage < len(epochs) - 1:
            paths = align(_scorer(network, features, priors), sequences)
    return Trained(network.layers(mean, deviation), priors)


def _first_paths(examples: Sequence[Example]) -> list[Path]:
    paths = [np.zeros(_answers(len(e.features)), np.int64) for e in examples]
    spoken = [i for i, example in enumerate(examples) if example.clean is not None]
    clean = [e.clean for e in examples if e.clean is not None]
    found = flat_start(clean, [examples[i].phones for i in spoken], len(PHONES))
    for i, path in zip(spoken, found, strict=True):
        paths[i] = path
    return paths


def _answers(frames: int) -> int:
    return -(-frames // FRAME_STEP)


def _padded(features: Features) -> Features:
    """Return `features` with the first and last frames repeated, as Kaldi does."""
    behind = CONTEXT + FRAME_STEP * (_answers(len(features)) - 1) + 1 - len(features)
    return np.pad(features, ((CONTEXT, behind), (0, 0)), "edge")


def _epochs(
    network: Tdnn, features: list[Features], paths: list[Path], count: int, rng: np.random.Generator
) -> Iterator[tuple[float, float]]:
    """Train for `count` epochs; yield the mean loss and the share of right frames of each."""
    batches = _batches(features)
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 4e-3, total_steps=count * len(batches)
    )
    for _ in range(count):
        network.train()
        losses, right, total = 0.0, 0, 0
        for number in rng.permutation(len(batches)):
            x, y = _tensors(batches[number], features, paths, rng)
            answers = network(x)
            loss = F.cross_entropy(answers, y, ignore_index=-1)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            counted = y >= 0
            losses += float(loss.detach())
            right += int((answers.argmax(1) == y)[counted].sum())
            total += int(counted.sum())
        yield losses / len(batches), right / total


def _batches(features: list[Features]) -> list[list[int]]:
    by_length = sorted(range(len(features)), key=lambda i: features[i].shape[1])
    return [by_length[first : first + _BATCH] for first in range(0, len(by_length), _BATCH)]


def _tensors(
    batch: list[int], features: list[Features], paths: list[Path], rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return one batch; frames behind the end of an utterance have the phone -1."""
    width = max(features[i].shape[1] for i in batch)
    coefficients = features[batch[0]].shape[0]
    x = np.zeros((len(batch), coefficients, width), np.float32)
    y = np.full((len(batch), (width - 2 * CONTEXT - 1) // FRAME_STEP + 1), -1)
    for row, i in enumerate(batch):
        x[row, :, : features[i].shape[1]] = features[i]
        y[row, : len(paths[i])] = paths[i]
    x += rng.normal(0, _CHANNEL_SPREAD, (len(batch), coefficients, 1)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(y)


def _log_priors(paths: list[Path]) -> npt.NDArray[np.float64]:
    counts = np.bincount(np.concatenate(paths), minlength=len(PHONES)) + 100
    return np.log(counts / counts.sum())


def _scorer(
    network: Tdnn, features: list[Features], priors: npt.NDArray[np.float64]
) -> Callable[[int], Scores]:
    def score(utterance: int) -> Scores:
        with torch.no_grad():
            logits = network(torch.from_numpy(features[utterance][None]))[0].T
        return (F.log_softmax(logits, 1).numpy() - priors).astype(np.float32)

    return score
