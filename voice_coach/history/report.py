"""Past sessions as a page to hand on, and as charts.

Owns how the page and the charts look; must not know where sessions are kept, nor where a page
goes. The same sessions give the same bytes.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from io import BytesIO, StringIO
from typing import Any, Final

import matplotlib
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from voice_coach.history import statistics
from voice_coach.history.journal import PastSession

UNDATED: Final[dict[str, dict[str, None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
"""Formats of charts, and what is left out of each so that nothing tells when it was made."""
LAST: Final = 20
"""So many sessions are listed one by one in the report."""
_SIZE: Final = 680, 280
"""Of a chart, in points of an inch's 72nd; in the page a point is a CSS pixel."""
_DAYS: Final = {statistics.Span.WEEK: 7, statistics.Span.MONTH: 30, statistics.Span.YEAR: 365}


@dataclass(frozen=True)
class _Colours:
    """What a chart is drawn with; lines and markers differ also without colour."""

    ink: str
    faint: str
    bar: str
    before: str
    after: str


_ON_PAPER = _Colours("#111111", "#c9c9c9", "#3a6ea5", "#a04000", "#00557f")
# The page has its colours by name, light or dark: these stand for the names while it is drawn.
_BY_NAME = _Colours("#000001", "#000002", "#000003", "#000004", "#000005")


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
    """Draw minutes and pain over time as a file of the format `form`, one of UNDATED."""
    with _drawing():
        figure = _figure(2)
        above, below = figure.subplots(2, 1)
        limits = _limits(sessions, today)
        _draw_minutes(above, *statistics.periods(sessions, today), limits, _ON_PAPER)
        _draw_pain(below, *statistics.pain_over_time(sessions), limits, _ON_PAPER)
        drawn = BytesIO()
        figure.savefig(drawn, format=form, metadata=UNDATED[form], dpi=150)
    return drawn.getvalue()


def in_words(day: date) -> str:
    """Return a day as people write it: 3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def minutes(seconds: float) -> str:
    """Return a duration in whole minutes."""
    return f"{seconds / 60:,.0f}"


def _shade(seconds: float) -> int:
    """Return how dark a day of the calendar is, from 0 to 4."""
    return 0 if seconds <= 0 else min(4, 1 + int(seconds / 60 / 10))


@contextmanager
def _drawing() -> Iterator[None]:
    """Draw as told here, whatever the user has set up for charts of their own."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a read-only home is no news here
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {"svg.hashsalt": "voice-coach", "svg.fonttype": "none", "font.size": 11}
        )
        yield


def _charts(sessions: Sequence[PastSession], today: date) -> dict[str, dict[str, Any]]:
    """Return each chart as SVG, with the figures that it shows."""
    limits = _limits(sessions, today)
    span, periods = statistics.periods(sessions, today)
    told_span, told = statistics.pain_over_time(sessions)
    with _drawing():
        bars, lines = _figure(), _figure()
        _draw_minutes(bars.subplots(), span, periods, limits, _BY_NAME)
        _draw_pain(lines.subplots(), told_span, told, limits, _BY_NAME)
        return {
            "minutes": {"svg": _inline(bars, "minutes"), "span": span, "points": periods},
            "pain": {"svg": _inline(lines, "pain"), "span": told_span, "points": told},
        }


def _figure(charts: int = 1) -> Figure:
    """Return a figure with room for so many charts, one below the other."""
    width, height = _SIZE
    # Room around the labels: on a narrow screen the page makes them larger.
    layout = ConstrainedLayoutEngine(w_pad=14 / 72, h_pad=6 / 72)
    return Figure(figsize=(width / 72, charts * height / 72), layout=layout)


def _limits(sessions: Sequence[PastSession], today: date) -> tuple[date, date]:
    """Return where the time axis of all charts begins and ends."""
    days = [statistics.day_of(session) for session in sessions]
    first, last = min(days, default=today), max([today, *days])
    margin = max(timedelta(days=7), (last - first) / 50)
    return first - margin, last + margin


def _draw_minutes(
    axes: Axes,
    span: statistics.Span,
    periods: Sequence[statistics.Period],
    limits: tuple[date, date],
    colours: _Colours,
) -> None:
    heights = [period.seconds / 60 for period in periods]
    days = _DAYS[span]
    axes.bar(
        [_number(period.begins) for period in periods],
        heights,
        width=0.8 * days,
        align="edge",
        color=colours.bar,
        edgecolor=colours.bar,
    )
    axes.set_ylim(0, max([10.0, *heights]) * 1.08)
    _dress(axes, f"minutes per {span}", limits, colours)


def _draw_pain(
    axes: Axes,
    span: statistics.Span,
    told: Sequence[statistics.Pain],
    limits: tuple[date, date],
    colours: _Colours,
) -> None:
    looks: dict[str, Any] = {"linewidth": 1.6, "markersize": 6 if len(told) < 60 else 4}
    for name, values, look in (
        ("before", [p.before for p in told], {"ls": "--", "marker": "o", "mfc": "none"}),
        ("after", [p.after for p in told], {"ls": "-", "marker": "s", "mfc": colours.after}),
    ):
        points = [(p.when, v) for p, v in zip(told, values, strict=True) if v is not None]
        axes.plot(
            [_number(when) for when, _ in points],
            [value for _, value in points],
            color=getattr(colours, name),
            label=name,
            **(looks | look),
        )
    axes.set_ylim(-0.4, 10.4)
    axes.set_yticks(range(0, 11, 2))
    _dress(
        axes,
        "pain" if span is statistics.Span.SESSION else f"pain, mean of a {span}",
        limits,
        colours,
    )
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(0.97, 1),
        ncols=2,
        columnspacing=5,
        frameon=False,
        labelcolor=colours.ink,
    )


def _dress(axes: Axes, title: str, limits: tuple[date, date], colours: _Colours) -> None:
    axes.set_title(title, loc="left", color=colours.ink, fontsize=12)
    axes.set_xlim(*map(_number, limits))
    places = AutoDateLocator(minticks=2, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(places)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(places))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_color(colours.ink)
    axes.tick_params(colors=colours.ink)
    axes.grid(axis="y", color=colours.faint, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours.ink)


def _number(day: date) -> float:
    """Return a day as the time axis counts: days since 1970."""
    return float((day - date(1970, 1, 1)).days)


def _inline(figure: Figure, name: str) -> str:
    """Return `figure` as an element of the page, in its colours, named by its title and text."""
    drawn = StringIO()
    figure.savefig(drawn, format="svg", transparent=True, metadata=UNDATED["svg"])
    svg = drawn.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    width, height = _SIZE
    head = f'<svg viewBox="0 0 {width} {height}" role="img"'
    head += f' aria-labelledby="{name}-title" aria-describedby="{name}-text">'
    svg = head + svg[svg.index(">", svg.index("<svg")) + 1 :]
    # Identifiers are unique in a page, and only those that are pointed to are needed.
    wanted = set(re.findall(r'["(]#([^")]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda found: _identifier(found[1], name, wanted), svg)
    svg = re.sub(r'(?:xlink:)?(href="#|url\(#)', rf"\1{name}-", svg)
    for role, colour in vars(_BY_NAME).items():
        svg = svg.replace(colour, f"var(--{role})")
    return Markup(svg)  # noqa: S704 - drawn here, from numbers and dates


def _identifier(identifier: str, name: str, wanted: set[str]) -> str:
    return f' id="{name}-{identifier}"' if identifier in wanted else ""
