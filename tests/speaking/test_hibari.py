"""The real hibari of the wheel: its one voice, always the same samples, and never the network."""

import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest

from voice_coach.speaking.hibari import CALM, HibariVoice

KNEES = "Lie on your back, knees bent. Breathe in, and out."


@pytest.fixture(scope="module")
def voice() -> HibariVoice:
    return HibariVoice()


def test_the_same_samples_whatever_was_said_before(voice: HibariVoice) -> None:
    first = voice.render(KNEES)
    voice.render("Supination of the zygapophyseal joints: 12 ½.", 1.7)
    assert np.array_equal(voice.render(KNEES), first)
    assert np.array_equal(HibariVoice().render(KNEES), first)
    assert not np.array_equal(voice.render(KNEES, 1.1), first)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.5, 2.0])
def test_speed_divides_the_length(voice: HibariVoice, speed: float) -> None:
    """Its sounds last whole frames, so that a short line may be some way off."""
    text = (
        "Lift your right leg and stretch it back and out. Keep breathing. Relax your shoulders and"
        " straighten your back. Lie on your back, knees bent."
    )
    ratio = len(voice.render(text)) / len(voice.render(text, speed))
    assert ratio == pytest.approx(speed, rel=0.1)


@pytest.mark.parametrize("text", ["", " \n ", "...", "🧘", "शांति"])
def test_text_that_says_nothing_gives_no_samples(voice: HibariVoice, text: str) -> None:
    assert not len(voice.render(text))


def test_markup_is_read_as_it_stands(voice: HibariVoice) -> None:
    # The package takes [word](/phonemes/) for the word, said so.
    assert len(voice.render("[knee](/ˈɛlbO/)")) > len(voice.render("knee"))


def test_no_at_the_end_of_a_sentence_is_no_number(voice: HibariVoice) -> None:
    # The package takes "no." for the short form of "number".
    assert np.array_equal(voice.render("Say yes or no."), voice.render("Say yes or no ."))
    assert len(voice.render("No. Go on.")) < len(voice.render("Number. Go on."))


@pytest.mark.parametrize("text", ["knee " * 100, "9" * 200, "a" * 300, ")-́ ˛-a 1.2.3,4 " * 9])
def test_texts_that_nobody_says_are_spoken_too(voice: HibariVoice, text: str) -> None:
    sound = voice.render(text)
    assert len(sound) > 16_000
    assert np.isfinite(sound).all()


def test_identity_names_what_decides_the_samples(voice: HibariVoice) -> None:
    for part in ("hibari", version("hibari-tts"), version("onnxruntime"), "heart", str(CALM)):
        assert part in voice.identity
    assert voice.name == "hibari heart"


def test_nothing_is_looked_for_outside_the_wheel() -> None:
    """Whatever the package would fetch or find in a cache, this voice does without."""
    program = """
import urllib.request
import hibari.voices as voices
def forbidden(*_, **__): raise AssertionError("reached for")
voices.voice_path = voices.download = voices.cache_dir = urllib.request.urlopen = forbidden
import hibari.tts as tts
tts.voice_path = forbidden
from voice_coach.speaking.hibari import HibariVoice
print(len(HibariVoice().render("Ready.")))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert int(done.stdout) > 4_000
