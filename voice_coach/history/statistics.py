"""What past sessions add up to: totals, streaks, weeks, a calendar, exercises and pain.

Owns these figures and nothing else: it reads no file and no clock, and must not know how the
figures are shown. A session belongs to the day that the user's own clock showed when it began.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Final, TypeVar

from voice_coach.history.journal import Ending, PastSession

MOST_POINTS: Final = 104
"""As many points or bars can be told apart in a chart: two years of weeks."""
ENDINGS: Final[dict[Ending, str]] = {
    "finished": "finished",
    "stopped": "stopped",
    "left": "no answer",
    "unfinished": "cut off",
}
"""How a session ended, in words."""
_WEEK: Final = timedelta(weeks=1)

Item = TypeVar("Item")


class Span(StrEnum):
    """How much time one point or bar of a chart stands for; the first that gives few enough."""

    SESSION = "session"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Totals:
    """What all sessions come to."""

    sessions: int
    seconds: float
    streak_weeks: int
    """Calendar weeks in a row with a session, up to this week or the last."""
    this_week_sessions: int
    this_week_seconds: float


@dataclass(frozen=True)
class Period:
    """The sessions of a week, a month or a year."""

    begins: date
    sessions: int
    seconds: float


@dataclass(frozen=True)
class Day:
    """One day of a calendar."""

    date: date
    sessions: int
    seconds: float
    is_future: bool


@dataclass(frozen=True)
class ExerciseTotals:
    """How one exercise went, over all sessions."""

    name: str
    done: int
    skipped: int
    hurt: int
    last_hurt: date | None


@dataclass(frozen=True)
class Share:
    """How much of it all was one routine."""

    routine: str
    sessions: int
    finished: int
    seconds: float


@dataclass(frozen=True)
class Pain:
    """Pain from 0 to 10 before and after, as told or the mean of a span; None if not told."""

    when: date
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Relief:
    """Pain before and after, over the sessions in which both were told."""

    sessions: int
    before: float
    after: float


def day_of(session: PastSession) -> date:
    """Return the day on which `session` began, by the user's own clock."""
    return session.began.date()


def monday_of(day: date) -> date:
    """Return the first day of the calendar week (ISO 8601) that holds `day`."""
    return day - timedelta(days=day.weekday())


def totals(sessions: Iterable[PastSession], today: date) -> Totals:
    """Add up `sessions` as of `today`."""
    sessions = tuple(sessions)
    days = [day_of(session) for session in sessions]
    this_week = monday_of(today)
    recent = [s for s, day in zip(sessions, days, strict=True) if monday_of(day) == this_week]
    return Totals(
        sessions=len(sessions),
        seconds=sum(session.seconds for session in sessions),
        streak_weeks=streak_weeks(days, today),
        this_week_sessions=len(recent),
        this_week_seconds=sum(session.seconds for session in recent),
    )


def streak_weeks(days: Iterable[date], today: date) -> int:
    """Count the calendar weeks in a row that hold one of `days`, up to this week or the last."""
    weeks = {monday_of(day) for day in days}
    week = monday_of(today)
    if week not in weeks:
        week -= _WEEK
    count = 0
    while week in weeks:
        count += 1
        week -= _WEEK
    return count


def periods(sessions: Sequence[PastSession], today: date) -> tuple[Span, tuple[Period, ...]]:
    """Return every week from the first session to `today`, empty ones too, oldest first.

    Where that would be more than MOST_POINTS: every month, else every year.
    """
    if not sessions:
        return Span.WEEK, ()
    days = [day_of(session) for session in sessions]
    first, last = min(days), max(today, *days)
    span = _span(first, last)
    counts: Counter[date] = Counter()
    seconds: defaultdict[date, float] = defaultdict(float)
    for session, day in zip(sessions, days, strict=True):
        begins = _begin(day, span)
        counts[begins] += 1
        seconds[begins] += session.seconds
    return span, tuple(
        Period(begins, counts[begins], seconds[begins]) for begins in _begins(first, last, span)
    )


