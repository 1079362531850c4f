"""The embedded recogniser: PocketSphinx with the US English model of its own wheel.

Owns how a grammar becomes a PocketSphinx search and a decoding becomes a hypothesis; must
not know where an utterance begins or ends, nor what a sentence means.
"""

import math
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pocketsphinx

from voice_coach.audio.pcm import Pcm, silence, to_int16
from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar
from voice_coach.hearing.engines.recogniser import NOTHING, Hypothesis
from voice_coach.units import SAMPLE_RATE

FRAME: Final = 160
"""Samples between two frames of features."""

_BEAM: Final = 1e-60
_WIDE_BEAM: Final = 1e-200
"""For a second try: an empty result means that no whole sentence survived the first beam."""

_MOST_STATES: Final = 1500
"""Hidden Markov models that are followed at once, at most: in noise no beam narrows them. With the
beam it takes a third of the time of 1e-80 alone, and finds as many commands in rooms and noise."""

_ROOM_DB: Final = -38.0
"""Level of the noise that a decoded utterance has at least, against its loudest second."""

_MODEL: Final = Path(pocketsphinx.get_model_path()) / "en-us"


@dataclass(frozen=True)
class _Search:
    """One grammar inside the decoder, with a narrow and a wide beam."""

    narrow: str
    wide: str


class PocketsphinxRecogniser:
    """Decodes whole utterances in `finish()`: slower to begin, and far better in noise."""

    name = "pocketsphinx en-us"

    def __init__(self) -> None:
        self._decoder = _decoder()
        self._searches: dict[Grammar, _Search] = {}
        self._search: _Search | None = None
        self._heard: list[Pcm] = []

    def use(self, grammar: Grammar) -> None:
        """Accept sentences of `grammar`; words without a pronunciation take theirs away.

        Raises ModelError if no sentence is left.
        """
        if grammar not in self._searches:
            self._searches[grammar] = self._prepared(grammar)
        self._search = self._searches[grammar]

    def start(self) -> None:
        """Begin an utterance."""
        self._heard = []

    def hear(self, samples: Pcm) -> str:
        """Keep the samples; there are no words before the end."""
        self._heard.append(samples)
        return ""

    def guess(self) -> Hypothesis | None:
        """Return None: half an utterance is decoded as slowly as a whole one, and worse."""
        return None

    def finish(self) -> Hypothesis:
        """Decode the utterance; the same samples give the same result whatever came before."""
        if self._search is None:
            raise ModelError("pocketsphinx was asked to listen before it was given a grammar.")
        utterance = to_int16(_in_a_room(np.concatenate([silence(0), *self._heard])))
        self._heard = []
        if len(utterance) < 4 * FRAME:
            return NOTHING
        found = self._decoded(self._search.narrow, utterance.tobytes())
        return found if found.text else self._decoded(self._search.wide, utterance.tobytes())

    def close(self) -> None:
        """Forget everything heard; memory goes with the object."""
        self._heard = []

    def _prepared(self, grammar: Grammar) -> _Search:
        grammar = grammar.plain
        known = self._teach(grammar.words)
        possible = grammar if known >= grammar.words else grammar.within(known)
        if not possible.arcs:
            unknown = ", ".join(sorted(grammar.words - known)[:5])
            raise ModelError(
                f"pocketsphinx cannot recognise any sentence of the grammar '{grammar.name}': "
                f"it does not know {unknown}. Use other words."
            )
        number = len(self._searches)
        search = _Search(f"{number} narrow", f"{number} wide")
        self._add(search.narrow, possible, _BEAM)
        self._add(search.wide, possible, _WIDE_BEAM)
        return search

    def _teach(self, words: Collection[str]) -> frozenset[str]:
        """Give the decoder the pronunciations of `words`; return the words that have one."""
        missing = {word for word in words if self._decoder.lookup_word(word) is None}
        for entry, phones in _pronunciations(missing):
            self._decoder.add_word(entry, phones, False)
        return frozenset(word for word in words if self._decoder.lookup_word(word) is not None)

    def _add(self, name: str, grammar: Grammar, beam: float) -> None:
        end = 1 + max(target for _, target, _ in grammar.arcs)
        steps: list[tuple[int, int, float] | tuple[int, int, float, str]] = [
            (source, target, 1.0, word) for source, target, word in grammar.arcs
        ]
        # A graph has one end here, so every final state gets a silent way to it.
        steps += [(final, end, 1.0) for final in sorted(grammar.finals)]
        for key in ("beam", "wbeam", "pbeam"):
            self._decoder.config[key] = beam
        self._decoder.add_fsg(name, self._decoder.create_fsg(name, 0, end, steps))

    def _decoded(self, search: str, utterance: bytes) -> Hypothesis:
        self._decoder.activate_search(search)
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(utterance, full_utt=True)
        self._decoder.end_utt()
        result = self._decoder.hyp()
        if result is None or not result.hypstr:
            return NOTHING
        words = [seg for seg in self._decoder.seg() if seg.word[0] not in "<(["]
        start, end = words[0].start_frame * FRAME, (words[-1].end_frame + 1) * FRAME
        return Hypothesis(result.hypstr, _confidence(words), (start, end))


def _decoder() -> Any:
    # The words come with the grammars: the whole dictionary costs a second on a small board.
    with tempfile.NamedTemporaryFile(suffix=".dict") as empty:
        return pocketsphinx.Decoder(
            hmm=str(_MODEL / "en-us"),
            dict=empty.name,
            lm=None,
            bestpath=False,
            maxhmmpf=_MOST_STATES,
            loglevel="FATAL",
        )


def _in_a_room(utterance: Pcm) -> Pcm:
    """Return `utterance` with a trace of noise where it has none at all.

    The model was trained in rooms. In digital silence, which gates and noise suppressors
    leave around words, it mistakes a quarter of the commands of some voices.
    """
    frames = utterance[: len(utterance) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.sort(np.mean(frames**2, axis=1))
    if not len(power):
        return utterance
    wanted = np.mean(power[-SAMPLE_RATE // FRAME :]) * 10 ** (_ROOM_DB / 10)
    lacking = wanted - power[len(power) // 10]
    if lacking <= 0:
        return utterance
    noise = np.random.default_rng(0).standard_normal(len(utterance), dtype=np.float32)
    return utterance + noise * np.float32(np.sqrt(lacking))


def _pronunciations(words: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (entry, phones) of the CMU dictionary; "read(2)" is a second way to say "read"."""
    if not words:
        return
    with (_MODEL.parent / "en-us" / "cmudict-en-us.dict").open(encoding="utf-8") as lines:
        for line in lines:
            entry, _, phones = line.partition(" ")
            if entry.partition("(")[0] in words:
                yield entry, phones.strip()


def _confidence(words: list[Any]) -> float:
    """Return how well the sound fits the words, from the acoustic score of a frame."""
    frames = sum(word.end_frame - word.start_frame + 1 for word in words)
    score = sum(math.log(word.ascore) for word in words) * 1e4 / frames
    return 1.0 / (1.0 + math.exp(-(score + 60.0) / 6.0))
