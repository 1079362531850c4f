"""What one user has taught: their own takes of the most used phrases, and what is near to them.

Owns the takes, their file and the comparison; must not know how takes are asked for, nor which
engine first made a sentence of the sound.

A take is kept as the network's features of it, which no sound can be made of again. What is
said later is laid over every take by dynamic time warping. That speaks for a phrase only where it
is near to the phrase's takes, and nearer than to those of all others. Another voice is far from
them all: for it, nothing changes.
"""

import math
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from voice_coach.errors import ModelError, OutputError
from voice_coach.files import Replacement, reason
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.paths import profile_path
from voice_coach.units import Samples

Features = NDArray[np.float32]
"""Features of a sound, shape (frames, FEATURES)."""

VERSION: Final = 1
FEATURES: Final = 288
FRAME: Final[Samples] = 384
"""Samples from one frame of the network's features to the next."""
SHORTEST: Final = 8
LONGEST: Final = 250
"""Frames of a take."""
MOST_TAKES: Final = 400
LARGEST_BYTES: Final = 64 * 2**20

_LEAD: Final = 27
"""The voice begins before this frame: the lead of a segment, and a little of the voice itself."""
_TAIL: Final = 35
"""It ends within so many frames of the end: the silence that ends a segment, what the network
is given after it, and a little of the voice itself."""
FAR: Final = 1.5
"""Distance from which on nothing is compared any more."""
_CLEAR: Final = 0.5
"""Lead over other phrases of which more makes no difference."""
_LEAST: Final = 0.4
"""Probability under which nothing is said to be heard."""
_EDGE: Final = 2
"""Frames kept before and after the voice of a take."""

# Fitted by benchmarks/fit_enrolment.py to the speakers of the tuning half.
ACCEPTED: Final = (3.33, -20.69, 3.51)
"""Weights of 1, the distance and the lead: how probable it is that the phrase was said …"""
INSTEAD: Final = (9.0, -28.98, -4.84)
"""… and that it was, where another sentence is recognised."""


@dataclass(frozen=True)
class Take:
    """A phrase as the user said it once; there may be more of the same with noise added."""

    phrase: str
    frames: Features
    """Without the silence before and after."""


