"""Has phrases rendered before they are needed, off the threads that must not wait.

Owns the one thread that may use a voice and the phrases in memory; must not know what the
phrases mean or when they are played.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import Sound, duration, exact_int16, from_int16
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.voice import Voice, bounded
from voice_coach.units import Samples

CACHE_BYTES: Final = 64 * 2**20
"""About 11 minutes of speech: every phrase of a long session."""

_AHEAD: Final = 0.75
"""The part of the memory that prefetching fills: what comes later must not displace what comes
first."""


class _Phrase(NamedTuple):
    text: str
    speed: float
    breath: Samples


class _Ahead(NamedTuple):
    """A phrase that will be needed."""

    phrase: _Phrase
    render: bool
    """False to take it from the disk, or else leave it."""


_Kept: TypeAlias = Sound | npt.NDArray[np.int16]
"""A sound as it is kept: in 16 bits, which hold what voices make exactly, at half the size."""


class _Memory:
    """The most recently used phrases, in at most `limit` bytes. Not thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._phrases: OrderedDict[_Phrase, _Kept] = OrderedDict()

    def __contains__(self, phrase: _Phrase) -> bool:
        return phrase in self._phrases

    def get(self, phrase: _Phrase) -> _Kept | None:
        if phrase not in self._phrases:
            return None
        self._phrases.move_to_end(phrase)
        return self._phrases[phrase]

    def put(self, phrase: _Phrase, kept: _Kept) -> None:
        if phrase in self._phrases:
            return
        self._size += kept.nbytes
        self._phrases[phrase] = kept
        while self._size > self._limit:
            self._size -= self._phrases.popitem(last=False)[1].nbytes


