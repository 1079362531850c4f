"""Chooses the engines: the better ones where their models are installed, else the embedded.

Owns the meaning of "auto"; must not know what engines are used for.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from voice_coach.errors import ModelError
from voice_coach.hearing.engines.recogniser import Recogniser
from voice_coach.hearing.engines.separate_process import SeparateProcess
from voice_coach.hearing.enrolled.profile import EnrolledVoice, Profile, own_profile
from voice_coach.models import store
from voice_coach.paths import phrases_dir
from voice_coach.settings.keys import RecogniserChoice, VoiceChoice
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.voice import Voice

ESPEAK_VOICES = ("en-gb", "en-us+f3", "en-gb-scotland+m2", "en-us+m7", "en-gb+f2")
"""Voices of espeak that are pleasant to listen to, the default first."""


@dataclass(frozen=True)
class Engine:
    """An engine, and the model it needs, if any."""

    kind: RecogniserChoice | VoiceChoice
    model: Path | None = None
    voice: str | None = None
    """Which of its voices, where it has several."""

    def __str__(self) -> str:
        """Name it for people."""
        model = self.model.name.removesuffix(".onnx") if self.model else self.voice or "embedded"
        return f"{self.kind}{self._checked} ({model})"

    @property
    def _checked(self) -> str:
        alone = (RecogniserChoice.MOONSHINE, *VoiceChoice)
        return "" if self.kind in alone else f" and {RecogniserChoice.MOONSHINE}"


def choose_recogniser(choice: RecogniserChoice) -> Engine:
    """Return the engine that `choice` means on this machine; ModelError without its model."""
    if choice is RecogniserChoice.MOONSHINE:
        return Engine(choice)
    model = None if choice is RecogniserChoice.POCKETSPHINX else store.find("recogniser")
    if model:
        return Engine(RecogniserChoice.VOSK, model)
    if choice is RecogniserChoice.VOSK:
        raise _missing("recogniser", "vosk")
    return Engine(RecogniserChoice.POCKETSPHINX)


def choose_voice(choice: VoiceChoice, name: str | None = None) -> Engine:
    """Return the engine that `choice` means on this machine; ModelError without its model.

    `name` is one of its voices; where the engine has none of that name, its first one speaks.
    """
    model = None
    if choice is not VoiceChoice.ESPEAK:
        model = (store.find("voice", name) if name else None) or store.find("voice")
    if model:
        return Engine(VoiceChoice.PIPER, model)
    if choice is VoiceChoice.PIPER:
        raise _missing("voice", "piper")
    return Engine(VoiceChoice.ESPEAK, voice=name if name in ESPEAK_VOICES else None)


def voices_of(engine: Engine) -> dict[str, Engine]:
    """Return the voices that may take turns with `engine`, by name, the one at hand first."""
    if engine.kind is VoiceChoice.PIPER:
        there = {m.name: Engine(engine.kind, m.path) for m in store.installed("voice")}
    else:
        there = {name: Engine(engine.kind, voice=name) for name in ESPEAK_VOICES}
    return dict(sorted(there.items(), key=lambda each: each[1] != engine))


def _missing(kind: store.Kind, engine: str) -> ModelError:
    best = next(model.name for model in store.Manifest.load().models if model.kind == kind)
    lacks = store.incomplete(kind)
    found = f"cannot be used: {lacks[0]}" if lacks else "is not installed"
    return ModelError(
        f"The model for {engine} {found}. "
        f"Get one with 'voice-coach models install {best}', or leave the choice to 'auto'."
    )


def make_recogniser(engine: Engine, profile: Profile | None = None) -> Recogniser:
    """Load a recogniser into this process, with the network that checks what it hears.

    `profile` is what a user has taught it; None is nothing, so that it hears all alike.
    """
    # Each engine is imported only where it is used: they are heavy.
    from voice_coach.hearing.engines.combined import CombinedRecogniser

    return CombinedRecogniser(_make_other(engine), EnrolledVoice(profile) if profile else None)


def _make_other(engine: Engine) -> Recogniser | None:
    if engine.kind is RecogniserChoice.VOSK and engine.model:
        from voice_coach.hearing.engines.vosk import VoskRecogniser

        return VoskRecogniser(engine.model)
    if engine.kind is RecogniserChoice.POCKETSPHINX:
        from voice_coach.hearing.engines.pocketsphinx import PocketsphinxRecogniser

        return PocketsphinxRecogniser()
    return None


def taught_phrases() -> tuple[str, ...]:
    """Return what the user has taught, if anything; ModelError where that is damaged."""
    profile = own_profile()
    return profile.phrases if profile else ()


def make_separate_recogniser(engine: Engine) -> SeparateProcess:
    """Load a recogniser into a process of its own, for live sound and its user's voice."""
    profile = None
    with suppress(ModelError):  # it goes on without; the command line has told
        profile = own_profile()
    return SeparateProcess(partial(make_recogniser, engine, profile))


def kept_phrases(megabytes: int) -> PhraseCache | None:
    """Return where rendered phrases outlive the process, in at most so much of the disk."""
    return PhraseCache(phrases_dir(), limit=megabytes * 2**20) if megabytes else None


def make_voice(engine: Engine) -> Voice:
    """Load a voice."""
    if engine.kind is VoiceChoice.PIPER and engine.model:
        from voice_coach.speaking.piper import PiperVoice

        return PiperVoice(engine.model)
    from voice_coach.speaking.espeak import EspeakVoice

    return EspeakVoice(engine.voice or ESPEAK_VOICES[0])
