"""What reaches the microphone in the benchmarks: levels, noise and the mirror images of a room."""

import numpy as np
import pytest

from benchmarks import rooms
from voice_coach.audio.pcm import Pcm, level_db, silence
from voice_coach.units import SAMPLE_RATE, to_samples


def tone(seconds: float, amplitude: float = 0.1) -> Pcm:
    time = np.arange(to_samples(seconds)) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * 500 * time)).astype(np.float32)


@pytest.mark.parametrize("db", [20.0, 0.0, -6.0])
def test_noise_is_scaled_by_the_loudest_frame(db: float) -> None:
    speech = np.concatenate([tone(0.5, 0.01), tone(0.5, 0.2), tone(0.5, 0.01)])
    noise = rooms.white(len(speech), 3, -20.0)
    noise[: rooms.FRAME] *= 4
    scaled = noise * rooms.noise_gain(speech, noise, db)
    assert level_db(scaled[: rooms.FRAME]) == pytest.approx(level_db(tone(0.5, 0.2)) - db, abs=0.1)


def test_noise_under_a_word_shorter_than_a_frame() -> None:
    noise = rooms.white(8000, 1, -30.0)
    assert rooms.noise_gain(tone(0.05), noise[:800], 10.0) > 0


def test_a_stretch_of_noise_depends_on_its_seed_and_may_be_longer_than_the_noise() -> None:
    noise = np.arange(1000, dtype=np.float32)
    assert np.array_equal(rooms.stretch(noise, 300, 5), rooms.stretch(noise, 300, 5))
    assert not np.array_equal(rooms.stretch(noise, 300, 5), rooms.stretch(noise, 300, 6))
    assert len(rooms.stretch(noise, 2500, 5)) == 2500


def test_the_direct_sound_is_the_nearest_image_and_falls_with_distance() -> None:
    x, y, z = rooms.MICROPHONE
    for metres in (1.0, 2.0, 3.0):
        distances, gains = rooms.images((x + metres, y, z))
        assert distances.min() == pytest.approx(metres)
        assert gains[distances.argmin()] == pytest.approx(1 / metres)


def test_the_first_mirrors_are_the_walls() -> None:
    x, y, z = rooms.MICROPHONE
    source = (x + 2.0, y, z)
    distances, gains = rooms.images(source)
    for wall, path in {
        "floor": np.hypot(2.0, 2 * z),
        "ceiling": np.hypot(2.0, 2 * (rooms.BOX[2] - z)),
        "side": np.hypot(2.0, 2 * y),
        "behind": x + source[0],
    }.items():
        nearest = np.abs(distances - path).argmin()
        assert distances[nearest] == pytest.approx(path), wall
        assert gains[nearest] == pytest.approx(rooms.reflection() / path), wall


def test_the_room_falls_by_sixty_decibels_in_its_time() -> None:
    power = np.square(rooms.response(2.0), dtype=np.float64)
    left = 10 * np.log10(np.cumsum(power[::-1])[::-1] / power.sum())
    fell = np.argmax(left < -25) - np.argmax(left < -5)
    assert 3 * fell / SAMPLE_RATE == pytest.approx(rooms.REVERBERATION, abs=0.04)


def test_the_farther_away_the_less_of_it_is_direct() -> None:
    direct = []
    for metres in (1.0, 2.0, 3.0):
        power = np.square(rooms.response(metres), dtype=np.float64)
        direct.append(power[:32].sum() / power[32:].sum())
    assert direct[0] > direct[1] > direct[2]
    assert 10 * np.log10(direct[0]) == pytest.approx(-6.5, abs=2.0)


@pytest.mark.parametrize("metres", [None, 2.0])
def test_a_scene_has_its_words_where_it_says_and_at_their_level(metres: float | None) -> None:
    clip = tone(1.0)
    scene = rooms.scene(clip, 7, metres=metres)
    assert (scene.start, scene.end) == (rooms.LEAD, rooms.LEAD + len(clip))
    words = scene.sound[scene.start : scene.end]
    assert level_db(words) == pytest.approx(rooms.SPEECH_DB, abs=4.0 if metres else 0.5)
    assert level_db(scene.sound[: scene.start]) == pytest.approx(rooms.ROOM_DB, abs=0.5)
    assert scene.sound.dtype == np.float32


def test_a_scene_with_noise_keeps_its_words() -> None:
    clip, noise = tone(1.0), rooms.white(SAMPLE_RATE * 10, 1, -10.0)
    quiet = rooms.scene(clip, 7).sound
    noisy = rooms.scene(clip, 7, noise=noise, noise_db=10.0).sound
    words = slice(rooms.LEAD, rooms.LEAD + len(clip))
    added = (noisy - quiet)[words]
    assert level_db(quiet[words]) - level_db(added) == pytest.approx(10.0, abs=0.5)


def test_a_path_of_two_clicks_gives_the_sound_twice() -> None:
    sound = rooms.white(1000, 1, -20.0)
    path = np.zeros(101, dtype=np.float32)
    path[0], path[100] = 1.0, 0.5
    twice = np.pad(sound, (0, 100)) + 0.5 * np.pad(sound, (100, 0))
    assert rooms.convolved(sound, path) == pytest.approx(twice, abs=1e-6)


def test_silence_stays_silence() -> None:
    assert not rooms.levelled(silence(100), -20.0).any()
