"""The real espeak-ng of the wheel: always the same samples, any text, any voice."""

import hashlib
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest

from voice_coach.errors import ModelError
from voice_coach.speaking.delivery import LOUDNESS, PEAK_DB
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.speaking.loudness import loudness, true_peak_db
from voice_coach.units import LOUDSPEAKER_RATE

PHRASES = [
    "Paused.",
    "Lie on your back, knees bent.",
    "Breathe in. And breathe out.",
    "Left side: hold for twenty seconds; five, four, three, two, one.",
    "Well done!",
]
VOICES = ["en-gb", "en-us+f3", "en-us+Reed", "en-us+whisper", "en-gb-scotland"]


@pytest.fixture(scope="module")
def first() -> dict[tuple[str, str], bytes]:
    return {
        (voice, text): EspeakVoice(voice).render(text).tobytes()
        for voice in VOICES
        for text in PHRASES
    }


@pytest.mark.slow
def test_same_samples_in_any_order_with_voices_interleaved(
    first: dict[tuple[str, str], bytes],
) -> None:
    voices = {voice: EspeakVoice(voice) for voice in VOICES}
    order = list(first) * 3
    random.Random(7).shuffle(order)
    for voice, text in order:
        assert voices[voice].render(text).tobytes() == first[voice, text], (voice, text)


def test_same_samples_after_another_speed_and_voice() -> None:
    voice = EspeakVoice()
    before = voice.render(PHRASES[3])
    EspeakVoice("en-029+f2", pitch=99, liveliness=99).render("Good morning! " * 50, 2.0)
    voice.render("", 0.5)
    assert np.array_equal(voice.render(PHRASES[3]), before)


@pytest.mark.slow
def test_same_samples_in_another_process(first: dict[tuple[str, str], bytes]) -> None:
    program = (
        "import hashlib, sys; from voice_coach.speaking.espeak import EspeakVoice;"
        "print(hashlib.sha256(EspeakVoice(sys.argv[1]).render(sys.argv[2]).tobytes()).hexdigest())"
    )
    for voice in VOICES[:2]:
        there = subprocess.run(
            [sys.executable, "-c", program, voice, PHRASES[1]],
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == hashlib.sha256(first[voice, PHRASES[1]]).hexdigest()
        assert there.stderr == ""


def test_installed_under_a_long_path(first: dict[tuple[str, str], bytes], tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 50)
    deep.mkdir()
    (deep / "espeakng_loader").symlink_to(Path(espeakng_loader.__file__).parent)
    program = (
        f"import sys; sys.path.insert(0, {str(deep)!r}); import hashlib, espeakng_loader;"
        f"assert {str(deep)!r} in espeakng_loader.get_data_path();"
        "from voice_coach.speaking.espeak import EspeakVoice;"
        f"print(hashlib.sha256(EspeakVoice().render({PHRASES[1]!r}).tobytes()).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert there.stderr == ""
    assert there.stdout.strip() == hashlib.sha256(first["en-gb", PHRASES[1]]).hexdigest()


def test_same_samples_from_several_threads(first: dict[tuple[str, str], bytes]) -> None:
    def render(key: tuple[str, str]) -> bytes:
        return EspeakVoice(key[0]).render(key[1]).tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(render, first)) == list(first.values())


def test_samples_are_whole_steps_of_16_bits(first: dict[tuple[str, str], bytes]) -> None:
    for sound in first.values():
        steps = np.frombuffer(sound, dtype=np.float32) * 32768
        assert np.array_equal(steps, np.rint(steps))


def test_identity_tells_apart_what_sounds_different() -> None:
    voices = [EspeakVoice(voice) for voice in VOICES]
    voices += [EspeakVoice(pitch=46), EspeakVoice(liveliness=46), EspeakVoice(word_gap=4)]
    assert len({voice.identity for voice in voices}) == len(voices)
    assert EspeakVoice("EN-GB").identity == EspeakVoice().identity
    assert version("espeakng-loader") in EspeakVoice().identity


def test_voices_differ(first: dict[tuple[str, str], bytes]) -> None:
    assert len(set(first.values())) == len(first)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("text", PHRASES)
def test_level_and_edges(voice: str, text: str) -> None:
    sound = EspeakVoice(voice).render(text)
    assert sound.dtype == np.float32
    assert sound.ndim == 1
    assert loudness(sound, LOUDSPEAKER_RATE) == pytest.approx(LOUDNESS, abs=0.3)
    assert true_peak_db(sound, LOUDSPEAKER_RATE) <= PEAK_DB
    heard = np.flatnonzero(np.abs(sound) > np.abs(sound).max() / 1_000)
    assert heard[0] <= 0.02 * LOUDSPEAKER_RATE
    assert len(sound) - heard[-1] <= 0.02 * LOUDSPEAKER_RATE


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.25, 1.5, 2.0])
def test_speed_divides_the_length(speed: float) -> None:
    voice = EspeakVoice()
    plain = sum(len(voice.render(text)) for text in PHRASES)
    changed = sum(len(voice.render(text, speed)) for text in PHRASES)
    assert plain / changed == pytest.approx(speed, rel=0.08)


