"""The figures of a room, a microphone and a loudspeaker, against sound made to have them."""

import numpy as np
import pytest
import soxr

from tests.tools.speech import room, said
from voice_coach.audio.pcm import SILENCE_DB, Pcm, decibels, from_int16, silence, to_int16
from voice_coach.hearing import measures
from voice_coach.hearing.measures import Echo, Speech
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

PHRASE = "how long left"
COACH = "Now stay quiet while I speak, so that I hear how much of my own voice comes back to me."


def spoken(level_db: float, noise_db: float = -65.0) -> Pcm:
    """Return the phrase in a room; its power while it sounds is about `level_db`."""
    clip = said(PHRASE) * np.float32(decibels(level_db + 20))
    sound = np.concatenate([silence(SAMPLE_RATE), clip, silence(SAMPLE_RATE)])
    return sound + room(len(sound), db=noise_db)


def speech_of(sound: Pcm, noise_db: float = -65.0) -> Speech:
    found = measures.speech(sound, noise_db)
    assert found
    return found


class TestRoom:
    """The noise, the constant part and the ceiling."""

    @pytest.mark.parametrize("level_db", [-80.0, -60.0, -30.0])
    def test_the_level_of_noise(self, level_db: float) -> None:
        assert measures.noise_db(room(SAMPLE_RATE, db=level_db)) == pytest.approx(level_db, abs=1)

    def test_a_cough_is_not_the_room(self) -> None:
        sound = room(3 * SAMPLE_RATE, db=-60.0)
        sound[20_000:23_000] += room(3_000, 1, -10.0)
        assert measures.noise_db(sound) == pytest.approx(-60, abs=1)

    def test_an_offset_is_no_noise(self) -> None:
        sound = room(SAMPLE_RATE, db=-60.0) + np.float32(0.2)
        assert measures.noise_db(sound) == pytest.approx(-60, abs=1)
        assert measures.offset(sound) == pytest.approx(0.2, abs=1e-3)

    def test_nothing_at_all(self) -> None:
        assert measures.noise_db(silence(0)) == SILENCE_DB
        assert measures.noise_db(silence(SAMPLE_RATE)) == SILENCE_DB
        assert measures.offset(silence(0)) == 0
        assert measures.clipped(silence(SAMPLE_RATE)) == 0

    def test_how_much_is_cut_off(self) -> None:
        loud = spoken(-20) * 8
        assert measures.clipped(loud) == 0
        cut = np.clip(loud, -0.7, 0.7)
        assert to_samples(0.1) < measures.clipped(cut) < len(said(PHRASE))


class TestSpeech:
    """The user's voice."""

    @pytest.mark.parametrize("level_db", [-20.0, -35.0, -45.0])
    def test_level_and_distance_from_the_room(self, level_db: float) -> None:
        found = speech_of(spoken(level_db))
        assert found.level_db == pytest.approx(level_db, abs=2.5)
        assert found.snr_db == pytest.approx(level_db + 65, abs=2.5)

    def test_in_a_loud_room(self) -> None:
        found = speech_of(spoken(-30, noise_db=-40.0), -40.0)
        assert found.snr_db == pytest.approx(10, abs=2.5)

    def test_nobody(self) -> None:
        assert measures.speech(room(3 * SAMPLE_RATE, db=-40.0), -40.0) is None
        assert measures.speech(silence(SAMPLE_RATE), SILENCE_DB) is None
        assert measures.speech(silence(0), SILENCE_DB) is None

    @pytest.mark.parametrize("sixteen_bits", [True, False])
    def test_a_telephone_carries_less(self, sixteen_bits: bool) -> None:
        wide = spoken(-26)
        narrow = soxr.resample(soxr.resample(wide, 2, 1), 1, 2).astype(np.float32)
        if sixteen_bits:
            wide, narrow = (from_int16(to_int16(sound)) for sound in (wide, narrow))
        assert speech_of(wide).bandwidth_hz > 6_000
        assert 3_000 < speech_of(narrow).bandwidth_hz <= 4_250
        assert measures.bandwidth_hz(silence(SAMPLE_RATE)) == 0


class TestEcho:
    """The coach's voice, through the air and back."""

    @staticmethod
    def measured(gain_db: float, delay: Samples, noise_db: float = -70.0) -> Echo | None:
        clip = said(COACH, "en-gb")
        played = np.concatenate([silence(SAMPLE_RATE), clip, silence(4000), clip, silence(9000)])
        late = np.concatenate([silence(delay), played])[: len(played)]
        heard = late * np.float32(decibels(gain_db)) + room(len(played), db=noise_db)
        second = SAMPLE_RATE + len(clip) + 4000
        part = slice(second, second + len(clip))
        return measures.echo(heard, played, part, noise_db)

    @pytest.mark.slow
    @pytest.mark.parametrize("gain_db", [-3.0, -20.0])
    @pytest.mark.parametrize("delay", [400, 3_200])
    def test_what_comes_back_when_and_how_loud(self, gain_db: float, delay: Samples) -> None:
        found = self.measured(gain_db, delay)
        assert found
        assert found.coupling_db == pytest.approx(gain_db, abs=0.5)
        assert found.delay == pytest.approx(delay, abs=16)
        assert found.trusted
        assert found.suppression_db > 10
        assert abs(found.skew_ppm) < 20

    def test_headphones(self) -> None:
        assert self.measured(-90, 400) is None

    def test_a_dead_microphone(self) -> None:
        assert measures.echo(silence(9600), said(COACH)[:9600], slice(0, 9600), -120.0) is None

    def test_a_coach_that_said_nothing(self) -> None:
        sound = room(9600, db=-40.0)
        assert measures.echo(sound, silence(9600), slice(0, 9600), -60.0) is None
