"""Has phrases rendered before they are needed, off the threads that must not wait.

Owns the one thread that may use a voice and the cache of its phrases; must not know what the
phrases mean or when they are played.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Final, NamedTuple

from voice_coach.sound.pcm import Pcm
from voice_coach.speaking.voice import Voice, bounded

CACHE_BYTES: Final = 64 * 2**20
"""About 17 minutes of speech: every phrase of a long session."""


class _Phrase(NamedTuple):
    voice: str
    speed: float
    text: str


class _Cache:
    """The most recently used phrases, in at most `limit` bytes. Not thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._phrases: OrderedDict[_Phrase, Pcm] = OrderedDict()

    def __contains__(self, phrase: _Phrase) -> bool:
        return phrase in self._phrases

    def get(self, phrase: _Phrase) -> Pcm | None:
        if phrase not in self._phrases:
            return None
        self._phrases.move_to_end(phrase)
        return self._phrases[phrase]

    def put(self, phrase: _Phrase, pcm: Pcm) -> None:
        self._size += pcm.nbytes
        self._phrases[phrase] = pcm
        while self._size > self._limit:
            self._size -= self._phrases.popitem(last=False)[1].nbytes


class Renderer:
    """Renders phrases of one voice, each once: at once when asked for, else ahead of time.

    All methods may be called from any thread. Sounds it returns are shared and read-only.
    """

    def __init__(
        self, voice: Voice, *, cache_bytes: int = CACHE_BYTES, threaded: bool = True
    ) -> None:
        """Take over `voice`, and close it with `close()`.

        With `threaded=False` a phrase is rendered where it is asked for: the same steps in
        the same order at every run.
        """
        self._voice = voice
        self._cache = _Cache(cache_bytes)
        self._wanted: deque[tuple[_Phrase, Future[Pcm]]] = deque()
        self._ahead: deque[_Phrase] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(target=self._work, name="speech", daemon=True)
            self._thread.start()

    def get(self, text: str, speed: float = 1.0) -> Pcm:
        """Return `text` as sound; waits where it has not been rendered yet.

        Raises what the voice raised.
        """
        return self.request(text, speed).result()

    def request(self, text: str, speed: float = 1.0) -> Future[Pcm]:
        """Have `text` rendered before anything that was prefetched; does not wait.

        The future is done at once for a phrase that is ready. What the voice raises is
        raised by its `result()`.
        """
        phrase = self._phrase(text, speed)
        future: Future[Pcm] = Future()
        with self._changed:
            self._check_open()
            done = self._cache.get(phrase)
            if done is None:
                self._wanted.append((phrase, future))
                self._changed.notify()
        if done is not None:
            future.set_result(done)
        elif self._thread is None:
            self._render_next()
        return future

    def ready(self, text: str, speed: float = 1.0) -> bool:
        """Return whether `get()` would return at once."""
        with self._changed:
            return self._phrase(text, speed) in self._cache

    def prefetch(self, texts: Iterable[str], speed: float = 1.0) -> None:
        """Render `texts` in this order when nothing else is to do; forget earlier prefetches.

        A text that cannot be rendered is passed over here: `get()` tells why. Without a
        thread there is nothing to win by it, and nothing is rendered.
        """
        if self._thread is None:
            return
        with self._changed:
            self._check_open()
            self._ahead = deque(self._phrase(text, speed) for text in texts)
            self._changed.notify()

    def close(self) -> None:
        """End the thread after the phrase at hand, and close the voice; twice does no harm."""
        with self._changed:
            already, self._closed = self._closed, True
            self._changed.notify()
        if already:
            return
        if self._thread is not None:
            self._thread.join()
        for _, future in self._wanted:
            future.set_exception(_closed_error())
        self._voice.close()

    def _phrase(self, text: str, speed: float) -> _Phrase:
        return _Phrase(self._voice.name, bounded(speed), text)

    def _check_open(self) -> None:
        if self._closed:
            raise _closed_error()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._wanted or self._ahead)
                if self._closed:
                    return
            self._render_next()

    def _render_next(self) -> bool:
        """Render the most urgent phrase; return whether there was one."""
        with self._changed:
            if self._wanted:
                phrase, future = self._wanted.popleft()
            elif self._ahead:
                phrase, future = self._ahead.popleft(), Future()
            else:
                return False
        try:
            future.set_result(self._rendered(phrase))
        except Exception as error:  # belongs to whoever waits for this phrase
            future.set_exception(error)
        return True

    def _rendered(self, phrase: _Phrase) -> Pcm:
        with self._changed:
            done = self._cache.get(phrase)
        if done is not None:
            return done
        pcm = self._voice.render(phrase.text, phrase.speed)
        pcm.flags.writeable = False
        with self._changed:
            self._cache.put(phrase, pcm)
        return pcm


def _closed_error() -> RuntimeError:
    return RuntimeError("this renderer is closed")
