"""Writes docs/session.md from the session's transition table; --check only compares."""

import sys

from scripts import ROOT
from voice_coach.core.session import TABLE
from voice_coach.core.state import RUNNING, Mode

PAGE = ROOT / "docs" / "session.md"
INTRODUCTION = """\
# The session as a state machine

Drawn by `python -m scripts.draw_states` from `TABLE` in `voice_coach/core/session.py`; a test
keeps the two equal. *Leading* stands for the modes in which the session moves on by itself.
Commands that are not listed for a mode get a short spoken answer and change nothing.
"""


def name(mode: Mode) -> str:
    """Return a mode as Mermaid wants it."""
    return mode.value.title().replace(" ", "")


def group(mode: Mode) -> str:
    """Return the node that stands for a mode in the overview."""
    return "Leading" if mode in RUNNING else name(mode)


def edges() -> dict[tuple[str, str], list[str]]:
    """Return the triggers between every two nodes of the overview."""
    found: dict[tuple[str, str], list[str]] = {}
    for (mode, trigger), rule in TABLE.items():
        for target in rule.to:
            pair = (group(mode), group(target))
            if pair[0] != pair[1] and trigger not in found.setdefault(pair, []):
                found[pair].append(trigger)
    return {pair: triggers for pair, triggers in found.items() if triggers}


def diagram() -> list[str]:
    """Return the overview as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> Idle"]
    lines.append("    state Leading {")
    lines += [f"        {name(mode)}" for mode in RUNNING]
    lines.append("    }")
    for (source, target), triggers in edges().items():
        lines.append(f"    {source} --> {target}: {', '.join(triggers)}")
    return [*lines, "```"]


def table() -> list[str]:
    """Return every row of the transition table."""
    lines = ["| mode | trigger | leads to | by |", "| --- | --- | --- | --- |"]
    for (mode, trigger), rule in sorted(TABLE.items(), key=lambda row: list(Mode).index(row[0][0])):
        shown = ["leading"] if set(rule.to) == set(RUNNING) else rule.to
        to = ", ".join("itself" if target is mode else target for target in shown)
        lines.append(f"| {mode} | {trigger} | {to} | `{rule.act.__name__.strip('_')}` |")
    return lines


def page() -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION, *diagram(), "", "## Every transition", "", *table(), ""])


def main() -> int:
    """Write or check the page; 1 where it differs."""
    if "--check" in sys.argv:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        print(f"{PAGE.name} is {'as' if same else 'not as'} the table says")
        return 0 if same else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
