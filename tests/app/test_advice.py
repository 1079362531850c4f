"""What measured figures mean: every limit, in words that say what to change."""

from dataclasses import replace

import pytest

from voice_coach.app.advice import Figures, Finding, Grade, Understood, diagnosed
from voice_coach.hearing.measures import Echo, Speech
from voice_coach.units import to_samples

SPEECH = Speech(level_db=-30.0, snr_db=30.0, bandwidth_hz=7_500.0)
ECHO = Echo(
    level_db=-35.0,
    coupling_db=-15.0,
    delay=to_samples(0.08),
    skew_ppm=3.0,
    suppression_db=20.0,
    trusted=True,
)
WELL = Figures(
    lifeless=False,
    torn=False,
    offset=0.001,
    noise_db=-62.0,
    speech=SPEECH,
    clipped=0,
    echo=ECHO,
    phrases=(Understood("pause", "pause", right=True),),
)


def troubles(figures: Figures) -> list[Finding]:
    """Return what is not as it should be."""
    return [finding for finding in diagnosed(figures) if finding.grade is not Grade.GOOD]


def test_where_all_is_well_it_is_said_of_each_thing() -> None:
    found = {finding.subject: finding.text for finding in diagnosed(WELL)}
    assert found == {
        "room": "Quiet enough (-62 dB of full scale).",
        "your voice": "Clear: 30 dB louder than the room.",
        "my voice": "It comes back 15 dB quieter than I speak, 80 ms later; "
        "I can take 20 dB of it out.",
        "“pause”": "Understood.",
    }
    assert not troubles(WELL)


def voice(**changed: float) -> Figures:
    return replace(WELL, speech=replace(SPEECH, **changed), echo=None)


def own(**changed: object) -> Figures:
    return replace(WELL, echo=replace(ECHO, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figures", "grade", "words"),
    [
        (voice(snr_db=8.2), Grade.BAD, "You are only 8 dB louder than the room. Come closer"),
        (voice(snr_db=12.0), Grade.HINT, "12 dB louder than the room: enough, but closer"),
        (voice(level_db=-55.0), Grade.HINT, "very quietly (-55 dB of full scale). Turn the mic"),
        (voice(bandwidth_hz=4_000.0), Grade.HINT, "nothing above 4.0 kHz, as a telephone"),
        (replace(WELL, speech=None), Grade.BAD, "I did not hear you."),
        (replace(WELL, noise_db=-33.0), Grade.HINT, "The room is loud (-33 dB of full scale)."),
        (replace(WELL, offset=-0.25), Grade.HINT, "off centre by 25% of full scale"),
        (replace(WELL, clipped=8_000), Grade.BAD, "overdriven: 0.5 s of your voice are cut off"),
        (replace(WELL, torn=True), Grade.BAD, "samples that are no numbers"),
        (own(trusted=False), Grade.HINT, "I may not hear you while I speak"),
        (own(level_db=-15.0), Grade.BAD, "hears me 15 dB louder than you. Turn the loudspeaker"),
        (own(delay=6_400), Grade.HINT, "as through Bluetooth"),
        (own(skew_ppm=-400.0), Grade.HINT, "differ by 400 ppm"),
        (
            replace(WELL, phrases=(Understood("pause", "cause", right=False),)),
            Grade.BAD,
            "Understood as “cause”.",
        ),
        (
            replace(WELL, phrases=(Understood("pause", None, right=False),)),
            Grade.BAD,
            "Nobody was heard.",
        ),
        (
            replace(WELL, phrases=(Understood("pause", None, right=False, like="paws"),)),
            Grade.BAD,
            "Heard something like “paws”, but not surely enough.",
        ),
        (
            replace(WELL, phrases=(Understood("pause", None, right=False, like=""),)),
            Grade.BAD,
            "Heard a voice, but no words.",
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_each_trouble_has_its_words(figures: Figures, grade: Grade, words: str) -> None:
    (trouble,) = troubles(figures)
    assert trouble.grade is grade
    assert words in trouble.text
    assert trouble.text.endswith((".", "?"))


def test_headphones_are_no_trouble() -> None:
    assert not troubles(replace(WELL, echo=None))


def test_a_dead_microphone_is_all_there_is_to_tell() -> None:
    (finding,) = diagnosed(replace(WELL, lifeless=True, speech=None, phrases=()))
    assert (finding.grade, finding.subject) == (Grade.BAD, "microphone")
    assert "no sound at all" in finding.text
