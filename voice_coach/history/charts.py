"""Charts of past sessions: minutes as bars, and the answers to each question as lines.

Owns where everything stands on them: scales, ticks, marks and legend; must not know how a picture
becomes a file, nor where sessions are kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10
from typing import Final, Self

from voice_coach.history import statistics
from voice_coach.history.journal import PastSession
from voice_coach.history.picture import (
    Box,
    Chart,
    Label,
    Line,
    Ring,
    Shape,
    Tint,
    fitted,
    text_width,
)
from voice_coach.history.statistics import Asked, Span

_WIDTH, _HEIGHT = 680, 280
"""Of a chart, in points of an inch's 72nd; in the page a point is a CSS pixel."""
# Room around it for the labels: on a narrow screen the page makes them larger.
_LEFT, _RIGHT, _ABOVE, _BELOW = 52, 28, 36, 50
_DAYS: Final = {Span.WEEK: 7, Span.MONTH: 30, Span.YEAR: 365}
_LEAST_MINUTES: Final = 10.0
"""However little was done, the scale reaches so far."""
_MOST: Final = 10
"""The highest figure that is answered."""
_LEGEND: Final = 190
"""Width of the words and marks that tell before from after."""
_BEFORE: Final[Tint] = "before"
_AFTER: Final[Tint] = "after"
_MOST_STEPS: Final = 6
"""Steps of the upright axis, at most."""
_DATE_WIDTH: Final = 70
"""At least so far apart are the dates of the other one."""


def minutes(sessions: Sequence[PastSession], today: date, *, width: int, height: int) -> Chart:
    """Return a bar for each week, or for each month or year where there are many."""
    frame = _Frame(_Time.of(sessions, today), 0, height, width)
    return Chart(width, height, list(_minutes(sessions, today, frame)))


def answers(
    asked: Asked, sessions: Sequence[PastSession], today: date, *, width: int, height: int
) -> Chart:
    """Return a line for what was answered before, and one for what was answered after.

    The axis of time is that of all `sessions`, so that charts of several questions can be
    compared; the question itself stands beside the chart.
    """
    frame = _Frame(_Time.of(sessions, today), 0, height, width)
    return Chart(width, height, list(_answers(asked.sessions, frame, "")))


def all_of_it(sessions: Sequence[PastSession], questions: Sequence[Asked], today: date) -> Chart:
    """Return minutes and below them a chart for each question, on the same axis of time."""
    axis = _Time.of(sessions, today)
    shapes = [*_minutes(sessions, today, _Frame(axis, 0))]
    for number, asked in enumerate(questions, 1):
        frame = _Frame(axis, number * _HEIGHT)
        shapes += _answers(asked.sessions, frame, asked.title)
    return Chart(_WIDTH, (1 + len(questions)) * _HEIGHT, shapes)


@dataclass(frozen=True)
class _Time:
    """Where the axis of time of all charts begins and ends."""

    first: date
    last: date

    @classmethod
    def of(cls, sessions: Sequence[PastSession], today: date) -> Self:
        span, periods = statistics.periods(sessions, today)
        ends = [period.begins + timedelta(days=_DAYS[span]) for period in periods]
        days = [statistics.day_of(session) for session in sessions]
        first = min([*days, *(period.begins for period in periods)], default=today)
        last = max([today, *days, *ends])
        margin = max(timedelta(days=3), (last - first) / 50)
        return cls(first - margin, last + margin)


@dataclass(frozen=True)
class _Frame:
    """The time that a chart shows, and where on the picture it stands."""

    time: _Time
    top: float
    """Upper edge of the whole chart."""
    height: float = _HEIGHT
    width: float = _WIDTH


@dataclass(frozen=True)
class _Axes:
    """Where a day and a value stand."""

    frame: _Frame
    least: float
    most: float

    def x(self, day: date) -> float:
        time = self.frame.time
        # A mean stands at the beginning of its span, which may be before the first session.
        share = (max(day, time.first) - time.first) / (time.last - time.first)
        return _LEFT + share * (self.right - _LEFT)

    def y(self, value: float) -> float:
        share = (value - self.least) / (self.most - self.least)
        frame = self.frame
        return frame.top + frame.height - _BELOW - share * (frame.height - _ABOVE - _BELOW)

    @property
    def right(self) -> float:
        return self.frame.width - _RIGHT


def _minutes(sessions: Sequence[PastSession], today: date, frame: _Frame) -> Iterator[Shape]:
    span, periods = statistics.periods(sessions, today)
    heights = [period.seconds / 60 for period in periods]
    highest = max([_LEAST_MINUTES, *heights])
    axes = _Axes(frame, 0, 1.08 * highest)
    yield from _surroundings(axes, f"minutes per {span}", _round_values(highest))
    for period, height in zip(periods, heights, strict=True):
        left, ground = axes.x(period.begins), axes.y(0)
        width = axes.x(period.begins + timedelta(days=_DAYS[span])) - left
        about = f"{span} from {_in_words(period.begins)}: {height:,.0f} minutes"
        yield Box(left, axes.y(height), 0.8 * width, ground - axes.y(height), "bar", about)
    yield Line([(_LEFT, axes.y(0)), (axes.right, axes.y(0))], "ink", 0.8)


