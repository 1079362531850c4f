"""What measured figures mean for somebody who wants to be heard, in plain words.

Owns the limits between good and bad, and the advice; must not know how figures are taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from voice_coach.hearing.measures import Echo, Speech
from voice_coach.units import Samples, to_samples, to_seconds

_LOUD_ROOM_DB: Final = -40.0
_CLOSE_DB: Final = 10.0
"""A voice so little over the room is often not understood …"""
_CLEAR_DB: Final = 15.0
"""… and from here on it is."""
_FAINT_DB: Final = -50.0
_OFFSET: Final = 0.02
_CLIPPED: Final[Samples] = to_samples(0.05)
_TELEPHONE_HZ: Final = 4_500.0
_OVERPOWERS_DB: Final = 12.0
"""Where the coach is so much louder than the user, taking it out leaves too little."""
_LATE: Final[Samples] = to_samples(0.35)
_SKEW_PPM: Final = 300.0


class Grade(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    HINT = "hint"
    """It works, and could work better."""
    BAD = "bad"
    """It does not work, or not well."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    grade: Grade
    subject: str
    text: str
    """What was found and what to do, for people."""


@dataclass(frozen=True)
class Understood:
    """What became of a phrase that the user was asked to say."""

    phrase: str
    heard: str | None
    """What was understood instead, or too; None for nothing."""
    right: bool
    like: str | None = None
    """What was heard and left alone, "" if it was like nothing; None if nobody was heard."""


@dataclass(frozen=True)
class Figures:
    """What an examination of the hearing has measured."""

    lifeless: bool
    """The microphone delivered one value from beginning to end."""
    torn: bool
    """It delivered samples that are no numbers."""
    offset: float
    """The constant part of its sound; 1 is full scale."""
    noise_db: float
    speech: Speech | None
    clipped: Samples
    """How much of the user's speech is cut off at a ceiling."""
    echo: Echo | None
    phrases: tuple[Understood, ...]


def diagnosed(figures: Figures) -> list[Finding]:
    """Return what the figures mean, the cause before its consequences."""
    if figures.lifeless:
        text = "It delivers no sound at all. Is it muted, plugged in and the one you mean?"
        return [_bad("microphone", f"{text} 'voice-coach devices' lists all.")]
    return [
        *_microphone(figures),
        _room(figures.noise_db),
        *_voice(figures),
        *_own_voice(figures),
        *map(_phrase, figures.phrases),
    ]


def _microphone(figures: Figures) -> Iterator[Finding]:
    if figures.torn:
        text = "It delivers samples that are no numbers. Unplug it and plug it in again."
        yield _bad("microphone", text)
    if figures.clipped >= _CLIPPED:
        text = f"It is overdriven: {to_seconds(figures.clipped):.1f} s of your voice are cut off."
        yield _bad("microphone", f"{text} Turn its level down, or move away from it.")
    if abs(figures.offset) > _OFFSET:
        text = f"Its sound is off centre by {abs(figures.offset):.0%} of full scale."
        yield _hint("microphone", f"{text} It works; another plug or sound card may be cleaner.")
    if figures.speech and figures.speech.bandwidth_hz <= _TELEPHONE_HZ:
        text = f"It carries nothing above {figures.speech.bandwidth_hz / 1000:.1f} kHz, as a"
        tail = "telephone or a Bluetooth headset. It works; one with a cable understands more."
        yield _hint("microphone", f"{text} {tail}")


def _room(noise_db: float) -> Finding:
    if noise_db > _LOUD_ROOM_DB:
        text = f"The room is loud ({noise_db:.0f} dB of full scale). Turn off what hums or runs,"
        return _hint("room", f"{text} or turn the microphone's level down.")
    return _good("room", f"Quiet enough ({noise_db:.0f} dB of full scale).")


def _voice(figures: Figures) -> Iterator[Finding]:
    speech = figures.speech
    if speech is None:
        text = "I did not hear you. Speak up, come closer, or choose another microphone with"
        yield _bad("your voice", f"{text} --mic; 'voice-coach devices' lists all.")
        return
    text = f"{speech.snr_db:.0f} dB louder than the room"
    if speech.snr_db < _CLOSE_DB:
        advice = "Come closer, speak up, or make the room quieter."
        yield _bad("your voice", f"You are only {text}. {advice}")
    elif speech.snr_db < _CLEAR_DB:
        yield _hint("your voice", f"You are {text}: enough, but closer would be better.")
    else:
        yield _good("your voice", f"Clear: {text}.")
    if speech.level_db < _FAINT_DB:
        text = f"It arrives very quietly ({speech.level_db:.0f} dB of full scale)."
        yield _hint("your voice", f"{text} Turn the microphone's level up.")


def _own_voice(figures: Figures) -> Iterator[Finding]:
    echo = figures.echo
    if echo is None:
        text = "The microphone does not hear it. With headphones that is as it should be; else,"
        yield _good("my voice", f"{text} is the loudspeaker on?")
        return
    late = f", {to_seconds(echo.delay) * 1000:.0f} ms later" if echo.delay else ""
    heard = f"It comes back {-echo.coupling_db:.0f} dB quieter than I speak{late}"
    if echo.trusted:
        yield _good("my voice", f"{heard}; I can take {echo.suppression_db:.0f} dB of it out.")
    else:
        text = f"{heard}, and I cannot take it out: I may not hear you while I speak."
        yield _hint("my voice", f"{text} A loudspeaker with a cable does better than Bluetooth.")
    if figures.speech and echo.level_db > figures.speech.level_db + _OVERPOWERS_DB:
        over = echo.level_db - figures.speech.level_db
        text = f"The microphone hears me {over:.0f} dB louder than you. Turn the loudspeaker down,"
        yield _bad("my voice", f"{text} or move it away from the microphone.")
    if echo.delay and echo.delay > _LATE:
        text = "It comes back late, as through Bluetooth. A cable lets me hear you sooner."
        yield _hint("my voice", text)
    if echo.trusted and abs(echo.skew_ppm) > _SKEW_PPM:
        text = f"The clocks of microphone and loudspeaker differ by {abs(echo.skew_ppm):.0f} ppm."
        yield _hint("my voice", f"{text} One device for both is better.")


def _phrase(phrase: Understood) -> Finding:
    if phrase.right:
        return _good(f"“{phrase.phrase}”", "Understood.")
    advice = "Say it clearly, once, and wait a moment."
    return _bad(f"“{phrase.phrase}”", f"{_instead(phrase)} {advice}")


def _instead(phrase: Understood) -> str:
    if phrase.heard:
        return f"Understood as “{phrase.heard}”."
    if phrase.like is None:
        return "Nobody was heard."
    if phrase.like:
        return f"Heard something like “{phrase.like}”, but not surely enough."
    return "Heard a voice, but no words."


def _good(subject: str, text: str) -> Finding:
    return Finding(Grade.GOOD, subject, text)


def _hint(subject: str, text: str) -> Finding:
    return Finding(Grade.HINT, subject, text)


def _bad(subject: str, text: str) -> Finding:
    return Finding(Grade.BAD, subject, text)
