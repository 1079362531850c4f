"""A plan as a table for the terminal: `voice-coach routines show`.

Owns columns and totals; must not know how a plan is made.
"""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from voice_coach.core.cues import Cue, CueKind
from voice_coach.core.plan import Plan
from voice_coach.units import Samples, to_seconds


def plan_table(plan: Plan) -> Group:
    """Lay out every cue with the time at which it comes, and the total."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading, justify in (("at", "right"), ("lasts", "right"), ("", "left"), ("says", "left")):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    at: Samples = 0
    for cue in plan.cues:
        is_heading = (
            cue.kind is CueKind.INTRODUCE and cue is plan.cues[plan.heading_of(cue.exercise)]
        )
        table.add_row(
            _clock(at), _lasts(cue), _what(cue), cue.text, style="bold" if is_heading else ""
        )
        at += cue.length
    routine = plan.routine
    title = Text(f"{routine.name} routine", "bold")
    total = Text(f"Total: {_clock(at)} minutes, as far as the length of speech can be foretold.")
    return Group(title, Text(routine.purpose, "dim"), Text(), table, Text(), total)


def _clock(position: Samples) -> str:
    minutes, seconds = divmod(round(to_seconds(position)), 60)
    return f"{minutes}:{seconds:02}"


def _lasts(cue: Cue) -> str:
    return (
        f"{round(to_seconds(cue.count), 1):g} s"
        if cue.kind in (CueKind.MOVE, CueKind.REST, CueKind.GET_READY)
        else ""
    )


def _what(cue: Cue) -> Text:
    what = cue.kind.value
    if cue.repetition and cue.repetitions > 1:
        what = f"{cue.repetition} of {cue.repetitions}"
    if cue.sets:
        what += f", set {cue.set}"
    if cue.side:
        what += f", {cue.side}"
    return Text(what, "dim")
