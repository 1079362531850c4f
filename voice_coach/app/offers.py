"""Engines in words: what a voice is like, why one speaks or listens, and what a page may offer.

Owns the reasons that the user is told; must not know how an engine is chosen or made.
"""

from collections.abc import Mapping
from typing import Any

from voice_coach.app.engines import RECOGNISERS, VOICES, Engine, EngineRow, every_voice
from voice_coach.models import store
from voice_coach.settings.keys import RecogniserChoice
from voice_coach.web.choices import Equipment, Offer


def about(voice: Engine) -> str:
    """Return what a voice is like, in a sentence; "" where nobody has said."""
    listed = (each.about for each in store.Manifest.load().models if each.name == voice.name)
    return next(listed, VOICES[voice.kind].about)


def why(engine: Engine) -> str:
    """Return why it is this one, as a clause that follows "because"."""
    asked = engine.selection
    if asked.name:
        return "you have chosen it"
    table: Mapping[str, EngineRow[Any]] = RECOGNISERS if engine.kind in RECOGNISERS else VOICES
    chosen = asked.kind in table
    said = (
        f"you have chosen {asked.kind}"
        if chosen
        else f"it is the first of {', '.join(table)} that is there"
    )
    count = len(table[engine.kind].found()) if engine.model else 1
    return f"{said}, and the best of its {count} models{_merit(engine)}" if count > 1 else said


def _merit(engine: Engine) -> str:
    """Return the figure by which a model is better than others, where there is one."""
    installed = (each for each in store.installed("recogniser") if each.path == engine.model)
    figure = next((each.word_errors for each in installed), None)
    return f" ({figure:g} % of words wrong, by its publisher)" if figure is not None else ""


def equipment(recogniser: Engine) -> Equipment:
    """Return what a page may choose from, where `recogniser` listens in this session."""
    voices = (Offer(name, str(each.kind), about(each)) for name, each in every_voice().items())
    listed = {model.name: model.about for model in store.Manifest.load().models}
    vosk = RecogniserChoice.VOSK
    models = (Offer(name, str(vosk), listed.get(name, "")) for name in RECOGNISERS[vosk].found())
    return Equipment(tuple(voices), tuple(models), recogniser.name if recogniser.model else None)
