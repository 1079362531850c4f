"""Tries a finished model with the real vosk: is it good enough for the tests that use it?

Owns the trial; must not know how the model was made.
"""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import vosk

from .kaldi import UNKNOWN
from .speech import RATE, Sound, Utterance, Voice
from .vocabulary import FOREIGN_WORDS_HELD_OUT, PHRASES

TAUGHT = (
    Voice("espeak", "en-us"),
    Voice("espeak", "en-gb"),
    Voice("espeak", "en-us+f3"),
    Voice("flite", "rms"),
    Voice("flite", "awb"),
    Voice("flite", "slt"),
)
"""Voices that the model was trained on."""
UNSEEN = (Voice("espeak", "en-us+Gene2"), Voice("espeak", "en-gb+norbert"), Voice("flite", "kal"))
"""Voices that it was not trained on; of these one should not expect much."""

_FOREIGN_TEXTS = 25
_A_FEW = 8


def trial(
    model_folder: Path, work: Path, log: Callable[[str], None], *, quick: bool = False
) -> float:
    """Log how well the model does, voice by voice; return the share of right phrases of TAUGHT.

    `quick` asks only whether libvosk can run the model: a few phrases by one voice.
    """
    vosk.SetLogLevel(-1)
    model = vosk.Model(model_path=str(model_folder))
    work.mkdir(parents=True, exist_ok=True)
    voices, phrases = (TAUGHT[:1], PHRASES[:_A_FEW]) if quick else (TAUGHT, PHRASES)
    right = sum(_try(model, voice, phrases, work, log) for voice in voices)
    for voice in () if quick else UNSEEN:
        _try(model, voice, phrases, work, log)
    return right / (len(voices) * len(phrases))


def _try(
    model: vosk.Model,
    voice: Voice,
    phrases: Sequence[str],
    work: Path,
    log: Callable[[str], None],
) -> int:
    """Log how `voice` is heard; return how many of `phrases` are heard right."""
    heard = {text: _heard(model, voice, text, work) for text in phrases}
    wrong = [f"{text} → {said or '-'}" for text, said in heard.items() if said != text]
    chance = random.Random(99)
    foreign = [
        " ".join(chance.choices(FOREIGN_WORDS_HELD_OUT, k=chance.randint(1, 3)))
        for _ in range(min(_FOREIGN_TEXTS, len(phrases)))
    ]
    rejected = sum(UNKNOWN in _heard(model, voice, text, work).split() for text in foreign)
    log(
        f"{voice.engine} {voice.name}: {len(phrases) - len(wrong)} of {len(phrases)} phrases, "
        f"{rejected} of {len(foreign)} foreign texts rejected; {'; '.join(wrong[:_A_FEW])}"
    )
    return len(phrases) - len(wrong)


def _heard(model: vosk.Model, voice: Voice, text: str, work: Path) -> str:
    recogniser = vosk.KaldiRecognizer(model, RATE, _grammar(PHRASES))
    file = work / f"{voice.engine}-{voice.name}-{text.replace(' ', '_')}.wav"
    if not file.exists():
        voice.say(text, file)
    recogniser.AcceptWaveform(_with_silence(Utterance((), voice, file).load()))
    return str(json.loads(recogniser.FinalResult())["text"])


def _grammar(phrases: Iterable[str]) -> str:
    return json.dumps([*phrases, UNKNOWN])


def _with_silence(sound: Sound) -> bytes:
    return np.pad(sound, (RATE // 3, RATE)).astype(np.int16).tobytes()
