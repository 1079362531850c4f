"""Past sessions as a page to hand on, and as charts.

Owns what stands on the page and how it looks; must not know how a chart is drawn, where sessions
are kept, nor where a page goes. The same sessions give the same bytes.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from voice_coach.history import charts, statistics
from voice_coach.history.journal import PastSession
from voice_coach.history.statistics import NO_PROGRAMMES, Asked, Programme

LAST: Final = 20
"""So many sessions are listed one by one in the report."""
_HALF, _LOW = 334, 190
"""Size of the charts in the page, in points: two stand side by side on a sheet of A4."""


def page(
    sessions: Sequence[PastSession],
    today: date,
    programmes: Mapping[str, Programme] = NO_PROGRAMMES,
) -> str:
    """Return the report as one HTML page that needs nothing else; same data, same text.

    `programmes` are routines by name, for what the sessions did not keep of them.
    """
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
        "short": lambda day: f"{day.day} {day:%b %Y}",
        "minutes": minutes,
        "figure": lambda value: "–" if value is None else f"{value:.3g}",
        "shade": _shade,
        "span": _span,
        "levels": _levels,
    }
    tallies = statistics.tallies(sessions, programmes)
    questions = statistics.asked(sessions, programmes)
    return surroundings.get_template("report.html.jinja").render(
        sessions=sessions,
        today=today,
        totals=statistics.totals(sessions, today),
        routines=[
            (share, [each for each in tallies if each.routine == share.routine])
            for share in statistics.shares(sessions)
        ],
        calendar=statistics.calendar(sessions, today),
        minutes=_minutes(sessions, today),
        questions=[_question(each, sessions, today) for each in questions],
        last=sessions[: -LAST - 1 : -1],
        endings=statistics.ENDINGS,
        version=version("voice-coach"),
    )


def plot(
    sessions: Sequence[PastSession],
    today: date,
    form: str,
    programmes: Mapping[str, Programme] = NO_PROGRAMMES,
) -> bytes:
    """Draw minutes, and the answers to each question, as a file of `form`, one of FORMATS."""
    questions = statistics.asked(sessions, programmes)
    return charts.all_of_it(sessions, questions, today).file(form)


def in_words(day: date) -> str:
    """Return a day as people write it: 3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def minutes(seconds: float) -> str:
    """Return a duration in whole minutes."""
    return f"{seconds / 60:,.0f}"


def _shade(seconds: float) -> int:
    """Return how dark a day of the calendar is, from 0 to 4."""
    return 0 if seconds <= 0 else min(4, 1 + int(seconds / 60 / 10))


def _span(numbers: tuple[int, int] | None) -> str:
    """Return the fewest and the most as a table shows them."""
    if numbers is None:
        return "–"
    least, most = numbers
    return str(least) if least == most else f"{least}–{most}"


def _levels(levels: Sequence[tuple[str, int]]) -> str:
    """Return how often an exercise was done otherwise than it is written, and how."""
    return ", ".join(f"{name} {count}×" for name, count in levels if name) or "–"


def _minutes(sessions: Sequence[PastSession], today: date) -> dict[str, Any]:
    """Return the chart of minutes as SVG, with the figures that it shows."""
    span, periods = statistics.periods(sessions, today)
    chart = charts.minutes(sessions, today, width=_HALF, height=_LOW).within_page("minutes")
    return {"svg": chart, "span": span, "points": periods}


def _question(asked: Asked, sessions: Sequence[PastSession], today: date) -> dict[str, Any]:
    """Return a question with its chart, and the figures that it shows."""
    span, told = statistics.pain_over_time(asked.sessions)
    chart = charts.answers(asked, sessions, today, width=_HALF, height=_LOW)
    return {
        "asked": asked,
        "chart": chart,
        "span": span,
        "points": told,
        "relief": statistics.relief(asked.sessions),
    }
