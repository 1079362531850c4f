"""Recognition by vosk, the engine for machines where one of its models is installed.

Owns libvosk's recognisers and the grammars that they get; must not know devices, states of
a session or exercise.

libvosk makes of a grammar a model of word pairs, in which any word may also begin, end, or
follow any other at some cost. So it needs no more than sentences that hold every pair, and what
it hears is taken only if it is a whole sentence. A list that it does not like ends the whole
process: `_phrases_json` alone makes them.
"""

import json
import math
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any, Final, TypeAlias

from voice_coach.audio.pcm import Pcm, to_int16
from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar
from voice_coach.hearing.engines.recogniser import NOTHING, Hypothesis
from voice_coach.hearing.engines.vosk_model import VoskModel, load_model, unknown_word
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

_BREATH: Final = to_samples(0.3)
"""Unknown sound before or after a command that is no longer than this is not speech."""

_READINGS: Final = 10
"""Readings of an utterance that libvosk is asked for, the likeliest first."""

_RIVAL: Final = 0.2
"""A reading counts if it is at least this likely, measured by the first one. So "four" is heard
where "for", which is no sentence, sounds the same and stands in more sentences."""

_KEPT: Final = 8
"""Grammars whose recognisers are kept; the coach has about half as many."""

_Word: TypeAlias = dict[str, Any]
"""As libvosk gives it: word, and start and end in seconds."""


class VoskRecogniser:
    """A `Recogniser` by one vosk model; those of the same model share its memory."""

    def __init__(self, model_dir: Path) -> None:
        """Load the model in `model_dir`. Raises ModelError, naming what is wrong in it."""
        self._model = load_model(model_dir)
        self._name = f"vosk {model_dir.resolve().name}"
        self._decoders: OrderedDict[Grammar, _Decoder] = OrderedDict()
        self._next: _Decoder | None = None
        self._current: _Decoder | None = None

    @property
    def name(self) -> str:
        return self._name

    def use(self, grammar: Grammar) -> None:
        decoder = self._decoders.get(grammar) or _Decoder.of(self._model, grammar, self._name)
        self._decoders[grammar] = self._next = decoder
        self._decoders.move_to_end(grammar)
        while len(self._decoders) > _KEPT:
            self._decoders.popitem(last=False)

    def start(self) -> None:
        if self._current is not None:
            self._current.end()
        if self._next is None:
            raise RuntimeError("a recogniser needs a grammar: call use() before start()")
        self._current = self._next
        self._current.begin()

    def hear(self, samples: Pcm) -> str:
        return self._begun.hear(samples)

    def guess(self) -> Hypothesis | None:
        """Return None: what libvosk tells before the end it often takes back."""
        return None

    def finish(self) -> Hypothesis:
        return self._begun.finish()

    def close(self) -> None:
        self._next = self._current = self._model = None
        self._decoders.clear()

    @property
    def _begun(self) -> "_Decoder":
        if self._current is None:
            raise RuntimeError("no utterance has begun: call start() first")
        return self._current


