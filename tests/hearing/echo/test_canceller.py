"""The coach's own voice is taken out of the microphone, in rooms made by arithmetic."""

import numpy as np
import pytest

from tests.tools.echoes import (
    cleaned,
    coach,
    echo_of_coach,
    late,
    noise,
    skewed,
    suppression_db,
)
from tests.tools.speech import said
from voice_coach.audio.pcm import decibels, level_db, silence
from voice_coach.hearing.echo.adaptive_filter import FRAME
from voice_coach.hearing.echo.canceller import EchoCanceller
from voice_coach.hearing.engines.pocketsphinx import PocketsphinxRecogniser
from voice_coach.hearing.listener import Listener
from voice_coach.library import read_commands
from voice_coach.units import SAMPLE_RATE, Samples, to_samples


@pytest.mark.slow
@pytest.mark.parametrize(("reverberation", "delay"), [(0.15, 0.03), (0.3, 0.06), (0.5, 0.15)])
def test_an_echo_goes_within_three_seconds(reverberation: float, delay: float) -> None:
    echo = echo_of_coach(10.0, reverberation, delay)
    canceller = EchoCanceller(latency=0)
    rest = cleaned(canceller, echo + noise(len(echo)), coach(10.0))
    assert suppression_db(echo, rest, 3.0, 5.0) > 15.0
    assert suppression_db(echo, rest, 5.0, 10.0) > 20.0
    assert canceller.trusted
    assert canceller.suppression_db > 15.0
    assert canceller.delay == pytest.approx(to_samples(delay), abs=to_samples(0.002))
    assert abs(canceller.skew_ppm) < 3.0


@pytest.mark.slow
@pytest.mark.parametrize("over_db", [10.0, 0.0, -10.0])
def test_another_voice_stays_whole(over_db: float) -> None:
    """Also while the filter still learns: the voice begins after two seconds."""
    echo = echo_of_coach(16.0)
    words = ("pause", "how long left", "that hurts", "next exercise", "go back") * 3
    user = np.concatenate([silence(32_000), *(said(text) for text in words)])[: len(echo)]
    user = np.pad(user, (0, len(echo) - len(user)))
    gain = decibels(over_db + level_db(echo) - level_db(user[32_000:]))
    user = (user * gain).astype(np.float32)
    canceller = EchoCanceller(latency=0)
    result = cleaned(canceller, echo + user + noise(len(echo)), coach(16.0))
    spoken = slice(5 * SAMPLE_RATE, 11 * SAMPLE_RATE)
    assert suppression_db(echo, result - user, 5.0, 11.0) > 10.0
    assert level_db(result[spoken]) == pytest.approx(level_db(user[spoken]), abs=2.0)
    assert np.corrcoef(result[spoken], user[spoken])[0, 1] > 0.85
    assert canceller.trusted


@pytest.mark.slow
@pytest.mark.parametrize("ppm", [20.0, 100.0, -100.0])
def test_two_clocks_are_found_out(ppm: float) -> None:
    echo = skewed(echo_of_coach(16.0), ppm)
    canceller = EchoCanceller(latency=0)
    rest = cleaned(canceller, echo + noise(len(echo)), coach(16.0))
    assert canceller.skew_ppm == pytest.approx(ppm, abs=5.0)
    assert suppression_db(echo, rest, 10.0, 16.0) > 20.0


@pytest.mark.slow
@pytest.mark.parametrize("jump", [320, -320])
def test_a_jump_is_survived(jump: Samples) -> None:
    whole = echo_of_coach(14.0)
    middle = 8 * SAMPLE_RATE
    echo = np.concatenate([whole[:middle], late(whole, max(jump, 0))[middle:]])
    if jump < 0:
        echo = np.concatenate([whole[:middle], whole[middle - jump :], silence(-jump)])
    canceller = EchoCanceller(latency=0)
    rest = cleaned(canceller, echo + noise(len(echo)), coach(14.0))
    assert suppression_db(echo, rest, 7.0, 8.0) > 15.0
    assert suppression_db(echo, rest, 9.5, 12.0) > 15.0
    assert canceller.delay == pytest.approx(960 + jump, abs=32)


@pytest.mark.slow
def test_a_user_does_not_look_like_a_jump() -> None:
    """The user's voice has sounds in common with the coach's, sample by sample."""
    echo = echo_of_coach(14.0)
    user = np.resize(np.concatenate([said("stop it"), silence(4000)]), len(echo))
    canceller = EchoCanceller(latency=0)
    delays = set()
    for start in range(0, len(echo), 512):
        part = slice(start, start + 512)
        talking = start > 4 * SAMPLE_RATE
        canceller.process(echo[part] + talking * user[part], coach(14.0)[part])
        delays.add(canceller.delay)
    assert delays <= {None, 959, 960, 961}


