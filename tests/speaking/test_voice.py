"""What every engine does alike: the text it takes, how fast it may be said, and its identity."""

import pytest

from voice_coach.errors import VoiceCoachError
from voice_coach.speaking.voice import LONGEST_TEXT, bounded, identified, speakable


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("  Breathe\n\tin. ", "Breathe in."),
        ("caf\u0065\u0301, 1½ minutes, 20 °C", "café, 1½ minutes, 20 °C"),
        ("Ψ и é", "Ψ и é"),
        ("[[hEl@U]] [[[", "[ [hEl@U] ] [ [ ["),
        ("[knee](/ˈɛlbO/)", "[knee] (/ˈɛlbO/)"),
        ("\x0150p loud \x00\x1b[2J\u202e\ud800\ue000", "50p loud [2J"),
        ("<speak>now</speak> &amp;", "<speak>now</speak> &amp;"),
        ("ਘ 㤾 शांति ٣", ""),
        ("🧘 rest", "🧘 rest"),
        ("a" * 100, " ".join(["a" * 40, "a" * 40, "a" * 20])),
        ("", ""),
    ],
)
def test_text_becomes_one_line_without_markup(text: str, spoken: str) -> None:
    assert speakable(text) == spoken


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(VoiceCoachError, match=r"10,001 characters.*at most 10,000.*Split") as error:
        speakable("x" * (LONGEST_TEXT + 1))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(("asked", "given"), [(0.0, 0.5), (0.7, 0.7), (9.0, 2.0)])
def test_speed_is_brought_into_range(asked: float, given: float) -> None:
    assert bounded(asked) == given


def test_identity_names_parts_and_mastering() -> None:
    assert identified("espeak", 3, [0.5]).startswith("espeak 3 [0.5] mastering ")
    assert identified("a") != identified("b")