@dataclass
class _Decoder:
    """One of libvosk's recognisers, with the grammar that it was made for."""

    engine: Any
    grammar: Grammar
    unknown: str
    """What the model calls speech that it has no word for."""
    heard: Samples = 0
    """Samples taken in its whole life, by which libvosk counts time."""
    begun: Samples = 0
    """Value of `heard` when the utterance began."""

    @classmethod
    def of(cls, model: VoskModel, grammar: Grammar, name: str) -> "_Decoder":
        """Return a new decoder for those sentences of `grammar` whose words `model` has."""
        import vosk  # noqa: PLC0415  (see vosk_model)

        grammar = grammar.plain
        known = grammar.within({word for word in grammar.words if _has(model, word)})
        if not known.arcs:
            raise ModelError(
                f"{name} knows no sentence of the grammar '{grammar.name}'. "
                "Choose a model of the language that is spoken."
            )
        unknown = unknown_word(model)
        engine = vosk.KaldiRecognizer(model, SAMPLE_RATE, _phrases_json(known, unknown))
        engine.SetWords(True)
        engine.SetMaxAlternatives(_READINGS)
        return cls(engine, known, unknown)

    def begin(self) -> None:
        self.begun = self.heard

    def end(self) -> None:
        """Forget what was heard; libvosk then begins the next utterance from nothing."""
        self.engine.FinalResult()

    def hear(self, samples: Pcm) -> str:
        # When AcceptWaveform finds the end of an utterance it only says so, and goes on with
        # the next samples. Where an utterance ends is for the caller to say.
        self.engine.AcceptWaveform(to_int16(samples).tobytes())
        self.heard += len(samples)
        partial = json.loads(self.engine.PartialResult())["partial"]
        return " ".join(word for word in partial.split() if word != self.unknown)

    def finish(self) -> Hypothesis:
        found = json.loads(self.engine.FinalResult())["alternatives"]
        readings = [list(self._without_breaths(reading.get("result", []))) for reading in found]
        texts = [" ".join(word["word"] for word in words) for words in readings]
        if not texts[0] or self.unknown in texts[0]:
            return NOTHING
        likelihoods = [
            math.exp(reading["confidence"] - found[0]["confidence"]) for reading in found
        ]
        for text, words, likelihood in zip(texts, readings, likelihoods, strict=True):
            if likelihood >= _RIVAL and self.grammar.accepts(text):
                same = sum(p for t, p in zip(texts, likelihoods, strict=True) if t == text)
                start, end = self._at(words[0]["start"]), self._at(words[-1]["end"])
                return Hypothesis(text, same / sum(likelihoods), (start, end))
        return NOTHING

    def _without_breaths(self, words: list[_Word]) -> Iterator[_Word]:
        """Yield the words without short unknown sounds at either end.

        Anything else that is unknown stays, and makes the sentence unacceptable: whoever says
        "stop" in the middle of other talk does not mean the coach.
        """
        last = len(words) - 1
        for place, word in enumerate(words):
            length = to_samples(word["end"]) - to_samples(word["start"])
            if word["word"] != self.unknown or 0 < place < last or length > _BREATH:
                yield word

    def _at(self, seconds: float) -> Samples:
        return min(max(to_samples(seconds) - self.begun, 0), self.heard - self.begun)


def _has(model: VoskModel, word: str) -> bool:
    """Whether the word can be heard; libvosk's own marks, such as <eps>, #0 or [unk], cannot.

    Word 0 is the empty one, and ends the process if it stands in a phrase.
    """
    spelled = word.replace("'", "").replace("-", "")
    return spelled.isalnum() and model.vosk_model_find_word(word) > 0


def _phrases_json(grammar: Grammar, unknown: str) -> str:
    """Return the list of phrases that libvosk gets: never empty, nothing but known words.

    Escapes like \\u00e9 would not be understood, so letters stay as they are.
    """
    return json.dumps([*covering_sentences(grammar), unknown], ensure_ascii=False)


def covering_sentences(grammar: Grammar) -> list[str]:
    """Return sentences of `grammar` that hold every pair of neighbours that occurs in any.

    That a word can begin or end a sentence counts as a pair. There are as many as pairs at
    most, where the grammar itself may have millions of sentences.
    """
    begins, ends = _begins(grammar), _ends(grammar)
    arrivals: dict[int, list[tuple[str, ...]]] = {0: [()]}
    for source, target, word in grammar.arcs:
        arrivals.setdefault(target, []).append((*begins[source], word))
    covered: set[tuple[str, str]] = set()
    sentences = []
    for state, heads in arrivals.items():
        onward = grammar.following.get(state, {}).items()
        tails: list[tuple[str, ...]] = [(word, *ends[target]) for word, target in onward]
        if state in grammar.finals:
            tails.append(())
        for head, tail in product(heads, tails):
            if (head[-1:] or ("",)) + (tail[:1] or ("",)) not in covered:
                words = head + tail
                covered.update(pairwise(["", *words, ""]))
                sentences.append(" ".join(words))
    return sentences


def _begins(grammar: Grammar) -> dict[int, tuple[str, ...]]:
    """Return the fewest words that lead from the start to each state."""
    begins: dict[int, tuple[str, ...]] = {0: ()}
    queue = deque([0])
    while queue:
        state = queue.popleft()
        for word, target in grammar.following.get(state, {}).items():
            if target not in begins:
                begins[target] = (*begins[state], word)
                queue.append(target)
    return begins


def _ends(grammar: Grammar) -> dict[int, tuple[str, ...]]:
    """Return the fewest words that lead from each state to the end of a sentence."""
    backward: dict[int, list[tuple[str, int]]] = {}
    for source, target, word in grammar.arcs:
        backward.setdefault(target, []).append((word, source))
    ends: dict[int, tuple[str, ...]] = dict.fromkeys(sorted(grammar.finals), ())
    queue = deque(ends)
    while queue:
        state = queue.popleft()
        for word, source in backward.get(state, []):
            if source not in ends:
                ends[source] = (word, *ends[state])
                queue.append(source)
    return ends
