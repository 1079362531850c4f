"""Which of several voices speaks, and how one takes over from another.

Owns the renderers and the change between them; must not know why a voice is changed, or what is
said. Nothing here waits: not for a voice that loads, nor for one that still renders.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future

from voice_coach.audio.pcm import Sound, duration
from voice_coach.speaking.renderer import Renderer
from voice_coach.units import Samples


class Voices:
    """Speaks with one renderer until another takes over. Belongs to one thread.

    What was asked of the voice before is still said by it. The first phrase after a change waits
    for the new voice, for by it the user hears the change; while that one loads, whatever else is
    asked for is said by the voice before.
    """

    def __init__(self, renderer: Renderer) -> None:
        """Take over `renderer`, and close it with `close()`."""
        self._speaks = renderer
        self._before: Renderer | None = None
        self._retired: list[Renderer] = []
        self._announced = True

    def change(self, make: Callable[[], Renderer]) -> None:
        """Speak with what `make` returns, which must do so at once and load in its thread."""
        if self._loaded():
            self._before = self._speaks
        else:
            self._retire(self._speaks)
        if self._before:
            self._before.prefetch(())
        self._speaks = make()
        self._announced = False

    def request(self, text: str, speed: float, breath: Samples = 0) -> Future[Sound]:
        """Have `text` rendered before anything else; see `Renderer.request`."""
        if self._loaded() or not self._announced or self._before is None:
            self._announced = True
            return self._speaks.request(text, speed, breath)
        return self._before.request(text, speed, breath)

    def prefetch(self, texts: Iterable[tuple[str, Samples]], speed: float) -> None:
        """Have `texts`, each with the breath that it leads, ready in the voice that speaks; see `Renderer.prefetch`."""
        self._speaks.prefetch(texts, speed)

    def lengths(self, texts: Iterable[str], speed: float) -> dict[str, Samples] | None:
        """Return how long each of `texts` is; None as long as one of them is not in memory.

        Renderers without a thread render here what they lack.
        """
        lengths: dict[str, Samples] = {}
        for text in texts:
            length = self._speaks.length(text, speed)
            if length is None and self._speaks.in_step:
                length = duration(self._speaks.get(text, speed))
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
        if self._speaks.loaded and self._before is not None:
            self._retire(self._before)
            self._before = None
        return self._speaks.loaded

    def _retire(self, renderer: Renderer) -> None:
        renderer.retire()
        self._retired = [each for each in self._retired if not each.ended] + [renderer]
