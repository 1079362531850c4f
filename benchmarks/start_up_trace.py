"""The command `voice-coach run` with marks: when each of its parts was done, and when it hears.

Owns the process that is marked; must not know what is made of the marks. It imports nothing but
the standard library before the command does, and changes nothing of what the command does.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

OPENING = {
    ("live", "open_audio"): "opening PortAudio",
    ("engines", "make_separate_recogniser"): "starting the recogniser's process",
    ("live", "load_voice"): "the voice, beside the rest",
}
"""Functions by the module of the app that calls them, and the part that each is."""
GRAMMARS = "its grammars"
SENTENCES = "reading the sentences"
JOURNAL = "opening the journal"
IMPORTS = "imports"
INTERPRETER = "the interpreter's own start"


def run(began: float, script: str, arguments: list[str]) -> None:
    """Run `script` in this process, and print its marks as JSON once it hears; ends the process.

    `began` is the time at which this process was started. Marks are seconds.
    """
    marks = {INTERPRETER: time.time() - began}
    # The recogniser's process imports what it takes for the main module.
    sys.modules["__main__"].__file__ = script
    from voice_coach import library  # noqa: PLC0415
    from voice_coach.app import engines, live  # noqa: PLC0415
    from voice_coach.cli import main, panel  # noqa: F401, PLC0415
    from voice_coach.history.journal import Journal  # noqa: PLC0415

    marks[IMPORTS] = time.time() - began - marks[INTERPRETER]

    def timed(act: Callable[..., Any], part: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            start = time.time()
            try:
                return act(*given, **named)
            finally:
                marks[part] = marks.get(part, 0.0) + time.time() - start

        return call

    modules = {"engines": engines, "live": live}
    for (module, name), part in OPENING.items():
        setattr(modules[module], name, timed(getattr(modules[module], name), part))
    setattr(Journal, "open", timed(Journal.open, JOURNAL))  # noqa: B010
    setattr(library, "read_commands", timed(library.read_commands, SENTENCES))  # noqa: B010
    _mark_grammars(engines, timed)
    _mark_hearing(live, marks, began)
    sys.argv = [script, *arguments]
    main.main()


def _mark_grammars(engines: Any, timed: Callable[..., Any]) -> None:
    make = engines.make_separate_recogniser

    def make_marked(*given: Any) -> Any:
        made = make(*given)
        made.use = timed(made.use, GRAMMARS)
        return made

    engines.make_separate_recogniser = make_marked


def _mark_hearing(live: Any, marks: dict[str, float], began: float) -> None:
    on_block, coach_live = live.Coach.on_block, live.coach_live

    def on_block_marked(coach: Any, microphone: Any, *rest: Any) -> None:
        marks.setdefault("first block", time.time() - began)
        if microphone.any():
            marks["hears"] = time.time() - began
            print(json.dumps(marks), flush=True)
            os._exit(0)
        on_block(coach, microphone, *rest)

    def coach_marked(*given: Any, ready: Callable[[Any], None], **named: Any) -> None:
        def both(stage: Any) -> None:
            ready(stage)
            marks["ready"] = time.time() - began

        coach_live(*given, ready=both, **named)

    live.Coach.on_block = on_block_marked
    live.coach_live = coach_marked
