"""The renderer with a real voice, and with one that tells what it was asked for."""

import threading

import numpy as np
import pytest

from voice_coach.sound.pcm import Pcm
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.speaking.renderer import Renderer


class SlowVoice:
    """A voice that renders one phrase each time it is allowed to."""

    name = "slow"

    def __init__(self, *, allowed: bool = True) -> None:
        self.asked: list[tuple[str, float]] = []
        self.closed = 0
        self.started = threading.Semaphore(0)
        self.allow = threading.Semaphore(1_000 if allowed else 0)

    def render(self, text: str, speed: float = 1.0) -> Pcm:
        self.asked.append((text, speed))
        self.started.release()
        assert self.allow.acquire(timeout=10)
        if text == "impossible":
            raise ValueError("no such sound")
        return np.full(100, len(text), dtype=np.float32)

    def close(self) -> None:
        self.closed += 1


def in_thread(renderer: Renderer, text: str) -> tuple[threading.Thread, list[Pcm]]:
    results: list[Pcm] = []
    thread = threading.Thread(target=lambda: results.append(renderer.get(text)), daemon=True)
    thread.start()
    return thread, results


@pytest.mark.parametrize("threaded", [True, False])
def test_gets_what_the_voice_renders(threaded: bool) -> None:
    renderer = Renderer(EspeakVoice(), threaded=threaded)
    sound = renderer.get("Breathe in.", 1.2)
    assert np.array_equal(sound, EspeakVoice().render("Breathe in.", 1.2))
    assert renderer.get("Breathe in.", 1.2) is sound
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
    assert renderer.get("fine")[0] == 4
    renderer.close()


def test_the_cache_is_bounded_and_forgets_what_was_used_longest_ago() -> None:
    voice = SlowVoice()
    renderer = Renderer(voice, cache_bytes=3 * 400, threaded=False)
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