def calendar(
    sessions: Iterable[PastSession], today: date, weeks: int = 12
) -> tuple[tuple[Day, ...], ...]:
    """Return the last `weeks` calendar weeks, this one included: rows of Monday to Sunday."""
    counts: Counter[date] = Counter()
    seconds: defaultdict[date, float] = defaultdict(float)
    for session in sessions:
        counts[day_of(session)] += 1
        seconds[day_of(session)] += session.seconds
    first = monday_of(today) - (weeks - 1) * _WEEK
    days = (first + timedelta(days=number) for number in range(7 * weeks))
    cells = [Day(day, counts[day], seconds[day], day > today) for day in days]
    return tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))


def tallies(sessions: Iterable[PastSession]) -> tuple[ExerciseTotals, ...]:
    """Return how each exercise went, those done most often first."""
    done: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    hurt: Counter[str] = Counter()
    last_hurt: dict[str, date] = {}
    for session in sessions:
        done.update(session.done)
        skipped.update(session.skipped)
        hurt.update(session.hurt)
        day = day_of(session)
        for name in session.hurt:
            last_hurt[name] = max(day, last_hurt.get(name, day))
    names = {*done, *skipped, *hurt}
    found = (ExerciseTotals(n, done[n], skipped[n], hurt[n], last_hurt.get(n)) for n in names)
    return tuple(sorted(found, key=lambda t: (-t.done, -t.skipped, -t.hurt, t.name)))


def shares(sessions: Iterable[PastSession]) -> tuple[Share, ...]:
    """Return what each routine comes to, that with the most sessions first."""
    groups: defaultdict[str, list[PastSession]] = defaultdict(list)
    for session in sessions:
        groups[session.routine].append(session)
    found = (
        Share(
            routine,
            len(group),
            sum(session.ending == "finished" for session in group),
            sum(session.seconds for session in group),
        )
        for routine, group in groups.items()
    )
    return tuple(sorted(found, key=lambda share: (-share.sessions, share.routine)))


def pain_over_time(sessions: Iterable[PastSession]) -> tuple[Span, tuple[Pain, ...]]:
    """Return pain before and after, oldest first: of every session in which it was told.

    Where those are more than MOST_POINTS: the means of weeks, else of months, else of years.
    """
    told = [
        Pain(day_of(session), session.pain_before, session.pain_after)
        for session in sessions
        if session.pain_before is not None or session.pain_after is not None
    ]
    told.sort(key=lambda pain: pain.when)
    if len(told) <= MOST_POINTS:
        return Span.SESSION, tuple(told)
    span = _span(told[0].when, told[-1].when)
    together = _grouped(told, lambda pain: _begin(pain.when, span))
    return span, tuple(
        Pain(begins, _mean(p.before for p in pains), _mean(p.after for p in pains))
        for begins, pains in together.items()
    )


def relief(sessions: Iterable[PastSession]) -> Relief | None:
    """Return the mean pain before and after where both were told; None where never."""
    both = [
        (session.pain_before, session.pain_after)
        for session in sessions
        if session.pain_before is not None and session.pain_after is not None
    ]
    if not both:
        return None
    before, after = zip(*both, strict=True)
    return Relief(len(both), fmean(before), fmean(after))


def _span(first: date, last: date) -> Span:
    fitting = (s for s in (Span.WEEK, Span.MONTH) if len(_begins(first, last, s)) <= MOST_POINTS)
    return next(fitting, Span.YEAR)


def _begin(day: date, span: Span) -> date:
    """Return the first day of the week, month or year that holds `day`."""
    if span is Span.WEEK:
        return monday_of(day)
    return day.replace(day=1) if span is Span.MONTH else day.replace(month=1, day=1)


def _begins(first: date, last: date, span: Span) -> list[date]:
    """Return the first days of all spans from that of `first` to that of `last`."""
    if span is Span.YEAR:
        return [date(year, 1, 1) for year in range(first.year, last.year + 1)]
    if span is Span.MONTH:
        start, end = (12 * day.year + day.month - 1 for day in (first, last))
        return [date(month // 12, month % 12 + 1, 1) for month in range(start, end + 1)]
    count = (monday_of(last) - monday_of(first)).days // 7 + 1
    return [monday_of(first) + week * _WEEK for week in range(count)]


def _grouped(items: Iterable[Item], key: Callable[[Item], date]) -> dict[date, list[Item]]:
    groups: defaultdict[date, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def _mean(values: Iterable[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return fmean(told) if told else None
