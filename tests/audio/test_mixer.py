"""The clock and the mixer: the same commands give the same samples, whatever the blocks."""

import random
import threading
from collections.abc import Callable

import numpy as np
import pytest

from voice_coach.audio.limiter import CEILING_DB
from voice_coach.audio.mixer import GAIN_RAMP, SILENCE_FADE, ClipFinished, Mixer
from voice_coach.audio.pcm import EDGE, Sound, decibels
from voice_coach.units import BLOCK, Samples, to_frames

Command = Callable[[Mixer], None]


def noise(length: Samples, seed: int = 1, peak: float = 0.4) -> Sound:
    """Noise whose every frame tells where it belongs."""
    generator = np.random.default_rng(seed)
    return generator.uniform(-peak, peak, to_frames(length)).astype(np.float32)


def steady(length: Samples, value: float) -> Sound:
    """So much sound that every change of gain shows in it."""
    return np.full(to_frames(length), value, dtype=np.float32)


def part(sound: Sound, first: Samples, last: Samples | None = None) -> Sound:
    """Return what of `sound` is played from one position to another."""
    return sound[to_frames(first) : None if last is None else to_frames(last)]


def rendered(mixer: Mixer, length: Samples, block: Samples = BLOCK) -> Sound:
    """Render `length` in equal blocks."""
    return np.concatenate([mixer.render(block) for _ in range(length // block)])


def perform(
    script: dict[int, list[Command]], length: Samples, cuts: list[int]
) -> tuple[Sound, list[ClipFinished]]:
    """Issue each command at its position, rendering in blocks that end at all `cuts` too."""
    mixer, parts = Mixer(), []
    ends = sorted({*script, *cuts, length} - {0})
    for end in ends:
        for command in script.get(mixer.position, []):
            command(mixer)
        parts.append(mixer.render(end - mixer.position))
    return np.concatenate(parts), mixer.finished()


@pytest.mark.parametrize("at", [0, 1, 159, 160, 161, 4_321])
def test_a_clip_sounds_exactly_where_it_was_put(at: int) -> None:
    mixer, clip = Mixer(), noise(1_000)
    mixer.play(clip, at, tag=7)
    out = rendered(mixer, 8_000)
    assert (part(out, at, at + 1_000) == clip).all()
    assert not part(out, 0, at).any()
    assert not part(out, at + 1_000).any()
    assert mixer.finished() == [ClipFinished(7, at + 1_000, cut=False)]
    assert mixer.finished() == []


@pytest.mark.parametrize("seed", range(25))
def test_block_sizes_change_nothing(seed: int) -> None:
    chance = random.Random(seed)

    def command(_: int) -> Command:
        clip, tag = noise(chance.randrange(0, 3_000), chance.randrange(99)), chance.randrange(4)
        at, gain = chance.randrange(12_000), chance.uniform(-12.0, 6.0)
        return chance.choice(
            [
                lambda p: p.play(clip, at, tag, gain),
                lambda p: p.play(clip, 0, tag),
                lambda p: p.silence(chance_fade),
                lambda p: p.stop(tag),
                lambda p: setattr(p, "volume_db", gain),
                lambda p: p.duck(gain - 6.0, at // 10),
            ]
        )

    chance_fade = chance.choice([0, 1, EDGE, SILENCE_FADE, 400])
    positions = [chance.randrange(12_000) for _ in range(12)]
    script = {position: [command(i) for i in range(3)] for position in positions}
    whole, events = perform(script, 20_000, [])
    assert np.abs(whole).max() > 0.1
    for _ in range(4):
        cuts = chance.sample(range(1, 20_000), chance.randrange(1, 300))
        parts, parts_events = perform(script, 20_000, cuts)
        assert (parts == whole).all()
        assert parts_events == events


def test_what_is_late_begins_at_once_and_whole() -> None:
    mixer, clip = Mixer(), noise(500)
    mixer.render(1_000)
    mixer.play(clip, 200, tag=1)
    assert (mixer.render(500) == clip).all()
    assert mixer.finished() == [ClipFinished(1, 1_500, cut=False)]


def test_clips_are_added_and_the_sum_never_leaves_full_scale() -> None:
    mixer, one, two = Mixer(), noise(800, 1, peak=0.2), noise(800, 2, peak=0.2)
    mixer.play(one, 0, tag=1)
    mixer.play(two, 400, tag=2)
    out = rendered(mixer, 1_600)
    assert (part(out, 400, 800) == part(one, 400) + part(two, 0, 400)).all()
    loud = Mixer()
    for tag in range(8):
        loud.play(noise(1_600, tag, peak=0.9), 0, tag, gain_db=6.0)
    sum_of_all = rendered(loud, 1_600)
    assert 0.6 < np.abs(sum_of_all).max() <= decibels(CEILING_DB)


def test_gain_of_a_clip() -> None:
    mixer, clip = Mixer(), noise(320)
    mixer.play(clip, 0, tag=1, gain_db=-6.0)
    assert np.allclose(mixer.render(320), clip * decibels(-6.0), atol=1e-6)


def test_silence_ends_within_one_block_and_drops_what_was_to_come() -> None:
    mixer = Mixer()
    mixer.play(steady(8_000, 0.5), 0, tag=1)
    mixer.play(noise(100), 2_000, tag=2)
    mixer.play(noise(100), 900, tag=3)
    rendered(mixer, 800)
    mixer.silence()
    fading = mixer.render(BLOCK)
    assert (np.diff(np.abs(fading)) < 0).all()
    assert fading[-1] < 0.005
    assert not rendered(mixer, 16_000).any()
    assert mixer.finished() == [
        ClipFinished(2, 800, cut=True),
        ClipFinished(3, 800, cut=True),
        ClipFinished(1, 800 + SILENCE_FADE, cut=True),
    ]


def test_what_is_spared_by_silence_goes_on_and_comes_back_from_ducking() -> None:
    mixer = Mixer()
    for tag in (1, -1):
        mixer.play(steady(16_000, 0.1), 0, tag)
    mixer.render(160)
    mixer.duck(-20.0, 0)
    mixer.render(1600)
    mixer.silence(0, spare=lambda tag: tag < 0)
    after = mixer.render(8000)
    assert after[0] == pytest.approx(0.01, rel=0.02)
    assert after[-1] == pytest.approx(0.1)
    assert np.abs(np.diff(after)).max() < 0.001
    assert [(each.tag, each.cut) for each in mixer.finished()] == [(1, True)]


def test_what_is_played_after_silence_is_heard() -> None:
    mixer, clip = Mixer(), noise(400)
    mixer.play(noise(10_000, 2), 0, tag=1)
    mixer.render(BLOCK)
    mixer.silence(fade=0)
    mixer.play(clip, BLOCK, tag=2)
    assert (mixer.render(400) == clip).all()
    assert mixer.finished() == [ClipFinished(1, BLOCK, cut=True), ClipFinished(2, 560, cut=False)]


def test_stop_takes_only_its_tag() -> None:
    mixer, kept = Mixer(), noise(1_600)
    mixer.play(kept, 0, tag=1)
    mixer.play(steady(1_600, 0.3), 0, tag=2)
    mixer.play(noise(50), 700, tag=2)
    mixer.render(320)
    mixer.stop(tag=2)
    mixer.stop(tag=99)
    out = rendered(mixer, 1_280)
    assert (part(out, EDGE) == part(kept, 320 + EDGE)).all()
    assert 0.29 < (out - part(kept, 320))[0] <= 0.301
    assert mixer.finished() == [
        ClipFinished(2, 320, cut=True),
        ClipFinished(2, 320 + EDGE, cut=True),
        ClipFinished(1, 1_600, cut=False),
    ]


def test_volume_slides_without_a_step() -> None:
    mixer = Mixer()
    mixer.play(steady(9_600, 0.5), 0, tag=1)
    first = rendered(mixer, 1_600)
    mixer.volume_db = -20.0
    assert mixer.volume_db == -20.0
    slide = rendered(mixer, 3_200)
    mixer.volume_db = 0.0
    rise = rendered(mixer, 3_200)
    assert (first == np.float32(0.5)).all()
    assert np.allclose(part(slide, GAIN_RAMP), 0.05, atol=1e-6)
    assert np.allclose(part(rise, GAIN_RAMP), 0.5, atol=1e-6)
    steps = np.abs(np.diff(np.concatenate([first, slide, rise])))
    assert steps.max() < 0.5 / to_frames(GAIN_RAMP) * 1.01


def test_a_change_of_mind_in_mid_slide_does_not_jump() -> None:
    mixer = Mixer()
    mixer.play(steady(6_400, 0.5), 0, tag=1)
    parts = []
    for gain in (-40.0, 0.0, -6.0, -40.0):
        mixer.volume_db = gain
        parts.append(rendered(mixer, 320))
    assert np.abs(np.diff(np.concatenate(parts))).max() < 0.5 / to_frames(GAIN_RAMP) * 1.01


def test_ducking_goes_on_top_of_the_volume_and_back() -> None:
    mixer = Mixer()
    mixer.play(steady(16_000, 0.5), 0, tag=1)
    mixer.volume_db = -6.0
    rendered(mixer, 1_600)
    mixer.duck(-15.0, over=160)
    ducked = rendered(mixer, 1_600)
    mixer.duck(0.0, over=1_600)
    back = rendered(mixer, 3_200)
    assert np.allclose(part(ducked, 160), 0.5 * decibels(-21.0), atol=1e-6)
    assert np.allclose(part(back, 1_600), 0.5 * decibels(-6.0), atol=1e-6)
    assert mixer.volume_db == -6.0


def test_nothing_is_an_ended_clip_too() -> None:
    mixer = Mixer()
    mixer.play(noise(0), 320, tag=5)
    assert not rendered(mixer, 640).any()
    assert mixer.finished() == [ClipFinished(5, 320, cut=False)]


def test_stereo_is_refused_where_it_is_handed_in() -> None:
    with pytest.raises(ValueError, match="mono"):
        Mixer().play(np.zeros((10, 2), dtype=np.float32), 0, tag=1)


def test_commands_from_another_thread_all_arrive() -> None:
    mixer, done = Mixer(), threading.Event()

    def command() -> None:
        for tag in range(2_000):
            mixer.play(noise(100, tag), 0, tag)
            if tag % 50 == 0:
                mixer.silence()
        done.set()

    thread = threading.Thread(target=command)
    thread.start()
    while not done.is_set():
        mixer.render(BLOCK)
    thread.join()
    rendered(mixer, 1_600)
    assert sorted(event.tag for event in mixer.finished()) == list(range(2_000))


def test_ducking_ends_with_silence_and_what_fades_stays_low() -> None:
    mixer = Mixer()
    mixer.play(steady(8_000, 0.5), 0, tag=1)
    mixer.render(BLOCK)
    mixer.duck(-20.0, 0)
    mixer.render(BLOCK)
    mixer.silence(SILENCE_FADE)
    mixer.play(steady(8_000, 0.5), 4_000, tag=2)
    out = rendered(mixer, 8_000)
    assert out[0] == pytest.approx(0.05)
    assert (np.diff(part(out, 0, SILENCE_FADE)) < 0).all()
    assert not part(out, SILENCE_FADE, 4_000 - 2 * BLOCK).any()
    assert (out[-1_000:] == np.float32(0.5)).all()


def test_ducking_takes_no_time_where_nothing_sounds() -> None:
    mixer = Mixer()
    mixer.duck(-20.0)
    mixer.play(steady(1_000, 0.5), 0, tag=1)
    assert part(rendered(mixer, 1_600), 0, 1_000) == pytest.approx(0.05)
    mixer.duck(0.0)
    mixer.play(steady(1_000, 0.5), 0, tag=2)
    assert (part(rendered(mixer, 1_600), 0, 1_000) == np.float32(0.5)).all()
