"""The renderer with a real voice, and with one that tells what it was asked for."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from voice_coach.audio.pcm import Sound, duration
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.speaking.renderer import Renderer
from voice_coach.units import Samples


class SlowVoice:
    """A voice that renders one phrase each time it is allowed to."""

    name = "slow"
    identity = "slow 1"

    def __init__(self, *, allowed: bool = True) -> None:
        self.asked: list[tuple[str, float]] = []
        self.closed = 0
        self.started = threading.Semaphore(0)
        self.allow = threading.Semaphore(1_000 if allowed else 0)

    def render(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Sound:  # noqa: ARG002
        self.asked.append((text, speed))
        self.started.release()
        assert self.allow.acquire(timeout=10)
        if text == "impossible":
            raise ValueError("no such sound")
        return np.full(100, len(text) / 64, dtype=np.float32)

    def close(self) -> None:
        self.closed += 1


def in_thread(renderer: Renderer, text: str) -> tuple[threading.Thread, list[Sound]]:
    results: list[Sound] = []
    thread = threading.Thread(target=lambda: results.append(renderer.get(text)), daemon=True)
    thread.start()
    return thread, results


@pytest.mark.parametrize("threaded", [True, False])
def test_gets_what_the_voice_renders(threaded: bool) -> None:
    renderer = Renderer(EspeakVoice(), threaded=threaded)
    sound = renderer.get("Breathe in.", 1.2)
    assert np.array_equal(sound, EspeakVoice().render("Breathe in.", 1.2))
    assert np.array_equal(renderer.get("Breathe in.", 1.2), sound)
    assert renderer.length("Breathe in.", 1.2) == duration(sound)
    renderer.close()


@pytest.mark.parametrize("threaded", [True, False])
def test_each_phrase_is_rendered_once_for_each_speed(threaded: bool) -> None:
    voice = SlowVoice()
    renderer = Renderer(voice, threaded=threaded)
    for text, speed in [("a", 1.0), ("a", 1.0), ("a", 2.0), ("b", 1.0), ("a", 9.0), ("a", 1.0)]:
        renderer.get(text, speed)
    assert voice.asked == [("a", 1.0), ("a", 2.0), ("b", 1.0)]
    renderer.close()


def test_without_a_thread_phrases_are_rendered_where_they_are_asked_for() -> None:
    voice = SlowVoice()
    threads = threading.active_count()
    renderer = Renderer(voice, threaded=False)
    renderer.prefetch(["a", "impossible", "b"], 1.5)
    assert not renderer.ready("a", 1.5)
    assert renderer.request("a", 1.5).done()
    assert renderer.ready("a", 1.5)
    assert not renderer.ready("a")
    with pytest.raises(ValueError, match="no such sound"):
        renderer.request("impossible").result()
    assert threading.active_count() == threads


def test_get_goes_before_prefetched_phrases() -> None:
    voice = SlowVoice(allowed=False)
    renderer = Renderer(voice)
    renderer.prefetch(["one", "two", "three"])
    assert voice.started.acquire(timeout=10)  # "one" is being rendered
    waiting, results = in_thread(renderer, "now")
    while not renderer._wanted:
        waiting.join(0.001)
    voice.allow.release(2)
    waiting.join(10)
    assert len(results) == 1
    voice.allow.release(2)
    assert [voice.started.acquire(timeout=10) for _ in range(3)] == [True] * 3
    renderer.close()
    assert [text for text, _ in voice.asked] == ["one", "now", "two", "three"]


def test_prefetch_replaces_the_earlier_queue() -> None:
    voice = SlowVoice(allowed=False)
    renderer = Renderer(voice)
    renderer.prefetch(["one", "two", "three"])
    assert voice.started.acquire(timeout=10)
    renderer.prefetch(["four", "one"])
    voice.allow.release(3)
    renderer.get("five")
    renderer.close()
    asked = [text for text, _ in voice.asked]
    assert asked[:2] in (["one", "four"], ["one", "five"])
    assert not {"two", "three"} & set(asked)
    assert asked.count("one") == 1


@pytest.mark.parametrize("threaded", [True, False])
def test_an_error_reaches_whoever_asked_and_nobody_else(threaded: bool) -> None:
    voice = SlowVoice()
    renderer = Renderer(voice, threaded=threaded)
    renderer.prefetch(["impossible"])
    for _ in range(2):
        with pytest.raises(ValueError, match="no such sound"):
            renderer.get("impossible")
    assert not renderer.ready("impossible")
    assert renderer.get("fine")[0] == 4 / 64
    renderer.close()


def test_the_cache_is_bounded_and_forgets_what_was_used_longest_ago() -> None:
    voice = SlowVoice()
    renderer = Renderer(voice, cache_bytes=3 * 200, threaded=False)
    for text in ("a", "b", "c", "a", "d"):
        renderer.get(text)
    assert [renderer.ready(text) for text in "abcd"] == [True, False, True, True]
    small = Renderer(voice, cache_bytes=100, threaded=False)
    assert len(small.get("larger than the cache")) == 100
    assert not small.ready("larger than the cache")


def test_shared_sounds_cannot_be_changed() -> None:
    renderer = Renderer(SlowVoice(), threaded=False)
    with pytest.raises(ValueError, match="read-only"):
        renderer.get("a")[0] = 1.0


def test_close_ends_the_thread_and_tells_who_waits() -> None:
    voice = SlowVoice(allowed=False)
    renderer = Renderer(voice)
    renderer.prefetch(["one", "two"])
    assert voice.started.acquire(timeout=10)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            renderer.get("late")
        except RuntimeError as error:
            failures.append(error)

    waiting = threading.Thread(target=ask, daemon=True)
    waiting.start()
    while not renderer._wanted:
        waiting.join(0.001)
    closing = threading.Thread(target=renderer.close, daemon=True)
    closing.start()
    while not renderer._closed:
        closing.join(0.001)
    voice.allow.release(10)
    closing.join(10)
    waiting.join(10)
    assert not closing.is_alive()
    assert not waiting.is_alive()
    assert [str(error) for error in failures] == ["this renderer is closed"]
    assert [text for text, _ in voice.asked] == ["one"]
    renderer.close()
    assert voice.closed == 1
    with pytest.raises(RuntimeError, match="closed"):
        renderer.get("one")
    with pytest.raises(RuntimeError, match="closed"):
        renderer.prefetch(["one"])


@pytest.mark.parametrize("threaded", [True, False])
def test_a_phrase_on_the_disk_is_not_rendered_again(tmp_path: Path, threaded: bool) -> None:
    first, second = SlowVoice(), SlowVoice()
    rendered = []
    for voice in (first, second):
        renderer = Renderer(voice, disk=PhraseCache(tmp_path), threaded=threaded)
        rendered.append([renderer.get(text, speed) for text in ("a", "b") for speed in (1.0, 1.5)])
        renderer.close()
    assert len(first.asked) == 4
    assert second.asked == []
    assert all(np.array_equal(*sounds) for sounds in zip(*rendered, strict=True))
    other = SlowVoice()
    other.identity = "slow 2"
    Renderer(other, disk=PhraseCache(tmp_path), threaded=False).get("a")
    assert other.asked == [("a", 1.0)]


def test_a_real_voice_sounds_the_same_with_and_without_the_disk(tmp_path: Path) -> None:
    texts = ["Breathe in.", "And breathe out.", "Well done!", ""]
    plain = Renderer(EspeakVoice(), threaded=False)
    for _ in ("rendered", "read"):
        kept = Renderer(EspeakVoice(), disk=PhraseCache(tmp_path), threaded=False)
        for text in texts:
            for speed in (0.8, 1.0, 1.5):
                assert np.array_equal(kept.get(text, speed), plain.get(text, speed))
    assert len(list(tmp_path.iterdir())) == len(texts) * 3


def test_a_phrase_on_the_disk_does_not_wait_for_the_voice(tmp_path: Path) -> None:
    Renderer(SlowVoice(), disk=PhraseCache(tmp_path), threaded=False).get("known")
    voice = SlowVoice(allowed=False)
    renderer = Renderer(voice, disk=PhraseCache(tmp_path))
    renderer.prefetch(["long", "longer"])
    assert voice.started.acquire(timeout=10)  # and it will not end before it is allowed to
    assert renderer.request("known").done()
    assert not renderer.request("unknown").done()
    voice.allow.release(5)
    renderer.close()


def test_what_is_on_the_disk_is_read_before_anything_is_rendered(tmp_path: Path) -> None:
    known = Renderer(SlowVoice(), disk=PhraseCache(tmp_path), threaded=False)
    for text in ("two", "four"):
        known.get(text)
    voice = SlowVoice(allowed=False)
    renderer = Renderer(voice, disk=PhraseCache(tmp_path))
    renderer.prefetch(["one", "two", "three", "four"])
    assert voice.started.acquire(timeout=10)
    assert [renderer.ready(t) for t in ("one", "two", "three", "four")] == [0, 1, 0, 1]
    voice.allow.release(2)
    renderer.get("three")
    renderer.close()
    assert voice.asked == [("one", 1.0), ("three", 1.0)]


def test_prefetching_does_not_displace_what_comes_first(tmp_path: Path) -> None:
    texts = ["first", "second", "third", "fourth", "fifth", "sixth"]
    for disk in (None, PhraseCache(tmp_path)):
        voice = SlowVoice()
        renderer = Renderer(voice, cache_bytes=4 * 200, disk=disk)
        renderer.prefetch(texts)
        while renderer._ahead:
            time.sleep(0.001)
        renderer.close()
        assert [renderer.ready(text) for text in texts] == [1, 1, 1, 0, 0, 0]
        asked = [text for text, _ in voice.asked]
        assert asked == (texts if disk else texts[:4])


class HeldDisk(PhraseCache):
    """A disk that takes a phrase when the test lets it, and then fails."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reached, self.gate = threading.Event(), threading.Event()

    def put(self, *_: object) -> None:
        self.reached.set()
        self.gate.wait(10)
        raise BrokenPipeError("nobody reads this")