def _answers(sessions: Sequence[PastSession], frame: _Frame, question: str) -> Iterator[Shape]:
    span, told = statistics.pain_over_time(sessions)
    axes = _Axes(frame, -0.4, _MOST + 0.4)
    about = "" if span is Span.SESSION else f"mean of a {span}"
    # What is left of the line beside the legend.
    room = axes.right - _LEGEND - 12 - _LEFT - text_width(about, 12)
    title = f"{fitted(question, 12, room)}{', ' if question and about else ''}{about}"
    yield from _surroundings(axes, title, range(0, _MOST + 1, 2))
    size = 2.6 if len(told) < 60 else 1.8
    before = [_Mark(each.when, each.before) for each in told if each.before is not None]
    after = [_Mark(each.when, each.after) for each in told if each.after is not None]
    # On a narrow screen the words of the legend are larger.
    for role, marks, place in (
        (_BEFORE, before, axes.right - _LEGEND),
        (_AFTER, after, axes.right - 88),
    ):
        points = [(axes.x(mark.when), axes.y(mark.value)) for mark in marks]
        yield from _series(role, points, size, [mark.told(role) for mark in marks])
        yield from _series(
            role, [(place, frame.top + 16), (place + 26, frame.top + 16)], 2.6, ["", ""]
        )
        yield Label(place + 34, frame.top + 20, role)


@dataclass(frozen=True)
class _Mark:
    """An answer, and the day that it stands for."""

    when: date
    value: float

    def told(self, role: Tint) -> str:
        return f"{_in_words(self.when)}, {role}: {self.value:.3g}"


def _series(
    role: Tint, points: Sequence[tuple[float, float]], size: float, about: Sequence[str]
) -> Iterator[Shape]:
    """Yield a line and its marks, which differ between before and after also without colour."""
    if points:
        yield Line(points, role, 1.6, dashed=role == _BEFORE)
    for (x, y), words in zip(points, about, strict=True):
        if role == _BEFORE:
            yield Ring(x, y, 1.5 * size, role, words)  # seen around a mark of the other line
        else:
            yield Box(x - size, y - size, 2 * size, 2 * size, role, words)


def _surroundings(axes: _Axes, title: str, values: Sequence[float]) -> Iterator[Shape]:
    """Yield title, grid and the labels of both axes."""
    right, ground = axes.right, axes.y(axes.least)
    if title:
        yield Label(_LEFT, axes.frame.top + 20, title, 12)
    for value in values:
        height = axes.y(value)
        yield Line([(_LEFT, height), (right, height)], "faint", 0.8)
        yield Label(_LEFT - 8, height + 4, f"{value:,.0f}", anchor="end")
    yield Line([(_LEFT, ground), (right, ground)], "ink", 0.8)
    for day, label, year in _dates(axes.frame):
        place = axes.x(day)
        yield Line([(place, ground), (place, ground + 4)], "ink", 0.8)
        yield Label(place, ground + 19, label, anchor="middle")
        if year:
            yield Label(place, ground + 38, year, anchor="middle")


def _round_values(most: float) -> list[float]:
    """Return round values from 0 to `most`, as far apart as 1, 2 or 5 times a power of ten."""
    power = 10 ** floor(log10(most / _MOST_STEPS))
    step = next(n * power for n in (1, 2, 5, 10) if n * power * _MOST_STEPS >= most)
    return [number * step for number in range(floor(most / step) + 1)]


def _dates(frame: _Frame) -> list[tuple[date, str, str]]:
    """Return the days to be marked, each with its label and, where it is a new one, its year."""
    most = int((frame.width - _LEFT - _RIGHT) / _DATE_WIDTH)
    days, form = next(
        (days, form)
        for days, form in _candidates(frame.time.first, frame.time.last, most)
        if len(days) <= most
    )
    labels = [f"{day.day} {day:%b}" if form == "day" else format(day, form) for day in days]
    years = [
        "" if form == "%Y" or (before and before.year == day.year) else str(day.year)
        for before, day in zip([None, *days], days, strict=False)
    ]
    return list(zip(days, labels, years, strict=True))


def _candidates(first: date, last: date, most: int) -> Iterator[tuple[list[date], str]]:
    """Yield days that may be marked, the closest together first, and the form of their labels."""
    for step in (1, 2, 7, 14):
        if (last - first).days <= most * step:
            start = first.toordinal() + (1 - first.toordinal()) % step  # on a Monday, from 7 on
            yield [date.fromordinal(day) for day in range(start, last.toordinal() + 1, step)], "day"
    for step in (1, 2, 3, 6):
        yield _firsts(first, last, step), "%b"
    for step in (1, 2, 5, 10, 20, 50, 100, 1000):
        yield _firsts(first, last, 12 * step), "%Y"


def _firsts(first: date, last: date, months: int) -> list[date]:
    """Return the first day of every so many months, counted from the year 0."""
    start = ceil((12 * first.year + first.month - (first.day == 1)) / months)
    end = (12 * last.year + last.month - 1) // months
    counts = (number * months for number in range(start, end + 1))
    return [date(count // 12, count % 12 + 1, 1) for count in counts]


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
