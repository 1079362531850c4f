"""The network that listens: Moonshine tiny (English, MIT), carried by a wheel of its makers.

Owns how the network is run and searched for sentences of a grammar; must not know where an
utterance begins or ends, nor what a sentence means. Of the wheel nothing but the weights is
used, so that none of its code runs.

The network writes down what it hears, piece by piece, and says how likely each piece is. Searched
among the sentences of a grammar only, it names the likeliest one; left free, it writes what was
really said. How much less likely the first is than the second tells a command from other talk.
"""

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from voice_coach.audio.pcm import Pcm, decibels, silence
from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar
from voice_coach.hearing.engines.subwords import END, START, SpellingState, Subwords, Vocabulary
from voice_coach.units import Samples, to_samples

_Floats = NDArray[np.float32]

_BEAM: Final = 8
_WIDE_BEAM: Final = 16
"""Unfinished texts that are followed at once, in short sentences and in long ones."""
_READINGS: Final = 4
"""Sentences that are returned at most."""
_AFTER: Final[Samples] = to_samples(0.5)
"""Silence after the utterance: without it, the network takes short words for cut-off ones."""
_LEVEL_DB: Final = -26.0
"""Root mean square of the loudest parts of an utterance, in dB of full scale …"""
_PART: Final[Samples] = to_samples(0.1)
_LOUDEST: Final = 3
"""… of which there are three of 0.1 s. Louder or quieter costs 3 points in noise."""
_MOST_DB: Final = 40.0
_PIECES_A_SECOND: Final = 8
_PIECES: Final = 4
"""Free text is cut off after so many pieces; in noise the network may repeat itself for ever."""
_HEADS: Final = (8, 36)
"""Attention heads, and the size of each."""
_NO_PAST: Final = np.zeros((1, _HEADS[0], 0, _HEADS[1]), np.float32)


@dataclass(frozen=True)
class Reading:
    """A sentence, and the natural logarithm of its probability given the sound."""

    text: str
    log_probability: float


@dataclass(frozen=True)
class _Path:
    """An unfinished text of the search."""

    log_probability: float
    place: SpellingState
    words: tuple[str, ...]
    token: int
    row: int
    """Where its past lies in the batch of the step before."""


def model_folder() -> Path | None:
    """Return where the weights are, or None where their package is not installed."""
    package = importlib.util.find_spec("moonshine_voice")
    for place in (package and package.submodule_search_locations) or ():
        folder = Path(place) / "assets" / "tiny-en"
        if (folder / "encoder_model.ort").is_file():
            return folder
    return None


class Moonshine:
    """The network. One thread at a time."""

    name: Final = "moonshine tiny-en"

    def __init__(self) -> None:
        """Load it: 0.2 s, 60 MB. Raises ModelError where its package is missing or broken."""
        folder = model_folder()
        if folder is None:
            raise ModelError(
                "The package moonshine-voice, which carries the listening network, is not "
                "installed. Run scripts/setup, or choose another one with --recogniser."
            )
        self._vocabulary = Vocabulary.read(folder / "tokenizer.bin")
        self._encoder = _session(folder / "encoder_model.ort")
        self._decoder = _session(folder / "decoder_model_merged.ort")
        names = [entry.name for entry in self._decoder.get_inputs()]
        self._past_names = [name for name in names if name.startswith("past_key_values")]

    def spelled(self, grammar: Grammar) -> Subwords:
        """Return `grammar` in the pieces that this network writes."""
        return Subwords(grammar, self._vocabulary)

    def encode(self, utterance: Pcm) -> _Floats:
        """Return the network's features of a whole utterance, shape (1, frames, 288)."""
        sound = np.concatenate([_levelled(utterance), silence(_AFTER)])[np.newaxis]
        mask = np.ones(sound.shape, dtype=np.int64)
        feed = {"input_values": sound.astype(np.float32), "attention_mask": mask}
        return np.asarray(self._encoder.run(None, feed)[0])

    def transcribe(self, features: _Floats) -> Reading:
        """Return what was said, whatever it was, as the network would write it."""
        dictation = _Dictation(features)
        self._write(features, dictation)
        return self._read(dictation)

    def search(self, features: _Floats, subwords: Subwords) -> list[Reading]:
        """Return the likeliest sentences of a grammar, the best first; [] if all are too odd.

        The ways to write a sentence, with capitals and punctuation, count together.
        """
        search = _Search(subwords)
        self._write(features, search)
        return search.readings

    def look(self, features: _Floats, *subwords: Subwords) -> tuple[list[Reading], Reading]:
        """Return what `search` and `transcribe` return, in little more time than one of them.

        Several grammars are searched side by side, so that none crowds out another's sentences.
        """
        searches, dictation = [_Search(each) for each in subwords], _Dictation(features)
        self._write(features, *searches, dictation)
        found: dict[str, Reading] = {}
        for reading in (each for search in searches for each in search.readings):
            before = found.setdefault(reading.text, reading)
            if reading.log_probability > before.log_probability:
                found[reading.text] = reading
        ranked = sorted(found.values(), key=lambda reading: -reading.log_probability)
        return ranked[:_READINGS], self._read(dictation)

    def _read(self, dictation: "_Dictation") -> Reading:
        return Reading(self._vocabulary.text(dictation.written), dictation.log_probability)

    def _write(self, features: _Floats, *texts: "_Search | _Dictation") -> None:
        """Let all of `texts` come to their ends, one token after the other, side by side."""
        step = _Step(self._decoder, self._past_names, features)
        likely = step.take([START], [0])
        for text in texts:
            text.go_on(likely, 0)
        while going := [text for text in texts if text.tokens]:
            tokens = [token for text in going for token in text.tokens]
            likely = step.take(tokens, [row for text in going for row in text.rows])
            first = 0
            for text in going:
                end = first + len(text.tokens)
                text.go_on(likely[first:end], first)
                first = end