class Renderer:
    """Renders phrases of one voice, each once: at once when asked for, else ahead of time.

    All methods may be called from any thread. Sounds it returns are read-only.
    """

    def __init__(
        self,
        voice: Voice | Callable[[], Voice],
        *,
        cache_bytes: int = CACHE_BYTES,
        disk: PhraseCache | None = None,
        threaded: bool = True,
    ) -> None:
        """Take over `voice`, and close it with `close()`.

        What makes the voice may be given in its place: it is called in the thread, since loading
        takes seconds, and what it raises is raised for every phrase.

        Phrases are looked for in memory (at most `cache_bytes`), then on `disk`, and only then
        rendered. With `threaded=False` a phrase is rendered where it is asked for: the same steps
        in the same order at every run.
        """
        self._memory = _Memory(cache_bytes)
        self._disk = disk
        self._identity: str | None = None
        self._loading: Future[Voice] = Future()
        self._room_ahead = self._most_ahead = int(cache_bytes * _AHEAD)
        self._wanted: deque[tuple[_Phrase, Future[Sound]]] = deque()
        self._ahead: deque[_Ahead] = deque()
        self._changed = threading.Condition()
        self._closed = self._retired = False
        self._thread: threading.Thread | None = None
        make = voice if callable(voice) else None
        if not callable(voice):
            self._take(voice)
        elif not threaded:
            self._load(voice)
        if threaded:
            self._thread = threading.Thread(
                target=self._work, args=(make,), name="speech", daemon=True
            )
            self._thread.start()

    def get(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Sound:
        """Return `text` as sound; waits where it has not been rendered yet.

        Raises what the voice raised.
        """
        return self.request(text, speed, breath).result()

    def request(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Future[Sound]:
        """Have `text` rendered before anything that was prefetched; does not wait for that.

        The future is done at once for a phrase in memory or on the disk, which is read here:
        that takes a few milliseconds, and the thread may be busy for seconds. What the voice
        raises is raised by its `result()`.
        """
        phrase = _phrase(text, speed, breath)
        future: Future[Sound] = Future()
        done = self._found(phrase)
        with self._changed:
            self._check_open()
            if done is None:
                self._wanted.append((phrase, future))
                self._changed.notify()
        if done is not None:
            future.set_result(done)
        elif self._thread is None:
            self._render_next()
        return future

    @property
    def in_step(self) -> bool:
        """Whether phrases are rendered where they are asked for, without a thread."""
        return self._thread is None

    @property
    def loaded(self) -> bool:
        """Whether the voice has been made, or has failed to be: then phrases tell why."""
        return self._loading.done()

    @property
    def failed(self) -> bool:
        """Whether the voice could not be made."""
        return self._loading.done() and self._loading.exception() is not None

    @property
    def ended(self) -> bool:
        """Whether the thread of a retired or closed renderer has done its work."""
        return self._thread is None or not self._thread.is_alive()

    def length(self, text: str, speed: float = 1.0, breath: Samples = 0) -> Samples | None:
        """Return how long `text` lasts if it is in memory, else None; never waits."""
        with self._changed:
            kept = self._memory.get(_phrase(text, speed, breath))
        return None if kept is None else duration(kept)

    def ready(self, text: str, speed: float = 1.0, breath: Samples = 0) -> bool:
        """Return whether `text` is in memory, so that `get()` returns at once."""
        return self.length(text, speed, breath) is not None

    def prefetch(self, texts: Iterable[str | tuple[str, Samples]], speed: float = 1.0) -> None:
        """Have `texts` ready, in this order, when nothing else is to do; forget earlier ones.

        A text that leads a breath comes with the length of that.

        What is on the disk is read before anything is rendered. What memory has no room for
        is left, or rendered for the disk alone. A text that cannot be rendered is passed over
        here: `get()` tells why. Without a thread there is nothing to win by it, and nothing
        is rendered.
        """
        if self._thread is None:
            return
        led = dict.fromkeys((each, 0) if isinstance(each, str) else each for each in texts)
        phrases = [_phrase(text, speed, breath) for text, breath in led]
        with self._changed:
            self._check_open()
            self._ahead = deque(_Ahead(phrase, render=True) for phrase in phrases)
            if self._disk:
                self._ahead.extendleft(_Ahead(phrase, render=False) for phrase in reversed(phrases))
            self._room_ahead = self._most_ahead
            self._changed.notify()

    def retire(self) -> None:
        """Render what has been asked for and nothing more, then close; does not wait for that."""
        with self._changed:
            self._retired = True
            self._ahead.clear()
            self._changed.notify()
        if self._thread is None:
            self.close()

    def close(self) -> None:
        """End the thread after the phrase at hand, and close the voice; twice does no harm."""
        with self._changed:
            already, self._closed = self._closed, True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        elif not already:
            self._end()

    def _take(self, voice: Voice) -> None:
        # Asked for here, not in the first answer: it looks up versions of packages.
        self._identity = voice.identity if self._disk else ""
        self._loading.set_result(voice)

    def _end(self) -> None:
        """Close the voice, in the thread that has used it."""
        with self._changed:
            self._closed = True
            left, self._wanted = self._wanted, deque()
        for _, future in left:
            future.set_exception(_closed_error())
        if self._loading.exception() is None:
            self._loading.result().close()

    def _check_open(self) -> None:
        if self._closed or self._retired:
            raise _closed_error()

    def _load(self, make: Callable[[], Voice]) -> None:
        try:
            self._take(make())
        except Exception as error:  # belongs to whoever waits for a phrase
            self._loading.set_exception(error)

    def _work(self, make: Callable[[], Voice] | None) -> None:
        if make is not None:
            self._load(make)
        while self._awaits_work():
            self._render_next()
        self._end()

    def _awaits_work(self) -> bool:
        """Wait for something to render; False at the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._retired or self._wanted or self._ahead
            )
            return not self._closed and bool(self._wanted or self._ahead)

    def _render_next(self) -> None:
        """Get the most urgent phrase ready, if there is one."""
        with self._changed:
            wanted = self._wanted.popleft() if self._wanted else None
            ahead = self._ahead.popleft() if self._ahead and not wanted else None
        if wanted:
            self._render_wanted(*wanted)
        elif ahead:
            with suppress(Exception):  # get() will tell
                self._get_ready(*ahead)

    def _render_wanted(self, phrase: _Phrase, future: Future[Sound]) -> None:
        try:
            found = self._found(phrase)
            sound = self._rendered(phrase) if found is None else found
        except Exception as error:  # belongs to whoever waits for this phrase
            future.set_exception(error)
            return
        self._remember(phrase, sound)
        future.set_result(sound)
        if found is None:
            self._keep(phrase, sound)  # only now: the disk may be slow

    def _get_ready(self, phrase: _Phrase, render: bool) -> None:
        sound = self._remembered(phrase)
        if sound is None and (render or self._room_ahead > 0):
            sound = self._kept(phrase)
        if sound is None and render:
            sound = self._rendered(phrase)
            self._keep(phrase, sound)
        if sound is not None:
            self._remember_ahead(phrase, sound)

    def _found(self, phrase: _Phrase) -> Sound | None:
        sound = self._remembered(phrase)
        if sound is None and (sound := self._kept(phrase)) is not None:
            self._remember(phrase, sound)
        return sound

    def _rendered(self, phrase: _Phrase) -> Sound:
        sound = self._loading.result().render(*phrase)
        sound.flags.writeable = False
        return sound

    def _remembered(self, phrase: _Phrase) -> Sound | None:
        with self._changed:
            kept = self._memory.get(phrase)
        return None if kept is None else _taken_out(kept)

    def _remember(self, phrase: _Phrase, sound: Sound) -> None:
        kept = _put_away(sound)
        with self._changed:
            self._memory.put(phrase, kept)

    def _remember_ahead(self, phrase: _Phrase, sound: Sound) -> None:
        kept = _put_away(sound)
        with self._changed:
            self._room_ahead -= kept.nbytes
            if self._room_ahead >= 0:
                self._memory.put(phrase, kept)
            elif not self._disk:
                self._ahead.clear()

    def _kept(self, phrase: _Phrase) -> Sound | None:
        if self._disk is None or self._identity is None:
            return None
        return self._disk.get(self._identity, *phrase)

    def _keep(self, phrase: _Phrase, sound: Sound) -> None:
        if self._disk and self._identity is not None:
            with suppress(Exception):  # whoever is told of trouble must not end this thread
                self._disk.put(self._identity, phrase.text, phrase.speed, sound, phrase.breath)


def _phrase(text: str, speed: float, breath: Samples) -> _Phrase:
    return _Phrase(text, bounded(speed), breath)


def _put_away(sound: Sound) -> _Kept:
    exact = exact_int16(sound)
    return sound if exact is None else exact


def _taken_out(kept: _Kept) -> Sound:
    if kept.dtype != np.int16:
        return np.asarray(kept, dtype=np.float32)
    sound = from_int16(np.asarray(kept, dtype=np.int16))
    sound.flags.writeable = False
    return sound


def _closed_error() -> RuntimeError:
    return RuntimeError("this renderer is closed")
