"""The engines: one table of those that listen and one of those that speak, the best first.

Owns what each is called, whether it can be used on this machine and how it is made, and with that
the meaning of "auto"; must not know what engines are used for. A new voice is a file in
`speaking/`, a row of VOICES, and its name in `VoiceChoice`.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Generic, TypeVar

from voice_coach import crash
from voice_coach.errors import ModelError, nearest, shortened
from voice_coach.hearing.engines.recogniser import Recogniser
from voice_coach.hearing.engines.separate_process import SeparateProcess
from voice_coach.hearing.enrolled.profile import EnrolledVoice, Profile, own_profile
from voice_coach.models import store
from voice_coach.paths import phrases_dir
from voice_coach.settings.keys import RecogniserChoice, VoiceChoice
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.voice import Voice

ESPEAK_VOICES: Final = ("en-gb", "en-us+f3", "en-gb-scotland+m2", "en-us+m7", "en-gb+f2")
"""Voices of espeak that are pleasant to listen to, the default first."""

SPOKEN: Final = "en"
"""The language of the coach, in which its models must speak and listen."""


@dataclass(frozen=True)
class Selection:
    """What the user has asked for."""

    kind: str = "auto"
    """An engine, or "auto"."""
    name: str | None = None
    """One of its voices or models."""


@dataclass(frozen=True)
class Engine:
    """An engine, and the model it needs, if any."""

    kind: RecogniserChoice | VoiceChoice
    model: Path | None = None
    voice: str | None = None
    """Which of its voices, where it has several."""
    selection: Selection = field(default=Selection(), compare=False, repr=False)
    """What this is the answer to."""

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.kind}{self._checked} ({self.name})"

    @property
    def name(self) -> str:
        """The name of its model or voice, by which one may ask for it."""
        if self.model:
            return self.model.name.removesuffix(".onnx")
        return self.voice or ("embedded" if self.kind in RECOGNISERS else ESPEAK_VOICES[0])

    @property
    def _checked(self) -> str:
        alone = self.kind is RecogniserChoice.MOONSHINE or self.kind not in RECOGNISERS
        return "" if alone else f" and {RecogniserChoice.MOONSHINE}"


Made = TypeVar("Made")


@dataclass(frozen=True)
class EngineRow(Generic[Made]):
    """What there is to know of an engine before it is loaded."""

    found: Callable[[], Mapping[str, Engine]]
    """Return it with each of its models or voices on this machine, by name, the best first;
    nothing where it cannot be used."""
    make: Callable[[Engine], Made]
    """Load it. It is imported here and not before: engines are heavy."""
    missing: Callable[[], ModelError] | None = None
    """Return how to come by it, where there is more to say than that it is not installed."""
    about: str = ""
    """What its voices are like, for whoever has to choose."""
    elsewhere: tuple[str, ...] = ()
    """Names of its voices that are not on this machine and would have to be downloaded."""


EngineFinder = Callable[[], Mapping[str, Engine]]


def _models_of(kind: RecogniserChoice | VoiceChoice, model: store.Kind) -> EngineFinder:
    """Find an engine by the models that are installed for it and are not of another language."""

    def found() -> Mapping[str, Engine]:
        there = (each for each in store.installed(model) if each.language in (SPOKEN, None))
        return {each.name: Engine(kind, each.path) for each in there}

    return found


def _embedded(kind: RecogniserChoice) -> EngineFinder:
    """Find an engine that is always there."""
    return lambda: {kind.value: Engine(kind)}


def _missing(kind: store.Kind, engine: str) -> ModelError:
    best = next(model.name for model in store.Manifest.load().models if model.kind == kind)
    lacks = store.incomplete(kind)
    found = f"cannot be used: {lacks[0]}" if lacks else "is not installed"
    return ModelError(
        f"The model for {engine} {found}. "
        f"Get one with 'voice-coach models install {best}', or leave the choice to 'auto'."
    )


def _hibari_missing() -> ModelError:
    return ModelError(
        "The voice hibari is not installed. Get it with 'pip install hibari-tts', or leave the"
        " choice to 'auto'."
    )


def _vosk(engine: Engine) -> Recogniser:
    from voice_coach.hearing.engines.vosk import VoskRecogniser

    return VoskRecogniser(_model(engine))


def _pocketsphinx(_: Engine) -> Recogniser:
    from voice_coach.hearing.engines.pocketsphinx import PocketsphinxRecogniser

    return PocketsphinxRecogniser()


def _piper(engine: Engine) -> Voice:
    from voice_coach.speaking.piper import PiperVoice

    return PiperVoice(_model(engine))


def _hibari(_: Engine) -> Voice:
    from voice_coach.speaking.hibari import HibariVoice

    return HibariVoice()


def _espeak(engine: Engine) -> Voice:
    from voice_coach.speaking.espeak import EspeakVoice

    return EspeakVoice(engine.voice or ESPEAK_VOICES[0])


def _model(engine: Engine) -> Path:
    assert engine.model  # noqa: S101 - it was found by its model
    return engine.model


def _hibari_voices() -> Mapping[str, Engine]:
    """Return the voice inside the wheel; the others of the package would be downloaded."""
    return {"heart": Engine(VoiceChoice.HIBARI, voice="heart")} if find_spec("hibari") else {}


def _espeak_voices() -> Mapping[str, Engine]:
    """Return those that are pleasant, and after them every English accent as espeak has it."""
    from voice_coach.speaking.espeak import accents

    first, *others = dict.fromkeys((*ESPEAK_VOICES, *accents()))
    named = {name: Engine(VoiceChoice.ESPEAK, voice=name) for name in others}
    return {first: Engine(VoiceChoice.ESPEAK), **named}


RECOGNISERS: Final[Mapping[str, EngineRow[Recogniser | None]]] = {
    RecogniserChoice.VOSK: EngineRow(
        _models_of(RecogniserChoice.VOSK, "recogniser"),
        _vosk,
        partial(_missing, "recogniser", "vosk"),
    ),
    RecogniserChoice.POCKETSPHINX: EngineRow(
        _embedded(RecogniserChoice.POCKETSPHINX), _pocketsphinx
    ),
    # It listens beside each of the others, and here alone.
    RecogniserChoice.MOONSHINE: EngineRow(_embedded(RecogniserChoice.MOONSHINE), lambda _: None),
}
"""What gives a second opinion; "auto" is the first that is found."""

VOICES: Final[Mapping[str, EngineRow[Voice]]] = {
    VoiceChoice.PIPER: EngineRow(
        _models_of(VoiceChoice.PIPER, "voice"), _piper, partial(_missing, "voice", "piper")
    ),
    VoiceChoice.HIBARI: EngineRow(
        _hibari_voices,
        _hibari,
        _hibari_missing,
        about="Calm and clear: an American woman's voice that comes with the coach.",
        elsewhere=("emma", "fable", "fenrir", "kore"),
    ),
    VoiceChoice.ESPEAK: EngineRow(
        _espeak_voices, _espeak, about="Plain and quick; harder to understand."
    ),
}
"""What speaks; "auto" is the first that is found."""


def choose_recogniser(choice: RecogniserChoice, model: str | None = None) -> Engine:
    """Return the engine that `choice` means on this machine; ModelError without its model.

    `model` is the name of vosk's, where vosk may be chosen; ModelError if it is not there.
    """
    if model and choice in (RecogniserChoice.AUTO, RecogniserChoice.VOSK):
        return _chosen(RECOGNISERS, RecogniserChoice.VOSK, model)
    return _chosen(RECOGNISERS, choice)


def choose_voice(choice: VoiceChoice, name: str | None = None) -> Engine:
    """Return the engine that `choice` means on this machine; ModelError without its model.

    `name` is one of its voices, or with "auto" one of any engine; ModelError if it is not there.
    """
    return _chosen(VOICES, choice, name)


def second_best(engine: Engine) -> str | None:
    """Return in one line that `engine` speaks because the voice of the coach is not installed."""
    if engine.selection != Selection() or engine.kind != VoiceChoice.ESPEAK:
        return None
    return (
        "The voice hibari is not installed, so espeak speaks: harder to understand."
        " Get it with 'pip install hibari-tts'."
    )


def _chosen(table: Mapping[str, EngineRow[Made]], choice: str, name: str | None = None) -> Engine:
    """Return what is called `name`, or the first that is found by the rows of `choice`."""
    found = _found(table, choice)
    if name is not None and name not in found and (found or _to_fetch(name)):
        raise _unknown(table, choice, name, found)
    if found:
        return replace(found[name or next(iter(found))], selection=Selection(choice, name))
    if missing := next(iter(_rows(table, choice).values())).missing:
        raise missing()
    raise ModelError(f"{choice} is not installed. Install it, or leave the choice to 'auto'.")


def _rows(table: Mapping[str, EngineRow[Made]], choice: str) -> Mapping[str, EngineRow[Made]]:
    return {choice: table[choice]} if choice in table else table


def _found(table: Mapping[str, EngineRow[Made]], choice: str) -> dict[str, Engine]:
    """Return all that is on this machine, by name; the first of a name has it."""
    found: dict[str, Engine] = {}
    for row in _rows(table, choice).values():
        found |= {name: engine for name, engine in row.found().items() if name not in found}
    return found


def _to_fetch(name: str) -> bool:
    """Whether it is a model that can be installed."""
    return any(model.name == name for model in store.Manifest.load().models)


def _unknown(
    table: Mapping[str, EngineRow[Made]], choice: str, name: str, found: Mapping[str, Engine]
) -> ModelError:
    """Return the error for a name that nothing has, with the names that there are."""
    noun = "voice" if table is VOICES else "model"
    owner = choice if choice in table else "The coach"
    others = _found(table, "auto")
    if _to_fetch(name):
        said = f"The {noun} '{name}' is not installed. Get it: voice-coach models install {name}."
    elif name in others:
        said = f"'{name}' is a {noun} of {others[name].kind}, and {choice} was asked for."
    elif any(name in row.elsewhere for row in table.values()):
        said = f"The voice '{name}' would have to be downloaded, and the coach does not do that."
    else:
        said = f"{owner} has no {noun} '{shortened(name)}'.{nearest(name, found)}"
    there = f"There {'are' if len(found) > 1 else 'is'}: {', '.join(found)}."
    return ModelError(f"{said} {there}" if found else said)


def voices_of(engine: Engine) -> dict[str, Engine]:
    """Return the voices that may take turns with `engine`, by name, the one at hand first.

    They are of all engines, unless the user has asked for one; of espeak's those that are
    pleasant.
    """
    there = {engine.name: engine} | _found(VOICES, engine.selection.kind)
    return {
        name: replace(each, selection=engine.selection)
        for name, each in there.items()
        if each == engine or each.kind != VoiceChoice.ESPEAK or name in ESPEAK_VOICES
    }


def every_voice() -> dict[str, Engine]:
    """Return all voices on this machine, by name, the best first."""
    return _found(VOICES, VoiceChoice.AUTO)


def make_recogniser(engine: Engine, profile: Profile | None = None) -> Recogniser:
    """Load a recogniser into this process, with the network that checks what it hears.

    `profile` is what a user has taught it; None is nothing, so that it hears all alike.
    """
    from voice_coach.hearing.engines.combined import CombinedRecogniser

    other = RECOGNISERS[engine.kind].make(engine)
    return CombinedRecogniser(other, EnrolledVoice(profile) if profile else None)


def make_voice(engine: Engine) -> Voice:
    """Load a voice."""
    return VOICES[engine.kind].make(engine)


def load_voice(
    engine: Engine, tell: Callable[[str], None] = lambda _: None
) -> tuple[Voice, dict[str, Engine]]:
    """Load a voice, or the next that can be loaded, which `tell` is told in one line.

    Return it with all that may take turns with it, it first. Nothing takes the place of one that
    the user has named: what its loading raises is raised, as it is when no other can be loaded.
    """
    turns = voices_of(engine)
    first: Exception | None = None
    for name, each in list(turns.items()):
        try:
            voice = make_voice(each)
        except Exception as fault:
            if engine.selection.name:
                raise
            first = first or fault
            del turns[name]
        else:
            if first:
                tell(f"{crash.described(first).rstrip('.')}. The coach speaks with {each} instead.")
            return voice, turns
    assert first  # noqa: S101 - there is at least the one that was chosen
    raise first


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