def test_the_rate_is_calm_and_punctuation_pauses() -> None:
    voice = EspeakVoice()
    text = "Bring one knee gently towards your chest. Hold it there, and breathe slowly. Relax."
    words_per_minute = len(text.split()) * 60 * LOUDSPEAKER_RATE / len(voice.render(text))
    assert 110 < words_per_minute < 160
    assert (
        len(voice.render("In. Out. In. Out."))
        > len(voice.render("In out in out.")) + LOUDSPEAKER_RATE / 2
    )


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\x01\x02", "\ud800", "㤾 ਘ"])
def test_text_that_says_nothing_gives_no_samples(text: str) -> None:
    assert EspeakVoice().render(text).shape == (0,)


def test_markup_is_taken_literally() -> None:
    voice = EspeakVoice()
    plain = voice.render("hello there")
    for marked in ("[[h@l'oU]] there", "<say-as interpret-as='characters'>hello</say-as> there"):
        assert len(voice.render(marked)) > len(plain), marked
    assert np.array_equal(voice.render("\x0199p\x0120v hello"), voice.render("99p 20v hello"))


HOSTILE = [
    "<speak><break time='1h'/><audio src='/etc/passwd'/>",
    "[[" * 2_000,
    "a" * 3_000,
    "9" * 1_000,
    "\u0301" * 5_000,
    ")-㤾 ਘ ਙ ˛-a",
    "\u202e\u200b\ufeff\x1b]0;title\x07",
    "'" * 3_000 + "." * 3_000,
    "%s%n%d {0} ${HOME} `id`",
    "🧘‍♀️" * 100,
]


@pytest.mark.slow
def test_hostile_texts_are_safe_and_silent_on_the_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    source = random.Random(3)
    noise = ["".join(chr(source.randrange(0x11_0000)) for _ in range(300)) for _ in range(20)]
    voices = [EspeakVoice(), EspeakVoice("en-us+f3"), EspeakVoice("en-us+klatt3")]
    for number, text in enumerate(HOSTILE + noise):
        sound = voices[number % 3].render(text, (0.5, 1.0, 2.0)[number % 3])
        assert np.isfinite(sound).all()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("voice", "message"),
    [
        ("en-bg", "no English voice 'en-bg'. Did you mean 'en-gb'?"),
        ("en-us+f33", "no variant 'f33'. Did you mean 'f3'?"),
        ("en-us+", "no variant ''"),
        ("vi", "no English voice 'vi'"),
        ("", "no English voice ''"),
        ("../../etc/passwd", "no English voice"),
        ("en-us+../../../lang/gmw/de", "no variant"),
    ],
)
def test_an_unknown_voice_is_named(voice: str, message: str) -> None:
    with pytest.raises(ModelError) as error:
        EspeakVoice(voice)
    assert message in str(error.value)


def test_name_and_close() -> None:
    voice = EspeakVoice("en-us+f3")
    assert voice.name == "espeak en-us+f3"
    voice.close()
    voice.close()
