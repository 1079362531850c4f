"""What the user may choose, with its names: the ground under options, environment and file.

Owns every key, its words and its range, each once, and nothing that acts on them; must not know
where a value comes from.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, Final, get_args

SLOWEST, FASTEST = 0.57, 1.75
"""Pace of breath and speech against calm: four steps of 15 % either way."""
QUIETEST_DB, LOUDEST_DB = -24.0, 8.0
"""Volume against the voice as it was made."""


class RecogniserChoice(StrEnum):
    """Engines that listen. Moonshine checks what the others hear, and can do without them."""

    AUTO = "auto"
    MOONSHINE = "moonshine"
    VOSK = "vosk"
    POCKETSPHINX = "pocketsphinx"


class VoiceChoice(StrEnum):
    """Engines that speak."""

    AUTO = "auto"
    PIPER = "piper"
    HIBARI = "hibari"
    ESPEAK = "espeak"


class Verbosity(StrEnum):
    """How much the coach says: every instruction whole, the least that will do, or tones only.

    By itself (auto) it says all of it at first, and less once the user knows the routine.
    """

    AUTO = "auto"
    FULL = "full"
    BRIEF = "brief"
    TONES = "tones"


class BreathCue(StrEnum):
    """What leads the breath: words, tones that rise and fall with it, or both."""

    VOICE = "voice"
    TONES = "tones"
    BOTH = "both"


class ScreenChoice(StrEnum):
    """Who may look at the session in a browser."""

    OFF = "off"
    ON = "on"
    LAN = "lan"


class GetReady(StrEnum):
    """What ends the pause before a change of position: a count, or the word “ready”."""

    COUNT = "count"
    WAIT = "wait"


@dataclass(frozen=True, kw_only=True)
class About:
    """What a setting does and which values it takes, besides its type."""

    about: str
    example: Any = None
    """A value to show where there is no default."""
    low: float | None = None
    high: float | None = None
    short: str | None = None
    """A shorter name of the option."""
    metavar: str | None = None
    bare: str | None = None
    """What the option means without a value."""


@dataclass(frozen=True, kw_only=True)
class Key(About):
    """One setting, with its name."""

    name: str
    kind: type
    """str, float, int, bool or a StrEnum."""
    default: Any

    @property
    def options(self) -> tuple[str, ...]:
        """The options of the command line, the shortest first."""
        names = [name.replace("_", "-") for name in (self.short, self.name) if name]
        if self.kind is bool:
            return tuple(f"--{name}/--no-{name}" for name in names)
        return tuple(f"--{name}" for name in names)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the environment; the first that is set counts."""
        names = (name for name in (self.name, self.short) if name)
        return tuple(f"VOICE_COACH_{name.upper()}" for name in names)

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it takes, or none if it takes anything else."""
        return tuple(map(str, self.kind)) if issubclass(self.kind, StrEnum) else ()

    @property
    def expected(self) -> str:
        """What it takes, in words that follow “expected”."""
        if self.choices:
            quoted = [f"'{choice}'" for choice in self.choices]
            return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
        if self.kind is bool:
            return "true or false"
        if self.kind is str:
            return "text in quotes"
        number = "a number" if self.kind is float else "a whole number"
        return f"{number} from {self.low:g} to {self.high:g}"

    def take(self, value: object) -> Any:
        """Return `value` as the type of this key; ValueError if it does not take it."""
        kinds = {float: (int, float), int: (int,), bool: (bool,)}.get(self.kind, (str,))
        if not isinstance(value, kinds) or (isinstance(value, bool) and self.kind is not bool):
            raise ValueError(self.expected)
        # Said this way round, because nan is neither below nor above anything.
        if self.low is not None and not (self.low <= value <= self.high):  # type: ignore[operator]
            raise ValueError(self.expected)
        return self.kind(value)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that the user has chosen. Every field is a key of the file and an option."""

    microphone: Annotated[
        str | None,
        About(
            about="Microphone: part of its name, its number, or a sound file in its place.",
            example="usb",
            short="mic",
            metavar="NAME|FILE",
        ),
    ] = None
    speaker: Annotated[
        str | None,
        About(
            about="Loudspeaker: part of its name, its number, or a WAV file to write.",
            example="headset",
            metavar="NAME|FILE",
        ),
    ] = None
    recogniser: Annotated[
        RecogniserChoice,
        About(
            about="Second opinion of the network: vosk if a model is installed, else pocketsphinx."
        ),
    ] = RecogniserChoice.AUTO
    vosk_model: Annotated[
        str | None,
        About(
            about="Which model vosk listens with; left out, the best that is installed.",
            example="vosk-model-small-en-us-0.15",
            metavar="NAME",
        ),
    ] = None
    voice: Annotated[
        VoiceChoice,
        About(
            about="What speaks: auto is piper if a voice is installed, else hibari, else espeak."
        ),
    ] = VoiceChoice.AUTO
    voice_name: Annotated[
        str | None,
        About(
            about="Which voice speaks, by its name in voice-coach voices; or say “another voice”.",
            example="en-gb+f2",
            metavar="NAME",
        ),
    ] = None
    tempo: Annotated[
        float,
        About(
            about="Pace of breath and speech: 1 is calm, more is faster.",
            low=SLOWEST,
            high=FASTEST,
        ),
    ] = 1.0
    volume_db: Annotated[
        float,
        About(
            about="Loudness of the coach in decibels: 0 is as it was made, 6 is twice that.",
            low=QUIETEST_DB,
            high=LOUDEST_DB,
        ),
    ] = 0.0
    verbosity: Annotated[
        Verbosity,
        About(
            about="How much is said: less once you know it (auto), all, the least, or tones only."
        ),
    ] = Verbosity.AUTO
    breath: Annotated[
        BreathCue,
        About(about="What leads the breath: words, tones that rise and fall with it, or both."),
    ] = BreathCue.BOTH
    get_ready: Annotated[
        GetReady,
        About(about="Before a change of position: a count, or wait until you say “ready”."),
    ] = GetReady.COUNT
    get_ready_seconds: Annotated[
        int | None,
        About(
            about="Seconds of that count; left out, each routine has its own.",
            example=10,
            low=3,
            high=300,
        ),
    ] = None
    ask_pain: Annotated[
        bool, About(about="Ask before and after: “How is your back, from zero to ten?”")
    ] = True
    phrase_cache_mb: Annotated[
        int,
        About(
            about="Megabytes of disk for spoken phrases, to answer at once; 0 keeps none.",
            low=0,
            high=4096,
        ),
    ] = 256  # three quarters of an hour of speech
    screen: Annotated[
        ScreenChoice,
        About(
            about="Show the session in a browser: of this machine, or of the home network (lan).",
            bare="on",
        ),
    ] = ScreenChoice.OFF
    screen_port: Annotated[
        int,
        About(about="Port of that page; the next free one if it is taken.", low=1024, high=65535),
    ] = 8642

    def preferences(self) -> dict[str, Any]:
        """Return what shapes a session, by name: the keys of PREFERENCES."""
        return {name: getattr(self, name) for name in PREFERENCES}


def _key(name: str, annotated: Any, default: Any) -> Key:
    kind, about = get_args(annotated)
    kind = next(each for each in get_args(kind) or (kind,) if each is not NoneType)
    return Key(name=name, kind=kind, default=default, **vars(about))


KEYS: Final = {each.name: _key(each.name, each.type, each.default) for each in fields(Settings)}
"""Every key by its name, in the order of the file."""

DEVICES: Final = ("microphone", "speaker")
SCREEN: Final = ("screen", "screen_port")
ENGINES: Final = ("recogniser", "vosk_model", "voice")
PREFERENCES: Final = (
    "tempo",
    "volume_db",
    "verbosity",
    "breath",
    "get_ready",
    "get_ready_seconds",
    "ask_pain",
    "voice_name",
)
