"""Past sessions as a page to hand on, and as charts.

Owns what stands on the page and how it looks; must not know how a chart is drawn, where sessions
are kept, nor where a page goes. The same sessions give the same bytes.
"""

from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from voice_coach.history import charts, statistics
from voice_coach.history.journal import PastSession

LAST: Final = 20
"""So many sessions are listed one by one in the report."""


def page(sessions: Sequence[PastSession], today: date) -> str:
    """Return the report as one HTML page that needs nothing else; same data, same text."""
    surroundings = Environment(
        loader=PackageLoader("voice_coach.history", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    surroundings.filters |= {
        "day": in_words,
        "minutes": minutes,
        "figure": lambda value: "–" if value is None else f"{value:.3g}",
        "shade": _shade,
    }
    tallies = statistics.tallies(sessions)
    return surroundings.get_template("report.html.jinja").render(
        sessions=sessions,
        today=today,
        totals=statistics.totals(sessions, today),
        shares=statistics.shares(sessions),
        calendar=statistics.calendar(sessions, today),
        tallies=tallies,
        hurt=sorted((t for t in tallies if t.hurt), key=lambda t: -t.hurt),
        relief=statistics.relief(sessions),
        charts=_charts(sessions, today),
        last=sessions[: -LAST - 1 : -1],
        endings=statistics.ENDINGS,
        version=version("voice-coach"),
    )


def plot(sessions: Sequence[PastSession], today: date, form: str) -> bytes:
    """Draw minutes and pain over time as a file of the format `form`, one of FORMATS."""
    return charts.both(sessions, today).file(form)


def in_words(day: date) -> str:
    """Return a day as people write it: 3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def minutes(seconds: float) -> str:
    """Return a duration in whole minutes."""
    return f"{seconds / 60:,.0f}"


def _shade(seconds: float) -> int:
    """Return how dark a day of the calendar is, from 0 to 4."""
    return 0 if seconds <= 0 else min(4, 1 + int(seconds / 60 / 10))


def _charts(sessions: Sequence[PastSession], today: date) -> dict[str, dict[str, Any]]:
    """Return each chart as SVG, with the figures that it shows."""
    span, periods = statistics.periods(sessions, today)
    told_span, told = statistics.pain_over_time(sessions)
    bars = charts.minutes(sessions, today).within_page("minutes")
    lines = charts.pain(sessions, today).within_page("pain")
    return {
        "minutes": {"svg": bars, "span": span, "points": periods},
        "pain": {"svg": lines, "span": told_span, "points": told},
    }
