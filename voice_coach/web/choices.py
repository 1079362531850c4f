"""Voices and models as a page shows them, and what it chooses of them for the next session.

Owns what is offered, and what is written into the settings for it; must not know HTTP, nor how a
voice is made.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from voice_coach.core.state import State
from voice_coach.core.view import voice_of
from voice_coach.errors import SettingsError, shortened
from voice_coach.settings import file as settings_file
from voice_coach.settings.keys import VoiceChoice


@dataclass(frozen=True)
class Offer:
    """A voice or a model that is installed."""

    name: str
    engine: str
    about: str
    """What it is like, in a sentence."""


@dataclass(frozen=True)
class Equipment:
    """What there is on this machine."""

    voices: tuple[Offer, ...] = ()
    models: tuple[Offer, ...] = ()
    """Those of vosk, the best first."""
    listens: str | None = None
    """Which of them listens in this session, if any."""


NOTHING: Final = Equipment()


class Unknown(Exception):  # noqa: N818 - what is asked for is refused; nothing has failed
    """A choice that is not offered; its text is for the page."""


def shown(equipment: Equipment, state: State) -> dict[str, Any]:
    """Return what may be chosen, what is in use, and what the settings say."""
    chosen = _chosen()
    voices = {voice.name: voice for voice in equipment.voices}
    return {
        "voices": [
            asdict(voices[name]) | {"speaks": name == voice_of(state)}
            for name in state.voices
            if name in voices
        ],
        "sample": state.texts.voice_sample,
        "engines": [VoiceChoice.AUTO.value, *_engines(equipment)],
        "voice": str(chosen.get("voice", VoiceChoice.AUTO)),
        "models": [
            asdict(model) | {"listens": model.name == equipment.listens}
            for model in equipment.models
        ],
        "vosk_model": chosen.get("vosk_model"),
    }


def choose(equipment: Equipment, key: str, value: str | None) -> None:
    """Write a choice into the settings; None leaves it to the coach.

    Raises Unknown for what is not there, OutputError if it cannot be written. A voice that is
    chosen by name, and is of another engine than the one that is chosen now, is chosen no more.
    """
    offered = [model.name for model in equipment.models]
    if key == "voice":
        offered = [VoiceChoice.AUTO.value, *_engines(equipment)]
    if value is not None and value not in offered:
        raise Unknown(f"There is no '{shortened(value)}'. {listed(offered)}")
    settings_file.change(key, value)
    if key == "voice" and value not in (None, VoiceChoice.AUTO):
        own = [voice.name for voice in equipment.voices if voice.engine == value]
        if _chosen().get("voice_name") not in (None, *own):
            settings_file.change("voice_name", None)


def listed(names: Sequence[str]) -> str:
    """Return the names that there are, as a sentence."""
    return f"There {'is' if len(names) == 1 else 'are'}: {', '.join(names) or 'none'}."


def _chosen() -> dict[str, Any]:
    """Return what stands in the settings; nothing where they hold mistakes."""
    try:
        return settings_file.read().values
    except SettingsError:
        return {}


def _engines(equipment: Equipment) -> list[str]:
    return list(dict.fromkeys(voice.engine for voice in equipment.voices))
