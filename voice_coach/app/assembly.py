"""Puts a coach together: ears, mixer, the voice that speaks and those that may take turns with it.

Owns how the parts are joined, and that all of them end; must not know whether sound is live, on
files or simulated, nor who watches.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

from voice_coach.app.coach import Coach, Ears, Persistence
from voice_coach.app.engines import Engine, load_voice, make_voice
from voice_coach.app.happenings import Watcher
from voice_coach.audio.mixer import Mixer
from voice_coach.core.intents import Commands
from voice_coach.core.routine import Routine
from voice_coach.dictionary import read_language
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.listener import Listener
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.renderer import Renderer
from voice_coach.speaking.voice import Voice


@dataclass(frozen=True)
class Assembly:
    """A coach, and the parts of it that others look at or connect to sound."""

    coach: Coach
    ears: Ears
    mixer: Mixer


@contextmanager
def assemble(
    routines: tuple[Routine, ...],
    commands: Commands,
    listener: Listener,
    voice: Engine,
    *,
    live: bool,
    decisions: "SimpleQueue[Decision] | None" = None,
    phrases: PhraseCache | None = None,
    persistence: Persistence | None = None,
    watch: Watcher = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
    loaded: Callable[[], tuple[Voice, dict[str, Engine]]] | None = None,
) -> Iterator[Assembly]:
    """Give a coach that hears with `listener` and speaks with `voice`; close it in the end.

    With `live` sound nothing waits: hearing and speaking have threads of their own. Else both
    keep step with the blocks, so that the same sound has the same answer at every run. Where the
    listener leaves its `decisions`, the user is let know when they are not understood. `phrases`
    keeps what was rendered. Where the voice cannot be loaded, `tell` gets one line and the next one
    speaks; what it raised is raised if the user has named it, or there is no other.
    `loaded` returns what is speaking where that is being loaded already.
    """

    def rendering(speaks: Voice | Callable[[], Voice]) -> Renderer:
        return Renderer(speaks, disk=phrases, threaded=live)

    speaks, turns = loaded() if loaded else load_voice(voice, tell)
    with closing(Ears(listener, commands, live=live, decisions=decisions)) as ears:
        mixer = Mixer()
        coach = Coach(
            routines,
            commands,
            language=read_language(),
            ears=ears,
            renderer=rendering(speaks),
            mixer=mixer,
            voices={
                name: partial(rendering, partial(make_voice, other))
                for name, other in turns.items()
            },
            persistence=persistence,
            watch=watch,
        )
        with closing(coach):
            yield Assembly(coach, ears, mixer)