@dataclass(frozen=True)
class Profile:
    """All that one user has taught."""

    takes: tuple[Take, ...]
    made: str = ""
    """When and with which microphone, for people."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases that were taught, in the order in which they were asked for."""
        return tuple(dict.fromkeys(take.phrase for take in self.takes))

    def save(self, path: Path) -> None:
        """Write the profile, all of it or nothing; OutputError where that fails."""
        content: dict[str, Any] = {
            "version": np.array(VERSION),
            "made": np.array(self.made),
            "phrases": np.array([take.phrase for take in self.takes]),
            "lengths": np.array([len(take.frames) for take in self.takes]),
            "frames": np.concatenate([take.frames for take in self.takes]).astype(np.float16),
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with Replacement(path) as new:
                np.savez_compressed(new.file, allow_pickle=False, **content)
        except OSError as error:
            raise OutputError(
                f"Cannot write {path}: {reason(error)}. Nothing was changed."
            ) from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a profile; ModelError where it is no whole one, or one of another version."""
        try:
            if path.stat().st_size > LARGEST_BYTES:
                raise ValueError("it is too large")
            with np.load(path, allow_pickle=False) as file:
                return cls._read(file)
        except OSError as error:
            reason = error.strerror or "it is damaged"
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, MemoryError) as bad:
            reason = str(bad) if str(bad).startswith("it ") else "it is damaged"
        except Exception as error:  # zlib and numpy have failures of their own
            reason = f"it is damaged ({type(error).__name__})"
        raise ModelError(
            f"What you taught the coach cannot be read from {path}: {reason}. "
            "It goes on without; teach it again, or delete it, with voice-coach teach."
        )

    @classmethod
    def _read(cls, file: Mapping[str, NDArray[Any]]) -> Self:
        if int(file["version"]) != VERSION:
            raise ValueError("it was made by another version of the coach")
        phrases, lengths, frames = file["phrases"], file["lengths"], file["frames"]
        whole = (
            phrases.ndim == lengths.ndim == 1
            and phrases.dtype.kind == "U"
            and lengths.dtype.kind == "i"
            and 0 < len(phrases) == len(lengths) <= MOST_TAKES
            and bool(((lengths >= SHORTEST) & (lengths <= LONGEST)).all())
            and frames.dtype == np.float16
            and frames.shape == (int(lengths.sum()), FEATURES)
            and bool(np.isfinite(frames).all())
        )
        if not whole:
            raise ValueError("it is damaged")
        parts = np.split(frames.astype(np.float32), np.cumsum(lengths)[:-1])
        takes = (Take(str(p), part) for p, part in zip(phrases, parts, strict=True))
        return cls(tuple(takes), str(file["made"]))


def own_profile() -> Profile | None:
    """Return what the user of this machine has taught, if anything; ModelError if damaged."""
    path = profile_path()
    return Profile.load(path) if path.exists() else None


class Warping:
    """Lays a sound over many takes at once."""

    def __init__(self, takes: list[Features], centre: Features | None = None) -> None:
        """`centre` is what all sounds have in common, shape (FEATURES,): none is compared."""
        self._centre = np.zeros(FEATURES, np.float32) if centre is None else centre
        self._ends = np.array([len(take) - 1 for take in takes])
        self._takes = np.zeros((len(takes), int(self._ends.max()) + 1, FEATURES), np.float32)
        for row, take in zip(self._takes, takes, strict=True):
            row[: len(take)] = self._directions(take)

    def distances(self, sound: Features, lead: int = _LEAD, tail: int = _TAIL) -> Features:
        """Return the mean cosine distance of each take, shape (takes,), FAR at most.

        The take must fit from one of the first `lead` to one of the last `tail` frames, and no
        part of it may be said twice as fast or half as fast.
        """
        directions = self._directions(sound)
        costs = np.float32(1.0) - self._takes @ directions.T
        best = np.full_like(costs, np.inf)
        best[:, 0, :lead] = costs[:, 0, :lead]
        for at in range(1, costs.shape[1]):
            here, before = costs[:, at], best[:, at - 1]
            best[:, at, 1:] = before[:, :-1] + here[:, 1:]
            slower = before[:, :-2] + (here[:, 1:-1] + here[:, 2:]) / 2
            best[:, at, 2:] = np.minimum(best[:, at, 2:], slower)
            if at > 1:
                faster = best[:, at - 2, :-1] + costs[:, at - 1, 1:] + here[:, 1:]
                best[:, at, 1:] = np.minimum(best[:, at, 1:], faster)
        ended = best[np.arange(len(best)), self._ends][:, -tail:].min(axis=1)
        return np.asarray(np.minimum(FAR, ended / (self._ends + 1)), dtype=np.float32)

    def _directions(self, frames: Features) -> Features:
        off_centre = frames.astype(np.float32) - self._centre
        sizes = np.linalg.norm(off_centre, axis=1, keepdims=True)
        return np.asarray(off_centre / np.maximum(sizes, np.float32(1e-6)))


@dataclass(frozen=True)
class Nearness:
    """The taught phrase that a sound is nearest to."""

    phrase: str
    distance: float
    lead: float
    """How much farther the next phrase is."""

    @classmethod
    def among(cls, distances: Mapping[str, float], phrase: str) -> Self:
        """Return how near `phrase` is, and how much nearer than all others."""
        others = (distance for other, distance in distances.items() if other != phrase)
        return cls(phrase, distances[phrase], min(others, default=FAR) - distances[phrase])

    def probability(self, weights: tuple[float, float, float]) -> float:
        """Return how probable it is by `weights` that the phrase was said."""
        lead = max(-_CLEAR, min(_CLEAR, self.lead))
        log_odds = weights[0] + weights[1] * self.distance + weights[2] * lead
        return 1 / (1 + math.exp(-log_odds))


class EnrolledVoice:
    """Corrects what was recognised by what is near to the user's own takes."""

    def __init__(self, profile: Profile) -> None:
        takes = [take.frames for take in profile.takes]
        self._warping = Warping(takes, np.concatenate(takes).mean(axis=0))
        self._phrases = profile.phrases
        self._of = {
            phrase: np.array([take.phrase == phrase for take in profile.takes])
            for phrase in self._phrases
        }

    def distances(self, sound: Features) -> dict[str, float]:
        """Return how far each phrase is from `sound`: as far as the nearest of its takes."""
        each = self._warping.distances(sound)
        return {phrase: float(each[takes].min()) for phrase, takes in self._of.items()}

    def nearest(self, sound: Features, allowed: Callable[[str], bool]) -> Nearness | None:
        """Return the nearest of the phrases that are `allowed`; None if all are far away."""
        distances = self.distances(sound)
        near = min(filter(allowed, distances), key=distances.__getitem__, default=None)
        if near is None or distances[near] >= FAR:
            return None
        return Nearness.among(distances, near)

    def corrected(
        self, found: Hypothesis, sound: Features, allowed: Callable[[str], bool]
    ) -> Hypothesis:
        """Return `found`, or the taught phrase that was more probably said, or it more surely.

        `sound` is the whole utterance, shape (frames, FEATURES); `allowed` tells what the grammar
        accepts. Whatever is accepted without this still is, as this sentence or a taught one.
        """
        near = self.nearest(sound, allowed)
        if near is None:
            return found
        told = f"{near.distance:.2f} from your “{near.phrase}”, {near.lead:.2f} nearer than others"
        known = replace(found, evidence="; ".join(filter(None, (found.evidence, told))))
        probable = near.probability(ACCEPTED)
        surer = probable if probable >= _LEAST and probable > found.confidence else 0.0
        if found.text == near.phrase:
            return replace(known, confidence=max(found.confidence, surer))
        # That something was said is settled; this is only about which of the two.
        settled = found.text and found.confidence >= _LEAST
        if settled and near.probability(INSTEAD) <= _LEAST:
            return known
        confidence = max(found.confidence if settled else 0.0, surer)
        if not confidence:
            return known
        return replace(known, text=near.phrase, confidence=confidence, span=None, rivals=())


def trimmed(features: Features, start: Samples, end: Samples) -> Features:
    """Return the frames of an utterance in which there is voice, from `start` to `end`.

    `features` are those of the network, shape (1, frames, FEATURES).
    """
    first = max(0, start // FRAME - _EDGE)
    return np.asarray(features[0, first : end // FRAME + 1 + _EDGE], dtype=np.float32)
