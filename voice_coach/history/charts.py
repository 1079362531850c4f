"""Two charts of past sessions: minutes as bars, and pain before and after as lines.

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
from voice_coach.history.picture import Box, Chart, Label, Line, Ring, Shape, Tint
from voice_coach.history.statistics import Pain, Period, Span

_WIDTH, _HEIGHT = 680, 280
"""Of a chart, in points of an inch's 72nd; in the page a point is a CSS pixel."""
# Room around it for the labels: on a narrow screen the page makes them larger.
_LEFT, _RIGHT, _ABOVE, _BELOW = 52, 28, 36, 50
_DAYS: Final = {Span.WEEK: 7, Span.MONTH: 30, Span.YEAR: 365}
_LEAST_MINUTES: Final = 10.0
"""However little was done, the scale reaches so far."""
_WORST: Final = 10
"""The highest figure that is told of pain."""
_BEFORE: Final[Tint] = "before"
_AFTER: Final[Tint] = "after"
_MOST_STEPS: Final = 6
_MOST_DATES: Final = 8
"""Steps of the upright axis, and dates on the other one, at most."""


def minutes(sessions: Sequence[PastSession], today: date) -> Chart:
    """Return a bar for each week, or for each month or year where there are many."""
    return Chart(_WIDTH, _HEIGHT, list(_minutes(_Shown.of(sessions, today), 0)))


def pain(sessions: Sequence[PastSession], today: date) -> Chart:
    """Return a line for what was told before, and one for what was told after."""
    return Chart(_WIDTH, _HEIGHT, list(_pain(_Shown.of(sessions, today), 0)))


def both(sessions: Sequence[PastSession], today: date) -> Chart:
    """Return one above the other, on the same axis of time."""
    shown = _Shown.of(sessions, today)
    return Chart(_WIDTH, 2 * _HEIGHT, [*_minutes(shown, 0), *_pain(shown, _HEIGHT)])


@dataclass(frozen=True)
class _Shown:
    """The figures that are shown, and where the time axis of both charts begins and ends."""

    period_span: Span
    periods: Sequence[Period]
    pain_span: Span
    pain: Sequence[Pain]
    first: date
    last: date

    @classmethod
    def of(cls, sessions: Sequence[PastSession], today: date) -> Self:
        span, periods = statistics.periods(sessions, today)
        told_span, told = statistics.pain_over_time(sessions)
        ends = [period.begins + timedelta(days=_DAYS[span]) for period in periods]
        days = [*map(statistics.day_of, sessions), *(each.when for each in told)]
        first = min([*days, *(period.begins for period in periods)], default=today)
        last = max([today, *days, *ends])
        margin = max(timedelta(days=3), (last - first) / 50)
        return cls(span, periods, told_span, told, first - margin, last + margin)


@dataclass(frozen=True)
class _Axes:
    """Where a day and a value stand."""

    first: date
    last: date
    least: float
    most: float
    top: float
    """Upper edge of the whole chart."""

    def x(self, day: date) -> float:
        share = (day - self.first) / (self.last - self.first)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.least) / (self.most - self.least)
        return self.top + _HEIGHT - _BELOW - share * (_HEIGHT - _ABOVE - _BELOW)


def _minutes(shown: _Shown, top: float) -> Iterator[Shape]:
    span, periods = shown.period_span, shown.periods
    heights = [period.seconds / 60 for period in periods]
    highest = max([_LEAST_MINUTES, *heights])
    axes = _Axes(shown.first, shown.last, 0, 1.08 * highest, top)
    yield from _surroundings(axes, f"minutes per {span}", _round_values(highest))
    for period, height in zip(periods, heights, strict=True):
        left, ground = axes.x(period.begins), axes.y(0)
        width = axes.x(period.begins + timedelta(days=_DAYS[span])) - left
        about = f"{span} from {_in_words(period.begins)}: {height:,.0f} minutes"
        yield Box(left, axes.y(height), 0.8 * width, ground - axes.y(height), "bar", about)
    yield Line([(_LEFT, axes.y(0)), (_WIDTH - _RIGHT, axes.y(0))], "ink", 0.8)


def _pain(shown: _Shown, top: float) -> Iterator[Shape]:
    span, told = shown.pain_span, shown.pain
    axes = _Axes(shown.first, shown.last, -0.4, _WORST + 0.4, top)
    title = "pain" if span is Span.SESSION else f"pain, mean of a {span}"
    yield from _surroundings(axes, title, range(0, _WORST + 1, 2))
    size = 2.6 if len(told) < 60 else 1.8
    before = [_Mark(each.when, each.before) for each in told if each.before is not None]
    after = [_Mark(each.when, each.after) for each in told if each.after is not None]
    # On a narrow screen the words of the legend are larger.
    for role, marks, place in (
        (_BEFORE, before, _WIDTH - _RIGHT - 190),
        (_AFTER, after, _WIDTH - _RIGHT - 88),
    ):
        points = [(axes.x(mark.when), axes.y(mark.value)) for mark in marks]
        yield from _series(role, points, size, [mark.told(role) for mark in marks])
        yield from _series(role, [(place, top + 16), (place + 26, top + 16)], 2.6, ["", ""])
        yield Label(place + 34, top + 20, role)


@dataclass(frozen=True)
class _Mark:
    """A figure of pain, and the day that it stands for."""

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
    right, ground = _WIDTH - _RIGHT, axes.y(axes.least)
    yield Label(_LEFT, axes.top + 20, title, 12)
    for value in values:
        height = axes.y(value)
        yield Line([(_LEFT, height), (right, height)], "faint", 0.8)
        yield Label(_LEFT - 8, height + 4, f"{value:,.0f}", anchor="end")
    yield Line([(_LEFT, ground), (right, ground)], "ink", 0.8)
    for day, label, year in _dates(axes.first, axes.last):
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


def _dates(first: date, last: date) -> list[tuple[date, str, str]]:
    """Return the days to be marked, each with its label and, where it is a new one, its year."""
    days, form = next(
        (days, form) for days, form in _candidates(first, last) if len(days) <= _MOST_DATES
    )
    labels = [f"{day.day} {day:%b}" if form == "day" else format(day, form) for day in days]
    years = [
        "" if form == "%Y" or (before and before.year == day.year) else str(day.year)
        for before, day in zip([None, *days], days, strict=False)
    ]
    return list(zip(days, labels, years, strict=True))


def _candidates(first: date, last: date) -> Iterator[tuple[list[date], str]]:
    """Yield days that may be marked, the closest together first, and the form of their labels."""
    for step in (1, 2, 7, 14):
        if (last - first).days <= _MOST_DATES * step:
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