class _Dictation:
    """A text that is written as the network likes."""

    def __init__(self, features: _Floats) -> None:
        self._most = _PIECES + _PIECES_A_SECOND * features.shape[1] // 40
        self.log_probability = 0.0
        self.written: list[int] = []
        self.tokens: list[int] = []
        """The token to go on with, if it goes on …"""
        self.rows: list[int] = []
        """… and where its past lies in the batch of the step before."""

    def go_on(self, likely: _Floats, first_row: int) -> None:
        """Take the likeliest token; `likely` has shape (1, tokens)."""
        token = int(np.argmax(likely[0]))
        self.log_probability += float(likely[0, token])
        if token != END:
            self.written.append(token)
        ended = token == END or len(self.written) >= self._most
        self.tokens, self.rows = ([], []) if ended else ([token], [first_row])


class _Search:
    """The likeliest texts of a grammar."""

    def __init__(self, subwords: Subwords) -> None:
        self._subwords = subwords
        self._beam = _WIDE_BEAM if subwords.grammar.long else _BEAM
        self._paths = [_Path(0.0, SpellingState(0), (), START, 0)]
        self._found: dict[str, float] = {}

    @property
    def tokens(self) -> list[int]:
        """The tokens to go on with, one for each unfinished text …"""
        return [path.token for path in self._paths]

    @property
    def rows(self) -> list[int]:
        """… and where their pasts lie in the batch of the step before."""
        return [path.row for path in self._paths]

    @property
    def readings(self) -> list[Reading]:
        """The likeliest sentences, the best first."""
        ranked = sorted(self._found.items(), key=lambda reading: -reading[1])
        return [Reading(text, value) for text, value in ranked[:_READINGS]]

    def go_on(self, likely: _Floats, first_row: int) -> None:
        """Follow the likeliest texts by another token; `likely` has shape (texts, tokens)."""
        longer: list[_Path] = []
        for row, path in enumerate(self._paths):
            onward = self._subwords.onward(path.place)
            if onward.last_word:
                text = " ".join((*path.words, onward.last_word))
                whole = path.log_probability + float(likely[row, END])
                self._found[text] = float(np.logaddexp(self._found.get(text, -np.inf), whole))
            chances = likely[row, onward.tokens]
            for way in _likeliest(chances, self._beam):
                word = onward.words[way]
                longer.append(
                    _Path(
                        path.log_probability + float(chances[way]),
                        onward.places[way],
                        (*path.words, word) if word else path.words,
                        int(onward.tokens[way]),
                        first_row + row,
                    )
                )
        best = max(self._found.values(), default=-np.inf)
        longer.sort(key=lambda path: -path.log_probability)
        self._paths = [path for path in longer[: self._beam] if path.log_probability > best]


class _Step:
    """The decoder, one token after the other, for several texts of the same sound at once."""

    def __init__(
        self, session: onnxruntime.InferenceSession, names: list[str], features: _Floats
    ) -> None:
        self._session = session
        self._names = names
        self._features = features
        self._past: list[_Floats] = []

    def take(self, tokens: Sequence[int], rows: Sequence[int]) -> _Floats:
        """Go on with a token in each text; return log-probabilities, shape (texts, tokens).

        `rows` tells, for each, which text of the step before it goes on with. The first step is
        for one text.
        """
        begun = bool(self._past)
        past = self._gathered(list(rows)) if begun else [_NO_PAST] * len(self._names)
        feed: dict[str, NDArray[Any]] = dict(zip(self._names, past, strict=True))
        feed["input_ids"] = np.array(tokens, dtype=np.int64)[:, np.newaxis]
        feed["encoder_hidden_states"] = self._features
        # Nothing is masked. One column stands for all: it is spread over the frames.
        feed["encoder_attention_mask"] = np.ones((1, 1), dtype=np.int64)
        feed["use_cache_branch"] = np.array([begun])
        logits, *present = (np.asarray(output) for output in self._session.run(None, feed))
        # With a past, what belongs to the sound is not computed again and comes back empty.
        self._past = [
            old if begun and _of_sound(name) else new
            for name, old, new in zip(self._names, past, present, strict=True)
        ]
        scores: _Floats = logits[:, -1]
        scores = scores - scores.max(axis=1, keepdims=True)
        return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))

    def _gathered(self, rows: list[int]) -> list[_Floats]:
        """Return the past of `rows`. What belongs to the sound is one row for all of them.

        The network spreads it, which takes half the time of giving each text its own.
        """
        return [
            past if _of_sound(name) else past[rows]
            for name, past in zip(self._names, self._past, strict=True)
        ]


def _of_sound(name: str) -> bool:
    return ".encoder." in name


def _levelled(utterance: Pcm) -> Pcm:
    """Return `utterance` with its loudest parts at the level that the network hears best."""
    whole = len(utterance) // _PART * _PART
    if not whole:
        return utterance
    powers = np.sort(np.mean(utterance[:whole].reshape(-1, _PART) ** 2, axis=1))
    loud_db = 10 * np.log10(max(float(np.mean(powers[-_LOUDEST:])), 1e-12))
    return utterance * np.float32(decibels(min(_MOST_DB, _LEVEL_DB - loud_db)))


def _likeliest(chances: _Floats, number: int) -> Iterable[int]:
    if len(chances) <= number:
        return range(len(chances))
    return [int(way) for way in np.argpartition(-chances, number)[:number]]


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # One thread: the same result everywhere, and the sound has the other cores.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    except Exception as error:  # its errors share no class
        raise ModelError(
            f"{path} cannot be loaded. Install the package moonshine-voice again."
        ) from error