def test_the_answer_does_not_wait_until_it_is_on_the_disk(tmp_path: Path) -> None:
    disk = HeldDisk(tmp_path)
    renderer = Renderer(SlowVoice(), disk=disk)
    assert len(renderer.request("a").result(timeout=10)) == 100
    assert disk.reached.wait(10)
    disk.gate.set()
    assert len(renderer.request("b").result(timeout=10)) == 100
    renderer.close()


class TestLoading:
    """A voice that is made in the thread, and one that retires."""

    def test_nobody_waits_until_it_is_made(self) -> None:
        gate = threading.Event()

        def make() -> SlowVoice:
            gate.wait(10)
            return SlowVoice()

        renderer = Renderer(make)
        renderer.prefetch(["b"])
        first = renderer.request("a")
        assert not renderer.loaded
        assert not first.done()
        gate.set()
        assert len(first.result(timeout=10)) == 100
        assert renderer.loaded
        renderer.close()

    def test_what_its_making_raises_is_raised_for_every_phrase(self) -> None:
        def make() -> SlowVoice:
            raise OSError("no such voice")

        renderer = Renderer(make)
        for text in ("a", "b"):
            with pytest.raises(OSError, match="no such voice"):
                renderer.request(text).result(timeout=10)
        renderer.close()

    def test_a_retired_one_says_what_was_asked_for_and_closes(self) -> None:
        voice = SlowVoice(allowed=False)
        renderer = Renderer(voice)
        asked = [renderer.request(text) for text in ("a", "b")]
        renderer.prefetch(["never"])
        renderer.retire()
        assert not renderer.ended
        voice.allow.release(2)
        assert [len(each.result(timeout=10)) for each in asked] == [100, 100]
        renderer.close()
        assert renderer.ended
        assert [text for text, _ in voice.asked] == ["a", "b"]


def test_a_damaged_phrase_is_rendered_again(tmp_path: Path) -> None:
    voice = SlowVoice()
    for asked in (1, 2, 2):
        sound = Renderer(voice, disk=PhraseCache(tmp_path), threaded=False).get("a")
        assert np.array_equal(sound, np.full(100, 1 / 64, dtype=np.float32))
        assert len(voice.asked) == asked
        if asked == 1:
            (file,) = tmp_path.iterdir()
            file.write_bytes(file.read_bytes()[:-1])


def test_many_threads_ask_at_once() -> None:
    renderer = Renderer(EspeakVoice())
    expected = {text: EspeakVoice().render(text) for text in ("one", "two", "three", "four")}
    failures: list[str] = []

    def ask(text: str) -> None:
        same = all(np.array_equal(renderer.get(text), expected[text]) for _ in range(20))
        if not same:
            failures.append(text)

    threads = [threading.Thread(target=ask, args=(text,)) for text in expected for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    renderer.close()