def test_nothing_played_changes_nothing_and_computes_nothing() -> None:
    microphone = noise(SAMPLE_RATE)
    canceller = EchoCanceller(latency=0)
    result = cleaned(canceller, microphone, silence(SAMPLE_RATE), FRAME)
    assert np.array_equal(result, microphone[: len(result)])
    assert canceller.delay is None
    assert not canceller.trusted


def test_a_headset_passes_through_unchanged() -> None:
    """The coach plays, and the microphone hears none of it."""
    microphone = np.resize(said("how long left"), 6 * SAMPLE_RATE) + noise(6 * SAMPLE_RATE)
    canceller = EchoCanceller(latency=0)
    result = cleaned(canceller, microphone, coach(6.0))
    assert not canceller.trusted
    assert np.array_equal(result, microphone[: len(result)])


def test_an_echo_that_ends_is_not_put_in() -> None:
    """The loudspeaker is muted, or headphones are plugged in."""
    echo = np.array(echo_of_coach(10.0))
    echo[5 * SAMPLE_RATE :] = 0
    canceller = EchoCanceller(latency=0)
    result = cleaned(canceller, echo + noise(len(echo)), coach(10.0))
    assert level_db(result[int(5.8 * SAMPLE_RATE) :]) < -58.0


@pytest.mark.slow
def test_the_pause_between_two_sentences_is_kept_in_mind() -> None:
    echo = np.concatenate([echo_of_coach(6.0), silence(SAMPLE_RATE * 20), echo_of_coach(6.0)])
    played = np.concatenate([coach(6.0), silence(SAMPLE_RATE * 20), coach(6.0)])
    canceller = EchoCanceller(latency=0)
    rest = cleaned(canceller, echo + noise(len(echo)), played)
    assert suppression_db(echo, rest, 26.0, 27.0) > 15.0


@pytest.mark.slow
@pytest.mark.parametrize("block", [1, 160, 333, 4096])
def test_the_sizes_of_blocks_change_nothing(block: Samples) -> None:
    length = 3 * SAMPLE_RATE if block > 1 else SAMPLE_RATE
    microphone = echo_of_coach(6.0)[:length] + noise(length)
    played = coach(6.0)[:length]
    at_once = EchoCanceller().process(microphone, played)
    canceller = EchoCanceller()
    parts = [
        canceller.process(microphone[start : start + block], played[start : start + block])
        for start in range(0, length, block)
    ]
    assert [len(part) for part in parts[:-1]] == [block] * (len(parts) - 1)
    assert np.array_equal(np.concatenate(parts), at_once)
    without_latency = EchoCanceller(latency=0).process(
        microphone[: 46 * FRAME], played[: 46 * FRAME]
    )
    assert np.array_equal(at_once[FRAME : 47 * FRAME], without_latency)


def test_without_latency_only_whole_frames_are_taken() -> None:
    with pytest.raises(ValueError, match="160 samples are no whole frames"):
        EchoCanceller(latency=0).process(silence(160), silence(160))
    with pytest.raises(ValueError, match="latency 100"):
        EchoCanceller(latency=100)


@pytest.mark.slow
def test_what_is_no_number_is_silence() -> None:
    echo = np.array(echo_of_coach(8.0))
    played = np.array(coach(8.0))
    echo[20_000:20_100] = np.nan
    echo[50_000] = np.inf
    played[70_000:70_010] = np.nan
    canceller = EchoCanceller(latency=0)
    rest = cleaned(canceller, echo, played)
    assert np.isfinite(rest).all()
    assert canceller.trusted
    assert suppression_db(np.nan_to_num(echo), rest, 6.0, 8.0) > 15.0


def heard_while_coaching(user_db: float | None) -> list[str]:
    """Return the intents that are heard when "pause" is said after 8, 10 and 12 s of the coach."""
    echo = echo_of_coach(15.0)
    microphone = echo + noise(len(echo))
    if user_db is not None:
        for second in (8, 10, 12):
            clip = said("pause") * decibels(user_db + level_db(echo) - level_db(said("pause")))
            microphone[second * SAMPLE_RATE :][: len(clip)] += clip
    listener = Listener(PocketsphinxRecogniser())
    commands = read_commands([])
    listener.use(commands.grammar("session"))
    blocks = (slice(start, start + 160) for start in range(0, len(echo), 160))
    heard = [h for b in blocks for h in listener.process(microphone[b], coach(15.0)[b])]
    intents = [commands.match(h.text, "session") for h in heard]
    return [intent.name for intent in intents if intent]


@pytest.mark.slow
def test_pause_is_obeyed_while_the_coach_speaks_as_loudly() -> None:
    assert heard_while_coaching(0.0) == ["pause"] * 3


@pytest.mark.slow
def test_the_coach_is_not_obeyed() -> None:
    assert heard_while_coaching(None) == []
