"""Which of several voices speaks, and how one takes over from another.

Owns the renderers and the change between them; must not know why a voice is changed, or what is
said. Nothing here waits: not for a voice that loads, nor for one that still renders.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from weakref import WeakKeyDictionary

from voice_coach.audio.pcm import Sound, duration
from voice_coach.speaking.renderer import Renderer
from voice_coach.units import Samples


class Voices:
    """Speaks with one renderer until another takes over. Belongs to one thread.

    What was asked of the voice before is still said by it. The first phrase after a change waits
    for the new voice, for by it the user hears the change; while that one loads, whatever else is
    asked for is said by the voice before. That one speaks on if the new voice turns out to fail.
    """

    def __init__(
        self,
        renderer: Renderer,
        voices: Mapping[str, Callable[[], Renderer]] | None = None,
        respelled: Callable[[str], str] = lambda text: text,
    ) -> None:
        """Take over `renderer`, and close it with `close()`.

        It is the first of `voices`. What makes one of these returns at once, and loads it in a
        thread of its own. `respelled` returns a text as it is written for the voice.
        """
        self._respelled = respelled
        self._makes = dict(voices or {})
        self._name = next(iter(self._makes), "")
        self._name_before = ""
        self._speaks = renderer
        self._before: Renderer | None = None
        self._retired: list[Renderer] = []
        self._announced = True
        self._asked: WeakKeyDictionary[Future[Sound], Renderer] = WeakKeyDictionary()

    @property
    def names(self) -> tuple[str, ...]:
        """The voices that may be chosen: those that have not failed."""
        return tuple(self._makes)

    def change(self, name: str) -> None:
        """Speak with the voice of this name, which is one of `names`."""
        if self._loaded():
            self._before = self._speaks
            self._name_before = self._name
        else:
            self._retire(self._speaks)
        if self._before:
            self._before.prefetch(())
        self._name = name
        self._speaks = self._makes[name]()
        self._announced = False

    def request(self, text: str, speed: float, breath: Samples = 0) -> Future[Sound]:
        """Have `text` rendered before anything else; see `Renderer.request`."""
        if self._loaded() or not self._announced or self._before is None:
            self._announced = True
            renderer = self._speaks
        else:
            renderer = self._before
        future = renderer.request(self._respelled(text), speed, breath)
        self._asked[future] = renderer
        return future

    def sample(self, name: str, text: str, speed: float) -> Future[Sound]:
        """Have `text` rendered by one of `names`, which need not be the one that speaks."""
        if name == self._name:
            return self.request(text, speed)
        renderer = self._makes[name]()
        future = renderer.request(self._respelled(text), speed)
        self._retire(renderer)
        return future

    def speaks(self, future: Future[Sound]) -> bool:
        """Return whether the voice that was asked for `future` is the one that speaks now."""
        return self._asked.get(future) is self._speaks

    def replace_failed(self) -> str | None:
        """Let another voice speak in place of the one that does; that one is never chosen again.

        Return the name of the other one, which is the voice before if that still works; None
        where no other is left.
        """
        self._makes.pop(self._name, None)
        name = self._name_before if self._name_before in self._makes else next(iter(self.names), "")
        if not name:
            return None
        self._retire(self._speaks)
        if self._before is not None and name == self._name_before:
            self._speaks, self._before = self._before, None
        else:
            self._speaks = self._makes[name]()
        self._name, self._name_before = name, ""
        self._announced = True
        return name

    def prefetch(self, texts: Iterable[tuple[str, Samples]], speed: float) -> None:
        """Have `texts` ready, each with the breath that it leads; see `Renderer.prefetch`."""
        self._speaks.prefetch(((self._respelled(text), breath) for text, breath in texts), speed)

    def lengths(self, texts: Iterable[str], speed: float) -> dict[str, Samples] | None:
        """Return how long each of `texts` is; None as long as one of them is not in memory.

        Renderers without a thread render here what they lack. What cannot be rendered is not in
        memory: whoever has it spoken is told why.
        """
        lengths: dict[str, Samples] = {}
        for text in texts:
            said = self._respelled(text)
            length = self._speaks.length(said, speed)
            if length is None and self._speaks.in_step:
                future = self._speaks.request(said, speed)
                length = None if future.exception() else duration(future.result())
            if length is None:
                return None
            lengths[text] = length
        return lengths

    def close(self) -> None:
        """End all voices; waits for the phrases at hand."""
        for renderer in (self._speaks, self._before, *self._retired):
            if renderer is not None:
                renderer.close()

    def _loaded(self) -> bool:
        """Return whether the voice that speaks is loaded; then the one before has done its work."""
        if self._speaks.failed:
            return False
        if self._speaks.loaded and self._before is not None:
            self._retire(self._before)
            self._before = None
        return self._speaks.loaded

    def _retire(self, renderer: Renderer) -> None:
        renderer.retire()
        self._retired = [each for each in self._retired if not each.ended] + [renderer]
